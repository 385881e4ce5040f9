/*
 * Servers that lie, fail, refuse or are not there; with one thing changed in what ours answers.
 * LPA-004: another serverAddress, challenge or transactionId: nothing is sent on.
 * LPA-005: what an ES9+ function answers as Failed is told; no later step; the session is over.
 * LPA-017: truncated JSON, HTTP 500, a web page: told, and the eUICC's session is cancelled.
 */
#include "lpa/shop.h"

static struct shop s;

static int set_up(void **state)
{
    (void)state;
    shop_open(&s);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shop_close(&s);
    return 0;
}

/* The octet of serverSigned1 that follows this one is changed. */
static uint8_t after_tag;
static size_t at_octet;

static void other_signed1(struct shop *shop, struct answer *a)
{
    slice signed1 = shop_octets(shop, a->body, "serverSigned1");
    struct der_reader r = der_reader(signed1), in = der_reader(der_take(&r).value);

    while (der_more(&in)) {
        struct tlv t = der_take(&in);

        if (t.tag == after_tag)
            ((uint8_t *)(uintptr_t)t.value.p)[at_octet] ^= 1;
    }
    a->body = shop_set_octets(shop, a->body, "serverSigned1", signed1);
}

static void other_transaction(struct shop *shop, struct answer *a)
{
    a->body = shop_set(shop, a->body, "transactionId", "\"00112233445566778899AABBCCDDEEFF\"");
}

static void refuses(const struct ware *w, const char *function,
                    void (*twist)(struct shop *, struct answer *), enum err want)
{
    struct lpa_installed done;
    enum err e;

    s.twist = twist;
    s.function = function;
    e = shop_download(&s, w, &done);
    if (e != want)
        fail_msg("%s instead of %s: %s", err_name(e), err_name(want), shop_said(&s));
    assert_int_equal(s.twisted, 1);
    assert_int_equal(done.iccid[0], 0);
    assert_null(strstr(s.functions, "BF36"));
}

static void what_does_not_fit(void **state)
{
    static const struct {
        uint8_t tag, octet;
    } signed1[] = { { 0x80, 0 }, { 0x81, 15 }, { 0x83, 3 } };
    struct ware w = { .number = 1 };

    (void)state;
    shop_order(&s, &w);
    for (size_t i = 0; i < COUNT(signed1); i++) {
        after_tag = signed1[i].tag;
        at_octet = signed1[i].octet;
        refuses(&w, "initiateAuthentication", other_signed1, E_CONFLICT);
        assert_contains(shop_said(&s), "does not fit");
        assert_string_equal(shop_heard(&s), " initiateAuthentication");
        assert_null(strstr(s.functions, "BF38"));
    }
    refuses(&w, "initiateAuthentication", other_transaction, E_CONFLICT);
    assert_string_equal(shop_heard(&s), " initiateAuthentication");
    refuses(&w, "authenticateClient", other_transaction, E_CONFLICT);
    assert_string_equal(shop_heard(&s), " initiateAuthentication authenticateClient");
    assert_contains(s.functions, "BF38 BF41");
    refuses(&w, "getBoundProfilePackage", other_transaction, E_CONFLICT);
    assert_string_equal(shop_heard(&s),
                        " initiateAuthentication authenticateClient getBoundProfilePackage");
    assert_contains(s.functions, "BF21 BF41");
    assert_null(strstr(s.functions, "BF36"));
    shop_succeeds(&s, &w);
}

/* A server that the eUICC does not believe hears that, and no more. */
static void other_signature(struct shop *shop, struct answer *a)
{
    slice sig = shop_octets(shop, a->body, "serverSignature1");

    ((uint8_t *)(uintptr_t)sig.p)[sig.n - 1] ^= 1;
    a->body = shop_set_octets(shop, a->body, "serverSignature1", sig);
}

static void an_unproven_server(void **state)
{
    struct ware w = { .number = 1 };

    (void)state;
    shop_order(&s, &w);
    refuses(&w, "initiateAuthentication", other_signature, E_REFUSED);
    assert_string_equal(lpa_trouble(s.lpa)->card_error, "invalidSignature");
    assert_string_equal(shop_heard(&s), " initiateAuthentication authenticateClient");
    shop_succeeds(&s, &w);
}

/* ---- the server says no ---- */

static void failed(struct shop *shop, struct answer *a)
{
    (void)shop;
    a->body = SLICE_LIT("{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\","
                        "\"statusCodeData\":{\"subjectCode\":\"8.1.1\",\"reasonCode\":\"3.8\","
                        "\"message\":\"no \\u001b[31mway\"}}}}");
}

