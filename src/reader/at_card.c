/* The modem's own use of the card: start, proactive commands, PIN and identities (TS 27.007 5.6,
   8.3). */
#include "reader/at_impl.h"

#include "base/secret.h"
#include "base/text.h"
#include "reader/proactive.h"

#include <stdio.h>

enum { FID_MF = 0x3F00, FID_ICCID = 0x2FE2, FID_IMSI = 0x6F07 };
enum { PROACTIVE_MAX = 8, PIN_OCTETS = 8 };

static const slice usim = SLICE_LIT("\xA0\0\0\0\x87\x10\x02");

/* ---- the card ---- */

enum at_result at_lost(struct at *at)
{
    (void)!at_power_on(at);
    return AT_SIM_FAILURE;
}

static void note_waiting(struct at *at, uint16_t sw)
{
    if (sw >> 8 == 0x91)
        at->waiting = (uint8_t)sw;
}

enum err at_own(struct at *at, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, slice data, int le)
{
    const uint8_t header[4] = { cla, ins, p1, p2 };
    enum err e = terminal_send(&at->card, header, data, le);

    if (!e && at->card.pending)
        at->waiting = at->card.pending;
    return e;
}

bool at_selected(const struct at *at)
{
    return at->card.sw == 0x9000 || at->card.sw >> 8 == 0x62;
}

enum err at_select_fid(struct at *at, uint16_t fid)
{
    const uint8_t octets[2] = { (uint8_t)(fid >> 8), (uint8_t)fid };

    return at_own(at, 0x00, 0xA4, 0x00, 0x0C, SLICE_OF(octets), -1);
}

enum err at_select_usim(struct at *at)
{
    return at_own(at, 0x00, 0xA4, 0x04, 0x0C, usim, -1);
}

enum err at_pass(struct at *at, slice command, slice *response)
{
    size_t n = 0;
    enum err e = card_link_transmit(at->link, command, at->response, sizeof at->response, &n);

    if (e)
        return e;
    if (n < 2)
        return E_TRUNCATED;
    note_waiting(at, (uint16_t)(at->response[n - 2] << 8 | at->response[n - 1]));
    if (at->response[n - 2] == 0x91) {
        at->response[n - 2] = 0x90;
        at->response[n - 1] = 0x00;
    }
    *response = slice_of(at->response, n);
    return E_OK;
}

enum err at_power_on(struct at *at)
{
    /* TERMINAL PROFILE: profile download, REFRESH (TS 102 223 5.2) */
    static const uint8_t profile[] = { 0x01, 0x00, 0x80 };
    uint8_t atr[64];
    size_t n;
    enum err e = card_link_reset(at->link, atr, sizeof atr, &n);

    at->sessions = 0;
    at->waiting = 0;
    return e ? e : at_own(at, 0x80, 0x10, 0x00, 0x00, SLICE_OF(profile), -1);
}

/* ---- proactive commands ---- */

static enum err respond(struct at *at, const struct proactive *c)
{
    struct proactive_answer a;

    proactive_answer_refresh_only(&a, c);
    return at_own(at, 0x80, 0x14, 0x00, 0x00, slice_of(a.octets, a.n), -1);
}

static enum err perform(struct at *at)
{
    struct proactive c;
    uint8_t n = at->waiting;
    enum err e;

    at->waiting = 0; /* the next may wait already when this one has been fetched */
    e = at_own(at, 0x80, 0x12, 0x00, 0x00, SLICE_NONE, n);
    if (e || !at->card.n)
        return e;
    at_put(at, "\r\n+CUSATP: \"");
    at_put_hex(at, slice_of(at->card.data, at->card.n));
    at_put(at, "\"\r\n");
    /* what it points to is gone with the next exchange: only its details count here */
    if (proactive_parse(slice_of(at->card.data, at->card.n), &c))
        return E_OK;
    e = respond(at, &c);
    if (e || !proactive_resets(&c))
        return e;
    e = at_power_on(at);
    if (!e)
        (void)!at_cpin_read(at, NULL);
    return e;
}

void at_proactive(struct at *at)
{
    enum err e = E_OK;

    for (unsigned i = 0; !e && at->waiting && i < PROACTIVE_MAX; i++)
        e = perform(at);
    if (e)
        (void)!at_power_on(at);
}

/* ---- +CPIN, +CIMI, +CCID ---- */

/* EF_IMSI tells whether the PIN is still to be given: reading it takes the application PIN. */
static enum at_result read_imsi(struct at *at)
{
    if (at_select_usim(at))
        return at_lost(at);
    if (!at_selected(at))
        return AT_NOT_FOUND;
    if (at_select_fid(at, FID_IMSI))
        return at_lost(at);
    if (!at_selected(at))
        return AT_NOT_FOUND;
    if (at_own(at, 0x00, 0xB0, 0x00, 0x00, SLICE_NONE, 9))
        return at_lost(at);
    if (at->card.sw == 0x9000)
        return AT_OK;
    if (at->card.sw != 0x6982)
        return AT_NOT_FOUND;
    if (at_own(at, 0x00, 0x20, 0x00, 0x01, SLICE_NONE, -1))
        return at_lost(at);
    return at->card.sw == 0x6983 || at->card.sw == 0x63C0 ? AT_PUK_REQUIRED : AT_PIN_REQUIRED;
}

