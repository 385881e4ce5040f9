/*
 * Orders, as an operator gives them (ES2+ functions of the role): DPP-041, DPP-042, DPP-043,
 * DPP-044, DPP-045, DPP-048, DPP-049. CancelOrder without what it does at an SM-DS.
 */
#include "smdp/world.h"

static struct world w;
static struct card card;
static struct profile profile;

static int set_up(void **state)
{
    (void)state;
    world_open(&w, CURVE_P256);
    world_card(&w, 1, &card);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    card_close(&card);
    world_close(&w);
    return 0;
}

/* ---- each function as one committed turn ---- */

static void begin(void)
{
    arena_reset(&w.turn_arena);
    turn_init(&w.turn, &w.turn_arena, w.store, w.now_ms);
}

static void commit(enum err err)
{
    assert_int_equal(err, E_OK);
    assert_int_equal(turn_commit(&w.turn), E_OK);
}

static void download_order(const struct smdp_download_order *r, uint8_t iccid[10])
{
    begin();
    commit(smdp_download_order(w.smdp, r, &w.turn, iccid));
}

static void confirm_order(const struct smdp_confirm_order *r, struct smdp_confirmed *out)
{
    begin();
    commit(smdp_confirm_order(w.smdp, r, &w.turn, out));
}

static void cancel_order(const struct smdp_cancel_order *r)
{
    begin();
    commit(smdp_cancel_order(w.smdp, r, &w.turn));
}

static void release_profile(slice iccid)
{
    begin();
    commit(smdp_release_profile(w.smdp, SLICE_NONE, iccid, &w.turn));
}

/* ---- */

static void by_iccid_and_by_type_DPP_041(void **state)
{
    struct smdp_download_order r = { 0 };
    uint8_t iccid[10];

    (void)state;
    world_add(&w, &(struct stock){ .type = "gold" }, &profile);
    assert_state(&w, &profile, AVAILABLE);
    r.iccid = SLICE_OF(profile.iccid);
    download_order(&r, iccid);
    assert_success(&w);
    assert_memory_equal(iccid, profile.iccid, 10);
    assert_state(&w, &profile, ALLOCATED);

    world_add(&w, &(struct stock){ .type = "gold" }, &profile);
    r = (struct smdp_download_order){ .profile_type = SLICE_LIT("gold"),
                                      .eid = SLICE_OF(card.eid) };
    download_order(&r, iccid);
    assert_success(&w);
    assert_memory_equal(iccid, profile.iccid, 10);
    assert_state(&w, &profile, LINKED);
    assert_memory_equal(world_order(&w, &profile).eid.p, card.eid, 16);
}

static void refusals_of_download_order_DPP_042(void **state)
{
    uint8_t nobody[10] = { 0x98, 0x01 }, iccid[10];
    struct profile gold, silver;
    struct smdp_download_order r = { 0 };

    (void)state;
    world_add(&w, &(struct stock){ .type = "gold", .owner = "op1" }, &gold);
    world_add(&w, &(struct stock){ .type = "silver" }, &silver);

    r.iccid = SLICE_OF(nobody);
    download_order(&r, iccid);
    assert_refused(&w, "8.2.1", "3.9");
    r = (struct smdp_download_order){ .profile_type = SLICE_LIT("tin") };
    download_order(&r, iccid);
    assert_refused(&w, "8.2.5", "3.9");
    r = (struct smdp_download_order){ .iccid = SLICE_OF(silver.iccid),
                                      .profile_type = SLICE_LIT("gold") };
    download_order(&r, iccid);
    assert_refused(&w, "8.2.5", "3.8");
    r = (struct smdp_download_order){ .iccid = SLICE_OF(gold.iccid),
                                      .requester = SLICE_LIT("op2") };
    download_order(&r, iccid);
    assert_refused(&w, "8.2.1", "1.2");
    r = (struct smdp_download_order){ .profile_type = SLICE_LIT("gold"),
                                      .requester = SLICE_LIT("op2") };
    download_order(&r, iccid);
    assert_refused(&w, "8.2.5", "1.2");
    assert_state(&w, &gold, AVAILABLE);
    assert_state(&w, &silver, AVAILABLE);

    r.requester = SLICE_LIT("op1");
    download_order(&r, iccid);
    assert_success(&w);
    r.iccid = SLICE_OF(gold.iccid);
    r.eid = SLICE_OF(card.eid);
    download_order(&r, iccid);
    assert_refused(&w, "8.2.1", "3.3");
    r.iccid = r.eid = SLICE_NONE;
    download_order(&r, iccid);
    assert_refused(&w, "8.2.5", "3.7");
}

