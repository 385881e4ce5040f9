/* Access to the card for the terminal equipment (TS 27.007 8.17, 8.18, 8.43 to 8.46). */
#include "reader/at_impl.h"

#include "base/secret.h"
#include "base/text.h"

#include <stdio.h>

enum { FID_MF = 0x3F00, FID_TELECOM = 0x7F10 };

/* ---- +CSIM, +CGLA ---- */

/* Length in characters and hexadecimal text, of at least a command's header. */
static bool command_of(slice length, slice text, uint8_t *out, size_t size, size_t *n)
{
    unsigned told;

    return at_number(length, 2 * AT_LINE_MAX, &told) && told == text.n &&
           !hex_decode(text, out, size, n) && *n >= 4;
}

static enum at_result pass_on(struct at *at, const char *name, uint8_t *command, size_t n)
{
    char head[32];
    slice response;
    enum err e = at_pass(at, slice_of(command, n), &response);

    wipe(command, n);
    if (e)
        return at_lost(at);
    snprintf(head, sizeof head, "\r\n%s: %zu,\"", name, 2 * response.n);
    at_put(at, head);
    at_put_hex(at, response);
    at_put(at, "\"\r\n");
    wipe(at->response, response.n);
    return AT_OK;
}

enum at_result at_csim(struct at *at, const struct at_args *args)
{
    uint8_t command[AT_LINE_MAX / 2];
    size_t n;

    if (args->count != 2 ||
        !command_of(args->value[0], args->value[1], command, sizeof command, &n))
        return AT_PARAMETERS;
    return pass_on(at, "+CSIM", command, n);
}

/* TS 102 221 10.1.1: channels 0..3 in 0X and 8X, 4..19 in 4X and CX. */
static uint8_t class_on(uint8_t cla, unsigned channel)
{
    uint8_t class = cla & 0x80;

    if (channel < 4)
        return (uint8_t)(class | (cla & 0x40 ? 0 : cla & 0x0C) | channel);
    return (uint8_t)(class | 0x40 | (channel - 4));
}

static bool session_of(const struct at *at, slice text, unsigned *channel)
{
    return at_number(text, 19, channel) && at->sessions & 1u << *channel;
}

enum at_result at_cgla(struct at *at, const struct at_args *args)
{
    uint8_t command[AT_LINE_MAX / 2];
    unsigned channel;
    size_t n;

    if (args->count != 3 ||
        !command_of(args->value[1], args->value[2], command, sizeof command, &n))
        return AT_PARAMETERS;
    if (!session_of(at, args->value[0], &channel))
        return AT_NOT_FOUND;
    command[0] = class_on(command[0], channel);
    return pass_on(at, "+CGLA", command, n);
}

/* ---- +CCHO, +CCHC ---- */

static enum err close_channel(struct at *at, unsigned channel)
{
    at->sessions &= ~(1u << channel);
    return at_own(at, 0x00, 0x70, 0x80, (uint8_t)channel, SLICE_NONE, -1);
}

enum at_result at_ccho(struct at *at, const struct at_args *args)
{
    uint8_t select[5 + 16] = { 0, 0xA4, 0x04, 0x00 };
    unsigned channel;
    char text[32];
    slice response;
    size_t n;

    if (args->count != 1 || hex_decode(args->value[0], select + 5, 16, &n) || n < 5)
        return AT_PARAMETERS;
    if (at_own(at, 0x00, 0x70, 0x00, 0x00, SLICE_NONE, 1))
        return at_lost(at);
    if (at->card.sw != 0x9000 || at->card.n != 1 || !at->card.data[0] || at->card.data[0] > 19)
        return AT_NOT_ALLOWED;
    channel = at->card.data[0];
    select[0] = class_on(0x00, channel);
    select[4] = (uint8_t)n;
    if (at_pass(at, slice_of(select, 5 + n), &response))
        return at_lost(at);
    if (response.p[response.n - 2] != 0x90 && response.p[response.n - 2] != 0x61 &&
        response.p[response.n - 2] != 0x62)
        return close_channel(at, channel) ? at_lost(at) : AT_NOT_FOUND;
    at->sessions |= 1u << channel;
    snprintf(text, sizeof text, "\r\n+CCHO: %u\r\n", channel);
    at_put(at, text);
    return AT_OK;
}

enum at_result at_cchc(struct at *at, const struct at_args *args)
{
    unsigned channel;

    if (args->count != 1)
        return AT_PARAMETERS;
    if (!session_of(at, args->value[0], &channel))
        return AT_NOT_FOUND;
    if (close_channel(at, channel))
        return at_lost(at);
    at_put(at, "\r\n+CCHC\r\n");
    return AT_OK;
}

/* ---- +CRSM ---- */

enum {
    RETRIEVE_DATA = 203,
    SET_DATA = 219,
    READ_BINARY = 176,
    READ_RECORD = 178,
    GET_RESPONSE = 192,
    UPDATE_BINARY = 214,
    UPDATE_RECORD = 220,
    STATUS = 242
};