enum at_result at_cpin_read(struct at *at, const struct at_args *args)
{
    enum at_result result = read_imsi(at);

    (void)args;
    if (result == AT_SIM_FAILURE)
        return result;
    at_put(at, result == AT_PIN_REQUIRED   ? "\r\n+CPIN: SIM PIN\r\n"
               : result == AT_PUK_REQUIRED ? "\r\n+CPIN: SIM PUK\r\n"
                                           : "\r\n+CPIN: READY\r\n");
    return AT_OK;
}

/* 4 to 8 digits, filled up with FF (TS 102 221 9.5.1). */
static bool pin_octets(slice digits, size_t least, uint8_t out[PIN_OCTETS])
{
    if (digits.n < least || digits.n > PIN_OCTETS)
        return false;
    for (size_t i = 0; i < digits.n; i++)
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
    memset(out, 0xFF, PIN_OCTETS);
    memcpy(out, digits.p, digits.n);
    return true;
}

enum at_result at_cpin_set(struct at *at, const struct at_args *args)
{
    uint8_t values[2 * PIN_OCTETS];
    bool unblock = args->count == 2;
    enum at_result needed;
    enum err e;

    if (args->count < 1 || args->count > 2 ||
        !pin_octets(args->value[0], unblock ? PIN_OCTETS : 4, values) ||
        (unblock && !pin_octets(args->value[1], 4, values + PIN_OCTETS)))
        return AT_PARAMETERS;
    needed = read_imsi(at);
    if (needed == AT_SIM_FAILURE || needed == AT_NOT_FOUND)
        e = E_STATE;
    else if (unblock)
        e = at_own(at, 0x00, 0x2C, 0x00, 0x01, slice_of(values, sizeof values), -1);
    else if (needed == AT_PIN_REQUIRED)
        e = at_own(at, 0x00, 0x20, 0x00, 0x01, slice_of(values, PIN_OCTETS), -1);
    else
        e = E_STATE;
    wipe(values, sizeof values);
    if (e == E_STATE)
        return needed == AT_OK || needed == AT_NOT_FOUND ? AT_NOT_ALLOWED : needed;
    if (e)
        return at_lost(at);
    if (at->card.sw == 0x9000)
        return AT_OK;
    return at->card.sw == 0x6983 || (at->card.sw == 0x63C0 && !unblock) ? AT_PUK_REQUIRED
                                                                        : AT_WRONG_PASSWORD;
}

enum at_result at_cimi(struct at *at, const struct at_args *args)
{
    enum at_result result = read_imsi(at);
    char digits[16];
    const uint8_t *p = at->card.data;
    size_t n = 0, octets;

    (void)args;
    if (result != AT_OK)
        return result;
    octets = at->card.n ? p[0] : 0;
    if (octets < 1 || octets > 8 || at->card.n < 9)
        return AT_SIM_FAILURE;
    for (size_t i = 1; i < 2 * octets; i++) { /* TS 31.102 4.2.2: the first nibble is parity */
        unsigned nibble = i % 2 ? p[1 + i / 2] >> 4 : p[1 + i / 2] & 0x0F;

        if (nibble < 10 && n < sizeof digits - 1)
            digits[n++] = (char)('0' + nibble);
    }
    digits[n] = 0;
    at_put(at, "\r\n");
    at_put(at, digits);
    at_put(at, "\r\n");
    return AT_OK;
}

static enum at_result put_iccid(struct at *at, const char *name)
{
    char digits[ICCID_DIGITS + 1];

    if (at_select_fid(at, FID_MF) || at_select_fid(at, FID_ICCID))
        return at_lost(at);
    if (!at_selected(at))
        return AT_NOT_FOUND;
    if (at_own(at, 0x00, 0xB0, 0x00, 0x00, SLICE_NONE, ICCID_LEN))
        return at_lost(at);
    if (at->card.sw != 0x9000 || at->card.n != ICCID_LEN ||
        iccid_to_digits(slice_of(at->card.data, at->card.n), digits))
        return AT_SIM_FAILURE;
    at_put(at, name);
    at_put(at, digits);
    at_put(at, "\r\n");
    return AT_OK;
}

enum at_result at_ccid(struct at *at, const struct at_args *args)
{
    (void)args;
    return put_iccid(at, "\r\n+CCID: ");
}

enum at_result at_iccid(struct at *at, const struct at_args *args)
{
    (void)args;
    return put_iccid(at, "\r\n+ICCID: ");
}
