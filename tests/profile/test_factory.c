/* Templates and the profiles made from them: both ways, and beside the personaliser. */
#include "profile/build.h"
#include "profile/factory.h"
#include "profile/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct bench {
    struct arena arena, made;
    struct factory *f;
    struct factory_fault fault;
    struct value values[FACTORY_VARIABLES];
};

static void open_package(struct bench *b, slice package)
{
    enum err e = factory_open(&b->arena, crypto_openssl(), package, &b->f, &b->fault);

    if (e)
        printf("factory_open: %s\n", b->fault.why);
    assert_int_equal(e, E_OK);
}

static void begin(struct bench *b, const struct build_input *in)
{
    slice package;

    memset(b, 0, sizeof *b);
    arena_init(&b->arena, MODEL_ARENA_LIMIT);
    arena_init(&b->made, MODEL_ARENA_LIMIT);
    assert_int_equal(profile_build(&b->arena, crypto_openssl(), in, &package, NULL), E_OK);
    open_package(b, package);
}

static void end(struct bench *b)
{
    factory_close(b->f);
    arena_free(&b->made);
    arena_free(&b->arena);
}

static int set(struct bench *b, const char *name, const char *text)
{
    int i = factory_variable(b->f, name);
    char why[VALUE_WHY];

    assert_true(i >= 0);
    assert_int_equal(value_read(&b->f->variables[i], slice_str(text), &b->values[i], why), E_OK);
    return i;
}

static void set_subscriber(struct bench *b)
{
    set(b, "iccid", "8900101123456789016");
    set(b, "imsi", "001019876543210");
}

static const char *text_of(const struct bench *b, const char *name)
{
    static char text[2 * VALUE_MAX + 1];
    int i = factory_variable(b->f, name);

    assert_true(i >= 0 && b->values[i].given);
    value_write(&b->f->variables[i], &b->values[i], text, sizeof text);
    return text;
}

/* Made both ways, the same octets, without errors. */
static slice make(struct bench *b)
{
    struct findings findings = { .put = sample_print };
    slice fast, slow;

    assert_int_equal(factory_settle(b->f, b->values, &b->fault), E_OK);
    assert_int_equal(factory_make(b->f, b->values, false, &b->made, &fast, &b->fault), E_OK);
    assert_int_equal(factory_make(b->f, b->values, true, &b->made, &slow, &b->fault), E_OK);
    assert_int_equal(fast.n, slow.n);
    assert_memory_equal(fast.p, slow.p, fast.n);
    assert_int_equal(profile_check(&b->made, fast, &findings, NULL), E_OK);
    assert_int_equal(findings.errors, 0);
    return fast;
}

static struct profile_model *model(struct bench *b, slice package)
{
    struct findings findings = { 0 };
    struct profile_model *m;

    assert_int_equal(model_build(&b->made, package, &findings, &m), E_OK);
    return m;
}

static slice body(const struct profile_model *m, const char *path, size_t n)
{
    slice found = model_body(m, model_resolve(m, slice_of(path, n)));

    assert_non_null(found.p);
    return found;
}
#define BODY(m, path) body((m), (path), sizeof(path) - 1)

/* ---- as the personaliser has it ---- */

static slice given(const struct bench *b, const char *name)
{
    int i = factory_variable(b->f, name);

    return i < 0 ? SLICE_NONE : value_slice(&b->values[i]);
}

