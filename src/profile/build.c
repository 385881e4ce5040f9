#include "profile/build.h"

#include "base/secret.h"
#include "crypto/milenage.h"
#include "crypto/tuak.h"
#include "profile/build_files.h"

#include <stdio.h>

/* What is settled before the first octet is written. Holds secrets: wiped by profile_build. */
struct draft {
    struct arena *arena;
    const struct crypto *crypto;
    const struct build_input *in;
    struct profile_identity who;
    uint8_t pin1[8], puk1[8], pin2[8], puk2[8], adm1[8];
    uint8_t sd_keys[3][16];
    struct build_content content;
    slice parts[32];
    size_t count;
};

/* ---- values --------------------------------------------------------------------------------- */

static enum err random_digits(const struct crypto *c, char *out, size_t n)
{
    enum err e = E_OK;

    for (size_t i = 0; !e && i < n;) {
        uint8_t b;

        e = crypto_random(c, &b, 1);
        if (!e && b < 250) /* 250 = 25 * 10: every digit alike */
            out[i++] = (char)('0' + b % 10);
    }
    return e;
}

static enum err settle_iccid(struct draft *d)
{
    char *digits = d->who.iccid;
    enum err e = E_OK;

    if (d->in->iccid.n > ICCID_DIGITS)
        return E_SIZE;
    if (d->in->iccid.p) {
        memcpy(digits, d->in->iccid.p, d->in->iccid.n);
    } else {
        memcpy(digits, "8900101", 7);
        e = random_digits(d->crypto, digits + 7, 11);
        digits[18] = luhn_digit(slice_of(digits, 18));
    }
    return e ? e : iccid_from_digits(slice_str(digits), d->who.iccid_ef);
}

static enum err settle_imsi(struct draft *d)
{
    d->who.mnc_len = d->in->mnc_len ? d->in->mnc_len : 2;
    if (d->who.mnc_len < 2 || d->who.mnc_len > 3)
        return E_RANGE;
    if (!d->in->imsi.p) {
        memcpy(d->who.imsi, d->who.mnc_len == 2 ? "00101" : "001001", 6);
        return random_digits(d->crypto, d->who.imsi + 3 + d->who.mnc_len,
                             IMSI_DIGITS - 3u - d->who.mnc_len);
    }
    if (d->in->imsi.n < 14 || d->in->imsi.n > IMSI_DIGITS)
        return E_SIZE;
    memcpy(d->who.imsi, d->in->imsi.p, d->in->imsi.n);
    return E_OK;
}

/* OPc from OP, given or random. */
static enum err settle_opc(struct draft *d, struct aka_params *a, size_t n)
{
    uint8_t op[32];
    enum err e = E_OK;

    if (d->in->opc.p && d->in->op.p)
        return E_ARGUMENT;
    if ((d->in->opc.p && d->in->opc.n != n) || (d->in->op.p && d->in->op.n != n))
        return E_SIZE;
    if (d->in->opc.p) {
        memcpy(a->opc, d->in->opc.p, n);
        return E_OK;
    }
    if (d->in->op.p)
        memcpy(op, d->in->op.p, n);
    else
        e = crypto_random(d->crypto, op, n);
    if (!e && a->algorithm == AKA_MILENAGE)
        e = milenage_opc(d->crypto, a->key, op, a->opc);
    else if (!e && a->algorithm == AKA_TUAK)
        e = tuak_topc(slice_of(a->key, a->key_len), op, a->iterations, a->opc);
    else if (!e)
        memcpy(a->opc, op, n); /* not used, but the field is mandatory */
    wipe(op, sizeof op);
    return e;
}

static enum err settle_aka(struct draft *d)
{
    struct aka_params *a = &d->who.aka;
    enum err e = E_OK;

