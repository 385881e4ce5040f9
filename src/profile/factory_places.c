/* Which variables a package has, and where they lie. */
#include "profile/factory_impl.h"

#include "profile/refill.h"

#include <stdio.h>

/* ---- which files ---------------------------------------------------------------------------- */

int factory_content_of(const struct profile_model *m, int file)
{
    for (unsigned hops = 0; file >= 0 && hops < 8; hops++) {
        const struct model_file *f = &m->files[file];

        if (!f->facts.link.p)
            return f->items.p && f->body.p ? file : -1;
        file = f->target;
    }
    return -1;
}

/* Octets that a value needs in the file or in its first record. */
static size_t needed(enum place_form form)
{
    switch (form) {
    case PLACE_ICCID:
        return ICCID_LEN;
    case PLACE_IMSI:
        return IMSI_LEN;
    case PLACE_ACC:
    case PLACE_ROUTING:
        return 2;
    case PLACE_MSISDN:
        return DIALLED_LEN + 2;
    case PLACE_SMSC:
        return 28;
    case PLACE_SPN:
        return 17;
    default:
        return 1;
    }
}

static void want(struct compiler *c, enum place_form form, int file)
{
    const struct model_file *f;
    bool records = form == PLACE_MSISDN || form == PLACE_SMSC || form == PLACE_IMPU;

    file = factory_content_of(c->m, file);
    if (file < 0 || c->err)
        return;
    f = &c->m->files[file];
    if (records ? !f->facts.records || f->facts.record_len < needed(form)
                : f->facts.type != FILE_TR || f->body.n < needed(form))
        return;
    for (unsigned i = 0; i < c->count; i++)
        if (c->targets[i].file == file)
            return;
    if (c->count == TARGETS_MAX)
        c->err = E_LIMIT;
    else
        c->targets[c->count++] = (struct target){ form, file };
}

static void want_child(struct compiler *c, int directory, uint16_t fid, enum place_form form)
{
    if (directory >= 0)
        want(c, form, model_child(c->m, directory, fid));
}

/* EF names and numbers: TS 31.102 4.2, 4.4.11, 4.4.12; TS 31.103 4.2. */
static void want_usim(struct compiler *c, int adf)
{
    int df_5gs = model_child(c->m, adf, 0x5FC0), df_saip = model_child(c->m, adf, 0x5FD0);

    want_child(c, adf, 0x6F07, PLACE_IMSI);
    want_child(c, adf, 0x6F78, PLACE_ACC);
    want_child(c, adf, 0x6F40, PLACE_MSISDN);
    want_child(c, adf, 0x6F42, PLACE_SMSC);
    want_child(c, adf, 0x6F46, PLACE_SPN);
    want_child(c, adf, 0x6F3E, PLACE_GID1);
    want_child(c, adf, 0x6F3F, PLACE_GID2);
    want_child(c, adf, 0x6F38, PLACE_SERVICE);
    want_child(c, df_5gs, 0x4F07, PLACE_SUCI);
    want_child(c, df_5gs, 0x4F0A, PLACE_ROUTING);
    want_child(c, df_saip, 0x4F01, PLACE_SUCI);
}

void factory_find_targets(struct compiler *c)
{
    int telecom = model_resolve(c->m, SLICE_LIT("\x7F\x10"));

    c->count = 0;
    want(c, PLACE_ICCID, model_resolve(c->m, SLICE_LIT("\x2F\xE2")));
    for (int i = 0; i < (int)c->m->nfiles; i++) {
        if (c->m->files[i].facts.type != FILE_ADF)
            continue;
        if (c->m->files[i].naa == NAA_USIM)
            want_usim(c, i);
        if (c->m->files[i].naa == NAA_ISIM) {
            want_child(c, i, 0x6F02, PLACE_IMPI);
            want_child(c, i, 0x6F03, PLACE_DOMAIN);
            want_child(c, i, 0x6F04, PLACE_IMPU);
        }
    }
    want_child(c, telecom, 0x6F40, PLACE_MSISDN);
    want_child(c, telecom, 0x6F42, PLACE_SMSC);
}

