/*
 * The validator's findings: each row takes a package that passes without a word, changes one thing,
 * and expects one finding.
 */
#include "profile/build.h"
#include "profile/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Elements of the built package with an ISIM. */
enum {
    HEADER,
    MF,
    PUK,
    PIN_MF,
    TELECOM,
    PIN_TELECOM,
    USIM,
    OPT_USIM,
    PIN_USIM,
    AKA_USIM,
    GSM,
    DF_5GS,
    ISIM,
    PIN_ISIM,
    AKA_ISIM,
    SD,
    RFM,
    END,
    ELEMENTS
};

enum how { CHANGE, DROP, TWICE, SWAP };

struct row {
    enum how how;
    int element;
    slice from, to; /* CHANGE: octets of the element, the same number */
    char level;     /* E or W */
    const char *text;
};

#define SWITCH(element, from, to, level, text)                                                     \
    {                                                                                              \
        CHANGE, (element), SLICE_LIT(from), SLICE_LIT(to), (level), (text)                         \
    }

static const struct row rows[] = {
    { DROP, HEADER, .level = 'E',
      .text = "mf (PE 0, identification 1): the first element is not "
              "the header" },
    { DROP, END, .level = 'E', .text = "rfm (PE 16, identification 16): the last element is not" },
    { TWICE, END, .level = 'E', .text = "package: end: stands more than once" },
    { TWICE, HEADER, .level = 'E', .text = "package: header: stands more than once" },
    { SWAP, USIM, .level = 'E', .text = "the directory that it belongs to does not exist yet" },
    { DROP, MF, .level = 'E', .text = "the directory that it belongs to does not exist yet" },
    { DROP, PUK, .level = 'E', .text = "pinCodes.pinconfig[0].unblockingPINReference: no PUK" },
    { DROP, USIM, .level = 'E', .text = "akaParameter (PE 8, identification 9): no USIM or ISIM" },
    { DROP, AKA_USIM, .level = 'W', .text = "adf-usim: the application has no authentication" },
    { DROP, SD, .level = 'E', .text = "rfm (PE 15, identification 16): no security domain" },
    { TWICE, SD, .level = 'E', .text = "instance.instanceAID: an earlier security domain" },
    SWITCH(HEADER, "\x80\x01\x02\x81", "\x80\x01\x04\x81", 'E', "major-version: version 4"),
    SWITCH(HEADER, "\x84\x00", "\x8A\x00", 'E', "milenage: is needed, but not listed"),
    SWITCH(HEADER, "\x84\x00", "\x85\x00", 'W', "tuak128: is listed, but nothing needs it"),
    SWITCH(HEADER, "\x01\x02\x0D", "\x01\x02\x0C", 'E',
           "df-5gs (PE 11, identification 11): "
           "templateID: is not in eUICC-Mandatory"),
    SWITCH(HEADER, "\x89\x01\x00\x10", "\x89\x01\x00\x11", 'E', "is not the header's iccid"),
    SWITCH(HEADER, "\x89\x01\x00\x10", "\x89\x01\x00\x11", 'W', "iccid: the check digit is wrong"),
    SWITCH(HEADER, "\x89\x01\x00\x10", "\x89\x01\x0A\x10", 'E', "iccid: is not made of digits"),
    SWITCH(TELECOM, "\x81\x01\x04", "\x81\x01\x03", 'E', "identification: is used by an earlier"),
    SWITCH(DF_5GS, "\x01\x02\x0D", "\x01\x02\x7F", 'E', "templateID: no template of this element"),
    SWITCH(DF_5GS, "\x80\x01\x04\x83", "\x80\x01\x03\x83", 'E',
           "ef-suci-calc-info[1].fillFileContent: leaves"),
    SWITCH(GSM, "\xB8", "\xAF", 'E', "element AF is not known"),
    SWITCH(MF, "\xC6\x02\x01\x0A", "\xC6\x02\x01\x0B", 'W',
           "pinStatusTemplateDO: no PIN has the "
           "key reference 0B"),
    SWITCH(MF, "\xC6\x02\x01\x0A", "\xC0\x02\x01\x0A", 'E',
           "mf (3F00).pinStatusTemplateDO: is mandatory"),
    SWITCH(MF, "\x80\x02\x01\xCE", "\x80\x02\x01\xCD", 'E', "ef-arr.fileDescriptor.efFileSize"),
    SWITCH(MF, "\x80\x02\x01\xCE", "\x80\x02\x01\xAD", 'E', "fillFileContent: leaves the file"),
    SWITCH(MF, "\x42\x21\x00\x21", "\x42\x21\x00\x00", 'E', "ef-arr.fileDescriptor.fileDescriptor"),
    SWITCH(MF, "\x42\x21\x00\x21", "\x45\x21\x00\x21", 'E', "ef-arr.fileDescriptor.fileDescriptor"),
    SWITCH(MF, "\xC6\x02\x01\x0A", "\x82\x02\x41\x21", 'E', "mf.fileDescriptor.fileDescriptor"),
    SWITCH(MF, "\x42\x21\x00\x21", "\x78\x21\x00\x21", 'E', "ef-arr.fileDescriptor.fileDescriptor"),
    SWITCH(MF, "\x87\x10\x04", "\x87\x10\x05", 'W', "ef-dir (3F00/2F00).fillFileContent: does not"),
    SWITCH(MF, "\x83\x01\x0A\x95", "\x83\x01\x0B\x95", 'W', "a rule asks for key reference 0B"),
    SWITCH(PUK, "\x80\x01\x01\x81", "\x80\x01\x09\x81", 'E', "pukCodes[0]: keyReference is no"),
    SWITCH(PUK, "\x81\x08", "\x85\x08", 'E', "pukCodes[0].pukValue: mandatory element is missing"),
    SWITCH(PIN_MF, "\x84\x02\x00\xAA", "\x84\x02\x00\x1F", 'E',
           "more tries are left than there are"),
    SWITCH(PIN_MF, "\x84\x02\x00\xAA", "\x84\x02\x00\xA0", 'W', "no tries are left"),
    SWITCH(PIN_MF, "\x80\x01\x0A", "\x80\x01\x09", 'E', "keyReference: is no key reference"),
    SWITCH(PIN_MF, "\x80\x01\x0A", "\x80\x01\x01", 'E', "pinconfig: a keyReference stands twice"),
    SWITCH(PIN_MF, "0000\xFF", "000A\xFF", 'W', "pinValue: is not four to eight digits"),
    SWITCH(PIN_USIM, "\x80\x02\x00\x81", "\x80\x02\x00\x8A", 'E', "only local PINs belong to"),
    SWITCH(USIM, "\x08\x09\x10\x10", "\x09\x09\x10\x10", 'E',
           "ef-imsi (3F00/7FD0/6F07)."
           "fillFileContent: the length"),
    SWITCH(USIM, "\x08\x09\x10\x10", "\x08\x0A\x10\x10", 'E', "the parity nibble is neither"),
    SWITCH(USIM, "\x08\x09\x10\x10", "\x08\x09\xA0\x10", 'E', "is not made of digits"),
    SWITCH(USIM, "\x83\x04\x11\xF2\xFF\x00", "\x80\x00\x83\x02\x11\xF2", 'E',
           "ef-ecc: doNotCreate"),
    SWITCH(USIM, "\x83\x02\x7F\xD0", "\x83\x02\x7F\x10", 'E',
           "adf-usim.fileDescriptor.fileID: "
           "the directory has this FID"),
    SWITCH(ISIM, "\x87\x10\x04", "\x87\x10\x02", 'E', "dfName: another ADF has this AID"),
    SWITCH(AKA_USIM, "\x80\x01\x01\x81", "\x80\x01\x04\x81", 'E', "algorithmID: is not known"),
    SWITCH(AKA_USIM, "\x80\x01\x01\x81", "\x80\x01\x02\x81", 'E', "sizes of key and opc"),
    SWITCH(SD, "\x82\x01\x02\x83\x01\x01", "\x82\x01\x01\x83\x01\x01", 'E', "keyList: two keys"),
    SWITCH(SD, "\x82\xDC\x00", "\x02\xDC\x00", 'E', "are not those of a security domain"),
    SWITCH(RFM, "\xB0\x00\x00", "\xB2\x01\x00", 'E', "tarList: TAR B20100 stands twice"),
    SWITCH(RFM, "\x04\x03\xB0", "\x04\x02\xB0", 'E', "rfm (PE 16"),
};

