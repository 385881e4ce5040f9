/* Applications of the card: selection, ownership of channels, long replies, transactions, switches.
 */
#include "euicc/uicc_card.h"
#include "euicc/uicc_package.h"

static struct uicc u;

#define USIM "A0000000871002FF49FF0589"
#define AID  "A0000005591010FFFFFFFF8900000100"

/* An application that remembers what was asked of it. */
struct probe {
    unsigned booted, reset, deselected;
    uint32_t from, to;
};

static struct probe *probe(void)
{
    return card_app_state(u.card, u.personality.apps[0].app);
}

static enum err boot(struct card *card, void *state, const void *config)
{
    (void)card;
    ((struct probe *)state)->booted += 1 + (config != NULL);
    return E_OK;
}

static void select_probe(struct card *card, void *state, const struct apdu *apdu, struct reply *out)
{
    (void)card;
    (void)state;
    if (apdu->p2 & 0x40)
        reply_sw(out, SW_CONDITIONS);
    else
        reply_put(out, SLICE_LIT("\x6F\x00"));
}

/* P1 says what to do; an object of 3000 octets is there to be read. */
static void command(struct card *card, void *state, const struct apdu *apdu, struct reply *out)
{
    struct objects *o = card_objects(card);
    enum err err = E_OK;
    uint8_t *scratch;

    (void)state;
    if (apdu->ins != 0xE2) {
        out->sw = SW_INS;
        return;
    }
    switch (apdu->p1) {
    case 1: /* a change, kept */
    case 2: /* a change that is taken back */
        err = objects_put(o, ISDR_OBJECTS, apdu->data);
        if (apdu->p1 == 2)
            reply_sw(out, SW_UNKNOWN);
        break;
    case 3: /* a long answer out of an object */
        reply_put_octet(out, 0xAA);
        reply_put(out, objects_get(o, ISDR_OBJECTS + 1));
        break;
    case 4: /* out of scratch, at its end */
        scratch = objects_lend(o, 700);
        assert_non_null(scratch);
        memset(scratch, 0x55, 700);
        reply_take(out, scratch, 100, 600);
        break;
    case 5:
        err = profile_switch(card, apdu->p2, false);
        break;
    case 6:
        err = profile_switch(card, apdu->p2, true);
        break;
    case 7: /* more than there is */
        while (reply_reserve(out, 10000))
            ;
        break;
    default:
        out->sw = SW_P1P2;
    }
    if (err)
        reply_sw(out, SW_CONDITIONS);
}

static void deselect(struct card *card, void *state, uint8_t channel)
{
    (void)card;
    (void)channel;
    ((struct probe *)state)->deselected++;
}

static void reset(struct card *card, void *state)
{
    (void)card;
    ((struct probe *)state)->reset++;
}

static void switched(struct card *card, void *state, uint32_t from, uint32_t to)
{
    struct probe *p = state;
    uint8_t octets[2] = { (uint8_t)from, (uint8_t)to };

    p->from = from;
    p->to = to;
    assert_int_equal(objects_put(card_objects(card), ISDR_OBJECTS + 2, SLICE_OF(octets)), E_OK);
}

static const struct card_app app = {
    .aid = { (const uint8_t *)"\xA0\x00\x00\x05\x59\x10\x10\xFF\xFF"
                              "\xFF\xFF\x89\x00\x00\x01\x00",
             16 },
    .name = "probe",
    .state_octets = sizeof(struct probe),
    .boot = boot,
    .select = select_probe,
    .command = command,
    .deselect = deselect,
    .reset = reset,
    .switched = switched
};
static const struct card_app_entry entries[] = { { &app, "config" } };

static int card(void **state)
{
    static uint8_t octets[UICC_PACKAGE_MAX];

    (void)state;
    memset(&u, 0, sizeof u);
    nvm_ram_init(&u.ram, u.octets, UICC_HALF, &u.nvm);
    u.personality = (struct card_personality){ .apps = entries, .app_count = 1 };
    uicc_boot(&u);
    assert_int_equal(uicc_install(&u, uicc_package(UICC_MILENAGE, NULL, octets), 1).reason,
                     INSTALL_OK);
    assert_int_equal(objects_make(card_objects(u.card), ISDR_OBJECTS + 1, 3000, 0x77), E_OK);
    uicc_commit(&u);
    return 0;
}

