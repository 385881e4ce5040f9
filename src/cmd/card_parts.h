/* The subcommands of `dunlin card`, one file each; as cmd.h says of the others. */
#ifndef DUNLIN_CMD_CARD_PARTS_H
#define DUNLIN_CMD_CARD_PARTS_H

#include "cmd/card_host.h"
#include "reader/quirks.h"
#include "reader/trace.h"

#include <stdio.h>

int card_serve(int argc, char **argv, bool traced);
int card_new(int argc, char **argv);
int card_info(int argc, char **argv);
int card_apdu_command(int argc, char **argv);

/*
 * A card and what lies between it and who talks to it: quirks where its personality has some, then
 * the trace. Large: for the heap, and it stays where it is.
 */
struct card_stack {
    struct card_host host;
    struct card_link card, quirky, traced;
    struct quirk_link quirks;
    struct trace trace;
    FILE *trace_to;
    char prefix[16]; /* of each line of the trace */
    char *line;      /* the one that is not whole yet, owned */
    size_t line_n, line_room;
    const struct card_link *top; /* the one to talk to */
};

/* After host_open. trace_to NULL: none. number > 0 stands before each line of the trace. */
void card_stack_build(struct card_stack *s, FILE *trace_to, unsigned number);
/* The same around a link to a card elsewhere, without a host; the link is owned from now on. */
void card_stack_build_over(struct card_stack *s, const struct card_link *card, FILE *trace_to);
/* Closes the host too. Also after a host_open that failed, of a stack that was all zero before. */
void card_stack_close(struct card_stack *s);

#endif
