/* Answers, signatures and the durable counters that every ES10 function needs. */
#include "euicc/isdr/isdr_impl.h"

uint16_t sw_of(enum err e)
{
    if (e == E_MEMORY || e == E_NOSPACE)
        return SW_NO_SPACE;
    return e == E_STORAGE ? SW_MEMORY : SW_UNKNOWN;
}

bool answer_begin(struct answer *a, struct isdr *i, size_t size, struct reply *out)
{
    a->isdr = i;
    a->out = out;
    a->scratch = objects_lend(isdr_objects(i), size);
    if (!a->scratch) {
        reply_sw(out, SW_NO_SPACE);
        return false;
    }
    a->w = der_writer(a->scratch, size);
    return true;
}

void answer_end(struct answer *a)
{
    slice written;
    enum err err = der_written(&a->w, &written);

    if (err) {
        answer_drop(a, sw_of(err));
        return;
    }
    reply_take(a->out, a->scratch, (size_t)(written.p - a->scratch), written.n);
    a->out->sw = SW_OK;
}

void answer_drop(struct answer *a, uint16_t sw)
{
    objects_repay(isdr_objects(a->isdr), a->scratch);
    reply_sw(a->out, sw);
}

void answer_code(struct reply *out, uint32_t tag, int code)
{
    uint8_t buf[16];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice octets;

    der_put_int(&w, 0x80, code);
    der_wrap(&w, tag, 0);
    if (der_written(&w, &octets)) {
        reply_sw(out, SW_UNKNOWN);
        return;
    }
    if (reply_put(out, octets))
        out->sw = SW_OK;
}

uint8_t *put_signature(struct der_writer *w)
{
    static const uint8_t empty[SIG_LEN];
    uint8_t *at;

    der_put(w, SLICE_OF(empty));
    at = w->at;
    der_wrap(w, 0x5F37, der_mark(w) - SIG_LEN);
    return w->err ? NULL : at;
}

enum err isdr_sign(struct isdr *i, unsigned ci, const slice *parts, size_t count,
                   uint8_t at[SIG_LEN])
{
    struct ec_sig sig;
    enum err err;

    if (ci >= i->p->ci_count || !at)
        return E_ARGUMENT;
    err = signer_sign(&i->p->ci[ci].signer, isdr_crypto(i), parts, count, &sig);
    if (!err)
        memcpy(at, sig.b, SIG_LEN);
    return err;
}

static bool ci_signs(const struct personality_ci *ci)
{
    return ci->euicc_certificate.p && ci->eum_certificate.p && ci->signer.sign;
}

int ci_by_pkid(const struct personality *p, slice pkid, bool signing)
{
    for (size_t n = 0; n < p->ci_count; n++)
        if (slice_eq(pkid, SLICE_OF(p->ci[n].pkid)) && (!signing || ci_signs(&p->ci[n])))
            return (int)n;
    return -1;
}

unsigned ci_default(const struct personality *p)
{
    for (size_t n = 0; n < p->ci_count; n++)
        if (ci_signs(&p->ci[n]))
            return (unsigned)n;
    return PERSONALITY_CI_MAX;
}

void put_certificate(struct der_writer *w, uint32_t tag, slice certificate)
{
    der_put_rehead(w, tag, certificate);
}

struct isdr_store isdr_store_get(struct isdr *i)
{
    struct isdr_store s = { 0 };
    slice octets = objects_get(isdr_objects(i), OBJ_STORE);

    /* members that a later version adds at the end begin as 0 */
    if (octets.p)
        memcpy(&s, octets.p, octets.n < sizeof s ? octets.n : sizeof s);
    return s;
}

enum err store_put(struct isdr *i, const struct isdr_store *s)
{
    return objects_put(isdr_objects(i), OBJ_STORE, slice_of(s, sizeof *s));
}

enum err sequence_next(struct isdr *i, uint32_t *out)
{
    struct isdr_store s = isdr_store_get(i);

    if (s.sequence >= SEQUENCE_LAST)
        return E_LIMIT;
    *out = ++s.sequence;
    return store_put(i, &s);
}