/* ---- making and judging ---- */

struct heard {
    const struct row *row;
    bool found;
};

static void listen(void *ctx, const struct finding *f)
{
    struct heard *h = ctx;
    char text[480];

    finding_print(f, text, sizeof text);
    if ((f->level == FINDING_ERROR) == (h->row->level == 'E') && strstr(text, h->row->text))
        h->found = true;
}

static slice build(struct arena *a)
{
    static const struct build_input in = { .iccid = SLICE_LIT("8901001012345678903"),
                                           .imsi = SLICE_LIT("001010123456789"),
                                           .isim = true };
    slice package;

    assert_int_equal(profile_build(a, crypto_openssl(), &in, &package, NULL), E_OK);
    return package;
}

/* The first place where they stand. */
static void change(uint8_t *element, size_t n, slice from, slice to)
{
    assert_int_equal(from.n, to.n);
    for (size_t at = 0; at + from.n <= n; at++)
        if (!memcmp(element + at, from.p, from.n)) {
            memcpy(element + at, to.p, to.n);
            return;
        }
    char text[65];

    (void)!hex_encode(slice_head(from, 32), text, sizeof text);
    fail_msg("%s is not there to be changed", text);
}

static slice mutate(struct arena *a, const struct row *row, slice package)
{
    slice parts[ELEMENTS + 1];
    struct package_reader r = package_reader(package);
    struct package_element e;
    size_t n = 0;

    while (package_next(&r, &e)) {
        slice copy = arena_copy(a, e.whole);
        bool here = (int)e.index == row->element;

        if (here && row->how == DROP)
            continue;
        parts[n++] = copy;
        if (here && row->how == TWICE)
            parts[n++] = copy;
        if (here && row->how == CHANGE)
            change((uint8_t *)(uintptr_t)copy.p, copy.n, row->from, row->to);
    }
    if (row->how == SWAP) {
        slice first = parts[row->element];

        parts[row->element] = parts[row->element + 1];
        parts[row->element + 1] = first;
    }
    return arena_concat(a, parts, n);
}

