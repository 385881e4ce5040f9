/*
 * Profiles and their states: PSMOs (SGP.32 3.4), ES10c (SGP.22 5.7.15-5.7.22), rollback, fallback,
 * immediate enabling, emergency, memory reset, notifications. Baseline: A enabled, B and C
 * disabled, eIM E1 with counter 4.
 */
#include "euicc/isdr/lab.h"

#define A "8900000000000000012"
#define B "8900000000000000020"
#define C "8900000000000000038"
#define X "8900000000000000095" /* not installed */

#define ALL_EVENTS 0xF

struct fixture {
    struct bench b;
    struct eim_side e1;
};

static struct fixture *open_card(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    bench_open(&f->b, lab_get(CURVE_P256), 200000);
    eim_open(&f->b, &f->e1, "eim1", CURVE_P256);
    f->e1.counter = 4;
    eim_associate(&f->b, &f->e1, false);
    *state = f;
    return f;
}

static void profiles(struct fixture *f, const struct meta *a, const struct meta *b,
                     const struct meta *c)
{
    bench_plant(&f->b, A, a);
    bench_plant(&f->b, B, b);
    bench_plant(&f->b, C, c);
    bench_enable(&f->b, A);
    /* what that switch notified is not part of the baseline */
    while (true) {
        slice list = bench_es10_hex(&f->b, "BF2800");
        struct list_notification_response r;
        struct notification_metadata n;

        assert_int_equal(schema_decode(&T_list_notification_response, list, &r, NULL), E_OK);
        if (!schema_next(&T_notification_metadata, &r.notification_metadata_list, &n))
            break;
        bench_es10_hex(&f->b, "BF30 03 8001 %02X", (unsigned)n.seq_number);
    }
}

static int setup(void **state)
{
    profiles(open_card(state), NULL, NULL, NULL);
    return 0;
}

static int setup_notifying(void **state)
{
    static const struct meta all = { .class = 2, .events = ALL_EVENTS };

    profiles(open_card(state), &all, &all, &all);
    return 0;
}

/* A may not be disabled, B may not be deleted. */
static int setup_rules(void **state)
{
    static const struct meta a = { .class = 2, .pprs = 2, .owner = true },
                             b = { .class = 2, .pprs = 4, .owner = true };

    profiles(open_card(state), &a, &b, NULL);
    return 0;
}

/* B may be the Fallback Profile, C is an Emergency Profile. */
static int setup_special(void **state)
{
    static const struct meta b = { .class = 2, .events = ALL_EVENTS, .extra = "9F6701FF" },
                             c = { .class = 2, .events = ALL_EVENTS, .extra = "9F7B01FF" };

    profiles(open_card(state), NULL, &b, &c);
    return 0;
}

static int setup_classes(void **state)
{
    static const struct meta test = { .class = 0, .events = ALL_EVENTS },
                             provisioning = { .class = 1 };

    profiles(open_card(state), NULL, &test, &provisioning);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    eim_close(&f->e1);
    bench_close(&f->b);
    free(f);
    return 0;
}

static const char *enable(struct fixture *f, const char *iccid)
{
    return eim_do(&f->b, &f->e1, "A0 0E A30C 5A0A %s", iccid_hex(iccid));
}

static const char *enable_with_rollback(struct fixture *f, const char *iccid)
{
    return eim_do(&f->b, &f->e1, "A0 10 A30E 5A0A %s 0500", iccid_hex(iccid));
}

static const char *disable(struct fixture *f, const char *iccid)
{
    return eim_do(&f->b, &f->e1, "A0 0E A40C 5A0A %s", iccid_hex(iccid));
}

static const char *delete_it(struct fixture *f, const char *iccid)
{
    return eim_do(&f->b, &f->e1, "A0 0E A50C 5A0A %s", iccid_hex(iccid));
}

static const char *set_fallback(struct fixture *f, const char *iccid)
{
    return eim_do(&f->b, &f->e1, "A0 0E A80C 5A0A %s", iccid_hex(iccid));
}

/* A proactive command is outstanding: the terminal profile is given and a REFRESH waits. */
static void make_busy(struct bench *b)
{
    bench_terminal_profile(b);
    assert_int_equal(cat_queue(b->card, 0x01, CAT_REFRESH_UICC_RESET, SLICE_NONE, NULL, NULL),
                     E_OK);
}

/* ---- PSMO ---- */

