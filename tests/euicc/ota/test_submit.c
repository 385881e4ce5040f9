/*
 * Responses as SMS-SUBMIT: where they go, in how many parts, and who gets none. The terminal is
 * ours, and takes each SEND SHORT MESSAGE apart.
 */
#include "euicc/ota/ota_impl.h"
#include "euicc/ota/ota_lab.h"

#include "der/der.h"

#define PROFILE "80100000 09 FFFFFFFFFFFFFFFFFF"
#define SELECT  "00A4000C023F00"

static struct uicc u;

/* Checksum, ciphering, counter; proof always, with checksum and ciphered, as SMS-SUBMIT. */
static struct ota_send how = { &OTA_SET_1, OTA_USIM, 0x16, 0x39, 1, 0, 0, 0, 0 };

static int setup(void **state)
{
    (void)state;
    ota_card(&u, UICC_HALF);
    how = (struct ota_send){ &OTA_SET_1, OTA_USIM, 0x16, 0x39, 1, 0, 0, 0, 0 };
    uicc_expect(&u, 0x9000, "", PROFILE);
    return 0;
}

/* One packet in one message; what stands in the answer to ENVELOPE is in u. */
static void send(const struct ota_send *s, const char *hex, uint16_t sw)
{
    uint8_t data[200], part[140] = { 0x02, 0x70, 0x00 };
    size_t n = ota_packet(s, slice_of(data, uicc_hex(hex, data, sizeof data)), part + 3);

    assert_true(n + 3 <= sizeof part);
    ota_envelope(&u, slice_of(part, n + 3), sw);
}

/* ---- the terminal ---- */

struct message {
    uint8_t details[3];
    uint8_t tpdu[180];
    size_t n;
};

static struct message fetch(void)
{
    struct message m;
    uint16_t sw = uicc_apdu(&u, "80F2000C");
    slice body;

    assert_int_equal(sw >> 8, 0x91);
    assert_int_equal(uicc_apdu(&u, "80120000%02X", sw & 0xFF), 0x9000);
    body = slice_skip(slice_of(u.reply, u.n), u.reply[1] == 0x81 ? 3 : 2);
    slice details = cat_tlv(body, CAT_TAG_DETAILS), tpdu = cat_tlv(body, CAT_TAG_SMS_TPDU);
    assert_int_equal(details.n, 3);
    assert_int_equal(details.p[1], CAT_SEND_SHORT_MESSAGE);
    assert_int_equal(details.p[2], 0);
    assert_false(cat_tlv(body, CAT_TAG_ADDRESS).p); /* the service centre of EF_SMSP */
    assert_true(slice_eq(cat_tlv(body, CAT_TAG_DEVICES), SLICE_LIT("\x81\x83")));
    assert_true(tpdu.n <= sizeof m.tpdu);
    memcpy(m.details, details.p, 3);
    memcpy(m.tpdu, tpdu.p, tpdu.n);
    m.n = tpdu.n;
    return m;
}

static uint16_t respond(const struct message *m, const char *result)
{
    return uicc_apdu(&u, "80140000 %02zX 8103%02X%02X%02X 82028281 83%02zX%s",
                     5 + 4 + 2 + strlen(result) / 2, m->details[0], m->details[1], m->details[2],
                     strlen(result) / 2, result);
}

/* The fixed part, to the number that ota_envelope sends from; the user data. */
static slice user_data(const struct message *m)
{
    static const uint8_t head[] = { 0x41, 0x00, 0x08, 0x81, 0x21, 0x43, 0x65, 0x87, 0x00, 0x04 };

    assert_true(m->n > sizeof head + 1);
    assert_memory_equal(m->tpdu, head, sizeof head);
    assert_int_equal(m->tpdu[sizeof head], m->n - sizeof head - 1);
    assert_true(m->tpdu[sizeof head] <= 140);
    return slice_of(m->tpdu + sizeof head + 1, m->n - sizeof head - 1);
}

static void idle(void)
{
    assert_int_equal(uicc_apdu(&u, "80F2000C"), 0x9000);
}

/* ---- one message ---- */