static void allocate(struct profile *p, slice eid)
{
    struct smdp_download_order r = { .eid = eid };
    uint8_t iccid[10];

    world_add(&w, &(struct stock){ 0 }, p);
    r.iccid = SLICE_OF(p->iccid);
    download_order(&r, iccid);
    assert_success(&w);
}

/* The answer got lost: the same again is one order, and one thing in it changed is another. */
static void repeated_DPP_043(void **state)
{
    struct smdp_download_order r = { .requester = SLICE_LIT("op1"), .eid = SLICE_OF(card.eid) };
    struct smdp_download_order other;
    struct smdp_confirm_order c = { .requester = SLICE_LIT("op1") };
    struct smdp_confirmed confirmed;
    struct smdp_order first, again;
    uint8_t iccid[10];

    (void)state;
    world_add(&w, &(struct stock){ .type = "gold", .owner = "op1" }, &profile);
    c.iccid = r.iccid = SLICE_OF(profile.iccid);
    download_order(&r, iccid);
    assert_success(&w);
    first = world_order(&w, &profile);
    memset(iccid, 0, sizeof iccid);
    w.now_ms += 1000;
    download_order(&r, iccid);
    assert_success(&w);
    assert_memory_equal(iccid, profile.iccid, 10);
    assert_state(&w, &profile, LINKED);
    again = world_order(&w, &profile);
    assert_int_equal(again.version, first.version);
    assert_int_equal(again.ordered_ms, first.ordered_ms);

    other = r;
    other.eid = SLICE_NONE;
    download_order(&other, iccid);
    assert_refused(&w, "8.2.1", "3.3");
    other = r;
    other.requester = SLICE_NONE;
    download_order(&other, iccid);
    assert_refused(&w, "8.2.1", "3.3");
    confirm_order(&c, &confirmed);
    assert_success(&w);
    download_order(&r, iccid);
    assert_refused(&w, "8.2.1", "3.3");
}

/*
 * Under its functionCallIdentifier an order by type is one order too, also when it was confirmed
 * since; anything changed in it is refused, and another caller's identifiers are others.
 */
static void repeated_by_type_DPP_043(void **state)
{
    const struct smdp_download_order r = { .requester = SLICE_LIT("op1"),
                                           .call_id = SLICE_LIT("call-1"),
                                           .profile_type = SLICE_LIT("gold") };
    struct smdp_download_order other[4];
    struct smdp_confirm_order c = { .requester = SLICE_LIT("op1"), .release = true };
    struct smdp_confirmed confirmed;
    struct profile spare;
    uint8_t iccid[10], again[10];

    (void)state;
    world_add(&w, &(struct stock){ .type = "gold" }, &profile);
    world_add(&w, &(struct stock){ .type = "gold" }, &spare);
    world_add(&w, &(struct stock){ .type = "tin" }, &spare);
    download_order(&r, iccid);
    assert_success(&w);
    for (unsigned i = 0; i < 3; i++) {
        memset(again, 0, sizeof again);
        download_order(&r, again);
        assert_success(&w);
        assert_memory_equal(again, iccid, sizeof iccid);
        if (i == 1) {
            c.iccid = SLICE_OF(iccid);
            confirm_order(&c, &confirmed);
            assert_success(&w);
        }
    }
    for (size_t i = 0; i < COUNT(other); i++)
        other[i] = r;
    other[0].eid = SLICE_OF(card.eid);
    other[1].iccid = SLICE_OF(iccid);
    other[2].profile_type = SLICE_LIT("tin");
    other[3].profile_type = SLICE_NONE;
    other[3].iccid = SLICE_OF(iccid);
    for (size_t i = 0; i < COUNT(other); i++) {
        download_order(&other[i], again);
        assert_refused(&w, "1.6", "3.3");
    }
    other[0] = r;
    other[0].requester = SLICE_LIT("op2");
    download_order(&other[0], again); /* the second in stock */
    assert_success(&w);
    assert_memory_not_equal(again, iccid, sizeof iccid);
}

