/*
 * Every message and object of the tables, found by its tag or by its name in the specification.
 *
 * Requests and responses share their tags, and so do versions: a tag has several candidates, and
 * registry_guess takes the one that explains the octets best.
 */
#ifndef DUNLIN_RSP_REGISTRY_H
#define DUNLIN_RSP_REGISTRY_H

#include "der/schema.h"

/* A message that can stand alone. */
struct registered {
    const struct type *type;
    const char *where; /* "ESipa request", "ES10b response", ... */
};

/* All of them, in the order in which candidates of one tag are tried. */
extern const struct registered registry[];
extern const size_t registry_count;

/*
 * The first candidate that may begin with this tag, or NULL; then the next ones. CHOICEs without a
 * tag of their own (the ESipa roots) are found by name only.
 */
const struct registered *registry_find(uint32_t tag);
const struct registered *registry_find_next(const struct registered *after);
/*
 * A type by the name that the specification gives it, without regard to case: messages first (of
 * several with one name the first that `in` decodes as), then every other type of the tables. NULL
 * when there is none.
 */
const struct type *registry_named(slice name, slice in);

/*
 * The candidate for the first element of `in`: of those that decode it, the one with the fewest
 * elements that its table does not know; if none decodes it, the one whose fault lies deepest, so
 * that the message to the user is the helpful one. NULL when no candidate has the tag, or `in` does
 * not even begin with an element.
 */
const struct type *registry_guess(slice in);

/* Elements of `in` that the table of t does not know, at any depth. `in` must decode as t. */
size_t registry_strangers(const struct type *t, slice in);

#endif
