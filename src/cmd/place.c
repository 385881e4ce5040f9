#include "cmd/place_parts.h"

#include "smdp/operator.h"

#include <stdio.h>

bool place_done(struct placed *p, enum err e, const char *what, const struct turn_status *status)
{
    p->err = e ? e : status && status->subject ? E_REFUSED : E_OK;
    p->why[0] = '\0';
    if (!p->err)
        return true;
    snprintf(p->why, sizeof p->why, "%s: %s", what,
             status && status->message ? status->message : err_text(p->err));
    return false;
}

/* ---- SM-DP+ ---- */

struct profile_call {
    slice package, matching_id, type, owner, metadata;
    uint8_t *iccid;
};

static enum err add_profile(void *role, void *ctx, struct turn *t)
{
    struct profile_call *c = ctx;
    struct smdp_new_profile profile = {
        .package = c->package,
        .protection = SMDP_SESSION_KEYS,
        .profile_type = c->type,
        .owner = c->owner,
        .metadata = c->metadata,
        .about.service_provider = SLICE_LIT("Dunlin"),
        .about.profile_name = SLICE_LIT("Operational"),
        .about.profile_class = 2,
    };

    return smdp_profile_add(role, &profile, t, c->iccid);
}

static enum err order_profile(void *role, void *ctx, struct turn *t)
{
    struct profile_call *c = ctx;
    struct smdp_download_order order = { .iccid = slice_of(c->iccid, 10) };
    uint8_t iccid[10];

    return smdp_download_order(role, &order, t, iccid);
}

static enum err confirm_profile(void *role, void *ctx, struct turn *t)
{
    struct profile_call *c = ctx;
    struct smdp_confirm_order confirm = {
        .iccid = slice_of(c->iccid, 10),
        .matching_id = c->matching_id,
        .release = true,
    };
    struct smdp_confirmed out;

    return smdp_confirm_order(role, &confirm, t, &out);
}

bool place_order_row(struct servers *s, slice iccid, struct arena *a, struct smdp_order *row)
{
    return store_get(s->smdp_served.store, &smdp_order_table, SMDP_BY_KEY,
                     STORE_KEY(store_blob(iccid)), row, a) == E_OK;
}

static bool order_row(struct servers *s, const uint8_t iccid[10], struct arena *a,
                      struct smdp_order *row)
{
    return place_order_row(s, slice_of(iccid, ICCID_LEN), a, row);
}

int64_t placed_profile_state(struct servers *s, const uint8_t iccid[10])
{
    struct smdp_order row;
    struct arena a;
    int64_t state;

    arena_init(&a, PLACE_ARENA_LIMIT);
    state = order_row(s, iccid, &a, &row) ? row.state : -1;
    arena_free(&a);
    return state;
}

static bool place_profile_in(struct servers *s, struct arena *a, struct profile_call *c,
                             char *activation, struct placed *p)
{
    struct store *store = s->smdp_served.store;
    struct smdp_order row;
    struct turn_status status;
    /* Refused when it is in stock already; the ICCID is told all the same. */
    enum err e = servers_operate(store, a, add_profile, s->smdp, c, &status);

    if (e)
        return place_done(p, e, "profile", &status);
    if (!order_row(s, c->iccid, a, &row) || row.state == SMDP_AVAILABLE) {
        e = servers_operate(store, a, order_profile, s->smdp, c, &status);
        if (e || status.subject)
            return place_done(p, e, "download order", &status);
    }
    if (!order_row(s, c->iccid, a, &row))
        return place_done(p, E_NOTFOUND, "download order", NULL);
    if (row.state < SMDP_CONFIRMED) {
        e = servers_operate(store, a, confirm_profile, s->smdp, c, &status);
        if (e || status.subject)
            return place_done(p, e, "confirmation of the order", &status);
    }
    if (!order_row(s, c->iccid, a, &row) || !row.matching_id.p)
        return place_done(p, E_STATE, "download order", NULL);
    snprintf(activation, ACTIVATION_MAX, "1$%s$%.*s", s->smdp_name, (int)row.matching_id.n,
             (const char *)row.matching_id.p);
    return place_done(p, E_OK, "", NULL);
}

