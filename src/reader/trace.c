#include "reader/trace.h"

#include "base/secret.h"
#include "base/text.h"
#include "euicc/apdu.h"
#include "rsp/registry.h"

#include <stdio.h>

enum { FID_MF = 0x3F00, FID_ADF = 0x7FFF };
enum { INS_CHANNEL = 0x70, INS_SELECT = 0xA4, INS_RESPONSE = 0xC0, INS_STORE = 0xE2 };
enum { STORE_LAST = 0x80 }; /* bit of P1 */

/* ---- text ---- */

static void put(const struct trace *t, const char *text)
{
    t->to.put(t->to.ctx, text, strlen(text));
}

static void put_hex(const struct trace *t, slice octets)
{
    char text[2 * 64 + 1];

    for (; octets.n; octets = slice_skip(octets, 64))
        if (!hex_encode(slice_head(octets, 64), text, sizeof text))
            put(t, text);
}

static void put_hidden(const struct trace *t, size_t n)
{
    char text[48];

    snprintf(text, sizeof text, " [%zu octets not shown] ", n);
    put(t, text);
}

/* Lines of the schema printer, indented by two. */
struct indented {
    const struct trace *t;
    bool line_begun;
};

static void put_indented(void *ctx, const char *text, size_t n)
{
    struct indented *in = ctx;

    while (n > 0) {
        const char *end = memchr(text, '\n', n);
        size_t take = end ? (size_t)(end - text) + 1 : n;

        if (!in->line_begun)
            put(in->t, "  ");
        in->t->to.put(in->t->to.ctx, text, take);
        in->line_begun = !end;
        text += take;
        n -= take;
    }
}

/* ---- ES10 ---- */

static bool contains(const char *text, const char *word)
{
    return strstr(text, word) != NULL;
}

/* Of the ES10 messages of this direction that the octets are, the one with the fewest strangers. */
static const struct registered *es10_message(slice in, const char *direction)
{
    struct der_reader r = der_reader(in);
    const struct registered *best = NULL;
    size_t fewest = SIZE_MAX;

    for (const struct registered *c = registry_find(der_peek(&r)); c; c = registry_find_next(c)) {
        size_t strangers;

        if (!contains(c->where, "ES10") || !contains(c->where, direction) ||
            schema_check(c->type, in, NULL))
            continue;
        strangers = registry_strangers(c->type, in);
        if (strangers < fewest) {
            fewest = strangers;
            best = c;
        }
    }
    return best;
}

/* The parts of a bound profile package (SGP.22 2.5.5), of which each command carries some. */
static const char *bpp_part(uint32_t tag)
{
    switch (tag) {
    case 0xBF36:
        return "BoundProfilePackage: its head and initialiseSecureChannelRequest";
    case 0xA0:
        return "BoundProfilePackage: firstSequenceOf87";
    case 0xA1:
        return "BoundProfilePackage: sequenceOf88";
    case 0xA2:
        return "BoundProfilePackage: secondSequenceOf87";
    case 0xA3:
        return "BoundProfilePackage: sequenceOf86";
    case 0x86:
    case 0x87:
    case 0x88:
        return "BoundProfilePackage: a protected segment";
    default:
        return NULL;
    }
}

static void put_message(const struct trace *t, slice in, const char *direction)
{
    const struct registered *m = es10_message(in, direction);
    struct indented lines = { t, false };
    const struct text_sink sink = { put_indented, &lines };
    struct der_reader r = der_reader(in);
    const char *part = bpp_part(der_peek(&r));
    char text[96];
    struct fault f;

    if (m) {
        snprintf(text, sizeof text, "  (%s)\n", m->where);
        put(t, text);
        if (schema_print_text(m->type, in, &sink, &f))
            put(t, "  not printable\n");
    } else if (part) {
        put(t, "  ");
        put(t, part);
        put(t, "\n");
    } else {
        snprintf(text, sizeof text, "  no ES10 %s of tag %X decodes\n", direction,
                 (unsigned)der_peek(&r));
        put(t, text);
    }
}

static void gather(uint8_t *to, size_t room, size_t *n, bool *cut, slice octets)
{
    if (octets.n > room - *n) {
        *cut = true;
        return;
    }
    if (octets.n)
        memcpy(to + *n, octets.p, octets.n);
    *n += octets.n;
}

