/* The lines of lpac's stdio driver, against a card with ISD-R. */
#include "reader/stdio.h"

#include "reader/plain_card.h"

#define ASK(func, param)                                                                           \
    "{\"type\":\"apdu\",\"payload\":{\"func\":\"" func "\",\"param\":" param "}}"
#define ISDR   "\"A0000005591010FFFFFFFF8900000100\""
#define OK     "{\"type\":\"apdu\",\"payload\":{\"ecode\":0}}"
#define FAILED "{\"type\":\"apdu\",\"payload\":{\"ecode\":-1}}"

static struct stdio_card s;
static struct card_link link_of_card;

static int start(void **state)
{
    (void)state;
    link_of_card = card_link_in_process(plain_card(true));
    stdio_card_init(&s, &link_of_card);
    return 0;
}

/* answer NULL: none */
static void line(const char *request, const char *answer)
{
    char *text;

    assert_int_equal(stdio_answer(&s, slice_str(request), &text), E_OK);
    if (!answer)
        assert_null(text);
    else
        assert_string_equal(text, answer);
    free(text);
}

static void a_whole_conversation(void **state)
{
    (void)state;
    line(ASK("connect", "null"), OK);
    line(ASK("logic_channel_open", ISDR), "{\"type\":\"apdu\",\"payload\":{\"ecode\":1}}");
    line(ASK("transmit", "\"81e2910006bf3e035c015a\""),
         "{\"type\":\"apdu\",\"payload\":{\"ecode\":0,\"data\":\"6115\"}}");
    line(ASK("transmit", "\"81C0000015\""),
         "{\"type\":\"apdu\",\"payload\":{\"ecode\":0,\"data\":\"BF3E125A10" PLAIN_EID "9000\"}}");
    line(ASK("logic_channel_open", ISDR), "{\"type\":\"apdu\",\"payload\":{\"ecode\":2}}");
    line(ASK("logic_channel_close", "\"01\""), OK);
    line(ASK("transmit", "\"81E2910006BF3E035C015A\""),
         "{\"type\":\"apdu\",\"payload\":{\"ecode\":0,\"data\":\"6881\"}}");
    line(ASK("disconnect", "null"), OK);
    line(ASK("transmit", "\"80F2000C\""), FAILED);
    line(ASK("connect", "null"), OK);
    line(ASK("logic_channel_open", ISDR), "{\"type\":\"apdu\",\"payload\":{\"ecode\":1}}");
}

static void high_channels_have_their_class(void **state)
{
    (void)state;
    line(ASK("connect", "null"), OK);
    for (int n = 1; n < 20; n++) {
        char answer[64];

        snprintf(answer, sizeof answer, "{\"type\":\"apdu\",\"payload\":{\"ecode\":%d}}", n);
        line(ASK("logic_channel_open", ISDR), answer);
    }
    line(ASK("logic_channel_open", ISDR), FAILED);
    line(ASK("transmit", "\"CFE2910006BF3E035C015A\""),
         "{\"type\":\"apdu\",\"payload\":{\"ecode\":0,\"data\":\"6115\"}}");
}

static void a_channel_that_finds_nothing_is_closed_again(void **state)
{
    (void)state;
    line(ASK("connect", "null"), OK);
    line(ASK("logic_channel_open", "\"A0000000871002\""), FAILED);
    line(ASK("logic_channel_open", ISDR), "{\"type\":\"apdu\",\"payload\":{\"ecode\":1}}");
}

static void before_connect_nothing_is_done(void **state)
{
    (void)state;
    line(ASK("transmit", "\"80F2000C\""), FAILED);
    line(ASK("logic_channel_open", ISDR), FAILED);
    line(ASK("logic_channel_close", "\"01\""), FAILED);
}

static void malformed_requests_fail(void **state)
{
    (void)state;
    line(ASK("connect", "null"), OK);
    line(ASK("transmit", "\"80F2000\""), FAILED);
    line(ASK("transmit", "\"80F2\""), FAILED);
    line(ASK("transmit", "\"80F2000C0G\""), FAILED);
    line(ASK("transmit", "null"), FAILED);
    line(ASK("transmit", "12"), FAILED);
    line(ASK("logic_channel_open", "\"\""), FAILED);
    line(ASK("logic_channel_open", "\"A0000005591010FFFFFFFF890000010000\""), FAILED);
    line(ASK("logic_channel_close", "\"00\""), FAILED);
    line(ASK("logic_channel_close", "\"05FF\""), FAILED);
    line(ASK("reset", "null"), FAILED);
    line("{\"type\":\"apdu\"}", FAILED);
    line("{\"type\":\"apdu\",\"payload\":[]}", FAILED);
    line("{\"type\":\"apdu\",\"payload\":{\"func\":1}}", FAILED);
}

static void other_lines_are_left_alone(void **state)
{
    (void)state;
    line("{\"type\":\"lpa\",\"payload\":{\"code\":0}}", NULL);
    line("{\"type\":1}", NULL);
    line("[\"apdu\"]", NULL);
    line("{\"type\":\"apdu\"", NULL);
    line("", NULL);
    line("\xFF\xFE", NULL);
}

static void lines_come_from_a_stream(void **state)
{
    char text[] = ASK("connect", "null") "\n{\"type\":\"progress\"}\n\n" ASK("disconnect", "null");
    char out[256] = { 0 }, others[256] = { 0 };
    FILE *in = fmemopen(text, sizeof text - 1, "r"), *to = fmemopen(out, sizeof out, "w"),
         *rest = fmemopen(others, sizeof others, "w");

    (void)state;
    assert_int_equal(stdio_serve(&s, in, to, rest), E_CLOSED);
    fclose(in);
    fclose(to);
    fclose(rest);
    assert_string_equal(out, OK "\n" OK "\n");
    assert_string_equal(others, "{\"type\":\"progress\"}\n");
}

static void a_line_without_end_is_given_up(void **state)
{
    size_t n = 4 * STDIO_APDU_MAX;
    char *text = malloc(n), out[8];
    FILE *in, *to = fmemopen(out, sizeof out, "w");

    (void)state;
    memset(text, 'a', n);
    in = fmemopen(text, n, "r");
    assert_int_equal(stdio_serve(&s, in, to, to), E_LIMIT);
    fclose(in);
    fclose(to);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_whole_conversation, start),
        cmocka_unit_test_setup(high_channels_have_their_class, start),
        cmocka_unit_test_setup(a_channel_that_finds_nothing_is_closed_again, start),
        cmocka_unit_test_setup(before_connect_nothing_is_done, start),
        cmocka_unit_test_setup(malformed_requests_fail, start),
        cmocka_unit_test_setup(other_lines_are_left_alone, start),
        cmocka_unit_test_setup(lines_come_from_a_stream, start),
        cmocka_unit_test_setup(a_line_without_end_is_given_up, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
