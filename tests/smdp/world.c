/* Certificates, server, operator. */
#include "smdp/world.h"

#include "base/secret.h"
#include "pki/lend.h"

#include <stdlib.h>
#include <unistd.h>

static const slice iin = SLICE_LIT("89049032");

static void fill(struct cert_template *t, enum cert_role role, const char *eid_digits)
{
    *t = (struct cert_template){
        .role = role,
        .serial = SLICE_LIT("\x01\x00"),
        .org = SLICE_LIT("ACME"),
        .common_name = SLICE_LIT("TEST SM-DP+"),
        .rid = SLICE_LIT("\x88\x37\x0A"),
        .not_before_s = NOW_S - DAY_S,
        .path_len = -1,
    };
    if (role == ROLE_CI) {
        t->common_name = SLICE_LIT("Test CI");
        t->rid = SLICE_LIT("\x88\x37\x01");
    } else if (role == ROLE_EUM || role == ROLE_EUICC) {
        t->org = SLICE_LIT("RSP Test EUM");
        t->country = SLICE_LIT("ES");
        t->common_name = SLICE_LIT("EUM Test");
        t->rid = role == ROLE_EUM ? SLICE_LIT("\x88\x37\x05") : SLICE_NONE;
    }
    if (role == ROLE_EUM) {
        t->path_len = 0;
        t->iins = &iin;
        t->iin_count = 1;
    } else if (role == ROLE_EUICC) {
        t->common_name = SLICE_LIT("Test eUICC");
        t->serial_number = slice_str(eid_digits);
    }
}

void world_issue(struct world *w, enum cert_role role, const struct made_cert *issuer,
                 const uint8_t *eid, int64_t not_after_s, struct made_cert *out)
{
    char digits[EID_DIGITS + 1] = "";
    struct cert_issuer by = { 0 };
    struct cert_template t;
    struct ec_scalar secret;
    struct ec_point point;

    if (eid)
        eid_to_digits(eid, digits);
    fill(&t, role, digits);
    t.not_after_s = not_after_s;
    assert_int_equal(crypto_key_pair(w->crypto, w->curve, &secret, &point), E_OK);
    assert_int_equal(signer_open(w->crypto, w->curve, &secret, &out->signer), E_OK);
    wipe(&secret, sizeof secret);
    if (issuer)
        by = (struct cert_issuer){ &issuer->signer, issuer->cert.subject, issuer->cert.ski };
    else
        by.signer = &out->signer;
    assert_int_equal(
        cert_issue(w->crypto, &t, w->curve, &point, &by, out->buf, sizeof out->buf, &out->der),
        E_OK);
    assert_int_equal(cert_parse(out->der, &out->cert), E_OK);
}

static void open_server(struct world *w)
{
    const struct store_schema *const schemas[] = { &smdp_schema, &store_event_schema };
    struct store_sqlite_options o = { .path = w->path[0] ? w->path : NULL,
                                      .schemas = schemas,
                                      .schema_count = COUNT(schemas),
                                      .volatile_commits = true };

    assert_int_equal(store_sqlite_open(&o, &w->store), E_OK);
    assert_int_equal(smdp_open(&w->options, &w->smdp), E_OK);
}

void world_open(struct world *w, enum curve curve)
{
    memset(w, 0, sizeof *w);
    w->crypto = crypto_openssl();
    assert_non_null(w->crypto);
    w->curve = curve;
    w->now_ms = NOW_S * 1000;
    arena_init(&w->arena, 4 << 20);
    arena_init(&w->turn_arena, 4 << 20);
    world_issue(w, ROLE_CI, NULL, NULL, NOW_S + 1000 * DAY_S, &w->ci);
    world_issue(w, ROLE_EUM, &w->ci, NULL, NOW_S + 900 * DAY_S, &w->eum);
    world_issue(w, ROLE_DP_AUTH, &w->ci, NULL, NOW_S + 900 * DAY_S, &w->auth);
    world_issue(w, ROLE_DP_PB, &w->ci, NULL, NOW_S + 900 * DAY_S, &w->pb);
    keyring_place_open(&w->keys, lend_ci(w->crypto, w->ci.der));
    lend_dp(w->keys.now, lent(&w->auth.cert, &w->auth.signer), lent(&w->pb.cert, &w->pb.signer));
    w->options = (struct smdp_options){
        .crypto = w->crypto, .address = SLICE_LIT(ADDRESS), .keys = &w->keys, .session_max = 64
    };
    open_server(w);
}