/* The personaliser changes a template whose security domains keep their keys. */
static void as_personalised(struct bench *b)
{
    struct profile_change change;
    slice ours, theirs;

    for (unsigned i = 0; i < b->f->nvariables; i++)
        b->f->variables[i].keep =
            b->f->variables[i].what == VARIABLE_KEY || !strcmp(b->f->variables[i].name, "adm2");
    ours = make(b);
    change = (struct profile_change){ .iccid = given(b, "iccid"),
                                      .imsi = given(b, "imsi"),
                                      .k = given(b, "k"),
                                      .opc = given(b, "opc"),
                                      .pin1 = given(b, "pin1"),
                                      .puk1 = given(b, "puk1"),
                                      .pin2 = given(b, "pin2"),
                                      .puk2 = given(b, "puk2"),
                                      .adm1 = given(b, "adm1") };
    assert_int_equal(profile_personalise(&b->made, b->f->package, &change, &theirs), E_OK);
    assert_int_equal(ours.n, theirs.n);
    assert_memory_equal(ours.p, theirs.p, ours.n);
}

static void equals_the_personaliser(void **state)
{
    const enum aka_algorithm algorithms[] = { AKA_MILENAGE, AKA_TUAK, AKA_XOR };

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(algorithms); i++) {
        struct bench b;

        begin(&b, &(struct build_input){ .isim = i % 2, .algorithm = algorithms[i / 2] });
        set_subscriber(&b);
        as_personalised(&b);
        end(&b);
    }
}

static void equals_the_personaliser_on_ts48(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TS48_COUNT; i++) {
        slice package = sample_read(ts48_names[i], ".der");
        struct bench b = { 0 };

        if (!package.p)
            continue;
        arena_init(&b.arena, MODEL_ARENA_LIMIT);
        arena_init(&b.made, MODEL_ARENA_LIMIT);
        open_package(&b, package);
        set_subscriber(&b);
        as_personalised(&b);
        end(&b);
        sample_free(package);
    }
}

/* ---- every variable ---- */

static void every_value_lies_in_its_place(void **state)
{
    struct bench b;
    struct profile_model *m;
    struct profile_identity who;
    slice smsp, msisdn;

    (void)state;
    begin(&b, &(struct build_input){ .isim = true });
    set_subscriber(&b);
    set(&b, "msisdn", "+491701234567");
    set(&b, "smsc", "+4917099");
    set(&b, "spn", "M\xC3\xBCller");
    set(&b, "acc", "8001");
    set(&b, "routing-indicator", "12");
    set(&b, "service-122", "no");
    set(&b, "service-125", "yes");
    set(&b, "pin1", "4711");
    m = model(&b, make(&b));
    assert_int_equal(profile_identify(m, &who), E_OK);
    assert_string_equal(who.iccid, "8900101123456789016");
    assert_string_equal(who.imsi, "001019876543210");
    assert_memory_equal(who.aka.key, b.values[factory_variable(b.f, "k")].b, 16);
    assert_memory_equal(who.aka.opc, b.values[factory_variable(b.f, "opc")].b, 16);
    msisdn = BODY(m, "\x7F\xD0\x6F\x40");
    assert_int_equal(msisdn.n, 24);
    assert_memory_equal(msisdn.p + 10, "\x07\x91\x94\x71\x10\x32\x54\x76\xFF\xFF\xFF\xFF\xFF\xFF",
                        14);
    smsp = BODY(m, "\x7F\xD0\x6F\x42");
    assert_int_equal(smsp.n, 38);
    assert_int_equal(smsp.p[10], 0xFD);
    assert_memory_equal(smsp.p + 23, "\x05\x91\x94\x71\x90\xF9\xFF", 7);
    assert_memory_equal(BODY(m, "\x7F\xD0\x6F\x46").p, "\x00M~ller\xFF", 8);
    assert_memory_equal(BODY(m, "\x7F\xD0\x6F\x78").p, "\x80\x01", 2);
    assert_memory_equal(BODY(m, "\x7F\xD0\x5F\xC0\x4F\x0A").p, "\x21\xFF\xFF\xFF", 4);
    assert_int_equal(BODY(m, "\x7F\xD0\x6F\x38").p[15] & 0x1F, 0x1C); /* 123, 124, 125 */
    assert_memory_equal(BODY(m, "\x7F\xB0\x6F\x02").p + 2, "001019876543210@ims.mnc001.mcc001", 33);
    end(&b);
}

