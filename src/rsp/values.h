/*
 * Enumerations and named bits of the specifications: each is written once, as a list of rows
 *
 *     #define ICON_TYPE(V) V(ICON_TYPE_JPG, 0, "jpg") V(ICON_TYPE_PNG, 1, "png")
 *
 * and gives the constants (`enum icon_type { ICON_TYPE_JPG = 0, ... }`; for BIT STRINGs the number
 * of the bit) and the array N_icon_type that the schema tables, printers and the console read.
 */
#ifndef DUNLIN_RSP_VALUES_H
#define DUNLIN_RSP_VALUES_H

#include "der/schema.h"

/* clang-format off */
#define VALUES_NUMBER(c, n, name) c = (n),
#define VALUES_ROW(c, n, name)    { (n), SCHEMA_NAME(name) },

/* A header says LIST(VALUES_H), one C file says LIST(VALUES_C); LIST's rows are E(name, ROWS). */
#define VALUES_H(e, ROWS) enum e { ROWS(VALUES_NUMBER) }; extern const struct value_name N_##e[];
#define VALUES_C(e, ROWS) const struct value_name N_##e[] = { ROWS(VALUES_ROW) { 0, NULL } };
/* clang-format on */

#endif