    a->algorithm = d->in->algorithm ? d->in->algorithm : AKA_MILENAGE;
    /* TUAK: RES and MAC of 64 bits, so that AUTN has its usual size; test algorithm: RES 128. */
    a->options = a->algorithm == AKA_TUAK ? 0x09 : a->algorithm == AKA_XOR ? 0x02 : 0x00;
    a->key_len = d->in->k.p ? (uint8_t)d->in->k.n : 16;
    a->iterations = 1;
    memcpy(a->rotation, AKA_DEFAULT_ROTATION, sizeof a->rotation);
    memcpy(a->xoring, AKA_DEFAULT_XORING, sizeof a->xoring);
    if (d->in->k.n > sizeof a->key)
        return E_SIZE;
    if (d->in->k.p)
        memcpy(a->key, d->in->k.p, d->in->k.n);
    else
        e = crypto_random(d->crypto, a->key, a->key_len);
    if (!e)
        e = aka_check(a);
    if (!e)
        e = settle_opc(d, a, a->algorithm == AKA_TUAK ? 32 : 16);
    d->who.has_aka = !e;
    return e;
}

/* Given digits, else `fixed`, else eight random ones. */
static enum err settle_pin(struct draft *d, slice given, const char *fixed, uint8_t out[8])
{
    slice digits = given.p ? given : slice_str(fixed);
    char fresh[8];
    enum err e = E_OK;

    if (!digits.p) {
        e = random_digits(d->crypto, fresh, sizeof fresh);
        digits = SLICE_OF(fresh);
    }
    if (digits.n < 4 || digits.n > 8)
        return E_SIZE;
    for (size_t i = 0; i < digits.n && !e; i++)
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return E_SYNTAX;
    memset(out, 0xFF, 8);
    memcpy(out, digits.p, digits.n);
    wipe(fresh, sizeof fresh);
    return e;
}

static enum err settle_secrets(struct draft *d)
{
    enum err e = settle_aka(d);

    if (!e)
        e = settle_pin(d, d->in->pin1, "0000", d->pin1);
    if (!e)
        e = settle_pin(d, d->in->pin2, "0000", d->pin2);
    if (!e)
        e = settle_pin(d, d->in->puk1, NULL, d->puk1);
    if (!e)
        e = settle_pin(d, d->in->puk2, NULL, d->puk2);
    if (!e)
        e = settle_pin(d, d->in->adm1, NULL, d->adm1);
    return e ? e : crypto_random(d->crypto, d->sd_keys, sizeof d->sd_keys);
}

/* ---- content of files ----------------------------------------------------------------------- */

static void plmn(const struct draft *d, uint8_t out[3])
{
    const char *i = d->who.imsi;
    unsigned mnc3 = d->who.mnc_len == 3 ? (unsigned)(i[5] - '0') : 0x0F;

    out[0] = (uint8_t)((i[1] - '0') << 4 | (i[0] - '0'));
    out[1] = (uint8_t)(mnc3 << 4 | (unsigned)(i[2] - '0'));
    out[2] = (uint8_t)((i[4] - '0') << 4 | (i[3] - '0'));
}

/* EF.DIR: 61 { 4F AID, 50 label } in each record. */
static void put_application(uint8_t *record, size_t n, slice aid, const char *label)
{
    struct der_writer w;
    size_t mark;
    slice tlv;

    memset(record, 0xFF, n);
    w = der_writer(record, n);
    mark = der_mark(&w);
    der_put_tlv(&w, 0x50, slice_str(label));
    der_put_tlv(&w, 0x4F, aid);
    der_wrap(&w, 0x61, mark);
    if (der_written(&w, &tlv))
        return;
    memmove(record, tlv.p, tlv.n);
    memset(record + tlv.n, 0xFF, n - tlv.n);
}

static slice fill_dir(struct draft *d)
{
    size_t n = 32, records = d->in->isim ? 2 : 1;
    uint8_t *p = arena_alloc(d->arena, 2 * n);

    if (!p)
        return SLICE_NONE;
    put_application(p, n, SLICE_LIT(BUILD_USIM_AID), "USIM");
    if (d->in->isim)
        put_application(p + n, n, SLICE_LIT(BUILD_ISIM_AID), "ISIM");
    return slice_of(p, n * records);
}

