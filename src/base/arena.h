/*
 * A region: many allocations, freed at once. One per request in the servers; the device libraries
 * and the card do not use it.
 *
 * The region grows in blocks up to `limit` octets in all; past it, arena_alloc returns NULL and the
 * arena remembers the failure (arena_failed), so that a builder may check once at its end.
 */
#ifndef DUNLIN_BASE_ARENA_H
#define DUNLIN_BASE_ARENA_H

#include "base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used;  /* octets handed out since the last reset */
    size_t held;  /* octets taken from the heap */
    size_t limit; /* ceiling of held */
    bool failed;
};

void arena_init(struct arena *a, size_t limit);
/* Wipes and frees everything. The arena may be used again. */
void arena_free(struct arena *a);
/* Wipes what was used and keeps one block for the next request. */
void arena_reset(struct arena *a);

/* n octets, zeroed, aligned for any object; NULL past the limit. Owned by the arena. */
void *arena_alloc(struct arena *a, size_t n);
/* A copy of s. Absent stays absent. On failure absent. */
slice arena_copy(struct arena *a, slice s);
/* Octets of all parts, one after another. */
slice arena_concat(struct arena *a, const slice *parts, size_t count);
/* printf into the arena; the slice does not include the NUL that follows it. */
slice arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

static inline bool arena_failed(const struct arena *a)
{
    return a->failed;
}

#endif
