/*
 * A slice is a borrowed run of octets: pointer and length as one value.
 *
 * It owns nothing. It is valid as long as the buffer it points into. A slice whose p is NULL is
 * *absent*; an empty slice that is present has p != NULL and n == 0. Messages use this difference
 * for OPTIONAL elements.
 */
#ifndef DUNLIN_BASE_SLICE_H
#define DUNLIN_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct slice {
    const uint8_t *p;
    size_t n;
} slice;

/* The octets of a string literal or array initialiser, without its closing NUL. */
#define SLICE_LIT(s) ((slice){ (const uint8_t *)(s), sizeof(s) - 1 })
/* All octets of an array object. */
#define SLICE_OF(a) ((slice){ (const uint8_t *)(a), sizeof(a) })
/* Present and empty. */
#define SLICE_EMPTY ((slice){ (const uint8_t *)"", 0 })
/* Absent. */
#define SLICE_NONE ((slice){ NULL, 0 })

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static inline slice slice_of(const void *p, size_t n)
{
    return (slice){ (const uint8_t *)p, n };
}

/* The octets of a C string, without its NUL. A NULL string gives an absent slice. */
static inline slice slice_str(const char *s)
{
    return s ? (slice){ (const uint8_t *)s, strlen(s) } : SLICE_NONE;
}

static inline bool slice_eq(slice a, slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_eq_str(slice a, const char *s)
{
    return slice_eq(a, slice_str(s));
}

/* ASCII letters compare without case; for host names and header fields, never for secrets. */
bool slice_eq_nocase(slice a, slice b);

static inline bool slice_starts(slice a, slice prefix)
{
    return a.n >= prefix.n && (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}

/* At most the first n octets; at most what is left after the first n octets. */
static inline slice slice_head(slice a, size_t n)
{
    return (slice){ a.p, n < a.n ? n : a.n };
}

static inline slice slice_skip(slice a, size_t n)
{
    return n < a.n ? (slice){ a.p + n, a.n - n } : (slice){ a.p ? a.p + a.n : NULL, 0 };
}

#endif
