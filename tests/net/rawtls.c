#include "net/rawtls.h"

#include "net/must.h"
#include "net/wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

SSL_CTX *raw_context(bool server, const struct made_cert *const *chain, size_t chain_count)
{
    SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

    MUST(ctx);
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
    MUST(SSL_CTX_set_cipher_list(ctx, "ALL:eNULL:@SECLEVEL=0") == 1);
    for (size_t i = 0; i < chain_count; i++) {
        if (i == 0)
            MUST(SSL_CTX_use_certificate(ctx, chain[i]->cert) == 1 &&
                 SSL_CTX_use_PrivateKey(ctx, chain[i]->key) == 1);
        else
            MUST(SSL_CTX_add1_chain_cert(ctx, chain[i]->cert) == 1);
    }
    return ctx;
}

static void note_client(struct raw_server *s, SSL *ssl)
{
    const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    EVP_PKEY *key = NULL;

    s->shaken = true;
    snprintf(s->sni, sizeof s->sni, "%s", sni ? sni : "");
    if (SSL_get_peer_tmp_key(ssl, &key)) {
        unsigned char *p = NULL;

        s->key_n = EVP_PKEY_get1_encoded_public_key(key, &p);
        MUST(s->key_n <= sizeof s->key);
        memcpy(s->key, p, s->key_n);
        OPENSSL_free(p);
        EVP_PKEY_free(key);
    }
}

static void serve(struct raw_server *s, SSL *ssl)
{
    const char *answer = s->answer ? s->answer : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    char in[4096];
    int n;

    if (SSL_accept(ssl) != 1)
        return;
    note_client(s, ssl);
    n = SSL_read(ssl, in, sizeof in);
    if (n <= 0)
        return;
    s->octets += n;
    SSL_write(ssl, answer, (int)strlen(answer));
    if (!s->cut)
        SSL_shutdown(ssl);
}

static void *raw_main(void *arg)
{
    struct raw_server *s = arg;
    struct pollfd p = { .fd = s->listen_fd, .events = POLLIN };
    struct timeval limit = { 3, 0 };
    int fd = poll(&p, 1, 3000) == 1 ? accept(s->listen_fd, NULL, NULL) : -1;
    SSL *ssl = SSL_new(s->ctx);

    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        SSL_set_fd(ssl, fd);
        serve(s, ssl);
        close(fd);
    }
    SSL_free(ssl);
    ERR_clear_error();
    return NULL;
}

void raw_start(struct raw_server *s)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    socklen_t size = sizeof a;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    MUST(bind(s->listen_fd, (struct sockaddr *)&a, sizeof a) == 0);
    MUST(listen(s->listen_fd, 4) == 0);
    MUST(getsockname(s->listen_fd, (struct sockaddr *)&a, &size) == 0);
    s->port = ntohs(a.sin_port);
    MUST(pthread_create(&s->thread, NULL, raw_main, s) == 0);
}

void raw_end(struct raw_server *s)
{
    pthread_join(s->thread, NULL);
    close(s->listen_fd);
    SSL_CTX_free(s->ctx);
}

SSL *raw_connect(SSL_CTX *ctx, uint16_t port, const char *sni, SSL_SESSION *session)
{
    int fd = wire_connect(port);
    SSL *ssl = SSL_new(ctx);

    MUST(fd >= 0 && ssl);
    SSL_set_fd(ssl, fd);
    if (sni)
        SSL_set_tlsext_host_name(ssl, sni);
    if (session)
        SSL_set_session(ssl, session);
    if (SSL_connect(ssl) == 1)
        return ssl;
    ERR_clear_error();
    SSL_free(ssl);
    close(fd);
    return NULL;
}

int raw_ask(SSL *ssl)
{
    static const char text[] = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    char in[1024];
    int n, status = 0;

    if (SSL_write(ssl, text, sizeof text - 1) <= 0)
        return 0;
    n = SSL_read(ssl, in, sizeof in - 1);
    ERR_clear_error();
    in[n > 0 ? n : 0] = 0;
    return sscanf(in, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

void raw_close(SSL *ssl)
{
    int fd = SSL_get_fd(ssl);

    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
}
