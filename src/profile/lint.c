/* Keys, PINs and algorithms that everybody knows; and what is about the package as a whole. */
#include "profile/lint.h"

#include "base/secret.h"
#include "profile/identity.h"
#include "profile/size.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- keys ----------------------------------------------------------------------------------- */

/* Published ones; those that count up are found without a list. */
static const struct {
    const char *octets, *from;
} known_keys[] = {
    { "\x46\x5B\x5C\xE8\xB1\x99\xB4\x9F\xAA\x5F\x0A\x2E\xE2\x38\xA6\xBC", "TS 35.208, set 1" },
    { "\xFE\xC8\x6B\xA6\xEB\x70\x7E\xD0\x89\x05\x75\x7B\x1B\xB4\x4B\x8F", "TS 35.208, set 3" },
    { "\x9E\x59\x44\xAE\xA9\x4B\x81\x16\x5C\x82\xFB\xF9\xF3\x2D\xB7\x51", "TS 35.208, set 4" },
    { "\x4A\xB1\xDE\xB0\x5C\xA6\xCE\xB0\x51\xFC\x98\xE7\x7D\x02\x6A\x84", "TS 35.208, set 5" },
    { "\x6C\x38\xA1\x16\xAC\x28\x0C\x45\x4F\x59\x33\x2E\xE3\x5C\x8C\x4F", "TS 35.208, set 6" },
};

static bool counts(slice s, unsigned step)
{
    for (size_t i = 1; i < s.n; i++)
        if (s.p[i] != (uint8_t)(s.p[i - 1] + step))
            return false;
    return s.n > 0;
}

/* NULL, or why a key is no secret. */
static const char *known(slice key, char *text, size_t size)
{
    if (counts(key, 0))
        return "is one octet again and again";
    if (counts(key, 1) && key.p[0] == 0x00)
        return "counts up from 00: the public key of TS.48";
    if (counts(key, 1))
        return key.p[0] == 0x40 ? "is GlobalPlatform's default key" : "counts up";
    for (size_t i = 0; i < COUNT(known_keys) && key.n == 16; i++) {
        if (memcmp(key.p, known_keys[i].octets, 16) != 0)
            continue;
        snprintf(text, size, "is published: %s", known_keys[i].from);
        return text;
    }
    return NULL;
}

static void lint_key(const struct package_element *e, const char *field, slice key,
                     struct findings *to)
{
    char text[80];
    const char *why = known(key, text, sizeof text);

    if (why)
        finding_add(to, FINDING_ERROR, e, field, "%s", why);
}

static void lint_aka(const struct model_part *p, struct findings *to)
{
    const struct saip_algo_parameter *a = &p->aka->configuration.algo;
    char text[80];

    if (p->aka->configuration.which != saip_algo_configuration_is_algo)
        return;
    lint_key(p->element, "algoConfiguration.key", a->key, to);
    if (a->algorithm_id == ALGORITHM_TEST)
        finding_add(to, FINDING_ERROR, p->element, "algoConfiguration.algorithmID",
                    "the test algorithm proves nothing");
    else if (known(a->opc, text, sizeof text))
        finding_add(to, FINDING_ERROR, p->element, "algoConfiguration.opc", "%s",
                    known(a->opc, text, sizeof text));
    if (p->aka->sqn_options.p && p->aka->sqn_options.p[0] & 0x04)
        finding_add(to, FINDING_WARNING, p->element, "sqnOptions",
                    "a jump of the sequence number is not limited");
}

