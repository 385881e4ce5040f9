/* Profiles that this project builds and personalises, on the card: files, PIN, AUTHENTICATE. */
#include "euicc/uicc_card.h"
#include "profile/build.h"
#include "profile/check.h"

static struct uicc u;

static void authenticate(const struct profile_identity *who)
{
    static const uint8_t rand[16] = "0123456789abcdef", sqn[6] = { 0, 0, 0, 0, 1, 0 };
    static const uint8_t amf[2] = { 0x80, 0 };
    uint8_t autn[16], apdu[5 + 34] = { 0x00, 0x88, 0x00, 0x81, 0x22, 0x10 };
    struct aka_keys keys;

    assert_int_equal(aka_autn(crypto_openssl(), &who->aka, rand, sqn, amf, autn), E_OK);
    assert_int_equal(aka_f2345(crypto_openssl(), &who->aka, rand, &keys), E_OK);
    memcpy(apdu + 6, rand, 16);
    apdu[22] = 0x10;
    memcpy(apdu + 23, autn, 16);
    assert_int_equal(uicc_send(&u, SLICE_OF(apdu)), 0x9000);
    assert_int_equal(u.reply[0], 0xDB);
    assert_int_equal(u.reply[1], keys.res_n);
    assert_memory_equal(u.reply + 2, keys.res, keys.res_n);
}

static const struct profile_change change = {
    .iccid = SLICE_LIT("8901001012345678903"),
    .imsi = SLICE_LIT("001019876543210"),
};

/* Installs, enables, powers off and on. */
static void install(slice package)
{
    struct profile_outcome o;

    uicc_new(&u);
    o = uicc_install(&u, package, 0x10);
    assert_int_equal(o.reason, INSTALL_OK);
    assert_int_equal(profile_switch(u.card, o.root, false), E_OK);
    uicc_commit(&u);
    uicc_boot(&u);
}

/* The package's own statement against what the card answers. */
static void meet(const struct profile_model *m)
{
    static const enum saip_naa applications[] = { NAA_USIM, NAA_ISIM };
    struct profile_identity who;
    uint8_t imsi[IMSI_LEN];

    assert_int_equal(profile_identify(m, &who), E_OK);
    assert_int_equal(uicc_apdu(&u, "00A40004022FE200"), 0x9000);
    assert_int_equal(uicc_apdu(&u, "00B000000A"), 0x9000);
    assert_memory_equal(u.reply, who.iccid_ef, ICCID_LEN);
    for (size_t i = 0; i < COUNT(applications); i++) {
        int adf = model_naa(m, applications[i]);
        uint8_t apdu[5 + 16] = { 0x00, 0xA4, 0x04, 0x04 };
        slice aid;

        if (adf < 0)
            continue;
        aid = m->files[adf].facts.df_name;
        apdu[4] = (uint8_t)aid.n;
        memcpy(apdu + 5, aid.p, aid.n);
        assert_int_equal(uicc_send(&u, slice_of(apdu, 5 + aid.n)), 0x9000);
        if (applications[i] == NAA_USIM) {
            assert_int_equal(uicc_apdu(&u, "00B0870009"), 0x9000);
            assert_int_equal(imsi_encode(slice_str(who.imsi), imsi), E_OK);
            assert_memory_equal(u.reply, imsi, IMSI_LEN);
        }
        authenticate(&who);
    }
}

/* Presents every PIN of the package that the current directory knows. */
static void present_pins(const struct profile_model *m)
{
    struct saip_pin_configuration pin;

    for (unsigned i = 0; i < m->nparts; i++) {
        slice rest;

        if (m->parts[i].element->tag != PE_PIN_CODES)
            continue;
        for (rest = model_pinconfig(m, &m->parts[i]);
             schema_next(&T_saip_pin_configuration, &rest, &pin);) {
            uint8_t apdu[13] = { 0x00, 0x20, 0x00, (uint8_t)pin.key_reference, 0x08 };

            memcpy(apdu + 5, pin.pin_value.p, 8);
            (void)uicc_send(&u, SLICE_OF(apdu));
        }
    }
}

enum { NO_DATA = 0x0C, WITH_FCP = 0x04 };

