/*
 * One TLS connection of a client without I/O: the caller carries the octets. Versions 1.2 and 1.3
 * with certificates on P-256 or brainpoolP256r1 (SGP.22 2.6.6, SGP.32 6.1), or 1.2 with a
 * pre-shared key (GlobalPlatform Amendment B).
 *
 * The provider verifies that the server holds the key of the certificate it shows; whom to believe
 * is the caller's: `believe` gets the chain as received, and a server that it refused gets nothing
 * but an alert. Without `believe` there is a pre-shared key; with neither, no connection.
 *
 * State lies in the provider. Every session that was opened is closed by its owner.
 */
#ifndef DUNLIN_CRYPTO_TLS_SESSION_H
#define DUNLIN_CRYPTO_TLS_SESSION_H

#include "crypto/crypto.h"

#define TLS_CHAIN_MAX    5 /* certificates that `believe` gets at most; longer chains are refused */
#define TLS_IDENTITY_MAX 128
#define TLS_PSK_MIN      16
#define TLS_PSK_MAX      64

struct tls_session;

/* Borrowed until the session is closed, but for `name`, identity and key, which are copied. */
struct tls_session_options {
    slice name; /* asked for by SNI; absent: none, for numeric addresses */
    /* chain: DER, leaf first; borrowed during the call. Anything but E_OK refuses the server. */
    enum err (*believe)(void *ctx, const slice *chain, size_t count);
    void *ctx;
    /* Together, and instead of believe; 1..128 octets without a zero, and 16..64. */
    slice psk_identity, psk;
};

enum tls_session_state {
    TLS_SESSION_SHAKING,
    TLS_SESSION_OPEN,   /* application data flows */
    TLS_SESSION_ENDED,  /* close_notify came, and all that came before it was read */
    TLS_SESSION_FAILED, /* alert, malformed record, refused server: only close is left */
};

/* A session can be opened with these. */
bool tls_session_usable(const struct tls_session_options *o);
/*
 * E_ARGUMENT, E_MEMORY, E_CRYPTO; E_UNSUPPORTED: this provider has no TLS. The first flight waits
 * for tls_session_drain.
 */
MUST_USE enum err tls_session_open(const struct crypto *c, const struct tls_session_options *o,
                                   struct tls_session **out);
/*
 * Octets from the server, all are taken. Why it failed is the result: what `believe` said, E_LIMIT
 * (its chain is too long), E_BADSIG, E_BADMAC, E_CLOSED (alert), E_SYNTAX for whatever else is
 * wrong with what arrived, E_MEMORY.
 */
MUST_USE enum err tls_session_feed(struct tls_session *s, slice octets);
/* Up to `size` octets for the server; 0: none wait. */
size_t tls_session_drain(struct tls_session *s, uint8_t *out, size_t size);
/* How many wait for tls_session_drain. */
size_t tls_session_waiting(const struct tls_session *s);
/* Application data to the server, all of it or an error. E_STATE before TLS_SESSION_OPEN. */
MUST_USE enum err tls_session_write(struct tls_session *s, slice octets);
/* Application data of the server; 0: none has arrived whole, or the session failed here. */
size_t tls_session_read(struct tls_session *s, uint8_t *out, size_t size);
enum tls_session_state tls_session_state(const struct tls_session *s);
/* Why it is TLS_SESSION_FAILED, as tls_session_feed says it; E_OK: it is not. */
enum err tls_session_fault(const struct tls_session *s);
/* close_notify, to be drained before tls_session_close. */
void tls_session_end(struct tls_session *s);
/* NULL is allowed. Wipes. */
void tls_session_close(struct tls_session *s);

/* ---- for providers ---- */

/* What a provider's own struct begins with. */
struct tls_session {
    const struct tls_provider *by;
    enum tls_session_state state;
    enum err fault;
};

/* Called with options, states and lengths that were checked. */
struct tls_provider {
    enum err (*open)(void *ctx, const struct tls_session_options *o, struct tls_session **out);
    void (*feed)(struct tls_session *s, slice octets);
    size_t (*drain)(struct tls_session *s, uint8_t *out, size_t size);
    size_t (*waiting)(const struct tls_session *s);
    enum err (*write)(struct tls_session *s, slice octets);
    size_t (*read)(struct tls_session *s, uint8_t *out, size_t size);
    void (*end)(struct tls_session *s);
    void (*close)(struct tls_session *s);
};

#endif
