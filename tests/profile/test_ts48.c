/*
 * The TS.48 packages: they decode without unknown fields, encode again to the same octets, pass the
 * validator, and hold what is known of them (GSMA TS.48 workbook).
 */
#include "profile/samples.h"

#include "der/schema_print.h"
#include "profile/size.h"

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

/* ---- encoding again ---- */

static void same_again(const struct type *t, slice in)
{
    static uint8_t buf[8192];
    static union {
        struct saip_file_item file;
        struct saip_gfm_item gfm;
        struct saip_pin_configuration pin;
        struct saip_puk_configuration puk;
        struct saip_key_object key;
        slice octets;
    } value;
    slice out;

    assert_int_equal(schema_decode(t, in, &value, NULL), E_OK);
    assert_int_equal(schema_encode(t, &value, buf, sizeof buf, &out, NULL), E_OK);
    assert_int_equal(out.n, in.n);
    assert_memory_equal(out.p, in.p, in.n);
}

static void items_again(const struct type *t, slice list)
{
    struct der_reader r = der_reader(list);

    while (der_more(&r)) {
        struct tlv item = der_take(&r);

        if (t->kind == K_LIST)
            items_again(t->element, item.value);
        else
            same_again(t, item.whole);
    }
    assert_int_equal(r.err, E_OK);
}

static void element_again(const struct package_element *e)
{
    static uint8_t buf[8192];
    struct der_writer w = der_writer(buf, sizeof buf);
    struct fault f;
    slice out;

    assert_non_null(e->name);
    assert_int_equal(element_check(e, &f), E_OK);
    assert_int_equal(element_encode(e, &w), E_OK);
    assert_int_equal(der_written(&w, &out), E_OK);
    assert_int_equal(out.n, e->whole.n);
    assert_memory_equal(out.p, e->whole.p, out.n);
}

static void lists_again(const struct loaded *l)
{
    static struct saip_file_pe pe;

    for (unsigned i = 0; i < l->m->nelements; i++) {
        const struct package_element *e = &l->m->elements[i];

        if (!e->file_system)
            continue;
        assert_int_equal(element_files(e, &pe, NULL), E_OK);
        for (unsigned k = 0; k < e->table->nfiles; k++)
            items_again(&T_saip_file_item, pe.files[k]);
    }
    for (unsigned i = 0; i < l->m->nparts; i++) {
        const struct model_part *p = &l->m->parts[i];

        if (p->element->tag == PE_PIN_CODES)
            items_again(&T_saip_pin_configuration, p->pin_codes->pin_codes.pinconfig);
        if (p->element->tag == PE_PUK_CODES)
            items_again(&T_saip_puk_configuration, p->puk_codes->puk_codes);
        if (p->element->tag == PE_SECURITY_DOMAIN)
            items_again(&T_saip_key_object, p->security_domain->key_list);
    }
}

static void all_encode_again_to_the_same_octets(void **state)
{
    struct loaded l;

    (void)state;
    for (unsigned i = 0; i < TS48_COUNT; i++) {
        struct saip_gfm gfm;

        if (!load(ts48_names[i], &l))
            continue;
        for (unsigned k = 0; k < l.m->nelements; k++) {
            const struct package_element *e = &l.m->elements[k];

            element_again(e);
            assert_true(e->tag == PE_HEADER || e->mandated);
            if (e->tag != PE_GFM)
                continue;
            assert_int_equal(schema_decode(&T_saip_gfm, e->whole, &gfm, NULL), E_OK);
            items_again(&T_saip_file_management, gfm.commands);
        }
        lists_again(&l);
        unload(&l);
    }
}

/* ---- what is known of them ---- */

static unsigned parts(const struct profile_model *m, uint32_t tag)
{
    unsigned n = 0;

    for (unsigned i = 0; i < m->nparts; i++)
        n += m->parts[i].element->tag == tag;
    return n;
}

static void count_files_of(const char *name, unsigned files, unsigned rfm)
{
    struct profile_size size;
    struct loaded l;

    if (!load(name, &l))
        return;
    size = profile_size(l.m);
    assert_int_equal(size.directories, 18);
    assert_int_equal(size.files, files);
    assert_int_equal(size.links, 29);
    assert_int_equal(parts(l.m, PE_PIN_CODES), 5);
    assert_int_equal(parts(l.m, PE_AKA_PARAMETER), 2);
    assert_int_equal(parts(l.m, PE_RFM), rfm);
    assert_in_range(size.installed, 28000, 35000);
    unload(&l);
}