struct restricted {
    unsigned command, fid, p1, p2, p3;
    uint8_t data[255];
    size_t n;
    uint8_t path[16];
    size_t path_n;
};

/* A number that may be left out. */
static bool optional(const struct at_args *args, size_t i, unsigned max, unsigned *out)
{
    *out = 0;
    return i >= args->count || !args->value[i].p || at_number(args->value[i], max, out);
}

static bool parse_restricted(const struct at_args *args, struct restricted *r)
{
    *r = (struct restricted){ 0 };
    if (args->count < 1 || args->count > 7 || !at_number(args->value[0], 255, &r->command) ||
        !optional(args, 1, 0xFFFF, &r->fid) || !optional(args, 2, 255, &r->p1) ||
        !optional(args, 3, 255, &r->p2) || !optional(args, 4, 255, &r->p3))
        return false;
    if (args->count > 5 && args->value[5].n &&
        hex_decode(args->value[5], r->data, sizeof r->data, &r->n))
        return false;
    return args->count <= 6 || !args->value[6].n ||
           (!hex_decode(args->value[6], r->path, sizeof r->path, &r->path_n) && r->path_n % 2 == 0);
}

/* The file by its path from the MF; without a path in the USIM, the MF, or DF_TELECOM. */
static enum err find_file(struct at *at, const struct restricted *r)
{
    static const uint16_t places[] = { 0, FID_MF, FID_TELECOM };
    uint8_t path[sizeof r->path + 2];
    size_t n = r->path_n;
    enum err e = at_select_usim(at); /* 7FFF in a path means it */

    if (n) {
        memcpy(path, r->path, n);
        path[n++] = (uint8_t)(r->fid >> 8);
        path[n++] = (uint8_t)r->fid;
        return e ? e : at_own(at, 0x00, 0xA4, 0x08, 0x0C, slice_of(path, n), -1);
    }
    for (size_t i = 0; !e && i < COUNT(places); i++) {
        if (places[i] == FID_TELECOM)
            e = at_select_fid(at, FID_MF);
        if (!e && places[i])
            e = at_select_fid(at, places[i]);
        if (e || !at_selected(at))
            continue;
        e = at_select_fid(at, (uint16_t)r->fid);
        if (e || at_selected(at))
            return e;
    }
    return e;
}

static enum err run_restricted(struct at *at, const struct restricted *r)
{
    uint8_t p1 = (uint8_t)r->p1, p2 = (uint8_t)r->p2;
    const uint8_t fid[2] = { (uint8_t)(r->fid >> 8), (uint8_t)r->fid };
    int le = r->p3 ? (int)r->p3 : 256;

    switch (r->command) {
    case GET_RESPONSE: /* what SELECT answers */
        return at_own(at, 0x00, 0xA4, 0x00, 0x04, SLICE_OF(fid), -1);
    case READ_BINARY:
    case READ_RECORD:
        return at_own(at, 0x00, (uint8_t)r->command, p1, p2, SLICE_NONE, le);
    case RETRIEVE_DATA:
        return at_own(at, 0x80, (uint8_t)r->command, p1, p2, slice_of(r->data, r->n),
                      r->n ? -1 : le);
    case STATUS:
        return at_own(at, 0x80, (uint8_t)r->command, p1, p2, SLICE_NONE, le);
    case SET_DATA:
        return at_own(at, 0x80, (uint8_t)r->command, p1, p2, slice_of(r->data, r->n), -1);
    default:
        return at_own(at, 0x00, (uint8_t)r->command, p1, p2, slice_of(r->data, r->n), -1);
    }
}

static bool known(const struct restricted *r)
{
    switch (r->command) {
    case STATUS:
        return true;
    case GET_RESPONSE:
    case READ_BINARY:
    case READ_RECORD:
    case RETRIEVE_DATA:
        return r->fid != 0;
    case UPDATE_BINARY:
    case UPDATE_RECORD:
    case SET_DATA:
        return r->fid != 0 && r->n > 0 && r->n == r->p3;
    default:
        return false;
    }
}

enum at_result at_crsm(struct at *at, const struct at_args *args)
{
    struct restricted r;
    char text[48];
    enum err e = E_OK;

    if (!parse_restricted(args, &r) || !known(&r))
        return AT_PARAMETERS;
    if (r.fid) {
        e = find_file(at, &r);
        if (!e && !at_selected(at))
            at->card.n = 0;
    }
    if (!e && (!r.fid || at_selected(at)))
        e = run_restricted(at, &r);
    wipe(r.data, sizeof r.data);
    if (e)
        return at_lost(at);
    snprintf(text, sizeof text, "\r\n+CRSM: %u,%u", at->card.sw >> 8, at->card.sw & 0xFF);
    at_put(at, text);
    if (at->card.n) {
        at_put(at, ",\"");
        at_put_hex(at, slice_of(at->card.data, at->card.n));
        at_put(at, "\"");
    }
    at_put(at, "\r\n");
    return AT_OK;
}
