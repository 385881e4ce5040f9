/* The project's own profile, and identities in any package. */
#include "profile/build.h"

#include "profile/metadata.h"
#include "profile/samples.h"
#include "profile/size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct bench {
    struct arena arena;
    struct findings findings;
    struct profile_model *m;
};

static void begin(struct bench *b)
{
    *b = (struct bench){ .findings.put = sample_print };
    arena_init(&b->arena, MODEL_ARENA_LIMIT);
}

static void end(struct bench *b)
{
    arena_free(&b->arena);
}

/* Neither errors nor warnings. */
static void clean(struct bench *b, slice package)
{
    b->findings.errors = b->findings.warnings = 0;
    assert_int_equal(profile_check(&b->arena, package, &b->findings, &b->m), E_OK);
    assert_int_equal(b->findings.errors, 0);
    assert_int_equal(b->findings.warnings, 0);
}

/* What the package says is what the builder said. */
static void same_identity(const struct profile_model *m, const struct profile_identity *who)
{
    struct profile_identity got;
    size_t opc = who->aka.algorithm == AKA_TUAK ? 32 : 16;

    assert_int_equal(profile_identify(m, &got), E_OK);
    assert_string_equal(got.iccid, who->iccid);
    assert_string_equal(got.imsi, who->imsi);
    assert_int_equal(got.mnc_len, who->mnc_len);
    assert_true(got.has_aka);
    assert_int_equal(got.aka.algorithm, who->aka.algorithm);
    assert_int_equal(got.aka.options, who->aka.options);
    assert_int_equal(got.aka.key_len, who->aka.key_len);
    assert_memory_equal(got.aka.key, who->aka.key, who->aka.key_len);
    assert_memory_equal(got.aka.opc, who->aka.opc, opc);
}

static void build_one(const struct build_input *in)
{
    struct profile_identity who;
    struct bench b;
    slice package;

    begin(&b);
    assert_int_equal(profile_build(&b.arena, crypto_openssl(), in, &package, &who), E_OK);
    clean(&b, package);
    same_identity(b.m, &who);
    end(&b);
}

static void each_algorithm_passes_the_check(void **state)
{
    static const uint8_t long_key[32] = { 1, 2, 3 };

    (void)state;
    build_one(&(struct build_input){ 0 });
    build_one(&(struct build_input){ .isim = true });
    build_one(&(struct build_input){ .algorithm = AKA_TUAK, .isim = true });
    build_one(&(struct build_input){ .algorithm = AKA_TUAK, .k = SLICE_OF(long_key) });
    build_one(&(struct build_input){ .algorithm = AKA_XOR });
    build_one(&(struct build_input){ .imsi = SLICE_LIT("310170123456789"),
                                     .mnc_len = 3,
                                     .isim = true,
                                     .spn = SLICE_LIT("Sixteen letters.") });
    build_one(&(struct build_input){ .imsi = SLICE_LIT("00101012345678") });
}

static void given_values_are_used(void **state)
{
    static const uint8_t k[16] = "\x46\x5b\x5c\xe8\xb1\x99\xb4\x9f\xaa\x5f\x0a\x2e\xe2\x38\xa6\xbc";
    static const uint8_t op[16] =
        "\xcd\xc2\x02\xd5\x12\x3e\x20\xf6\x2b\x6d\x67\x6a\xc7\x2c\xb3\x18";
    /* TS 35.208, test set 1 */
    static const uint8_t opc[16] =
        "\xcd\x63\xcb\x71\x95\x4a\x9f\x4e\x48\xa5\x99\x4e\x37\xa0\x2b\xaf";
    struct build_input in = { .iccid = SLICE_LIT("8901001012345678903"),
                              .imsi = SLICE_LIT("001010123456789"),
                              .k = SLICE_OF(k),
                              .op = SLICE_OF(op),
                              .pin1 = SLICE_LIT("1234"),
                              .puk1 = SLICE_LIT("12345678") };
    struct profile_identity who;
    struct bench b;
    slice package;

    (void)state;
    begin(&b);
    assert_int_equal(profile_build(&b.arena, crypto_openssl(), &in, &package, &who), E_OK);
    clean(&b, package);
    assert_string_equal(who.iccid, "8901001012345678903");
    assert_string_equal(who.imsi, "001010123456789");
    assert_memory_equal(who.aka.opc, opc, 16);
    same_identity(b.m, &who);
    end(&b);
}

