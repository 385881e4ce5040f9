#include "cmd/options.h"

#include "cmd/cmd.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int print_help(const struct options *o)
{
    printf("usage: %s\n", o->usage);
    if (o->about)
        printf("\n%s\n", o->about);
    printf("\n");
    for (size_t i = 0; i < o->count; i++) {
        char left[64];

        snprintf(left, sizeof left, "--%s%s%s", o->rows[i].name, o->rows[i].meta ? " " : "",
                 o->rows[i].meta ? o->rows[i].meta : "");
        printf("  %-22s %s\n", left, o->rows[i].help);
    }
    printf("  %-22s this text\n", "--help");
    return EXIT_DONE;
}

static const struct option *find(const struct options *o, const char *name, size_t n)
{
    for (size_t i = 0; i < o->count; i++)
        if (strlen(o->rows[i].name) == n && !strncmp(o->rows[i].name, name, n))
            return &o->rows[i];
    return NULL;
}

static bool add(struct option_list *list, const char *text)
{
    if (list->count == list->max)
        return false;
    list->values[list->count++] = text;
    return true;
}

/* Sets the row's variable; false when the text is not of the accepted form. */
static bool set(const struct option *row, const char *text)
{
    char *end;
    long n;

    switch (row->kind) {
    case OPTION_FLAG:
        if (text && strcmp(text, "yes") && strcmp(text, "no"))
            return false;
        *(bool *)row->to = !text || !strcmp(text, "yes");
        return true;
    case OPTION_TEXT:
        *(const char **)row->to = text;
        return true;
    case OPTION_LIST:
        return add(row->to, text);
    default:
        errno = 0;
        n = strtol(text, &end, 10);
        if (errno || end == text || *end || n < row->min || n > row->max)
            return false;
        *(long *)row->to = n;
        return true;
    }
}

static void say_form(const struct option *row)
{
    if (row->kind == OPTION_INT)
        fprintf(stderr, "a whole number from %ld to %ld\n", row->min, row->max);
    else if (row->kind == OPTION_LIST)
        fprintf(stderr, "one of at most %zu\n", ((const struct option_list *)row->to)->max);
    else
        fprintf(stderr, "%s\n", row->kind == OPTION_FLAG ? "yes or no" : "text");
}

int options_parse(struct options *o, int argc, char **argv)
{
    bool only_words = false;

    o->words_count = 0;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *value = strchr(arg, '=');
        size_t n = value ? (size_t)(value - arg) : strlen(arg);
        const struct option *row;

        if (!only_words && !strcmp(arg, "--")) {
            only_words = true;
            continue;
        }
        if (only_words || arg[0] != '-' || !arg[1]) {
            if (o->words_count == o->words_max) {
                fprintf(stderr, "%s: one argument too many: '%s'\n", argv[0], arg);
                return EXIT_USAGE;
            }
            o->words[o->words_count++] = arg;
            continue;
        }
        if (!strcmp(arg, "--help"))
            return print_help(o);
        row = n > 2 && arg[1] == '-' ? find(o, arg + 2, n - 2) : NULL;
        if (!row) {
            fprintf(stderr, "%s: no option '%.*s' (see --help)\n", argv[0], (int)n, arg);
            return EXIT_USAGE;
        }
        value = value ? value + 1 : NULL;
        if (!value && row->kind != OPTION_FLAG && !(value = argv[++i])) {
            fprintf(stderr, "%s: --%s needs a value\n", argv[0], row->name);
            return EXIT_USAGE;
        }
        if (!set(row, value)) {
            fprintf(stderr, "%s: --%s: '%s' is not ", argv[0], row->name, value);
            say_form(row);
            return EXIT_USAGE;
        }
    }
    return -1;
}

static char *trim(char *s)
{
    char *end = s + strlen(s);

    while (end > s && isspace((unsigned char)end[-1]))
        *--end = '\0';
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

static int complain(const char *path, unsigned line, const char *what, const char *text)
{
    fprintf(stderr, "%s:%u: %s '%s'\n", path, line, what, text);
    return EXIT_USAGE;
}

static int read_line(const struct options *o, const char *path, unsigned line, char *text)
{
    char *value = strchr(text, '='), *key;
    const struct option *row;

    if (!value)
        return complain(path, line, "expected 'key = value', found", text);
    *value++ = '\0';
    key = trim(text);
    value = trim(value);
    row = find(o, key, strlen(key));
    if (!row)
        return complain(path, line, "unknown key", key);
    if ((row->kind == OPTION_TEXT || row->kind == OPTION_LIST) && !(value = strdup(value)))
        return EXIT_FAILED;
    if (!set(row, value)) {
        fprintf(stderr, "%s:%u: %s: '%s' is not ", path, line, key, value);
        say_form(row);
        return EXIT_USAGE;
    }
    return -1;
}

int options_read_file(const struct options *o, const char *path, const char *section)
{
    FILE *f = fopen(path, "r");
    char buf[1024];
    bool mine = false;
    int status = -1;

    if (!f) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return EXIT_FAILED;
    }
    for (unsigned line = 1; status < 0 && fgets(buf, sizeof buf, f); line++) {
        char *text = trim(buf);
        size_t n = strlen(text);

        if (!n || *text == '#')
            continue;
        if (*text == '[' && text[n - 1] == ']') {
            text[n - 1] = '\0';
            mine = !strcmp(text + 1, section);
        } else if (mine) {
            status = read_line(o, path, line, text);
        }
    }
    fclose(f);
    return status;
}
