/*
 * Orders as lines of text, for servers that are started by hand. One order a line, words separated
 * by spaces, '#' begins a comment:
 *
 *     profile FILE [MATCHING-ID]             put in stock at the SM-DP+ and release for download
 *     order ICCID [OPTION ...]               order a profile in stock: docs/serve.md
 *     rsp-server NAME CERTIFICATE            may register events at the SM-DS
 *     device EID [TOKEN]                     the card has this eIM's configuration (and token)
 *     download EID ACTIVATION-CODE [indirect]
 *     download EID smds[:ADDRESS]            whatever waits at an SM-DS
 *     enable EID ICCID [rollback]            and likewise: disable, delete
 *     list EID                               ask the card for its profiles
 *
 * A line is applied once: profiles are known by their ICCID, devices by their EID, and an order
 * that the eIM has already for this device, open or done, is not placed again.
 */
#ifndef DUNLIN_CMD_ORDERS_H
#define DUNLIN_CMD_ORDERS_H

#include "cmd/servers.h"

#define ORDERS_WATCHED 1024

/* The eIM's orders of a file, to tell what becomes of them. */
struct orders_watch {
    struct {
        int64_t id;
        unsigned line;
        int64_t told; /* state that was told last; -1: none */
    } order[ORDERS_WATCHED];
    size_t count;
};

/* Exit status; complaints on stderr name file, line and field. */
int orders_place(struct servers *s, const char *path, struct orders_watch *w);
/* A line on stdout for each order whose state has changed since it was told. */
void orders_tell(struct servers *s, struct orders_watch *w);

#endif