static void two_profiles_differ(void **state)
{
    struct profile_identity a, c;
    struct bench b;
    slice package;

    (void)state;
    begin(&b);
    assert_int_equal(
        profile_build(&b.arena, crypto_openssl(), &(struct build_input){ 0 }, &package, &a), E_OK);
    assert_int_equal(
        profile_build(&b.arena, crypto_openssl(), &(struct build_input){ 0 }, &package, &c), E_OK);
    assert_string_not_equal(a.iccid, c.iccid);
    assert_memory_not_equal(a.aka.key, c.aka.key, 16);
    assert_memory_not_equal(a.aka.opc, c.aka.opc, 16);
    end(&b);
}

static void unusable_input_is_refused(void **state)
{
    static const uint8_t key[32];
    const struct {
        struct build_input in;
        enum err want;
    } rows[] = {
        { { .iccid = SLICE_LIT("8901") }, E_SIZE },
        { { .iccid = SLICE_LIT("890100101234567890X") }, E_SYNTAX },
        { { .imsi = SLICE_LIT("00101") }, E_SIZE },
        { { .imsi = SLICE_LIT("00101012345678X") }, E_SYNTAX },
        { { .mnc_len = 4 }, E_RANGE },
        { { .k = slice_of(key, 15) }, E_RANGE },
        { { .k = SLICE_OF(key) }, E_RANGE },
        { { .opc = SLICE_OF(key) }, E_SIZE },
        { { .opc = slice_of(key, 16), .op = slice_of(key, 16) }, E_ARGUMENT },
        { { .pin1 = SLICE_LIT("123") }, E_SIZE },
        { { .pin1 = SLICE_LIT("12a4") }, E_SYNTAX },
        { { .spn = SLICE_LIT("seventeen letters") }, E_SIZE },
    };
    struct bench b;
    slice package;

    (void)state;
    begin(&b);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(profile_build(&b.arena, crypto_openssl(), &rows[i].in, &package, NULL),
                         rows[i].want);
    end(&b);
}

/* ---- identities ----------------------------------------------------------------------------- */

static void imsi_both_ways(void **state)
{
    uint8_t ef[IMSI_LEN];
    char digits[IMSI_DIGITS + 1];

    (void)state;
    assert_int_equal(imsi_encode(SLICE_LIT("001010123456789"), ef), E_OK);
    assert_memory_equal(ef, "\x08\x09\x10\x10\x10\x32\x54\x76\x98", 9);
    assert_int_equal(imsi_decode(SLICE_OF(ef), digits), E_OK);
    assert_string_equal(digits, "001010123456789");
    assert_int_equal(imsi_encode(SLICE_LIT("00101012345678"), ef), E_OK);
    assert_memory_equal(ef, "\x08\x01\x10\x10\x10\x32\x54\x76\xF8", 9);
    assert_int_equal(imsi_decode(SLICE_OF(ef), digits), E_OK);
    assert_string_equal(digits, "00101012345678");
    assert_int_equal(imsi_encode(SLICE_LIT("0010101234567890"), ef), E_SIZE);
    assert_int_equal(imsi_encode(SLICE_LIT("00101012345678A"), ef), E_SYNTAX);
    assert_int_equal(imsi_decode(SLICE_LIT("\x08\x09\x10\x10\x10\x32\x54\x76"), digits), E_SIZE);
}

static const uint8_t NEW_K[16] = "ABCDEFGHIJKLMNOP", NEW_OPC[16] = "abcdefghijklmnop";

static const struct profile_change ALL = {
    .iccid = SLICE_LIT("8988211000000123458"),
    .imsi = SLICE_LIT("001019876543210"),
    .k = SLICE_OF(NEW_K),
    .opc = SLICE_OF(NEW_OPC),
    .pin1 = SLICE_LIT("4711"),
    .puk1 = SLICE_LIT("11223344"),
    .pin2 = SLICE_LIT("0815"),
    .puk2 = SLICE_LIT("55667788"),
    .adm1 = SLICE_LIT("87654321"),
};