/* IEU-007 */
static void IEU_007_enable(void **state)
{
    struct fixture *f = *state;
    int64_t sequence;
    slice epr;

    f->e1.tx = SLICE_LIT("\xA1\xB2");
    epr = bench_es10(&f->b, eim_package(&f->b, &f->e1, "A0 0E A30C 5A0A %s", iccid_hex(B)));
    assert_string_equal(eim_result(&f->b, &f->e1, epr, &sequence), "830100");
    assert_int_equal(f->e1.counter, 5);
    assert_string_equal(bench_enabled(&f->b), A); /* the switch comes after the result */
    bench_reset(&f->b);
    assert_string_equal(bench_enabled(&f->b), B);
}

/* IEU-007 */
static void IEU_007_enable_by_refresh(void **state)
{
    struct fixture *f = *state;

    bench_terminal_profile(&f->b);
    assert_string_equal(enable(f, B), "830100");
    assert_string_equal(bench_enabled(&f->b), A);
    bench_fetch(&f->b);
    assert_string_equal(bench_enabled(&f->b), B);
}

/* IEU-014 */
static void IEU_014_enable_refused(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(enable(f, X), "830101");
    assert_string_equal(enable(f, A), "830102");
    assert_string_equal(disable(f, A), "840100");
    bench_reset(&f->b);
    assert_string_equal(enable_with_rollback(f, B), "830114");
    make_busy(&f->b);
    assert_string_equal(enable(f, B), "830105");
}

/* IEU-014 */
static void IEU_014_enable_disallowed(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(enable(f, C), "830103");
    assert_string_equal(bench_enabled(&f->b), A);
}

/* IEU-015 */
static void IEU_015_disable(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(disable(f, X), "840101");
    assert_string_equal(disable(f, B), "840102");
    make_busy(&f->b);
    assert_string_equal(disable(f, A), "840105");
}

/* IEU-015 */
static void IEU_015_disable_disallowed(void **state)
{
    assert_string_equal(disable(*state, A), "840103");
}

/* IEU-016 */
static void IEU_016_delete(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(delete_it(f, X), "850101");
    assert_string_equal(delete_it(f, A), "850102");
    assert_string_equal(delete_it(f, C), "850100");
    assert_string_equal(delete_it(f, C), "850101");
}

/* IEU-016 */
static void IEU_016_delete_protected(void **state)
{
    assert_string_equal(delete_it(*state, B), "850103");
}

/* The profile that a rollback goes back to is still needed. */
/* IEU-016 */
static void IEU_016_delete_rollback_target(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(
        eim_do(&f->b, &f->e1, "A0 1E A30E 5A0A %s 0500 A50C 5A0A %s", iccid_hex(B), iccid_hex(A)),
        "830100850114");
}

/* IEU-016 */
static void IEU_016_delete_fallback_return(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(set_fallback(f, B), "8D0100");
    bench_expect_hex(&f->b, "BF5D 03 8001 FF", "BF5D 03 8001 00");
    bench_reset(&f->b);
    assert_string_equal(bench_enabled(&f->b), B);
    assert_string_equal(delete_it(f, A), "850115");
}

/* disable and delete of the same profile in one package */
static void disable_and_delete(void **state)
{
    struct fixture *f = *state;
    struct card_profile p;

    assert_string_equal(
        eim_do(&f->b, &f->e1, "A0 1C A40C 5A0A %s A50C 5A0A %s", iccid_hex(A), iccid_hex(A)),
        "840100850100");
    bench_boot(&f->b);
    assert_string_equal(bench_enabled(&f->b), "");
    assert_int_equal(profile_by_iccid(f->b.card, bench_hex(&f->b, "%s", iccid_hex(A)), &p),
                     E_NOTFOUND);
}

static unsigned count(slice list)
{
    struct profile_info info;
    unsigned n = 0;

    while (schema_next(&T_profile_info, &list, &info))
        n++;
    return n;
}

static slice profile_list(struct bench *b, slice answer)
{
    struct profile_info_list_response r;

    answer = arena_copy(&b->arena, answer);
    assert_int_equal(schema_decode(&T_profile_info_list_response, answer, &r, NULL), E_OK);
    assert_int_equal(r.which, profile_info_list_response_is_profile_info_list_ok);
    return r.profile_info_list_ok;
}

static slice listed(struct fixture *f, const char *request)
{
    const char *result = eim_do(&f->b, &f->e1, "A0 %02zX %s", strlen(request) / 2, request);

    return profile_list(&f->b, bench_hex(&f->b, "%s", result));
}