static void lint_domain(const struct model_part *p, struct findings *to)
{
    struct saip_key_object key, other;

    for (slice rest = p->security_domain->key_list; schema_next(&T_saip_key_object, &rest, &key);) {
        struct saip_key_component part, same;
        slice parts = key.components;
        char field[64];

        snprintf(field, sizeof field, "keyList.%02X.%02X", key.version.p[0], key.identifier.p[0]);
        if (!schema_next(&T_saip_key_component, &parts, &part))
            continue;
        lint_key(p->element, field, part.key_data, to);
        if (part.key_type.n == 1 && part.key_type.p[0] != 0x88 && part.key_data.n == 16 &&
            !memcmp(part.key_data.p, part.key_data.p + 8, 8))
            finding_add(to, FINDING_ERROR, p->element, field,
                        "both halves are the same: single DES");
        for (slice later = rest; schema_next(&T_saip_key_object, &later, &other);) {
            parts = other.components;
            if (!schema_next(&T_saip_key_component, &parts, &same) ||
                !slice_eq(same.key_data, part.key_data))
                continue;
            finding_add(to, FINDING_ERROR, p->element, field, "is key %02X.%02X, too",
                        other.version.p[0], other.identifier.p[0]);
            break;
        }
    }
}

/* ---- PINs ----------------------------------------------------------------------------------- */

static slice digits_of(slice pin)
{
    size_t n = pin.n;

    while (n && pin.p[n - 1] == 0xFF)
        n--;
    return slice_of(pin.p, n);
}

static bool default_pin(slice pin)
{
    slice d = digits_of(pin);

    return counts(d, 0) || counts(d, 1) || counts(d, 0xFF);
}

static void lint_pins(const struct model_part *p, struct findings *to)
{
    const struct saip_pin_codes_choice *pins = &p->pin_codes->pin_codes;
    slice rest = pins->which == saip_pin_codes_choice_is_pinconfig ? pins->pinconfig : SLICE_NONE;
    struct saip_pin_configuration pin;

    while (schema_next(&T_saip_pin_configuration, &rest, &pin)) {
        const char *name = value_name(saip_pin_names, pin.key_reference);
        bool adm = name && !strncmp(name, "adm", 3);

        if (default_pin(pin.pin_value))
            finding_add(to, adm ? FINDING_ERROR : FINDING_WARNING, p->element, name ? name : "PIN",
                        "is a default: digits that repeat or count");
        if (adm && !(pin.attributes & 1))
            finding_add(to, FINDING_ERROR, p->element, name, "is not enabled: it protects nothing");
    }
}

static void lint_puks(const struct model_part *p, struct findings *to)
{
    struct saip_puk_configuration puk;

    for (slice rest = p->puk_codes->puk_codes;
         schema_next(&T_saip_puk_configuration, &rest, &puk);) {
        const char *name = value_name(saip_puk_names, puk.key_reference);

        if (default_pin(puk.puk_value))
            finding_add(to, FINDING_ERROR, p->element, name ? name : "PUK",
                        "is a default: digits that repeat or count");
    }
}

static void lint_secrets(const struct profile_model *m, struct findings *to)
{
    for (unsigned i = 0; i < m->nparts; i++) {
        const struct model_part *p = &m->parts[i];

        switch (p->element->tag) {
        case PE_AKA_PARAMETER:
            lint_aka(p, to);
            break;
        case PE_SECURITY_DOMAIN:
            lint_domain(p, to);
            break;
        case PE_PIN_CODES:
            lint_pins(p, to);
            break;
        case PE_PUK_CODES:
            lint_puks(p, to);
            break;
        default:
            break;
        }
    }
}

/* ---- remote management ---------------------------------------------------------------------- */

/* minimumSecurityLevel is a mask of SPI1 (TS 102 225 5.1.1). */
static void lint_level(const struct package_element *e, const char *field, unsigned level,
                       struct findings *to)
{
    if (!level)
        finding_add(to, FINDING_ERROR, e, field, "MSL 0: anybody may send commands");
    else if ((level & 3) != 2)
        finding_add(to, FINDING_ERROR, e, field, "no cryptographic checksum is asked for");
    else if (!(level & 0x10))
        finding_add(to, FINDING_WARNING, e, field,
                    "no counter that must rise: messages can be sent again");
    else if (!(level & 4))
        finding_add(to, FINDING_WARNING, e, field, "messages need not be ciphered");
}

