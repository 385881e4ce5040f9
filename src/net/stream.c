#include "net/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void stream_init(struct stream *s, int fd, SSL *ssl)
{
    *s = (struct stream){ fd, ssl };
    if (ssl)
        SSL_set_fd(ssl, fd);
}

void stream_close(struct stream *s, bool healthy)
{
    if (s->ssl) {
        ERR_clear_error();
        if (healthy && SSL_is_init_finished(s->ssl))
            SSL_shutdown(s->ssl);
        SSL_free(s->ssl);
        ERR_clear_error();
    }
    if (s->fd >= 0)
        close(s->fd);
    *s = (struct stream){ -1, NULL };
}

void stream_finish(struct stream *s)
{
    if (s->ssl && SSL_is_init_finished(s->ssl)) {
        ERR_clear_error();
        SSL_shutdown(s->ssl);
    }
    shutdown(s->fd, SHUT_WR);
}

static enum stream_io tls_outcome(struct stream *s, int ret)
{
    enum stream_io io;

    switch (SSL_get_error(s->ssl, ret)) {
    case SSL_ERROR_WANT_READ:
        return STREAM_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return STREAM_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return STREAM_END;
    case SSL_ERROR_SYSCALL:
        io = STREAM_CUT;
        break;
    default:
        io = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? STREAM_CUT
                                                                                    : STREAM_BAD;
    }
    ERR_clear_error();
    return io;
}

enum stream_io stream_handshake(struct stream *s)
{
    int ret;

    if (!s->ssl)
        return STREAM_OK;
    ERR_clear_error();
    ret = SSL_do_handshake(s->ssl);
    return ret == 1 ? STREAM_OK : tls_outcome(s, ret);
}

static enum stream_io plain_outcome(bool writing)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return writing ? STREAM_WANT_WRITE : STREAM_WANT_READ;
    return STREAM_CUT;
}

enum stream_io stream_read(struct stream *s, void *buf, size_t cap, size_t *got)
{
    ssize_t n;
    int ret;

    *got = 0;
    if (s->ssl) {
        ERR_clear_error();
        ret = SSL_read_ex(s->ssl, buf, cap, got);
        return ret == 1 ? STREAM_OK : tls_outcome(s, ret);
    }
    n = recv(s->fd, buf, cap, 0);
    if (n < 0)
        return plain_outcome(false);
    *got = (size_t)n;
    return n == 0 ? STREAM_END : STREAM_OK;
}

enum stream_io stream_write(struct stream *s, const void *buf, size_t n, size_t *put)
{
    ssize_t sent;
    int ret;

    *put = 0;
    if (s->ssl) {
        ERR_clear_error();
        ret = SSL_write_ex(s->ssl, buf, n, put);
        return ret == 1 ? STREAM_OK : tls_outcome(s, ret);
    }
    sent = send(s->fd, buf, n, MSG_NOSIGNAL);
    if (sent <= 0)
        return plain_outcome(true);
    *put = (size_t)sent;
    return STREAM_OK;
}

bool stream_has_pending(const struct stream *s)
{
    return s->ssl && SSL_has_pending(s->ssl);
}

bool stream_drain(struct stream *s)
{
    uint8_t bin[4096];

    for (int i = 0; i < 16; i++) {
        ssize_t n = recv(s->fd, bin, sizeof bin, 0);

        if (n == 0)
            return false;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    }
    return true;
}