static void the_response_is_a_message(void **state)
{
    struct ota_answer a;
    struct message m;

    (void)state;
    send(&how, SELECT, 0x9143);
    assert_int_equal(u.n, 0); /* nothing in the report */
    m = fetch();
    ota_open(&how, user_data(&m), &a);
    assert_int_equal(a.status, OTA_OK);
    assert_int_equal(a.counter, 1);
    assert_true(a.secured);
    assert_true(slice_eq(slice_of(a.data, a.data_n), SLICE_LIT("\x01\x90\x00")));
    assert_int_equal(respond(&m, "00"), 0x9000);
    idle();
}

/* SPI2 01 with b6: without checksum and ciphering; the same octets as a report has. */
static void the_same_octets_as_in_a_report(void **state)
{
    uint8_t report[140];
    struct message m;
    size_t n;

    (void)state;
    how.spi2 = 0x01;
    send(&how, SELECT, 0x9000);
    n = u.n;
    memcpy(report, u.reply, n);
    how.spi2 = 0x21;
    how.counter = 2;
    send(&how, SELECT, 0x912D);
    m = fetch();
    slice data = user_data(&m);
    assert_int_equal(data.n, n);
    report[13] = 2; /* the counter */
    assert_memory_equal(data.p, report, n);
}

/* ---- several ---- */

/* `count` times SELECT of the USIM with its FCP, in expanded format. */
static void send_selects(unsigned count)
{
    char script[400] = "AA";
    size_t at = 2;

    at += (size_t)snprintf(script + at, sizeof script - at, "%02X", count * 10);
    for (unsigned i = 0; i < count; i++)
        at += (size_t)snprintf(script + at, sizeof script - at, "220800A40004027FFF00");
    uint8_t data[200], part[140] = { 0x02, 0x70, 0x00 };
    size_t n = ota_packet(&how, slice_of(data, uicc_hex(script, data, sizeof data)), part + 3);
    assert_true(n + 3 <= sizeof part);
    ota_envelope(&u, slice_of(part, n + 3), 0x9000);
    assert_int_equal(u.sw >> 8, 0x91);
}

/* Fetches what comes until nothing waits; the whole response packet. Returns the parts. */
static unsigned gather(uint8_t *out, size_t *n, uint8_t *reference)
{
    unsigned parts = 0, all = 1;

    *n = 0;
    do {
        struct message m = fetch();
        slice data = user_data(&m);
        size_t head = data.p[0] + 1u;

        parts++;
        if (head == 3) {
            assert_memory_equal(data.p, "\x02\x71\x00", 3);
        } else {
            assert_int_equal(head, parts == 1 ? 8 : 6);
            assert_memory_equal(data.p + 1, "\x00\x03", 2);
            assert_true(parts == 1 || data.p[3] == *reference);
            *reference = data.p[3];
            all = data.p[4];
            assert_int_equal(data.p[5], parts);
            assert_true(parts > 1 || !memcmp(data.p + 6, "\x71\x00", 2));
            assert_true(parts == all || data.n == 140); /* no part is shorter than it must be */
        }
        memcpy(out + *n, data.p + head, data.n - head);
        *n += data.n - head;
        assert_int_equal(respond(&m, "00") >> 8, parts < all ? 0x91 : 0x90);
    } while (parts < all);
    idle();
    return parts;
}

/* What the FCP says but for how much memory is left, its last two octets: packets take of it. */
enum { FCP = 55, FCP_FIXED = 53 };

/* Every R-APDU is whole; the last of those that were too many says that it is cut. */
static bool check_r_apdus(slice data, unsigned count)
{
    static uint8_t first[FCP_FIXED];
    struct der_reader in;
    struct tlv t;
    bool cut = false;

    assert_int_equal(der_one(data, &t), E_OK);
    assert_int_equal(t.tag, 0xAB);
    in = der_reader(t.value);
    slice number = der_expect(&in, 0x80).value;
    assert_int_equal(number.n, 1);
    for (unsigned i = 0; i < number.p[0]; i++) {
        slice got = der_expect(&in, 0x23).value;

        assert_false(in.err);
        if (count == 1 && got.n > sizeof first)
            memcpy(first, got.p, sizeof first);
        cut = got.n < FCP + 2;
        assert_true(!cut || i + 1u == number.p[0]);
        assert_true(got.n >= 2 && got.n <= FCP + 2);
        assert_memory_equal(got.p + got.n - 2, cut ? "\x62\xF1" : "\x90\x00", 2);
        assert_memory_equal(got.p, first, got.n - 2 < FCP_FIXED ? got.n - 2 : FCP_FIXED);
    }
    assert_int_equal(der_end(&in), E_OK);
    assert_true(cut || number.p[0] == count);
    return cut;
}