static uint16_t select_bytes(uint8_t p1, uint8_t p2, slice data)
{
    uint8_t apdu[5 + 16] = { 0x00, 0xA4, p1, p2, (uint8_t)data.n };

    memcpy(apdu + 5, data.p, data.n);
    return uicc_send(&u, slice_of(apdu, 5 + data.n));
}

/* The application by its AID, then the path below it; or the path from the MF. */
static uint16_t select_file(const struct profile_model *m, int file, uint8_t p2)
{
    uint8_t path[16];
    size_t at = sizeof path;
    int i = file;

    for (; m->files[i].facts.type != FILE_ADF && m->files[i].facts.type != FILE_MF;
         i = m->files[i].parent) {
        path[--at] = (uint8_t)m->files[i].facts.fid;
        path[--at] = (uint8_t)(m->files[i].facts.fid >> 8);
    }
    if (file == i && m->files[i].facts.type == FILE_MF)
        return select_bytes(0x00, p2, SLICE_LIT("\x3F\x00"));
    if (m->files[i].facts.type == FILE_MF)
        return select_bytes(0x08, p2, slice_of(path + at, sizeof path - at));
    if (select_bytes(0x04, p2, m->files[i].facts.df_name) != 0x9000 || file == i)
        return u.sw;
    present_pins(m);
    return select_bytes(0x09, p2, slice_of(path + at, sizeof path - at));
}

/* ---- file control parameters (TS 102 221 11.1.1.3) against the package ---- */

static slice member(slice fcp, uint32_t tag)
{
    struct der_reader r = der_reader(fcp);

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (t.tag == tag)
            return t.value;
    }
    return SLICE_NONE;
}

static uint32_t number(slice s)
{
    uint32_t v = 0;

    assert_in_range(s.n, 1, 4);
    for (size_t i = 0; i < s.n; i++)
        v = v << 8 | s.p[i];
    return v;
}

/* The key references of a PS template, in their order. */
static void same_pins(slice template, slice pins)
{
    struct der_reader r = der_reader(template);
    size_t n = 0;

    assert_int_equal(der_take(&r).tag, 0x90);
    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        assert_int_equal(t.tag, 0x83);
        assert_true(n < pins.n);
        assert_int_equal(number(t.value), pins.p[n++]);
    }
    assert_int_equal(r.err, E_OK);
    assert_int_equal(n, pins.n);
}

static void same_dir(const struct file_facts *f, slice fcp)
{
    assert_int_equal(member(fcp, 0x82).p[0], 0x78);
    if (f->type == FILE_ADF)
        assert_true(slice_eq(member(fcp, 0x84), f->df_name));
    same_pins(member(fcp, 0xC6), f->pins);
}

/* target: the file that has the body, another one than f for a link. */
static void same_ef(const struct file_facts *f, const struct file_facts *target, slice fcp)
{
    static const uint8_t descriptors[] = {
        [FILE_TR] = 0x41, [FILE_LF] = 0x42, [FILE_CY] = 0x46, [FILE_BT] = 0x79
    };
    slice descriptor = member(fcp, 0x82), sfi = member(fcp, 0x88);

    assert_int_equal(descriptor.p[0], descriptors[target->type]);
    if (target->records) {
        assert_int_equal(descriptor.n, 5);
        assert_int_equal(number(slice_head(slice_skip(descriptor, 2), 2)), target->record_len);
        assert_int_equal(descriptor.p[4], target->records);
    }
    assert_non_null(sfi.p);
    assert_int_equal(sfi.n ? sfi.p[0] >> 3 : 0, f->sfi);
    if (target->type != FILE_BT) {
        assert_int_equal(number(member(fcp, 0x80)), target->size);
        return;
    }
    assert_int_equal(number(member(member(fcp, 0xA5), 0x84)), target->file_details);
    assert_int_equal(number(member(member(fcp, 0xA5), 0x86)),
                     target->max_size ? target->max_size : target->size);
}