bool place_profile(struct servers *s, slice package, slice matching_id, slice metadata,
                   uint8_t iccid[10], char activation[ACTIVATION_MAX], struct placed *p)
{
    struct profile_call c = {
        .package = package, .matching_id = matching_id, .metadata = metadata, .iccid = iccid
    };
    struct arena a;
    bool ok;

    arena_init(&a, PLACE_ARENA_LIMIT);
    ok = place_profile_in(s, &a, &c, activation, p);
    arena_free(&a);
    return ok;
}

bool place_stock(struct servers *s, slice package, slice type, slice owner, slice metadata,
                 uint8_t iccid[10], struct placed *p)
{
    struct profile_call c = {
        .package = package, .type = type, .owner = owner, .metadata = metadata, .iccid = iccid
    };
    struct turn_status status;
    struct smdp_order row;
    struct arena a;
    enum err e;
    bool known;

    arena_init(&a, PLACE_ARENA_LIMIT);
    e = servers_operate(s->smdp_served.store, &a, add_profile, s->smdp, &c, &status);
    known = !e && status.subject && order_row(s, iccid, &a, &row);
    arena_free(&a);
    return place_done(p, e, "profile", known ? NULL : &status);
}

/* ---- a pool: many profiles in one commit ---- */

#define POOL_GROUP  64
#define POOL_OCTETS ((size_t)2 << 20) /* of packages in one commit; one may be larger */

struct pool_call {
    slice type, owner;
    struct {
        slice package, metadata;
        uint8_t iccid[10];
    } profiles[POOL_GROUP];
    size_t count, octets;
    uint8_t at[10]; /* ICCID of the one that failed */
};

static enum err add_group(void *role, void *ctx, struct turn *t)
{
    struct pool_call *c = ctx;
    enum err e = E_OK;

    for (size_t i = 0; !e && i < c->count; i++) {
        uint8_t iccid[10];
        struct profile_call one = { .package = c->profiles[i].package,
                                    .metadata = c->profiles[i].metadata,
                                    .type = c->type,
                                    .owner = c->owner,
                                    .iccid = iccid };

        memcpy(c->at, c->profiles[i].iccid, sizeof c->at);
        e = add_profile(role, &one, t);
        if (!e && memcmp(iccid, c->profiles[i].iccid, sizeof iccid) != 0)
            e = E_ARGUMENT; /* the pack says another ICCID than the package */
    }
    return e;
}

static bool in_group(const struct pool_call *c, const uint8_t iccid[10])
{
    for (size_t i = 0; i < c->count; i++)
        if (!memcmp(c->profiles[i].iccid, iccid, 10))
            return true;
    return false;
}

/* Fills a group with profiles that are not there yet, from entry *next on. */
static enum err fill_group(struct servers *s, const struct pack *pack, struct arena *a,
                           struct arena *look, struct pool_call *c, uint64_t *next)
{
    enum err e = E_OK;

    c->count = c->octets = 0;
    for (; !e && *next < pack->count && c->count < POOL_GROUP && c->octets < POOL_OCTETS; ++*next) {
        uint8_t iccid[10];
        struct smdp_order row;

        arena_reset(look);
        e = pack_iccid(pack, *next, iccid);
        if (e || in_group(c, iccid) || order_row(s, iccid, look, &row))
            continue;
        memcpy(c->at, iccid, sizeof c->at);
        e = pack_read(s->crypto, pack, *next, a, &c->profiles[c->count].package,
                      &c->profiles[c->count].metadata);
        memcpy(c->profiles[c->count].iccid, iccid, sizeof iccid);
        c->octets += e ? 0 : c->profiles[c->count].package.n;
        c->count += !e;
    }
    return e;
}