/* ---- room for every value ------------------------------------------------------------------- */

/* The length of an ISIM's text with the longest IMSI, as an element 80. */
static size_t isim_room(const struct factory *f, enum place_form form)
{
    struct isim_names names;
    size_t n;

    isim_names_of(SLICE_LIT("001010000000000"), f->mnc_len, &names);
    n = strlen(form == PLACE_IMPI ? names.impi : form == PLACE_IMPU ? names.impu : names.domain);
    return n + der_put_head(0x80, n, NULL);
}

static enum err widen(struct compiler *c, const struct target *t, struct edit *out)
{
    const struct model_file *f = &c->m->files[t->file];
    bool names = t->form == PLACE_IMPI || t->form == PLACE_DOMAIN;
    size_t least = names ? isim_room(c->f, t->form) : 0;
    uint8_t *body;

    if (t->form == PLACE_IMPU && isim_room(c->f, t->form) > f->facts.record_len)
        return E_SIZE;
    if (f->body.n >= least) {
        out->content = f->items;
        return file_refill(c->arena, f, f->body, &out->by);
    }
    body = arena_alloc(c->arena, least);
    if (!body)
        return E_MEMORY;
    memset(body, 0xFF, least);
    memcpy(body, f->body.p, f->body.n);
    out->content = f->items;
    return file_refill(c->arena, f, slice_of(body, least), &out->by);
}

enum err factory_widen(struct compiler *c, slice package, slice *out)
{
    struct edit edits[TARGETS_MAX];
    enum err e = E_OK;

    for (unsigned i = 0; !e && i < c->count; i++)
        e = widen(c, &c->targets[i], &edits[i]);
    return e ? e : edit_apply(c->arena, package, edits, c->count, out);
}

/* ---- variables and places ------------------------------------------------------------------- */

static unsigned variable(struct compiler *c, const struct variable *v)
{
    struct factory *f = c->f;

    for (unsigned i = 0; i < f->nvariables; i++)
        if (!strcmp(f->variables[i].name, v->name))
            return i;
    if (f->nvariables == FACTORY_VARIABLES) {
        c->err = E_LIMIT;
        return 0;
    }
    f->variables[f->nvariables] = *v;
    return f->nvariables++;
}

static unsigned named(struct compiler *c, const char *name, enum variable_what what, bool secret)
{
    struct variable v = { .what = what, .secret = secret };

    snprintf(v.name, sizeof v.name, "%s", name);
    return variable(c, &v);
}

static void place(struct compiler *c, struct place p)
{
    if (c->f->nplaces == FACTORY_PLACES)
        c->err = E_LIMIT;
    else
        c->f->places[c->f->nplaces++] = p;
}

static uint32_t offset(const struct compiler *c, slice s)
{
    return (uint32_t)(s.p - c->m->package.p);
}

/* All of an element's content. */
static void place_content(struct compiler *c, enum place_form form, unsigned var, slice content,
                          const struct package_element *element)
{
    uint32_t at = offset(c, content), n = (uint32_t)content.n;

    place(c, (struct place){ form, var, at, n, at, n, element->index, -1 });
}

/* The fillFileContent behind the Fcp: the whole body. */
static slice body_in(const struct model_file *f)
{
    struct der_reader r = der_reader(f->items);

    (void)der_maybe(&r, 0xA1);
    return der_expect(&r, 0x83).value;
}

static void place_body(struct compiler *c, const struct target *t, unsigned var, size_t at,
                       size_t n)
{
    const struct model_file *f = &c->m->files[t->file];
    slice body = body_in(f);

    if (at + n > body.n) {
        c->err = E_INTERNAL;
        return;
    }
    place(c,
          (struct place){ t->form, var, offset(c, body) + (uint32_t)at, (uint32_t)n,
                          offset(c, f->items), (uint32_t)f->items.n, f->element->index, t->file });
}