/* IEU-017 */
static void IEU_017_list(void **state)
{
    struct fixture *f = *state;
    slice list = listed(f, "BF2D00");
    struct profile_info info;
    struct card_profile a;
    char request[80], aid[40];
    unsigned enabled = 0, n = 0;

    while (schema_next(&T_profile_info, &list, &info)) {
        assert_true(info.iccid.p && info.isdp_aid.p && info.has_profile_state &&
                    info.service_provider_name.p && info.profile_name.p && info.has_profile_class);
        enabled += info.profile_state == PROFILE_STATE_ENABLED;
        n++;
    }
    assert_int_equal(n, 3);
    assert_int_equal(enabled, 1);
    snprintf(request, sizeof request, "BF2D0EA00C5A0A%s", iccid_hex(B));
    assert_int_equal(count(listed(f, request)), 1);
    assert_int_equal(count(listed(f, "BF2D05A003950102")), 3);
    assert_int_equal(count(listed(f, "BF2D05A003950100")), 0);
    assert_int_equal(profile_by_iccid(f->b.card, bench_hex(&f->b, "%s", iccid_hex(A)), &a), E_OK);
    assert_int_equal(hex_encode(SLICE_OF(a.isdp_aid), aid, sizeof aid), E_OK);
    snprintf(request, sizeof request, "BF2D14A0124F10%s", aid);
    list = listed(f, request);
    assert_true(schema_next(&T_profile_info, &list, &info));
    assert_int_equal(info.profile_state, PROFILE_STATE_ENABLED);
    assert_string_equal(eim_do(&f->b, &f->e1, "A0 08 BF2D 05 A003 5A0198"), "BF2D03810101");
}

static void list_while_changing(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(eim_do(&f->b, &f->e1, "A0 11 A30C 5A0A %s BF2D00", iccid_hex(B)),
                        "830100BF2D0381010B");
}

/* IEU-018 */
static void IEU_018_rules(void **state)
{
    struct fixture *f = *state;

    f->b.personality.rat = bench_hex(&f->b, "3010 8002 0560 A107 3005 8003 00F110 8201 00 "
                                            "3011 8002 0640 A107 3005 8003 EEEEEE 8202 0780");
    assert_string_equal(eim_do(&f->b, &f->e1, "A0 02 A600"), "A62530108002056"
                                                             "0A1073005800300F1108201003011800206"
                                                             "40A10730058003EEEEEE82020780");
    bench_expect_hex(&f->b, "BF4300",
                     "BF43 27 A025 3010 8002 0560 A107 3005 8003 00F110 8201 00 "
                     "3011 8002 0640 A107 3005 8003 EEEEEE 8202 0780");
}

/* IEU-019 */
static void IEU_019_immediate_enable_is_kept(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(eim_do(&f->b, &f->e1, "A0 04 A702 8000"), "870100");
    bench_boot(&f->b);
    bench_expect_hex(&f->b, "BF5A 03 8001 00", "BF5A 03 8001 04");
    assert_string_equal(eim_do(&f->b, &f->e1, "A0 02 A700"), "870100");
    bench_expect_hex(&f->b, "BF5A 03 8001 00", "BF5A 03 8001 01");
}

/* IEU-020 */
static void IEU_020_fallback_attribute(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(eim_do(&f->b, &f->e1, "A0 02 A900"), "8E0102");
    assert_string_equal(set_fallback(f, X), "8D0101");
    assert_string_equal(set_fallback(f, A), "8D0102");
    assert_string_equal(set_fallback(f, B), "8D0100");
    assert_string_equal(set_fallback(f, B), "8D0100");
    assert_string_equal(eim_do(&f->b, &f->e1, "A0 02 A900"), "8E0100");
    assert_string_equal(set_fallback(f, B), "8D0100");
    bench_expect_hex(&f->b, "BF5D 03 8001 00", "BF5D 03 8001 00");
    bench_select(&f->b);
    assert_string_equal(bench_enabled(&f->b), B);
    assert_string_equal(eim_do(&f->b, &f->e1, "A0 02 A900"), "8E0103");
}

/* IEU-021 */
static void IEU_021_default_address(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(eim_do(&f->b, &f->e1, "A0 08 BF65 05 8003612E62"), "BF6503800100");
    bench_boot(&f->b);
    bench_expect_hex(&f->b, "BF3C00",
                     "BF3C 1F 8003 612E62 8118 74657374726F6F74736D64732E6578616D706C652E636F6D");
}

/* ---- rollback ---- */