void world_move_to_file(struct world *w)
{
    int fd;

    smdp_close(w->smdp);
    store_close(w->store);
    snprintf(w->path, sizeof w->path, "/tmp/dunlin-smdp-XXXXXX");
    fd = mkstemp(w->path);
    assert_true(fd >= 0);
    close(fd);
    open_server(w);
}

static void remove_file(const struct world *w)
{
    static const char *const tails[] = { "", "-wal", "-shm", ".lock" };
    char name[96];

    for (size_t i = 0; i < COUNT(tails) && w->path[0]; i++) {
        snprintf(name, sizeof name, "%.63s%s", w->path, tails[i]);
        unlink(name);
    }
}

void world_close(struct world *w)
{
    smdp_close(w->smdp);
    store_close(w->store);
    remove_file(w);
    keyring_place_close(&w->keys);
    signer_close(&w->ci.signer);
    signer_close(&w->eum.signer);
    signer_close(&w->auth.signer);
    signer_close(&w->pb.signer);
    arena_free(&w->turn_arena);
    arena_free(&w->arena);
}

void world_restart(struct world *w)
{
    smdp_close(w->smdp);
    store_close(w->store);
    open_server(w);
}

/* ---- turns ---- */

enum err run_turn(struct world *w, handler h, const void *request, struct arena *arena,
                  struct turn *t, unsigned *conflicts)
{
    enum err err = E_CONFLICT;

    *conflicts = 0;
    while (err == E_CONFLICT && *conflicts < 8) {
        arena_reset(arena);
        turn_init(t, arena, w->store, w->now_ms);
        err = store_read_begin(w->store);
        if (!err)
            err = h(w->smdp, request, t);
        store_read_end(w->store);
        if (!err)
            err = turn_commit(t);
        *conflicts += err == E_CONFLICT;
    }
    return err;
}

/* ---- the operator ---- */

static enum err finish(struct world *w, enum err err)
{
    return err ? err : turn_commit(&w->turn);
}

static void begin(struct world *w)
{
    arena_reset(&w->turn_arena);
    turn_init(&w->turn, &w->turn_arena, w->store, w->now_ms);
}

/* Header with the ICCID, one large element, end: as much as the SM-DP+ looks at. */
static void make_package(struct world *w, struct profile *p)
{
    struct der_writer out = der_writer(p->package, sizeof p->package);
    uint8_t body[PACKAGE_SIZE - 100];
    slice whole;
    size_t mark;

    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)(i * 7 + w->iccids);
    for (size_t i = 0; i < sizeof p->iccid; i++)
        p->iccid[i] = (uint8_t)(0x98 ^ (i & 1));
    /* decimal digits, as in every ICCID */
    p->iccid[9] = (uint8_t)(w->iccids % 10 << 4 | w->iccids / 10 % 10);
    p->iccid[8] = (uint8_t)(w->iccids / 100 % 10 << 4 | w->iccids / 1000 % 10);
    w->iccids++;
    der_put_tlv(&out, 0xAA, SLICE_EMPTY);
    der_put_tlv(&out, 0xA5, SLICE_OF(body));
    mark = der_mark(&out);
    for (size_t i = 0; i < sizeof p->iccid; i++)
        body[i] = (uint8_t)(p->iccid[i] << 4 | p->iccid[i] >> 4);
    der_put_tlv(&out, 0x83, slice_of(body, sizeof p->iccid));
    der_put_int(&out, 0x81, 3);
    der_put_int(&out, 0x80, 2);
    der_wrap(&out, 0xA0, mark);
    assert_int_equal(der_written(&out, &whole), E_OK);
    memmove(p->package, whole.p, whole.n);
    p->package_n = whole.n;
}

static slice make_metadata(struct world *w, const struct profile *p, slice icon)
{
    uint8_t *buf = arena_alloc(&w->arena, 2048);
    struct store_metadata_request m = { .iccid = SLICE_OF(p->iccid),
                                        .service_provider_name = SLICE_LIT("Dunlin"),
                                        .profile_name = SLICE_LIT("Long"),
                                        .icon_type = ICON_TYPE_PNG,
                                        .has_icon_type = true,
                                        .icon = icon,
                                        .profile_class = PROFILE_CLASS_OPERATIONAL,
                                        .has_profile_class = true };
    slice out;

    assert_int_equal(schema_encode(&T_store_metadata_request, &m, buf, 2048, &out, NULL), E_OK);
    return out;
}