/* The MSL of a toolkit field (TS 102 226 8.2.1.3.2.1): false when there is none that is known. */
static bool toolkit_level(slice field, unsigned *level)
{
    size_t at = 4;

    if (field.n < 5)
        return false;
    at += 2u * field.p[3] + 1; /* menu entries, channels */
    if (at >= field.n)
        return false;
    *level = 0;
    if (!field.p[at])
        return true;
    if (field.p[at] < 2 || at + 2 >= field.n || field.p[at + 1] != 1)
        return false;
    *level = field.p[at + 2];
    return true;
}

static void lint_remote(const struct profile_model *m, struct findings *to)
{
    for (unsigned i = 0; i < m->nparts; i++) {
        const struct model_part *p = &m->parts[i];
        unsigned level;

        if (p->element->tag == PE_RFM)
            lint_level(p->element, "minimumSecurityLevel", p->rfm->security_level.p[0], to);
        if (p->element->tag == PE_SECURITY_DOMAIN && p->security_domain->instance.has_parameters &&
            toolkit_level(p->security_domain->instance.parameters.toolkit, &level))
            lint_level(p->element, "instance.applicationParameters", level, to);
    }
}

/* ---- several packages ----------------------------------------------------------------------- */

static void share(struct lint_keys *set, slice key, const char *name, const char *package,
                  const struct package_element *e, const char *field, struct findings *to)
{
    if (key.n > sizeof set->keys[0].key)
        return;
    for (unsigned i = 0; i < set->count; i++)
        if (slice_eq(slice_of(set->keys[i].key, set->keys[i].n), key) &&
            strncmp(set->keys[i].package, package, sizeof set->keys[i].package - 1) != 0) {
            finding_add(to, FINDING_ERROR, e, field, "the same key is %s of %s", set->keys[i].name,
                        set->keys[i].package);
            return;
        }
    if (set->count == LINT_KEYS)
        return;
    memcpy(set->keys[set->count].key, key.p, key.n);
    set->keys[set->count].n = (uint8_t)key.n;
    set->keys[set->count].name = name;
    snprintf(set->keys[set->count].package, sizeof set->keys[0].package, "%s", package);
    set->count++;
}

void lint_shared(struct lint_keys *set, const struct profile_model *m, const char *package,
                 struct findings *to)
{
    for (unsigned i = 0; i < m->nparts; i++) {
        const struct model_part *p = &m->parts[i];
        struct saip_key_object key;
        struct saip_key_component part;

        if (p->element->tag == PE_AKA_PARAMETER &&
            p->aka->configuration.which == saip_algo_configuration_is_algo)
            share(set, p->aka->configuration.algo.key, "K", package, p->element,
                  "algoConfiguration.key", to);
        if (p->element->tag != PE_SECURITY_DOMAIN)
            continue;
        for (slice rest = p->security_domain->key_list;
             schema_next(&T_saip_key_object, &rest, &key);) {
            slice parts = key.components;
            char field[64];

            snprintf(field, sizeof field, "keyList.%02X.%02X", key.version.p[0],
                     key.identifier.p[0]);
            if (schema_next(&T_saip_key_component, &parts, &part))
                share(set, part.key_data, "an OTA key", package, p->element, field, to);
        }
    }
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void lint_package(const struct profile_model *m, const struct lint_options *o,
                         struct findings *to)
{
    struct profile_size size = profile_size(m);
    struct profile_identity who;

    if (o->card_memory && size.installed + size.code > o->card_memory)
        finding_add(to, FINDING_ERROR, NULL, "",
                    "needs about %" PRIu64 " octets, the card has %" PRIu64,
                    size.installed + size.code, o->card_memory);
    if (!profile_identify(m, &who) &&
        (!strncmp(who.imsi, "00101", 5) || !strncmp(who.imsi, "999", 3)))
        finding_add(to, FINDING_WARNING, NULL, "",
                    "the IMSI is of a test network (001 01 or 999): a template may have it");
    wipe(&who, sizeof who);
}

void profile_lint_model(const struct profile_model *m, const struct lint_options *o,
                        struct findings *to)
{
    lint_package(m, o, to);
    lint_secrets(m, to);
    lint_remote(m, to);
    lint_files(m, to);
}
