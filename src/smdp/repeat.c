/*
 * DownloadOrder asked again: whoever did not get our answer repeats the call under its
 * functionCallIdentifier, and is told the same ICCID instead of getting a second profile. What was
 * refused is not kept, for the reason may go away.
 */
#include "smdp/internal.h"

enum { HAS_EID = 1, HAS_ICCID = 2, HAS_TYPE = 4 };

/* What makes two requests the same; only the type, which is last, is of any length. */
static enum err digest_of(const struct smdp *s, const struct smdp_download_order *r,
                          struct arena *a, slice *out)
{
    const uint8_t has = (r->eid.p ? HAS_EID : 0) | (r->iccid.p ? HAS_ICCID : 0) |
                        (r->profile_type.p ? HAS_TYPE : 0);
    const slice parts[] = { slice_of(&has, 1), r->eid, r->iccid, r->profile_type };
    uint8_t *digest = arena_alloc(a, DIGEST_LEN);

    *out = slice_of(digest, DIGEST_LEN);
    return digest ? crypto_sha256(s->options.crypto, parts, COUNT(parts), digest) : E_MEMORY;
}

enum err smdp_call_find(struct smdp *s, const struct smdp_download_order *r, struct turn *t,
                        struct smdp_call **call, bool *known)
{
    struct smdp_call *row;
    slice content;
    enum err err;

    *call = NULL;
    *known = false;
    if (!r->requester.n || !r->call_id.n)
        return E_OK;
    row = ARENA_NEW(t->arena, struct smdp_call);
    err = row ? digest_of(s, r, t->arena, &content) : E_MEMORY;
    if (!err)
        err = store_get(t->store, &smdp_call_table, SMDP_BY_KEY,
                        STORE_KEY(store_text(r->requester), store_text(r->call_id)), row, t->arena);
    if (err && err != E_NOTFOUND)
        return err;
    *call = row;
    *known = !err;
    if (!*known)
        *row = (struct smdp_call){ .requester = r->requester,
                                   .call_id = r->call_id,
                                   .content = content,
                                   .expires_ms = t->now_ms + SMDP_CALL_MS };
    else if (!slice_eq(row->content, content))
        return smdp_refuse_order(t, SMDP_REFUSE_CALL_IN_USE);
    return E_OK;
}

enum err smdp_call_keep(struct turn *t, struct smdp_call *call, const uint8_t iccid[ICCID_SIZE])
{
    call->iccid = arena_copy(t->arena, slice_of(iccid, ICCID_SIZE));
    return call->iccid.p ? turn_insert(t, &smdp_call_table, call) : E_MEMORY;
}

enum err smdp_call_tidy(struct turn *t, size_t limit, bool *more)
{
    const struct store_query q = { .index = SMDP_CALL_BY_END,
                                   .to_given = true,
                                   .to = store_int(t->now_ms),
                                   .limit = (uint32_t)limit };
    struct smdp_call *rows;
    size_t count = 0;
    enum err err = store_list(t->store, &smdp_call_table, &q, t->arena, &rows, &count);

    for (size_t i = 0; !err && i < count; i++)
        err = turn_delete(t, &smdp_call_table, &rows[i]);
    *more = *more || count == limit;
    return err;
}