bool place_pool(struct servers *s, const struct pack *pack, slice type, slice owner,
                uint64_t *added, struct placed *p)
{
    struct pool_call c = { .type = type, .owner = owner };
    struct turn_status status = { 0 };
    enum err e = E_OK;
    struct arena a, look;
    char what[5 + ICCID_DIGITS + 1] = "pool ";

    *added = 0;
    arena_init(&a, PLACE_ARENA_LIMIT);
    arena_init(&look, PLACE_ARENA_LIMIT);
    for (uint64_t next = 0; !e && !status.subject && next < pack->count; arena_reset(&a)) {
        e = fill_group(s, pack, &a, &look, &c, &next);
        if (!e && c.count)
            e = servers_operate(s->smdp_served.store, &a, add_group, s->smdp, &c, &status);
        *added += e || status.subject ? 0 : c.count;
    }
    arena_free(&a);
    arena_free(&look);
    if (iccid_to_digits(SLICE_OF(c.at), what + 5))
        what[4] = '\0';
    return place_done(p, e, what, &status);
}

static enum err add_operator(void *role, void *ctx, struct turn *t)
{
    return smdp_operator_add(role, ctx, t);
}

bool place_operator(struct servers *s, slice name, slice certificate, slice notify,
                    struct placed *p)
{
    struct smdp_new_operator o = { name, certificate, notify };
    struct turn_status status = { 0 };
    struct arena a;
    enum err e;

    arena_init(&a, PLACE_ARENA_LIMIT);
    e = servers_operate(s->smdp_served.store, &a, add_operator, s->smdp, &o, &status);
    arena_free(&a);
    return place_done(p, e == E_EXISTS ? E_OK : e, "operator", &status);
}

/* ---- SM-DS ---- */

struct rsp_server_call {
    slice name, certificate;
};

static enum err add_rsp_server(void *role, void *ctx, struct turn *t)
{
    const struct rsp_server_call *c = ctx;

    return smds_caller_add(role, c->name, c->certificate, t);
}

bool place_rsp_server(struct servers *s, slice name, slice certificate, struct placed *p)
{
    struct rsp_server_call c = { name, certificate };
    struct turn_status status = { 0 };
    struct arena a;
    enum err e;

    arena_init(&a, PLACE_ARENA_LIMIT);
    e = servers_operate(s->smds_served.store, &a, add_rsp_server, s->smds, &c, &status);
    arena_free(&a);
    return place_done(p, e == E_EXISTS ? E_OK : e, "RSP server", &status);
}

/* ---- eIM ---- */

struct device_call {
    const uint8_t *eid;
    int64_t token;
};

static enum err add_device(void *role, void *ctx, struct turn *t)
{
    struct device_call *c = ctx;
    struct eim_device_new d = {
        .eid = slice_of(c->eid, EID_LEN),
        .associated = true,
        .has_token = c->token >= 0,
        .token = c->token,
    };

    return eim_device_add(role, &d, t);
}

bool place_device(struct servers *s, const uint8_t eid[EID_LEN], int64_t token, struct placed *p)
{
    struct device_call c = { eid, token };
    struct turn_status status = { 0 };
    struct arena a;
    enum err e;

    arena_init(&a, PLACE_ARENA_LIMIT);
    e = servers_operate(s->eim_served.store, &a, add_device, s->eim, &c, &status);
    arena_free(&a);
    return place_done(p, e == E_EXISTS ? E_OK : e, "device", e ? &status : NULL);
}

struct order_call {
    const uint8_t *eid;
    bool download;
    struct eim_download trigger;
    enum place_psmo what;
    slice iccid;
    bool rollback;
    int64_t found; /* an order that is the same */
    struct eim_order *made;
};

static enum err make_order(struct eim *e, struct order_call *c, struct turn *t)
{
    slice eid = slice_of(c->eid, EID_LEN);

