/* AuthenticateClient (SGP.22 5.6.3, 5.8.2): who the eUICC is; and how a server says no. */
#include "cma/cma.h"

#include "der/der.h"

static int chain_refusal(const struct chain_fault *fault)
{
    bool expired = fault->err == E_EXPIRED;

    switch (fault->role) {
    case ROLE_CI:
        return CMA_REFUSE_CI_UNKNOWN;
    case ROLE_EUICC:
        return expired ? CMA_REFUSE_EUICC_EXPIRED : CMA_REFUSE_EUICC_CERTIFICATE;
    default:
        return expired ? CMA_REFUSE_EUM_EXPIRED : CMA_REFUSE_EUM_CERTIFICATE;
    }
}

enum err cma_check_chain(const struct trust *trust, slice euicc, slice eum, slice ci,
                         int64_t now_ms, struct chain *chain, uint8_t eid[EID_LEN], int *why)
{
    struct chain_fault fault = { .role = ROLE_EUICC };
    enum err err = chain_verify_euicc(trust, euicc, eum, ci, now_ms / 1000, chain, eid, &fault);
    bool refused = err_class(err) == ERR_AUTH || err_class(err) == ERR_PEER;

    *why = refused ? chain_refusal(&fault) : -1;
    return refused ? E_OK : err;
}

/* Cheap comparisons first; the signature that makes them binding is checked before use. -1: fine.
 */
static int context_refusal(const struct cma_session *s, const struct euicc_signed1 *r)
{
    if (!slice_eq(r->transaction_id, SLICE_OF(s->transaction_id)))
        return CMA_REFUSE_TRANSACTION;
    if (!slice_eq(r->server_address, slice_of(s->address, s->address_len)) ||
        !slice_eq(r->server_challenge, SLICE_OF(s->server_challenge)))
        return CMA_REFUSE_SIGNATURE;
    return -1;
}

/* On success the session knows the eUICC: its EID and its key. */
static enum err identify(struct cma_session *s, const struct authenticate_response_ok *r,
                         int64_t now_ms, int *why)
{
    struct chain chain;
    enum err err = cma_check_chain(&s->keys->trust, r->euicc_certificate, r->eum_certificate, s->ci,
                                   now_ms, &chain, s->eid, why);

    if (err || *why >= 0)
        return err;
    err = key_verify(chain.key, &r->euicc_signed1, 1, r->euicc_signature1);
    if (!err)
        s->euicc_key = key_hold(chain.key);
    chain_close(&chain);
    if (err == E_BADSIG)
        *why = CMA_REFUSE_SIGNATURE;
    return err == E_BADSIG ? E_OK : err;
}

enum err cma_authenticate(struct cma_session *session, const struct authenticate_response_ok *r,
                          int64_t now_ms, struct cma_client *out, int *why)
{
    enum err err = schema_decode(&T_euicc_signed1, r->euicc_signed1, &out->signed1, NULL);

    *why = -1;
    if (!err)
        err = schema_decode(&T_euicc_info2, out->signed1.euicc_info2, &out->info2, NULL);
    if (!err)
        err = schema_decode(&T_ctx_params1, out->signed1.ctx_params1, &out->params, NULL);
    if (err)
        return err;
    *why = context_refusal(session, &out->signed1);
    return *why >= 0 ? E_OK : identify(session, r, now_ms, why);
}

/* ---- saying no ---- */

static const uint32_t response_tags[RSP_FUNCTIONS] = {
    [ES9_INITIATE_AUTHENTICATION] = 0xBF39,   [ES9_AUTHENTICATE_CLIENT] = 0xBF3B,
    [ES9_GET_BOUND_PROFILE_PACKAGE] = 0xBF3A, [ES9_CANCEL_SESSION] = 0xBF41,
    [ES11_INITIATE_AUTHENTICATION] = 0xBF39,  [ES11_AUTHENTICATE_CLIENT] = 0xBF40,
};

enum err cma_refuse(struct turn *t, enum rsp_function f, const char *subject, const char *reason,
                    const char *words)
{
    uint8_t octets[16];
    struct der_writer w = der_writer(octets, sizeof octets);
    slice response;
    enum err err;

    der_put_int(&w, 0x81, status_to_code(f, slice_str(subject), slice_str(reason)));
    der_wrap(&w, response_tags[f], 0);
    err = der_written(&w, &response);
    if (err)
        return err;
    turn_refuse(t, subject, reason, words);
    t->reply = arena_copy(t->arena, response);
    return t->reply.p ? E_OK : E_MEMORY;
}