/* IEU-033 */
static void IEU_033_rollback(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    struct profile_rollback_response r;
    int64_t first, second;
    slice answer;

    eim_result(b, &f->e1,
               bench_es10(b, eim_package(b, &f->e1, "A0 10 A30E 5A0A %s 0500", iccid_hex(B))),
               &first);
    bench_boot(b);
    assert_string_equal(bench_enabled(b), B);
    answer = bench_es10_hex(b, "BF58 03 8001 FF");
    assert_int_equal(schema_decode(&T_profile_rollback_response, answer, &r, NULL), E_OK);
    assert_int_equal(r.cmd_result, PROFILE_ROLLBACK_OK);
    assert_string_equal(eim_result(b, &f->e1, r.euicc_package_result, &second), "8C0100");
    assert_true(second > first);
    bench_boot(b);
    assert_string_equal(bench_enabled(b), A);
    bench_expect_hex(b, "BF58 03 8001 FF", "BF58 03 020101");
    assert_hex(bench_es10_hex(b, "BF2B 05 A003 8001 %02X", (unsigned)first), "BF2B02A000");
    assert_true(bench_es10_hex(b, "BF2B 05 A003 8001 %02X", (unsigned)second).n > 60);
}

/* IEU-034 */
static void IEU_034_rollback_not_granted(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;

    bench_expect_hex(b, "BF58 03 8001 FF", "BF58 03 020101");
    enable(f, B); /* without the flag */
    bench_reset(b);
    bench_expect_hex(b, "BF58 03 8001 FF", "BF58 03 020101");
    assert_string_equal(bench_enabled(b), B);
}

/* IEU-034 */
static void IEU_034_rollback_ends_with_a_package(void **state)
{
    struct fixture *f = *state;

    enable_with_rollback(f, B);
    bench_reset(&f->b);
    eim_do(&f->b, &f->e1, "A0 02 A600");
    bench_expect_hex(&f->b, "BF58 03 8001 FF", "BF58 03 020101");
}

/* IEU-034 */
static void IEU_034_rollback_ends_with_fallback(void **state)
{
    struct fixture *f = *state;

    set_fallback(f, B);
    assert_string_equal(enable_with_rollback(f, C), "830100");
    bench_reset(&f->b);
    bench_expect_hex(&f->b, "BF5D 03 8001 FF", "BF5D 03 8001 00");
    bench_reset(&f->b);
    bench_expect_hex(&f->b, "BF58 03 8001 FF", "BF58 03 020101");
    assert_string_equal(bench_enabled(&f->b), B);
}

/* ---- fallback and emergency ---- */

/* IEU-037 */
static void IEU_037_fallback(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;

    bench_expect_hex(b, "BF5E 03 8001 00", "BF5E 03 8001 06");
    bench_expect_hex(b, "BF5D 03 8001 00", "BF5D 03 8001 06");
    set_fallback(f, B);
    bench_terminal_profile(b);
    assert_int_equal(cat_queue(b->card, 0x01, CAT_REFRESH_UICC_RESET, SLICE_NONE, NULL, NULL),
                     E_OK);
    bench_expect_hex(b, "BF5D 03 8001 FF", "BF5D 03 8001 05");
    bench_reset(b);
    bench_expect_hex(b, "BF5D 03 8001 00", "BF5D 03 8001 00");
    bench_select(b);
    assert_string_equal(bench_enabled(b), B);
    bench_expect_hex(b, "BF5D 03 8001 00", "BF5D 03 8001 02");
    bench_expect_hex(b, "BF5E 03 8001 00", "BF5E 03 8001 00");
    bench_select(b);
    assert_string_equal(bench_enabled(b), A);
    assert_string_equal(disable(f, A), "840100");
    bench_reset(b);
    bench_expect_hex(b, "BF5D 03 8001 00", "BF5D 03 8001 07");
}

/* IEU-013 IEU-038 */
static void IEU_013_IEU_038_emergency(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;

    set_fallback(f, B);
    bench_expect_hex(b, "BF5C 03 8001 00", "BF5C 03 8001 02");
    bench_expect_hex(b, "BF5B 03 8001 00", "BF5B 03 8001 00");
    bench_boot(b);
    assert_string_equal(bench_enabled(b), C);
    bench_expect_hex(b, "BF5B 03 8001 00", "BF5B 03 8001 02");
    bench_expect_hex(b, "BF5D 03 8001 00", "BF5D 03 8001 68");
    bench_expect_hex(b, "BF64 04 8202 0780", "BF64 03 8001 68");
    assert_int_equal(eim_error(b, &f->e1, bench_es10(b, eim_package(b, &f->e1, "A0 02 A600"))),
                     104);
    f->e1.counter--;
    bench_expect_hex(b, "BF2800", "BF28 02 A000");
    bench_expect_hex(b, "BF5C 03 8001 00", "BF5C 03 8001 00");
    bench_select(b);
    assert_string_equal(bench_enabled(b), A);
    bench_expect_hex(b, "BF2800", "BF28 02 A000");
    eim_do(b, &f->e1, "A0 02 A600");
}

