/*
 * What is known of a device between two turns: its row, its open orders and its profiles, as last
 * committed, so that a poll and a result are decided without reading the store.
 *
 * Correct for the reason that every decision is: what a turn changes names the row version that it
 * assumed, and a stale one becomes a conflict, which drops the entry and decides again on what the
 * store says. An entry follows the commits of this process (known_settle); a store that several
 * processes write to must not be used with it (eim_options.shared_store).
 *
 * A table of fixed size, one device to a slot: what is not asked for makes room. Thread safe.
 */
#ifndef DUNLIN_EIM_KNOWN_H
#define DUNLIN_EIM_KNOWN_H

#include "eim/rows.h"
#include "pki/chain.h"

#define KNOWN_ROWS 16 /* devices with more open orders, or profiles, are read from the store */

struct known_device {
    struct eim_device *device;
    struct eim_order *orders; /* the open ones, oldest first */
    size_t order_count;
    struct eim_profile *profiles;
    size_t profile_count;
};

struct known_table;

/* NULL: out of memory. */
struct known_table *known_open(size_t slots);
/* NULL is allowed. */
void known_close(struct known_table *k);

/* To be drawn at the beginning of a turn, before it reads anything: see known_learn. */
uint64_t known_ticket(struct known_table *k);
/* Copies in the arena; false: not known. */
bool known_find(struct known_table *k, slice eid, struct arena *arena, struct known_device *out);
/* What the store said to a turn. Not kept when a commit has come in between. */
void known_learn(struct known_table *k, uint64_t ticket, const struct known_device *in);
/*
 * The verified key of the certificates in d, held for the caller; NULL: not known, not valid at
 * that time, or verified under another generation of CIs (pki/keyring.h). known_learn_key holds it
 * as long as the device keeps these certificates.
 */
struct public_key *known_key(struct known_table *k, const struct eim_device *d, uint64_t generation,
                             int64_t now_s);
void known_learn_key(struct known_table *k, const struct eim_device *d, uint64_t generation,
                     const struct chain *chain);
/* The turn's changes were committed, or not: to be called before anybody is answered. */
void known_settle(struct known_table *k, const struct turn *t, bool committed);

#endif
