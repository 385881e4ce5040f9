/*
 * One exchange with a server. What arrives is put down in scratch until the machine takes it, which
 * it does as soon as the terminal's command is settled: it is never more than a TLS record holds.
 */
#include "euicc/ipae/ipae_impl.h"

#include "base/secret.h"

#define BODY_FIRST 1024
#define BODY_MAX   20480 /* a TLS record (RFC 8446 5.1) and more */

/* ---- what arrives ---- */

static void drop_body(struct ipae *e)
{
    struct exchange *x = &e->exchange;

    objects_repay(card_objects(e->card), x->body);
    x->body = NULL;
    x->at = x->n = x->size = 0;
}

static bool make_room(struct ipae *e, size_t more)
{
    struct exchange *x = &e->exchange;
    size_t have = x->n - x->at, size = x->size ? x->size : BODY_FIRST;
    uint8_t *to;

    if (more > BODY_MAX - have)
        return false;
    while (size < have + more)
        size = 2 * size < BODY_MAX ? 2 * size : BODY_MAX;
    to = objects_lend(card_objects(e->card), size);
    if (!to)
        return false;
    if (have)
        memcpy(to, x->body + x->at, have);
    drop_body(e);
    x->body = to;
    x->n = have;
    x->size = size;
    return true;
}

static void keep(struct ipae *e, slice data)
{
    struct exchange *x = &e->exchange;

    if (data.n > x->size - x->n && !make_room(e, data.n)) {
        web_close(e->card, &e->web);
        x->state = EXCHANGE_FAILED;
        return;
    }
    memcpy(x->body + x->n, data.p, data.n);
    x->n += data.n;
}

void exchange_heard(struct card *card, void *ctx, enum web_event event, int number, slice data)
{
    struct ipae *e = ctx;
    struct exchange *x = &e->exchange;

    (void)card;
    if (x->state != EXCHANGE_ASKED && x->state != EXCHANGE_STATUS)
        return;
    if (event == WEB_STATUS) {
        x->state = EXCHANGE_STATUS;
        x->status = number;
    } else if (event == WEB_DATA) {
        keep(e, data);
    } else if (event == WEB_END) {
        x->state = EXCHANGE_ENDED;
    } else if (event == WEB_FAILED) {
        x->state = EXCHANGE_FAILED;
    }
}

/* ---- the request ---- */

/* Text that is too long is left out: the caller sees that n is past the end. */
struct text {
    char *p;
    size_t n, size;
};

static void put(struct text *t, slice s)
{
    if (t->n <= t->size && s.n <= t->size - t->n)
        memcpy(t->p + t->n, s.p, s.n);
    t->n = t->n <= t->size ? t->n + s.n : t->n;
}

static void put_number(struct text *t, unsigned v)
{
    char digits[10];
    size_t n = sizeof digits;

    do {
        digits[--n] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    put(t, slice_of(digits + n, sizeof digits - n));
}

static void put_field(struct text *t, const char *name, const char *value)
{
    put(t, slice_str(name));
    put(t, SLICE_LIT(": "));
    put(t, slice_str(value));
    put(t, SLICE_LIT("\r\n"));
}

static slice written(const struct text *t)
{
    return t->n <= t->size ? slice_of(t->p, t->n) : SLICE_NONE;
}

/* SGP.32 6.1 and SGP.22 6.5.1: the fields that both interfaces want. */
static slice headers(struct ipae *e)
{
    struct text t = { e->exchange.headers, 0, sizeof e->exchange.headers };
    bool esipa = e->want.http.interface == IPA_ESIPA;

    put_field(&t, "Content-Type", e->want.http.content_type);
    put_field(&t, "X-Admin-Protocol", e->want.http.protocol);
    put_field(&t, "User-Agent", esipa ? e->want.http.user_agent : "gsma-rsp-lpae");
    return written(&t);
}

static const struct ipae_host *find_host(const struct ipae *e, slice name)
{
    for (size_t i = 0; i < e->p->host_count; i++)
        if (slice_eq_nocase(e->p->hosts[i].name, name))
            return &e->p->hosts[i];
    return NULL;
}

/* Where the host's address is known, and the port that goes with it unless one is asked for. */
static void address(struct ipae *e, struct web_request *r)
{
    const uint8_t *colon = r->host.n ? memchr(r->host.p, ':', r->host.n) : NULL;
    slice name = colon ? slice_head(r->host, (size_t)(colon - r->host.p)) : r->host;
    const struct ipae_host *known = find_host(e, name);
    struct text t = { e->exchange.host, 0, sizeof e->exchange.host };

    if (!known)
        return;
    r->address = slice_of(known->address, known->address_n);
    if (colon || !known->port)
        return;
    put(&t, name);
    put(&t, SLICE_LIT(":"));
    put_number(&t, known->port);
    r->host = written(&t);
}

static enum err post(struct ipae *e)
{
    const struct ipa_want *w = &e->want;
    struct web_request r = { .host = slice_of_bytes(w->http.host),
                             .path = slice_str(w->http.path),
                             .headers = headers(e),
                             .body = slice_of_bytes(w->http.body) };
    enum err err;

    if (w->http.interface == IPA_ESIPA && w->http.eim >= IPA_EIMS)
        return E_ARGUMENT;
    if (w->http.interface == IPA_ESIPA) {
        r.tls.believe = believe_eim;
        r.tls.ctx = &e->eims[w->http.eim];
    } else {
        r.tls.believe = believe_smdp;
        r.tls.ctx = &e->smdp;
    }
    address(e, &r);
    if (!r.headers.p || !r.host.p)
        return E_LIMIT;
    e->exchange.state = EXCHANGE_ASKED;
    err = web_post(e->card, &e->web, &r);
    if (err)
        e->exchange.state = EXCHANGE_NONE;
    return err;
}

/* ---- for the machine ---- */

void exchange_forget(struct ipae *e)
{
    struct exchange *x = &e->exchange;
    bool under_way = x->state == EXCHANGE_ASKED || x->state == EXCHANGE_STATUS;

    x->state = EXCHANGE_NONE;
    if (under_way)
        web_close(e->card, &e->web);
    drop_body(e);
}

static bool told(struct ipa_event *out, enum ipa_event_kind kind)
{
    out->kind = kind;
    return true;
}

/* A queue without room, a connection that is just being closed: tried again behind that. */
static bool ask(struct ipae *e, struct ipa_event *out)
{
    if (!post(e) || cat_busy(e->card))
        return false;
    return told(out, IPA_NET_FAILED);
}

bool exchange_event(struct ipae *e, struct ipa_event *out)
{
    struct exchange *x = &e->exchange;

    if (e->want.kind == IPA_WANT_EXCHANGE && x->state == EXCHANGE_NONE)
        return ask(e, out);
    if (x->state == EXCHANGE_FAILED)
        return told(out, IPA_NET_FAILED);
    if (x->state == EXCHANGE_ASKED)
        return false;
    if (e->want.kind == IPA_WANT_EXCHANGE) {
        out->number = x->status;
        return told(out, IPA_NET_STATUS);
    }
    if (x->n > x->at) {
        out->data = bytes_of_slice(slice_of(x->body + x->at, x->n - x->at));
        return told(out, IPA_NET_DATA);
    }
    return x->state == EXCHANGE_ENDED && told(out, IPA_NET_END);
}

void exchange_taken(struct ipae *e, size_t used)
{
    struct exchange *x = &e->exchange;

    x->at += used < x->n - x->at ? used : x->n - x->at;
    if (x->at == x->n)
        drop_body(e);
}
