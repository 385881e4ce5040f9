#include "profile/variables.h"

#include "base/text.h"

#include <stdio.h>

static bool digits_only(slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

static enum err keep(slice text, struct value *out)
{
    out->given = true;
    out->n = (uint8_t)text.n;
    memcpy(out->b, text.p, text.n);
    return E_OK;
}

static enum err read_digits(slice text, size_t min, size_t max, struct value *out, char *why)
{
    if (text.n >= min && text.n <= max && digits_only(text))
        return keep(text, out);
    if (min == max)
        snprintf(why, VALUE_WHY, "%zu digits are needed", min);
    else
        snprintf(why, VALUE_WHY, "%zu to %zu digits are needed", min, max);
    return digits_only(text) ? E_SIZE : E_SYNTAX;
}

static enum err read_iccid(slice text, struct value *out, char *why)
{
    enum err e = read_digits(text, 18, ICCID_DIGITS, out, why);
    char check;

    if (e)
        return e;
    if (out->n == 18)
        out->b[out->n++] = 0;
    check = luhn_digit(slice_of(out->b, out->n - 1u));
    if (text.n == 18) {
        out->b[18] = (uint8_t)check;
        return E_OK;
    }
    if (out->b[out->n - 1] == (uint8_t)check)
        return E_OK;
    snprintf(why, VALUE_WHY, "the check digit is %c, it should be %c", out->b[out->n - 1], check);
    return E_SYNTAX;
}

/* sizes: bit i allows i octets. */
static enum err read_octets(slice text, uint64_t sizes, uint64_t sizes2, const char *form,
                            struct value *out, char *why)
{
    size_t n = 0;
    enum err e = hex_decode(text, out->b, VALUE_MAX, &n);
    bool fits = n < 64 ? sizes >> n & 1 : n < 128 && (sizes2 >> (n - 64) & 1);

    if (!e && fits) {
        out->given = true;
        out->n = (uint8_t)n;
        return E_OK;
    }
    snprintf(why, VALUE_WHY, "%s in hexadecimal are needed", form);
    return e ? e : E_SIZE;
}

static enum err read_key(const struct variable *v, slice text, struct value *out, char *why)
{
    const uint64_t of16 = 1ull << 16, of24 = 1ull << 24, of32 = 1ull << 32;

    if (v->what == VARIABLE_KEY)
        return v->triple_des
                   ? read_octets(text, of16 | of24, 0, "16 or 24 octets", out, why)
                   : read_octets(text, of16 | of24 | of32, 0, "16, 24 or 32 octets", out, why);
    return v->size == 32 ? read_octets(text, of32, 0, "32 octets", out, why)
                         : read_octets(text, of16, 0, "16 octets", out, why);
}

static enum err read_number(slice text, unsigned max, struct value *out, char *why)
{
    unsigned n = 0;

    for (size_t i = 0; i < text.n && i < 4 && digits_only(text); i++)
        n = n * 10 + (unsigned)(text.p[i] - '0');
    if (text.n && text.n < 4 && digits_only(text) && n <= max)
        return keep(text, out);
    snprintf(why, VALUE_WHY, "a number from 0 to %u is needed", max);
    return E_SYNTAX;
}

static enum err read_flag(slice text, struct value *out, char *why)
{
    bool on = slice_eq_str(text, "1") || slice_eq_str(text, "yes");

    if (on || slice_eq_str(text, "0") || slice_eq_str(text, "no"))
        return keep(slice_str(on ? "1" : "0"), out);
    snprintf(why, VALUE_WHY, "1 or yes, 0 or no is needed");
    return E_SYNTAX;
}

static enum err read_dialled(slice text, struct value *out, char *why)
{
    uint8_t coded[DIALLED_LEN];

    if (!dialled_encode(text, coded))
        return keep(text, out);
    snprintf(why, VALUE_WHY, "a number of 1 to 20 digits, with or without '+', is needed");
    return E_SYNTAX;
}

static enum err read_name(slice text, struct value *out, char *why)
{
    uint8_t coded[16];

    if (text.n <= VALUE_MAX && !alpha_encode(text, coded, sizeof coded))
        return keep(text, out);
    snprintf(why, VALUE_WHY, "up to 16 characters (7 outside the GSM alphabet) are needed");
    return E_SIZE;
}

enum err value_read(const struct variable *v, slice text, struct value *out, char why[VALUE_WHY])
{
    *out = (struct value){ 0 };
    why[0] = '\0';
    switch (v->what) {
    case VARIABLE_ICCID:
        return read_iccid(text, out, why);
    case VARIABLE_IMSI:
        return read_digits(text, 14, 15, out, why);
    case VARIABLE_MSISDN:
    case VARIABLE_SMSC:
        return read_dialled(text, out, why);
    case VARIABLE_K:
    case VARIABLE_OPC:
    case VARIABLE_OP:
    case VARIABLE_KEY:
        return read_key(v, text, out, why);
    case VARIABLE_PIN:
        return read_digits(text, 4, 8, out, why);
    case VARIABLE_PUK:
        return read_digits(text, 8, 8, out, why);
    case VARIABLE_ACC:
        return read_octets(text, 1 << 2, 0, "2 octets", out, why);
    case VARIABLE_GID:
        return read_octets(text, 0x1FFFFE, 0, "1 to 20 octets", out, why);
    case VARIABLE_SPN:
        return read_name(text, out, why);
    case VARIABLE_ROUTING:
        return read_digits(text, 1, 4, out, why);
    case VARIABLE_SUCI_SCHEME:
        return read_number(text, 2, out, why);
    case VARIABLE_SUCI_KEY_ID:
        return read_number(text, 255, out, why);
    case VARIABLE_SUCI_KEY:
        return read_octets(text, 1ull << 32 | 1ull << 33, 1ull << (65 - 64), "32, 33 or 65 octets",
                           out, why);
    case VARIABLE_SERVICE:
        return read_flag(text, out, why);
    }
    return E_INTERNAL;
}

static bool variable_is_octets(enum variable_what what)
{
    return what == VARIABLE_K || what == VARIABLE_OPC || what == VARIABLE_OP ||
           what == VARIABLE_KEY || what == VARIABLE_ACC || what == VARIABLE_GID ||
           what == VARIABLE_SUCI_KEY;
}

void value_write(const struct variable *v, const struct value *in, char *out, size_t size)
{
    slice s = value_slice(in);

    out[0] = '\0';
    if (variable_is_octets(v->what)) {
        if (hex_encode(s, out, size))
            out[0] = '\0';
    } else if (s.n < size) {
        if (s.n)
            memcpy(out, s.p, s.n);
        out[s.n] = '\0';
    }
}

/* ---- alphabets ------------------------------------------------------------------------------ */

/* One character of UTF-8; 0 when it is none. */
static uint32_t next_character(slice *text)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800 };
    uint8_t c = text->p[0];
    size_t n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : 0;
    uint32_t u = n == 1 ? c : n == 2 ? c & 0x1F : c & 0x0F;

    if (!n || text->n < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (text->p[i] >> 6 != 2)
            return 0;
        u = u << 6 | (text->p[i] & 0x3F);
    }
    *text = slice_skip(*text, n);
    return u < least[n] || (u >= 0xD800 && u < 0xE000) ? 0 : u;
}

