/* ES9+.InitiateAuthentication (SGP.22 5.6.1) */
#include "smdp/internal.h"

#define MAJOR_VERSION 2 /* of SGP.22, that we speak */

/* Names of hosts compare without case; the closing dot and the default port say nothing. */
static slice bare(slice address)
{
    slice port = SLICE_LIT(":443");

    if (address.n > port.n && slice_eq(slice_skip(address, address.n - port.n), port))
        address.n -= port.n;
    if (address.n > 1 && address.p[address.n - 1] == '.')
        address.n--;
    return address;
}

/* The first CI of the eUICC's signing list whose eUICCs are served: the list is in its order. */
static const struct anchor *signing_ci(const struct smdp *s, slice list)
{
    const struct anchor *ci = NULL;
    slice id;

    while (!ci && schema_next(&T_subject_key_identifier, &list, &id))
        ci = trust_find(s->options.trust, id);
    return ci;
}

/* A pair of ours that the eUICC can verify; of several, one under the CI that it signs with. */
static const struct smdp_credential *credential(const struct smdp *s, slice list, slice preferred)
{
    const struct smdp_credential *found = NULL;
    slice id;

    while (schema_next(&T_subject_key_identifier, &list, &id)) {
        for (size_t i = 0; i < s->options.credential_count; i++) {
            if (!slice_eq(s->cis[i], id))
                continue;
            if (slice_eq(id, preferred))
                return &s->options.credentials[i];
            if (!found)
                found = &s->options.credentials[i];
        }
    }
    return found;
}

/*
 * Time, then 96 random bits: nobody guesses one, and rows that are kept under it come one behind
 * the other.
 */
static enum err make_transaction_id(const struct smdp *s, int64_t now_ms,
                                    uint8_t id[TRANSACTION_ID_LEN])
{
    uint32_t now_s = (uint32_t)(now_ms / 1000);

    for (int i = 0; i < 4; i++)
        id[i] = (uint8_t)(now_s >> (24 - 8 * i));
    return crypto_random(s->options.crypto, id + 4, TRANSACTION_ID_LEN - 4);
}

static enum err begin(struct smdp *s, const struct initiate_authentication_request_es9 *r,
                      struct turn *t, struct session **out)
{
    struct session *session;
    enum err err = session_new(&s->sessions, t->now_ms, &session);

    if (err)
        return err;
    err = smdp_hold_new(s, session, t);
    if (err)
        return err;
    session->phase = SESSION_INITIATED;
    session->expires_ms = t->now_ms + s->options.session_ms;
    session->address_len = (uint8_t)r->smdp_address.n;
    memcpy(session->address, r->smdp_address.p, r->smdp_address.n);
    *out = session;
    err = make_transaction_id(s, t->now_ms, session->transaction_id);
    turn_about_transaction(t, SLICE_OF(session->transaction_id));
    if (!err)
        err = crypto_random(s->options.crypto, session->server_challenge, CHALLENGE_LEN);
    return err;
}

static enum err answer(struct smdp *s, const struct session *session, slice challenge,
                       struct turn *t)
{
    const struct smdp_credential *c = session->credential;
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
    size_t size = c->auth_certificate.n + 2 * ADDRESS_MAX + 512;
    uint8_t *buf = arena_alloc(t->arena, size), *part = arena_alloc(t->arena, ADDRESS_MAX + 128);
    struct ec_sig sig;
    enum err err = buf && part ? E_OK : E_MEMORY;

    if (!err)
        err = schema_encode(&T_server_signed1, &signed1, part, ADDRESS_MAX + 128,
                            &ok->server_signed1, NULL);
    if (!err)
        err = signer_sign(&c->auth, s->options.crypto, &ok->server_signed1, 1, &sig);
    if (err)
        return err;
    ok->transaction_id = signed1.transaction_id;
    ok->server_signature1 = SLICE_OF(sig.b);
    ok->euicc_ci_pk_id_to_be_used = session->ci;
    ok->server_certificate = c->auth_certificate;
    return schema_encode(&T_initiate_authentication_response_es9, &response, buf, size, &t->reply,
                         NULL);
}

enum err smdp_initiate_authentication(struct smdp *s,
                                      const struct initiate_authentication_request_es9 *r,
                                      struct turn *t)
{
    const enum rsp_function f = ES9_INITIATE_AUTHENTICATION;
    const struct smdp_credential *own;
    const struct anchor *ci;
    struct euicc_info1 info;
    struct session *session;
    enum err err = schema_decode(&T_euicc_info1, r->euicc_info1, &info, NULL);

    if (err)
        return err;
    if (r->smdp_address.n > ADDRESS_MAX || r->euicc_challenge.n != CHALLENGE_LEN)
        return E_SIZE;
    if (!slice_eq_nocase(bare(r->smdp_address), bare(s->options.address)))
        return smdp_refuse(t, f, SMDP_REFUSE_ADDRESS);
    if (info.svn.p[0] != MAJOR_VERSION)
        return smdp_refuse(t, f, SMDP_REFUSE_SVN);
    ci = signing_ci(s, info.euicc_ci_pk_id_list_for_signing);
    if (!ci)
        return smdp_refuse(t, f, SMDP_REFUSE_SIGNING_CI);
    own = credential(s, info.euicc_ci_pk_id_list_for_verification, slice_of(ci->id, ci->id_n));
    if (!own)
        return smdp_refuse(t, f, SMDP_REFUSE_SERVER_CHAIN);
    err = begin(s, r, t, &session);
    if (err) {
        smdp_let_go(t);
        return err;
    }
    session->credential = own;
    session->ci = slice_of(ci->id, ci->id_n);
    err = answer(s, session, r->euicc_challenge, t);
    if (err)
        smdp_let_go(t);
    return err;
}