static void a_failed_function(void **state)
{
    static const struct {
        const char *function, *heard;
    } rows[] = {
        { "initiateAuthentication", " initiateAuthentication" },
        { "authenticateClient", " initiateAuthentication authenticateClient" },
        { "getBoundProfilePackage",
          " initiateAuthentication authenticateClient getBoundProfilePackage" },
    };
    struct ware w = { .number = 1 };

    (void)state;
    shop_order(&s, &w);
    for (size_t i = 0; i < COUNT(rows); i++) {
        refuses(&w, rows[i].function, failed, E_REFUSED);
        assert_string_equal(lpa_trouble(s.lpa)->subject, "8.1.1");
        assert_string_equal(lpa_trouble(s.lpa)->reason, "3.8");
        assert_contains(shop_said(&s), "8.1.1/3.8");
        assert_contains(shop_said(&s), "no ?[31mway");
        assert_string_equal(shop_heard(&s), rows[i].heard);
        assert_int_equal(strstr(s.functions, "BF41") != NULL, i > 0);
    }
    shop_succeeds(&s, &w);
}

static void an_unknown_matching_id(void **state)
{
    struct ware w = { .number = 1 }, other = { .matching_id = "NO-SUCH" };
    struct lpa_installed done;

    (void)state;
    shop_order(&s, &w);
    assert_int_equal(shop_download(&s, &other, &done), E_REFUSED);
    assert_string_equal(lpa_trouble(s.lpa)->subject, "8.2.6");
    assert_string_equal(lpa_trouble(s.lpa)->reason, "3.8");
    assert_int_equal(shop_state(&s, &w), SMDP_RELEASED);
}

/* ---- LPA-017 ---- */

static void truncated(struct shop *shop, struct answer *a)
{
    (void)shop;
    a->body.n = a->body.n * 2 / 3;
}

static void http_500(struct shop *shop, struct answer *a)
{
    (void)shop;
    a->status = 500;
    a->body = SLICE_EMPTY;
}

static void web_page(struct shop *shop, struct answer *a)
{
    (void)shop;
    a->content_type = SLICE_LIT("text/html");
    a->body = SLICE_LIT("<!DOCTYPE html><title>welcome</title>");
}

static void missing_member(struct shop *shop, struct answer *a)
{
    a->body = shop_set(shop, a->body, "transactionId", NULL);
}

static void damaged_answers(void **state)
{
    static void (*const twists[])(struct shop *, struct answer *) = { truncated, http_500, web_page,
                                                                      missing_member };
    static const char *const functions[] = { "initiateAuthentication", "authenticateClient",
                                             "getBoundProfilePackage" };
    struct ware w = { .number = 1 };
    struct lpa_installed done;

    (void)state;
    shop_order(&s, &w);
    for (size_t i = 0; i < COUNT(twists) * COUNT(functions); i++) {
        size_t f = i % COUNT(functions);

        s.twist = twists[i / COUNT(functions)];
        s.function = functions[f];
        assert_int_not_equal(shop_download(&s, &w, &done), E_OK);
        assert_contains(shop_said(&s), s.twist == http_500 ? "HTTP 500" : "cannot be read");
        assert_int_equal(strstr(s.functions, "BF41") != NULL, f > 0);
        assert_int_equal(shop_reason(&s), f > 0 ? CANCEL_SESSION_TIMEOUT : -1);
        assert_int_equal(shop_state(&s, &w), SMDP_RELEASED);
    }
    shop_succeeds(&s, &w);
}

static void a_server_out_of_reach(void **state)
{
    struct lpa_order order = { .address = SLICE_LIT("nobody.example.com") };
    struct lpa_installed done;

    (void)state;
    assert_int_equal(lpa_download(s.lpa, &order, &done), E_NETWORK);
    order.address = SLICE_LIT("name:");
    assert_int_equal(lpa_download(s.lpa, &order, &done), E_ARGUMENT);
    order.address = SLICE_LIT("name:99999");
    assert_int_equal(lpa_download(s.lpa, &order, &done), E_ARGUMENT);
    order.address = SLICE_LIT("name\r\nX-Other: field");
    assert_int_equal(lpa_download(s.lpa, &order, &done), E_ARGUMENT);
    assert_int_equal(s.call_count, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_does_not_fit),      TEST(an_unproven_server), TEST(a_failed_function),
        TEST(an_unknown_matching_id), TEST(damaged_answers),    TEST(a_server_out_of_reach),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