static void store_data(struct trace *t, const struct apdu *a)
{
    char text[48];

    t->last_block = (a->p1 & STORE_LAST) != 0;
    snprintf(text, sizeof text, ", block %u%s", a->p2, t->last_block ? ", last" : "");
    put(t, text);
    if (a->p2 == 0) {
        t->request_n = 0;
        t->request_cut = false;
    }
    gather(t->request, sizeof t->request, &t->request_n, &t->request_cut, a->data);
}

static void put_request(struct trace *t, const struct apdu *a)
{
    if (a->ins != INS_STORE || !t->last_block || t->channel[a->channel].app != APP_ISDR)
        return;
    if (t->request_cut)
        put(t, "  too long to be printed\n");
    else if (t->request_n)
        put_message(t, slice_of(t->request, t->request_n), "request");
}

/* ---- SELECT ---- */

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put_fid(const struct trace *t, uint16_t fid, const char *name)
{
    char text[FILE_NAME_MAX + 16];

    snprintf(text, sizeof text, name ? " %s (%04X)" : " %s%04X", name ? name : "", fid);
    put(t, text);
}

/* Names each file of the path; *dir and *app follow it, as they will be when the card agrees. */
static void put_path(const struct trace *t, slice path, uint16_t *dir, enum known_app *app)
{
    for (; path.n >= 2; path = slice_skip(path, 2)) {
        uint16_t fid = get16(path.p);
        char name[FILE_NAME_MAX];
        bool is_dir = false, known = file_name(fid, *dir, *app, name, &is_dir);

        put_fid(t, fid, known ? name : NULL);
        if (!known) /* TS 102 221 8.6: first octet of a directory's FID */
            is_dir = fid >> 8 == 0x3F || fid >> 8 == 0x7F || fid >> 8 == 0x5F;
        if (is_dir)
            *dir = fid;
    }
}

static void put_application(const struct trace *t, slice aid, uint16_t *dir, enum known_app *app)
{
    const char *name;

    *app = app_by_aid(aid);
    *dir = *app == APP_NONE || *app >= APP_USIM ? FID_ADF : FID_MF;
    name = app_name(*app);
    put(t, " ");
    put(t, name ? name : "application ");
    if (!name)
        put_hex(t, aid);
}

static void put_select(const struct trace *t, const struct apdu *a, uint16_t *dir,
                       enum known_app *app)
{
    if (*app == APP_ISDR || *app == APP_ECASD || *app == APP_ISDP) {
        *dir = FID_MF; /* a file ends the application's hold of the channel */
        *app = a->p1 == 0x04 ? *app : APP_NONE;
    }
    switch (a->p1) {
    case 0x04:
        put_application(t, a->data, dir, app);
        break;
    case 0x03:
        put(t, " parent directory");
        *dir = FID_MF;
        break;
    case 0x08:
        put(t, " by path from the MF:");
        *dir = FID_MF;
        put_path(t, a->data, dir, app);
        break;
    case 0x09:
        put(t, " by path:");
        put_path(t, a->data, dir, app);
        break;
    default:
        if (a->data.n)
            put_path(t, slice_head(a->data, 2), dir, app);
        else
            *dir = FID_MF;
    }
}

/* ---- one exchange ---- */

/* Where this command would take its channel. */
struct move {
    uint16_t dir;
    enum known_app app;
};

static void put_meaning(struct trace *t, const struct apdu *a, struct move *to)
{
    const char *name = apdu_command_name(a->cla, a->ins);
    char text[48];

    if (a->ins != INS_RESPONSE)
        t->last_block = false;
    put(t, "  ");
    snprintf(text, sizeof text, "command %02X", a->ins);
    put(t, name ? name : text);
    if (a->channel) {
        snprintf(text, sizeof text, " on channel %u", a->channel);
        put(t, text);
    }
    if (a->ins == INS_SELECT)
        put_select(t, a, &to->dir, &to->app);
    else if (a->ins == INS_STORE)
        store_data(t, a);
    else if (a->ins == INS_CHANNEL)
        put(t, a->p1 & 0x80 ? ", close" : ", open");
    put(t, "\n");
    put_request(t, a);
}