void world_add(struct world *w, const struct stock *how, struct profile *out)
{
    struct smdp_new_profile p = {
        .protection = how->protection,
        .profile_type = slice_str(how->type),
        .owner = slice_str(how->owner),
        .about.service_provider = SLICE_LIT("Dunlin"),
        .about.profile_name = SLICE_LIT("Test profile"),
        .about.profile_class = PROFILE_CLASS_OPERATIONAL,
        .about.policy_rules = how->policy_rules,
        .about.mcc_mnc = how->policy_rules ? SLICE_LIT("\x00\xF1\x10") : SLICE_NONE,
        .size = how->size,
    };
    uint8_t iccid[10];

    make_package(w, out);
    p.package = slice_of(out->package, out->package_n);
    if (how->icon.p)
        p.metadata = make_metadata(w, out, how->icon);
    begin(w);
    assert_int_equal(finish(w, smdp_profile_add(w->smdp, &p, &w->turn, iccid)), E_OK);
    assert_success(w);
    assert_memory_equal(iccid, out->iccid, sizeof iccid);
}

struct es12_answer world_smds_says(const char *subject, const char *reason)
{
    static char text[300];
    int n;

    if (!subject)
        n = snprintf(text, sizeof text,
                     "{\"header\":{\"functionExecutionStatus\":{\"status\":"
                     "\"Executed-Success\"}}}");
    else
        n = snprintf(text, sizeof text,
                     "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\","
                     "\"statusCodeData\":{\"subjectCode\":\"%s\",\"reasonCode\":\"%s\"}}}}",
                     subject, reason);
    return (
        struct es12_answer){ .reached = true, .status = 200, .body = slice_of(text, (size_t)n) };
}

static void announced(struct world *w, const struct smdp_confirm_order *r,
                      struct smdp_confirmed *out)
{
    const struct es12_answer done = world_smds_says(NULL, NULL);
    slice resume = arena_copy(&w->arena, w->turn.upstream.resume);

    begin(w);
    assert_int_equal(finish(w, smdp_confirm_resumed(w->smdp, r, resume, &done, &w->turn, out)),
                     E_OK);
    assert_success(w);
}

void world_confirm(struct world *w, const struct stock *how, struct smdp_confirm_order *r,
                   struct profile *out)
{
    struct smdp_download_order order = { .eid = SLICE_NONE };
    struct smdp_confirmed confirmed;
    uint8_t iccid[10];

    world_add(w, how, out);
    order.iccid = SLICE_OF(out->iccid);
    begin(w);
    assert_int_equal(finish(w, smdp_download_order(w->smdp, &order, &w->turn, iccid)), E_OK);
    assert_success(w);
    r->iccid = order.iccid;
    begin(w);
    assert_int_equal(finish(w, smdp_confirm_order(w->smdp, r, &w->turn, &confirmed)), E_OK);
    assert_success(w);
    if (w->turn.want == TURN_UPSTREAM)
        announced(w, r, &confirmed);
    out->matching_id = arena_copy(&w->arena, confirmed.matching_id);
}

void world_release(struct world *w, const struct stock *how, struct profile *out)
{
    struct smdp_confirm_order r = { .release = true };

    world_confirm(w, how, &r, out);
}

struct smdp_order world_order(struct world *w, const struct profile *p)
{
    struct smdp_order order;

    assert_int_equal(store_get(w->store, &smdp_order_table, SMDP_BY_KEY,
                               STORE_KEY(store_blob(SLICE_OF(p->iccid))), &order, &w->arena),
                     E_OK);
    return order;
}

size_t world_events(struct world *w, const char *kind)
{
    struct store_query q = { .limit = STORE_LIST_MAX };
    struct store_event *rows;
    size_t count, n = 0;

    assert_int_equal(store_list(w->store, &store_event_table, &q, &w->arena, &rows, &count), E_OK);
    for (size_t i = 0; i < count; i++)
        n += slice_eq_str(rows[i].kind, kind);
    return n;
}

size_t world_rows(struct world *w, const struct store_table *table)
{
    struct store_query q = { .limit = STORE_LIST_MAX };
    size_t count;
    void *rows;

    assert_int_equal(store_list(w->store, table, &q, &w->arena, &rows, &count), E_OK);
    return count;
}