    if (c->download)
        return eim_order_download(e, eid, &c->trigger, t, &c->made);
    switch (c->what) {
    case PLACE_ENABLE:
        return eim_order_enable(e, eid, c->iccid, c->rollback, t, &c->made);
    case PLACE_DISABLE:
        return eim_order_disable(e, eid, c->iccid, t, &c->made);
    case PLACE_DELETE:
        return eim_order_delete(e, eid, c->iccid, t, &c->made);
    default:
        return eim_order_list(e, eid, t, &c->made);
    }
}

/* A relayed order by way of an SM-DS has become that of an event since. */
static bool same_order(const struct eim_order *there, const struct eim_order *made)
{
    if (there->kind != made->kind || there->state == EIM_FAILED ||
        !slice_eq(there->content, made->content))
        return false;
    if (made->source == EIM_BY_SMDS && made->indirect)
        return there->source >= EIM_BY_SMDS && there->indirect;
    return there->source == made->source && slice_eq(there->activation, made->activation) &&
           (made->source != EIM_BY_SMDS || slice_eq(there->smdp, made->smdp));
}

/* Looks for an order like the one just made among those of the device. */
static enum err find_same(struct order_call *c, struct turn *t)
{
    for (int open = 0; open <= 1; open++) {
        struct store_query q = {
            .index = EIM_ORDER_BY_EID,
            .key = { store_blob(slice_of(c->eid, EID_LEN)), store_int(open) },
            .key_count = 2,
            .limit = STORE_LIST_MAX,
        };
        struct eim_order *rows;
        size_t count;
        enum err e = store_list(t->store, &eim_order_table, &q, t->arena, &rows, &count);

        if (e)
            return e;
        for (size_t i = 0; i < count; i++)
            if (same_order(&rows[i], c->made))
                c->found = rows[i].id;
    }
    return E_OK;
}

static enum err order_once(void *role, void *ctx, struct turn *t)
{
    struct order_call *c = ctx;
    enum err e = make_order(role, c, t);

    c->found = 0;
    if (!e)
        e = find_same(c, t);
    if (!e && c->found)
        turn_clear(t);
    return e;
}

static bool place_order(struct servers *s, struct order_call *c, const char *what, int64_t *id,
                        struct placed *p)
{
    struct turn_status status = { 0 };
    struct arena a;
    enum err e;

    arena_init(&a, PLACE_ARENA_LIMIT);
    e = servers_operate(s->eim_served.store, &a, order_once, s->eim, c, &status);
    if (!e)
        *id = c->found ? c->found : c->made->id;
    arena_free(&a);
    return place_done(p, e, what, e ? &status : NULL);
}

bool place_download(struct servers *s, const uint8_t eid[EID_LEN], slice activation, bool indirect,
                    slice iccid, int64_t *id, struct placed *p)
{
    struct order_call c = {
        .eid = eid,
        .download = true,
        .trigger = { .activation_code = activation, .indirect = indirect, .iccid = iccid },
    };

    return place_order(s, &c, "download order", id, p);
}

bool place_smds_download(struct servers *s, const uint8_t eid[EID_LEN], slice address,
                         bool indirect, int64_t *id, struct placed *p)
{
    struct order_call c = {
        .eid = eid,
        .download = true,
        .trigger = { .source = EIM_BY_SMDS, .smds = address, .indirect = indirect },
    };

    return place_order(s, &c, "download order", id, p);
}

bool place_psmo(struct servers *s, const uint8_t eid[EID_LEN], enum place_psmo what, slice iccid,
                bool rollback, int64_t *id, struct placed *p)
{
    static const char *const names[] = { "enable order", "disable order", "delete order",
                                         "list order" };
    struct order_call c = { .eid = eid, .what = what, .iccid = iccid, .rollback = rollback };

    return place_order(s, &c, names[what], id, p);
}

bool placed_order(struct servers *s, int64_t id, struct arena *a, struct eim_order *out)
{
    return store_get(s->eim_served.store, &eim_order_table, EIM_BY_KEY, STORE_KEY(store_int(id)),
                     out, a) == E_OK;
}
