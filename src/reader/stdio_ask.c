#include "reader/stdio_ask.h"

#include "base/secret.h"
#include "base/text.h"
#include "reader/stdio.h"

#include <jansson.h>
#include <stdlib.h>

#define OTHERS_MAX 1000 /* lines that are no answer, one after another */

struct stdio_ask {
    FILE *in, *out;
    bool connected;
    char text[2 * STDIO_APDU_MAX + 1]; /* hexadecimal of the request */
    char line[STDIO_LINE_MAX];
};

/* hex NULL: no parameter */
static enum err say(struct stdio_ask *a, const char *function, const char *hex)
{
    int n =
        hex ? fprintf(a->out,
                      "{\"type\":\"apdu\",\"payload\":{\"func\":\"%s\",\"param\":\"%s\"}}\n",
                      function, hex)
            : fprintf(a->out, "{\"type\":\"apdu\",\"payload\":{\"func\":\"%s\",\"param\":null}}\n",
                      function);

    return n < 0 || fflush(a->out) ? E_CLOSED : E_OK;
}

/* An answer's ecode and data; false: the line is none. */
static bool read_answer(slice line, json_int_t *ecode, uint8_t *data, size_t size, size_t *n)
{
    json_t *doc = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    const char *type = json_string_value(json_object_get(doc, "type")), *hex;
    const json_t *payload = json_object_get(doc, "payload"),
                 *code = json_object_get(payload, "ecode");
    bool is_answer = type && !strcmp(type, "apdu") && json_is_integer(code);

    *n = 0;
    if (is_answer) {
        *ecode = json_integer_value(code);
        hex = json_string_value(json_object_get(payload, "data"));
        if (hex && hex_decode(slice_str(hex), data, size, n))
            *ecode = -1;
    }
    json_decref(doc);
    return is_answer;
}

static enum err hear(struct stdio_ask *a, uint8_t *data, size_t size, size_t *n)
{
    for (unsigned i = 0; i < OTHERS_MAX; i++) {
        json_int_t ecode;
        size_t line_n;
        enum err e = stdio_read_line(a->in, a->line, sizeof a->line, &line_n);

        if (e)
            return e;
        if (read_answer(slice_of(a->line, line_n), &ecode, data, size, n))
            return ecode < 0 ? E_CLOSED : E_OK;
    }
    return E_LIMIT;
}

static enum err call(struct stdio_ask *a, const char *function, const char *hex, uint8_t *data,
                     size_t size, size_t *n)
{
    enum err e = say(a, function, hex);

    *n = 0;
    return e ? e : hear(a, data, size, n);
}

static enum err ask_transmit(void *ctx, slice command, uint8_t *response, size_t size, size_t *n)
{
    struct stdio_ask *a = ctx;
    enum err e = hex_encode(command, a->text, sizeof a->text);

    *n = 0;
    if (e)
        return E_ARGUMENT;
    e = call(a, "transmit", a->text, response, size, n);
    wipe(a->text, 2 * command.n);
    return e || *n < 2 ? E_CLOSED : E_OK;
}

static enum err ask_reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    struct stdio_ask *a = ctx;
    enum err e = a->connected ? call(a, "disconnect", NULL, atr, size, n) : E_OK;

    a->connected = false;
    if (!e)
        e = call(a, "connect", NULL, atr, size, n);
    *n = 0;
    a->connected = !e;
    return e;
}

static void ask_close(void *ctx)
{
    struct stdio_ask *a = ctx;
    uint8_t nothing[1];
    size_t n;

    if (a->connected)
        (void)!call(a, "disconnect", NULL, nothing, 0, &n); /* the other end may be gone */
    wipe(a->line, sizeof a->line);
    free(a);
}

enum err stdio_ask_open(FILE *in, FILE *out, struct stdio_ask **ask, struct card_link *link)
{
    struct stdio_ask *a = calloc(1, sizeof *a);

    *ask = a;
    if (!a)
        return E_MEMORY;
    a->in = in;
    a->out = out;
    *link = (struct card_link){ a, ask_transmit, ask_reset, ask_close };
    return E_OK;
}
