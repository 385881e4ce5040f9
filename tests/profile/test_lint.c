/* What the linter says: a clean profile, one thing changed, one finding more. */
#include "profile/build.h"
#include "profile/edit.h"
#include "profile/factory.h"
#include "profile/lint.h"
#include "profile/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define FOUND_MAX 64

struct bench {
    struct arena arena;
    struct factory *f;
    struct value values[FACTORY_VARIABLES];
    char found[FOUND_MAX][300];
    enum finding_level level[FOUND_MAX];
    unsigned count;
    struct findings findings;
    uint64_t card_memory;
};

static void take(void *ctx, const struct finding *f)
{
    struct bench *b = ctx;

    assert_true(b->count < FOUND_MAX);
    b->level[b->count] = f->level;
    finding_print(f, b->found[b->count++], sizeof b->found[0]);
}

static void begin(struct bench *b)
{
    struct factory_fault fault;
    slice package;

    memset(b, 0, sizeof *b);
    b->findings = (struct findings){ .put = take, .ctx = b };
    arena_init(&b->arena, 4 * MODEL_ARENA_LIMIT);
    assert_int_equal(
        profile_build(&b->arena, crypto_openssl(), &(struct build_input){ 0 }, &package, NULL),
        E_OK);
    assert_int_equal(factory_open(&b->arena, crypto_openssl(), package, &b->f, &fault), E_OK);
}

static void end(struct bench *b)
{
    arena_free(&b->arena);
}

static void set(struct bench *b, const char *name, const char *text)
{
    int i = factory_variable(b->f, name);
    char why[VALUE_WHY];

    assert_true(i >= 0);
    assert_int_equal(value_read(&b->f->variables[i], slice_str(text), &b->values[i], why), E_OK);
}

/* A profile that the linter has one remark about: its SUCI is the null scheme. */
static slice make(struct bench *b)
{
    struct factory_fault fault;
    slice out;

    set(b, "iccid", "8900101123456789016");
    if (!b->values[factory_variable(b->f, "imsi")].given)
        set(b, "imsi", "262019876543210");
    if (!b->values[factory_variable(b->f, "pin1")].given)
        set(b, "pin1", "2580");
    if (!b->values[factory_variable(b->f, "pin2")].given)
        set(b, "pin2", "1470");
    assert_int_equal(factory_settle(b->f, b->values, &fault), E_OK);
    assert_int_equal(factory_make(b->f, b->values, false, &b->arena, &out, &fault), E_OK);
    return out;
}

static struct profile_model *model(struct bench *b, slice package)
{
    struct findings none = { 0 };
    struct profile_model *m;

    assert_int_equal(model_build(&b->arena, package, &none, &m), E_OK);
    return m;
}

static void lint(struct bench *b, slice package)
{
    b->count = b->findings.errors = b->findings.warnings = 0;
    profile_lint_model(model(b, package), &(struct lint_options){ b->card_memory }, &b->findings);
}

static const char base_finding[] = "the null scheme only";
static const char counter_finding[] = "no counter that must rise";

/* The two remarks about the builder's own profile and this one, of this level, and no other. */
static void one_more(struct bench *b, enum finding_level level, const char *text)
{
    unsigned hits = 0;

    for (unsigned i = 0; i < b->count; i++) {
        if (strstr(b->found[i], base_finding) || strstr(b->found[i], counter_finding))
            continue;
        if (!strstr(b->found[i], text) || b->level[i] != level) {
            print_message("%s\n", b->found[i]);
            fail();
        }
        hits++;
    }
    assert_int_equal(hits, 1);
}

static void a_personalised_profile_is_clean(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    lint(&b, make(&b));
    for (unsigned i = 0; i < b.count; i++)
        assert_true(strstr(b.found[i], base_finding) || strstr(b.found[i], counter_finding));
    assert_int_equal(b.findings.errors, 0);
    end(&b);
}

