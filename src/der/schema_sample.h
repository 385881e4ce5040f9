/*
 * Valid messages made from the tables: one of any type, its optional elements, alternatives and
 * values drawn from a seed. They feed the benchmark, the tests that cut or change every message,
 * and the fuzzers' corpus.
 */
#ifndef DUNLIN_DER_SCHEMA_SAMPLE_H
#define DUNLIN_DER_SCHEMA_SAMPLE_H

#include "der/schema.h"

/*
 * A canonical encoding of type t into the end of buf. The same seed gives the same message. It
 * decodes, and encodes again to the same octets. E_NOSPACE.
 */
MUST_USE enum err schema_sample(const struct type *t, uint64_t seed, void *buf, size_t size,
                                slice *out);

#endif