static void long_responses_come_in_parts(void **state)
{
    uint8_t whole[600], reference = 0, before = 0;
    unsigned most = 0;

    (void)state;
    how.spi1 = 0x06; /* no counter */
    how.spi2 = 0x21;
    for (unsigned count = 1; count <= 9; count++) {
        size_t n;

        send_selects(count);
        unsigned parts = gather(whole, &n, &reference);
        assert_int_equal(whole[0] << 8 | whole[1], n - 2);
        assert_int_equal(whole[2], 10);
        assert_int_equal(whole[10], 1);
        assert_int_equal(whole[12], OTA_OK);
        assert_int_equal(check_r_apdus(slice_of(whole + 13, n - 13), count), count == 9);
        assert_int_equal(parts, n <= 137 ? 1 : 1 + (n - 132 + 133) / 134);
        assert_true(parts == 1 || reference != before);
        before = parts > 1 ? reference : before;
        most = parts > most ? parts : most;
    }
    assert_int_equal(most, SUBMIT_PARTS);
}

/* While parts wait the card takes no other message, and loses none of those that it was given. */
static void one_at_a_time(void **state)
{
    struct ota_send other = { &OTA_SET_2, OTA_USIM, 0x16, 0x19, 1, 0, 0, 0, 0 };
    uint8_t part[140] = { 0x02, 0x70, 0x00 };
    struct ota_answer a;
    struct message m;
    size_t n = 3 + ota_packet(&other, SLICE_LIT("\x00\xA4\x00\x0C\x02\x3F\x00"), part + 3);

    (void)state;
    how.spi2 = 0x21;
    send_selects(4);
    ota_envelope(&u, slice_of(part, n), 0x9300);
    m = fetch();
    ota_envelope(&u, slice_of(part, n), 0x9300);
    assert_int_equal(respond(&m, "00") >> 8, 0x91);
    m = fetch();
    assert_int_equal(respond(&m, "00"), 0x9000);
    ota_envelope(&u, slice_of(part, n), 0x9000);
    ota_open(&other, slice_of(u.reply, u.n), &a);
    assert_int_equal(a.status, OTA_OK);
}

/* A terminal that cannot after all, begins anew, or loses power: the rest is not sent. */
static void a_terminal_that_does_not_send(void **state)
{
    struct message m;

    (void)state;
    how.spi2 = 0x21;
    send_selects(4);
    m = fetch();
    assert_int_equal(respond(&m, "20"), 0x9000);
    idle();
    how.counter = 2;
    send_selects(4);
    m = fetch();
    uicc_expect(&u, 0x9000, "", PROFILE);
    idle();
    how.counter = 3;
    send_selects(4);
    card_reset(u.card);
    uicc_expect(&u, 0x9000, "", PROFILE);
    idle();
    how.counter = 4;
    send_selects(1);
    m = fetch();
    assert_int_equal(respond(&m, "00"), 0x9000);
    idle();
}

/* ---- who gets none ---- */

static void reported(const struct ota_send *s, uint8_t status)
{
    struct ota_answer a;

    send(s, SELECT, 0x9000);
    ota_open(s, slice_of(u.reply, u.n), &a);
    assert_int_equal(a.status, status);
    assert_int_equal(a.data_n, 0);
    idle();
}

/* Errors stay in the answer to ENVELOPE: whoever repeats or makes up a packet sends no messages. */
static void no_messages_for_strangers(void **state)
{
    struct ota_send s = how;

    (void)state;
    s.spoil_check = 1;
    reported(&s, OTA_CHECKSUM_FAILED);
    s = how;
    s.tar = "B00099";
    reported(&s, OTA_TAR_UNKNOWN);
    s = (struct ota_send){ &OTA_SET_1, OTA_UICC, 0x00, 0x21, 0, 0, 0, 0, 0 };
    reported(&s, OTA_SECURITY_ERROR);
    s.spi2 = 0x01; /* the same as a report is given */
    send(&s, SELECT, 0x9000);
    assert_int_not_equal(u.n, 0);
    send(&how, SELECT, 0x9143);
    struct message m = fetch();
    assert_int_equal(respond(&m, "00"), 0x9000);
    send(&how, SELECT, 0x9000); /* repeated */
    assert_int_not_equal(u.n, 0);
    idle();
}

