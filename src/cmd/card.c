/*
 * dunlin card: a software eUICC of its own, with its state in a directory. This file finds the
 * subcommand and puts the layers of a card on each other; without a subcommand the card is served.
 */
#include "cmd/card_parts.h"
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

/* ---- layers ---- */

static bool make_room(struct card_stack *s, size_t n)
{
    size_t room = s->line_room ? s->line_room : 256;
    char *more;

    while (room - s->line_n < n)
        room *= 2;
    more = room == s->line_room ? s->line : realloc(s->line, room);
    if (!more)
        return false;
    s->line = more;
    s->line_room = room;
    return true;
}

/* Lines leave whole, each behind the card's number where there are several. */
static void put_trace(void *ctx, const char *text, size_t n)
{
    struct card_stack *s = ctx;

    while (n > 0) {
        const char *end = memchr(text, '\n', n);
        size_t take = end ? (size_t)(end - text) + 1 : n;

        if (!make_room(s, take))
            return;
        memcpy(s->line + s->line_n, text, take);
        s->line_n += take;
        if (end) {
            flockfile(s->trace_to);
            fputs(s->prefix, s->trace_to);
            fwrite(s->line, 1, s->line_n, s->trace_to);
            fflush(s->trace_to);
            funlockfile(s->trace_to);
            s->line_n = 0;
        }
        text += take;
        n -= take;
    }
}

static bool has_quirks(const struct quirks *q)
{
    return q->delay_ms || q->response_max || q->more != MORE_61XX || q->wrong_le != WRONG_LE_6CXX;
}

static void trace_it(struct card_stack *s, FILE *trace_to, unsigned number)
{
    const struct text_sink sink = { put_trace, s };

    if (!trace_to)
        return;
    s->trace_to = trace_to;
    s->prefix[0] = 0;
    if (number)
        snprintf(s->prefix, sizeof s->prefix, "[%u] ", number);
    s->traced = trace_link(&s->trace, s->top, &sink);
    s->top = &s->traced;
}

void card_stack_build(struct card_stack *s, FILE *trace_to, unsigned number)
{
    s->card = host_link(&s->host);
    s->top = &s->card;
    if (has_quirks(&s->host.shape.quirks)) {
        s->quirky = quirk_link(&s->quirks, s->top, &s->host.shape.quirks);
        s->top = &s->quirky;
    }
    trace_it(s, trace_to, number);
}

void card_stack_build_over(struct card_stack *s, const struct card_link *card, FILE *trace_to)
{
    s->card = *card;
    s->top = &s->card;
    trace_it(s, trace_to, 0);
}

void card_stack_close(struct card_stack *s)
{
    if (s->top)
        card_link_close(s->top);
    host_close(&s->host);
    free(s->line);
    s->line = NULL;
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