static void values_that_everybody_knows(void **state)
{
    static const struct {
        const char *variable, *value, *text;
        enum finding_level level;
    } rows[] = {
        { "k", "000102030405060708090A0B0C0D0E0F", "the public key of TS.48", FINDING_ERROR },
        { "k", "465B5CE8B199B49FAA5F0A2EE238A6BC", "TS 35.208, set 1", FINDING_ERROR },
        { "k", "404142434445464748494A4B4C4D4E4F", "GlobalPlatform", FINDING_ERROR },
        { "opc", "00000000000000000000000000000000", "one octet again", FINDING_ERROR },
        { "kic", "11111111111111111111111111111111", "one octet again", FINDING_ERROR },
        { "adm1", "88888888", "adm1: is a default", FINDING_ERROR },
        { "adm1", "87654321", "adm1: is a default", FINDING_ERROR },
        { "puk2", "12345678", "secondPUKAppl1: is a default", FINDING_ERROR },
        { "pin1", "0000", "pinAppl1: is a default", FINDING_WARNING },
        { "imsi", "001010000000001", "test network", FINDING_WARNING },
        { "service-17", "yes", "service 17 of EF.UST is on, but there is no EF.GID1",
          FINDING_WARNING },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bench b;

        begin(&b);
        set(&b, rows[i].variable, rows[i].value);
        lint(&b, make(&b));
        one_more(&b, rows[i].level, rows[i].text);
        end(&b);
    }
}

static void two_keys_that_are_one(void **state)
{
    struct bench b;

    (void)state;
    begin(&b);
    set(&b, "kic", "8A6D2B0C4E9F1735A2B4C6D8E0F11223");
    set(&b, "kid", "8A6D2B0C4E9F1735A2B4C6D8E0F11223");
    lint(&b, make(&b));
    one_more(&b, FINDING_ERROR, "keyList.01.01: is key 01.02, too");
    end(&b);
}

static void home_network_keys(void **state)
{
    struct bench b;
    bool published = false, null_scheme = false;

    (void)state;
    begin(&b);
    set(&b, "suci-scheme", "1");
    set(&b, "suci-key-id", "1");
    set(&b, "suci-key", "5A8D38864820197C3394B92613B20B91633CBD897119273BF8E4A6F4EEC0A650");
    lint(&b, make(&b));
    for (unsigned i = 0; i < b.count; i++) {
        published |= strstr(b.found[i], "published in TS 33.501") && b.level[i] == FINDING_ERROR;
        null_scheme |= strstr(b.found[i], base_finding) != NULL;
    }
    assert_true(published);
    assert_false(null_scheme);
    end(&b);
}

static void packages_that_are_too_large(void **state)
{
    struct bench b;
    slice package;

    (void)state;
    begin(&b);
    package = make(&b);
    b.card_memory = 1 << 20;
    lint(&b, package);
    assert_int_equal(b.findings.errors, 0);
    b.card_memory = 4096;
    lint(&b, package);
    one_more(&b, FINDING_ERROR, "the card has 4096");
    end(&b);
}

/* ---- octets that no variable has ---- */

static uint8_t *copy_of(struct bench *b, slice package)
{
    uint8_t *copy = arena_alloc(&b->arena, package.n);

    memcpy(copy, package.p, package.n);
    return copy;
}

static const struct model_part *part(const struct profile_model *m, uint32_t tag)
{
    for (unsigned i = 0; i < m->nparts; i++)
        if (m->parts[i].element->tag == tag)
            return &m->parts[i];
    fail();
    return NULL;
}

static void remote_management_that_asks_for_less(void **state)
{
    static const struct {
        uint8_t level;
        const char *text;
        enum finding_level severity;
    } rows[] = {
        { 0x00, "MSL 0", FINDING_ERROR },
        { 0x04, "no cryptographic checksum", FINDING_ERROR },
        { 0x15, "no cryptographic checksum", FINDING_ERROR },
        { 0x12, "need not be ciphered", FINDING_WARNING },
    };
    struct bench b;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        slice package;
        uint8_t *copy;
        size_t at;

        begin(&b);
        package = make(&b);
        at = (size_t)(part(model(&b, package), PE_RFM)->rfm->security_level.p - package.p);
        copy = copy_of(&b, package);
        assert_int_equal(copy[at], 0x16);
        copy[at] = rows[i].level;
        lint(&b, slice_of(copy, package.n));
        one_more(&b, rows[i].severity, rows[i].text);
        end(&b);
    }
}

