/*
 * An SM-DP+, an alternative SM-DS and its root, on stores of their own, and between them messages:
 * at every step of an order's life one of the three dies, or a message or its answer is lost.
 * Whatever the step, when all is quiet again: a released order has its event at the alternative,
 * which has its event at the root (DSS-009, DPP-046); and otherwise no event is anywhere (DSS-010,
 * DSS-011, DPP-047).
 */
#include "profile/build.h"
#include "rsp/json/json.h"
#include "serve/world.h"
#include "smdp/operator.h"
#include "store/sqlite.h"

#include <time.h>
#include <unistd.h>

#define DP_NAME   "smdp.example.com"
#define ALT_NAME  "alternative.example.com"
#define ROOT_NAME "root.example.com"

enum node_name { DP, ALT, ROOT, NODES };
enum fault_kind { KILL_DP, KILL_ALT, KILL_ROOT, LOSE, FAULTS };

struct node {
    const char *name;
    char path[100];
    struct store *store;
    struct smdp *smdp; /* one of both */
    struct smds *smds;
    unsigned epoch; /* lives so far */
    struct turn turn;
    struct arena arena;
};

static struct world w; /* certificates alone */
static struct keyring_place keys;
static struct node nodes[NODES];
static struct arena arena; /* of a run */
static slice package;
static struct arena package_arena;
static uint8_t eid[EID_LEN], iccid[ICCID_LEN];
static int64_t now_ms;

/* ---- nodes ---- */

static void open_node(struct node *n)
{
    const struct store_schema *schemas[] = { &store_event_schema,
                                             n == &nodes[DP] ? &smdp_schema : &smds_schema };
    const struct store_sqlite_options store = { .path = n->path,
                                                .schemas = schemas,
                                                .schema_count = COUNT(schemas),
                                                .volatile_commits = true };
    const struct smdp_options dp = { .crypto = w.crypto,
                                     .address = SLICE_LIT(DP_NAME),
                                     .keys = &keys,
                                     .session_max = 4,
                                     .root_smds = SLICE_LIT(ROOT_NAME) };
    const struct smds_options ds = { .crypto = w.crypto,
                                     .address = slice_str(n->name),
                                     .root = n == &nodes[ALT] ? SLICE_LIT(ROOT_NAME) : SLICE_NONE,
                                     .keys = &keys,
                                     .session_max = 4 };

    MUST(store_sqlite_open(&store, &n->store) == E_OK);
    if (n == &nodes[DP])
        MUST(smdp_open(&dp, &n->smdp) == E_OK);
    else
        MUST(smds_open(&ds, &n->smds) == E_OK);
}

static void shut_node(struct node *n)
{
    smdp_close(n->smdp);
    smds_close(n->smds);
    store_close(n->store);
    n->smdp = NULL;
    n->smds = NULL;
    n->store = NULL;
}

static void begin(struct node *n)
{
    arena_reset(&n->arena);
    turn_init(&n->turn, &n->arena, n->store, now_ms);
}

static void commit(struct node *n, enum err err)
{
    MUST(err == E_OK && turn_commit(&n->turn) == E_OK);
}

static void recover(struct node *n)
{
    bool more;

    begin(n);
    commit(n, n->smdp ? smdp_recover(n->smdp, &n->turn, &more)
                      : smds_recover(n->smds, &n->turn, &more));
    MUST(!more);
}

/* What it was doing is over; it is there again at once. */
static void kill_node(struct node *n)
{
    shut_node(n);
    n->epoch++;
    open_node(n);
    recover(n);
}

/* ---- faults ---- */

static unsigned step, fault_at;
static enum fault_kind fault;

/* A moment between two turns. True: the message that is under way is lost. */
static bool point(void)
{
    if (++step != fault_at)
        return false;
    if (fault != LOSE)
        kill_node(&nodes[fault]);
    return fault == LOSE;
}

/* ---- messages ---- */

static const struct es12_answer unreachable = { .reached = false };

static struct es12_answer call(const struct turn_upstream *u);