static slice fill_ust(struct draft *d)
{
    const size_t n = 17;
    uint8_t *p = arena_alloc(d->arena, n);

    for (const uint8_t *s = build_services; p && *s; s++)
        p[(*s - 1) / 8] |= (uint8_t)(1u << (*s - 1) % 8);
    return slice_of(p, p ? n : 0);
}

static slice fill_spn(struct draft *d)
{
    slice name = d->in->spn.p ? d->in->spn : SLICE_LIT("Dunlin");
    slice parts[] = { SLICE_LIT("\x00"), name };

    return arena_concat(d->arena, parts, COUNT(parts));
}

/* An element 80 with a text; records are padded by the file's default. */
static slice fill_text(struct draft *d, slice text, size_t pad)
{
    size_t head = der_put_head(0x80, text.n, NULL), n = head + text.n;
    size_t all = pad ? pad : n;
    uint8_t *p = n <= all ? arena_alloc(d->arena, all) : NULL;

    if (!p)
        return SLICE_NONE;
    memset(p, 0xFF, all);
    der_put_head(0x80, text.n, p);
    memcpy(p + head, text.p, text.n);
    return slice_of(p, all);
}

/* TS 23.003 13.2 to 13.4B: identities of an ISIM derived from the IMSI. */
static void fill_isim(struct draft *d)
{
    const char *i = d->who.imsi;
    slice domain = arena_printf(d->arena, "ims.mnc%s%.*s.mcc%.3s.3gppnetwork.org",
                                d->who.mnc_len == 2 ? "0" : "", d->who.mnc_len, i + 3, i);
    slice impi = arena_printf(d->arena, "%s@%.*s", i, (int)domain.n, (const char *)domain.p);
    slice impu = arena_printf(d->arena, "sip:%.*s", (int)impi.n, (const char *)impi.p);

    d->content.domain = fill_text(d, domain, 0);
    d->content.impi = fill_text(d, impi, 0);
    d->content.impu = fill_text(d, impu, 80);
}

static enum err fill_content(struct draft *d)
{
    struct build_content *c = &d->content;
    unsigned last = (unsigned)(d->who.imsi[strlen(d->who.imsi) - 1] - '0');
    uint8_t imsi[IMSI_LEN], home[3];
    uint8_t *rules = arena_alloc(d->arena, (size_t)BUILD_RULES * BUILD_RULE_LEN);
    enum err e = imsi_encode(slice_str(d->who.imsi), imsi);

    if (e)
        return e;
    if (!rules)
        return E_MEMORY;
    build_access_rules(rules);
    plmn(d, home);
    slice acc[] = { slice_of((uint8_t[]){ (uint8_t)(1u << last >> 8), (uint8_t)(1u << last) }, 2) };
    slice ad[] = { SLICE_LIT("\x00\x00\x00"), slice_of(&d->who.mnc_len, 1) };
    /* access technologies: UTRAN, E-UTRAN, NG-RAN, GSM (TS 31.102 4.2.5) */
    slice selector[] = { SLICE_OF(home), SLICE_LIT("\xC8\x80") };

    /* any location area of the home network: the name of record 1 (TS 31.102 4.2.59) */
    slice areas[] = { SLICE_OF(home), SLICE_LIT("\x00\x00\xFF\xFE\x01") };

    c->iccid = SLICE_OF(d->who.iccid_ef);
    c->opl = arena_concat(d->arena, areas, COUNT(areas));
    c->rules = slice_of(rules, (size_t)BUILD_RULES * BUILD_RULE_LEN);
    c->dir = fill_dir(d);
    c->imsi = arena_copy(d->arena, SLICE_OF(imsi));
    c->acc = arena_concat(d->arena, acc, COUNT(acc));
    c->ad = arena_concat(d->arena, ad, COUNT(ad));
    c->spn = fill_spn(d);
    c->hplmnwact = arena_concat(d->arena, selector, COUNT(selector));
    c->ehplmn = arena_copy(d->arena, SLICE_OF(home));
    c->ust = fill_ust(d);
    if (d->in->isim)
        fill_isim(d);
    return arena_failed(d->arena) ? E_MEMORY : E_OK;
}

