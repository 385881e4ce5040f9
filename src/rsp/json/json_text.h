/*
 * JSON text (RFC 8259) as a tree, strictly: one value, UTF-8, no name twice in an object. Strings
 * without escapes are not copied: they point into the text, which must outlive the tree.
 */
#ifndef DUNLIN_RSP_JSON_JSON_TEXT_H
#define DUNLIN_RSP_JSON_JSON_TEXT_H

#include "base/arena.h"
#include "base/err.h"

#define JTEXT_DEPTH_MAX  32u
#define JTEXT_VALUES_MAX 1024u /* in one text */

enum jtext_kind {
    JTEXT_NULL,
    JTEXT_FALSE,
    JTEXT_TRUE,
    JTEXT_NUMBER,
    JTEXT_STRING,
    JTEXT_ARRAY,
    JTEXT_OBJECT
};

struct jtext {
    enum jtext_kind kind;
    slice name;                /* as member of an object */
    slice text;                /* STRING: without escapes; NUMBER: as it is written */
    const struct jtext *first; /* ARRAY, OBJECT: what is in it; NULL: nothing */
    const struct jtext *next;  /* its neighbour in there */
};

/*
 * E_SYNTAX; E_LIMIT: too deep, or too many values; E_MEMORY. *at is where the reading stopped. The
 * tree is the arena's.
 */
MUST_USE enum err jtext_parse(slice text, struct arena *a, const struct jtext **out, size_t *at);

/* The member of that name, or, where none has it exactly, without regard to case; NULL. */
const struct jtext *jtext_find(const struct jtext *object, const char *name);

/* E_SYNTAX: not a number without fraction and exponent, or out of range. */
MUST_USE enum err jtext_integer(const struct jtext *v, int64_t *out);

#endif