/* The service centre of a SIM in the field, as pySim's tests have its EF.SMSP. */
static void numbers_as_a_card_in_the_field_has_them(void **state)
{
    uint8_t coded[DIALLED_LEN];

    (void)state;
    assert_int_equal(dialled_encode(SLICE_LIT("+4915790109999"), coded), E_OK);
    assert_memory_equal(coded, "\x08\x91\x94\x51\x97\x10\x90\x99\xF9\xFF\xFF\xFF", 12);
    assert_int_equal(dialled_encode(SLICE_LIT("+"), coded), E_SIZE);
}

/* TS 102 221 Annex A: the GSM alphabet where it does, else UCS2 behind 80. */
static void names_in_both_alphabets(void **state)
{
    uint8_t coded[16];

    (void)state;
    assert_int_equal(alpha_encode(SLICE_LIT("a@\xC3\xA9$"), coded, sizeof coded), E_OK);
    assert_memory_equal(coded, "\x61\x00\x05\x02\xFF\xFF", 6);
    assert_int_equal(alpha_encode(SLICE_LIT("\xD0\x9C[\xE2\x82\xAC"), coded, sizeof coded), E_OK);
    assert_memory_equal(coded, "\x80\x04\x1C\x00\x5B\x20\xAC\xFF\xFF", 9);
    assert_int_equal(alpha_encode(SLICE_LIT("\xF0\x9F\x98\x80"), coded, sizeof coded), E_SYNTAX);
    assert_int_equal(alpha_encode(SLICE_LIT("\xC0\x80"), coded, sizeof coded), E_SYNTAX);
}

/* TS.48 has an EF.GID1 of two octets. */
static void group_identifiers_fill_their_file(void **state)
{
    slice package = sample_read("ts48-v7-nobertlv", ".der"), gid;
    struct bench b = { 0 };

    (void)state;
    if (!package.p)
        skip();
    arena_init(&b.arena, MODEL_ARENA_LIMIT);
    arena_init(&b.made, MODEL_ARENA_LIMIT);
    open_package(&b, package);
    set_subscriber(&b);
    set(&b, "gid1", "0A");
    gid = BODY(model(&b, make(&b)), "\x7F\xD0\x6F\x3E");
    assert_int_equal(gid.n, 2);
    assert_memory_equal(gid.p, "\x0A\xFF", 2);
    set(&b, "gid1", "0A0B0C");
    assert_int_equal(factory_make(b.f, b.values, false, &b.made, &gid, &b.fault), E_SIZE);
    assert_string_equal(b.fault.variable, "gid1");
    end(&b);
    sample_free(package);
}

/* Without acc EF.ACC follows the IMSI. */
static void access_class_follows_the_imsi(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, &(struct build_input){ 0 });
    set(&b, "iccid", "8900101123456789016");
    set(&b, "imsi", "001019876543219");
    assert_memory_equal(BODY(model(&b, make(&b)), "\x7F\xD0\x6F\x78").p, "\x02\x00", 2);
    end(&b);
}

/* What is given stays, what is not is fresh: twice the same subscriber, no key twice. */
static void missing_secrets_are_fresh(void **state)
{
    static const char *const names[] = { "k", "opc", "puk1", "puk2", "adm1", "kic", "kid", "kik" };
    char first[COUNT(names)][2 * VALUE_MAX + 1];
    struct bench b;

    (void)state;
    begin(&b, &(struct build_input){ 0 });
    set_subscriber(&b);
    make(&b);
    for (size_t i = 0; i < COUNT(names); i++)
        strcpy(first[i], text_of(&b, names[i]));
    memset(b.values, 0, sizeof b.values);
    set_subscriber(&b);
    make(&b);
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_string_not_equal(first[i], text_of(&b, names[i]));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(first[i], first[k]);
    }
    assert_int_equal(strlen(text_of(&b, "pin1")), 4);
    assert_int_equal(strlen(text_of(&b, "adm1")), 8);
    end(&b);
}

