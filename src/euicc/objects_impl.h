/*
 * Inside of the object store, shared by objects.c (the block) and journal.c (the NVM).
 *
 * The heap holds blocks in a row: header, octets padded to 4, and for a pending change of part of
 * an object the changed range. The index holds (id, offset), sorted by id; where an object is
 * changed in the overlay, its pending entry follows its live one. A deletion in the overlay is a
 * mark on the live entry: it takes no room, so that a full block can be emptied.
 */
#ifndef DUNLIN_EUICC_OBJECTS_IMPL_H
#define DUNLIN_EUICC_OBJECTS_IMPL_H

#include "euicc/objects.h"

#define BLOCK_FREE    0x80000000u
#define BLOCK_PARTIAL 0x40000000u /* a struct range follows the octets */
#define BLOCK_PENDING 0x20000000u
#define BLOCK_LENGTH  0x0FFFFFFFu

#define ENTRY_PENDING 0x80000000u
#define ENTRY_DELETED 0x40000000u /* live, and deleted in the overlay; no pending one follows */
#define ENTRY_CHANGED (ENTRY_PENDING | ENTRY_DELETED)
#define ENTRY_AT      0x3FFFFFFFu

struct block {
    uint32_t id;
    uint32_t length; /* with BLOCK_ flags */
};

struct range {
    uint32_t first, end;
};

struct entry {
    uint32_t id;
    uint32_t at; /* with ENTRY_ flags */
};

/* What an object needs in a half: its operation header and octets. */
#define OP_PUT_OCTETS 9u

static inline struct block *block_at(const struct objects *o, uint32_t at)
{
    return (struct block *)(void *)(o->block + at);
}

static inline uint32_t block_length(const struct block *b)
{
    return b->length & BLOCK_LENGTH;
}

static inline uint8_t *block_octets(struct block *b)
{
    return (uint8_t *)(b + 1);
}

static inline struct range *block_range(struct block *b)
{
    return (struct range *)(void *)(block_octets(b) + ((block_length(b) + 3u) & ~3u));
}

static inline struct entry *entries(const struct objects *o)
{
    return (struct entry *)(void *)(o->block + o->index_at);
}

static inline struct block *entry_block(const struct objects *o, const struct entry *e)
{
    return block_at(o, e->at & ENTRY_AT);
}

/* Positions of the entries of id, -1 where there is none. */
struct found {
    int32_t live, pending;
    uint32_t where; /* where a live entry would go */
};
struct found index_lookup(const struct objects *o, uint32_t id);

/* A live object of n octets, not initialised, replacing what there was: for boot. NULL: no room. */
uint8_t *objects_place(struct objects *o, uint32_t id, uint32_t n);
void objects_drop(struct objects *o, uint32_t id);

/* Appends the overlay as one record or moves to the other half. */
MUST_USE enum err journal_commit(struct objects *o);
/* Finds the half in force and replays it into an empty block. */
MUST_USE enum err journal_replay(struct objects *o);
/* Octets of objects (OP_PUT_OCTETS included) that a half can hold. */
uint32_t journal_capacity(const struct nvm *nvm);

#endif