static void version_7_has_its_files(void **state)
{
    (void)state;
    count_files_of("ts48-v7-bertlv-suci", 241, 4);
    count_files_of("ts48-v7-bertlv-suci-noramrfm", 241, 0);
    count_files_of("ts48-v7-nobertlv", 237, 4);
    count_files_of("ts48-v7-nobertlv-noramrfm", 237, 0);
}

static const struct model_file *file(const struct profile_model *m, const char *path, size_t n)
{
    int i = model_resolve(m, slice_of(path, n));

    assert_true(i >= 0);
    return &m->files[i];
}
#define FILE_AT(m, path) file(m, path, sizeof(path) - 1)

/* GSMA's golden FCPs: type, identifier, access rule, size, SFI. */
static void facts_are_those_of_the_workbook(void **state)
{
    const struct model_file *f;
    struct loaded l;
    unsigned patterns = 0;

    (void)state;
    if (!load("ts48-v7-bertlv-suci", &l))
        return;
    f = FILE_AT(l.m, "\x7F\xD0\x6F\x07");
    assert_int_equal(f->facts.size, 9);
    assert_int_equal(f->facts.sfi, 7);
    assert_int_equal(f->facts.arr_fid, 0x6F06);
    assert_int_equal(f->facts.arr_record, 0x0A);
    f = FILE_AT(l.m, "\x7F\xD0\x6F\x3C");
    assert_int_equal(f->facts.record_len, 0xB0);
    assert_int_equal(f->facts.records, 10);
    assert_int_equal(f->facts.arr_record, 2);
    f = FILE_AT(l.m, "\x7F\xD0");
    assert_int_equal(f->facts.type, FILE_ADF);
    assert_int_equal(f->facts.arr_fid, 0x2F06);
    assert_memory_equal(f->facts.df_name.p, "\xA0\x00\x00\x00\x87\x10\x02\xFF\x49\xFF\x05\x89", 12);
    assert_int_equal(f->facts.pins.n, 4);
    f = FILE_AT(l.m, "\x7F\x10\x5F\x3E\x4F\x02");
    assert_int_equal(f->facts.type, FILE_BT);
    assert_int_equal(f->facts.size, 1024);
    f = FILE_AT(l.m, "\x7F\x10\x6F\x44");
    assert_int_equal(f->facts.type, FILE_CY);
    /* a link has the content of its target and its own short identifier */
    f = FILE_AT(l.m, "\x7F\xC0\x6F\x7C");
    assert_int_equal(f->facts.sfi, 0x10);
    assert_ptr_equal(model_body(l.m, (int)(f - l.m->files)).p,
                     FILE_AT(l.m, "\x7F\xD0\x6F\x80")->body.p);
    for (unsigned i = 0; i < l.m->nfiles; i++)
        patterns += l.m->files[i].facts.pattern.p != NULL;
    assert_in_range(patterns, 55, 65);
    unload(&l);
}

/* Offsets count from the content before, across records: EF.DIR lists three applications. */
static void content_runs_across_records(void **state)
{
    const struct model_file *f;
    struct loaded l;

    (void)state;
    if (!load("ts48-v7-bertlv-suci", &l))
        return;
    f = FILE_AT(l.m, "\x2F\x00");
    assert_int_equal(f->facts.records, 4);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(f->body.p[i * f->facts.record_len], 0x61);
    assert_memory_equal(f->body.p + 2u * f->facts.record_len + 22, "CSIM", 4);
    assert_int_equal(f->body.p[3u * f->facts.record_len], 0xFF);
    /* a pattern is applied to each record alone */
    f = FILE_AT(l.m, "\x2F\x05");
    assert_memory_equal(f->body.p, "en\xFF\xFF\xFF\xFF", 6);
    unload(&l);
}

static void remote_management_has_its_tars(void **state)
{
    static const char tars[][4] = { "\xB0\x01\x20", "\xB0\x01\x40", "\xB0\x01\x41",
                                    "\xB0\x01\x42" };
    struct loaded l;
    unsigned n = 0;

    (void)state;
    if (!load("ts48-v7-bertlv-suci", &l))
        return;
    for (unsigned i = 0; i < l.m->nparts; i++) {
        slice rest, tar;

        if (l.m->parts[i].element->tag != PE_RFM)
            continue;
        rest = l.m->parts[i].rfm->tar_list;
        assert_true(schema_next(&T_saip_tar, &rest, &tar));
        assert_memory_equal(tar.p, tars[n++], 3);
        assert_int_equal(rest.n, 0);
    }
    assert_int_equal(n, 4);
    unload(&l);
}