static void has_all(const struct profile_model *m)
{
    struct profile_identity who;
    unsigned pins = 0;

    assert_int_equal(profile_identify(m, &who), E_OK);
    assert_string_equal(who.iccid, "8988211000000123458");
    assert_string_equal(who.imsi, "001019876543210");
    assert_memory_equal(who.aka.key, NEW_K, 16);
    if (who.aka.algorithm != AKA_XOR)
        assert_memory_equal(who.aka.opc, NEW_OPC, 16);
    for (unsigned i = 0; i < m->nparts; i++) {
        struct saip_pin_configuration pin;
        slice rest;

        if (m->parts[i].element->tag != PE_PIN_CODES)
            continue;
        for (rest = m->parts[i].pin_codes->pin_codes.pinconfig;
             schema_next(&T_saip_pin_configuration, &rest, &pin); pins++)
            assert_memory_equal(pin.pin_value.p,
                                pin.key_reference == 1     ? "4711\xFF\xFF\xFF\xFF"
                                : pin.key_reference == 129 ? "0815\xFF\xFF\xFF\xFF"
                                : pin.key_reference == 10  ? "87654321"
                                                           : (const char *)pin.pin_value.p,
                                8);
    }
    assert_true(pins >= 4);
    /* the access class is the last digit of the IMSI */
    assert_memory_equal(model_body(m, model_resolve(m, SLICE_LIT("\x7F\xD0\x6F\x78"))).p,
                        "\x00\x01", 2);
}

/* EF.IMPI and EF.DOMAIN grow when they must; of EF.IMPU the first record changes. */
static void isim_has_all(const struct profile_model *m)
{
    static const char impi[] = "001019876543210@ims.mnc001.mcc001.3gppnetwork.org";
    slice body = model_body(m, model_resolve(m, SLICE_LIT("\x7F\xB0\x6F\x02")));

    assert_int_equal(body.p[0], 0x80);
    assert_int_equal(body.p[1], sizeof impi - 1);
    assert_memory_equal(body.p + 2, impi, sizeof impi - 1);
    body = model_body(m, model_resolve(m, SLICE_LIT("\x7F\xB0\x6F\x04")));
    assert_memory_equal(body.p + 2, "sip:001019876543210@ims", 23);
    body = model_body(m, model_resolve(m, SLICE_LIT("\x7F\xB0\x6F\x03")));
    assert_memory_equal(body.p + 2, "ims.mnc001.mcc001.3gppnetwork.org", 33);
}

static void ts48_packages_take_a_new_identity(void **state)
{
    struct profile_model *before;
    struct bench b;
    slice out;

    (void)state;
    for (unsigned i = 0; i < TS48_COUNT; i++) {
        slice package = sample_read(ts48_names[i], ".der");
        unsigned warnings;

        if (!package.p)
            continue;
        begin(&b);
        b.findings.put = NULL;
        assert_int_equal(profile_check(&b.arena, package, &b.findings, &before), E_OK);
        warnings = b.findings.warnings;
        assert_int_equal(profile_personalise(&b.arena, package, &ALL, &out), E_OK);
        b.findings = (struct findings){ .put = sample_print };
        assert_int_equal(profile_check(&b.arena, out, &b.findings, &b.m), E_OK);
        assert_int_equal(b.findings.errors, 0);
        assert_int_equal(b.findings.warnings, warnings);
        assert_int_equal(b.m->nfiles, before->nfiles);
        has_all(b.m);
        isim_has_all(b.m);
        end(&b);
        sample_free(package);
    }
}

static void own_profiles_take_a_new_identity(void **state)
{
    struct build_input in = { .isim = true };
    struct bench b;
    slice package, out;

    (void)state;
    begin(&b);
    assert_int_equal(profile_build(&b.arena, crypto_openssl(), &in, &package, NULL), E_OK);
    assert_int_equal(profile_personalise(&b.arena, package, &ALL, &out), E_OK);
    assert_int_equal(profile_check(&b.arena, out, &b.findings, &b.m), E_OK);
    assert_int_equal(b.findings.errors, 0);
    has_all(b.m);
    isim_has_all(b.m);
    end(&b);
}