/* ---- elements ------------------------------------------------------------------------------- */

static struct saip_pe_header next_header(const struct draft *d)
{
    return (struct saip_pe_header){ .mandated = true,
                                    .identification = (int64_t)d->count,
                                    .has_identification = true };
}

static enum err add(struct draft *d, const struct type *t, const void *value)
{
    enum { ROOM = 2048 };
    uint8_t *buf = arena_alloc(d->arena, ROOM);

    if (!buf)
        return E_MEMORY;
    return schema_encode(t, value, buf, ROOM, &d->parts[d->count++], NULL);
}

static enum err add_files(struct draft *d, const struct build_element *e)
{
    unsigned id = (unsigned)d->count;

    return build_file_element(d->arena, e, &d->content, id, &d->parts[d->count++]);
}

/* A list of values of one type, for a LIST row. */
static enum err list(struct draft *d, const struct type *t, const void *values, size_t size,
                     size_t count, slice *out)
{
    enum { ROOM = 512 };
    uint8_t *buf = arena_alloc(d->arena, ROOM);
    struct der_writer w = der_writer(buf, buf ? ROOM : 0);
    enum err e = buf ? E_OK : E_MEMORY;

    for (size_t i = count; !e && i--;)
        e = schema_write(t, (const uint8_t *)values + i * size, DIALECT_BASE, &w, NULL);
    return e ? e : der_written(&w, out);
}

static enum err add_header(struct draft *d)
{
    static const struct build_element *const used[] = { &build_mf,         &build_telecom,
                                                        &build_usim,       &build_opt_usim,
                                                        &build_gsm_access, &build_df_5gs,
                                                        &build_isim };
    const struct aka_params *a = &d->who.aka;
    uint8_t oids[COUNT(used)][6], digits[ICCID_LEN];
    slice ids[COUNT(used)];
    size_t n = d->in->isim ? COUNT(used) : COUNT(used) - 1;
    struct saip_header h = {
        .major_version = 2,
        .has_major_version = true,
        .minor_version = 3,
        .has_minor_version = true,
        .profile_type =
            d->in->profile_type.p ? d->in->profile_type : SLICE_LIT("Dunlin test profile"),
        .iccid = SLICE_OF(digits),
        .has_services = true,
        .services = { .usim = true,
                      .isim = d->in->isim,
                      .milenage = a->algorithm == AKA_MILENAGE,
                      .tuak128 = a->algorithm == AKA_TUAK && a->key_len == 16,
                      .tuak256 = a->algorithm == AKA_TUAK && a->key_len == 32,
                      .usim_test_algorithm = a->algorithm == AKA_XOR },
    };
    enum err e;

    for (size_t i = 0; i < ICCID_LEN; i++)
        digits[i] = (uint8_t)(d->who.iccid_ef[i] << 4 | d->who.iccid_ef[i] >> 4);
    for (size_t i = 0; i < n; i++) {
        memcpy(oids[i], SAIP_TEMPLATE_ARC, 5);
        oids[i][5] = (uint8_t)used[i]->template_oid[0];
        ids[i] = SLICE_OF(oids[i]);
    }
    e = list(d, &T_saip_oid, ids, sizeof ids[0], n, &h.gfste_list);
    return e ? e : add(d, &T_saip_header, &h);
}

static enum err add_puks(struct draft *d)
{
    const struct saip_puk_configuration puks[] = {
        { .key_reference = 1,
          .has_key_reference = true,
          .puk_value = SLICE_OF(d->puk1),
          .tries = 0xAA },
        { .key_reference = 129,
          .has_key_reference = true,
          .puk_value = SLICE_OF(d->puk2),
          .tries = 0xAA },
    };
    struct saip_puk_codes pe = { .header = next_header(d), .has_header = true };
    enum err e =
        list(d, &T_saip_puk_configuration, puks, sizeof puks[0], COUNT(puks), &pe.puk_codes);

