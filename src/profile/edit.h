/*
 * Changes inside nested elements: the content of some elements is replaced, and the lengths of all
 * elements around them are computed anew. Everything else stays octet for octet, also what this
 * program does not know.
 */
#ifndef DUNLIN_PROFILE_EDIT_H
#define DUNLIN_PROFILE_EDIT_H

#include "base/arena.h"
#include "der/der.h"

/*
 * `content` is the content of an element as a decoder found it: a slice into the octets that are
 * edited, which names the element by where it begins. `by` takes its place.
 */
struct edit {
    slice content, by;
};

/*
 * Applies edits to a run of elements, in any order; no edit may lie inside another. *out is in the
 * arena. E_NOTFOUND: an edit names no element. E_TRUNCATED ... when the input is no run of
 * elements.
 */
MUST_USE enum err edit_apply(struct arena *arena, slice in, const struct edit *edits, size_t count,
                             slice *out);

#endif
