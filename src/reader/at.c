#include "reader/at_impl.h"

#include "base/secret.h"
#include "base/text.h"

#include <stdio.h>

enum { CR = 0x0D, BACKSPACE = 0x08, DELETE = 0x7F };

/* ---- text ---- */

void at_put(const struct at *at, const char *text)
{
    at->to.put(at->to.ctx, text, strlen(text));
}

void at_put_hex(const struct at *at, slice octets)
{
    char text[2 * 64 + 1];

    for (; octets.n; octets = slice_skip(octets, 64))
        if (!hex_encode(slice_head(octets, 64), text, sizeof text))
            at_put(at, text);
    wipe(text, sizeof text);
}

static const struct {
    enum at_result result;
    const char *text;
} results[] = {
    { AT_NOT_ALLOWED, "operation not allowed" },
    { AT_NOT_SUPPORTED, "operation not supported" },
    { AT_PIN_REQUIRED, "SIM PIN required" },
    { AT_PUK_REQUIRED, "SIM PUK required" },
    { AT_SIM_FAILURE, "SIM failure" },
    { AT_WRONG_PASSWORD, "incorrect password" },
    { AT_NOT_FOUND, "not found" },
    { AT_PARAMETERS, "Incorrect parameters" },
};

static void put_result(const struct at *at, enum at_result result)
{
    char text[64];

    if (result == AT_OK || result == AT_ERROR || at->cmee == 0) {
        at_put(at, result == AT_OK ? "\r\nOK\r\n" : "\r\nERROR\r\n");
        return;
    }
    snprintf(text, sizeof text, "\r\n+CME ERROR: %d\r\n", (int)result);
    for (size_t i = 0; at->cmee == 2 && i < COUNT(results); i++)
        if (results[i].result == result)
            snprintf(text, sizeof text, "\r\n+CME ERROR: %s\r\n", results[i].text);
    at_put(at, text);
}

/* ---- values ---- */

bool at_number(slice text, unsigned max, unsigned *out)
{
    unsigned long long v = 0;

    if (!text.n)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        v = v * 10 + (unsigned)(text.p[i] - '0');
        if (v > max)
            return false;
    }
    *out = (unsigned)v;
    return true;
}

