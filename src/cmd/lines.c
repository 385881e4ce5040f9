#include "cmd/lines.h"

#include "base/secret.h"
#include "cmd/cmd.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static char *trim(char *s)
{
    char *end = s + strlen(s);

    while (end > s && isspace((unsigned char)end[-1]))
        *--end = '\0';
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

static const char *take_line(char *text, lines_taker *take, void *ctx, const char **name)
{
    char *value = strchr(text, '=');

    *name = "";
    if (!value)
        return "'name = value' is expected";
    *value++ = '\0';
    *name = trim(text);
    return take(ctx, *name, trim(value));
}

int lines_read(const char *who, const char *path, lines_taker *take, void *ctx)
{
    FILE *f = fopen(path, "r");
    char buf[1024];
    int status = EXIT_DONE;

    if (!f) {
        fprintf(stderr, "%s: %s: %s\n", who, path, strerror(errno));
        return EXIT_FAILED;
    }
    for (unsigned line = 1; status == EXIT_DONE && fgets(buf, sizeof buf, f); line++) {
        const char *name = "", *why = NULL;
        char *text = trim(buf);

        if (*text && *text != '#')
            why = take_line(text, take, ctx, &name);
        if (!why)
            continue;
        fprintf(stderr, "%s: %s:%u: %s%s%s\n", who, path, line, name, *name ? ": " : "", why);
        status = EXIT_FAILED;
    }
    wipe(buf, sizeof buf);
    fclose(f);
    return status;
}