static struct es12_answer write_answer(const struct turn *t)
{
    const struct json_function *f = json_function_find(JSON_ES12, SLICE_LIT("deleteEvent"));
    const struct header_response ok = { .which = header_response_is_ok, .ok = true };
    struct es12_answer answer = { .reached = true, .status = 200 };
    const struct json_status status = { .failed = true,
                                        .subject = slice_str(t->status.subject),
                                        .reason = slice_str(t->status.reason) };

    if (t->status.subject)
        MUST(json_write_failure(&status, &arena, &answer.body) == E_OK);
    else
        MUST(json_write_response(f, &ok, NULL, &arena, &answer.body, NULL) == E_OK);
    return answer;
}

/* One request at an SM-DS, with what it asks of the root. */
static struct es12_answer serve(struct node *n, slice path, slice body)
{
    bool add = slice_eq_str(path, n == &nodes[ALT] ? "/gsma/rsp2/es12/registerEvent"
                                                   : "/gsma/rsp2/es15/registerEvent");
    const struct json_function *f =
        json_function_find(JSON_ES12, slice_str(add ? "registerEvent" : "deleteEvent"));
    struct register_event_request add_request;
    struct delete_event_request delete_request;
    slice owner = slice_str(n == &nodes[ALT] ? DP_NAME : ALT_NAME), resume;
    unsigned epoch = n->epoch;
    struct es12_answer answer;

    MUST(json_read_request(f, body, &arena, add ? (void *)&add_request : (void *)&delete_request,
                           NULL) == E_OK);
    begin(n);
    commit(n, add ? smds_register_event(n->smds, owner, &add_request, &n->turn)
                  : smds_delete_event(n->smds, owner, &delete_request, &n->turn));
    if (n->turn.want == TURN_UPSTREAM) {
        struct turn_upstream u = n->turn.upstream;

        u.path = arena_copy(&arena, u.path);
        u.body = arena_copy(&arena, u.body);
        resume = arena_copy(&arena, u.resume);
        answer = call(&u);
        if (n->epoch != epoch)
            return unreachable;
        begin(n);
        commit(n, add ? smds_register_resumed(n->smds, resume, &answer, &n->turn)
                      : smds_delete_resumed(n->smds, resume, &answer, &n->turn));
    }
    return write_answer(&n->turn);
}

static struct es12_answer call(const struct turn_upstream *u)
{
    struct node *n = &nodes[slice_eq_str(u->host, ROOT_NAME) ? ROOT : ALT];
    slice path = arena_copy(&arena, u->path), body = arena_copy(&arena, u->body);
    struct es12_answer answer;
    unsigned epoch;

    MUST(n == &nodes[ROOT] || slice_eq_str(u->host, ALT_NAME));
    if (point())
        return unreachable;
    epoch = n->epoch;
    answer = serve(n, path, body);
    if (point() || n->epoch != epoch) /* a dead one has not answered */
        return unreachable;
    return answer;
}

/* ---- the operator ---- */

static slice keep_resume(struct node *n, struct turn_upstream *u)
{
    *u = n->turn.upstream;
    u->host = arena_copy(&arena, u->host);
    u->path = arena_copy(&arena, u->path);
    u->body = arena_copy(&arena, u->body);
    return arena_copy(&arena, u->resume);
}

/* False: refused, or no answer came. */
static bool confirm(bool release)
{
    const struct smdp_confirm_order r = { .iccid = SLICE_OF(iccid),
                                          .matching_id = SLICE_LIT("EVENT-1"),
                                          .smds_address = SLICE_LIT(ALT_NAME),
                                          .release = release };
    struct node *n = &nodes[DP];
    unsigned epoch = n->epoch;
    struct smdp_confirmed out;
    struct es12_answer answer;
    struct turn_upstream u;
    slice resume;

    begin(n);
    commit(n, smdp_confirm_order(n->smdp, &r, &n->turn, &out));
    if (n->turn.want != TURN_UPSTREAM)
        return !n->turn.status.subject;
    resume = keep_resume(n, &u);
    answer = call(&u);
    if (n->epoch != epoch)
        return false;
    begin(n);
    commit(n, smdp_confirm_resumed(n->smdp, &r, resume, &answer, &n->turn, &out));
    return !n->turn.status.subject;
}

