/*
 * Named values, written once: a list of X(CONSTANT, value, "name") rows gives the enum constants
 * and the array of names that decoders' tables and printers use.
 *
 *     #define ENABLE_RESULT(X) X(ENABLE_OK, 0, "ok") X(ENABLE_CAT_BUSY, 5, "catBusy")
 *     NAMES_H(enable_result, ENABLE_RESULT)   in a header: enum enable_result, enable_result_names
 *     NAMES_C(enable_result, ENABLE_RESULT)   in one C file
 *
 * For a BIT STRING with named bits the value is the number of the bit.
 */
#ifndef DUNLIN_RSP_NAMES_H
#define DUNLIN_RSP_NAMES_H

#include "der/schema.h"

#define NAMES_CONSTANT(constant, value, name) constant = (value),
#define NAMES_ROW(constant, value, name)      { (value), SCHEMA_NAME(name) },

#define NAMES_H(c, VALUES)                                                                         \
    enum c { VALUES(NAMES_CONSTANT) };                                                             \
    extern const struct value_name c##_names[];
#define NAMES_C(c, VALUES)                                                                         \
    const struct value_name c##_names[] = { VALUES(NAMES_ROW) VALUE_NAMES_END };

#endif