static void owns_its_channel(void **state)
{
    (void)state;
    assert_int_equal(probe()->booted, 2);
    uicc_expect(&u, 0x9000, "01", "0070000001");
    uicc_expect(&u, 0x9000, "6F00", "01A40400 10 " AID);
    uicc_expect(&u, 0x6A86, "", "81E20000");
    uicc_expect(&u, 0x6D00, "", "01B0000000");
    uicc_expect(&u, 0x9000, "3C3C000000", "00B0880005"); /* channel 0 is the file system */
    uicc_expect(&u, 0x6985, "", "01A40440 10 " AID);     /* refused: still selected as before */
    uicc_expect(&u, 0x6A86, "", "81E20000");
    uicc_expect(&u, 0x9000, "", "01A4000C 02 3F00");
    assert_int_equal(probe()->deselected, 1);
    uicc_expect(&u, 0x9000, "6F00", "01A40400 05 A000000559"); /* right-truncated */
    uicc_expect(&u, 0x9000, "", "00708001");
    assert_int_equal(probe()->deselected, 2);
    card_reset(u.card);
    assert_int_equal(probe()->reset, 1);
}

static void an_apdu_is_a_transaction(void **state)
{
    (void)state;
    uicc_expect(&u, 0x9000, "6F00", "00A40400 10 " AID);
    uicc_expect(&u, 0x9000, "", "80E20100 03 010203");
    uicc_expect(&u, 0x6F00, "", "80E20200 03 040506");
    assert_true(slice_eq(objects_get(card_objects(u.card), ISDR_OBJECTS), SLICE_LIT("\1\2\3")));
    uicc_boot(&u);
    assert_true(slice_eq(objects_get(card_objects(u.card), ISDR_OBJECTS), SLICE_LIT("\1\2\3")));
    u.ram.writes = 0;
    u.ram.cut_at = 1;
    uicc_expect(&u, 0x9000, "6F00", "00A40400 10 " AID);
    uicc_expect(&u, 0x6581, "", "80E20100 03 070809");
    assert_true(slice_eq(objects_get(card_objects(u.card), ISDR_OBJECTS), SLICE_LIT("\1\2\3")));
}

static size_t fetch_all(const char *first, uint8_t *to, size_t size)
{
    uint8_t out[CARD_REPLY_MAX], command_octets[16];
    size_t n = uicc_hex(first, command_octets, sizeof command_octets), got, total = 0;
    uint8_t get[5] = { 0x80, 0xC0, 0, 0, 0 };

    got = card_apdu(u.card, slice_of(command_octets, n), out, sizeof out);
    for (;;) {
        assert_true(total + got - 2 <= size);
        memcpy(to + total, out, got - 2);
        total += got - 2;
        if (out[got - 2] != 0x61)
            break;
        get[4] = out[got - 1];
        got = card_apdu(u.card, SLICE_OF(get), out, sizeof out);
    }
    assert_int_equal(out[got - 2] << 8 | out[got - 1], 0x9000);
    return total;
}

static void long_replies(void **state)
{
    (void)state;
    uint8_t all[4000];
    uint32_t free;

    uicc_expect(&u, 0x9000, "6F00", "00A40400 10 " AID);
    free = objects_free(card_objects(u.card));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fetch_all("80E20300", all, sizeof all), 3001);
        assert_int_equal(all[0], 0xAA);
        for (unsigned k = 1; k < 3001; k++)
            assert_int_equal(all[k], 0x77);
        assert_int_equal(fetch_all("80E20400", all, sizeof all), 600);
        assert_int_equal(all[599], 0x55);
        uicc_expect(&u, 0x6A84, "", "80E20700");
    }
    assert_int_equal(objects_free(card_objects(u.card)), free);
    /* a reply that nobody fetches is given up with the next command */
    uint8_t out[CARD_REPLY_MAX];
    assert_int_equal(card_apdu(u.card, SLICE_LIT("\x80\xE2\x03\x00"), out, sizeof out), 2);
    uicc_expect(&u, 0x6A86, "", "80E20000");
    assert_int_equal(objects_free(card_objects(u.card)), free);
}

