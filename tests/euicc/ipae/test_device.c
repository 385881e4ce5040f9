/* What the eIM hears of the device: that it is another one, and that it switches by itself. */
#include "der/der.h"
#include "euicc/ipae/case.h"

#include <string.h>

static struct house house;
static struct card_case c;

static int open_all(void **state)
{
    (void)state;
    house_open(&house);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    house_close(&house);
    return 0;
}

static int with_ca(void **state)
{
    (void)state;
    case_open(&c, &house, TRUST_CA);
    return 0;
}

static int gone(void **state)
{
    (void)state;
    case_close(&c);
    return 0;
}

static int64_t psmo(enum house_order what, const struct stock *s)
{
    return house_psmo(&house, c.personality.eid, what, s);
}

static void done(int64_t id)
{
    assert_int_equal(case_order(&c, id, 12), ORDER_DONE);
}

static struct stock installed(void)
{
    struct stock s;

    house_profile(&house, &s);
    done(house_download(&house, c.personality.eid, &s, false));
    assert_int_equal(case_profile(&c, &s), PROFILE_DISABLED);
    return s;
}

static void tells_of_another_device(void **state)
{
    const uint8_t *eid = c.personality.eid;

    (void)state;
    c.ipae.poll_s = 200000; /* more than one timer takes */
    assert_true(case_power(&c));
    case_run(&c, 1);
    assert_int_equal(house_state_change(&house, eid), -1); /* the first is no change */
    strcpy(c.phone.imei, "");
    assert_true(case_power(&c));
    case_run(&c, 1);
    assert_int_equal(house_state_change(&house, eid), -1); /* nor one that does not tell */
    strcpy(c.phone.imei, "490154203237518");
    c.phone.unreachable = true;
    assert_true(case_power(&c));
    case_run(&c, 20);
    assert_true(c.phone.now_s > 86400);
    c.phone.unreachable = false;
    assert_true(case_power(&c)); /* it was not told yet */
    assert_int_equal(house_state_change(&house, eid), -1);
    case_run(&c, 1);
    assert_int_equal(house_state_change(&house, eid), 6);
}

/* ---- what the device does itself ---- */

/* A flag of the metadata that SM-DP+ and package do not give. */
static void set_flag(const struct stock *s, uint32_t tag)
{
    uint8_t buf[2048];
    struct der_writer w = der_writer(buf, sizeof buf);
    struct card_profile p;
    struct der_reader r;
    struct tlv bf25;
    size_t mark;
    slice out;

    assert_int_equal(profile_by_iccid(c.card, SLICE_OF(s->iccid), &p), E_OK);
    r = der_reader(profile_metadata(c.card, p.root));
    bf25 = der_expect(&r, 0xBF25);
    der_put(&w, r.in);
    mark = der_mark(&w);
    der_put_bool(&w, tag, true);
    der_put(&w, bf25.value);
    der_wrap(&w, 0xBF25, mark);
    assert_int_equal(der_written(&w, &out), E_OK);
    assert_int_equal(profile_set_metadata(c.card, p.root, out), E_OK);
    assert_int_equal(objects_commit(card_objects(c.card)), E_OK);
}

/* BF xx 03 80 01 FF: refreshFlag. */
static void device_switches(uint8_t tag)
{
    const uint8_t request[] = { 0xBF, tag, 3, 0x80, 1, 0xFF };
    const uint8_t ok[] = { 0xBF, tag, 3, 0x80, 1, 0 };

    assert_int_equal(case_es10(&c, SLICE_OF(request)) >> 8, 0x91);
    assert_memory_equal(c.phone.out, ok, sizeof ok);
    case_run(&c, 0);
}

/*
 * The eIM hears of a switch that is not its own, and why; in both modes of REFRESH. Of its own
 * switches it hears nothing.
 */
static void tells_of_the_devices_switches(void **state)
{
    const uint8_t *eid = c.personality.eid;
    struct stock first, second, third;
    uint8_t enable[] = { 0xBF, 0x31, 17, 0xA0, 12, 0x5A, 10, 0,    0, 0,
                         0,    0,    0,  0,    0,  0,    0,  0x81, 1, 0xFF };

    (void)state;
    assert_true(case_power(&c));
    first = installed();
    second = installed();
    third = installed();
    set_flag(&second, 0x9F67);
    set_flag(&third, 0x9F7B);
    done(psmo(ORDER_ENABLE, &first));
    done(house_fallback(&house, eid, &second));
    assert_int_equal(house_state_change(&house, eid), -1);
    device_switches(0x5D);
    assert_int_equal(case_profile(&c, &second), PROFILE_ENABLED);
    assert_int_equal(house_state_change(&house, eid), 1);
    case_run(&c, 3); /* connections that were kept end */
    c.phone.profile[33] = 0;
    phone_reset(&c.phone, c.card);
    case_run(&c, 3);
    device_switches(0x5B);
    assert_int_equal(case_profile(&c, &third), PROFILE_ENABLED);
    assert_int_equal(house_state_change(&house, eid), 2);
    case_run(&c, 3);
    device_switches(0x5C);
    case_run(&c, 3);
    memcpy(enable + 7, first.iccid, sizeof first.iccid);
    assert_int_equal(case_es10(&c, SLICE_OF(enable)) >> 8, 0x91);
    c.phone.unreachable = true; /* kept until it can be told */
    case_run(&c, 1);
    assert_int_equal(case_profile(&c, &first), PROFILE_ENABLED);
    assert_int_equal(house_state_change(&house, eid), 2);
    c.phone.unreachable = false;
    assert_true(case_power(&c));
    case_run(&c, 0);
    assert_int_equal(house_state_change(&house, eid), 1); /* away from the Fallback Profile */
    case_run(&c, 3);
    enable[1] = 0x32; /* DisableProfile */
    assert_int_equal(case_es10(&c, SLICE_OF(enable)) >> 8, 0x91);
    case_run(&c, 0);
    assert_int_equal(house_state_change(&house, eid), 127);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, with_ca, gone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tells_of_another_device),
        TEST(tells_of_the_devices_switches),
    };

    return cmocka_run_group_tests_name("the device of a card with an IPA", tests, open_all,
                                       close_all);
}
