/*
 * Messages for people and for programs, from the same tables as the codec: every element under its
 * specification name, every enumerated value and bit by its name, unknown elements by their tag.
 */
#ifndef DUNLIN_DER_SCHEMA_PRINT_H
#define DUNLIN_DER_SCHEMA_PRINT_H

#include "der/schema.h"

/* Where text goes, piece by piece. */
struct text_sink {
    void (*put)(void *ctx, const char *text, size_t n);
    void *ctx;
};

/*
 * Prints one element of type t, one line an element, children indented:
 *
 *     GetEimPackageResponse
 *       eimPackageError: noEimPackageAvailable(1)
 *
 * The input is decoded first; on failure nothing is printed and *f says where.
 */
MUST_USE enum err schema_print_text(const struct type *t, slice in, const struct text_sink *to,
                                    struct fault *f);
/*
 * The same as one JSON value without line breaks. SEQUENCE and CHOICE are objects, SEQUENCE OF is
 * an array, octets are hex strings, named values are {"value":1,"name":"..."}, bits are an array of
 * names (numbers where there is no name).
 */
MUST_USE enum err schema_print_json(const struct type *t, slice in, const struct text_sink *to,
                                    struct fault *f);

#endif