static void same_fcp(const struct profile_model *m, int file)
{
    const struct model_file *own = &m->files[file], *target = own;
    slice fcp, rule;

    assert_int_equal(select_file(m, file, WITH_FCP), 0x9000);
    fcp = member(slice_of(u.reply, u.n), 0x62);
    assert_non_null(fcp.p);
    while (target->facts.link.p)
        target = &m->files[target->target];
    if (own->facts.type != FILE_ADF) /* whose temporary identifier is not the card's business */
        assert_int_equal(number(member(fcp, 0x83)), own->facts.fid);
    rule = member(fcp, 0x8B);
    assert_int_equal(rule.n, 3);
    assert_int_equal(number(slice_head(rule, 2)), own->facts.arr_fid);
    assert_int_equal(rule.p[2], own->facts.arr_record);
    assert_int_equal(number(member(fcp, 0x8A)), own->facts.lcsi);
    if (saip_type_is_df(own->facts.type))
        same_dir(&own->facts, fcp);
    else
        same_ef(&own->facts, &target->facts, fcp);
}

/* One piece of the selected file; false when the rules do not let us read. */
static bool same_piece(uint8_t ins, uint8_t p1, uint8_t p2, slice want)
{
    uint16_t sw = uicc_apdu(&u, "00 %02X %02X %02X %02X", ins, p1, p2, (unsigned)want.n);

    if (sw == 0x6982)
        return false;
    assert_int_equal(sw, 0x9000);
    assert_memory_equal(u.reply, want.p, want.n);
    return true;
}

static bool same_content(const struct profile_model *m, int file)
{
    const struct model_file *f = &m->files[file];
    slice body = model_body(m, file);

    while (f->facts.link.p)
        f = &m->files[f->target];
    for (uint32_t i = 0; i < f->facts.records; i++)
        if (!same_piece(
                0xB2, (uint8_t)(i + 1), 0x04,
                slice_head(slice_skip(body, (size_t)i * f->facts.record_len), f->facts.record_len)))
            return false;
    for (size_t at = 0; !f->facts.records && at < body.n; at += 200)
        if (!same_piece(0xB0, (uint8_t)(at >> 8), (uint8_t)at,
                        slice_head(slice_skip(body, at), 200)))
            return false;
    return true;
}

/* Every data object of a BER-TLV file by RETRIEVE DATA, and no other in the list of tags. */
static bool same_objects(const struct profile_model *m, int file)
{
    struct der_reader r = der_reader(model_body(m, file));
    size_t tags = 0;
    uint16_t sw = uicc_apdu(&u, "80CB0080 01 5C");

    if (sw == 0x6982)
        return false;
    assert_int_equal(sw, 0x9000);
    assert_int_equal(u.reply[0], 0x5C);
    for (struct der_reader count = r; der_more(&count);)
        tags += der_take(&count).tag > 0xFF ? 2 : 1;
    assert_int_equal(u.n, 2 + tags);
    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        assert_int_equal(r.err, E_OK);
        if (t.whole.n > 256) /* what comes in blocks is test_uicc_files' business */
            continue;
        if (t.tag > 0xFF)
            sw = uicc_apdu(&u, "80CB0080 02 %04X 00", (unsigned)t.tag);
        else
            sw = uicc_apdu(&u, "80CB0080 01 %02X 00", (unsigned)t.tag);
        assert_int_equal(sw, 0x9000);
        assert_true(slice_eq(slice_of(u.reply, u.n), t.whole));
    }
    return true;
}

/* ---- files that are not read: their rule must say so ---- */

/* The record of EF.ARR that the file names, out of the package: in its directory or above it. */
static slice rule_of(const struct profile_model *m, int file)
{
    const struct file_facts *f = &m->files[file].facts;

    for (int dir = m->files[file].parent; dir >= 0; dir = m->files[dir].parent)
        for (int i = 0; i < (int)m->nfiles; i++) {
            const struct file_facts *arr = &m->files[i].facts;
            slice body;

            if (m->files[i].parent != dir || arr->fid != f->arr_fid)
                continue;
            for (int hops = 0; hops < 4 && arr->link.p; hops++) {
                i = m->files[i].target;
                arr = &m->files[i].facts;
            }
            assert_in_range(f->arr_record, 1, arr->records);
            body = model_body(m, i);
            return slice_head(slice_skip(body, (f->arr_record - 1u) * arr->record_len),
                              arr->record_len);
        }
    return SLICE_NONE;
}

/* NEVER, or a key that the package has not; OR where one such condition is beside another. */
static bool out_of_reach(const struct profile_model *m, struct tlv condition)
{
    struct der_reader r = der_reader(condition.value);
    slice key = member(condition.value, 0x83);

    if (condition.tag == 0x97)
        return true;
    if (condition.tag == 0xA4)
        return key.n == 1 && !model_has_pin(&m->any, key.p[0]);
    if (condition.tag != 0xA0)
        return false;
    while (der_more(&r))
        if (!out_of_reach(m, der_take(&r)))
            return false;
    return true;
}

