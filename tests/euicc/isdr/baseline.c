#include "euicc/isdr/baseline.h"

#include "euicc/cat.h"

struct fixture *open_card(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    bench_open(&f->b, lab_get(CURVE_P256), 200000);
    lab_eim_open(&f->b, &f->e1, "eim1", CURVE_P256);
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

int setup(void **state)
{
    profiles(open_card(state), NULL, NULL, NULL);
    return 0;
}

int setup_notifying(void **state)
{
    static const struct meta all = { .class = 2, .events = ALL_EVENTS };

    profiles(open_card(state), &all, &all, &all);
    return 0;
}

int setup_rules(void **state)
{
    static const struct meta a = { .class = 2, .pprs = 2, .owner = true },
                             b = { .class = 2, .pprs = 4, .owner = true };

    profiles(open_card(state), &a, &b, NULL);
    return 0;
}

int setup_special(void **state)
{
    static const struct meta b = { .class = 2, .events = ALL_EVENTS, .extra = "9F6701FF" },
                             c = { .class = 2, .events = ALL_EVENTS, .extra = "9F7B01FF" };

    profiles(open_card(state), NULL, &b, &c);
    return 0;
}

int setup_classes(void **state)
{
    static const struct meta test = { .class = 0, .events = ALL_EVENTS },
                             provisioning = { .class = 1 };

    profiles(open_card(state), NULL, &test, &provisioning);
    return 0;
}

int teardown(void **state)
{
    struct fixture *f = *state;

    lab_eim_close(&f->e1);
    bench_close(&f->b);
    free(f);
    return 0;
}

const char *enable(struct fixture *f, const char *iccid)
{
    return eim_do(&f->b, &f->e1, "A0 0E A30C 5A0A %s", iccid_hex(iccid));
}

const char *enable_with_rollback(struct fixture *f, const char *iccid)
{
    return eim_do(&f->b, &f->e1, "A0 10 A30E 5A0A %s 0500", iccid_hex(iccid));
}

const char *disable(struct fixture *f, const char *iccid)
{
    return eim_do(&f->b, &f->e1, "A0 0E A40C 5A0A %s", iccid_hex(iccid));
}

const char *delete_it(struct fixture *f, const char *iccid)
{
    return eim_do(&f->b, &f->e1, "A0 0E A50C 5A0A %s", iccid_hex(iccid));
}

const char *set_fallback(struct fixture *f, const char *iccid)
{
    return eim_do(&f->b, &f->e1, "A0 0E A80C 5A0A %s", iccid_hex(iccid));
}

void make_busy(struct bench *b)
{
    bench_terminal_profile(b);
    assert_int_equal(cat_queue(b->card, 0x01, CAT_REFRESH_UICC_RESET, SLICE_NONE, NULL, NULL),
                     E_OK);
}

slice profile_list(struct bench *b, slice answer)
{
    struct profile_info_list_response r;

    answer = arena_copy(&b->arena, answer);
    assert_int_equal(schema_decode(&T_profile_info_list_response, answer, &r, NULL), E_OK);
    assert_int_equal(r.which, profile_info_list_response_is_profile_info_list_ok);
    return r.profile_info_list_ok;
}

unsigned profile_count(slice list)
{
    struct profile_info info;
    unsigned n = 0;

    while (schema_next(&T_profile_info, &list, &info))
        n++;
    return n;
}
