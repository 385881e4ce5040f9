#include "euicc/uicc_card.h"

#include "base/text.h"
#include "euicc/objects.h"
#include "profile/package.h"

void uicc_boot(struct uicc *u)
{
    enum err why;

    u->card =
        card_boot(u->memory, sizeof u->memory, &u->nvm, crypto_openssl(), &u->personality, &why);
    assert_int_equal(why, E_OK);
    assert_non_null(u->card);
}

void uicc_new(struct uicc *u)
{
    memset(u, 0, sizeof *u);
    nvm_ram_init(&u->ram, u->octets, UICC_HALF, &u->nvm);
    uicc_boot(u);
}

size_t uicc_hex(const char *text, uint8_t *out, size_t size)
{
    char digits[2048];
    size_t n = 0;

    for (; *text; text++)
        if (*text != ' ' && n < sizeof digits)
            digits[n++] = *text;
    assert_int_equal(hex_decode(slice_of(digits, n), out, size, &n), E_OK);
    return n;
}

static void take(struct uicc *u, const uint8_t *out, size_t n)
{
    assert_true(n >= 2);
    u->sw = (uint16_t)(out[n - 2] << 8 | out[n - 1]);
    assert_true(u->n + n - 2 <= sizeof u->reply);
    memcpy(u->reply + u->n, out, n - 2);
    u->n += n - 2;
}

uint16_t uicc_send(struct uicc *u, slice command)
{
    uint8_t out[CARD_REPLY_MAX];
    uint8_t get[5] = { 0, 0xC0, 0, 0, 0 };

    u->n = 0;
    take(u, out, card_apdu(u->card, command, out, sizeof out));
    while (u->sw >> 8 == 0x61) {
        get[0] = command.p[0] & 0x40 ? command.p[0] : command.p[0] & 0x03;
        get[4] = (uint8_t)u->sw;
        take(u, out, card_apdu(u->card, SLICE_OF(get), out, sizeof out));
    }
    return u->sw;
}

uint16_t uicc_apdu(struct uicc *u, const char *fmt, ...)
{
    char text[1100];
    uint8_t command[520];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return uicc_send(u, slice_of(command, uicc_hex(text, command, sizeof command)));
}

void uicc_expect_at(struct uicc *u, uint16_t sw, const char *hex, const char *file, int line,
                    const char *fmt, ...)
{
    char text[1100], got[1300];
    uint8_t command[520], wanted[600];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    uicc_send(u, slice_of(command, uicc_hex(text, command, sizeof command)));
    assert_int_equal(hex_encode(slice_of(u->reply, u->n), got, sizeof got), E_OK);
    if (u->sw != sw)
        print_error("%s:%d: %s answered %s %04X, not %04X\n", file, line, text, got, u->sw, sw);
    _assert_int_equal(u->sw, sw, file, line);
    if (!hex)
        return;
    size_t n = uicc_hex(hex, wanted, sizeof wanted);
    if (!slice_eq(slice_of(wanted, n), slice_of(u->reply, u->n))) {
        print_error("%s:%d: %s answered %s, not %s\n", file, line, text, got, hex);
        _fail(file, line);
    }
}

slice uicc_data(const char *name)
{
    static uint8_t octets[65536];
    char path[200];
    FILE *f;
    size_t n;

    snprintf(path, sizeof path, "../shared/data/%s", name);
    f = fopen(path, "rb");
    if (!f) {
        print_message("%s is not there: skipped\n", path);
        return SLICE_NONE;
    }
    n = fread(octets, 1, sizeof octets, f);
    fclose(f);
    return slice_of(octets, n);
}

struct profile_outcome uicc_install(struct uicc *u, slice package, uint8_t aid_octet)
{
    uint8_t iccid[PROFILE_ICCID], aid[16] = { 0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                              0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x10, aid_octet };
    struct package_reader r = package_reader(package);
    struct package_element e;
    struct saip_header header;
    struct profile_outcome out = { 0 };

    assert_true(package_next(&r, &e));
    assert_int_equal(schema_decode(&T_saip_header, e.whole, &header, NULL), E_OK);
    for (unsigned i = 0; i < sizeof iccid; i++)
        iccid[i] = (uint8_t)(header.iccid.p[i] << 4 | header.iccid.p[i] >> 4);
    struct profile_install what = { .iccid = SLICE_OF(iccid),
                                    .isdp_aid = SLICE_OF(aid),
                                    .metadata = SLICE_LIT("\xBF\x25\x00") };
    assert_int_equal(profile_install_begin(u->card, &what), E_OK);
    for (slice rest = package; rest.n;) { /* cut as ES8+ cuts it */
        if (profile_install_feed(u->card, slice_head(rest, 1007)))
            break;
        rest = slice_skip(rest, 1007);
        uicc_commit(u);
    }
    assert_int_equal(profile_install_finish(u->card, &out), E_OK);
    uicc_commit(u);
    if (out.reason != INSTALL_OK) {
        char text[600];

        assert_int_equal(hex_encode(out.sima_response, text, sizeof text), E_OK);
        print_message("installation answered %d, %s\n", out.reason, text);
    }
    return out;
}

void uicc_commit(struct uicc *u)
{
    assert_int_equal(objects_commit(card_objects(u->card)), E_OK);
}

bool uicc_ts48(struct uicc *u)
{
    slice package = uicc_data(UICC_TS48);
    struct profile_outcome out;

    if (!package.p)
        return false;
    uicc_new(u);
    out = uicc_install(u, package, 0);
    assert_int_equal(out.reason, INSTALL_OK);
    assert_int_equal(profile_switch(u->card, out.root, false), E_OK);
    uicc_commit(u);
    card_reset(u->card);
    return true;
}
