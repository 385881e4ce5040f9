/* The recorded ES9+ conversations, and messages taken apart. */
#ifndef DUNLIN_TESTS_RSP_JSON_RECORDED_H
#define DUNLIN_TESTS_RSP_JSON_RECORDED_H

#include "der/schema.h"

#include <jansson.h>

/* Parsed file, or NULL after printing that it is not there. */
json_t *recorded_open(const char *name);
/* Decodes and encodes again, and then every RAW and LIST part in it likewise; fails the test. */
void assert_same_when_encoded(const struct type *t, slice whole);

#endif