static void one_change_one_finding(void **state)
{
    struct findings clean = { .put = sample_print };
    struct arena a;
    slice package;

    (void)state;
    arena_init(&a, MODEL_ARENA_LIMIT);
    package = build(&a);
    assert_int_equal(profile_check(&a, package, &clean, NULL), E_OK);
    assert_int_equal(clean.errors + clean.warnings, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct heard heard = { .row = &rows[i] };
        struct findings f = { .put = listen, .ctx = &heard };
        struct arena b;

        arena_init(&b, MODEL_ARENA_LIMIT);
        assert_int_equal(profile_check(&b, mutate(&b, &rows[i], package), &f, NULL), E_OK);
        if (!heard.found) {
            f.put = sample_print;
            (void)!profile_check(&b, mutate(&b, &rows[i], package), &f, NULL);
            fail_msg("row %zu: no finding says \"%s\"", i, rows[i].text);
        }
        arena_free(&b);
    }
    arena_free(&a);
}

static void what_is_no_package_is_an_error(void **state)
{
    struct findings f = { 0 };
    struct arena a;
    slice package;

    (void)state;
    arena_init(&a, MODEL_ARENA_LIMIT);
    package = build(&a);
    assert_int_equal(profile_check(&a, slice_head(package, package.n - 1), &f, NULL), E_TRUNCATED);
    assert_int_equal(profile_check(&a, SLICE_EMPTY, &f, NULL), E_TRUNCATED);
    assert_int_equal(profile_check(&a, SLICE_LIT("\x00\x00"), &f, NULL), E_TAG);
    arena_free(&a);
}

/* A package of small elements that ask for much: refused, not endured. */
static void limits_hold(void **state)
{
    enum { N = PACKAGE_ELEMENTS_MAX + 1 };
    static uint8_t many[N * 2];
    struct findings f = { 0 };
    struct arena a;

    (void)state;
    for (size_t i = 0; i < N; i++)
        many[2 * i] = 0xAA;
    arena_init(&a, MODEL_ARENA_LIMIT);
    assert_int_equal(profile_check(&a, SLICE_OF(many), &f, NULL), E_LIMIT);
    arena_free(&a);
}

/* A link whose target does not exist; a file that GFM puts nowhere. */
static void links_and_paths_must_resolve(void **state)
{
    static const struct row broken[] = {
        SWITCH(0, "\x7F\xD0\x6F\x3B", "\x7F\xD0\x6F\x00", 'E', "linkPath: there is no such file"),
        SWITCH(0, "\x80\x02\x7F\xD0", "\x80\x02\x7F\xD1", 'E', "filePath: there is no such file"),
    };
    slice package = sample_read("ts48-v7-bertlv-suci", ".der");

    (void)state;
    for (size_t i = 0; i < COUNT(broken) && package.p; i++) {
        struct heard heard = { .row = &broken[i] };
        struct findings f = { .put = listen, .ctx = &heard };
        struct arena a;
        slice copy;

        arena_init(&a, MODEL_ARENA_LIMIT);
        copy = arena_copy(&a, package);
        change((uint8_t *)(uintptr_t)copy.p, copy.n, broken[i].from, broken[i].to);
        assert_int_equal(profile_check(&a, copy, &f, NULL), E_OK);
        assert_true(heard.found);
        arena_free(&a);
    }
    sample_free(package);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_change_one_finding),
        cmocka_unit_test(what_is_no_package_is_an_error),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(links_and_paths_must_resolve),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
