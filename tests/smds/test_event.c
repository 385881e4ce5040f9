/*
 * ES12 and ES15: DSS-007, DSS-008, DSS-009, DSS-010, DSS-011, DSS-012; who may call (TLS-011); and
 * what is left when an answer of the root is lost at any moment: nothing.
 */
#include "smds/world.h"

#include "pki/lend.h"

static struct hierarchy h;
static struct world root, alt;
static struct card card;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    hierarchy_open(&h);
    world_open(&root, &h, ROOT, NULL);
    world_open(&alt, &h, ALTERNATIVE, ROOT);
    card_open(&card, &h, 1, ROOT);
    arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    card_close(&card);
    world_close(&alt);
    world_close(&root);
    hierarchy_close(&h);
    return 0;
}

static size_t seen_at(struct world *w, const char *address)
{
    card.change.address = slice_str(address);
    card_ask(&card, w);
    assert_success(w);
    return card.count;
}

/* ---- one SM-DS ---- */

static void register_DSS_007(void **state)
{
    (void)state;
    event_register(&root, DP, card.eid, "E1", DP, false);
    assert_success(&root);
    assert_int_equal(root.turn.want, TURN_REPLY);
    event_register(&root, DP, card.eid, "E1", DP, false);
    assert_refused(&root, "8.9.5", "3.3");
    event_register(&root, OTHER_DP, card.eid, "E1", OTHER_DP, false); /* its own names */
    assert_success(&root);
    assert_int_equal(seen_at(&root, ROOT), 2);
    assert_int_equal(world_events(&root, "smds.registered"), 2);
}

static void addresses_are_host_names(void **state)
{
    static const char *const bad[] = { "",      "smdp example",   "smdp..example", "-a.example",
                                       "a$b",   "a.example:0",    "a.example:",    "a.example:x",
                                       "a/b.c", "a.example:99999" };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        event_register(&root, DP, card.eid, "E1", bad[i], false);
        assert_refused(&root, "8.9.5", "2.1");
    }
    event_register(&root, DP, card.eid, "E1", "a-1.example.:8443", false);
    assert_success(&root);
}

static void delete_DSS_008(void **state)
{
    struct card other;

    (void)state;
    event_register(&root, DP, card.eid, "E1", DP, false);
    event_delete(&root, DP, card.eid, "E2");
    assert_refused(&root, "8.9.5", "3.9");
    event_delete(&root, OTHER_DP, card.eid, "E1"); /* not its own */
    assert_refused(&root, "8.9.5", "3.9");
    card_open(&other, &h, 2, ROOT);
    event_delete(&root, DP, other.eid, "E1"); /* another EID */
    assert_refused(&root, "8.9.5", "3.9");
    card_close(&other);
    assert_int_equal(seen_at(&root, ROOT), 1);
    event_delete(&root, DP, card.eid, "E1");
    assert_success(&root);
    assert_int_equal(seen_at(&root, ROOT), 0);
    event_delete(&root, DP, card.eid, "E1");
    assert_refused(&root, "8.9.5", "3.9");
}

static void kept_over_a_restart_DSS_012(void **state)
{
    (void)state;
    event_register(&root, DP, card.eid, "E1", DP, false);
    event_register(&root, DP, card.eid, "E2", OTHER_DP, false);
    world_restart(&root);
    assert_int_equal(seen_at(&root, ROOT), 2);
    assert_event(&card, 0, "E1", DP);
    assert_event(&card, 1, "E2", OTHER_DP);
    event_register(&root, DP, card.eid, "E1", DP, false);
    assert_refused(&root, "8.9.5", "3.3");
}

static enum err tidy(struct smds *s, const void *ctx, struct turn *t)
{
    bool more;

    (void)ctx;
    return smds_tidy(s, t, &more);
}

static void an_event_expires(void **state)
{
    const int64_t year_ms = INT64_C(365) * 24 * 3600 * 1000;
    int64_t began_ms = h.now_ms;

    (void)state;
    root.options.event_ms = 60000;
    world_restart(&root);
    event_register(&root, DP, card.eid, "E1", DP, false);
    h.now_ms += 59999;
    world_do(&root, tidy, NULL);
    assert_int_equal(seen_at(&root, ROOT), 1);
    h.now_ms += 1;
    assert_int_equal(seen_at(&root, ROOT), 0); /* before anybody tidied */
    world_do(&root, tidy, NULL);
    assert_int_equal(world_rows(&root, &smds_event_table), 0);
    assert_int_equal(world_events(&root, "smds.expired"), 1);
    /* one year without the option */
    event_register(&alt, DP, card.eid, "E1", DP, false);
    h.now_ms += year_ms - 1;
    world_do(&alt, tidy, NULL);
    assert_int_equal(world_rows(&alt, &smds_event_table), 1);
    h.now_ms += 1;
    world_do(&alt, tidy, NULL);
    assert_int_equal(world_rows(&alt, &smds_event_table), 0);
    h.now_ms = began_ms;
}