/* IEU-038 */
static void IEU_038_no_emergency_profile(void **state)
{
    struct fixture *f = *state;

    bench_expect_hex(&f->b, "BF5B 03 8001 00", "BF5B 03 8001 08");
}

/* IEU-036 */
static void IEU_036_configure_immediate(void **state)
{
    struct fixture *f = *state;

    bench_expect_hex(&f->b, "BF59 02 8000", "BF59 03 8001 02");
    bench_expect_hex(&f->b, "BF64 04 8202 0204", "BF64 06 800100 810100");
    bench_expect_hex(&f->b, "BF59 02 8000", "BF59 03 8001 00");
}

/* ---- ES10c ---- */

/* EUC-024 */
static void EUC_024_enable_with_refresh(void **state)
{
    struct fixture *f = *state;

    bench_terminal_profile(&f->b);
    assert_hex(bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 FF", iccid_hex(B)), "BF3103800100");
    bench_fetch(&f->b);
    assert_string_equal(bench_enabled(&f->b), B);
}

/* EUC-024 */
static void EUC_024_enable_at_once(void **state)
{
    struct fixture *f = *state;

    bench_terminal_profile(&f->b);
    assert_hex(bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(B)), "BF3103800100");
    assert_int_equal(f->b.sw, 0x9000); /* no REFRESH */
    assert_string_equal(bench_enabled(&f->b), B);
}

/* EUC-025 */
static void EUC_025_enable_refused(void **state)
{
    struct fixture *f = *state;

    assert_hex(bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(X)), "BF3103800101");
    assert_hex(bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(A)), "BF3103800102");
    make_busy(&f->b);
    assert_hex(bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 FF", iccid_hex(B)), "BF3103800105");
}

/* EUC-025 EUC-026 EUC-027 */
static void EUC_025_EUC_026_EUC_027_policy(void **state)
{
    struct fixture *f = *state;

    assert_hex(bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(C)), "BF3103800103");
    assert_hex(bench_es10_hex(&f->b, "BF32 11 A00C 5A0A %s 8101 00", iccid_hex(A)), "BF3203800103");
    assert_hex(bench_es10_hex(&f->b, "BF33 0C 5A0A %s", iccid_hex(B)), "BF3303800103");
}

/* EUC-026 */
static void EUC_026_disable(void **state)
{
    struct fixture *f = *state;

    assert_hex(bench_es10_hex(&f->b, "BF32 11 A00C 5A0A %s 8101 00", iccid_hex(X)), "BF3203800101");
    assert_hex(bench_es10_hex(&f->b, "BF32 11 A00C 5A0A %s 8101 00", iccid_hex(B)), "BF3203800102");
    make_busy(&f->b);
    assert_hex(bench_es10_hex(&f->b, "BF32 11 A00C 5A0A %s 8101 FF", iccid_hex(A)), "BF3203800105");
    bench_reset(&f->b);
    assert_hex(bench_es10_hex(&f->b, "BF32 11 A00C 5A0A %s 8101 00", iccid_hex(A)), "BF3203800100");
    assert_string_equal(bench_enabled(&f->b), "");
}