/* The heap is full of holes, so that making room for the reply moves the object it comes from. */
static void a_reply_survives_the_moving_of_its_object(void **state)
{
    (void)state;
    struct objects *o = card_objects(u.card);
    uint8_t all[4000];
    uint32_t n = 0;

    while (objects_free(o) > 4200)
        assert_int_equal(objects_make(o, ISDR_OBJECTS + 100 + n++, 1000, 0x11), E_OK);
    assert_int_equal(objects_delete(o, ISDR_OBJECTS + 1), E_OK);
    uicc_commit(&u);
    assert_int_equal(objects_make(o, ISDR_OBJECTS + 1, 3000, 0x77), E_OK);
    uicc_commit(&u);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(objects_delete(o, ISDR_OBJECTS + 100 + i), E_OK);
    uicc_commit(&u);
    uicc_expect(&u, 0x9000, "6F00", "00A40400 10 " AID);
    slice before = objects_get(o, ISDR_OBJECTS + 1);
    assert_int_equal(fetch_all("80E20300", all, sizeof all), 3001);
    assert_ptr_not_equal(before.p, objects_get(o, ISDR_OBJECTS + 1).p); /* it did move */
    for (unsigned k = 1; k < 3001; k++)
        assert_int_equal(all[k], 0x77);
}

static void hears_of_switches(void **state)
{
    (void)state;
    uicc_expect(&u, 0x9000, "01", "0070000001");
    uicc_expect(&u, 0x9000, "02", "0070000001");
    uicc_expect(&u, 0x9000, "6F00", "01A40400 10 " AID);
    uicc_expect(&u, 0x9000, "", "81E20501");
    assert_int_equal(probe()->from, 0);
    assert_int_equal(probe()->to, 1);
    /* ISD-R's channel stays, others close, channel 0 stands on the new MF */
    uicc_expect(&u, 0x6A86, "", "81E20000");
    uicc_expect(&u, 0x6881, "", "02A4000C 02 3F00");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2FE2");
    /* the toolkit is the card's on every channel */
    uicc_expect(&u, 0x9000, "", "81C20000 07 D605 99010382 00");
    /* with refresh, by the terminal; what the application writes is durable with it */
    uicc_expect(&u, 0x9000, "", "80100000 02 FFFF");
    uicc_expect(&u, 0x910B, "", "81E20600");
    uicc_expect(&u, 0x6985, "", "81E20600");
    assert_int_equal(probe()->to, 1);
    uicc_expect(&u, 0x9000, NULL, "801200000B");
    uicc_expect(&u, 0x9000, "", "80140000 0C 8103010104 82028281 830100");
    assert_int_equal(probe()->from, 1);
    assert_int_equal(probe()->to, 0);
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 2FE2");
    uicc_boot(&u);
    assert_true(slice_eq(objects_get(card_objects(u.card), ISDR_OBJECTS + 2), SLICE_LIT("\1\0")));
    assert_int_equal(profile_enabled(u.card), 0);
}

static void a_failed_switch_changes_nothing(void **state)
{
    (void)state;
    uicc_expect(&u, 0x9000, "6F00", "00A40400 10 " AID);
    u.ram.writes = 0;
    u.ram.cut_at = 1;
    uicc_expect(&u, 0x6581, "", "80E20501");
    assert_int_equal(profile_enabled(u.card), 0);
    nvm_ram_power_on(&u.ram);
    uicc_boot(&u);
    assert_int_equal(profile_enabled(u.card), 0);
    uicc_expect(&u, 0x6A82, "", "00A4040C 0C " USIM);
}

static void extended_length(void **state)
{
    (void)state;
    static uint8_t out[65538];

    u.personality.extended_apdu = true;
    uicc_boot(&u);
    uicc_expect(&u, 0x9000, "6F00", "00A40400 10 " AID);
    size_t n = card_apdu(u.card, SLICE_LIT("\x80\xE2\x03\x00\x00\x00\x00"), out, sizeof out);
    assert_int_equal(n, 3003);
    assert_int_equal(out[3001], 0x90);
    n = card_apdu(u.card, SLICE_LIT("\x80\xE2\x01\x00\x00\x00\x02\xAB\xCD\x00\x00"), out,
                  sizeof out);
    assert_int_equal(n, 2);
    assert_int_equal(out[0], 0x90);
    assert_true(slice_eq(objects_get(card_objects(u.card), ISDR_OBJECTS), SLICE_LIT("\xAB\xCD")));
    n = card_apdu(u.card, SLICE_LIT("\x80\xE2\x01\x00\x00\x00\x03\xAB\xCD"), out, sizeof out);
    assert_int_equal(out[0] << 8 | out[1], 0x6700);
}

#define T(name) cmocka_unit_test_setup(name, card)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(owns_its_channel),  T(an_apdu_is_a_transaction),
        T(long_replies),      T(a_reply_survives_the_moving_of_its_object),
        T(hears_of_switches), T(a_failed_switch_changes_nothing),
        T(extended_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
