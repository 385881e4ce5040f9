/* Each quirk against a card whose exchanges are written down. */
#include "reader/quirks.h"

#include "reader/plain_card.h"

#include <time.h>

static struct quirk_link q;

static struct card_link with(struct script *s, const struct quirks *quirks)
{
    static struct card_link inner;

    inner = script_link(s);
    return quirk_link(&q, &inner, quirks);
}

static void nothing_is_changed_without_quirks(void **state)
{
    struct script s = { 0 };
    struct card_link link = with(&s, &(struct quirks){ 0 });

    (void)state;
    script_add(&s, "00A40004023F00", "6120");
    script_add(&s, "00B0000000", "6C0A");
    exchange(&link, "00A40004023F00", "6120");
    exchange(&link, "00B0000000", "6C0A");
}

static void long_answers_come_in_parts(void **state)
{
    struct script s = { 0 };
    struct card_link link = with(&s, &(struct quirks){ .response_max = 3 });

    (void)state;
    script_add(&s, "01B0000007", "010203040506079000");
    exchange(&link, "01B0000007", "0102036104");
    exchange(&link, "01C0000004", "0405066101");
    exchange(&link, "01C0000001", "079000");
    /* nothing waits any more: the card is asked again */
    script_add(&s, "01C0000001", "6F00");
    exchange(&link, "01C0000001", "6F00");
}

static void le_of_get_response_is_kept(void **state)
{
    struct script s = { 0 };
    struct card_link link = with(&s, &(struct quirks){ .response_max = 3 });

    (void)state;
    script_add(&s, "00B0000007", "010203040506079110");
    exchange(&link, "00B0000007", "0102036104");
    exchange(&link, "00C0000002", "04056102");
    exchange(&link, "00C0000000", "06079110");
}

static void another_command_drops_the_rest(void **state)
{
    struct script s = { 0 };
    struct card_link link = with(&s, &(struct quirks){ .response_max = 1 });

    (void)state;
    script_add(&s, "00B0000002", "01029000");
    script_add(&s, "00A40004023F00", "9000");
    script_add(&s, "00C0000001", "6F00");
    exchange(&link, "00B0000002", "016101");
    exchange(&link, "00A40004023F00", "9000");
    exchange(&link, "00C0000001", "6F00");
}

static void the_rest_belongs_to_its_channel(void **state)
{
    struct script s = { 0 };
    struct card_link link = with(&s, &(struct quirks){ .response_max = 1 });

    (void)state;
    script_add(&s, "00B0000002", "01029000");
    script_add(&s, "01C0000001", "6F00");
    exchange(&link, "00B0000002", "016101");
    exchange(&link, "01C0000001", "6F00");
}

static void answers_are_fetched(void **state)
{
    struct script s = { 0 };
    struct card_link link = with(&s, &(struct quirks){ .more = MORE_FETCHED });

    (void)state;
    script_add(&s, "81E2910003BF2E00", "6103");
    script_add(&s, "81C0000003", "01026101");
    script_add(&s, "81C0000001", "039110");
    exchange(&link, "81E2910003BF2E00", "0102039110");
}

static void fetched_answers_come_in_parts_too(void **state)
{
    struct script s = { 0 };
    struct card_link link = with(&s, &(struct quirks){ .more = MORE_FETCHED, .response_max = 2 });

    (void)state;
    script_add(&s, "81E2910003BF2E00", "6103");
    script_add(&s, "81C0000003", "0102039000");
    exchange(&link, "81E2910003BF2E00", "01026101");
    exchange(&link, "81C0000001", "039000");
}

static void wrong_le_is_told_in_three_ways(void **state)
{
    struct script s = { 0 };
    struct card_link link = with(&s, &(struct quirks){ .wrong_le = WRONG_LE_6700 });

    (void)state;
    script_add(&s, "00B0000014", "6C0A");
    exchange(&link, "00B0000014", "6700");
    link = with(&s, &(struct quirks){ .wrong_le = WRONG_LE_ANSWERED });
    script_add(&s, "00B0000014", "6C02");
    script_add(&s, "00B0000002", "98109000");
    exchange(&link, "00B0000014", "98109000");
}

static void answers_are_slow(void **state)
{
    struct script s = { 0 };
    struct card_link link = with(&s, &(struct quirks){ .delay_ms = 30 });
    struct timespec a, b;

    (void)state;
    script_add(&s, "00A40004023F00", "9000");
    clock_gettime(CLOCK_MONOTONIC, &a);
    exchange(&link, "00A40004023F00", "9000");
    clock_gettime(CLOCK_MONOTONIC, &b);
    assert_true((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >= 29);
}

static void a_card_that_left_is_out_of_reach(void **state)
{
    struct script s = { 0 };
    struct card_link link = with(&s, &(struct quirks){ .response_max = 4 });
    uint8_t atr[33];
    size_t n;

    (void)state;
    script_add(&s, "00A40004023F00", NULL);
    exchange(&link, "00A40004023F00", NULL);
    assert_int_equal(card_link_reset(&link, atr, sizeof atr, &n), E_OK);
    assert_int_equal(s.resets, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_changed_without_quirks),
        cmocka_unit_test(long_answers_come_in_parts),
        cmocka_unit_test(le_of_get_response_is_kept),
        cmocka_unit_test(another_command_drops_the_rest),
        cmocka_unit_test(the_rest_belongs_to_its_channel),
        cmocka_unit_test(answers_are_fetched),
        cmocka_unit_test(fetched_answers_come_in_parts_too),
        cmocka_unit_test(wrong_le_is_told_in_three_ways),
        cmocka_unit_test(answers_are_slow),
        cmocka_unit_test(a_card_that_left_is_out_of_reach),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
