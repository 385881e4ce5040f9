/*
 * The card's memory: objects, by 32-bit id, in one block that the caller hands in.
 *
 * Everything durable in the card is an object. All reads are from the block; the NVM is read only
 * at boot. Changes gather in an overlay, visible to reads at once, until
 *
 *   objects_commit  appends them to the NVM as ONE checksummed record: a power cut at any octet of
 *                   it leaves the state before or the state after, never between;
 *   objects_abort   drops them.
 *
 * When a record no longer fits into the half in force, the state after is written into the other
 * half and its header last: that header is the commit.
 *
 * The block: [live and pending objects ->   free   <- sorted index][lent scratch]. Objects are
 * moved together when the free part is used up; scratch never moves.
 *
 * Lifetime: a slice from objects_get stays valid until the next call that changes an object or
 * lends scratch. Input slices must not point into the store's objects (E_ARGUMENT); scratch is
 * fine.
 *
 * Volatile objects (OBJECTS_VOLATILE and above) are not written to the NVM, are not part of the
 * overlay (their changes hold at once) and are gone after boot.
 *
 * After a failed commit (E_STORAGE) the store refuses every change until the next boot: what the
 * NVM holds is not known.
 */
#ifndef DUNLIN_EUICC_OBJECTS_H
#define DUNLIN_EUICC_OBJECTS_H

#include "euicc/nvm.h"

#define OBJECTS_VOLATILE 0xF0000000u

#define OBJECTS_LOANS 12 /* scratch blocks lent at the same time */

struct objects_loan {
    uint32_t at, n; /* offset in the block; 0, 0: unused */
};

struct objects {
    uint8_t *block;
    uint32_t size;        /* octets of the block, a multiple of 8 */
    uint32_t heap_end;    /* first octet after the last object */
    uint32_t heap_holes;  /* octets of freed objects below heap_end */
    uint32_t index_at;    /* offset of the first index entry */
    uint32_t index_count; /* entries, pending ones included */
    uint32_t index_end;   /* offset after the last entry: where scratch begins */
    uint32_t pending;     /* entries of the overlay */
    uint32_t largest;     /* octets of the largest durable object: room for one copy is kept */
    uint32_t live_octets; /* what the durable objects, overlay applied, need in a half */
    struct objects_loan loans[OBJECTS_LOANS];

    const struct nvm *nvm;
    uint32_t generation; /* of the half in force */
    uint32_t nvm_at;     /* where the next record goes */
    uint32_t sequence;   /* of the next record */
    uint8_t half;
    bool shrunk;      /* objects were deleted: `largest` is to be found again */
    bool broken;      /* a commit failed: only boot helps */
    bool tail_soiled; /* the half ends in a torn record: the next commit moves to the other half */
};

/*
 * Reads the state from the NVM. An NVM without any valid half is a new one: no objects. The block
 * and nvm are borrowed for the life of the store; block must be aligned for uint64_t.
 * E_MEMORY: the state does not fit into the block. E_STORAGE.
 */
MUST_USE enum err objects_boot(struct objects *o, void *block, uint32_t size,
                               const struct nvm *nvm);

/* The object's octets with the overlay applied; absent when there is none. */
slice objects_get(const struct objects *o, uint32_t id);

/*
 * Creates the object or replaces all of it. E_MEMORY: block or NVM has not the room. Creating keeps
 * room back for one copy of the largest object, so that objects_write of what exists succeeds.
 */
MUST_USE enum err objects_put(struct objects *o, uint32_t id, slice bytes);
/* Same with `n` octets, all `fill`; for bodies that are then filled by objects_write. */
MUST_USE enum err objects_make(struct objects *o, uint32_t id, uint32_t n, uint8_t fill);
/* Overwrites octets inside the object. E_NOTFOUND, E_RANGE when it would grow, E_MEMORY. */
MUST_USE enum err objects_write(struct objects *o, uint32_t id, uint32_t at, slice bytes);
/* E_NOTFOUND when there is none. Takes no room. Its octets are wiped at commit. */
MUST_USE enum err objects_delete(struct objects *o, uint32_t id);
/* All objects with first <= id <= last. */
MUST_USE enum err objects_delete_range(struct objects *o, uint32_t first, uint32_t last);

/*
 * Walks ids in rising order: finds the first object with *id <= its id <= last, sets *id to it and
 * *bytes (may be NULL) to its octets. To go on, call again with *id + 1.
 */
bool objects_next(const struct objects *o, uint32_t *id, uint32_t last, slice *bytes);

/* The highest id in first .. last, overlay applied; 0: none. */
uint32_t objects_last(const struct objects *o, uint32_t first, uint32_t last);

/* Durable when it returns E_OK; with an empty overlay it writes nothing. E_STORAGE: see above. */
MUST_USE enum err objects_commit(struct objects *o);
void objects_abort(struct objects *o);
static inline bool objects_dirty(const struct objects *o)
{
    return o->pending != 0;
}

/* Octets that new objects can still take: the smaller of what block and NVM have left. */
uint32_t objects_free(const struct objects *o);

/* Where a pointer into an object's octets points: its id and the offset. False: not into one. */
bool objects_locate(const struct objects *o, const uint8_t *p, uint32_t *id, uint32_t *offset);

/*
 * Scratch: n octets, aligned for uint64_t, at a fixed address until they are returned; not zeroed.
 * NULL when there is no room or OBJECTS_LOANS are out. Lives across transactions; not across boot.
 * objects_repay wipes it; NULL is allowed.
 */
void *objects_lend(struct objects *o, size_t n);
void objects_repay(struct objects *o, void *scratch);

#endif
