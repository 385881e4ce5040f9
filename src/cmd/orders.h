/*
 * Orders as lines of text, for servers that are started by hand. One order a line, words separated
 * by spaces, '#' begins a comment:
 *
 *     profile FILE [MATCHING-ID]             put in stock at the SM-DP+ and release for download
 *     device EID [TOKEN]                     the card has this eIM's configuration (and token)
 *     download EID ACTIVATION-CODE [indirect]
 *     enable EID ICCID [rollback]            and likewise: disable, delete
 *     list EID                               ask the card for its profiles
 *
 * A line is applied once: profiles are known by their ICCID, devices by their EID, and an order
 * that the eIM has already for this device, open or done, is not placed again.
 */
#ifndef DUNLIN_CMD_ORDERS_H
#define DUNLIN_CMD_ORDERS_H

#include "cmd/servers.h"

/* Exit status; complaints on stderr name file, line and field. */
int orders_place(struct servers *s, const char *path);

#endif