    return e ? e : add(d, &T_saip_puk_codes, &pe);
}

static enum err add_pins(struct draft *d, const struct saip_pin_configuration *pins, size_t count)
{
    struct saip_pin_codes pe = { .header = next_header(d), .has_header = true };
    enum err e;

    pe.pin_codes.which = saip_pin_codes_choice_is_pinconfig;
    e = list(d, &T_saip_pin_configuration, pins, sizeof pins[0], count, &pe.pin_codes.pinconfig);
    return e ? e : add(d, &T_saip_pin_codes, &pe);
}

/* PIN1 is there but disabled, so that a modem boots without it; ADM1 cannot be disabled. */
static enum err add_global_pins(struct draft *d)
{
    const struct saip_pin_configuration pins[] = {
        { .key_reference = 1,
          .has_key_reference = true,
          .pin_value = SLICE_OF(d->pin1),
          .unblocking = 1,
          .has_unblocking = true,
          .attributes = 6,
          .tries = 0x33 },
        { .key_reference = 10,
          .has_key_reference = true,
          .pin_value = SLICE_OF(d->adm1),
          .attributes = 3,
          .tries = 0xAA },
    };

    return add_pins(d, pins, COUNT(pins));
}

static enum err add_local_pin(struct draft *d)
{
    const struct saip_pin_configuration pin = {
        .key_reference = 129,
        .has_key_reference = true,
        .pin_value = SLICE_OF(d->pin2),
        .unblocking = 129,
        .has_unblocking = true,
        .attributes = 3,
        .tries = 0x33,
    };

    return add_pins(d, &pin, 1);
}

static enum err add_aka(struct draft *d)
{
    const struct aka_params *a = &d->who.aka;
    struct saip_aka_parameter pe = { .header = next_header(d), .has_header = true };
    struct saip_algo_parameter *p = &pe.configuration.algo;

    pe.configuration.which = saip_algo_configuration_is_algo;
    p->algorithm_id = (int64_t)a->algorithm;
    p->has_algorithm_id = true;
    p->algorithm_options = slice_of(&a->options, 1);
    p->key = slice_of(a->key, a->key_len);
    p->opc = slice_of(a->opc, a->algorithm == AKA_TUAK ? 32 : 16);
    p->number_of_keccak = a->iterations;
    return add(d, &T_saip_aka_parameter, &pe);
}

static enum err add_usim(struct draft *d)
{
    enum err e = add_files(d, &build_usim);

    if (!e)
        e = add_files(d, &build_opt_usim);
    if (!e)
        e = add_local_pin(d);
    if (!e)
        e = add_aka(d);
    if (!e)
        e = add_files(d, &build_gsm_access);
    return e ? e : add_files(d, &build_df_5gs);
}

static enum err add_isim(struct draft *d)
{
    enum err e = d->in->isim ? add_files(d, &build_isim) : E_OK;

    if (!e && d->in->isim)
        e = add_local_pin(d);
    return e || !d->in->isim ? e : add_aka(d);
}

/* The security domain of the operator: SCP80 with AES, key version 01, TAR B20100 and 000000. */
static enum err add_security_domain(struct draft *d)
{
    static const char usage[] = "\x18\x14\x48", id[] = "\x01\x02\x03";
    struct saip_security_domain pe = { .header = next_header(d),
                                       .has_header = true,
                                       .has_instance = true };
    struct saip_key_object keys[3];
    slice card_data = SLICE_LIT("\x00\x70\x32\x66\x30\x73\x2E\x06\x07\x2A\x86\x48\x86\xFC\x6B\x01"
                                "\x60\x0B\x06\x09\x2A\x86\x48\x86\xFC\x6B\x02\x02\x02\x63\x09\x06"
                                "\x07\x2A\x86\x48\x86\xFC\x6B\x03\x64\x0B\x06\x09\x2A\x86\x48\x86"
                                "\xFC\x6B\x04\x80\x00");
    enum err e = E_OK;