/* What was refused may be asked for again; what was granted is forgotten after thirty days. */
static void how_long_calls_are_known_DPP_043(void **state)
{
    const struct smdp_download_order r = { .requester = SLICE_LIT("op1"),
                                           .call_id = SLICE_LIT("call-1"),
                                           .profile_type = SLICE_LIT("gold") };
    uint8_t iccid[10], again[10];
    bool more;

    (void)state;
    world_add(&w, &(struct stock){ .type = "gold" }, &profile);
    download_order(&(struct smdp_download_order){ .iccid = SLICE_OF(profile.iccid) }, iccid);
    assert_success(&w);
    download_order(&r, iccid);
    assert_refused(&w, "8.2.5", "3.7");
    assert_int_equal(world_rows(&w, &smdp_call_table), 0);
    world_add(&w, &(struct stock){ .type = "gold" }, &profile);
    download_order(&r, iccid);
    assert_success(&w);
    world_add(&w, &(struct stock){ .type = "gold" }, &profile);
    w.now_ms += 30 * INT64_C(86400000) - 1;
    begin();
    commit(smdp_tidy(w.smdp, &w.turn, &more));
    download_order(&r, again);
    assert_memory_equal(again, iccid, sizeof iccid);
    w.now_ms++;
    begin();
    commit(smdp_tidy(w.smdp, &w.turn, &more));
    assert_int_equal(world_rows(&w, &smdp_call_table), 0);
    download_order(&r, again);
    assert_success(&w);
    assert_memory_not_equal(again, iccid, sizeof iccid);
}

static void confirm_DPP_044(void **state)
{
    struct smdp_confirm_order r = { .release = true };
    struct smdp_confirmed out;
    slice first;

    (void)state;
    allocate(&profile, SLICE_NONE);
    r.iccid = SLICE_OF(profile.iccid);
    confirm_order(&r, &out);
    assert_success(&w);
    assert_state(&w, &profile, RELEASED);
    assert_int_equal(out.matching_id.n, MATCHING_ID_LEN);
    assert_true(slice_eq_str(out.smdp_address, ADDRESS));
    assert_null(out.eid.p);
    assert_true(slice_eq(world_order(&w, &profile).matching_id, out.matching_id));
    first = arena_copy(&w.arena, out.matching_id);

    allocate(&profile, SLICE_OF(card.eid));
    r = (struct smdp_confirm_order){ .iccid = SLICE_OF(profile.iccid) };
    confirm_order(&r, &out);
    assert_success(&w);
    assert_state(&w, &profile, CONFIRMED);
    assert_false(slice_eq(first, out.matching_id));
    assert_memory_equal(out.eid.p, card.eid, 16);
    confirm_order(&r, &out); /* a second time */
    assert_refused(&w, "8.2.1", "3.5");
}

