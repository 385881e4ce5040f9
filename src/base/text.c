#include "base/text.h"

static const char hex_digits[] = "0123456789ABCDEF";
static const char b64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum err hex_encode(slice in, char *out, size_t size)
{
    if (size < 2 * in.n + 1)
        return E_NOSPACE;
    for (size_t i = 0; i < in.n; i++) {
        out[2 * i] = hex_digits[in.p[i] >> 4];
        out[2 * i + 1] = hex_digits[in.p[i] & 15];
    }
    out[2 * in.n] = '\0';
    return E_OK;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

enum err hex_decode(slice text, uint8_t *out, size_t size, size_t *n)
{
    if (text.n % 2)
        return E_SYNTAX;
    if (size < text.n / 2)
        return E_NOSPACE;
    for (size_t i = 0; i < text.n / 2; i++) {
        int hi = hex_value(text.p[2 * i]), lo = hex_value(text.p[2 * i + 1]);

        if (hi < 0 || lo < 0)
            return E_SYNTAX;
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    *n = text.n / 2;
    return E_OK;
}

enum err b64_encode(slice in, char *out, size_t size, size_t *n)
{
    size_t at = 0;

    if (size < B64_LEN(in.n))
        return E_NOSPACE;
    for (size_t i = 0; i < in.n; i += 3) {
        size_t left = in.n - i;
        uint32_t v = (uint32_t)in.p[i] << 16;

        if (left > 1)
            v |= (uint32_t)in.p[i + 1] << 8;
        if (left > 2)
            v |= in.p[i + 2];
        out[at++] = b64_digits[v >> 18];
        out[at++] = b64_digits[v >> 12 & 63];
        out[at++] = left > 1 ? b64_digits[v >> 6 & 63] : '=';
        out[at++] = left > 2 ? b64_digits[v & 63] : '=';
    }
    *n = at;
    return E_OK;
}

static int b64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

enum err b64_decode(slice text, uint8_t *out, size_t size, size_t *n)
{
    uint32_t bits = 0;
    unsigned have = 0, pads = 0;
    size_t at = 0, digits = 0;

    for (size_t i = 0; i < text.n; i++) {
        int v;

        if (is_space(text.p[i]))
            continue;
        if (text.p[i] == '=') {
            if (++pads > 2)
                return E_SYNTAX;
            continue;
        }
        v = b64_value(text.p[i]);
        if (v < 0 || pads)
            return E_SYNTAX;
        digits++;
        bits = bits << 6 | (uint32_t)v;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        if (at == size)
            return E_NOSPACE;
        out[at++] = (uint8_t)(bits >> have);
    }
    if (digits % 4 == 1 || (pads && (digits + pads) % 4) || (bits & ((1u << have) - 1)))
        return E_SYNTAX;
    *n = at;
    return E_OK;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

enum err eid_from_digits(slice digits, uint8_t eid[EID_LEN])
{
    if (digits.n != EID_DIGITS)
        return E_SIZE;
    for (size_t i = 0; i < EID_DIGITS; i++)
        if (!is_digit(digits.p[i]))
            return E_SYNTAX;
    for (size_t i = 0; i < EID_LEN; i++)
        eid[i] = (uint8_t)((digits.p[2 * i] - '0') << 4 | (digits.p[2 * i + 1] - '0'));
    return E_OK;
}

void eid_to_digits(const uint8_t eid[EID_LEN], char digits[EID_DIGITS + 1])
{
    for (size_t i = 0; i < EID_LEN; i++) {
        digits[2 * i] = hex_digits[eid[i] >> 4];
        digits[2 * i + 1] = hex_digits[eid[i] & 15];
    }
    digits[EID_DIGITS] = '\0';
}

bool eid_valid(const uint8_t eid[EID_LEN])
{
    unsigned rest = 0;

    for (size_t i = 0; i < EID_LEN; i++) {
        if (eid[i] >> 4 > 9 || (eid[i] & 15) > 9)
            return false;
        rest = (rest * 10 + (eid[i] >> 4)) % 97;
        rest = (rest * 10 + (eid[i] & 15)) % 97;
    }
    return rest == 1;
}

enum err iccid_from_digits(slice digits, uint8_t iccid[ICCID_LEN])
{
    size_t n = digits.n;

    /* The JSON form pads 19 digits with F. */
    if (n && (digits.p[n - 1] == 'F' || digits.p[n - 1] == 'f'))
        n--;
    if (n < 18 || n > ICCID_DIGITS)
        return E_SIZE;
    memset(iccid, 0xFF, ICCID_LEN);
    for (size_t i = 0; i < n; i++) {
        uint8_t v;

        if (!is_digit(digits.p[i]))
            return E_SYNTAX;
        v = (uint8_t)(digits.p[i] - '0');
        iccid[i / 2] = i % 2 ? (uint8_t)((iccid[i / 2] & 0x0F) | v << 4)
                             : (uint8_t)((iccid[i / 2] & 0xF0) | v);
    }
    return E_OK;
}

enum err iccid_to_digits(slice iccid, char digits[ICCID_DIGITS + 1])
{
    size_t n = 0;
    bool ended = false;

    if (iccid.n != ICCID_LEN)
        return E_SIZE;
    for (size_t i = 0; i < ICCID_DIGITS; i++) {
        uint8_t v = i % 2 ? iccid.p[i / 2] >> 4 : iccid.p[i / 2] & 15;

        if (v == 15) {
            ended = true;
            continue;
        }
        if (v > 9 || ended)
            return E_SYNTAX;
        digits[n++] = (char)('0' + v);
    }
    digits[n] = '\0';
    return E_OK;
}

char luhn_digit(slice digits)
{
    unsigned sum = 0;

    for (size_t i = 0; i < digits.n; i++) {
        unsigned v = (unsigned)(digits.p[digits.n - 1 - i] - '0');

        if (i % 2 == 0)
            v = v * 2 > 9 ? v * 2 - 9 : v * 2;
        sum += v;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

size_t utf8_sign(slice s, uint32_t *sign)
{
    static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint8_t c = s.p[0];
    size_t n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;

    if (!n || n > s.n)
        return 0;
    *sign = n == 1 ? c : c & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (s.p[i] >> 6 != 2)
            return 0;
        *sign = *sign << 6 | (s.p[i] & 0x3F);
    }
    return *sign < lowest[n] || *sign > 0x10FFFF || *sign >> 11 == 27 ? 0 : n;
}

static bool is_control(uint32_t sign)
{
    return sign < 0x20 || (sign >= 0x7F && sign < 0xA0) || sign == 0x200E || sign == 0x200F ||
           (sign >= 0x2028 && sign <= 0x202E) || (sign >= 0x2066 && sign <= 0x2069);
}

char *text_printable(slice s, char *buf, size_t size)
{
    size_t at = 0;
    uint32_t sign = 0;

    while (s.n) {
        size_t n = utf8_sign(s, &sign), put = n && !is_control(sign) ? n : 1;

        if (put >= size - at)
            break;
        if (n && !is_control(sign))
            memcpy(buf + at, s.p, n);
        else
            buf[at] = '?';
        at += put;
        s = slice_skip(s, n ? n : 1);
    }
    buf[at] = '\0';
    return buf;
}

enum err decimal_decode(slice text, int64_t *n)
{
    *n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || *n > INT64_MAX / 10 - 10)
            return E_SYNTAX;
        *n = *n * 10 + (text.p[i] - '0');
    }
    return text.n ? E_OK : E_SYNTAX;
}

#define HOST_OCTETS  253
#define LABEL_OCTETS 63

static bool port_valid(slice port)
{
    int64_t n;

    return port.n <= 5 && decimal_decode(port, &n) == E_OK && n >= 1 && n <= 65535;
}

/* Letters, digits and hyphens, the latter not at its ends (RFC 1123 2.1). */
static bool label_valid(slice label)
{
    for (size_t i = 0; i < label.n; i++) {
        uint8_t c = label.p[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (!letter && !(c >= '0' && c <= '9') && (c != '-' || i == 0 || i == label.n - 1))
            return false;
    }
    return label.n >= 1 && label.n <= LABEL_OCTETS;
}

bool host_valid(slice host)
{
    const uint8_t *colon = host.n ? memchr(host.p, ':', host.n) : NULL;
    size_t from = 0;

    if (colon && !port_valid(slice_skip(host, (size_t)(colon - host.p) + 1)))
        return false;
    if (colon)
        host.n = (size_t)(colon - host.p);
    if (host.n && host.p[host.n - 1] == '.')
        host.n--;
    if (host.n == 0 || host.n > HOST_OCTETS)
        return false;
    for (size_t i = 0; i <= host.n; i++) {
        if (i < host.n && host.p[i] != '.')
            continue;
        if (!label_valid(slice_of(host.p + from, i - from)))
            return false;
        from = i + 1;
    }
    return true;
}