static void place_suci(struct compiler *c, const struct target *t, size_t n)
{
    unsigned scheme = named(c, "suci-scheme", VARIABLE_SUCI_SCHEME, false);

    named(c, "suci-key-id", VARIABLE_SUCI_KEY_ID, false);
    named(c, "suci-key", VARIABLE_SUCI_KEY, false);
    place_body(c, t, scheme, 0, n);
}

static void place_table(struct compiler *c, const struct target *t, size_t n)
{
    struct factory *f = c->f;
    uint32_t at = offset(c, body_in(&c->m->files[t->file]));

    if (f->ntables < COUNT(f->tables))
        f->tables[f->ntables++] = (struct service_table){ at, (uint32_t)n, t->file };
    else
        c->err = E_LIMIT;
}

static void place_target(struct compiler *c, const struct target *t)
{
    const struct model_file *f = &c->m->files[t->file];
    size_t n = f->facts.records ? f->facts.record_len : f->body.n;

    if (f->nitems != 1)
        return; /* genericFileManagement writes over it */
    switch (t->form) {
    case PLACE_ICCID:
        place_body(c, t, named(c, "iccid", VARIABLE_ICCID, false), 0, ICCID_LEN);
        return;
    case PLACE_IMSI:
        place_body(c, t, named(c, "imsi", VARIABLE_IMSI, false), 0, IMSI_LEN);
        return;
    case PLACE_IMPI:
    case PLACE_IMPU:
    case PLACE_DOMAIN:
        place_body(c, t, named(c, "imsi", VARIABLE_IMSI, false), 0, n);
        return;
    case PLACE_ACC:
        place_body(c, t, named(c, "acc", VARIABLE_ACC, false), 0, 2);
        return;
    case PLACE_MSISDN: /* behind the alpha identifier (TS 31.102 4.2.26) */
        place_body(c, t, named(c, "msisdn", VARIABLE_MSISDN, false), n - DIALLED_LEN - 2,
                   DIALLED_LEN + 2);
        return;
    case PLACE_SMSC: /* parameter indicators, TP-DA, TS-Service Centre Address (4.2.27) */
        place_body(c, t, named(c, "smsc", VARIABLE_SMSC, false), n - 28, 25);
        return;
    case PLACE_SPN: /* behind the display condition */
        place_body(c, t, named(c, "spn", VARIABLE_SPN, false), 1, 16);
        return;
    case PLACE_GID1:
    case PLACE_GID2:
        place_body(c, t, named(c, t->form == PLACE_GID1 ? "gid1" : "gid2", VARIABLE_GID, false), 0,
                   n);
        return;
    case PLACE_ROUTING:
        place_body(c, t, named(c, "routing-indicator", VARIABLE_ROUTING, false), 0, 2);
        return;
    case PLACE_SUCI:
        place_suci(c, t, n);
        return;
    case PLACE_SERVICE:
        place_table(c, t, n);
        return;
    default:
        c->err = E_INTERNAL;
    }
}

/* pin1, pin2 and adm1 to adm10 by their references, others by SAIP's name. */
static void name_pin(struct variable *v, int64_t reference)
{
    const char *known = value_name(saip_pin_names, reference);

    if (reference == 1 || reference == 129)
        snprintf(v->name, sizeof v->name, "pin%d", reference == 1 ? 1 : 2);
    else if (known)
        snprintf(v->name, sizeof v->name, "%s", known);
    else
        snprintf(v->name, sizeof v->name, "pin-%d", (int)reference);
}

/* puk1 unblocks pin1, puk2 unblocks pin2. */
struct puk_names {
    int64_t puk1, puk2;
};

