/* Opening and upkeep of the role. */
#include "smdp/internal.h"

#include <stdlib.h>

#define MINUTE_MS INT64_C(60000)
#define DAY_MS    (24 * 60 * MINUTE_MS)
#define TIDY_STEP 200u

static void fill_defaults(struct smdp_options *o)
{
    o->session_max = o->session_max ? o->session_max : 16384;
    o->session_ms = o->session_ms ? o->session_ms : 10 * MINUTE_MS;
    o->transaction_ms = o->transaction_ms ? o->transaction_ms : 180 * DAY_MS;
    o->download_attempts = o->download_attempts ? o->download_attempts : 10;
    o->code_attempts = o->code_attempts ? o->code_attempts : 3;
}

static enum err check_options(const struct smdp_options *o)
{
    if (!o->crypto || !o->keys)
        return E_ARGUMENT;
    return o->address.n >= 1 && o->address.n <= ADDRESS_MAX ? E_OK : E_ARGUMENT;
}

static enum err take_oid(struct smdp *s)
{
    struct keyring *k = keyring_now(s->options.keys);
    slice oid = keyring_oid(k, KEYRING_DP);
    bool fits = oid.n && oid.n <= OID_MAX;

    if (fits)
        memcpy(s->oid_octets, oid.p, oid.n);
    s->oid = slice_of(s->oid_octets, oid.n);
    keyring_drop(k);
    return fits ? E_OK : E_ARGUMENT;
}

static enum err open_steps(struct smdp *s)
{
    const struct smdp_options *o = &s->options;
    enum err err = take_oid(s);

    s->cma = (struct cma){
        .crypto = o->crypto,
        .keys = o->keys,
        .server = KEYRING_DP,
        .address = o->address,
        .session_ms = o->session_ms,
    };
    return err ? err
               : cma_table_open(&s->cma.sessions, o->session_max, sizeof(struct session),
                                smdp_drop_session);
}

enum err smdp_open(const struct smdp_options *options, struct smdp **out)
{
    struct smdp *s;
    enum err err = check_options(options);

    *out = NULL;
    if (err)
        return err;
    s = calloc(1, sizeof *s);
    if (!s)
        return E_MEMORY;
    s->options = *options;
    fill_defaults(&s->options);
    err = open_steps(s);
    if (err) {
        smdp_close(s);
        return err;
    }
    *out = s;
    return E_OK;
}

void smdp_close(struct smdp *s)
{
    if (!s)
        return;
    cma_table_close(&s->cma.sessions);
    free(s);
}

/* The oldest rows stand first: transaction ids begin with their time. */
enum err smdp_tidy(struct smdp *s, struct turn *t, bool *more)
{
    struct store_query q = { .index = SMDP_BY_KEY, .limit = TIDY_STEP };
    struct smdp_transaction *rows;
    size_t count, i = 0;
    enum err err;

    cma_session_expire(&s->cma.sessions, t->now_ms);
    err = store_list(t->store, &smdp_transaction_table, &q, t->arena, &rows, &count);
    while (!err && i < count && rows[i].expires_ms <= t->now_ms)
        err = turn_delete(t, &smdp_transaction_table, &rows[i++]);
    *more = i == TIDY_STEP;
    return err ? err : smdp_call_tidy(t, TIDY_STEP, more);
}
