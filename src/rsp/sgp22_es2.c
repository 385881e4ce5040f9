/* Apart from the other messages: agents and cards have no use for these. */
#include "rsp/sgp22_es2.h"

/* clang-format off */
SGP22_ES2_VALUES(NAMES_C)
SGP22_ES2_TYPES(SCHEMA_SEQ_C, SCHEMA_CHOICE_C, SCHEMA_LIST_C, SCHEMA_PRIM_C)
