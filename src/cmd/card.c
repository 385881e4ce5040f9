/*
 * dunlin card: a software eUICC of its own, with its state in a directory. This file finds the
 * subcommand and puts the layers of a card on each other; without a subcommand the card is served.
 */
#include "cmd/card_parts.h"
#include "cmd/cmd.h"

#include <string.h>

/* ---- layers ---- */

/* Whole lines, each behind the card's number where there are several. */
static void put_trace(void *ctx, const char *text, size_t n)
{
    struct card_stack *s = ctx;

    while (n > 0) {
        const char *end = memchr(text, '\n', n);
        size_t take = end ? (size_t)(end - text) + 1 : n;

        if (!s->line_begun)
            fputs(s->prefix, s->trace_to);
        fwrite(text, 1, take, s->trace_to);
        s->line_begun = !end;
        if (end)
            fflush(s->trace_to);
        text += take;
        n -= take;
    }
}

static bool has_quirks(const struct quirks *q)
{
    return q->delay_ms || q->response_max || q->more != MORE_61XX || q->wrong_le != WRONG_LE_6CXX;
}

void card_stack_build(struct card_stack *s, FILE *trace_to, unsigned number)
{
    const struct text_sink sink = { put_trace, s };

    s->card = host_link(&s->host);
    s->top = &s->card;
    if (has_quirks(&s->host.shape.quirks)) {
        s->quirky = quirk_link(&s->quirks, s->top, &s->host.shape.quirks);
        s->top = &s->quirky;
    }
    if (!trace_to)
        return;
    s->trace_to = trace_to;
    s->prefix[0] = 0;
    if (number)
        snprintf(s->prefix, sizeof s->prefix, "[%u] ", number);
    s->traced = trace_link(&s->trace, s->top, &sink);
    s->top = &s->traced;
}

/* ---- subcommands ---- */

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "new", card_new },
    { "info", card_info },
    { "apdu", card_apdu_command },
};

int cmd_card(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-')
        return card_serve(argc, argv, false);
    if (!strcmp(argv[1], "trace"))
        return card_serve(argc - 1, argv + 1, true);
    for (size_t i = 0; i < COUNT(commands); i++)
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "dunlin card: no command '%s' (new, info, apdu, trace; see --help)\n", argv[1]);
    return EXIT_USAGE;
}
