/* Profiles for the laboratory: real packages with an ICCID of choice. */
#include "euicc/isdr/lab.h"

#include "base/text.h"
#include "profile/identity.h"

slice lab_data(const char *name)
{
    static uint8_t octets[1u << 20];
    char path[200];
    FILE *f;
    size_t n;

    snprintf(path, sizeof path, "../shared/data/%s", name);
    f = fopen(path, "rb");
    if (!f) {
        print_message("%s is not there: skipped\n", path);
        return SLICE_NONE;
    }
    n = fread(octets, 1, sizeof octets, f);
    fclose(f);
    return slice_of(octets, n);
}

slice bench_package(struct bench *b, const char *iccid)
{
    struct profile_change change = { .iccid = slice_str(iccid) };
    slice package = lab_data(LAB_PROFILE), out;

    if (!package.p)
        skip();
    assert_int_equal(profile_personalise(&b->arena, package, &change, &out), E_OK);
    return out;
}

const char *iccid_hex(const char *digits)
{
    static char text[4][2 * ICCID_LEN + 1];
    static unsigned next;
    uint8_t iccid[ICCID_LEN];
    char *out = text[next++ % COUNT(text)];

    assert_int_equal(iccid_from_digits(slice_str(digits), iccid), E_OK);
    assert_int_equal(hex_encode(SLICE_OF(iccid), out, sizeof text[0]), E_OK);
    return out;
}

slice bench_metadata(struct bench *b, const char *iccid, const struct meta *m)
{
    static const struct meta plain = { .class = PROFILE_CLASS_OPERATIONAL };
    uint8_t *buf = arena_alloc(&b->arena, 1024);
    struct der_writer w = der_writer(buf, 1024);
    slice out;
    size_t mark;

    m = m ? m : &plain;
    if (m->extra)
        der_put(&w, bench_hex(b, "%s", m->extra));
    if (m->pprs)
        der_put_bits(&w, 0x99, m->pprs);
    if (m->owner) {
        mark = der_mark(&w);
        der_put_tlv(&w, 0x80, SLICE_LIT("\x00\xF1\x10"));
        der_wrap(&w, 0xB7, mark);
    }
    if (m->events) {
        mark = der_mark(&w);
        der_put_tlv(&w, 0x81, SLICE_LIT("notify.example.com"));
        der_put_bits(&w, 0x80, m->events);
        der_wrap(&w, 0x30, mark);
        der_wrap(&w, 0xB6, mark);
    }
    if (m->class != PROFILE_CLASS_OPERATIONAL)
        der_put_int(&w, 0x95, m->class);
    der_put_tlv(&w, 0x92, SLICE_LIT("Profile"));
    der_put_tlv(&w, 0x91, SLICE_LIT("Operator"));
    der_put_tlv(&w, 0x5A, bench_hex(b, "%s", iccid_hex(iccid)));
    der_wrap(&w, 0xBF25, 0);
    assert_int_equal(der_written(&w, &out), E_OK);
    return out;
}

void bench_install(struct bench *b, const char *iccid, const struct meta *m)
{
    struct pir pir =
        pir_read(b, bench_download(b, bench_package(b, iccid), bench_metadata(b, iccid, m)));

    assert_int_equal(pir.reason, 0);
}

static void commit(struct bench *b)
{
    assert_int_equal(objects_commit(card_objects(b->card)), E_OK);
}

void bench_plant(struct bench *b, const char *iccid, const struct meta *m)
{
    static uint8_t number = 0x80;
    uint8_t aid[16] = { 0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10,     0xFF,
                        0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, number++, 0x00 };
    slice package = bench_package(b, iccid);
    struct profile_install what = { .isdp_aid = SLICE_OF(aid) };
    struct profile_outcome out;

    what.iccid = bench_hex(b, "%s", iccid_hex(iccid));
    what.metadata = bench_metadata(b, iccid, m);
    assert_int_equal(profile_install_begin(b->card, &what), E_OK);
    assert_int_equal(profile_install_feed(b->card, package), E_OK);
    assert_int_equal(profile_install_finish(b->card, &out), E_OK);
    assert_int_equal(out.reason, INSTALL_OK);
    commit(b);
}

const char *bench_enabled(struct bench *b)
{
    static char digits[ICCID_DIGITS + 1];
    struct card_profile p;
    uint32_t root = profile_enabled(b->card);

    if (!root)
        return "";
    assert_int_equal(profile_get(b->card, root, &p), E_OK);
    assert_int_equal(iccid_to_digits(SLICE_OF(p.iccid), digits), E_OK);
    return digits;
}

void bench_enable(struct bench *b, const char *iccid)
{
    struct card_profile p;
    slice octets = bench_hex(b, "%s", iccid_hex(iccid));

    assert_int_equal(profile_by_iccid(b->card, octets, &p), E_OK);
    assert_int_equal(profile_switch(b->card, p.root, false), E_OK);
    commit(b);
    bench_reset(b);
}
