/*
 * Does a message encode again to the octets it was decoded from? Looks inside RAW and LIST parts as
 * well, which the engine itself would only copy.
 */
#ifndef DUNLIN_TESTS_RSP_REENCODE_H
#define DUNLIN_TESTS_RSP_REENCODE_H

#include "der/schema.h"

/* Prints the type, both encodings or the fault of the first part that differs; false if one does.
 */
bool reencodes(const struct type *t, slice in);

#endif