/* Of a PIN command only header and length, also where its length is wrong. */
static void put_command(struct trace *t, slice command)
{
    put(t, "> ");
    if (command.n > 5 && apdu_data_secret(command.p[1])) {
        put_hex(t, slice_head(command, 5));
        put_hidden(t, command.n - 5);
    } else {
        put_hex(t, command);
    }
    put(t, "\n");
}

static bool succeeded(uint16_t sw)
{
    return sw == 0x9000 || sw >> 8 == 0x91 || sw >> 8 == 0x61 || sw >> 8 == 0x62;
}

static void put_answer(struct trace *t, slice data, uint16_t sw, bool hidden)
{
    char text[SW_TEXT_MAX], line[16];

    put(t, "< ");
    if (hidden && data.n)
        put_hidden(t, data.n);
    else
        put_hex(t, data);
    snprintf(line, sizeof line, "%04X\n  ", sw);
    put(t, line);
    put(t, sw_text(sw, text));
    put(t, "\n");
}

/* The answer of an ES10 function is whole when no more of it waits. */
static void answered(struct trace *t, slice data, uint16_t sw)
{
    gather(t->answer, sizeof t->answer, &t->answer_n, &t->answer_cut, data);
    if (sw >> 8 == 0x61)
        return;
    if (t->last_ins == INS_STORE && t->last_block && t->answer_n && !t->answer_cut &&
        t->channel[t->last_channel].app == APP_ISDR)
        put_message(t, slice_of(t->answer, t->answer_n), "response");
    wipe(t->answer, t->answer_n);
    t->answer_n = 0;
    t->answer_cut = false;
}

static enum err transmit(void *ctx, slice command, uint8_t *response, size_t size, size_t *n)
{
    struct trace *t = ctx;
    struct apdu a = { 0 };
    struct move to = { 0 };
    uint16_t sw;
    bool parsed = apdu_parse(command, true, &a, &sw);
    enum err e;

    put_command(t, command);
    if (parsed) {
        to.dir = t->channel[a.channel].dir;
        to.app = t->channel[a.channel].app;
        put_meaning(t, &a, &to);
        if (a.ins != INS_RESPONSE) {
            t->last_ins = a.ins;
            t->last_channel = a.channel;
            t->answer_n = 0;
            t->answer_cut = false;
        }
    }
    e = card_link_transmit(t->inner, command, response, size, n);
    if (e || *n < 2) {
        put(t, "< no answer: ");
        put(t, err_text(e ? e : E_TRUNCATED));
        put(t, "\n");
        return e;
    }
    sw = get16(response + *n - 2);
    put_answer(t, slice_of(response, *n - 2), sw, apdu_answer_secret(t->last_ins));
    if (parsed && a.ins == INS_SELECT && succeeded(sw)) {
        t->channel[a.channel].dir = to.dir;
        t->channel[a.channel].app = to.app;
    }
    answered(t, slice_of(response, *n - 2), sw);
    return E_OK;
}

static enum err reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    struct trace *t = ctx;
    enum err e = card_link_reset(t->inner, atr, size, n);

    for (size_t i = 0; i < TRACE_CHANNELS; i++) {
        t->channel[i].app = APP_NONE;
        t->channel[i].dir = FID_MF;
    }
    t->request_n = t->answer_n = 0;
    t->last_ins = 0;
    t->last_block = false;
    put(t, "reset, ATR ");
    if (!e)
        put_hex(t, slice_of(atr, *n));
    else
        put(t, err_text(e));
    put(t, "\n");
    return e;
}

static void close_link(void *ctx)
{
    struct trace *t = ctx;

    wipe(t->request, sizeof t->request);
    wipe(t->answer, sizeof t->answer);
    card_link_close(t->inner);
}

struct card_link trace_link(struct trace *t, const struct card_link *inner,
                            const struct text_sink *to)
{
    memset(t, 0, sizeof *t);
    t->inner = inner;
    t->to = *to;
    for (size_t i = 0; i < TRACE_CHANNELS; i++)
        t->channel[i].dir = FID_MF;
    return (struct card_link){ t, transmit, reset, close_link };
}