static slice trim(slice s)
{
    while (s.n && s.p[0] == ' ')
        s = slice_skip(s, 1);
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

/* The text up to the first `c` outside of quotes; moves *rest behind it. */
static slice take_until(slice *rest, char c)
{
    bool quoted = false;
    size_t n = 0;
    slice taken;

    for (; n < rest->n && (quoted || rest->p[n] != c); n++)
        quoted = quoted != (rest->p[n] == '"');
    taken = slice_head(*rest, n);
    *rest = slice_skip(*rest, n < rest->n ? n + 1 : n);
    return taken;
}

/* False: a quote is not closed or stands inside a value, or there are too many values. */
static bool split(slice text, struct at_args *out)
{
    bool more = text.n > 0;

    out->count = 0;
    while (more) {
        const uint8_t *end = text.p + text.n;
        slice v = take_until(&text, ',');

        more = v.p + v.n < end; /* a comma: another value follows, be it an empty one */
        v = trim(v);
        if (v.n && v.p[0] == '"') {
            if (v.n < 2 || v.p[v.n - 1] != '"')
                return false;
            v = slice_of(v.p + 1, v.n - 2);
        } else if (!v.n) {
            v = SLICE_NONE;
        }
        if (out->count == AT_ARGS_MAX || (v.n && memchr(v.p, '"', v.n)))
            return false;
        out->value[out->count++] = v;
    }
    return true;
}

/* ---- commands ---- */

static enum at_result cmee_set(struct at *at, const struct at_args *args)
{
    unsigned v = 0;

    if (args->count > 1 || (args->count && !at_number(args->value[0], 2, &v)))
        return AT_PARAMETERS;
    at->cmee = (uint8_t)v;
    return AT_OK;
}

static enum at_result cmee_read(struct at *at, const struct at_args *args)
{
    char text[32];

    (void)args;
    snprintf(text, sizeof text, "\r\n+CMEE: %u\r\n", at->cmee);
    at_put(at, text);
    return AT_OK;
}

/* What +NAME=values, +NAME? and +NAME do, and what +NAME=? prints. */
static const struct {
    const char *name;
    at_run *set, *read, *execute;
    const char *test;
} commands[] = {
    { "+CMEE", cmee_set, cmee_read, NULL, "\r\n+CMEE: (0-2)\r\n" },
    { "+CPIN", at_cpin_set, at_cpin_read, NULL, "" },
    { "+CIMI", NULL, NULL, at_cimi, "" },
    { "+CCID", NULL, at_ccid, at_ccid, "" },
    { "+ICCID", NULL, at_iccid, at_iccid, "" },
    { "+CSIM", at_csim, NULL, NULL, "" },
    { "+CRSM", at_crsm, NULL, NULL, "" },
    { "+CCHO", at_ccho, NULL, NULL, "" },
    { "+CGLA", at_cgla, NULL, NULL, "" },
    { "+CCHC", at_cchc, NULL, NULL, "" },
};

static enum at_result run_one(struct at *at, size_t i, slice rest)
{
    struct at_args args = { .count = 0 };
    at_run *run;

    if (slice_eq_str(rest, "=?")) {
        at_put(at, commands[i].test);
        return AT_OK;
    }
    if (slice_eq_str(rest, "?")) {
        run = commands[i].read;
    } else if (rest.n && rest.p[0] == '=') {
        run = commands[i].set;
        if (!split(slice_skip(rest, 1), &args))
            return AT_PARAMETERS;
    } else {
        run = commands[i].execute;
        if (rest.n)
            return AT_ERROR;
    }
    return run ? run(at, &args) : AT_NOT_SUPPORTED;
}

static bool in_name(uint8_t c)
{
    return c != '=' && c != '?' && c != ' ';
}

static enum at_result run_extended(struct at *at, slice command)
{
    size_t n = 0;

    command = trim(command);
    while (n < command.n && in_name(command.p[n]))
        n++;
    for (size_t i = 0; i < COUNT(commands); i++)
        if (slice_eq_nocase(slice_head(command, n), slice_str(commands[i].name)))
            return run_one(at, i, trim(slice_skip(command, n)));
    return AT_ERROR;
}

/* The number behind a basic command; 0 when there is none. */
static unsigned basic_number(slice *rest)
{
    unsigned v = 0;

    for (; rest->n && rest->p[0] >= '0' && rest->p[0] <= '9'; *rest = slice_skip(*rest, 1))
        v = v < 1000 ? v * 10 + (unsigned)(rest->p[0] - '0') : v;
    return v;
}

static void defaults(struct at *at)
{
    at->echo = true;
    at->cmee = 0;
}

static enum at_result run_basic(struct at *at, slice *rest)
{
    uint8_t c = rest->p[0] & 0xDF; /* upper case of a letter */
    unsigned v;

    if (rest->p[0] == '&' && rest->n > 1) {
        c = rest->p[1] & 0xDF;
        *rest = slice_skip(*rest, 2);
        if (c != 'F' || basic_number(rest))
            return AT_ERROR;
        defaults(at);
        return AT_OK;
    }
    *rest = slice_skip(*rest, 1);
    v = basic_number(rest);
    switch (c) {
    case 'E':
        at->echo = v == 1;
        return v <= 1 ? AT_OK : AT_ERROR;
    case 'I':
        at_put(at, "\r\nDunlin\r\nsoftware eUICC behind a modem\r\n");
        return AT_OK;
    case 'V':
        return v == 1 ? AT_OK : AT_ERROR;
    case 'Q':
        return v == 0 ? AT_OK : AT_ERROR;
    case 'Z':
        defaults(at);
        return v == 0 ? AT_OK : AT_ERROR;
    default:
        return AT_ERROR;
    }
}

/* Commands of one line run in turn until one fails (V.250 5.2.1, 5.8). */
static enum at_result run_line(struct at *at, slice rest)
{
    enum at_result result = AT_OK;

    rest = trim(slice_skip(rest, 2));
    while (rest.n && result == AT_OK) {
        if (rest.p[0] == '+')
            result = run_extended(at, take_until(&rest, ';'));
        else if (rest.p[0] == ';' || rest.p[0] == ' ')
            rest = slice_skip(rest, 1);
        else
            result = run_basic(at, &rest);
    }
    return result;
}

static void end_line(struct at *at)
{
    slice line = trim(slice_of(at->line, at->n));

    if (at->too_long) {
        put_result(at, AT_ERROR);
    } else if (line.n >= 2 && slice_eq_nocase(slice_head(line, 2), SLICE_LIT("AT"))) {
        put_result(at, run_line(at, line));
        at_proactive(at);
    }
    wipe(at->line, sizeof at->line);
    at->n = 0;
    at->too_long = false;
}

static void feed_one(struct at *at, uint8_t c)
{
    if (at->echo)
        at->to.put(at->to.ctx, (const char *)&c, 1);
    if (c == CR) {
        end_line(at);
    } else if (c == BACKSPACE || c == DELETE) {
        at->n -= at->n > 0;
    } else if (c >= ' ' && c < DELETE) {
        at->too_long = at->too_long || at->n == sizeof at->line;
        if (!at->too_long)
            at->line[at->n++] = (char)c;
    }
}

void at_feed(struct at *at, slice octets)
{
    for (size_t i = 0; i < octets.n; i++)
        feed_one(at, octets.p[i]);
}

void at_init(struct at *at, const struct card_link *link, const struct text_sink *to)
{
    memset(at, 0, sizeof *at);
    at->link = link;
    at->to = *to;
    defaults(at);
    terminal_init(&at->card, link, 0);
    (void)!at_power_on(at);
}
