/*
 * An HTTPS proxy for the scripts that cuts responses: it lets a request reach its server, and sends
 * the first half of the answer to the client, then nothing, not even the end of TLS.
 *
 *   cutting_proxy CERTIFICATE KEY OCTETS CUTS [SERVER-PORT [CLIENT-CERTIFICATE CLIENT-KEY]]
 *
 * Listens on a free port of 127.0.0.1 ("port N") with the certificate; cuts the first CUTS answers
 * to a request that contains OCTETS; shows the client's certificate to the server. Without a
 * server it says 204 to everybody. Each request is a line on the standard output, in one piece:
 * "cut" or "whole", the path, and the body. Blocking, one thread a connection; for trusted peers
 * alone.
 */
#define _GNU_SOURCE /* memmem */

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MESSAGE_MAX ((size_t)1 << 20)

static struct {
    SSL_CTX *server, *client;
    const char *octets;
    int port; /* 0: none */
    atomic_int cuts;
} proxy;

struct message {
    char *octets; /* malloc'd, MESSAGE_MAX + 1 */
    size_t n, head_n;
};

static void die(const char *what)
{
    fprintf(stderr, "cutting_proxy: %s\n", what);
    exit(1);
}

/* The number of a Content-Length field, or 0. */
static size_t body_length(const struct message *m)
{
    static const char name[] = "\ncontent-length:";

    for (size_t i = 0; i + sizeof name < m->head_n; i++)
        if (!strncasecmp(m->octets + i, name, sizeof name - 1))
            return strtoul(m->octets + i + sizeof name - 1, NULL, 10);
    return 0;
}

/* One whole message; false: the other side ends, or says too much. */
static bool read_message(SSL *ssl, struct message *m)
{
    m->n = m->head_n = 0;
    while (m->n < MESSAGE_MAX) {
        int got = SSL_read(ssl, m->octets + m->n, (int)(MESSAGE_MAX - m->n));
        const char *end;

        if (got <= 0)
            return false;
        m->n += (size_t)got;
        m->octets[m->n] = '\0';
        end = m->head_n ? NULL : memmem(m->octets, m->n, "\r\n\r\n", 4);
        if (end)
            m->head_n = (size_t)(end - m->octets) + 4;
        if (m->head_n && m->n >= m->head_n + body_length(m))
            return true;
    }
    return false;
}

static bool write_all(SSL *ssl, const char *octets, size_t n)
{
    return !n || SSL_write(ssl, octets, (int)n) == (int)n;
}

static SSL *connect_server(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)proxy.port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    SSL *ssl = SSL_new(proxy.client);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || !ssl || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        die("the server cannot be reached");
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1)
        die("the server refuses TLS");
    return ssl;
}

static void close_ssl(SSL *ssl)
{
    int fd = SSL_get_fd(ssl);

    SSL_free(ssl); /* without close_notify */
    close(fd);
}

static bool ask_server(const struct message *request, struct message *answer)
{
    static const char nobody[] =
        "HTTP/1.1 204 No Content\r\nX-Admin-Protocol: gsma/rsp/v2.2.2\r\n\r\n";
    SSL *ssl;
    bool ok;

    if (!proxy.port) {
        memcpy(answer->octets, nobody, sizeof nobody);
        answer->n = sizeof nobody - 1;
        return true;
    }
    ssl = connect_server();
    ok = write_all(ssl, request->octets, request->n) && read_message(ssl, answer);
    close_ssl(ssl);
    return ok;
}

/* Whether this answer is one of those to be cut; counts it. */
static bool cuts(const struct message *request)
{
    int left = atomic_load(&proxy.cuts);

    if (!memmem(request->octets, request->n, proxy.octets, strlen(proxy.octets)))
        return false;
    while (left > 0)
        if (atomic_compare_exchange_weak(&proxy.cuts, &left, left - 1))
            return true;
    return false;
}

/* False: the connection is over. */
static bool serve_one(SSL *ssl, struct message *request, struct message *answer)
{
    char path[256] = "";
    const char *body;
    bool cut;

    if (!read_message(ssl, request))
        return false;
    sscanf(request->octets, "%*s %255s", path);
    if (!ask_server(request, answer))
        die("the server does not answer");
    cut = cuts(request);
    body = request->octets + request->head_n;
    printf("%s %s %s\n", cut ? "cut" : "whole", path, *body == '{' ? body : "");
    fflush(stdout);
    return write_all(ssl, answer->octets, cut ? answer->n / 2 : answer->n) && !cut;
}

static void *serve(void *arg)
{
    struct message request = { .octets = malloc(MESSAGE_MAX + 1) };
    struct message answer = { .octets = malloc(MESSAGE_MAX + 1) };
    SSL *ssl = arg;

    if (!request.octets || !answer.octets)
        die("no memory");
    ERR_clear_error();
    if (SSL_accept(ssl) == 1) {
        while (serve_one(ssl, &request, &answer))
            ;
    } else {
        const char *why = ERR_reason_error_string(ERR_get_error());

        printf("refused %s\n", why ? why : "by whom?");
        fflush(stdout);
    }
    close_ssl(ssl);
    free(request.octets);
    free(answer.octets);
    return NULL;
}

static int any_certificate(int ok, X509_STORE_CTX *ctx)
{
    (void)ok;
    (void)ctx;
    return 1;
}

static SSL_CTX *context(const SSL_METHOD *method, const char *certificate, const char *key)
{
    SSL_CTX *ctx = SSL_CTX_new(method);

    if (!ctx || (certificate && (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1 ||
                                 SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)))
        die("certificate and key");
    return ctx;
}

static int listen_here(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        die("no port");
    printf("port %u\n", ntohs(a.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    int fd;

    if (argc != 5 && argc != 6 && argc != 8)
        die("CERTIFICATE KEY OCTETS CUTS [SERVER-PORT [CLIENT-CERTIFICATE CLIENT-KEY]]");
    signal(SIGPIPE, SIG_IGN);
    proxy.server = context(TLS_server_method(), argv[1], argv[2]);
    SSL_CTX_set_verify(proxy.server, SSL_VERIFY_PEER, any_certificate);
    SSL_CTX_set_session_id_context(proxy.server, (const unsigned char *)"cut", 3);
    proxy.client =
        context(TLS_client_method(), argc > 6 ? argv[6] : NULL, argc > 6 ? argv[7] : NULL);
    proxy.octets = argv[3];
    atomic_init(&proxy.cuts, atoi(argv[4]));
    proxy.port = argc > 5 ? atoi(argv[5]) : 0;
    fd = listen_here();
    for (;;) {
        int peer = accept(fd, NULL, NULL);
        SSL *ssl = peer < 0 ? NULL : SSL_new(proxy.server);
        pthread_t thread;

        if (!ssl || SSL_set_fd(ssl, peer) != 1)
            die("accept");
        if (pthread_create(&thread, NULL, serve, ssl) != 0)
            die("no thread");
        pthread_detach(thread);
    }
}
