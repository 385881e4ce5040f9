/*
 * The ways to a card elsewhere, for the subcommands that are its terminal: a socket (the usual
 * one), a PC/SC reader, a modem, a pipe.
 */
#ifndef DUNLIN_CMD_CARD_WAY_H
#define DUNLIN_CMD_CARD_WAY_H

#include "reader/reader.h"
#include "reader/tcp.h"

#include <stdbool.h>
#include <stdio.h>

struct card_way {
    const char *tcp, *pcsc, *at; /* what the command line says; NULL: not said */
    FILE *in, *out;              /* a pipe (stdio_ask.h), NULL: none */

    struct tcp_end end;
    struct card_link link;
    bool open;
};

/* Rows for options_parse; the socket's option has not the same name everywhere. */
#define CARD_WAY_ROWS(way)                                                                         \
    { "pcsc",                                                                                      \
      OPTION_TEXT,                                                                                 \
      &(way)->pcsc,                                                                                \
      0,                                                                                           \
      0,                                                                                           \
      "NAME",                                                                                      \
      "or a PC/SC reader: part of its name, its number, or any" },                                 \
    {                                                                                              \
        "at", OPTION_TEXT, &(way)->at, 0, 0, "DEVICE", "or a modem's port (AT+CSIM)"               \
    }

/* Does the command line say one? */
bool card_way_given(const struct card_way *w);
/* Without one: a socket on this machine. Says what is wrong, with the program's name before it;
 * returns an exit status. */
int card_way_open(struct card_way *w, const char *program);
void card_way_close(struct card_way *w);

#endif
