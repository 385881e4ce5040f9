#include "profile/identity.h"

#include "base/secret.h"
#include "profile/refill.h"

#include <stdio.h>

#define EF_IMSI 0x6F07
#define EF_ACC  0x6F78
#define EF_AD   0x6FAD

static bool all_digits(slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

enum err imsi_encode(slice digits, uint8_t out[IMSI_LEN])
{
    bool odd = digits.n % 2;

    if (digits.n < 6 || digits.n > IMSI_DIGITS)
        return E_SIZE;
    if (!all_digits(digits))
        return E_SYNTAX;
    memset(out, 0xFF, IMSI_LEN);
    out[0] = (uint8_t)(digits.n / 2 + 1);
    out[1] = odd ? 0x09 : 0x01;
    for (size_t i = 0; i < digits.n; i++) {
        uint8_t d = (uint8_t)(digits.p[i] - '0');
        size_t at = 1 + (i + 1) / 2;

        if (i % 2 == 0)
            out[at] = (uint8_t)((out[at] & 0x0F) | d << 4);
        else
            out[at] = (uint8_t)((out[at] & 0xF0) | d);
    }
    return E_OK;
}

enum err imsi_decode(slice ef, char digits[IMSI_DIGITS + 1])
{
    unsigned n = 0, octets = ef.n ? ef.p[0] : 0;

    if (octets < 1 || octets > 8 || ef.n < octets + 1u)
        return E_SIZE;
    for (unsigned i = 1; i <= octets; i++) {
        if (i > 1)
            digits[n++] = (char)('0' + (ef.p[i] & 0x0F));
        if (i < octets || ef.p[1] & 0x08)
            digits[n++] = (char)('0' + (ef.p[i] >> 4));
    }
    digits[n] = '\0';
    return all_digits(slice_of(digits, n)) ? E_OK : E_SYNTAX;
}

/* The header has the digits in reading order, EF.ICCID has them swapped. */
static void swap_nibbles(const uint8_t in[ICCID_LEN], uint8_t out[ICCID_LEN])
{
    for (unsigned i = 0; i < ICCID_LEN; i++)
        out[i] = (uint8_t)(in[i] << 4 | in[i] >> 4);
}

/* ---- reading -------------------------------------------------------------------------------- */

static const struct saip_algo_parameter *algorithm_of(const struct profile_model *m, int adf)
{
    for (unsigned i = 0; i < m->nparts; i++)
        if (m->parts[i].element->tag == PE_AKA_PARAMETER && m->parts[i].directory == adf &&
            m->parts[i].aka->configuration.which == saip_algo_configuration_is_algo)
            return &m->parts[i].aka->configuration.algo;
    return NULL;
}

static enum err read_algorithm(const struct saip_algo_parameter *a, struct aka_params *out)
{
    const uint8_t *r = a->rotation_constants.p, *c = a->xoring_constants.p;

    if (a->key.n > sizeof out->key || a->opc.n > sizeof out->opc)
        return E_SIZE;
    out->algorithm = (enum aka_algorithm)a->algorithm_id;
    out->options = a->algorithm_options.p[0];
    out->key_len = (uint8_t)a->key.n;
    memcpy(out->key, a->key.p, a->key.n);
    memcpy(out->opc, a->opc.p, a->opc.n);
    memcpy(out->rotation, r ? r : AKA_DEFAULT_ROTATION, sizeof out->rotation);
    memcpy(out->xoring, c ? c : AKA_DEFAULT_XORING, sizeof out->xoring);
    out->iterations = (uint8_t)a->number_of_keccak;
    return aka_check(out);
}

static void read_usim(const struct profile_model *m, int adf, struct profile_identity *out)
{
    slice ad = model_body(m, model_child(m, adf, EF_AD));
    const struct saip_algo_parameter *a = algorithm_of(m, adf);

    if (imsi_decode(model_body(m, model_child(m, adf, EF_IMSI)), out->imsi))
        out->imsi[0] = '\0';
    if (ad.n >= 4 && ad.p[3] == 3)
        out->mnc_len = 3;
    out->has_aka = a && !read_algorithm(a, &out->aka);
}

enum err profile_identify(const struct profile_model *m, struct profile_identity *out)
{
    int adf = model_naa(m, NAA_USIM);

    *out = (struct profile_identity){ .mnc_len = 2 };
    if (!m->header)
        return E_MISSING;
    swap_nibbles(m->header->iccid.p, out->iccid_ef);
    if (iccid_to_digits(SLICE_OF(out->iccid_ef), out->iccid))
        return E_SYNTAX;
    out->profile_type = m->header->profile_type;
    if (adf >= 0)
        read_usim(m, adf, out);
    return E_OK;
}

/* ---- changing ------------------------------------------------------------------------------- */

#define EDITS_MAX 128

struct changer {
    struct arena *arena;
    const struct profile_model *m;
    const struct profile_change *want;
    struct edit edits[EDITS_MAX];
    size_t count;
};

static enum err change(struct changer *c, slice content, slice by)
{
    slice kept = arena_copy(c->arena, by);

    if (!kept.p)
        return E_MEMORY;
    if (c->count == EDITS_MAX)
        return E_LIMIT;
    c->edits[c->count++] = (struct edit){ content, kept };
    return E_OK;
}

/*
 * All content of a file becomes `body`; a transparent file that is too small for it grows. Only
 * files of a template's element can be changed: that is where identities are.
 */
static enum err change_file(struct changer *c, int file, slice body)
{
    slice items;
    enum err e = file < 0 ? E_NOTFOUND : file_refill(c->arena, &c->m->files[file], body, &items);

    return e ? e : change(c, c->m->files[file].items, items);
}

static enum err change_iccid(struct changer *c)
{
    uint8_t ef[ICCID_LEN], header[ICCID_LEN];
    enum err e;

    if (!c->want->iccid.p)
        return E_OK;
    if (!c->m->header)
        return E_NOTFOUND;
    e = iccid_from_digits(c->want->iccid, ef);
    if (e)
        return e;
    swap_nibbles(ef, header);
    e = change(c, c->m->header->iccid, SLICE_OF(header));
    return e ? e : change_file(c, model_resolve(c->m, SLICE_LIT("\x2F\xE2")), SLICE_OF(ef));
}

/*
 * A file that holds a text as an element 80 (EF.IMPI, EF.IMPU, EF.DOMAIN; TS 31.103); of EF.IMPU
 * the first record, the others stay.
 */
static enum err change_text(struct changer *c, int file, const char *text)
{
    const struct model_file *f = file < 0 ? NULL : &c->m->files[file];
    size_t n = strlen(text), h = der_put_head(0x80, n, NULL), size;
    uint8_t *body;

    if (!f || !f->items.p || f->facts.link.p)
        return E_OK; /* an ISIM need not have the file in its template's element */
    if (f->facts.records && h + n > f->facts.record_len)
        return E_SIZE;
    size = f->body.n > h + n ? f->body.n : h + n;
    body = arena_alloc(c->arena, size);
    if (!body)
        return E_MEMORY;
    memcpy(body, f->body.p, f->body.n);
    memset(body, 0xFF, f->facts.records ? f->facts.record_len : size);
    der_put_head(0x80, n, body);
    memcpy(body + h, text, n);
    return change_file(c, file, slice_of(body, size));
}

void isim_names_of(slice imsi, unsigned mnc_len, struct isim_names *out)
{
    const char *digits = (const char *)imsi.p;

    snprintf(out->domain, sizeof out->domain, "ims.mnc%s%.*s.mcc%.3s.3gppnetwork.org",
             mnc_len == 2 ? "0" : "", (int)mnc_len, digits + 3, digits);
    snprintf(out->impi, sizeof out->impi, "%.*s@%s", (int)imsi.n, digits, out->domain);
    snprintf(out->impu, sizeof out->impu, "sip:%s", out->impi);
}

static enum err change_isim(struct changer *c, int adf, unsigned mnc_len)
{
    struct isim_names names;
    enum err e;

    isim_names_of(c->want->imsi, mnc_len, &names);
    e = change_text(c, model_child(c->m, adf, 0x6F02), names.impi);
    if (!e)
        e = change_text(c, model_child(c->m, adf, 0x6F04), names.impu);
    return e ? e : change_text(c, model_child(c->m, adf, 0x6F03), names.domain);
}

static enum err change_usim(struct changer *c, int adf)
{
    slice digits = c->want->imsi;
    uint16_t classes = (uint16_t)(1u << (digits.p[digits.n - 1] - '0'));
    uint8_t imsi[IMSI_LEN], acc[2] = { (uint8_t)(classes >> 8), (uint8_t)classes };
    enum err e = imsi_encode(digits, imsi);

    if (!e)
        e = change_file(c, model_child(c->m, adf, EF_IMSI), SLICE_OF(imsi));
    return e ? e : change_file(c, model_child(c->m, adf, EF_ACC), SLICE_OF(acc));
}

static enum err change_imsi(struct changer *c)
{
    struct profile_identity old;
    enum err e = profile_identify(c->m, &old);
    unsigned mnc_len = old.mnc_len;

    wipe(&old, sizeof old);
    if (!c->want->imsi.p)
        return E_OK;
    if (e || model_naa(c->m, NAA_USIM) < 0)
        return e ? e : E_NOTFOUND;
    if (c->want->imsi.n < 6 || c->want->imsi.n > IMSI_DIGITS)
        return E_SIZE;
    if (!all_digits(c->want->imsi))
        return E_SYNTAX;
    for (int i = 0; !e && i < (int)c->m->nfiles; i++) {
        if (c->m->files[i].facts.type != FILE_ADF)
            continue;
        if (c->m->files[i].naa == NAA_USIM)
            e = change_usim(c, i);
        if (c->m->files[i].naa == NAA_ISIM)
            e = change_isim(c, i, mnc_len);
    }
    return e;
}

static enum err change_algorithm(struct changer *c, const struct saip_algo_parameter *a)
{
    bool test = a->algorithm_id == ALGORITHM_TEST;
    enum err e = E_OK;

    if (c->want->k.p && c->want->k.n != a->key.n)
        return E_SIZE;
    if (c->want->k.p && !c->want->opc.p && !test)
        return E_ARGUMENT; /* OPc depends on K */
    if (c->want->opc.p && !test && c->want->opc.n != a->opc.n)
        return E_SIZE;
    if (c->want->k.p)
        e = change(c, a->key, c->want->k);
    if (!e && c->want->opc.p && !test)
        e = change(c, a->opc, c->want->opc);
    return e;
}

static enum err change_keys(struct changer *c)
{
    enum err e = E_OK;
    bool any = false;

    if (!c->want->k.p && !c->want->opc.p)
        return E_OK;
    for (unsigned i = 0; !e && i < c->m->nparts; i++) {
        const struct model_part *p = &c->m->parts[i];

        if (p->element->tag != PE_AKA_PARAMETER ||
            p->aka->configuration.which != saip_algo_configuration_is_algo)
            continue;
        any = true;
        e = change_algorithm(c, &p->aka->configuration.algo);
    }
    return e || any ? e : E_NOTFOUND;
}

static enum err pin_value(slice digits, uint8_t out[8])
{
    if (digits.n < 4 || digits.n > 8)
        return E_SIZE;
    if (!all_digits(digits))
        return E_SYNTAX;
    memset(out, 0xFF, 8);
    memcpy(out, digits.p, digits.n);
    return E_OK;
}

/* Sets every PIN with this reference; *puk becomes what unblocks it (unchanged: nothing does). */
static enum err change_pin(struct changer *c, int64_t reference, slice digits, int64_t *puk)
{
    struct saip_pin_configuration pin;
    uint8_t value[8];
    enum err e = digits.p ? pin_value(digits, value) : E_OK;
    bool any = !digits.p;

    for (unsigned i = 0; !e && i < c->m->nparts; i++) {
        const struct model_part *p = &c->m->parts[i];
        slice rest;

        if (p->element->tag != PE_PIN_CODES)
            continue;
        rest = p->pin_codes->pin_codes.which == saip_pin_codes_choice_is_pinconfig
                   ? p->pin_codes->pin_codes.pinconfig
                   : SLICE_NONE;
        while (!e && schema_next(&T_saip_pin_configuration, &rest, &pin)) {
            if (pin.key_reference != reference)
                continue;
            any = true;
            if (pin.has_unblocking)
                *puk = pin.unblocking;
            if (digits.p)
                e = change(c, pin.pin_value, SLICE_OF(value));
        }
    }
    wipe(value, sizeof value);
    return e || any ? e : E_NOTFOUND;
}

static enum err change_puk(struct changer *c, int64_t reference, slice digits)
{
    struct saip_puk_configuration puk;
    uint8_t value[8];
    enum err e = E_OK;
    bool any = !digits.p;

    if (digits.p && (digits.n != 8 || pin_value(digits, value)))
        return E_SIZE;
    for (unsigned i = 0; digits.p && !e && i < c->m->nparts; i++) {
        slice rest;

        if (c->m->parts[i].element->tag != PE_PUK_CODES)
            continue;
        for (rest = c->m->parts[i].puk_codes->puk_codes;
             !e && schema_next(&T_saip_puk_configuration, &rest, &puk);) {
            if (puk.key_reference != reference)
                continue;
            any = true;
            e = change(c, puk.puk_value, SLICE_OF(value));
        }
    }
    wipe(value, sizeof value);
    return e || any ? e : E_NOTFOUND;
}

static enum err change_pins(struct changer *c)
{
    int64_t puk1 = 0, puk2 = 0, none = 0;
    enum err e = change_pin(c, 1, c->want->pin1, &puk1);

    if (!e)
        e = change_pin(c, 129, c->want->pin2, &puk2);
    if (!e)
        e = change_pin(c, 10, c->want->adm1, &none);
    if (!e)
        e = change_puk(c, puk1, c->want->puk1);
    return e ? e : change_puk(c, puk2, c->want->puk2);
}

enum err profile_personalise(struct arena *arena, slice package, const struct profile_change *want,
                             slice *out)
{
    struct changer c = { .arena = arena, .want = want };
    struct findings findings = { 0 };
    struct profile_model *m;
    enum err e = model_build(arena, package, &findings, &m);

    if (e)
        return e;
    c.m = m;
    e = change_iccid(&c);
    if (!e)
        e = change_imsi(&c);
    if (!e)
        e = change_keys(&c);
    if (!e)
        e = change_pins(&c);
    return e ? e : edit_apply(arena, package, c.edits, c.count, out);
}
