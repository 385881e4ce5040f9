/* ES11 (SGP.22 5.8): what waits for an eUICC. */
#include "smds/internal.h"

#include "der/der.h"

enum err smds_initiate_authentication(struct smds *s,
                                      const struct initiate_authentication_request_es9 *r,
                                      struct turn *t)
{
    int why;
    enum err err = cma_initiate(&s->cma, r, t, &why);

    if (err || why < 0)
        return err;
    return smds_refuse_client(t, ES11_INITIATE_AUTHENTICATION, (enum smds_refusal)why);
}

static bool is_live(const struct smds_event *e, int64_t now_ms)
{
    return e->state == SMDS_LIVE && e->due_ms > now_ms;
}

/* By the name that its owner gave it, or by the one under which the root tells of it (3.6.1). */
static bool is_named(const struct smds_event *e, slice matching_id)
{
    return slice_eq(e->event_id, matching_id) || slice_eq(e->root_id, matching_id);
}

/* Those of the EID that are told: all, or the one that is named. Others are taken out of rows. */
static enum err find_events(const struct smds *s, struct turn *t, slice eid, slice matching_id,
                            struct smds_event **rows, size_t *count)
{
    const struct store_query q = {
        .index = SMDS_EVENT_BY_EID,
        .key = { store_blob(eid) },
        .key_count = 1,
        .limit = (uint32_t)s->options.eid_events,
    };
    size_t all, kept = 0;
    enum err err = store_list(t->store, &smds_event_table, &q, t->arena, rows, &all);

    for (size_t i = 0; !err && i < all; i++) {
        const struct smds_event *e = &(*rows)[i];

        if (is_live(e, t->now_ms) && (!matching_id.n || is_named(e, matching_id)))
            (*rows)[kept++] = *e;
    }
    *count = kept;
    return err;
}

static enum err write_entries(struct turn *t, const struct smds_event *rows, size_t count,
                              slice *out)
{
    const size_t size = 1 + count * (2 * ADDRESS_MAX + 4 * DER_HEAD_MAX);
    uint8_t *buf = arena_alloc(t->arena, size);
    struct der_writer w = der_writer(buf, size);

    if (!buf)
        return E_MEMORY;
    for (size_t i = count; i > 0; i--) { /* the writer begins at the end */
        size_t mark = der_mark(&w);

        der_put_tlv(&w, 0x81, rows[i - 1].address);
        der_put_tlv(&w, 0x80, rows[i - 1].event_id);
        der_wrap(&w, T_event_entries.tag, mark);
    }
    return der_written(&w, out);
}

static enum err answer(struct turn *t, slice transaction_id, slice entries)
{
    struct authenticate_client_response_es11 response = {
        .which = authenticate_client_response_es11_is_authenticate_client_ok,
        .authenticate_client_ok = { .transaction_id = transaction_id, .event_entries = entries },
    };
    size_t size = entries.n + 64;
    uint8_t *buf = arena_alloc(t->arena, size);

    if (!buf)
        return E_MEMORY;
    return schema_encode(&T_authenticate_client_response_es11, &response, buf, size, &t->reply,
                         NULL);
}

static enum err tell_events(struct smds *s, const struct cma_session *session, slice matching_id,
                            struct turn *t)
{
    struct smds_event *rows;
    size_t count;
    slice entries;
    enum err err = find_events(s, t, SLICE_OF(session->eid), matching_id, &rows, &count);

    if (!err && matching_id.n && !count)
        return smds_refuse_client(t, ES11_AUTHENTICATE_CLIENT, SMDS_REFUSE_EVENT_UNKNOWN);
    if (!err)
        err = write_entries(t, rows, count, &entries);
    return err ? err : answer(t, SLICE_OF(session->transaction_id), entries);
}

static enum err authenticate(struct smds *s, struct cma_session *session,
                             const struct authenticate_response_ok *r, struct turn *t)
{
    struct cma_client euicc;
    int why;
    enum err err = cma_authenticate(session, r, t->now_ms, &euicc, &why);

    if (err)
        return err;
    if (why >= 0)
        return smds_refuse_client(t, ES11_AUTHENTICATE_CLIENT, (enum smds_refusal)why);
    turn_about_eid(t, SLICE_OF(session->eid));
    return tell_events(s, session, euicc.params.ctx_params_for_common_authentication.matching_id,
                       t);
}

/* The session is over, whatever comes: its challenge has been used. */
enum err smds_authenticate_client(struct smds *s, const struct authenticate_client_request_es9 *r,
                                  struct turn *t)
{
    struct authenticate_server_response response;
    struct cma_session *session;
    struct cma_hold *hold;
    enum err err = schema_decode(&T_authenticate_server_response, r->authenticate_server_response,
                                 &response, NULL);

    if (err)
        return err;
    session = cma_session_take(&s->cma.sessions, r->transaction_id, t->now_ms);
    if (!session)
        return smds_refuse_client(t, ES11_AUTHENTICATE_CLIENT, SMDS_REFUSE_TRANSACTION);
    err = cma_hold(&s->cma.sessions, session, sizeof *hold, t, &hold);
    if (err)
        return err;
    hold->over = true;
    if (response.which == authenticate_server_response_is_authenticate_response_ok)
        err = authenticate(s, session, &response.authenticate_response_ok, t);
    else /* the eUICC refused us: nothing to go on with */
        err = smds_refuse_client(t, ES11_AUTHENTICATE_CLIENT, SMDS_REFUSE_SIGNATURE);
    if (err)
        cma_let_go(t);
    return err;
}