static void name_puk(struct variable *v, int64_t reference, const struct puk_names *names)
{
    const char *known = value_name(saip_puk_names, reference);

    if (reference == names->puk1 || reference == names->puk2)
        snprintf(v->name, sizeof v->name, "puk%d", reference == names->puk1 ? 1 : 2);
    else if (known)
        snprintf(v->name, sizeof v->name, "%s", known);
    else
        snprintf(v->name, sizeof v->name, "puk-%d", (int)reference);
}

static void place_pins(struct compiler *c, const struct model_part *p, struct puk_names *names)
{
    const struct saip_pin_codes_choice *pins = &p->pin_codes->pin_codes;
    slice rest = pins->which == saip_pin_codes_choice_is_pinconfig ? pins->pinconfig : SLICE_NONE;
    struct saip_pin_configuration pin;

    while (schema_next(&T_saip_pin_configuration, &rest, &pin)) {
        bool adm = (pin.key_reference >= 10 && pin.key_reference <= 14) || pin.key_reference >= 138;
        struct variable v = { .what = VARIABLE_PIN,
                              .number = (uint16_t)pin.key_reference,
                              .size = adm ? 8 : 4,
                              .secret = true };

        if (pin.has_unblocking && pin.key_reference == 1)
            names->puk1 = pin.unblocking;
        if (pin.has_unblocking && pin.key_reference == 129)
            names->puk2 = pin.unblocking;
        name_pin(&v, pin.key_reference);
        place_content(c, PLACE_PIN, variable(c, &v), pin.pin_value, p->element);
    }
}

static void place_puks(struct compiler *c, const struct model_part *p,
                       const struct puk_names *names)
{
    struct saip_puk_configuration puk;

    for (slice rest = p->puk_codes->puk_codes;
         schema_next(&T_saip_puk_configuration, &rest, &puk);) {
        struct variable v = {
            .what = VARIABLE_PUK, .number = (uint16_t)puk.key_reference, .size = 8, .secret = true
        };

        name_puk(&v, puk.key_reference, names);
        place_content(c, PLACE_PIN, variable(c, &v), puk.puk_value, p->element);
    }
}

static enum err algorithm_is(struct factory *f, const struct saip_algo_parameter *a)
{
    bool same = !f->algorithm || (f->algorithm == (int)a->algorithm_id && f->key_len == a->key.n &&
                                  f->iterations == (uint8_t)a->number_of_keccak);
    bool known = a->algorithm_id == ALGORITHM_MILENAGE || a->algorithm_id == ALGORITHM_TUAK ||
                 a->algorithm_id == ALGORITHM_TEST;

    f->algorithm = (int)a->algorithm_id;
    f->key_len = (uint8_t)a->key.n;
    f->iterations = (uint8_t)a->number_of_keccak;
    return same && known && (a->key.n == 16 || (a->key.n == 32 && f->algorithm == AKA_TUAK))
               ? E_OK
               : E_UNSUPPORTED;
}

static void place_aka(struct compiler *c, const struct model_part *p)
{
    const struct saip_algo_parameter *a = &p->aka->configuration.algo;
    struct variable k = { "k", VARIABLE_K, 0, 0, 0, false, true, false };
    struct variable opc = { "opc", VARIABLE_OPC, 0, 0, 0, false, true, false };
    struct variable op = { "op", VARIABLE_OP, 0, 0, 0, false, true, false };

    if (p->aka->configuration.which != saip_algo_configuration_is_algo)
        return;
    if (!c->err)
        c->err = algorithm_is(c->f, a);
    k.size = (uint8_t)a->key.n;
    place_content(c, PLACE_OCTETS, variable(c, &k), a->key, p->element);
    if (a->algorithm_id == ALGORITHM_TEST)
        return; /* has a field for OPc that nothing reads */
    opc.size = op.size = a->algorithm_id == ALGORITHM_TUAK ? 32 : 16;
    if (!c->err && a->opc.n != opc.size)
        c->err = E_UNSUPPORTED;
    place_content(c, PLACE_OCTETS, variable(c, &opc), a->opc, p->element);
    variable(c, &op);
}