    pe.instance = (struct saip_instance){
        .load_package_aid = SLICE_LIT("\xA0\x00\x00\x01\x51\x53\x50"),
        .class_aid = SLICE_LIT("\xA0\x00\x00\x01\x51\x53\x50\x41"),
        .instance_aid = SLICE_LIT("\xA0\x00\x00\x01\x51\x00\x00\x00"),
        .privileges = SLICE_LIT("\x82\xDC\x00"),
        .life_cycle_state = SLICE_LIT("\x0F"),
        .specific = SLICE_LIT("\x81\x02\x80\x00\x82\x01\xF0\x83\x01\xF0\x87\x01\xF0"),
        .has_parameters = true,
        .parameters.toolkit = SLICE_LIT("\x01\x00\x00\x00\x00\x02\x01\x02\x06\xB2\x01\x00\x00\x00"
                                        "\x00\x00"),
    };
    for (size_t i = 0; !e && i < COUNT(keys); i++) {
        const struct saip_key_component part = { .key_type = SLICE_LIT("\x88"),
                                                 .key_data = SLICE_OF(d->sd_keys[i]),
                                                 .mac_length = 8 };

        keys[i] = (struct saip_key_object){ .usage_qualifier = slice_of(usage + i, 1),
                                            .identifier = slice_of(id + i, 1),
                                            .version = SLICE_LIT("\x01") };
        e = list(d, &T_saip_key_component, &part, sizeof part, 1, &keys[i].components);
    }
    if (!e)
        e = list(d, &T_saip_key_object, keys, sizeof keys[0], COUNT(keys), &pe.key_list);
    if (!e)
        e = list(d, &T_saip_octets, &card_data, sizeof card_data, 1, &pe.perso_data);
    return e ? e : add(d, &T_saip_security_domain, &pe);
}

/*
 * Remote file management of the UICC: cryptographic checksum, ciphering and a rising counter
 * demanded, full access then.
 */
static enum err add_rfm(struct draft *d)
{
    const slice tar = SLICE_LIT("\xB0\x00\x00");
    struct saip_rfm pe = {
        .header = next_header(d),
        .has_header = true,
        .instance_aid = SLICE_LIT("\xA0\x00\x00\x05\x59\x10\x10\x00\x01"),
        .security_level = SLICE_LIT("\x16"),
        .access = SLICE_LIT("\x00"),
        .admin_access = SLICE_LIT("\x00"),
    };
    enum err e = list(d, &T_saip_tar, &tar, sizeof tar, 1, &pe.tar_list);

    return e ? e : add(d, &T_saip_rfm, &pe);
}

static enum err add_all(struct draft *d)
{
    enum err e = add_header(d);

    if (!e)
        e = add_files(d, &build_mf);
    if (!e)
        e = add_puks(d);
    if (!e)
        e = add_global_pins(d);
    if (!e)
        e = add_files(d, &build_telecom);
    if (!e)
        e = add_local_pin(d);
    if (!e)
        e = add_usim(d);
    if (!e)
        e = add_isim(d);
    if (!e)
        e = add_security_domain(d);
    if (!e)
        e = add_rfm(d);
    return e ? e
             : add(d, &T_saip_end,
                   &(struct saip_end){ .header = next_header(d), .has_header = true });
}

enum err profile_build(struct arena *arena, const struct crypto *crypto,
                       const struct build_input *in, slice *out, struct profile_identity *who)
{
    struct draft d = { .arena = arena, .crypto = crypto, .in = in };
    enum err e = settle_iccid(&d);

    if (!e)
        e = settle_imsi(&d);
    if (!e)
        e = settle_secrets(&d);
    if (!e)
        e = fill_content(&d);
    if (!e)
        e = add_all(&d);
    if (!e)
        *out = arena_concat(arena, d.parts, d.count);
    if (!e && !out->p)
        e = E_MEMORY;
    d.who.profile_type = in->profile_type;
    if (!e && who)
        *who = d.who;
    wipe(&d, sizeof d);
    return e;
}