static bool release_profile(void)
{
    struct node *n = &nodes[DP];
    unsigned epoch = n->epoch;
    struct es12_answer answer;
    struct turn_upstream u;
    slice resume;

    begin(n);
    commit(n, smdp_release_profile(n->smdp, SLICE_NONE, SLICE_OF(iccid), &n->turn));
    if (n->turn.want != TURN_UPSTREAM)
        return !n->turn.status.subject;
    resume = keep_resume(n, &u);
    answer = call(&u);
    if (n->epoch != epoch)
        return false;
    begin(n);
    commit(n,
           smdp_release_resumed(n->smdp, SLICE_NONE, SLICE_OF(iccid), resume, &answer, &n->turn));
    return !n->turn.status.subject;
}

static void download_order(void)
{
    const struct smdp_download_order r = { .eid = SLICE_OF(eid), .iccid = SLICE_OF(iccid) };
    struct node *n = &nodes[DP];
    uint8_t same[ICCID_LEN];

    begin(n);
    commit(n, smdp_download_order(n->smdp, &r, &n->turn, same));
}

static void cancel(void)
{
    const struct smdp_cancel_order r = { .iccid = SLICE_OF(iccid) };
    struct node *n = &nodes[DP];

    point();
    begin(n);
    commit(n, smdp_cancel_order(n->smdp, &r, &n->turn));
    point();
}

/* ---- what goes on by itself ---- */

/* One round of the SM-DP+'s chore; false: nothing was due. */
static bool dp_chore(void)
{
    struct node *n = &nodes[DP];
    unsigned epoch = n->epoch;
    struct es12_answer answer;
    struct turn_upstream u;
    slice resume;
    bool more;

    begin(n);
    commit(n, smdp_event_due(n->smdp, &n->turn, &more));
    if (n->turn.want != TURN_UPSTREAM)
        return more;
    resume = keep_resume(n, &u);
    answer = call(&u);
    if (n->epoch != epoch)
        return true;
    begin(n);
    commit(n, smdp_event_answered(n->smdp, resume, &answer, &n->turn));
    return true;
}

static bool alt_chore(void)
{
    struct node *n = &nodes[ALT];
    unsigned epoch = n->epoch;
    struct es12_answer answer;
    struct turn_upstream u;
    slice resume;
    bool more;

    begin(n);
    commit(n, smds_tidy(n->smds, &n->turn, &more));
    begin(n);
    commit(n, smds_removal_due(n->smds, &n->turn));
    if (n->turn.want != TURN_UPSTREAM)
        return more;
    resume = keep_resume(n, &u);
    answer = call(&u);
    if (n->epoch != epoch)
        return true;
    begin(n);
    commit(n, smds_removal_answered(n->smds, resume, &answer, &n->turn));
    return true;
}

/* Hours pass; calls that fail are made again. */
static void chores(unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        while (dp_chore() || alt_chore())
            continue;
        now_ms += TURN_CLAIM_MS;
    }
}

/* ---- what must hold ---- */

static size_t rows(enum node_name name, const struct store_table *table, void *out)
{
    const struct store_query q = { .limit = STORE_LIST_MAX };
    void *list;
    size_t count;

    MUST(store_list(nodes[name].store, table, &q, &arena, &list, &count) == E_OK);
    if (count && out)
        memcpy(out, list, table->size);
    return count;
}

static bool check(void)
{
    struct smdp_order order;
    struct smds_event alt, root;
    size_t expected;

    MUST(rows(DP, &smdp_order_table, &order) == 1);
    expected = order.state == SMDP_RELEASED;
    if (rows(DP, &smdp_ds_event_table, NULL) != expected ||
        rows(ALT, &smds_event_table, &alt) != expected ||
        rows(ROOT, &smds_event_table, &root) != expected || rows(ALT, &smds_removal_table, NULL))
        return false;
    return !expected || (slice_eq_str(alt.event_id, "EVENT-1") && alt.state == SMDS_LIVE &&
                         slice_eq_str(alt.address, DP_NAME) && root.state == SMDS_LIVE &&
                         slice_eq(root.event_id, alt.root_id) &&
                         slice_eq_str(root.address, ALT_NAME) && slice_eq(root.eid, SLICE_OF(eid)));
}

/* ---- runs ---- */

