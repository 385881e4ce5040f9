/* The template tables: lookups, the errata of public transcriptions, default content. */
#include "profile/templates.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct saip_template *by_oid(const char *tail, size_t n)
{
    uint8_t oid[SAIP_TEMPLATE_OID_MAX] = SAIP_TEMPLATE_ARC;

    memcpy(oid + 5, tail, n);
    return saip_template_by_oid(slice_of(oid, 5 + n));
}

static void every_template_is_found_by_its_oid(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAIP_TEMPLATES; i++) {
        const struct saip_template *t = &saip_templates[i];
        uint8_t oid[SAIP_TEMPLATE_OID_MAX];

        assert_ptr_equal(saip_template_by_oid(saip_template_oid(t, oid)), t);
        assert_string_equal(saip_template_by_pe(t->pe_tag)->name, t->name);
    }
    assert_null(by_oid("\x13", 1));
    assert_null(by_oid("\x04\x03", 2));
    assert_null(saip_template_by_oid(SLICE_NONE));
    assert_null(saip_template_by_oid(SLICE_LIT("\x67\x81\x0F\x01\x03\x04")));
    assert_null(saip_template_by_pe(0xA0));
}

static void every_row_is_found_by_its_tag(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAIP_TEMPLATES; i++) {
        const struct saip_template *t = &saip_templates[i];

        for (unsigned k = 0; k < t->nfiles; k++) {
            const struct saip_file *f = &t->files[k];

            assert_ptr_equal(saip_file_by_tag(t, saip_file_tag(t, f)), f);
            assert_true(f->fid_last >= f->fid);
            assert_true(f->sfi <= 0x1E);
            assert_true(f->tail_len <= f->fill_len);
        }
        assert_null(saip_file_by_tag(t, 0xA1));
        assert_null(saip_file_by_tag(t, 0x82));
        assert_null(saip_file_by_tag(t, t->nfiles + 2 < 31 ? 0xA0u + t->nfiles + 2
                                                           : 0xBF00u + t->nfiles + 2));
    }
}

/* Tags from the ASN.1 of SAIP 3.3.1, where counting goes wrong first. */
static void known_fields_have_their_tags(void **state)
{
    static const struct {
        uint32_t pe, tag;
        const char *name;
        uint16_t fid;
    } rows[] = {
        { 0xB0, 0xA4, "ef-iccid", 0x2FE2 },
        { 0xB2, 0xBF24, "df-mmss", 0x5F3C },
        { 0xB2, 0xBF27, "ef-mmssmode", 0x4F22 },
        { 0xB2, 0xB9, "ef-pbc", 0x4F60 },
        { 0xB3, 0xA3, "ef-imsi", 0x6F07 },
        { 0xB3, 0xB9, "ef-epsnsc", 0x6FE4 },
        { 0xB4, 0xBF1F, "ef-vgcs", 0x6FB1 },
        { 0xB4, 0xBF2D, "ef-ext7", 0x6FCC },
        { 0xB4, 0xBF56, "ef-mudmidconfigdata", 0x6FFE },
        { 0xB4, 0xBF57, "ef-eaka", 0x6F01 },
        { 0xBC, 0xA2, "df-df-5gs", 0x5FC0 },
        { 0xBC, 0xAA, "ef-opl5g", 0x4F08 },
        { 0xBD, 0xA2, "df-df-saip", 0x5FD0 },
        { 0xBA, 0xBF39, "ef-model", 0x6F81 },
        { 0xBF20, 0xA9, "ef-imsi", 0x6F07 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct saip_template *t = saip_template_by_pe(rows[i].pe);
        const struct saip_file *f = saip_file_by_tag(t, rows[i].tag);

        assert_non_null(f);
        assert_string_equal(f->name, rows[i].name);
        assert_int_equal(f->fid, rows[i].fid);
    }
}

static void versions_differ_where_they_should(void **state)
{
    (void)state;
    assert_int_equal(saip_file_by_name(by_oid("\x04", 1), "ef-ust")->len, 14);
    assert_int_equal(saip_file_by_name(by_oid("\x04\x02", 2), "ef-ust")->len, 17);
    assert_null(saip_file_by_name(by_oid("\x03", 1), "df-mcs"));
    assert_non_null(saip_file_by_name(by_oid("\x03\x02", 2), "df-mcs"));
    assert_null(saip_file_by_name(by_oid("\x05", 1), "ef-epdgid"));
    assert_null(saip_file_by_name(by_oid("\x05\x02", 2), "ef-eaka"));
    assert_int_equal(saip_file_by_name(by_oid("\x0D", 1), "ef-5gs3gppnsc")->len, 57);
    assert_int_equal(saip_file_by_name(by_oid("\x0D\x03", 2), "ef-5gs3gppnsc")->len, 62);
}

static void directories_hold_what_follows_them(void **state)
{
    const struct saip_template *telecom = by_oid("\x03\x02", 2), *iot = by_oid("\x11", 1);
    const struct saip_template *opt_iot = by_oid("\x12", 1);

    (void)state;
#define PARENT(t, name) saip_file_parent(t, saip_file_by_name(t, name))
    assert_null(PARENT(telecom, "df-telecom"));
    assert_string_equal(PARENT(telecom, "ef-rma")->name, "df-telecom");
    assert_string_equal(PARENT(telecom, "ef-adn")->name, "df-phonebook");
    assert_string_equal(PARENT(telecom, "df-mmss")->name, "df-telecom");
    assert_string_equal(PARENT(iot, "adf-usim")->name, "mf");
    assert_string_equal(PARENT(iot, "ef-ad")->name, "adf-usim");
    assert_null(PARENT(opt_iot, "ef-fdn"));
    assert_null(PARENT(opt_iot, "df-df-saip"));
    assert_string_equal(PARENT(opt_iot, "ef-suci-calc-info-usim")->name, "df-df-saip");
#undef PARENT
}

static void default_content(void **state)
{
    const struct saip_template *usim = by_oid("\x04", 1), *opt = by_oid("\x05", 1);
    uint8_t got[40];

    (void)state;
    saip_file_fill(saip_file_by_name(usim, "ef-keys"), got, 5);
    assert_memory_equal(got, "\x07\xFF\xFF\xFF\xFF", 5);
    saip_file_fill(saip_file_by_name(usim, "ef-loci"), got, 11);
    assert_memory_equal(got, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00\x00\xFF\x01", 11);
    saip_file_fill(saip_file_by_name(usim, "ef-fplmn"), got, 3);
    assert_memory_equal(got, "\xFF\xFF\xFF", 3);
    saip_file_fill(saip_file_by_name(opt, "ef-plmnwact"), got, 7);
    assert_memory_equal(got, "\xFF\xFF\xFF\x00\x00\xFF\xFF", 7);
    saip_file_fill(saip_file_by_name(usim, "ef-ad"), got, 5);
    assert_memory_equal(got, "\x00\x00\x00\x02\xFF", 5);
    saip_file_fill(saip_file_by_name(usim, "ef-loci"), got, 2);
    assert_memory_equal(got, "\xFF\x01", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_template_is_found_by_its_oid),
        cmocka_unit_test(every_row_is_found_by_its_tag),
        cmocka_unit_test(known_fields_have_their_tags),
        cmocka_unit_test(versions_differ_where_they_should),
        cmocka_unit_test(directories_hold_what_follows_them),
        cmocka_unit_test(default_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
