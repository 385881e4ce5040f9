/* InitiateAuthentication (SGP.22 5.6.1, 5.8.1) */
#include "cma/cma.h"

#define MAJOR_VERSION 2 /* of SGP.22, that we speak */

static slice bare(slice address)
{
    slice port = SLICE_LIT(":443");

    if (address.n > port.n && slice_eq(slice_skip(address, address.n - port.n), port))
        address.n -= port.n;
    if (address.n > 1 && address.p[address.n - 1] == '.')
        address.n--;
    return address;
}

bool cma_same_address(slice a, slice b)
{
    return slice_eq_nocase(bare(a), bare(b));
}

/* The first CI of the eUICC's signing list whose eUICCs are served: the list is in its order. */
static const struct anchor *signing_ci(const struct trust *trust, slice list)
{
    const struct anchor *ci = NULL;
    slice id;

    while (!ci && schema_next(&T_subject_key_identifier, &list, &id))
        ci = trust_find(trust, id);
    return ci;
}

/*
 * A certificate of ours that the eUICC can verify; of several, one under the CI that it signs with.
 * NULL: there is none.
 */
static const struct credential *credential(const struct credentials *ours, slice list,
                                           slice preferred)
{
    const struct credential *found = NULL;
    slice id;

    while (schema_next(&T_subject_key_identifier, &list, &id)) {
        for (size_t i = 0; i < ours->count; i++) {
            if (!slice_eq(ours->of[i].auth.cert.aki, id))
                continue;
            if (slice_eq(id, preferred))
                return &ours->of[i];
            if (!found)
                found = &ours->of[i];
        }
    }
    return found;
}

/*
 * Time, then 96 random bits: nobody guesses one, and rows that are kept under it come one behind
 * the other.
 */
static enum err make_transaction_id(const struct cma *c, int64_t now_ms,
                                    uint8_t id[TRANSACTION_ID_LEN])
{
    uint32_t now_s = (uint32_t)(now_ms / 1000);

    for (int i = 0; i < 4; i++)
        id[i] = (uint8_t)(now_s >> (24 - 8 * i));
    return crypto_random(c->crypto, id + 4, TRANSACTION_ID_LEN - 4);
}

/* What the session begins with; the keys are counted by the session when there is one. */
struct beginning {
    struct keyring *keys;
    const struct anchor *ci;
    const struct credential *own;
};

static enum err begin(struct cma *c, const struct beginning *b, slice address, struct turn *t,
                      struct cma_session **out)
{
    struct cma_session *session;
    enum err err = cma_session_new(&c->sessions, t->now_ms, &session);

    if (err)
        return err;
    err = cma_hold_new(&c->sessions, session, t);
    if (err)
        return err;
    session->keys = keyring_hold(b->keys);
    session->own = b->own;
    session->ci = slice_of(b->ci->id, b->ci->id_n);
    session->phase = SESSION_INITIATED;
    session->expires_ms = t->now_ms + c->session_ms;
    session->address_len = (uint8_t)address.n;
    memcpy(session->address, address.p, address.n);
    *out = session;
    err = make_transaction_id(c, t->now_ms, session->transaction_id);
    turn_about_transaction(t, SLICE_OF(session->transaction_id));
    if (!err)
        err = crypto_random(c->crypto, session->server_challenge, CHALLENGE_LEN);
    if (err)
        cma_let_go(t);
    return err;
}

static enum err answer(const struct cma *c, const struct cma_session *session, slice challenge,
                       struct turn *t)
{
    const struct identity *own = &session->own->auth;
    struct server_signed1 signed1 = {
        .transaction_id = SLICE_OF(session->transaction_id),
        .euicc_challenge = challenge,
        .server_address = slice_of(session->address, session->address_len),
        .server_challenge = SLICE_OF(session->server_challenge),
    };
    struct initiate_authentication_response_es9 response = {
        .which = initiate_authentication_response_es9_is_initiate_authentication_ok,
    };
    struct initiate_authentication_ok_es9 *ok = &response.initiate_authentication_ok;
    size_t size = own->cert.der.n + 2 * ADDRESS_MAX + 512;
    uint8_t *buf = arena_alloc(t->arena, size), *part = arena_alloc(t->arena, ADDRESS_MAX + 128);
    struct ec_sig sig;
    enum err err = buf && part ? E_OK : E_MEMORY;

    if (!err)
        err = schema_encode(&T_server_signed1, &signed1, part, ADDRESS_MAX + 128,
                            &ok->server_signed1, NULL);
    if (!err)
        err = signer_sign(&own->signer, c->crypto, &ok->server_signed1, 1, &sig);
    if (err)
        return err;
    ok->transaction_id = signed1.transaction_id;
    ok->server_signature1 = SLICE_OF(sig.b);
    ok->euicc_ci_pk_id_to_be_used = session->ci;
    ok->server_certificate = own->cert.der;
    return schema_encode(&T_initiate_authentication_response_es9, &response, buf, size, &t->reply,
                         NULL);
}

/* Why the eUICC cannot be served by what it says of itself, or -1. */
static int refusal(const struct cma *c, const struct initiate_authentication_request_es9 *r,
                   const struct euicc_info1 *info, struct beginning *b)
{
    if (!cma_same_address(r->smdp_address, c->address))
        return CMA_REFUSE_ADDRESS;
    if (info->svn.p[0] != MAJOR_VERSION)
        return CMA_REFUSE_SVN;
    b->ci = signing_ci(&b->keys->trust, info->euicc_ci_pk_id_list_for_signing);
    if (!b->ci)
        return CMA_REFUSE_SIGNING_CI;
    b->own = credential(&b->keys->servers[c->server], info->euicc_ci_pk_id_list_for_verification,
                        slice_of(b->ci->id, b->ci->id_n));
    return b->own ? -1 : CMA_REFUSE_SERVER_CHAIN;
}

static enum err serve(struct cma *c, const struct beginning *b,
                      const struct initiate_authentication_request_es9 *r, struct turn *t)
{
    struct cma_session *session;
    enum err err = begin(c, b, r->smdp_address, t, &session);

    if (err)
        return err;
    err = answer(c, session, r->euicc_challenge, t);
    if (err)
        cma_let_go(t);
    return err;
}

enum err cma_initiate(struct cma *c, const struct initiate_authentication_request_es9 *r,
                      struct turn *t, int *why)
{
    struct beginning b = { .keys = NULL };
    struct euicc_info1 info;
    enum err err = schema_decode(&T_euicc_info1, r->euicc_info1, &info, NULL);

    *why = -1;
    if (err)
        return err;
    if (r->smdp_address.n > ADDRESS_MAX || r->euicc_challenge.n != CHALLENGE_LEN)
        return E_SIZE;
    b.keys = keyring_now(c->keys);
    *why = refusal(c, r, &info, &b);
    if (*why < 0)
        err = serve(c, &b, r, t);
    keyring_drop(b.keys);
    return err;
}