/* TS 35.208 test set 1. */
static void opc_is_computed_from_op(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, &(struct build_input){ 0 });
    set_subscriber(&b);
    set(&b, "k", "465B5CE8B199B49FAA5F0A2EE238A6BC");
    set(&b, "op", "CDC202D5123E20F62B6D676AC72CB318");
    make(&b);
    assert_string_equal(text_of(&b, "opc"), "CD63CB71954A9F4E48A5994E37A02BAF");
    /* both at once are refused */
    assert_int_equal(factory_settle(b.f, b.values, &b.fault), E_ARGUMENT);
    assert_string_equal(b.fault.variable, "opc");
    end(&b);
}

/* ---- another length ---- */

static void a_longer_key_is_edited_in(void **state)
{
    static const char key[] = "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1EFF";
    struct bench b;
    struct profile_model *m;
    struct factory *again;
    slice made, short_one;
    int i;

    (void)state;
    begin(&b, &(struct build_input){ 0 });
    set_subscriber(&b);
    short_one = make(&b);
    set(&b, "kic", key);
    made = make(&b);
    assert_int_equal(made.n, short_one.n + 17); /* the list of keys needs two octets of length */
    m = model(&b, made);
    assert_true(m->nparts > 0);
    assert_int_equal(factory_open(&b.made, crypto_openssl(), made, &again, &b.fault), E_OK);
    i = factory_variable(again, "kic-01");
    assert_true(i >= 0);
    assert_int_equal(again->variables[i].size, 32);
    for (unsigned k = 0; k < again->nplaces; k++)
        if (again->places[k].variable == (unsigned)i)
            assert_memory_equal(again->package.p + again->places[k].at,
                                b.values[factory_variable(b.f, "kic")].b, 32);
    end(&b);
}

/* The key of TS 33.501 Annex C.4.3, profile A. */
#define HOME_KEY "5A8D38864820197C3394B92613B20B91633CBD897119273BF8E4A6F4EEC0A650"

static void a_home_network_key_makes_the_file_grow(void **state)
{
    struct bench b;
    slice info;

    (void)state;
    begin(&b, &(struct build_input){ 0 });
    set_subscriber(&b);
    set(&b, "suci-scheme", "1");
    set(&b, "suci-key-id", "27");
    set(&b, "suci-key", HOME_KEY);
    info = BODY(model(&b, make(&b)), "\x7F\xD0\x5F\xC0\x4F\x07");
    assert_int_equal(info.n, 43);
    assert_memory_equal(info.p, "\xA0\x02\x01\x01\xA1\x25\x80\x01\x1B\x81\x20\x5A\x8D", 13);
    /* scheme and key go together */
    b.values[factory_variable(b.f, "suci-scheme")].b[0] = '2';
    assert_int_equal(factory_settle(b.f, b.values, &b.fault), E_SIZE);
    b.values[factory_variable(b.f, "suci-scheme")].given = false;
    assert_int_equal(factory_settle(b.f, b.values, &b.fault), E_MISSING);
    assert_string_equal(b.fault.variable, "suci-scheme");
    end(&b);
}

/* ---- what is refused ---- */

