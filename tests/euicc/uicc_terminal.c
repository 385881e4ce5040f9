#include "euicc/uicc_terminal.h"

struct fetched terminal_fetch(struct uicc *u)
{
    struct fetched f;
    uint16_t sw = uicc_apdu(u, "80F2000C");
    size_t n = sw & 0xFF, at;

    assert_int_equal(sw >> 8, 0x91);
    sw = uicc_apdu(u, "80120000%02zX", n);
    assert_int_equal(sw, 0x9000);
    assert_int_equal(u->n, n);
    assert_int_equal(u->reply[0], 0xD0);
    at = u->reply[1] == 0x81 ? 3 : 2;
    assert_int_equal(u->reply[at - 1], n - at);
    assert_true(at == 2 || u->reply[2] >= 0x80); /* no longer than needed */
    const uint8_t *p = u->reply + at;
    assert_memory_equal(p, "\x81\x03", 2);
    assert_memory_equal(p + 5, "\x82\x02\x81", 3);
    f = (struct fetched){ .number = p[2],
                          .type = p[3],
                          .qualifier = p[4],
                          .device = p[8],
                          .tlvs = slice_of(p + 9, n - at - 9) };
    return f;
}

struct fetched terminal_fetch_type(struct uicc *u, uint8_t type)
{
    struct fetched f = terminal_fetch(u);

    assert_int_equal(f.type, type);
    return f;
}

void terminal_idle(struct uicc *u)
{
    assert_int_equal(uicc_apdu(u, "80F2000C"), 0x9000);
}

uint16_t terminal_respond(struct uicc *u, const struct fetched *f, const char *result,
                          const char *tlvs)
{
    uint8_t octets[400];
    char text[900];
    size_t n;

    snprintf(text, sizeof text, "8103%02X%02X%02X 82028281 83%02zX%s %s", f->number, f->type,
             f->qualifier, strlen(result) / 2, result, tlvs);
    n = uicc_hex(text, octets, sizeof octets);
    assert_true(n <= 255);
    return uicc_apdu(u, "80140000 %02zX %s", n, text);
}

void terminal_do(struct uicc *u, uint8_t type, const char *result, const char *tlvs)
{
    struct fetched f = terminal_fetch_type(u, type);
    uint16_t sw = terminal_respond(u, &f, result, tlvs);

    assert_true(sw == 0x9000 || sw >> 8 == 0x91);
}

uint16_t terminal_envelope(struct uicc *u, uint8_t tag, const char *tlvs)
{
    uint8_t octets[300];
    size_t n = uicc_hex(tlvs, octets, sizeof octets);

    assert_true(n < 0x80);
    return uicc_apdu(u, "80C20000 %02zX %02X%02zX %s", n + 2, tag, n, tlvs);
}