static void add_profile(void)
{
    const struct smdp_new_profile p = { .package = package,
                                        .protection = SMDP_SESSION_KEYS,
                                        .about.service_provider = SLICE_LIT("Dunlin"),
                                        .about.profile_name = SLICE_LIT("Test"),
                                        .about.profile_class = 2 };
    struct node *n = &nodes[DP];

    begin(n);
    commit(n, smdp_profile_add(n->smdp, &p, &n->turn, iccid));
}

static void open_nodes(unsigned run)
{
    static const char *const names[NODES] = { DP_NAME, ALT_NAME, ROOT_NAME };

    now_ms = (int64_t)time(NULL) * 1000;
    arena_reset(&arena);
    for (unsigned i = 0; i < NODES; i++) {
        nodes[i].name = names[i];
        snprintf(nodes[i].path, sizeof nodes[i].path, "%.60s/%u-%u", w.dir, run, i);
        open_node(&nodes[i]);
    }
    add_profile();
    download_order();
}

static void close_nodes(void)
{
    static const char *const tails[] = { "", "-wal", "-shm", ".lock" };
    char path[120];

    for (unsigned i = 0; i < NODES; i++) {
        shut_node(&nodes[i]);
        for (size_t k = 0; k < COUNT(tails); k++) {
            snprintf(path, sizeof path, "%s%s", nodes[i].path, tails[k]);
            unlink(path);
        }
    }
}

/* The operator tries again until it is done; what is in the way goes by itself. */
static void insist(bool release)
{
    for (unsigned i = 0; i < 20; i++) {
        if (release ? release_profile() : confirm(true))
            return;
        chores(2);
    }
    MUST(!"confirmed in the end");
}

static void once(void)
{
    confirm(true);
}

static void until_done(void)
{
    insist(false);
}

static void and_cancelled(void)
{
    confirm(true);
    cancel();
}

static void and_ordered_again(void)
{
    confirm(true);
    cancel();
    download_order();
    insist(false);
}

static void in_two_steps(void)
{
    MUST(confirm(false));
    insist(true);
    cancel();
    dp_chore();
}

static bool run(void (*scenario)(void), unsigned number, bool released)
{
    struct smdp_order order;
    bool good;

    step = 0;
    open_nodes(number);
    scenario();
    chores(12);
    good = check();
    if (good && released) {
        rows(DP, &smdp_order_table, &order);
        good = order.state == SMDP_RELEASED;
    }
    close_nodes();
    return good;
}

static void every_fault_at_every_step(void **state)
{
    static const struct {
        const char *name;
        void (*scenario)(void);
        bool released;
    } all[] = {
        { "once", once, false },
        { "until done", until_done, true },
        { "and cancelled", and_cancelled, false },
        { "and ordered again", and_ordered_again, true },
        { "in two steps", in_two_steps, false },
    };
    unsigned runs = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        unsigned steps;

        fault_at = 0;
        assert_true(run(all[i].scenario, runs++, all[i].released));
        steps = step;
        assert_in_range(steps, 4, 40);
        for (fault_at = 1; fault_at <= steps; fault_at++)
            for (fault = 0; fault < FAULTS; fault++)
                if (!run(all[i].scenario, runs++, all[i].released))
                    fail_msg("%s: fault %d at step %u of %u", all[i].name, (int)fault, fault_at,
                             steps);
    }
    print_message("%u runs\n", runs);
}

static int set_up(void **state)
{
    struct build_input in = { .iccid = SLICE_LIT("8999970000000000019") };

    (void)state;
    world_make(&w);
    keyring_place_open(&keys, world_keys(&w));
    arena_init(&arena, (size_t)64 << 20);
    arena_init(&package_arena, (size_t)4 << 20);
    for (unsigned i = 0; i < NODES; i++)
        arena_init(&nodes[i].arena, (size_t)16 << 20);
    MUST(profile_build(&package_arena, w.crypto, &in, &package, NULL) == E_OK);
    memcpy(eid, "\x89\x04\x90\x32\x12\x34\x51\x23\x45\x00\x00\x00\x00\x00\x01\x86", EID_LEN);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NODES; i++)
        arena_free(&nodes[i].arena);
    arena_free(&package_arena);
    arena_free(&arena);
    keyring_place_close(&keys);
    world_end(&w);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(every_fault_at_every_step,
                                                                        set_up, tear_down) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
