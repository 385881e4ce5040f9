/*
 * Profiles and their states: PSMOs (SGP.32 3.4), rollback, fallback, immediate enabling, emergency,
 * and ES10c (SGP.22 5.7.15-5.7.22).
 */
#include "euicc/isdr/baseline.h"

#include "euicc/cat.h"

#define D "8900000000000000046"

/* ---- PSMO ---- */

/* IEU-007 */
static void IEU_007_enable(void **state)
{
    struct fixture *f = *state;
    int64_t sequence;
    slice epr;

    f->e1.tx = SLICE_LIT("\xA1\xB2");
    epr = bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A0 0E A30C 5A0A %s", iccid_hex(B)));
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
    assert_int_equal(profile_count(listed(f, request)), 1);
    assert_int_equal(profile_count(listed(f, "BF2D05A003950102")), 3);
    assert_int_equal(profile_count(listed(f, "BF2D05A003950100")), 0);
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
               bench_es10(b, lab_eim_package(b, &f->e1, "A0 10 A30E 5A0A %s 0500", iccid_hex(B))),
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
    assert_int_equal(eim_error(b, &f->e1, bench_es10(b, lab_eim_package(b, &f->e1, "A0 02 A600"))),
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

/* The package with connectivityParameters in its header, in front of what comes after services. */
static slice with_connectivity(struct bench *b, slice package, const char *parameters)
{
    struct der_reader r = der_reader(package), members;
    struct tlv header = der_take(&r);
    slice value = bench_hex(b, "%s", parameters), parts[2], head;
    struct der_writer w = der_writer(arena_alloc(&b->arena, 512), 512);
    bool behind = false;

    members = der_reader(header.value);
    while (der_more(&members) && !behind)
        behind = der_take(&members).tag == 0xA6; /* eUICC-Mandatory-GFSTEList */
    der_put(&w, members.in);
    der_put_tlv(&w, 0x87, value);
    der_put(&w, slice_head(header.value, header.value.n - members.in.n));
    der_wrap(&w, 0xA0, 0);
    assert_int_equal(der_written(&w, &head), E_OK);
    parts[0] = head;
    parts[1] = r.in;
    return arena_concat(&b->arena, parts, 2);
}

/* GetConnectivityParameters: the enabled profile's, else the personality's, else none. */
static void connectivity_of_the_profile(void **state)
{
    static const struct {
        const char *parameters, *answer;
    } rows[] = {
        { "A006 0604 91947106 A109 350103 4704 03696F74 A203 350103",
          "BF5F 0D A00B 8109 350103 4704 03696F74" },
        { "3A07 05 A103 350103", "BF5F 07 A005 8103 350103" },
        { "A203 350103", "BF5F 06 A004 8102 3000" }, /* CAT_TP alone */
    };
    struct fixture *f = *state;
    struct bench *b = &f->b;

    bench_expect_hex(b, "BF5F00", "BF5F 03 8101 01");
    b->personality.http_params = SLICE_LIT("\x30\x00");
    for (size_t n = 0; n < COUNT(rows); n++) {
        slice package = with_connectivity(b, bench_package(b, D), rows[n].parameters);
        struct pir pir = pir_read(b, bench_download(b, package, bench_metadata(b, D, NULL)));

        assert_int_equal(pir.reason, 0);
        bench_expect_hex(b, "BF5F00", "BF5F 06 A004 8102 3000"); /* A is enabled and has none */
        bench_enable(b, D);
        bench_boot(b);
        bench_expect_hex(b, "BF5F00", rows[n].answer);
        bench_enable(b, A);
        assert_string_equal(delete_it(f, D), "850100");
        bench_expect_hex(b, "BF5F00", "BF5F 06 A004 8102 3000");
    }
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

/* EUC-024 EUC-025 EUC-026 IEU-014: the toolkit's other commands come first, with answer catBusy. */
static void EUC_024_refresh_between_commands(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;

    b->card_personality.poll_interval_s = 30;
    bench_terminal_profile(b);
    assert_int_equal(b->sw, 0x910F);
    assert_hex(bench_es10_hex(b, "BF31 11 A00C 5A0A %s 8101 FF", iccid_hex(B)), "BF3103800105");
    assert_hex(bench_es10_hex(b, "BF32 11 A00C 5A0A %s 8101 FF", iccid_hex(A)), "BF3203800105");
    assert_string_equal(enable(f, B), "830105");
    bench_fetch(b); /* POLL INTERVAL */
    assert_int_equal(cat_polled_every_s(b->card), 0);
    assert_hex(bench_es10_hex(b, "BF31 11 A00C 5A0A %s 8101 FF", iccid_hex(B)), "BF3103800100");
    assert_string_equal(bench_enabled(b), A);
    bench_fetch(b);
    assert_string_equal(bench_enabled(b), B);
    /* the terminal begins with the profile, the card asks again */
    bench_terminal_profile(b);
    assert_int_equal(b->sw, 0x910F);
    bench_fetch(b);
    assert_hex(bench_es10_hex(b, "BF32 11 A00C 5A0A %s 8101 FF", iccid_hex(B)), "BF3203800100");
    bench_fetch(b);
    assert_string_equal(bench_enabled(b), "");
}

/* EUC-024: the mode is eUICC Profile State Change where the terminal has it, else UICC Reset. */
static void EUC_024_modes_of_refresh(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    const char *to[] = { B, A };
    uint8_t command[5 + 34] = { 0x80, 0x10, 0x00, 0x00, 34 }, fetch[] = { 0x80, 0x12, 0, 0, 0x0B };

    memset(command + 5, 0xFF, 34);
    for (unsigned i = 0; i < 2; i++) {
        command[5 + 33] = i ? 0x20 : 0xDF;
        bench_apdu(b, SLICE_OF(command));
        bench_select(b);
        assert_hex(bench_es10_hex(b, "BF31 11 A00C 5A0A %s 8101 FF", iccid_hex(to[i])),
                   "BF3103800100");
        assert_int_equal(b->sw, 0x910B);
        bench_apdu(b, SLICE_OF(fetch));
        assert_int_equal(b->response[5], 0x01);
        assert_int_equal(b->response[6],
                         i ? CAT_REFRESH_PROFILE_STATE_CHANGE : CAT_REFRESH_UICC_RESET);
        if (i == 0) { /* a terminal that resets and never answers */
            bench_reset(b);
        } else {
            uint8_t answer[] = { 0x80, 0x14,           0,    0,    0x0C, 0x81,
                                 0x03, b->response[4], 0x01, 0x09, 0x82, 0x02,
                                 0x82, 0x81,           0x83, 0x01, 0x00 };

            bench_apdu(b, SLICE_OF(answer));
            assert_int_equal(b->sw, 0x9000);
            bench_select(b);
        }
        assert_string_equal(bench_enabled(b), to[i]);
    }
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
    assert_int_equal(profile_count(profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"))), 2);
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

static slice nickname_by_default(struct fixture *f)
{
    slice list = profile_list(&f->b, bench_es10_hex(&f->b, "BF2D 0E A00C 5A0A %s", iccid_hex(B)));
    struct profile_info info;

    assert_true(schema_next(&T_profile_info, &list, &info));
    assert_true(info.profile_name.p);
    return info.profile_nickname;
}

/* EUC-029: without a tagList LPAs are told of nicknames, eIMs are not. */
static void EUC_029_nickname_in_the_default_list(void **state)
{
    struct fixture *f = *state;

    assert_hex(bench_es10_hex(&f->b, "BF29 11 5A0A %s 9003 414243", iccid_hex(B)), "BF2903800100");
    assert_null(nickname_by_default(f).p);
    bench_expect_hex(&f->b, "BF64 04 8202 0204", "BF64 06 800100 810100"); /* resetEimConfigData */
    assert_true(slice_eq_str(nickname_by_default(f), "ABC"));
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
        TEST(connectivity_of_the_profile),
        TEST(EUC_024_enable_with_refresh),
        TEST(EUC_024_refresh_between_commands),
        TEST(EUC_024_modes_of_refresh),
        TEST(EUC_024_enable_at_once),
        TEST(EUC_025_enable_refused),
        RULES(EUC_025_EUC_026_EUC_027_policy),
        TEST(EUC_026_disable),
        TEST(EUC_027_delete),
        TEST(EUC_029_nickname),
        TEST(EUC_029_nickname_in_the_default_list),
        TEST(EUC_030_default_address),
        CLASSES(EUC_041_test_profile),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