static void nothing_wanted_nothing_changed(void **state)
{
    struct bench b;
    slice package, out;

    (void)state;
    begin(&b);
    assert_int_equal(
        profile_build(&b.arena, crypto_openssl(), &(struct build_input){ 0 }, &package, NULL),
        E_OK);
    assert_int_equal(profile_personalise(&b.arena, package, &(struct profile_change){ 0 }, &out),
                     E_OK);
    assert_true(slice_eq(package, out));
    end(&b);
}

static void what_does_not_fit_is_refused(void **state)
{
    static const struct {
        struct profile_change want;
        enum err err;
    } rows[] = {
        { { .iccid = SLICE_LIT("89") }, E_SIZE },
        { { .imsi = SLICE_LIT("0010198765432100") }, E_SIZE },
        { { .imsi = SLICE_LIT("00101987654321x") }, E_SYNTAX },
        { { .k = SLICE_OF(NEW_K) }, E_ARGUMENT },
        { { .k = { NEW_K, 15 }, .opc = SLICE_OF(NEW_OPC) }, E_SIZE },
        { { .k = SLICE_OF(NEW_K), .opc = { NEW_OPC, 15 } }, E_SIZE },
        { { .pin1 = SLICE_LIT("123") }, E_SIZE },
        { { .puk1 = SLICE_LIT("1234567") }, E_SIZE },
    };
    struct bench b;
    slice package, out;

    (void)state;
    begin(&b);
    assert_int_equal(
        profile_build(&b.arena, crypto_openssl(), &(struct build_input){ 0 }, &package, NULL),
        E_OK);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(profile_personalise(&b.arena, package, &rows[i].want, &out), rows[i].err);
    end(&b);
}

/* ---- metadata and size ---------------------------------------------------------------------- */

static void metadata_for_the_smdp(void **state)
{
    const struct metadata_notification notes[] = {
        { 0xF, SLICE_LIT("smdp.example.com") },
        { 0x2, SLICE_LIT("other.example.com") },
    };
    struct metadata_input in = { .service_provider = SLICE_LIT("Dunlin"),
                                 .profile_name = SLICE_LIT("Test 1"),
                                 .profile_class = 0,
                                 .notifications = notes,
                                 .notification_count = 2 };
    struct notification_configuration_information n;
    struct store_metadata_request r;
    uint8_t plmn[3];
    struct bench b;
    slice out, rest;

    (void)state;
    begin(&b);
    assert_int_equal(mcc_mnc_of_imsi("001010123456789", 2, plmn), E_OK);
    assert_memory_equal(plmn, "\x00\xF1\x10", 3);
    assert_int_equal(mcc_mnc_of_imsi("310170123456789", 3, plmn), E_OK);
    assert_memory_equal(plmn, "\x13\x00\x71", 3);
    in.mcc_mnc = SLICE_OF(plmn);
    assert_int_equal(metadata_build(&b.arena,
                                    (const uint8_t *)"\x98\x00\x10\x32\x54\x76\x98\x10\x32\x14",
                                    &in, &out),
                     E_OK);
    assert_int_equal(schema_decode(&T_store_metadata_request, out, &r, NULL), E_OK);
    assert_memory_equal(r.iccid.p, "\x98\x00\x10\x32\x54\x76\x98\x10\x32\x14", 10);
    assert_true(slice_eq_str(r.profile_name, "Test 1"));
    assert_int_equal(r.profile_class, 0);
    assert_true(slice_eq(r.profile_owner.mcc_mnc, SLICE_OF(plmn)));
    rest = r.notification_configuration_info;
    assert_true(schema_next(&T_notification_configuration_information, &rest, &n));
    assert_int_equal(der_bits(n.profile_management_operation), 0xF);
    assert_true(slice_eq_str(n.notification_address, "smdp.example.com"));
    assert_true(schema_next(&T_notification_configuration_information, &rest, &n));
    assert_int_equal(der_bits(n.profile_management_operation), 0x2);
    in.profile_name = slice_of("0123456789012345678901234567890123456789"
                               "01234567890123456789012345",
                               65);
    assert_int_equal(metadata_build(&b.arena, r.iccid.p, &in, &out), E_SIZE);
    end(&b);
}