/* TS 23.038 6.2.1 where it differs from ASCII; a character without extension table. */
static int gsm_octet(uint32_t u)
{
    static const struct {
        uint16_t unicode;
        uint8_t gsm;
    } others[] = {
        { 0x40, 0x00 },  { 0xA3, 0x01 },  { 0x24, 0x02 },  { 0xA5, 0x03 },  { 0xE8, 0x04 },
        { 0xE9, 0x05 },  { 0xF9, 0x06 },  { 0xEC, 0x07 },  { 0xF2, 0x08 },  { 0xC7, 0x09 },
        { 0xD8, 0x0B },  { 0xF8, 0x0C },  { 0xC5, 0x0E },  { 0xE5, 0x0F },  { 0x394, 0x10 },
        { 0x5F, 0x11 },  { 0x3A6, 0x12 }, { 0x393, 0x13 }, { 0x39B, 0x14 }, { 0x3A9, 0x15 },
        { 0x3A0, 0x16 }, { 0x3A8, 0x17 }, { 0x3A3, 0x18 }, { 0x398, 0x19 }, { 0x39E, 0x1A },
        { 0xC6, 0x1C },  { 0xE6, 0x1D },  { 0xDF, 0x1E },  { 0xC9, 0x1F },  { 0xA4, 0x24 },
        { 0xA1, 0x40 },  { 0xC4, 0x5B },  { 0xD6, 0x5C },  { 0xD1, 0x5D },  { 0xDC, 0x5E },
        { 0xA7, 0x5F },  { 0xBF, 0x60 },  { 0xE4, 0x7B },  { 0xF6, 0x7C },  { 0xF1, 0x7D },
        { 0xFC, 0x7E },  { 0xE0, 0x7F },
    };

    for (size_t i = 0; i < COUNT(others); i++)
        if (others[i].unicode == u)
            return others[i].gsm;
    if ((u >= 0x20 && u <= 0x5A) || (u >= 0x61 && u <= 0x7A))
        return (int)u;
    return -1;
}

static enum err as_gsm(slice text, uint8_t *out, size_t room)
{
    size_t n = 0;

    while (text.n) {
        uint32_t u = next_character(&text);
        int octet = u ? gsm_octet(u) : -1;

        if (!u || u < 0x20)
            return E_SYNTAX;
        if (octet < 0)
            return E_UNSUPPORTED;
        if (n == room)
            return E_SIZE;
        out[n++] = (uint8_t)octet;
    }
    return E_OK;
}

static enum err as_ucs2(slice text, uint8_t *out, size_t room)
{
    size_t n = 1;

    if (room < 1)
        return E_SIZE;
    out[0] = 0x80;
    while (text.n) {
        uint32_t u = next_character(&text);

        if (!u || u < 0x20)
            return E_SYNTAX;
        if (n + 2 > room)
            return E_SIZE;
        out[n++] = (uint8_t)(u >> 8);
        out[n++] = (uint8_t)u;
    }
    return E_OK;
}

enum err alpha_encode(slice utf8, uint8_t *out, size_t n)
{
    enum err e;

    memset(out, 0xFF, n);
    e = as_gsm(utf8, out, n);
    if (e != E_UNSUPPORTED)
        return e;
    memset(out, 0xFF, n);
    return as_ucs2(utf8, out, n);
}

enum err dialled_encode(slice number, uint8_t out[DIALLED_LEN])
{
    bool international = number.n && number.p[0] == '+';

    number = slice_skip(number, international);
    if (!number.n || number.n > 20)
        return E_SIZE;
    if (!digits_only(number))
        return E_SYNTAX;
    memset(out, 0xFF, DIALLED_LEN);
    out[0] = (uint8_t)(1 + (number.n + 1) / 2);
    out[1] = international ? 0x91 : 0x81;
    for (size_t i = 0; i < number.n; i++) {
        uint8_t d = (uint8_t)(number.p[i] - '0');
        uint8_t *at = &out[2 + i / 2];

        *at = i % 2 ? (uint8_t)((*at & 0x0F) | d << 4) : (uint8_t)(0xF0 | d);
    }
    return E_OK;
}