/* Record 2 of the USIM's EF.ARR: update with ADM becomes update always. */
static void files_that_anybody_may_write(void **state)
{
    struct bench b;
    struct profile_model *m;
    slice package;
    uint8_t *copy;
    unsigned hits = 0;

    (void)state;
    begin(&b);
    package = make(&b);
    copy = copy_of(&b, package);
    m = model(&b, package);
    for (unsigned i = 0; i < m->nfiles; i++) {
        const struct model_file *f = &m->files[i];
        size_t at = f->items.p ? (size_t)(f->items.p - package.p) : 0, stop = at + f->items.n;

        if (f->facts.fid != 0x6F06 || f->parent < 0 || m->files[f->parent].naa != NAA_USIM)
            continue;
        for (; at + 11 <= stop; at++)
            if (!memcmp(copy + at, "\x80\x01\x5A\xA4\x06", 5)) {
                memcpy(copy + at + 3, "\x90\x00\xFF\xFF\xFF\xFF\xFF\xFF", 8);
                break;
            }
    }
    lint(&b, slice_of(copy, package.n));
    for (unsigned i = 0; i < b.count; i++)
        hits += strstr(b.found[i], "anybody may write it") && b.level[i] == FINDING_ERROR;
    assert_int_equal(hits, 3); /* EF.IMSI, EF.ACC, EF.UST have this rule */
    end(&b);
}

static void mandatory_files_that_are_missing(void **state)
{
    struct bench b;
    struct profile_model *m;
    slice package, without;
    struct edit edit = { .by = SLICE_LIT("\x80\x00") }; /* doNotCreate */

    (void)state;
    begin(&b);
    package = make(&b);
    m = model(&b, package);
    for (unsigned i = 0; i < m->nfiles; i++)
        if (m->files[i].facts.fid == 0x6FB7)
            edit.content = m->files[i].items;
    assert_int_equal(edit_apply(&b.arena, package, &edit, 1, &without), E_OK);
    lint(&b, without);
    one_more(&b, FINDING_ERROR, "EF.ECC is mandatory and missing");
    end(&b);
}

/* ---- several packages ---- */

static void keys_that_two_subscribers_share(void **state)
{
    static struct lint_keys keys;
    struct bench b;
    slice first, second;

    (void)state;
    begin(&b);
    first = make(&b);
    memset(b.values, 0, sizeof b.values);
    second = make(&b);
    lint_shared(&keys, model(&b, first), "first.der", &b.findings);
    lint_shared(&keys, model(&b, second), "second.der", &b.findings);
    assert_int_equal(b.findings.errors, 0);
    lint_shared(&keys, model(&b, first), "third.der", &b.findings);
    assert_int_equal(b.findings.errors, 4); /* K and three of the security domain */
    assert_non_null(strstr(b.found[0], "the same key is K of first.der"));
    end(&b);
}

static void ts48_belongs_into_the_laboratory(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TS48_COUNT; i++) {
        slice package = sample_read(ts48_names[i], ".der");
        struct bench b;

        if (!package.p)
            continue;
        begin(&b);
        lint(&b, package);
        assert_true(b.findings.errors > 5);
        end(&b);
        sample_free(package);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_personalised_profile_is_clean),
        cmocka_unit_test(values_that_everybody_knows),
        cmocka_unit_test(two_keys_that_are_one),
        cmocka_unit_test(home_network_keys),
        cmocka_unit_test(packages_that_are_too_large),
        cmocka_unit_test(remote_management_that_asks_for_less),
        cmocka_unit_test(files_that_anybody_may_write),
        cmocka_unit_test(mandatory_files_that_are_missing),
        cmocka_unit_test(keys_that_two_subscribers_share),
        cmocka_unit_test(ts48_belongs_into_the_laboratory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