static void services_are_bits_of_the_capability(void **state)
{
    struct loaded l;

    (void)state;
    if (!load("ts48-v7-bertlv-suci", &l))
        return;
    /* usim isim csim, usim-test-algorithm, ber-tlv, get-identity, profile a and b */
    assert_true(saip_required_capabilities(&l.m->header->services) ==
                (0xEu | 1u << 8 | 1u << 19 | 1u << 22 | 1u << 23 | 1u << 24));
    unload(&l);
}

/* ---- against the value notation ---- */

static bool compared(slice name)
{
    static const char *const names[] = {
        "fileID",
        "securityAttributesReferenced",
        "efFileSize",
        "fillPattern",
        "linkPath",
        "pinStatusTemplateDO",
        "fillFileContent",
        "repeatPattern",
        "dfName",
        "shortEFID",
        "filePath",
        "pinValue",
        "pukValue",
        "key",
        "opc",
        "keyData",
        "instanceAID",
        "iccid",
    };

    for (size_t i = 0; i < COUNT(names); i++)
        if (slice_eq_str(name, names[i]))
            return true;
    return false;
}

struct text {
    char *p;
    size_t n, size;
};

static void text_add(void *ctx, const char *s, size_t n)
{
    struct text *t = ctx;

    if (t->n + n + 1 > t->size) {
        t->size = (t->n + n + 1) * 2;
        t->p = realloc(t->p, t->size);
        assert_non_null(t->p);
    }
    memcpy(t->p + t->n, s, n);
    t->n += n;
    t->p[t->n] = '\0';
}

/* One line for each field that is compared: its name and its octets. */
static void note_line(struct text *out, slice name, slice hex)
{
    if (!compared(name))
        return;
    text_add(out, (const char *)name.p, name.n);
    text_add(out, " ", 1);
    text_add(out, (const char *)hex.p, hex.n);
    text_add(out, "\n", 1);
}

static slice word(const char **p, const char *stop)
{
    const char *start = *p += strspn(*p, " ");

    *p += strcspn(*p, stop);
    return slice_of(start, (size_t)(*p - start));
}

/* "  fileID '2F05'H," or "fillFileContent : '9800'H" */
static void read_notation(slice text, struct text *out)
{
    char line[4096];

    for (size_t at = 0; at < text.n;) {
        const uint8_t *end = memchr(text.p + at, '\n', text.n - at);
        size_t n = end ? (size_t)(end - text.p) - at : text.n - at;
        const char *p = line, *quote;
        slice name;

        assert_true(n < sizeof line);
        memcpy(line, text.p + at, n);
        line[n] = '\0';
        at += n + 1;
        name = word(&p, " ");
        quote = strchr(p, '\'');
        if (quote)
            note_line(out, name, slice_of(quote + 1, strcspn(quote + 1, "'")));
    }
}

/* "  ef-imsi[1].fillFileContent: 0809" as the printer has it */
static void read_printout(const struct text *text, struct text *out)
{
    for (const char *p = text->p; *p; p += *p == '\n') {
        slice name = word(&p, ":\n"), value = SLICE_EMPTY;

        if (*p == ':') {
            p++;
            value = word(&p, "\n");
        }
        note_line(out, name, value);
    }
}

static void printed_as_in_the_value_notation(void **state)
{
    (void)state;
    for (unsigned i = 2; i < TS48_COUNT; i++) {
        slice notation = sample_read(ts48_names[i], ".txt");
        struct text printed = { 0 }, want = { 0 }, got = { 0 };
        struct text_sink sink = { text_add, &printed };
        struct saip_file_pe_type files;
        struct loaded l;

        if (!notation.p || !load(ts48_names[i], &l))
            continue;
        for (unsigned k = 0; k < l.m->nelements; k++) {
            const struct package_element *e = &l.m->elements[k];
            const struct type *t = saip_pe_type(e->tag);

            if (e->file_system) {
                saip_file_pe_type(e->table, &files);
                t = &files.type;
            }
            assert_int_equal(schema_print_text(t, e->whole, &sink, NULL), E_OK);
        }
        read_notation(notation, &want);
        read_printout(&printed, &got);
        assert_true(want.n > 10000);
        assert_string_equal(got.p, want.p);
        free(printed.p);
        free(want.p);
        free(got.p);
        sample_free(notation);
        unload(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pass_the_check),
        cmocka_unit_test(all_encode_again_to_the_same_octets),
        cmocka_unit_test(version_7_has_its_files),
        cmocka_unit_test(facts_are_those_of_the_workbook),
        cmocka_unit_test(content_runs_across_records),
        cmocka_unit_test(remote_management_has_its_tars),
        cmocka_unit_test(services_are_bits_of_the_capability),
        cmocka_unit_test(printed_as_in_the_value_notation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