/* ---- alternative and root ---- */

static struct es12_answer ask_root_for_E1(slice *resume)
{
    event_register(&alt, DP, card.eid, "E1", DP, true);
    assert_success(&alt);
    return carry(&alt, &root, &arena, resume);
}

static void cascade_DSS_009(void **state)
{
    struct es12_answer answer;
    slice resume, id;

    (void)state;
    answer = ask_root_for_E1(&resume);
    assert_int_equal(seen_at(&alt, ALTERNATIVE), 0); /* not before the root's answer */
    event_register_answered(&alt, resume, &answer);
    assert_success(&alt);
    assert_int_equal(seen_at(&root, ROOT), 1);
    id = arena_copy(&arena, card.events[0].event_id);
    assert_true(slice_eq_str(card.events[0].rsp_server_address, ALTERNATIVE));
    assert_true(id.n > 16 && !slice_eq_str(id, "E1"));
    card.change.matching_id = id;
    assert_int_equal(seen_at(&root, ROOT), 1);
    assert_int_equal(seen_at(&alt, ALTERNATIVE), 1); /* whereto the root leads, by the same name */
    assert_event(&card, 0, "E1", DP);
    card.change.matching_id = SLICE_NONE;
    assert_int_equal(seen_at(&alt, ALTERNATIVE), 1);
    assert_event(&card, 0, "E1", DP);
    world_restart(&alt);
    world_restart(&root);
    assert_int_equal(seen_at(&alt, ALTERNATIVE) + seen_at(&root, ROOT), 2);
}

static void not_forwarded_without_the_indicator(void **state)
{
    (void)state;
    event_register(&alt, DP, card.eid, "E1", DP, false);
    assert_int_equal(alt.turn.want, TURN_REPLY);
    assert_int_equal(seen_at(&alt, ALTERNATIVE), 1);
    event_register(&root, DP, card.eid, "E1", DP, true); /* a root has nowhere to forward it */
    assert_int_equal(root.turn.want, TURN_REPLY);
    assert_success(&root);
}

static void delete_goes_through_DSS_010(void **state)
{
    struct es12_answer answer;
    slice resume;

    (void)state;
    answer = ask_root_for_E1(&resume);
    event_register_answered(&alt, resume, &answer);
    event_delete(&alt, DP, card.eid, "E1");
    answer = carry(&alt, &root, &arena, &resume);
    event_delete_answered(&alt, resume, &answer);
    assert_success(&alt);
    assert_int_equal(seen_at(&root, ROOT), 0);
    assert_int_equal(seen_at(&alt, ALTERNATIVE), 0);
    assert_int_equal(world_rows(&alt, &smds_removal_table), 0);
}

/* The root has let it go, and our process died before it knew: the owner asks again. */
static void delete_again_when_the_answer_was_lost(void **state)
{
    struct es12_answer answer;
    slice resume;

    (void)state;
    answer = ask_root_for_E1(&resume);
    event_register_answered(&alt, resume, &answer);
    event_delete(&alt, DP, card.eid, "E1");
    answer = carry(&alt, &root, &arena, &resume);
    world_restart(&alt);
    event_delete(&alt, DP, card.eid, "E1");
    answer = carry(&alt, &root, &arena, &resume); /* 8.9.5/3.9 there */
    assert_refused(&root, "8.9.5", "3.9");
    event_delete_answered(&alt, resume, &answer);
    assert_success(&alt);
    assert_int_equal(world_rows(&alt, &smds_event_table), 0);
}