static void metadata_with_icon_and_rules(void **state)
{
    const uint8_t iccid[] = { 0x98, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x14 };
    const slice png = SLICE_LIT("\x89PNG\r\n\x1A\n and so on"), jpg = SLICE_LIT("\xFF\xD8\xFF\xE0");
    struct metadata_input in = { .service_provider = SLICE_LIT("Acme"),
                                 .profile_name = SLICE_LIT("IoT"),
                                 .profile_class = 2,
                                 .mcc_mnc = SLICE_LIT("\x00\xF1\x10"),
                                 .gid1 = SLICE_LIT("\x01\x02"),
                                 .icon = png,
                                 .policy_rules = 4 };
    struct store_metadata_request r;
    struct bench b;
    slice out;

    (void)state;
    begin(&b);
    assert_int_equal(metadata_build(&b.arena, iccid, &in, &out), E_OK);
    assert_int_equal(schema_decode(&T_store_metadata_request, out, &r, NULL), E_OK);
    assert_int_equal(r.icon_type, 1);
    assert_true(slice_eq(r.icon, png));
    assert_true(slice_eq(r.profile_owner.gid1, in.gid1));
    assert_null(r.profile_owner.gid2.p);
    assert_int_equal(der_bits(r.profile_policy_rules), 4);
    assert_memory_equal(metadata_iccid(out).p, iccid, sizeof iccid);
    assert_null(metadata_iccid(slice_head(out, out.n - 1)).p);
    in.icon = jpg;
    assert_int_equal(metadata_build(&b.arena, iccid, &in, &out), E_OK);
    assert_int_equal(schema_decode(&T_store_metadata_request, out, &r, NULL), E_OK);
    assert_int_equal(r.icon_type, 0);
    assert_true(r.has_icon_type);
    in.icon = SLICE_LIT("GIF89a");
    assert_int_equal(metadata_build(&b.arena, iccid, &in, &out), E_ARGUMENT);
    in.icon = SLICE_NONE;
    assert_int_equal(metadata_build(&b.arena, iccid, &in, &out), E_OK);
    in.mcc_mnc = SLICE_NONE;
    assert_int_equal(metadata_build(&b.arena, iccid, &in, &out), E_ARGUMENT);
    in.gid1 = SLICE_NONE;
    assert_int_equal(metadata_build(&b.arena, iccid, &in, &out), E_ARGUMENT); /* the rule */
    in.policy_rules = 0;
    assert_int_equal(metadata_build(&b.arena, iccid, &in, &out), E_OK);
    end(&b);
}

/* Tag 82 of extCardResource is the free non-volatile memory. */
static void card_resources(void **state)
{
    static const uint8_t ext[] = "\x81\x01\x00\x82\x04\x00\x06\x28\x24\x83\x04\x00\x00\x19\x22";
    slice in = slice_of(ext, sizeof ext - 1);
    uint64_t n;

    (void)state;
    assert_int_equal(card_resource(in, 0x82, &n), E_OK);
    assert_int_equal(n, 0x62824);
    assert_int_equal(card_resource(in, 0x84, &n), E_MISSING);
    assert_int_equal(card_resource(slice_of(ext, 5), 0x82, &n), E_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_algorithm_passes_the_check),
        cmocka_unit_test(given_values_are_used),
        cmocka_unit_test(two_profiles_differ),
        cmocka_unit_test(unusable_input_is_refused),
        cmocka_unit_test(imsi_both_ways),
        cmocka_unit_test(ts48_packages_take_a_new_identity),
        cmocka_unit_test(own_profiles_take_a_new_identity),
        cmocka_unit_test(nothing_wanted_nothing_changed),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(metadata_for_the_smdp),
        cmocka_unit_test(metadata_with_icon_and_rules),
        cmocka_unit_test(card_resources),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
