#include "base/arena.h"

#include "base/secret.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_MIN 4096u

/* Invariant: the octets past `used` are zero, from calloc or because they were wiped. */
struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) uint8_t data[];
};

void arena_init(struct arena *a, size_t limit)
{
    *a = (struct arena){ .limit = limit };
}

void arena_free(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *b = a->blocks;

        a->blocks = b->next;
        wipe(b->data, b->used);
        free(b);
    }
    arena_init(a, a->limit);
}

void arena_reset(struct arena *a)
{
    struct arena_block *keep = a->blocks;

    if (keep) {
        struct arena rest = { .blocks = keep->next, .limit = a->limit };

        arena_free(&rest);
        wipe(keep->data, keep->used);
        keep->next = NULL;
        keep->used = 0;
    }
    a->used = 0;
    a->held = keep ? keep->size : 0;
    a->failed = false;
}

static struct arena_block *grow(struct arena *a, size_t n)
{
    size_t size = a->blocks ? a->blocks->size * 2 : BLOCK_MIN;
    struct arena_block *b;

    if (size < n)
        size = n;
    if (size > a->limit - a->held)
        size = n;
    if (n > a->limit - a->held)
        return NULL;
    b = calloc(1, sizeof *b + size);
    if (!b)
        return NULL;
    b->next = a->blocks;
    b->size = size;
    a->blocks = b;
    a->held += size;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    const size_t align = alignof(max_align_t);
    struct arena_block *b = a->blocks;
    void *p;

    if (n > a->limit) {
        a->failed = true;
        return NULL;
    }
    n = n ? (n + align - 1) / align * align : align;
    if (!b || b->size - b->used < n)
        b = grow(a, n);
    if (!b) {
        a->failed = true;
        return NULL;
    }
    p = b->data + b->used;
    b->used += n;
    a->used += n;
    return p;
}

slice arena_copy(struct arena *a, slice s)
{
    return s.p ? arena_concat(a, &s, 1) : SLICE_NONE;
}

slice arena_concat(struct arena *a, const slice *parts, size_t count)
{
    size_t n = 0, at = 0;
    uint8_t *p;

    for (size_t i = 0; i < count; i++)
        n += parts[i].n;
    p = arena_alloc(a, n);
    if (!p)
        return SLICE_NONE;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].n)
            memcpy(p + at, parts[i].p, parts[i].n);
        at += parts[i].n;
    }
    return (slice){ p, n };
}

slice arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    int n;
    char *p;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !(p = arena_alloc(a, (size_t)n + 1)))
        return SLICE_NONE;
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return slice_of(p, (size_t)n);
}
