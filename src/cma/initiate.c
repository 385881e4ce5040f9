/* InitiateAuthentication (SGP.22 5.6.1, 5.8.1) */
#include "cma/cma.h"

#define MAJOR_VERSION 2 /* of SGP.22, that we speak */

enum err cma_check_certificate(slice certificate, enum cert_role role, const struct signer *signer,
                               struct cert *out)
{
    enum err err = cert_parse(certificate, out);

    if (!err)
        err = cert_check_role(out, role, NULL);
    if (err)
        return err;
    if (out->curve != signer->curve || memcmp(out->point.b, signer->point.b, POINT_LEN) != 0)
        return E_BADCERT;
    return out->aki.p ? E_OK : E_BADCERT;
}

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
static const struct anchor *signing_ci(const struct cma *c, slice list)
{
    const struct anchor *ci = NULL;
    slice id;

    while (!ci && schema_next(&T_subject_key_identifier, &list, &id))
        ci = trust_find(c->trust, id);
    return ci;
}

/*
 * A certificate of ours that the eUICC can verify; of several, one under the CI that it signs with.
 * credential_count: there is none.
 */
static size_t credential(const struct cma *c, slice list, slice preferred)
{
    size_t found = c->credential_count;
    slice id;

    while (schema_next(&T_subject_key_identifier, &list, &id)) {
        for (size_t i = 0; i < c->credential_count; i++) {
            if (!slice_eq(c->credentials[i].ci, id))
                continue;
            if (slice_eq(id, preferred))
                return i;
            if (found == c->credential_count)
                found = i;
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

static enum err begin(struct cma *c, slice address, struct turn *t, struct cma_session **out)
{
    struct cma_session *session;
    enum err err = cma_session_new(&c->sessions, t->now_ms, &session);

    if (err)
        return err;
    err = cma_hold_new(&c->sessions, session, t);
    if (err)
        return err;
    session->phase = SESSION_INITIATED;
    session->expires_ms = t->now_ms + c->session_ms;
    session->address_len = (uint8_t)address.n;
    memcpy(session->address, address.p, address.n);
    *out = session;
    err = make_transaction_id(c, t->now_ms, session->transaction_id);
    if (!err)
        err = crypto_random(c->crypto, session->server_challenge, CHALLENGE_LEN);
    if (err)
        cma_let_go(t);
    return err;
}

static enum err answer(const struct cma *c, const struct cma_session *session, slice challenge,
                       struct turn *t)
{
    const struct cma_credential *own = &c->credentials[session->credential];
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
    size_t size = own->certificate.n + 2 * ADDRESS_MAX + 512;
    uint8_t *buf = arena_alloc(t->arena, size), *part = arena_alloc(t->arena, ADDRESS_MAX + 128);
    struct ec_sig sig;
    enum err err = buf && part ? E_OK : E_MEMORY;

    if (!err)
        err = schema_encode(&T_server_signed1, &signed1, part, ADDRESS_MAX + 128,
                            &ok->server_signed1, NULL);
    if (!err)
        err = signer_sign(own->signer, c->crypto, &ok->server_signed1, 1, &sig);
    if (err)
        return err;
    ok->transaction_id = signed1.transaction_id;
    ok->server_signature1 = SLICE_OF(sig.b);
    ok->euicc_ci_pk_id_to_be_used = session->ci;
    ok->server_certificate = own->certificate;
    return schema_encode(&T_initiate_authentication_response_es9, &response, buf, size, &t->reply,
                         NULL);
}

enum err cma_initiate(struct cma *c, const struct initiate_authentication_request_es9 *r,
                      struct turn *t, int *why)
{
    const struct anchor *ci = NULL;
    struct cma_session *session;
    struct euicc_info1 info;
    size_t own = 0;
    enum err err = schema_decode(&T_euicc_info1, r->euicc_info1, &info, NULL);

    *why = -1;
    if (err)
        return err;
    if (r->smdp_address.n > ADDRESS_MAX || r->euicc_challenge.n != CHALLENGE_LEN)
        return E_SIZE;
    if (!cma_same_address(r->smdp_address, c->address))
        *why = CMA_REFUSE_ADDRESS;
    else if (info.svn.p[0] != MAJOR_VERSION)
        *why = CMA_REFUSE_SVN;
    else if (!(ci = signing_ci(c, info.euicc_ci_pk_id_list_for_signing)))
        *why = CMA_REFUSE_SIGNING_CI;
    else if ((own = credential(c, info.euicc_ci_pk_id_list_for_verification,
                               slice_of(ci->id, ci->id_n))) == c->credential_count)
        *why = CMA_REFUSE_SERVER_CHAIN;
    if (*why >= 0)
        return E_OK;
    err = begin(c, r->smdp_address, t, &session);
    if (err)
        return err;
    session->credential = (unsigned)own;
    session->ci = slice_of(ci->id, ci->id_n);
    err = answer(c, session, r->euicc_challenge, t);
    if (err)
        cma_let_go(t);
    return err;
}
