/*
 * Octets over a non-blocking socket, with or without TLS, seen alike. Owns the descriptor and the
 * SSL. Used on the thread of its loop only.
 */
#ifndef DUNLIN_NET_STREAM_H
#define DUNLIN_NET_STREAM_H

#include "base/slice.h"

#include <openssl/types.h>

enum stream_io {
    STREAM_OK,
    STREAM_WANT_READ,  /* call again when the socket is readable */
    STREAM_WANT_WRITE, /* call again when the socket is writable */
    STREAM_END,        /* the peer ended properly: FIN, and close_notify under TLS */
    STREAM_CUT,        /* the connection broke, or TLS ended without close_notify */
    STREAM_BAD,        /* TLS failed: alert, record damage, verification */
};

struct stream {
    int fd;
    SSL *ssl; /* NULL: plain */
};

/* Takes the descriptor and the reference to ssl (may be NULL). */
void stream_init(struct stream *s, int fd, SSL *ssl);
/* Sends close_notify if the connection is healthy, closes, frees. Idempotent. */
void stream_close(struct stream *s, bool healthy);
/* Says that nothing more will be written: close_notify and FIN. */
void stream_finish(struct stream *s);

enum stream_io stream_handshake(struct stream *s);
/* At most cap octets; *got > 0 exactly when STREAM_OK. */
enum stream_io stream_read(struct stream *s, void *buf, size_t cap, size_t *got);
/* Part of the octets may be taken; *put > 0 exactly when STREAM_OK. */
enum stream_io stream_write(struct stream *s, const void *buf, size_t n, size_t *put);
/* Octets wait inside TLS, where the socket's readiness does not show them. */
bool stream_has_pending(const struct stream *s);
/* Reads and drops what the socket holds, below TLS. False when the peer has closed. */
bool stream_drain(struct stream *s);

#endif