static bool never_read(const struct profile_model *m, int file)
{
    slice rule = rule_of(m, file);
    struct der_reader r = der_reader(rule);

    assert_non_null(rule.p);
    while (der_more(&r) && r.in.p[0] != 0xFF) {
        struct tlv mode = der_take(&r), condition = der_take(&r);

        assert_int_equal(r.err, E_OK);
        if (mode.tag == 0x80 && mode.value.n == 1 && mode.value.p[0] & 1)
            return out_of_reach(m, condition);
    }
    return true; /* no rule for READ: it is never allowed */
}

/* Two readings of the specification, the model's and the card's, agree on every file. */
static void compare_files(const struct profile_model *m)
{
    unsigned seen = 0, never = 0;

    uicc_boot(&u);
    present_pins(m);
    for (int i = 0; i < (int)m->nfiles; i++) {
        uint8_t type = m->files[i].facts.type;

        same_fcp(m, i);
        if (saip_type_is_df(type))
            continue;
        assert_int_equal(select_file(m, i, NO_DATA), 0x9000);
        if (type == FILE_BT ? same_objects(m, i) : same_content(m, i)) {
            seen++;
            continue;
        }
        assert_true(never_read(m, i));
        never++;
    }
    print_message("%u files read, %u never to be read\n", seen, never);
    assert_true(seen > 8 * never);
}

static void try_package(struct arena *a, slice package)
{
    struct findings f = { 0 };
    struct profile_model *m;

    assert_int_equal(profile_check(a, package, &f, &m), E_OK);
    assert_int_equal(f.errors, 0);
    install(package);
    meet(m);
    compare_files(m);
}

static void run(const struct build_input *in)
{
    struct arena a;
    slice package;

    arena_init(&a, MODEL_ARENA_LIMIT);
    assert_int_equal(profile_build(&a, crypto_openssl(), in, &package, NULL), E_OK);
    try_package(&a, package);
    assert_int_equal(uicc_apdu(&u, "00A4040410A0000000871002FFFFFFFF890000010000"), 0x9000);
    assert_int_equal(uicc_apdu(&u, "00A40804047FFF5FC000"), 0x9000);
    assert_int_equal(uicc_apdu(&u, "00A40004024F0700"), 0x9000);
    assert_int_equal(uicc_apdu(&u, "00B0000004"), 0x9000);
    assert_memory_equal(u.reply, "\xA0\x02\x00\x00", 4);
    assert_int_equal(profile_personalise(&a, package, &change, &package), E_OK);
    try_package(&a, package);
    arena_free(&a);
}

static void built_with_each_algorithm(void **state)
{
    (void)state;
    run(&(struct build_input){ .isim = true });
    run(&(struct build_input){ .algorithm = AKA_TUAK, .isim = true });
    run(&(struct build_input){ .algorithm = AKA_TUAK,
                               .k = SLICE_LIT("0123456789abcdef"
                                              "0123456789abcdef") });
    run(&(struct build_input){ .algorithm = AKA_XOR });
}

static void ts48_with_a_new_identity(void **state)
{
    static const char *const names[] = {
        "ts48/ts48-v2-saip21-bertlv.der",
        "ts48/ts48-v3-saip23-nobertlv.der",
        UICC_TS48,
        "ts48/ts48-v7-bertlv-suci-noramrfm.der",
        "ts48/ts48-v7-nobertlv.der",
        "ts48/ts48-v7-nobertlv-noramrfm.der",
    };
    struct profile_change with_key = change;

    (void)state;
    with_key.k = SLICE_LIT("a key of its own");
    for (size_t i = 0; i < COUNT(names); i++) {
        slice package = uicc_data(names[i]);
        struct arena a;

        if (!package.p)
            continue;
        arena_init(&a, MODEL_ARENA_LIMIT);
        assert_int_equal(profile_personalise(&a, package, &with_key, &package), E_OK);
        try_package(&a, package);
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_with_each_algorithm),
        cmocka_unit_test(ts48_with_a_new_identity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