/* The code itself is nowhere in the store. */
static void only_the_hash_of_the_code_is_kept(void **state)
{
    struct smdp_confirm_order r = { .confirmation_code = SLICE_LIT("1234"), .release = true };

    (void)state;
    world_confirm(&w, &(struct stock){ 0 }, &r, &profile);
    assert_true(slice_eq(world_order(&w, &profile).code_hash,
                         SLICE_LIT("\x03\xAC\x67\x42\x16\xF3\xE1\x5C\x76\x1E\xE1\xA5\xE2\x55\xF0"
                                   "\x67\x95\x36\x23\xC8\xB3\x88\xB4\x45\x9E\x13\xF9\x78\xD7\xC8"
                                   "\x46\xF4")));
}

static void refusals_of_confirm_order_DPP_045(void **state)
{
    uint8_t nobody[10] = { 0x98, 0x01 }, other[16];
    struct smdp_confirm_order r = { .matching_id = SLICE_LIT("TAKEN"), .release = true };
    struct smdp_confirmed out;
    struct profile linked;

    (void)state;
    world_confirm(&w, &(struct stock){ 0 }, &r, &profile);
    allocate(&linked, SLICE_OF(card.eid));
    allocate(&profile, SLICE_NONE);
    memcpy(other, card.eid, sizeof other);
    other[10] ^= 1;

    r = (struct smdp_confirm_order){ .iccid = SLICE_OF(nobody) };
    confirm_order(&r, &out);
    assert_refused(&w, "8.2.1", "3.9");
    r = (struct smdp_confirm_order){ .iccid = SLICE_OF(profile.iccid),
                                     .matching_id = SLICE_LIT("TAKEN") };
    confirm_order(&r, &out);
    assert_refused(&w, "8.2.6", "3.3");
    r = (struct smdp_confirm_order){ .iccid = SLICE_OF(linked.iccid), .eid = SLICE_OF(other) };
    confirm_order(&r, &out);
    assert_refused(&w, "8.1.1", "3.10");
    r = (struct smdp_confirm_order){ .iccid = SLICE_OF(profile.iccid),
                                     .smds_address = SLICE_LIT("smds.example.com") };
    confirm_order(&r, &out);
    assert_refused(&w, "8.1.1", "2.2");
    r = (struct smdp_confirm_order){ .iccid = SLICE_OF(profile.iccid), .matching_id = SLICE_EMPTY };
    confirm_order(&r, &out);
    assert_refused(&w, "8.1.1", "2.2");
    assert_state(&w, &profile, ALLOCATED);
    r.eid = SLICE_OF(card.eid);
    confirm_order(&r, &out);
    assert_success(&w);
}

static void cancel(void **state)
{
    struct smdp_cancel_order r = { 0 };

    (void)state;
    world_release(&w, &(struct stock){ 0 }, &profile);
    r.iccid = SLICE_OF(profile.iccid);
    cancel_order(&r);
    assert_success(&w);
    assert_state(&w, &profile, AVAILABLE);
    assert_null(world_order(&w, &profile).matching_id.p);
    card.change.matching_id = profile.matching_id;
    card_initiate(&card);
    card_authenticate(&card);
    assert_refused(&w, "8.2.6", "3.8");

    world_release(&w, &(struct stock){ 0 }, &profile);
    r = (struct smdp_cancel_order){ .iccid = SLICE_OF(profile.iccid), .unavailable = true };
    cancel_order(&r);
    assert_success(&w);
    assert_state(&w, &profile, UNAVAILABLE);
}

static void refusals_of_cancel_order_DPP_048(void **state)
{
    uint8_t nobody[10] = { 0x98, 0x01 };
    struct smdp_cancel_order r = { .iccid = SLICE_OF(nobody) };

    (void)state;
    cancel_order(&r);
    assert_refused(&w, "8.2.1", "3.9");
    world_release(&w, &(struct stock){ 0 }, &profile);
    r = (struct smdp_cancel_order){ .iccid = SLICE_OF(profile.iccid), .eid = SLICE_OF(card.eid) };
    cancel_order(&r);
    assert_refused(&w, "8.1.1", "3.10");
    r = (struct smdp_cancel_order){ .iccid = SLICE_OF(profile.iccid),
                                    .matching_id = SLICE_LIT("OTHER") };
    cancel_order(&r);
    assert_refused(&w, "8.2.6", "3.10");
    assert_state(&w, &profile, RELEASED);
    card.change.matching_id = profile.matching_id;
    card_download(&card);
    world_notify(&w, card_installation_result(&card, 0));
    r.matching_id = SLICE_NONE;
    cancel_order(&r);
    assert_refused(&w, "8.2.1", "3.3");
    assert_state(&w, &profile, INSTALLED);
}