static void delete_refused_while_the_root_is_away_DSS_011(void **state)
{
    const struct es12_answer away = { .reached = false },
                             broken = { .reached = true, .status = 500 };
    struct es12_answer answer;
    slice resume;

    (void)state;
    answer = ask_root_for_E1(&resume);
    event_register_answered(&alt, resume, &answer);
    event_delete(&alt, DP, card.eid, "E1");
    resume = arena_copy(&arena, alt.turn.upstream.resume);
    event_delete_answered(&alt, resume, &away);
    assert_refused(&alt, "8.9", "5.1");
    event_delete_answered(&alt, resume, &broken);
    assert_refused(&alt, "8.9", "4.2");
    assert_int_equal(seen_at(&alt, ALTERNATIVE), 1);
    event_delete(&alt, DP, card.eid, "E1");
    answer = carry(&alt, &root, &arena, &resume);
    event_delete_answered(&alt, resume, &answer);
    assert_success(&alt);
}

/* Carries removals to the root until none is left. */
static void nothing_is_left(void)
{
    for (unsigned i = 0; i < 4 && removal_due(&alt); i++) {
        slice resume;
        const struct es12_answer answer = carry(&alt, &root, &arena, &resume);

        removal_answered(&alt, resume, &answer);
    }
    assert_int_equal(world_rows(&alt, &smds_removal_table), 0);
    assert_int_equal(world_rows(&alt, &smds_event_table), 0);
    assert_int_equal(world_rows(&root, &smds_event_table), 0);
}

static void root_refuses_DSS_011(void **state)
{
    struct es12_answer answer;
    slice resume;

    (void)state;
    root.options.eid_events = 1;
    world_restart(&root);
    event_register(&root, DP, card.eid, "OTHER", DP, false);
    answer = ask_root_for_E1(&resume);
    event_register_answered(&alt, resume, &answer);
    assert_refused(&alt, "8.9", "4.2");
    event_delete(&root, DP, card.eid, "OTHER");
    assert_int_equal(seen_at(&alt, ALTERNATIVE), 0);
    nothing_is_left();
    answer = ask_root_for_E1(&resume); /* the name is free */
    event_register_answered(&alt, resume, &answer);
    assert_success(&alt);
}

/* The call came through, its answer did not. */
static void root_is_away_DSS_011(void **state)
{
    const struct es12_answer away = { .reached = false };
    slice resume;

    (void)state;
    ask_root_for_E1(&resume);
    assert_int_equal(world_rows(&root, &smds_event_table), 1);
    event_register_answered(&alt, resume, &away);
    assert_refused(&alt, "8.9", "5.1");
    nothing_is_left();
}

static void killed_while_the_root_is_asked(void **state)
{
    slice resume;

    (void)state;
    ask_root_for_E1(&resume);
    world_restart(&alt);
    nothing_is_left();
}

static void an_answer_that_never_comes(void **state)
{
    slice resume;
    const struct es12_answer answer = ask_root_for_E1(&resume);

    (void)state;
    h.now_ms += TURN_CLAIM_MS;
    world_do(&alt, tidy, NULL);
    nothing_is_left();
    event_register_answered(&alt, resume, &answer); /* and comes after all */
    assert_refused(&alt, "8.9", "5.1");
    nothing_is_left();
}

/* Its owner was told nothing yet, and takes it back: what the root says then decides nothing. */
static void deleted_while_the_root_is_asked(void **state)
{
    slice resume;
    const struct es12_answer answer = ask_root_for_E1(&resume);

    (void)state;
    event_delete(&alt, DP, card.eid, "E1");
    assert_success(&alt);
    assert_int_equal(alt.turn.want, TURN_REPLY);
    event_register_answered(&alt, resume, &answer);
    assert_refused(&alt, "8.9", "4.2");
    nothing_is_left();
}

static void deleted_and_killed_while_the_root_is_asked(void **state)
{
    slice resume;

    (void)state;
    ask_root_for_E1(&resume);
    event_delete(&alt, DP, card.eid, "E1");
    world_restart(&alt);
    nothing_is_left();
}

static void an_expired_event_goes_from_the_root(void **state)
{
    struct es12_answer answer;
    slice resume;

    (void)state;
    alt.options.event_ms = 60000;
    world_restart(&alt);
    answer = ask_root_for_E1(&resume);
    event_register_answered(&alt, resume, &answer);
    assert_int_equal(seen_at(&root, ROOT), 1);
    h.now_ms += 60000;
    world_do(&alt, tidy, NULL);
    nothing_is_left();
}

