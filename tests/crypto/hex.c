#include "crypto/hex.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

void unhex(const char *text, uint8_t *out, size_t n)
{
    size_t got = 0;

    assert_int_equal(hex_decode(slice_str(text), out, n, &got), E_OK);
    assert_int_equal(got, n);
}

void assert_hex(slice got, const char *expected)
{
    char text[2 * 2048 + 1];

    assert_int_equal(hex_encode(got, text, sizeof text), E_OK);
    assert_string_equal(text, expected);
}