static void values_that_are_refused(void **state)
{
    static const struct {
        const char *variable, *good, *bad, *why;
        enum err err;
    } rows[] = {
        { "iccid", "8900101123456789016", "8900101123456789017", "should be 6", E_SYNTAX },
        { "iccid", "89001011234567890169", "8900101123456789016x", "digits", E_SYNTAX },
        { "iccid", "890010112345678901", "89001011234567890", "18 to 20", E_SIZE },
        { "imsi", "001019876543210", "0010198765432101", "14 to 15", E_SIZE },
        { "imsi", "00101987654321", "0010198765432a", "14 to 15", E_SYNTAX },
        { "k", "465B5CE8B199B49FAA5F0A2EE238A6BC", "465B5CE8B199B49FAA5F0A2EE238A6B", "16 octets",
          E_SYNTAX },
        { "k", "465b5ce8b199b49faa5f0a2ee238a6bc", "465B5CE8B199B49FAA5F0A2EE238A6", "16 octets",
          E_SIZE },
        { "pin1", "0000", "000", "4 to 8", E_SIZE },
        { "puk1", "12345678", "1234567", "8 digits", E_SIZE },
        { "adm1", "12345678", "1234567A", "digits", E_SYNTAX },
        { "kic", "000102030405060708090A0B0C0D0E0F", "0001020304050607", "16, 24 or 32", E_SIZE },
        { "msisdn", "+4912345", "++4912345", "20 digits", E_SYNTAX },
        { "smsc", "12345678901234567890", "123456789012345678901", "20 digits", E_SYNTAX },
        { "acc", "0001", "001", "2 octets", E_SYNTAX },
        { "spn", "Sixteen letters!", "Seventeen letters", "16 characters", E_SIZE },
        { "spn", "\xC5\xBDlu\xC5\xA5ouk", "\xC5\xBDlu\xC5\xA5ouck\xC3\xBD", "16 characters",
          E_SIZE },
        { "spn", "caf\xC3\xA9", "caf\xC3", "16 characters", E_SIZE },
        { "routing-indicator", "1234", "12345", "1 to 4", E_SIZE },
        { "suci-scheme", "2", "3", "0 to 2", E_SYNTAX },
        { "service-1", "yes", "maybe", "1 or yes", E_SYNTAX },
    };
    char why[VALUE_WHY];
    struct bench b;

    (void)state;
    begin(&b, &(struct build_input){ 0 });
    for (size_t i = 0; i < COUNT(rows); i++) {
        int v = factory_variable(b.f, rows[i].variable);
        struct value value;

        assert_true(v >= 0);
        assert_int_equal(value_read(&b.f->variables[v], slice_str(rows[i].good), &value, why),
                         E_OK);
        assert_int_equal(value_read(&b.f->variables[v], slice_str(rows[i].bad), &value, why),
                         rows[i].err);
        assert_non_null(strstr(why, rows[i].why));
        assert_false(value.given && rows[i].err == E_OK);
    }
    assert_int_equal(factory_variable(b.f, "service-136") >= 0, true);
    assert_int_equal(factory_variable(b.f, "service-137"), -1);
    assert_int_equal(factory_variable(b.f, "service-0"), -1);
    assert_int_equal(factory_variable(b.f, "service-1x"), -1);
    assert_int_equal(factory_variable(b.f, "adm2"), -1);
    assert_int_equal(factory_variable(b.f, "KI"), factory_variable(b.f, "k"));
    assert_int_equal(factory_variable(b.f, "Kic"), factory_variable(b.f, "kic-01"));
    assert_int_equal(factory_variable(b.f, "kix"), -1);
    end(&b);
}

static void an_identity_must_be_given(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, &(struct build_input){ 0 });
    set_subscriber(&b);
    assert_int_equal(factory_settle(b.f, b.values, &b.fault), E_OK);
    b.values[factory_variable(b.f, "imsi")].given = false;
    assert_int_equal(factory_settle(b.f, b.values, &b.fault), E_MISSING);
    assert_string_equal(b.fault.variable, "imsi");
    end(&b);
}

/* An ICCID of 18 digits gets its check digit: as base/text's test has it. */
static void a_check_digit_is_added(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, &(struct build_input){ 0 });
    set(&b, "iccid", "890010112345678901");
    assert_string_equal(text_of(&b, "iccid"), "8900101123456789016");
    end(&b);
}