static void removals_are_tried_again(void **state)
{
    const struct es12_answer away = { .reached = false };
    slice resume;

    (void)state;
    ask_root_for_E1(&resume);
    event_register_answered(&alt, resume, &away);
    assert_true(removal_due(&alt));
    assert_false(removal_due(&alt)); /* one call at a time */
    removal_answered(&alt, resume, &away);
    h.now_ms += 9999;
    assert_false(removal_due(&alt));
    h.now_ms += 1;
    assert_true(removal_due(&alt));
    removal_answered(&alt, resume, &away);
    h.now_ms += 10000;
    assert_false(removal_due(&alt)); /* twice as long */
    world_restart(&alt);
    nothing_is_left();
}

static void removals_end_one_day(void **state)
{
    const struct es12_answer away = { .reached = false };
    slice resume;

    (void)state;
    ask_root_for_E1(&resume);
    event_register_answered(&alt, resume, &away);
    assert_true(removal_due(&alt));
    removal_answered(&alt, resume, &away);
    h.now_ms += INT64_C(31) * 24 * 3600 * 1000;
    assert_false(removal_due(&alt));
    assert_int_equal(world_rows(&alt, &smds_removal_table), 0);
    assert_int_equal(world_events(&alt, "smds.removal.given-up"), 1);
}

static void a_root_of_its_own_is_no_root(void **state)
{
    struct smds_options o = alt.options;
    struct smds *s;

    (void)state;
    o.root = SLICE_LIT("SMDS2.example.com.");
    assert_int_equal(smds_open(&o, &s), E_ARGUMENT);
}

static void without_keys_there_is_no_server(void **state)
{
    struct smds_options o = alt.options;
    struct keyring_place others;
    struct smds *s;

    (void)state;
    keyring_place_open(&others, lend_ci(h.crypto, h.ci.cert.der));
    o.keys = &others;
    assert_int_equal(smds_open(&o, &s), E_ARGUMENT);
    keyring_place_close(&others);
}

/* ---- who calls ---- */

static enum err add_caller(struct smds *s, const void *ctx, struct turn *t)
{
    const char *const *c = ctx;

    return smds_caller_add(s, slice_str(c[0]), slice_str(c[1]), t);
}

static enum err caller(const char *certificate, const char *requester, slice *name)
{
    enum err err;

    arena_reset(&root.arena);
    turn_init(&root.turn, &root.arena, root.store, h.now_ms);
    err = smds_caller_of(root.smds, slice_str(certificate), slice_str(requester), &root.turn, name);
    return err ? err : turn_commit(&root.turn);
}

static void callers_are_known_by_certificate_TLS_011(void **state)
{
    slice name;

    (void)state;
    assert_int_equal(caller("C1", DP, &name), E_UNTRUSTED);
    assert_int_equal(caller("", DP, &name), E_UNTRUSTED);
    world_do(&root, add_caller, (const char *const[]){ DP, "C1" });
    world_do(&root, add_caller, (const char *const[]){ DP, "C2" });
    assert_int_equal(caller("C1", DP, &name), E_OK);
    assert_true(slice_eq_str(name, DP));
    assert_int_equal(caller("C2", DP, &name), E_OK);
    assert_int_equal(caller("C3", DP, &name), E_UNTRUSTED);
    assert_int_equal(caller("C1", OTHER_DP, &name), E_OK);
    assert_refused(&root, "1.1", "1.2");
    assert_null(name.p);
    world_do(&root, add_caller, (const char *const[]){ OTHER_DP, "C1" });
    assert_refused(&root, "1.1", "3.3");
    world_restart(&root);
    assert_int_equal(caller("C1", DP, &name), E_OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(register_DSS_007),
        T(addresses_are_host_names),
        T(delete_DSS_008),
        T(kept_over_a_restart_DSS_012),
        T(an_event_expires),
        T(cascade_DSS_009),
        T(not_forwarded_without_the_indicator),
        T(delete_goes_through_DSS_010),
        T(delete_again_when_the_answer_was_lost),
        T(delete_refused_while_the_root_is_away_DSS_011),
        T(root_refuses_DSS_011),
        T(root_is_away_DSS_011),
        T(killed_while_the_root_is_asked),
        T(an_answer_that_never_comes),
        T(deleted_while_the_root_is_asked),
        T(deleted_and_killed_while_the_root_is_asked),
        T(an_expired_event_goes_from_the_root),
        T(removals_are_tried_again),
        T(removals_end_one_day),
        T(a_root_of_its_own_is_no_root),
        T(without_keys_there_is_no_server),
        T(callers_are_known_by_certificate_TLS_011),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
