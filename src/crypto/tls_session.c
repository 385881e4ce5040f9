/* What every provider's TLS has in common: which options make sense, and what is possible when. */
#include "crypto/tls_session.h"

static bool no_zero(slice s)
{
    return !s.n || !memchr(s.p, 0, s.n);
}

bool tls_session_usable(const struct tls_session_options *o)
{
    if (!no_zero(o->name) || o->name.n > 255)
        return false;
    if (o->believe)
        return !o->psk.p && !o->psk_identity.p;
    return o->psk_identity.n >= 1 && o->psk_identity.n <= TLS_IDENTITY_MAX &&
           no_zero(o->psk_identity) && o->psk.n >= TLS_PSK_MIN && o->psk.n <= TLS_PSK_MAX;
}

enum err tls_session_open(const struct crypto *c, const struct tls_session_options *o,
                          struct tls_session **out)
{
    *out = NULL;
    if (!c->tls)
        return E_UNSUPPORTED;
    if (!tls_session_usable(o))
        return E_ARGUMENT;
    return c->tls->open(c->ctx, o, out);
}

enum err tls_session_feed(struct tls_session *s, slice octets)
{
    if (octets.n && (s->state == TLS_SESSION_SHAKING || s->state == TLS_SESSION_OPEN))
        s->by->feed(s, octets);
    return s->fault;
}

size_t tls_session_drain(struct tls_session *s, uint8_t *out, size_t size)
{
    return size ? s->by->drain(s, out, size) : 0;
}

size_t tls_session_waiting(const struct tls_session *s)
{
    return s->by->waiting(s);
}

enum err tls_session_write(struct tls_session *s, slice octets)
{
    if (s->state != TLS_SESSION_OPEN)
        return E_STATE;
    return octets.n ? s->by->write(s, octets) : E_OK;
}

size_t tls_session_read(struct tls_session *s, uint8_t *out, size_t size)
{
    return size && s->state == TLS_SESSION_OPEN ? s->by->read(s, out, size) : 0;
}

enum tls_session_state tls_session_state(const struct tls_session *s)
{
    return s->state;
}

enum err tls_session_fault(const struct tls_session *s)
{
    return s->fault;
}

void tls_session_end(struct tls_session *s)
{
    if (s->state == TLS_SESSION_OPEN || s->state == TLS_SESSION_ENDED)
        s->by->end(s);
}

void tls_session_close(struct tls_session *s)
{
    if (s)
        s->by->close(s);
}
