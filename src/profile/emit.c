#include "profile/emit.h"

#include <inttypes.h>
#include <stdio.h>

static void put(const struct emit *e, const char *s)
{
    e->to->put(e->to->ctx, s, strlen(s));
}

static bool on_line(const struct emit *e)
{
    return e->depth && e->line[e->depth - 1];
}

static void new_line(const struct emit *e)
{
    for (unsigned i = 0; i < e->indent; i++)
        put(e, "  ");
}

/* What stands in front of a value. */
static void lead(struct emit *e, const char *name)
{
    bool first = !e->depth || !e->used[e->depth - 1];

    if (e->depth)
        e->used[e->depth - 1] = true;
    if (e->json) {
        put(e, first ? "" : ",");
        if (name) {
            put(e, "\"");
            put(e, name);
            put(e, "\":");
        }
        return;
    }
    if (on_line(e))
        put(e, first ? " " : e->array[e->depth - 1] ? " " : ", ");
    else
        new_line(e);
    if (name) {
        put(e, name);
        put(e, on_line(e) ? " " : ": ");
    }
}

static void trail(const struct emit *e)
{
    if (!e->json && !on_line(e))
        put(e, "\n");
}

static void open(struct emit *e, const char *name, bool array, bool line)
{
    bool within = on_line(e);

    if (e->depth || name)
        lead(e, e->json || !name ? name : NULL);
    if (e->json) {
        put(e, array ? "[" : "{");
    } else if (name) {
        put(e, name);
        put(e, within ? "" : line ? ":" : "\n");
    } else if (!line && e->depth) {
        put(e, "-\n");
    } else if (e->depth) {
        put(e, "-");
    }
    if (!e->json && (e->depth || name))
        e->indent++;
    if (e->depth < EMIT_DEPTH) {
        e->array[e->depth] = array;
        e->line[e->depth] = line || within;
        e->used[e->depth] = false;
    }
    e->depth++;
}

void emit_object(struct emit *e, const char *name)
{
    open(e, name, false, false);
}

void emit_array(struct emit *e, const char *name)
{
    open(e, name, true, false);
}

void emit_line(struct emit *e, const char *name)
{
    open(e, name, false, true);
}

void emit_list(struct emit *e, const char *name)
{
    open(e, name, true, true);
}

void emit_close(struct emit *e)
{
    bool was_line;

    e->depth--;
    was_line = e->line[e->depth];
    if (e->json)
        put(e, e->array[e->depth] ? "]" : "}");
    else if (was_line && !on_line(e))
        put(e, "\n");
    if (e->indent)
        e->indent--;
}

/* Control characters of ASCII and, as UTF-8 codes them (C2 80 to C2 9F), of Latin-1. */
static bool is_control(slice text, size_t i)
{
    uint8_t c = text.p[i];

    return c < 0x20 || c == 0x7F || (c == 0xC2 && i + 1 < text.n && text.p[i + 1] < 0xA0);
}

void emit_text(struct emit *e, const char *name, slice text)
{
    lead(e, name);
    put(e, "\"");
    for (size_t i = 0; i < text.n; i++) {
        char c[8] = { (char)text.p[i] };

        if (text.p[i] == '"' || text.p[i] == '\\')
            snprintf(c, sizeof c, "\\%c", text.p[i]);
        else if (is_control(text, i))
            snprintf(c, sizeof c, "\\u%04X", text.p[i] == 0xC2 ? text.p[++i] : text.p[i]);
        put(e, c);
    }
    put(e, "\"");
    trail(e);
}

/* Our own words: quotes in JSON only. */
void emit_str(struct emit *e, const char *name, const char *text)
{
    if (e->json) {
        emit_text(e, name, slice_str(text));
        return;
    }
    lead(e, name);
    put(e, text);
    trail(e);
}

void emit_int(struct emit *e, const char *name, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, value);
    lead(e, name);
    put(e, text);
    trail(e);
}

void emit_bool(struct emit *e, const char *name, bool value)
{
    lead(e, name);
    put(e, value ? "true" : "false");
    trail(e);
}

void emit_hex(struct emit *e, const char *name, slice octets)
{
    lead(e, name);
    put(e, e->json ? "\"" : "");
    for (size_t i = 0; i < octets.n; i++) {
        char text[3];

        snprintf(text, sizeof text, "%02X", octets.p[i]);
        put(e, text);
    }
    put(e, e->json ? "\"" : octets.n ? "" : "-");
    trail(e);
}