static void release_DPP_049(void **state)
{
    struct smdp_confirm_order r = { .release = false };
    uint8_t nobody[10] = { 0x98, 0x01 };

    (void)state;
    world_confirm(&w, &(struct stock){ 0 }, &r, &profile);
    release_profile(SLICE_OF(profile.iccid));
    assert_success(&w);
    assert_state(&w, &profile, RELEASED);
    release_profile(SLICE_OF(profile.iccid));
    assert_refused(&w, "8.2.1", "3.5");
    release_profile(SLICE_OF(nobody));
    assert_refused(&w, "8.2.1", "3.9");
}

/* ---- stock ---- */

static void profiles_that_cannot_come_into_stock(void **state)
{
    struct smdp_new_profile p = { .about.service_provider = SLICE_LIT("Dunlin"),
                                  .about.profile_name = SLICE_LIT("Test"),
                                  .about.profile_class = 2 };
    uint8_t iccid[10], other[64];
    size_t rows;

    (void)state;
    world_add(&w, &(struct stock){ 0 }, &profile);
    rows = world_rows(&w, &smdp_order_table);
    p.package = slice_of(profile.package, profile.package_n);
    begin();
    assert_int_equal(smdp_profile_add(w.smdp, &p, &w.turn, iccid), E_OK);
    assert_refused(&w, "8.2.1", "3.3"); /* there already */

    profile.package[13] ^= 0x11; /* another ICCID */
    for (size_t n = 0; n < profile.package_n; n += 97) {
        p.package = slice_of(profile.package, n);
        begin();
        assert_int_equal(err_class(smdp_profile_add(w.smdp, &p, &w.turn, iccid)), ERR_PEER);
    }
    p.package = slice_of(profile.package, profile.package_n);
    p.about.policy_rules = 1u << PPR_1; /* a rule without an owner */
    begin();
    assert_int_equal(smdp_profile_add(w.smdp, &p, &w.turn, iccid), E_ARGUMENT);
    p.about.policy_rules = 0;
    memcpy(other,
           "\xBF\x25\x18\x5A\x0A\x98\x00\x10\x32\x54\x76\x98\x10\x32\x14\x91\x03"
           "ABC\x92\x05phone",
           27);
    p.metadata = slice_of(other, 27); /* of another ICCID */
    begin();
    assert_int_equal(smdp_profile_add(w.smdp, &p, &w.turn, iccid), E_ARGUMENT);
    p.metadata = SLICE_NONE;
    assert_int_equal(world_rows(&w, &smdp_order_table), rows);
    begin();
    commit(smdp_profile_add(w.smdp, &p, &w.turn, iccid));
    assert_success(&w);
    assert_int_equal(world_rows(&w, &smdp_order_table), rows + 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(by_iccid_and_by_type_DPP_041),
        TEST(refusals_of_download_order_DPP_042),
        TEST(repeated_DPP_043),
        TEST(repeated_by_type_DPP_043),
        TEST(how_long_calls_are_known_DPP_043),
        TEST(confirm_DPP_044),
        TEST(only_the_hash_of_the_code_is_kept),
        TEST(refusals_of_confirm_order_DPP_045),
        TEST(cancel),
        TEST(refusals_of_cancel_order_DPP_048),
        TEST(release_DPP_049),
        TEST(profiles_that_cannot_come_into_stock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
