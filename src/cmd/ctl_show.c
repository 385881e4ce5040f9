/* Answers of the desk for people: a table, or a line for each member. */
#include "cmd/cmd.h"
#include "cmd/ctl_parts.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 8
#define NAME_SIZE   40

/* A value on one line; what a server says may hold anything, a terminal gets only what is plain. */
static char *text_of(json_t *v)
{
    char *text = !v                  ? strdup("-")
                 : json_is_string(v) ? strdup(json_string_value(v))
                                     : json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

    for (char *c = text; c && *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = '?';
    return text;
}

static size_t split(const char *names, char out[COLUMNS_MAX][NAME_SIZE])
{
    size_t n = 0;

    while (*names && n < COLUMNS_MAX) {
        size_t length = strcspn(names, " ");

        snprintf(out[n++], NAME_SIZE, "%.*s", (int)length, names);
        names += length + (names[length] == ' ');
    }
    return n;
}

static void show_cell(const char *text, size_t width, bool last)
{
    if (last)
        printf("%s\n", text);
    else
        printf("%-*s  ", (int)width, text);
}

static void show_table(json_t *items, const char *names, bool heading)
{
    char columns[COLUMNS_MAX][NAME_SIZE];
    size_t count = split(names, columns), widths[COLUMNS_MAX], i;
    json_t *row;

    for (size_t k = 0; k < count; k++) {
        widths[k] = strlen(columns[k]);
        json_array_foreach(items, i, row)
        {
            char *text = text_of(json_object_get(row, columns[k]));

            if (text && strlen(text) > widths[k])
                widths[k] = strlen(text);
            free(text);
        }
    }
    for (size_t k = 0; heading && k < count; k++)
        show_cell(columns[k], widths[k], k + 1 == count);
    json_array_foreach(items, i, row)
    {
        for (size_t k = 0; k < count; k++) {
            char *text = text_of(json_object_get(row, columns[k]));

            show_cell(text ? text : "", widths[k], k + 1 == count);
            free(text);
        }
    }
}

/* Lists inside are shown a line each. */
static void show_object(json_t *o)
{
    const char *name;
    json_t *value, *one;
    size_t i;

    json_object_foreach(o, name, value)
    {
        char *text = NULL;

        if (json_is_array(value)) {
            json_array_foreach(value, i, one)
            {
                text = text_of(one);
                printf("%-24s  %s\n", name, text ? text : "");
                free(text);
            }
            continue;
        }
        text = text_of(value);
        printf("%-24s  %s\n", name, text ? text : "");
        free(text);
    }
}

static void show_next(json_t *page)
{
    const char *next = json_string_value(json_object_get(page, "next"));

    if (next)
        printf("(more: after=%s)\n", next);
    else if (json_is_true(json_object_get(page, "more")))
        printf("(more: after=%lld)\n",
               (long long)json_integer_value(json_object_get(page, "last")));
}

int ctl_show(const struct ctl_request *r, slice body, bool json, int64_t *last)
{
    const char *columns = ctl_columns(r->command);
    json_t *v = body.n ? json_loadb((const char *)body.p, body.n, 0, NULL) : NULL;

    if (last)
        *last = json_integer_value(json_object_get(v, "last"));
    if (!body.n && !json)
        printf("done\n");
    else if (json || !v)
        fwrite(body.p, 1, body.n, stdout);
    else if (columns)
        show_table(json_object_get(v, "items"), columns, !r->quiet);
    else
        show_object(v);
    if (!json && columns && !last)
        show_next(v);
    json_decref(v);
    return EXIT_DONE;
}

int ctl_show_problem(int status, slice body, bool json)
{
    json_t *v = body.n ? json_loadb((const char *)body.p, body.n, 0, NULL) : NULL;
    char *field = text_of(json_object_get(v, "field")),
         *detail = text_of(json_object_get(v, "detail")),
         *subject = text_of(json_object_get(v, "subjectCode")),
         *reason = text_of(json_object_get(v, "reasonCode"));
    bool named = json_object_get(v, "field") != NULL,
         coded = json_object_get(v, "subjectCode") != NULL;

    if (json)
        fwrite(body.p, 1, body.n, stdout);
    if (field && detail && subject && reason)
        fprintf(stderr, "ctl: %d: %s%s%s%s%s%s%s%s\n", status, named ? field : "",
                named ? ": " : "", v ? detail : "refused", coded ? " (" : "", coded ? subject : "",
                coded ? "/" : "", coded ? reason : "", coded ? ")" : "");
    free(field);
    free(detail);
    free(subject);
    free(reason);
    json_decref(v);
    return EXIT_FAILED;
}
