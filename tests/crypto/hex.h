/* Vectors are written in hex: reading and comparing them. */
#ifndef DUNLIN_TESTS_CRYPTO_HEX_H
#define DUNLIN_TESTS_CRYPTO_HEX_H

#include "base/slice.h"

/* Fills exactly n octets; anything else fails the test. */
void unhex(const char *text, uint8_t *out, size_t n);
void assert_hex(slice got, const char *expected);

#endif
