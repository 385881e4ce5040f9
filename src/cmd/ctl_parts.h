/* The parts of `dunlin ctl`: words into requests, answers into text. */
#ifndef DUNLIN_CMD_CTL_PARTS_H
#define DUNLIN_CMD_CTL_PARTS_H

#include "base/arena.h"

#include <stdint.h>

struct ctl_command;

struct ctl_request {
    const struct ctl_command *command;
    const char *method;
    char path[8192];          /* what the desk takes as the head of a request, and more */
    const char *content_type; /* NULL: no body */
    slice body;
    uint8_t *owned; /* for free() */
    bool quiet;     /* no heading */
};

/* What `dunlin ctl --help` says of the commands. */
const char *ctl_about(void);
/* Exit status; complaints on stderr. */
int ctl_read(const char **words, size_t count, struct arena *a, struct ctl_request *r);

/* *last (may be NULL): of events, where to go on. */
int ctl_show(const struct ctl_request *r, slice body, bool json, int64_t *last);
int ctl_show_problem(int status, slice body, bool json);
/* The columns of a command's table, "iccid state"; NULL: everything, a line each. */
const char *ctl_columns(const struct ctl_command *c);

#endif
