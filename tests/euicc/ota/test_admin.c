/* Sessions of SCP81: requests, whom a script is for, scripts, and what a server may say. */
#include "euicc/ota/admin_lab.h"

static void the_first_request(void **state)
{
    static const uint8_t psk[16] = { 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

    (void)state;
    push();
    assert_string_equal(web.host, "sr.example:8443");
    assert_string_equal(web.path, "/admin");
    assert_memory_equal(web.r.address.p, "\xC0\x00\x02\x01", 4);
    assert_int_equal(web.r.address.n, 4);
    assert_string_equal(web.identity, "card-1");
    assert_int_equal(web.r.tls.psk.n, 16);
    assert_memory_equal(web.psk, psk, 16);
    assert_null(web.r.body.p);
    assert_string_equal(web.headers,
                        PROTOCOL "\r\nX-Admin-From: //aa-id/aid/A000000151/000000\r\n");
    assert_null(web.network->dns.p);
    assert_null(web.network->access_name.p);
    ota_expect(&u, &ram, "019300", "8100"); /* one at a time */
    assert_int_equal(web.posts, 1);
    answer(204, FIELDS(PROTOCOL), "");
    expect_idle();
    assert_int_equal(web.posts, 1);
    push();
    assert_int_equal(web.posts, 2);
}

static void files_are_refreshed(void **state)
{
    (void)state;
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    push();
    script(AT_USIM, ETSI, WRITE("5A"), WRITTEN);
    terminal_do(&u, CAT_REFRESH, "00", "");
    assert_int_equal(read_file(), 0x5A);
}

static void files_and_registry(void **state)
{
    (void)state;
    assert_int_equal(read_file(), 0xFF);
    push();
    script(AT_USIM, ETSI, WRITE("5A"), WRITTEN);
    assert_string_equal(web.path, "/admin?n=2");
    assert_string_equal(web.headers,
                        PROTOCOL "\r\nX-Admin-From: //aa-id/aid/A000000151/000000\r\n"
                                 "X-Admin-Script-Status: ok\r\nContent-Type: "
                                 "application/vnd.etsi.scp.response-data;version=1.0\r\n");
    assert_int_equal(read_file(), 0x5A);
    /* nothing at the moment, but come again */
    answer(204, FIELDS(PROTOCOL, "x-admin-next-uri:/later"), "");
    assert_string_equal(web.path, "/later");
    assert_null(web.r.body.p);
    assert_false(says_header("X-Admin-Script-Status: ok"));
    /* the domain, without a name; a definite template is answered by one */
    script(NULL, GP, "AA0A 2208 80F2800202 4F00 00",
           "AB1C 800101 2317 E3134F08A0000001510000009F70010FC50382DC00 9000");
    assert_true(says_header(
        "Content-Type: application/vnd.globalplatform.card-content-mgt-response;version=1.0"));
    /* by its name, also with the content type of TS 102 226 */
    script("X-Admin-Targeted-Application: //aid/A000000151/000000", GP,
           "AE80 2208 80F2800002 4F00 00 0000",
           "AF80 800101 230D 08A0000001510000000F82 9000 0000");
    script("X-Admin-Targeted-Application:  //AID/a000000151000000 ", ETSI,
           "AE80 2208 80F2800002 4F00 00 0000",
           "AF80 800101 230D 08A0000001510000000F82 9000 0000");
    /* a domain below it: its keys are told */
    script("X-Admin-Targeted-Application: //aid/A000000151/000001", GP, "AE80 2205 80CA00E000 0000",
           "AF80 800101 2328 E024 C00401018810 C00402018810 C00403018810 C00401418520 C00402418510"
           "C00401508510 9000 0000");
    /* an empty script, and one whose answer nobody wants */
    script(NULL, ETSI, "AE80 0000", "AF80 800100 0000");
    answer(200, FIELDS(PROTOCOL, ETSI, AT_USIM), WRITE("A5"));
    expect_idle();
    assert_int_equal(read_file(), 0xA5);
}

static void targets(void **state)
{
    static const struct {
        const char *target, *content, *status;
    } rows[] = {
        { AT_USIM, ETSI, "ok" },
        { AT_USIM, GP, "not-a-security-domain" },
        { "X-Admin-Targeted-Application: //aid/A000000559/10100009", ETSI, "unknown-application" },
        { "X-Admin-Targeted-Application: //aid/A000000559/10100009", GP, "unknown-application" },
        { "X-Admin-Targeted-Application: //aid/A000000559/1010000", ETSI, "unknown-application" },
        { "X-Admin-Targeted-Application: //aid/A0000005/5910100002", ETSI, "unknown-application" },
        { "X-Admin-Targeted-Application: //aid/A000000559/10100002/", ETSI, "unknown-application" },
        { "X-Admin-Targeted-Application: //aid/A00000055910100002000000000000000000", ETSI,
          "unknown-application" },
        { "X-Admin-Targeted-Application: //aid/", ETSI, "unknown-application" },
        { "X-Admin-Targeted-Application:", ETSI, "unknown-application" },
        { "X-Admin-Targeted-Application: A00000055910100002", ETSI, "unknown-application" },
        /* of the domain below; one whose level asks for a signature */
        { "X-Admin-Targeted-Application: //aid/A000000559/10100006", ETSI, "security-error" },
        { "X-Admin-Targeted-Application: //aid/A000000559/10100007", ETSI, "security-error" },
        { AT_NONE, ETSI, "ok" },
        { AT_UICC, ETSI, "ok" },
    };

    (void)state;
    push();
    for (size_t i = 0; i < COUNT(rows); i++) {
        char wanted[80];
        bool ok = strcmp(rows[i].status, "ok") == 0;

        script(rows[i].target, rows[i].content, "AE80 2207 00A4000C023F00 0000",
               ok ? "AF80 800101 2302 9000 0000" : "");
        snprintf(wanted, sizeof wanted, "X-Admin-Script-Status: %s", rows[i].status);
        if (!says_header(wanted))
            print_error("%s: %s\n", rows[i].target, web.headers);
        assert_true(says_header(wanted));
    }
    /* locked: 80F0 40 87 of the instance */
    ota_expect(&u, &ram, "019000", "80F0408709 A00000055910100002");
    script(AT_USIM, ETSI, WRITE("66"), "");
    assert_true(says_header("X-Admin-Script-Status: unknown-application"));
    ota_expect(&u, &ram, "019000", "80F0400709 A00000055910100002");
    script(AT_USIM, ETSI, WRITE("66"), WRITTEN);
    /* the files of one instance are closed to the other, and its PINs are the session's */
    script(AT_NONE, ETSI, "AE80 2207 00A4000C022F00 2205 00B2010420 0000",
           "AF80 800102 2302 9000 2302 6982 0000");
    script(AT_USIM, ETSI, "AE80 220D 0020000A083535353535353535 0000",
           "AF80 800101 2302 9000 0000");
    uicc_expect(&u, 0x9000, "", USIM);
    uicc_expect(&u, 0x63CA, "", "0020000A");
    /* and the terminal's are the terminal's */
    uicc_expect(&u, 0x9000, "", "0020000A 08 3535353535353535");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F43");
    script(AT_NONE, ETSI, "AE80 2207 00A4000C023F00 0000", "AF80 800101 2302 9000 0000");
    uicc_expect(&u, 0x9000, "66", "00B0000001");
}

static void malformed_scripts(void **state)
{
    static const struct {
        const char *script, *answer;
    } rows[] = {
        { "AE80 2207 00A4000C022F00 0000", "AF80 800101 2302 9000 0000" },
        { "AE80 2207 00A4000C022F00 00", "AF80 800101 2302 9000 900102 0000" },
        { "AE80 2207 00A4000C022F00", "AF80 800100 900103 0000" },
        { "AE80 2307 00A4000C022F00 0000", "AF80 800100 900101 0000" },
        { "AE80 2208 00A4000C022F00 0000", "AF80 800101 2302 9000 900102 0000" },
        { "AE80 2281FF 00A4 0000", "AF80 800100 900102 0000" },
        { "AE80 830111 2207 00A4000C022F00 0000", "AF80 800100 900101 0000" }, /* chaining */
        { "AE", "AF80 800100 900103 0000" },
        { "AE05 2203 00A400 0000", "AF80 800100 900102 0000" },
        { "AA09 2207 00A4000C022F00", "AB07 800101 2302 9000" },
        { "AA0A 2207 00A4000C022F00", "AB06 800100 900102" },
        { "AA08 2207 00A4000C022F00", "AB06 800100 900102" },
        { "00A4000C022F00", "AF80 800100 900101 0000" }, /* compact is not for HTTP */
        { "81028300", "AF80 800100 900101 0000" },
        { "AE80 2207 00A4000C026FFF 2207 00A4000C022F00 0000", "AF80 800101 2302 6A82 0000" },
        { "AE80 2207 01A4000C022F00 0000", "AF80 800101 2302 6881 0000" },
        { "AE80 2207 04A4000C022F00 0000", "AF80 800101 2302 6882 0000" },
        { "AE80 2200 0000", "AF80 800101 2302 6700 0000" },
    };

    (void)state;
    push();
    for (size_t i = 0; i < COUNT(rows); i++)
        script_at(AT_UICC, ETSI, rows[i].script, rows[i].answer, (int)i);
    assert_int_equal(read_file(), 0xFF);
}

/* 4096 octets in pieces of 237; one more is too much, and does nothing. */
static void long_scripts(void **state)
{
    static uint8_t octets[ADMIN_SCRIPT_MAX + 1];
    static const uint8_t update[] = { 0x22, 6, 0, 0xD6, 0, 0, 1, 0x5A };
    size_t n = 0;

    (void)state;
    push();
    memcpy(octets, "\xAE\x80\x22\x07\x00\xA4\x00\x0C\x02\x6F\x43", 11);
    memcpy(octets + 11, update, sizeof update);
    n = 11 + sizeof update;
    /* STATUS with as much padding in its data as is left: refused, and the last one */
    octets[n++] = 0x22;
    octets[n++] = 0x82;
    size_t filler = ADMIN_SCRIPT_MAX - n - 2 - 2;
    octets[n++] = (uint8_t)(filler >> 8);
    octets[n++] = (uint8_t)filler;
    answer_octets(200, FIELDS(PROTOCOL, NEXT, ETSI, AT_USIM), slice_of(octets, ADMIN_SCRIPT_MAX),
                  237);
    expect_body("AF80 800103 2302 9000 2302 9000 2302 6700 0000");
    assert_int_equal(read_file(), 0x5A);
    octets[18] = 0x5B;
    answer_octets(200, FIELDS(PROTOCOL, NEXT, ETSI, AT_USIM), SLICE_OF(octets), 237);
    assert_true(says_header("X-Admin-Script-Status: security-error"));
    assert_null(web.r.body.p);
    assert_int_equal(read_file(), 0x5A);
    answer(204, FIELDS(PROTOCOL), "");
    expect_idle();
}

/* The answer is cut where it is full, and the script ends there. */
static void long_answers(void **state)
{
    static uint8_t octets[600];
    static const uint8_t select[] = { 0x22, 7, 0, 0xA4, 0, 0x0C, 2, 0x2F, 0x06 };
    static const uint8_t read[] = { 0x22, 5, 0, 0xB2, 1, 4, 0 };
    size_t n = 2;

    (void)state;
    push();
    memcpy(octets, "\xAE\x80", 2);
    memcpy(octets + n, select, sizeof select);
    octets[n + 8] = 0x00; /* EF_DIR: records of 32 */
    n += sizeof select;
    for (unsigned i = 0; i < 80; i++, n += sizeof read)
        memcpy(octets + n, read, sizeof read);
    n += 2;
    answer_octets(200, FIELDS(PROTOCOL, NEXT, ETSI, AT_UICC), slice_of(octets, n), 100);
    assert_in_range(web.body_n, ADMIN_ANSWER_MAX - 8, ADMIN_ANSWER_MAX);
    assert_int_equal(web.body[4], 1 + 57); /* as many as fit */
    assert_memory_equal(web.body + web.body_n - 4, "\x62\xF1\0\0", 4);
}

static void answers(void **state)
{
    static const struct {
        int status;
        const char *a, *b, *c, *body;
        bool goes_on;
    } rows[] = {
        { 200, PROTOCOL, NEXT, ETSI, "AE800000", true },
        { 200, PROTOCOL, NEXT, GP, "AE800000", true },
        { 200, PROTOCOL, NEXT, "content-type:\tAPPLICATION/VND.ETSI.SCP.COMMAND-DATA", "AE800000",
          true },
        { 200, PROTOCOL, NEXT, "Server: x", "", true },
        { 204, NEXT, "Server: x", "X", "", true },
        { 200, PROTOCOL, ETSI, "X-Admin-Next-URI: https://SR.example:8443/2", "AE800000", true },
        { 200, PROTOCOL, ETSI, "X-Admin-Next-URI: http://sr.example/2", "AE800000", true },
        { 200, NEXT, ETSI, "Server: x", "AE800000", false }, /* whose protocol? */
        { 200, "X-Admin-Protocol: globalplatform-remote-admin/2.0", NEXT, ETSI, "AE800000", false },
        { 200, PROTOCOL, NEXT, "Content-Type: text/html", "AE800000", false },
        { 200, PROTOCOL, NEXT, "Content-Type: application/vnd.etsi.scp.command-data;version=2.0",
          "AE800000", false },
        { 200, PROTOCOL, NEXT, "Server: x", "AE800000", false },
        { 200, PROTOCOL, ETSI, "X-Admin-Next-URI: other", "AE800000", false },
        { 200, PROTOCOL, ETSI, "X-Admin-Next-URI: /a b", "AE800000", false },
        { 200, PROTOCOL, ETSI, "X-Admin-Next-URI: https://other/2", "AE800000", false },
        { 302, PROTOCOL, ETSI, NEXT, "AE800000", false },
        { 404, PROTOCOL, ETSI, NEXT, "", false },
        { 503, PROTOCOL, ETSI, NEXT, "AE800000", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        begin(OTA_ADMIN_ELEMENTS);
        push();
        answer(rows[i].status, FIELDS(rows[i].a, rows[i].b, rows[i].c), rows[i].body);
        if (web.busy != rows[i].goes_on)
            print_error("row %zu\n", i);
        assert_int_equal(web.busy, rows[i].goes_on);
        assert_int_equal(web.posts, rows[i].goes_on ? 2 : 1);
        if (!rows[i].goes_on)
            expect_timer("000050"); /* it will be tried again */
    }
    begin(OTA_ADMIN_ELEMENTS); /* twice the same, and a URI as long as it may be */
    push();
    answer(200, FIELDS(PROTOCOL, NEXT, NEXT, ETSI), "AE800000");
    assert_false(web.busy);
    char uri[400] = "X-Admin-Next-URI: /";
    memset(uri + 19, 'x', ADMIN_URI_MAX);
    begin(OTA_ADMIN_ELEMENTS);
    push();
    answer(200, FIELDS(PROTOCOL, uri, ETSI), "AE800000");
    assert_false(web.busy);
    uri[18 + ADMIN_URI_MAX] = 0;
    begin(OTA_ADMIN_ELEMENTS);
    push();
    answer(200, FIELDS(PROTOCOL, uri, ETSI), "AE800000");
    assert_true(web.busy);
    assert_string_equal(web.path, uri + 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_first_request, setup),
        cmocka_unit_test_setup(files_and_registry, setup),
        cmocka_unit_test_setup(files_are_refreshed, setup),
        cmocka_unit_test_setup(targets, setup),
        cmocka_unit_test_setup(malformed_scripts, setup),
        cmocka_unit_test_setup(long_scripts, setup),
        cmocka_unit_test_setup(long_answers, setup),
        cmocka_unit_test_setup(answers, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