/* EUC-027 */
static void EUC_027_delete(void **state)
{
    struct fixture *f = *state;

    assert_hex(bench_es10_hex(&f->b, "BF33 0C 5A0A %s", iccid_hex(X)), "BF3303800101");
    assert_hex(bench_es10_hex(&f->b, "BF33 0C 5A0A %s", iccid_hex(A)), "BF3303800102");
    assert_hex(bench_es10_hex(&f->b, "BF33 0C 5A0A %s", iccid_hex(B)), "BF3303800100");
    assert_int_equal(count(profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"))), 2);
}

/* EUC-029 */
static void EUC_029_nickname(void **state)
{
    struct fixture *f = *state;
    struct profile_info info;
    slice list;

    assert_hex(bench_es10_hex(&f->b, "BF29 11 5A0A %s 9003 414243", iccid_hex(B)), "BF2903800100");
    bench_boot(&f->b);
    list =
        profile_list(&f->b, bench_es10_hex(&f->b, "BF2D 12 A00C 5A0A %s 5C02 5A90", iccid_hex(B)));
    assert_true(schema_next(&T_profile_info, &list, &info));
    assert_true(slice_eq_str(info.profile_nickname, "ABC"));
    assert_false(info.isdp_aid.p);
    assert_hex(bench_es10_hex(&f->b, "BF29 0E 5A0A %s 9000", iccid_hex(B)), "BF2903800100");
    assert_hex(bench_es10_hex(&f->b, "BF29 0E 5A0A %s 9000", iccid_hex(X)), "BF2903800101");
    assert_hex(bench_es10_hex(&f->b, "BF29 4F 5A0A %s 9041 %0130d", iccid_hex(B), 0),
               "BF290380017F");
    assert_hex(bench_es10_hex(&f->b, "BF29 4E 5A0A %s 9040 %0128d", iccid_hex(B), 0),
               "BF2903800100");
}

/* EUC-030 */
static void EUC_030_default_address(void **state)
{
    struct fixture *f = *state;

    bench_expect_hex(&f->b, "BF3F 05 8003612E62", "BF3F 03 8001 00");
    bench_boot(&f->b);
    bench_expect_hex(&f->b, "BF3C00",
                     "BF3C 1F 8003 612E62 8118 74657374726F6F74736D64732E6578616D706C652E636F6D");
    bench_expect_hex(&f->b, "BF3F 02 8000", "BF3F 03 8001 00");
    bench_expect_hex(&f->b, "BF3C00",
                     "BF3C 1A 8118 74657374726F6F74736D64732E6578616D706C652E636F6D");
}

/* EUC-041 */
static void EUC_041_test_profile(void **state)
{
    struct fixture *f = *state;

    assert_hex(bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(B)), "BF3103800100");
    bench_select(&f->b);
    assert_hex(bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(C)), "BF3103800104");
    assert_hex(bench_es10_hex(&f->b, "BF32 11 A00C 5A0A %s 8101 00", iccid_hex(B)), "BF3203800100");
    assert_string_equal(bench_enabled(&f->b), A);
}

/* ---- memory reset ---- */