/* SCP80 has versions 01 to 0F; identifiers 1, 2 and 3 are KIc, KID and KIK (TS 102 225). */
static void name_key(struct variable *v)
{
    static const char *const scp80[] = { "kic", "kid", "kik" };
    unsigned version = v->number >> 8, id = v->number & 0xFF;
    char front[8] = "";

    if (v->domain > 1)
        snprintf(front, sizeof front, "sd%u-", v->domain);
    if (version >= 1 && version <= 15 && id >= 1 && id <= 3)
        snprintf(v->name, sizeof v->name, "%s%s-%02X", front, scp80[id - 1], version);
    else
        snprintf(v->name, sizeof v->name, "%skey-%02X-%02X", front, version, id);
}

/* A DES or AES key of one component (GlobalPlatform Card Specification 11.1.8). */
static void place_key(struct compiler *c, const struct saip_key_object *key, unsigned domain,
                      const struct package_element *element)
{
    struct saip_key_component part, more;
    slice rest = key->components;
    struct variable v = { .what = VARIABLE_KEY, .domain = (uint8_t)domain, .secret = true };

    if (!schema_next(&T_saip_key_component, &rest, &part) ||
        schema_next(&T_saip_key_component, &rest, &more) || part.key_type.n != 1)
        return;
    v.triple_des = part.key_type.p[0] != 0x88;
    if (part.key_type.p[0] != 0x88 && (part.key_type.p[0] < 0x80 || part.key_type.p[0] > 0x83))
        return;
    if (part.key_data.n != 16 && part.key_data.n != 24 && part.key_data.n != 32)
        return;
    v.size = (uint8_t)part.key_data.n;
    v.number = (uint16_t)(key->version.p[0] << 8 | key->identifier.p[0]);
    name_key(&v);
    place_content(c, PLACE_OCTETS, variable(c, &v), part.key_data, element);
}

static void place_parts(struct compiler *c)
{
    struct puk_names names = { 1, 129 };
    unsigned domain = 0;

    for (unsigned i = 0; i < c->m->nparts; i++)
        if (c->m->parts[i].element->tag == PE_AKA_PARAMETER)
            place_aka(c, &c->m->parts[i]);
    for (unsigned i = 0; i < c->m->nparts; i++)
        if (c->m->parts[i].element->tag == PE_PIN_CODES)
            place_pins(c, &c->m->parts[i], &names);
    for (unsigned i = 0; i < c->m->nparts; i++)
        if (c->m->parts[i].element->tag == PE_PUK_CODES)
            place_puks(c, &c->m->parts[i], &names);
    for (unsigned i = 0; i < c->m->nparts && domain < 99; i++) {
        const struct model_part *p = &c->m->parts[i];
        struct saip_key_object key;

        if (p->element->tag != PE_SECURITY_DOMAIN)
            continue;
        domain++;
        for (slice rest = p->security_domain->key_list;
             schema_next(&T_saip_key_object, &rest, &key);)
            place_key(c, &key, domain, p->element);
    }
}

void factory_place_all(struct compiler *c)
{
    named(c, "iccid", VARIABLE_ICCID, false);
    place_content(c, PLACE_HEADER_ICCID, 0, c->m->header->iccid, &c->m->elements[0]);
    for (unsigned i = 0; i < c->count && !c->err; i++)
        if (c->targets[i].form == PLACE_IMSI || c->targets[i].form == PLACE_MSISDN)
            place_target(c, &c->targets[i]);
    place_parts(c);
    for (unsigned i = 0; i < c->count && !c->err; i++)
        if (c->targets[i].form != PLACE_IMSI && c->targets[i].form != PLACE_MSISDN)
            place_target(c, &c->targets[i]);
}
