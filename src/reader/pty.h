/* The modem of at.h on a pseudo terminal, which programs open as they open a modem's device. */
#ifndef DUNLIN_READER_PTY_H
#define DUNLIN_READER_PTY_H

#include "reader/at.h"

struct pty {
    int modem;    /* our end */
    int terminal; /* the other end, kept open: else it would end with its first user */
};

#define PTY_NONE ((struct pty){ -1, -1 })

/*
 * Makes one in raw mode; `path` becomes a link to the other end, also in the place of a link that
 * is there. E_EXISTS: something else is there. E_STORAGE: errno says.
 */
MUST_USE enum err pty_open(struct pty *pty, const char *path);

/* The card behind a modem there, until reading fails. The link is borrowed. */
MUST_USE enum err pty_serve(struct pty *pty, struct at *at, const struct card_link *link);

/* The link at `path` stays: the next start takes its place. */
void pty_close(struct pty *pty);

#endif
