/* Folders that go, with all that is in them and nothing else. */
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char at[64], path[128];

static const char *in(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", at, name);
    return path;
}

static bool is_there(const char *name)
{
    struct stat st;

    return !lstat(in(name), &st);
}

static void a_folder_goes(void **state)
{
    (void)state;
    snprintf(at, sizeof at, "/tmp/dunlin-file-XXXXXX");
    assert_non_null(mkdtemp(at));
    assert_int_equal(mkdir(in("kept"), 0700), 0);
    assert_int_equal(file_create(in("kept/file"), SLICE_LIT("x"), 0600), E_OK);
    assert_int_equal(mkdir(in("gone"), 0700), 0);
    assert_int_equal(mkdir(in("gone/.deeper"), 0700), 0);
    assert_int_equal(file_create(in("gone/.deeper/file"), SLICE_LIT("x"), 0600), E_OK);
    assert_int_equal(symlink("../kept", in("gone/link")), 0);
    assert_int_equal(symlink("kept", in("link")), 0);

    assert_true(folder_remove(in("gone")));
    assert_false(is_there("gone"));
    assert_true(is_there("kept/file")); /* the link to it went, not it */
    assert_false(folder_remove(in("link")));
    assert_true(is_there("kept/file"));
    assert_false(folder_remove(in("gone"))); /* it is not there */

    assert_true(folder_remove(at));
    assert_int_equal(access(at, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_folder_goes) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
