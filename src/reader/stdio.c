#include "reader/stdio.h"

#include "base/secret.h"
#include "base/text.h"

#include <jansson.h>
#include <stdlib.h>

enum { FAILED = -1, CHANNELS = 20 };

void stdio_card_init(struct stdio_card *s, const struct card_link *link)
{
    memset(s, 0, sizeof *s);
    s->link = link;
}

/* ---- functions: each returns ecode; *n octets of s->response are its data, 0: none ---- */

typedef int function(struct stdio_card *s, slice param, size_t *n);

static int reset(struct stdio_card *s)
{
    uint8_t atr[64];
    size_t n;

    return card_link_reset(s->link, atr, sizeof atr, &n) ? FAILED : 0;
}

static int connect_card(struct stdio_card *s, slice param, size_t *n)
{
    (void)param;
    (void)n;
    s->connected = reset(s) == 0;
    return s->connected ? 0 : FAILED;
}

static int disconnect(struct stdio_card *s, slice param, size_t *n)
{
    (void)param;
    (void)n;
    s->connected = false;
    return reset(s);
}

/* The status word, 0 when the card is out of reach; data in s->response[0 .. *n). */
static uint16_t send(struct stdio_card *s, slice command, size_t *n)
{
    if (card_link_transmit(s->link, command, s->response, sizeof s->response, n) || *n < 2)
        return 0;
    *n -= 2;
    return (uint16_t)(s->response[*n] << 8 | s->response[*n + 1]);
}

static bool succeeded(uint16_t sw)
{
    return sw == 0x9000 || sw >> 8 == 0x61 || sw >> 8 == 0x91 || sw >> 8 == 0x62;
}

/* TS 102 221 10.1.1: channels 0..3 in 0X, 4..19 in 4X. */
static uint8_t class_of(uint8_t channel)
{
    return (uint8_t)(channel < 4 ? channel : 0x40 | (channel - 4));
}

static int close_channel(struct stdio_card *s, uint8_t channel)
{
    const uint8_t command[] = { 0x00, 0x70, 0x80, channel };
    size_t n;

    return succeeded(send(s, SLICE_OF(command), &n)) ? 0 : FAILED;
}

static int open_channel(struct stdio_card *s, slice aid, size_t *n)
{
    static const uint8_t open[] = { 0x00, 0x70, 0x00, 0x00, 0x01 };
    uint8_t select[5 + 16] = { 0x00, 0xA4, 0x04, 0x00, (uint8_t)aid.n };
    uint8_t channel;

    if (!s->connected || aid.n < 1 || aid.n > 16)
        return FAILED;
    memcpy(select + 5, aid.p, aid.n);
    if (send(s, SLICE_OF(open), n) != 0x9000 || *n != 1)
        return FAILED;
    channel = s->response[0];
    select[0] = class_of(channel);
    if (channel && channel < CHANNELS && succeeded(send(s, slice_of(select, 5 + aid.n), n))) {
        *n = 0;
        return channel;
    }
    *n = 0;
    close_channel(s, channel);
    return FAILED;
}

static int end_channel(struct stdio_card *s, slice param, size_t *n)
{
    (void)n;
    if (!s->connected || param.n != 1 || !param.p[0])
        return FAILED;
    return close_channel(s, param.p[0]);
}

static int transmit(struct stdio_card *s, slice command, size_t *n)
{
    if (!s->connected || command.n < 4 || !send(s, command, n)) {
        *n = 0;
        return FAILED;
    }
    *n += 2;
    return 0;
}

static const struct {
    const char *name;
    function *run;
} functions[] = {
    { "connect", connect_card },
    { "disconnect", disconnect },
    { "logic_channel_open", open_channel },
    { "logic_channel_close", end_channel },
    { "transmit", transmit },
};

/* ---- lines ---- */

/* False when it is text that is not hexadecimal. Absent and null are no octets. */
static bool param_octets(struct stdio_card *s, const json_t *param, slice *out)
{
    size_t n = 0;

    *out = SLICE_EMPTY;
    if (!param || json_is_null(param))
        return true;
    if (!json_is_string(param) ||
        hex_decode(slice_of(json_string_value(param), json_string_length(param)), s->command,
                   sizeof s->command, &n))
        return false;
    *out = slice_of(s->command, n);
    return true;
}

static int run(struct stdio_card *s, const json_t *payload, size_t *n)
{
    const char *name = json_string_value(json_object_get(payload, "func"));
    slice param;

    if (!name || !param_octets(s, json_object_get(payload, "param"), &param))
        return FAILED;
    for (size_t i = 0; i < COUNT(functions); i++) {
        if (strcmp(functions[i].name, name) != 0)
            continue;
        int ecode = functions[i].run(s, param, n);
        if (functions[i].run != transmit)
            *n = 0;
        return ecode;
    }
    return FAILED;
}

static char *answer_text(struct stdio_card *s, int ecode, size_t n)
{
    json_t *payload = json_pack("{s:i}", "ecode", ecode), *answer;
    char *text;

    if (payload && n && !hex_encode(slice_of(s->response, n), s->text, sizeof s->text))
        json_object_set_new(payload, "data", json_string(s->text));
    answer = json_pack("{s:s,s:o}", "type", "apdu", "payload", payload);
    text = answer ? json_dumps(answer, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    json_decref(answer);
    return text;
}

enum err stdio_answer(struct stdio_card *s, slice line, char **out)
{
    json_t *request = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    const char *type = json_string_value(json_object_get(request, "type"));
    bool ours = type && !strcmp(type, "apdu");
    size_t n = 0;
    int ecode;

    *out = NULL;
    if (ours) {
        ecode = run(s, json_object_get(request, "payload"), &n);
        *out = answer_text(s, ecode, n);
    }
    json_decref(request);
    wipe(s->command, sizeof s->command);
    wipe(s->response, sizeof s->response);
    wipe(s->text, sizeof s->text);
    return ours && !*out ? E_MEMORY : E_OK;
}

enum err stdio_read_line(FILE *in, char *line, size_t size, size_t *n)
{
    int c;

    *n = 0;
    while ((c = getc(in)) != EOF && c != '\n') {
        if (*n == size)
            return E_LIMIT;
        line[(*n)++] = (char)c;
    }
    return c == EOF && *n == 0 ? E_CLOSED : E_OK;
}

static enum err serve_line(struct stdio_card *s, slice line, FILE *out, FILE *others)
{
    char *answer;
    enum err e = stdio_answer(s, line, &answer);

    if (e)
        return e;
    if (answer)
        e = fprintf(out, "%s\n", answer) < 0 || fflush(out) ? E_CLOSED : E_OK;
    else if (line.n)
        fprintf(others, "%.*s\n", (int)line.n, (const char *)line.p);
    free(answer);
    return e;
}

enum err stdio_serve(struct stdio_card *s, FILE *in, FILE *out, FILE *others)
{
    char *line = malloc(STDIO_LINE_MAX);
    size_t n;
    enum err e = line ? E_OK : E_MEMORY;

    while (!e) {
        e = stdio_read_line(in, line, STDIO_LINE_MAX, &n);
        if (!e)
            e = serve_line(s, slice_of(line, n), out, others);
    }
    free(line);
    return e;
}
