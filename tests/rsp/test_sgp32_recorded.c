/*
 * What strangers' software sends: every recorded ESipa message decodes with the tables of its
 * version and encodes again to the same octets; the registry finds the version by itself.
 */
#include "rsp/reencode.h"

#include "base/text.h"
#include "rsp/registry.h"
#include "rsp/sgp32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Calls check(from the IPA?, message) for each line; returns how many there were. */
static int each(const char *path, void (*check)(bool from_ipa, slice message))
{
    static char line[16384];
    static uint8_t octets[8192];
    FILE *f = fopen(path, "r");
    int count = 0;

    if (!f) {
        printf("%s is missing: skipped\n", path);
        skip();
    }
    while (fgets(line, sizeof line, f)) {
        char *hex = strrchr(line, ' ');
        size_t n;

        if (line[0] == '#' || !hex)
            continue;
        hex[1 + strcspn(hex + 1, "\r\n")] = 0;
        assert_int_equal(hex_decode(slice_str(hex + 1), octets, sizeof octets, &n), E_OK);
        check(!strncmp(line, "IPA->eIM", 8), slice_of(octets, n));
        count++;
    }
    fclose(f);
    return count;
}

static void check_v12(bool from_ipa, slice m)
{
    assert_true(reencodes(
        from_ipa ? &T_esipa_message_from_ipa_to_eim : &T_esipa_message_from_eim_to_ipa, m));
    assert_int_equal(schema_check(registry_guess(m), m, NULL), E_OK);
}

static void check_v10(bool from_ipa, slice m)
{
    assert_true(reencodes(
        from_ipa ? &T_v10_esipa_message_from_ipa_to_eim : &T_v10_esipa_message_from_eim_to_ipa, m));
    assert_int_equal(schema_check(registry_guess(m), m, NULL), E_OK);
}

static void test_v12(void **state)
{
    (void)state;
    assert_true(each("../shared/data/recorded/esipa-v1.2.txt", check_v12) > 10);
}

static void test_v10(void **state)
{
    (void)state;
    assert_true(each("../shared/data/recorded/esipa-v1.0.txt", check_v10) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v12),
        cmocka_unit_test(test_v10),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