/* EUC-028 IEU-039 */
static void EUC_028_IEU_039_busy(void **state)
{
    struct fixture *f = *state;

    make_busy(&f->b);
    bench_expect_hex(&f->b, "BF34 04 8202 0780", "BF34 03 8001 05");
    bench_expect_hex(&f->b, "BF64 04 8202 0780", "BF64 03 8001 05");
    assert_int_equal(count(profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"))), 3);
}

/* EUC-028 */
static void EUC_028_operational(void **state)
{
    struct fixture *f = *state;
    struct profile_info info;
    slice list;

    bench_expect_hex(&f->b, "BF34 04 8202 0780", "BF34 03 8001 00");
    bench_boot(&f->b);
    assert_string_equal(bench_enabled(&f->b), "");
    list = profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"));
    while (schema_next(&T_profile_info, &list, &info))
        assert_int_not_equal(info.profile_class, PROFILE_CLASS_OPERATIONAL);
    assert_int_equal(count(profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"))), 2);
    bench_expect_hex(&f->b, "BF34 04 8202 0780", "BF34 03 8001 01");
}

/* EUC-028 IEU-039 */
static void EUC_028_IEU_039_test_and_provisioning(void **state)
{
    struct fixture *f = *state;

    bench_expect_hex(&f->b, "BF34 04 8202 0640", "BF34 03 8001 00");
    assert_int_equal(count(profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"))), 2);
    bench_expect_hex(&f->b, "BF34 04 8202 0640", "BF34 03 8001 01");
    bench_expect_hex(&f->b, "BF64 04 8202 0310", "BF64 03 8001 01"); /* pre-loaded: none */
    bench_expect_hex(&f->b, "BF64 04 8202 0308", "BF64 03 8001 00");
    assert_int_equal(count(profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"))), 1);
    assert_string_equal(bench_enabled(&f->b), A);
}

/* EUC-028 IEU-039 */
static void EUC_028_IEU_039_address(void **state)
{
    struct fixture *f = *state;

    bench_expect_hex(&f->b, "BF3F 05 8003612E62", "BF3F 03 8001 00");
    bench_expect_hex(&f->b, "BF34 04 8202 0520", "BF34 03 8001 00");
    bench_expect_hex(&f->b, "BF3F 05 8003612E62", "BF3F 03 8001 00");
    bench_expect_hex(&f->b, "BF64 04 8202 0520", "BF64 03 8001 00");
    bench_expect_hex(&f->b, "BF3C00",
                     "BF3C 1A 8118 74657374726F6F74736D64732E6578616D706C652E636F6D");
}

/* IEU-039 */
static void IEU_039_eim_and_immediate_enable(void **state)
{
    struct fixture *f = *state;

    eim_do(&f->b, &f->e1, "A0 04 A702 8000");
    f->b.personality.eim_reset_supported = false;
    f->b.personality.immediate_enable_reset_supported = false;
    bench_expect_hex(&f->b, "BF64 04 8202 0106", "BF64 09 800100 810102 820101");
    eim_do(&f->b, &f->e1, "A0 02 A600");
    f->b.personality.eim_reset_supported = true;
    f->b.personality.immediate_enable_reset_supported = true;
    bench_expect_hex(&f->b, "BF64 04 8202 0102", "BF64 06 800100 820100");
    bench_expect_hex(&f->b, "BF5A 03 8001 00", "BF5A 03 8001 01");
    eim_do(&f->b, &f->e1, "A0 02 A600");
    bench_expect_hex(&f->b, "BF64 04 8202 0204", "BF64 06 800100 810100");
    bench_expect_hex(&f->b, "BF5500", "BF5502A000");
    bench_expect_hex(&f->b, "BF64 04 8202 0204", "BF64 06 800100 810101");
    assert_string_equal(bench_enabled(&f->b), A);
}

/* ---- notifications ---- */

struct seen {
    unsigned events[16];
    int64_t sequence[16];
    slice iccid[16];
    unsigned n;
};

static struct seen notifications(struct bench *b)
{
    slice answer = arena_copy(&b->arena, bench_es10_hex(b, "BF2800"));
    struct list_notification_response r;
    struct notification_metadata m;
    struct seen s = { .n = 0 };

    assert_int_equal(schema_decode(&T_list_notification_response, answer, &r, NULL), E_OK);
    while (schema_next(&T_notification_metadata, &r.notification_metadata_list, &m)) {
        assert_true(s.n < 16);
        s.events[s.n] = (unsigned)der_bits(m.profile_management_operation);
        s.sequence[s.n] = m.seq_number;
        s.iccid[s.n++] = m.iccid;
    }
    return s;
}

/* EUC-031 */
static void EUC_031_enable_notifies_both(void **state)
{
    struct fixture *f = *state;
    struct seen s;

    bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(B));
    bench_select(&f->b);
    s = notifications(&f->b);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.events[0], 1u << NOTIFICATION_DISABLE);
    assert_hex(s.iccid[0], iccid_hex(A));
    assert_int_equal(s.events[1], 1u << NOTIFICATION_ENABLE);
    assert_hex(s.iccid[1], iccid_hex(B));
    assert_int_equal(s.sequence[1], s.sequence[0] + 1);
}

/* EUC-032 */
static void EUC_032_only_configured_events(void **state)
{
    static const struct meta some = { .class = 2,
                                      .events =
                                          1u << NOTIFICATION_INSTALL | 1u << NOTIFICATION_ENABLE };
    struct fixture *f = open_card(state);
    struct seen s;

    bench_install(&f->b, A, &some);
    bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(A));
    bench_select(&f->b);
    bench_es10_hex(&f->b, "BF32 11 A00C 5A0A %s 8101 00", iccid_hex(A));
    bench_select(&f->b);
    assert_hex(bench_es10_hex(&f->b, "BF33 0C 5A0A %s", iccid_hex(A)), "BF3303800100");
    s = notifications(&f->b);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.events[0], 1u << NOTIFICATION_INSTALL);
    assert_int_equal(s.events[1], 1u << NOTIFICATION_ENABLE);
}

/* EUC-033 */
static void EUC_033_sequence_goes_on(void **state)
{
    struct fixture *f = *state;
    struct seen before, after;

    bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(B));
    bench_boot(&f->b);
    before = notifications(&f->b);
    bench_expect_hex(&f->b, "BF34 04 8202 0780", "BF34 03 8001 00");
    bench_boot(&f->b);
    after = notifications(&f->b);
    assert_true(after.n > before.n);
    for (unsigned n = 0; n < before.n; n++)
        assert_int_equal(after.sequence[n], before.sequence[n]);
    for (unsigned n = 1; n < after.n; n++)
        assert_true(after.sequence[n] > after.sequence[n - 1]);
}

/* By number, by event; the signature and the chain of what is retrieved verify. */
/* EUC-034 */
static void EUC_034_retrieve_and_remove(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    struct retrieve_notifications_list_response r;
    struct pending_notification n;
    const struct other_signed_notification *o = &n.other_signed_notification;
    struct cert cert;
    struct public_key *key;
    struct seen s;
    slice answer;

    bench_es10_hex(b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(B));
    bench_select(b);
    s = notifications(b);
    answer = bench_es10_hex(b, "BF2B 05 A003 8001 %02X", (unsigned)s.sequence[1]);
    assert_int_equal(schema_decode(&T_retrieve_notifications_list_response, answer, &r, NULL),
                     E_OK);
    assert_true(schema_next(&T_pending_notification, &r.notification_list, &n));
    assert_int_equal(r.notification_list.n, 0);
    assert_int_equal(cert_parse(o->euicc_certificate, &cert), E_OK);
    assert_int_equal(key_open(b->crypto, cert.curve, &cert.point, &key), E_OK);
    assert_int_equal(
        key_verify(key, &o->tbs_other_notification, 1, o->euicc_notification_signature), E_OK);
    key_drop(key);
    assert_true(slice_eq(o->eum_certificate, b->lab->eum.cert.der));
    answer = bench_es10_hex(b, "BF2B 06 A004 8102 0520");
    assert_int_equal(schema_decode(&T_retrieve_notifications_list_response, answer, &r, NULL),
                     E_OK);
    assert_true(schema_next(&T_pending_notification, &r.notification_list, &n));
    assert_int_equal(r.notification_list.n, 0);
    bench_expect_hex(b, "BF28 04 8102 0410", "BF28 02 A000");
    assert_hex(bench_es10_hex(b, "BF30 03 8001 %02X", (unsigned)s.sequence[1]), "BF3003800100");
    assert_hex(bench_es10_hex(b, "BF30 03 8001 %02X", (unsigned)s.sequence[1]), "BF3003800101");
    assert_int_equal(notifications(b).n, 1);
}

/* EUC-035 */
static void EUC_035_oldest_goes_first(void **state)
{
    struct fixture *f = *state;
    struct seen s;

    f->b.personality.notification_max = 4;
    for (int n = 0; n < 3; n++) {
        bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(n % 2 ? A : B));
        bench_select(&f->b);
    }
    s = notifications(&f->b);
    assert_int_equal(s.n, 4);
    assert_int_equal(s.sequence[0], 4); /* 1 was that of the set-up, 2 and 3 gave way */
    assert_int_equal(s.sequence[3], 7);
}

#define TEST(f)      cmocka_unit_test_setup_teardown(f, setup, teardown)
#define NOTIFYING(f) cmocka_unit_test_setup_teardown(f, setup_notifying, teardown)
#define RULES(f)     cmocka_unit_test_setup_teardown(f, setup_rules, teardown)
#define SPECIAL(f)   cmocka_unit_test_setup_teardown(f, setup_special, teardown)
#define CLASSES(f)   cmocka_unit_test_setup_teardown(f, setup_classes, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(IEU_007_enable),
        TEST(IEU_007_enable_by_refresh),
        TEST(IEU_014_enable_refused),
        RULES(IEU_014_enable_disallowed),
        TEST(IEU_015_disable),
        RULES(IEU_015_disable_disallowed),
        TEST(IEU_016_delete),
        RULES(IEU_016_delete_protected),
        TEST(IEU_016_delete_rollback_target),
        SPECIAL(IEU_016_delete_fallback_return),
        TEST(disable_and_delete),
        TEST(IEU_017_list),
        TEST(list_while_changing),
        TEST(IEU_018_rules),
        TEST(IEU_019_immediate_enable_is_kept),
        SPECIAL(IEU_020_fallback_attribute),
        TEST(IEU_021_default_address),
        TEST(IEU_033_rollback),
        TEST(IEU_034_rollback_not_granted),
        TEST(IEU_034_rollback_ends_with_a_package),
        SPECIAL(IEU_034_rollback_ends_with_fallback),
        SPECIAL(IEU_037_fallback),
        SPECIAL(IEU_013_IEU_038_emergency),
        TEST(IEU_038_no_emergency_profile),
        TEST(IEU_036_configure_immediate),
        TEST(EUC_024_enable_with_refresh),
        TEST(EUC_024_enable_at_once),
        TEST(EUC_025_enable_refused),
        RULES(EUC_025_EUC_026_EUC_027_policy),
        TEST(EUC_026_disable),
        TEST(EUC_027_delete),
        TEST(EUC_029_nickname),
        TEST(EUC_030_default_address),
        CLASSES(EUC_041_test_profile),
        TEST(EUC_028_IEU_039_busy),
        CLASSES(EUC_028_operational),
        CLASSES(EUC_028_IEU_039_test_and_provisioning),
        TEST(EUC_028_IEU_039_address),
        TEST(IEU_039_eim_and_immediate_enable),
        NOTIFYING(EUC_031_enable_notifies_both),
        cmocka_unit_test_teardown(EUC_032_only_configured_events, teardown),
        NOTIFYING(EUC_033_sequence_goes_on),
        NOTIFYING(EUC_034_retrieve_and_remove),
        NOTIFYING(EUC_035_oldest_goes_first),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
