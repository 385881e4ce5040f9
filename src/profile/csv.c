#include "profile/csv.h"

static char separator_of(const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (line[i] == ',' || line[i] == ';')
            return line[i];
    return 0;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

struct cursor {
    char *at, *end;
};

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->end && blank(*c->at))
        c->at++;
}

/* Behind the opening quote; the field is moved together where quotes are doubled. */
static enum err quoted(struct cursor *c, slice *out)
{
    char *start = c->at, *to = c->at;

    for (; c->at < c->end; c->at++) {
        if (*c->at == '"') {
            c->at++;
            if (c->at == c->end || *c->at != '"') {
                *out = slice_of(start, (size_t)(to - start));
                skip_blanks(c);
                return E_OK;
            }
        }
        *to++ = *c->at;
    }
    return E_SYNTAX;
}

static void bare(struct cursor *c, char separator, slice *out)
{
    char *start = c->at, *stop;

    while (c->at < c->end && *c->at != separator)
        c->at++;
    for (stop = c->at; stop > start && blank(stop[-1]);)
        stop--;
    *out = slice_of(start, (size_t)(stop - start));
}

enum err csv_split(struct csv *c, char *line, size_t n, slice fields[CSV_FIELDS_MAX], size_t *count)
{
    struct cursor at = { line, line + n };

    *count = 0;
    if (!c->separator) {
        if (n >= 3 && !memcmp(line, "\xEF\xBB\xBF", 3))
            at.at += 3;
        c->separator = separator_of(at.at, (size_t)(at.end - at.at));
    }
    skip_blanks(&at);
    if (at.at == at.end)
        return E_OK;
    for (;;) {
        enum err e = E_OK;

        if (*count == CSV_FIELDS_MAX)
            return E_LIMIT;
        skip_blanks(&at);
        if (at.at < at.end && *at.at == '"') {
            at.at++;
            e = quoted(&at, &fields[*count]);
        } else {
            bare(&at, c->separator, &fields[*count]);
        }
        ++*count;
        if (e || at.at == at.end)
            return e;
        if (*at.at != c->separator)
            return E_SYNTAX; /* behind a closing quote */
        at.at++;
    }
}
