/* What the trace prints: names, and never a PIN or key. */
#include "reader/trace.h"

#include "reader/plain_card.h"

static struct trace t;
static char printed[65536];
static size_t printed_n;

static void put(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    assert_true(printed_n + n < sizeof printed);
    memcpy(printed + printed_n, text, n);
    printed_n += n;
    printed[printed_n] = 0;
}

static struct card_link traced(struct card_link *inner)
{
    const struct text_sink sink = { put, NULL };

    printed_n = 0;
    printed[0] = 0;
    return trace_link(&t, inner, &sink);
}

static void says(const char *text)
{
    if (!strstr(printed, text))
        fail_msg("'%s' is not in:\n%s", text, printed);
    printed_n = 0;
    printed[0] = 0;
}

static void says_not(const char *text)
{
    if (strstr(printed, text))
        fail_msg("'%s' is in:\n%s", text, printed);
}

static void es10_functions_have_their_names(void **state)
{
    struct card_link inner = card_link_in_process(plain_card(true)), link = traced(&inner);

    (void)state;
    exchange(&link, "0070000001", "019000");
    says("MANAGE CHANNEL, open\n");
    exchange(&link, "01A4040010A0000005591010FFFFFFFF8900000100", "6126");
    says("> 01A4040010A0000005591010FFFFFFFF8900000100\n  SELECT on channel 1 ISD-R\n< 6126\n"
         "  38 octets more by GET RESPONSE");
    exchange(&link, "81E2110003BF3E03", "9000");
    says("STORE DATA on channel 1, block 0\n< 9000\n");
    exchange(&link, "81E29101035C015A", "6115");
    says("STORE DATA on channel 1, block 1, last\n  (ES10c request)\n  GetEuiccDataRequest\n"
         "    tagList: 5A\n");
    exchange(&link, "81C0000010", "BF3E125A1089049032123451234500006105");
    says_not("GetEuiccDataResponse");
    exchange(&link, "81C0000005", "00000001869000");
    says("  (ES10c response)\n  GetEuiccDataResponse\n    eidValue: " PLAIN_EID "\n");
    exchange(&link, "81E2910003BF7F00", "6A88");
    says("no ES10 request of tag BF7F decodes");
}

static void files_have_their_names(void **state)
{
    struct script s = { 0 };
    struct card_link inner = script_link(&s), link = traced(&inner);
    static const char *const steps[][3] = {
        { "00A40004022FE2", "6120", "SELECT EF_ICCID (2FE2)\n" },
        { "00A4040C07A0000000871002", "9000", "SELECT ADF_USIM\n" },
        { "00A4000C026F07", "9000", "SELECT EF_IMSI (6F07)\n" },
        { "00A4080C047FFF6F42", "9000", "SELECT by path from the MF: ADF_USIM (7FFF) EF_SMSP" },
        { "00A4000C023F00", "9000", "SELECT MF (3F00)\n" },
        { "00A4000C027F10", "9000", "SELECT DF_TELECOM (7F10)\n" },
        { "00A4000C026F06", "9000", "SELECT EF_ARR (6F06)\n" },
        { "00A4000C026FEE", "6A82", "SELECT 6FEE\n" },
        { "00B2010420", "6A83", "READ RECORD\n< 6A83\n  record not found\n" },
        { "00FB000000", "6D00", "command FB\n" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(steps); i++) {
        script_add(&s, steps[i][0], steps[i][1]);
        exchange(&link, steps[i][0], steps[i][1]);
        says(steps[i][2]);
    }
}

static void a_refused_select_leaves_the_place(void **state)
{
    struct script s = { 0 };
    struct card_link inner = script_link(&s), link = traced(&inner);

    (void)state;
    script_add(&s, "00A4040C07A0000000871002", "6A82");
    script_add(&s, "00A4000C026F07", "6A82");
    exchange(&link, "00A4040C07A0000000871002", "6A82");
    says("ADF_USIM");
    exchange(&link, "00A4000C026F07", "6A82");
    says("SELECT 6F07\n");
}

static void secrets_are_not_printed(void **state)
{
    struct script s = { 0 };
    struct card_link inner = script_link(&s), link = traced(&inner);

    (void)state;
    script_add(&s, "0020000108313233345A5A5A5A", "63C2");
    exchange(&link, "0020000108313233345A5A5A5A", "63C2");
    says_not("31323334");
    says("> 0020000108 [8 octets not shown]");
    /* one octet too many: the card refuses the length, the digits stay unseen all the same */
    script_add(&s, "0020000104313233345A5A", "6700");
    exchange(&link, "0020000104313233345A5A", "6700");
    says_not("31323334");
    script_add(&s, "0088008102FFFF", "6104");
    script_add(&s, "00C0000004", "DB02ABCD9000");
    exchange(&link, "0088008102FFFF", "6104");
    exchange(&link, "00C0000004", "DB02ABCD9000");
    says_not("ABCD");
    says("[4 octets not shown] 9000\n  normal ending");
}

static void any_octets_can_be_traced(void **state)
{
    struct card_link inner = card_link_in_process(plain_card(true)), link = traced(&inner);
    uint8_t response[CARD_RESPONSE_MAX], command[300];
    size_t n;

    (void)state;
    for (unsigned i = 0; i < 4000; i++) {
        size_t length = i % 40;

        for (size_t k = 0; k < length; k++)
            command[k] = (uint8_t)(i * 2654435761u >> (k % 24));
        assert_int_equal(
            card_link_transmit(&link, slice_of(command, length), response, sizeof response, &n),
            E_OK);
        assert_true(n >= 2);
        printed_n = 0;
    }
}

static void requests_that_are_too_long_are_said_to_be(void **state)
{
    struct script s = { 0 };
    struct card_link inner = script_link(&s), link = traced(&inner);
    static char command[2 * 260 + 1];

    (void)state;
    script_add(&s, "01A4040010A0000005591010FFFFFFFF8900000100", "9000");
    exchange(&link, "01A4040010A0000005591010FFFFFFFF8900000100", "9000");
    for (unsigned i = 0; i <= 100; i++) {
        int n = snprintf(command, sizeof command, "81E2%s%02XFF", i < 100 ? "11" : "91", i);

        memset(command + n, 'A', 510);
        command[n + 510] = 0;
        s.count = s.at = 0;
        script_add(&s, command, "9000");
        exchange(&link, command, "9000");
    }
    says("too long to be printed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(es10_functions_have_their_names),
        cmocka_unit_test(files_have_their_names),
        cmocka_unit_test(a_refused_select_leaves_the_place),
        cmocka_unit_test(secrets_are_not_printed),
        cmocka_unit_test(any_octets_can_be_traced),
        cmocka_unit_test(requests_that_are_too_long_are_said_to_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
