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

static bool own_key(const struct cert *cert, const struct signer *signer)
{
    return cert->curve == signer->curve && memcmp(cert->point.b, signer->point.b, POINT_LEN) == 0;
}

/* The pair fits together, to its keys, and to the pairs before it. */
static enum err check_credential(struct smdp *s, const struct smdp_credential *c, slice *ci)
{
    struct cert auth, pb;
    enum err err = cert_parse(c->auth_certificate, &auth);

    if (!err)
        err = cert_parse(c->pb_certificate, &pb);
    if (!err)
        err = cert_check_role(&auth, ROLE_DP_AUTH, NULL);
    if (!err)
        err = cert_check_role(&pb, ROLE_DP_PB, NULL);
    if (err)
        return err;
    if (!cert_same_server(&auth, &pb) || !own_key(&auth, &c->auth) || !own_key(&pb, &c->pb) ||
        !auth.aki.p || auth.rid.n > OID_MAX)
        return E_BADCERT;
    if (s->oid.p && !slice_eq(s->oid, auth.rid))
        return E_BADCERT;
    memcpy(s->oid_octets, auth.rid.p, auth.rid.n);
    s->oid = slice_of(s->oid_octets, auth.rid.n);
    *ci = auth.aki;
    return E_OK;
}

static enum err check_options(const struct smdp_options *o)
{
    if (!o->crypto || !o->trust || !o->credentials || o->credential_count == 0)
        return E_ARGUMENT;
    return o->address.n >= 1 && o->address.n <= ADDRESS_MAX ? E_OK : E_ARGUMENT;
}

static enum err open_steps(struct smdp *s)
{
    enum err err = E_OK;

    s->cis = calloc(s->options.credential_count, sizeof *s->cis);
    if (!s->cis)
        return E_MEMORY;
    for (size_t i = 0; i < s->options.credential_count && !err; i++)
        err = check_credential(s, &s->options.credentials[i], &s->cis[i]);
    return err ? err : session_table_open(&s->sessions, s->options.session_max);
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
    session_table_close(&s->sessions);
    free(s->cis);
    free(s);
}

/* The oldest rows stand first: transaction ids begin with their time. */
enum err smdp_tidy(struct smdp *s, struct turn *t, bool *more)
{
    struct store_query q = { .index = SMDP_BY_KEY, .limit = TIDY_STEP };
    struct smdp_transaction *rows;
    size_t count, i = 0;
    enum err err;

    session_expire(&s->sessions, t->now_ms);
    err = store_list(t->store, &smdp_transaction_table, &q, t->arena, &rows, &count);
    while (!err && i < count && rows[i].expires_ms <= t->now_ms)
        err = turn_delete(t, &smdp_transaction_table, &rows[i++]);
    *more = i == TIDY_STEP;
    return err;
}