static void faulty_packages_are_no_templates(void **state)
{
    struct bench b;
    slice good;
    uint8_t *copy;
    struct factory *f;

    (void)state;
    begin(&b, &(struct build_input){ 0 });
    good = b.f->package;
    copy = arena_alloc(&b.made, good.n);
    memcpy(copy, good.p, good.n);
    copy[0] = 0xA3; /* the header under the PUKs' tag */
    assert_int_not_equal(
        factory_open(&b.made, crypto_openssl(), slice_of(copy, good.n), &f, &b.fault), E_OK);
    assert_int_not_equal(
        factory_open(&b.made, crypto_openssl(), slice_of(good.p, good.n - 1), &f, &b.fault), E_OK);
    assert_string_not_equal(b.fault.why, "");
    end(&b);
}

/* A genericFileManagement in front of the end that writes `content` into a file of the USIM. */
static slice rewritten(struct bench *b, slice package, uint16_t fid, slice content)
{
    const uint8_t path[] = { 0x7F, 0xD0, (uint8_t)(fid >> 8), (uint8_t)fid };
    uint8_t *buf = arena_alloc(&b->made, 128);
    struct der_writer w = der_writer(buf, 128);
    size_t all = der_mark(&w), list;
    struct package_reader r = package_reader(package);
    struct package_element e;
    slice parts[3], gfm;

    list = der_mark(&w);
    der_put_tlv(&w, 0x81, content);
    der_put_tlv(&w, 0x80, SLICE_OF(path));
    der_wrap(&w, 0x30, list);
    der_wrap(&w, 0xA1, list);
    list = der_mark(&w);
    der_put_int(&w, 0x81, 99);
    der_put_tlv(&w, 0x80, SLICE_EMPTY);
    der_wrap(&w, 0xA0, list);
    der_wrap(&w, 0xA1, all);
    assert_int_equal(der_written(&w, &gfm), E_OK);
    while (package_next(&r, &e))
        if (e.tag == PE_END)
            break;
    parts[0] = slice_head(package, e.at);
    parts[1] = gfm;
    parts[2] = e.whole;
    return arena_concat(&b->made, parts, 3);
}

/* What another element writes over is no variable; identities that it writes are refused. */
static void files_that_are_written_twice(void **state)
{
    struct bench b;
    struct factory *f;
    slice package;

    (void)state;
    begin(&b, &(struct build_input){ 0 });
    assert_true(factory_variable(b.f, "spn") >= 0);
    package = rewritten(&b, b.f->package, 0x6F46, SLICE_LIT("\x00Other"));
    assert_int_equal(factory_open(&b.made, crypto_openssl(), package, &f, &b.fault), E_OK);
    assert_int_equal(factory_variable(f, "spn"), -1);
    assert_true(factory_variable(f, "imsi") >= 0);
    package = rewritten(&b, b.f->package, 0x6F07, SLICE_LIT("\x08\x09\x10\x10"));
    assert_int_equal(factory_open(&b.made, crypto_openssl(), package, &f, &b.fault), E_REFUSED);
    assert_non_null(strstr(b.fault.why, "EF.IMSI"));
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_personaliser),
        cmocka_unit_test(equals_the_personaliser_on_ts48),
        cmocka_unit_test(every_value_lies_in_its_place),
        cmocka_unit_test(numbers_as_a_card_in_the_field_has_them),
        cmocka_unit_test(names_in_both_alphabets),
        cmocka_unit_test(group_identifiers_fill_their_file),
        cmocka_unit_test(access_class_follows_the_imsi),
        cmocka_unit_test(missing_secrets_are_fresh),
        cmocka_unit_test(opc_is_computed_from_op),
        cmocka_unit_test(a_longer_key_is_edited_in),
        cmocka_unit_test(a_home_network_key_makes_the_file_grow),
        cmocka_unit_test(values_that_are_refused),
        cmocka_unit_test(an_identity_must_be_given),
        cmocka_unit_test(a_check_digit_is_added),
        cmocka_unit_test(faulty_packages_are_no_templates),
        cmocka_unit_test(files_that_are_written_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