static void without_a_proof_there_is_no_message(void **state)
{
    (void)state;
    how.spi2 = 0x38; /* b6, and no proof of receipt */
    send(&how, SELECT, 0x9000);
    assert_int_equal(u.n, 0);
    how.spi2 = 0x3A; /* on error only */
    how.counter = 2;
    send(&how, SELECT, 0x9000);
    assert_int_equal(u.n, 0);
    idle();
}

static void terminals_and_senders_that_will_not_do(void **state)
{
    (void)state;
    /* octet 4 without b2 */
    uicc_expect(&u, 0x9000, "", "80100000 09 FFFFFFFDFFFFFFFFFF");
    reported(&how, OTA_SECURITY_ERROR);
    uicc_expect(&u, 0x9000, "", PROFILE);
    assert_true(submit_can(u.card, SLICE_LIT("\x08\x81\x21\x43\x65\x87")));
    assert_true(submit_can(u.card, SLICE_LIT("\x08\x91\x21\x43\x65\x87")));
    assert_false(submit_can(u.card, SLICE_LIT("\x08\xD0\x21\x43\x65\x87"))); /* a name */
    assert_false(submit_can(u.card, SLICE_LIT("\x08")));
    assert_false(submit_can(u.card, SLICE_NONE));
}

/* No place for another command: the response is the answer to ENVELOPE after all. */
static void a_full_queue(void **state)
{
    struct ota_answer a;

    (void)state;
    for (unsigned i = 0; i < CAT_QUEUE; i++)
        assert_int_equal(cat_more_time(u.card, NULL, NULL), E_OK);
    assert_int_equal(cat_more_time(u.card, NULL, NULL), E_LIMIT);
    send(&how, SELECT, 0x9000);
    assert_int_equal(u.sw >> 8, 0x91);
    ota_open(&how, slice_of(u.reply, u.n), &a);
    assert_int_equal(a.status, OTA_OK);
    assert_true(slice_eq(slice_of(a.data, a.data_n), SLICE_LIT("\x01\x90\x00")));
    how.counter = 2; /* and the card takes the next one */
    send(&how, SELECT, 0x9000);
    assert_int_not_equal(u.n, 0);
}

/* The message goes out when the packet's changes are durable: not where the power went before. */
static void power_cuts(void **state)
{
    struct ota_send probe = { &OTA_SET_2, OTA_USIM, 0x06, 0x19, 0, 0, 0, 0, 0 };
    unsigned befores = 0, afters = 0;

    (void)state;
    for (unsigned reach = 0; reach < 400; reach += 13) {
        struct ota_answer a;

        setup(NULL);
        u.ram.writes = 0;
        u.ram.cut_at = 1;
        u.ram.cut_octets = reach;
        send(&how, "00A4000C026F43 00D60000021234", 0x6581);
        assert_false(cat_busy(u.card));
        nvm_ram_power_on(&u.ram);
        uicc_boot(&u);
        uicc_expect(&u, 0x9000, "", PROFILE);
        a = ota_send(&u, &probe, "00A4000C026F43 00B0000002");
        bool after = !memcmp(a.data + 3, "\x12\x34", 2);
        /* the counter tells the same story as the file */
        send(&how, SELECT, after ? 0x9000 : 0x9143);
        befores += !after;
        afters += after;
    }
    assert_true(befores && afters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_response_is_a_message, setup),
        cmocka_unit_test_setup(the_same_octets_as_in_a_report, setup),
        cmocka_unit_test_setup(long_responses_come_in_parts, setup),
        cmocka_unit_test_setup(one_at_a_time, setup),
        cmocka_unit_test_setup(a_terminal_that_does_not_send, setup),
        cmocka_unit_test_setup(no_messages_for_strangers, setup),
        cmocka_unit_test_setup(without_a_proof_there_is_no_message, setup),
        cmocka_unit_test_setup(terminals_and_senders_that_will_not_do, setup),
        cmocka_unit_test_setup(a_full_queue, setup),
        cmocka_unit_test_setup(power_cuts, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
