/* Which entry of the profile's registry a TAR names (TS 101 220, TS 102 226 8.2.1.3.2). */
#include "der/der.h"
#include "euicc/ota/ota_impl.h"
#include "profile/elements.h"

enum { TAR_LEN = 3, TAR_IN_AID = 12, AID_WITH_TAR = 15, LOCKED = 0x80, MSL_SPI1 = 0x01 };

bool registry_get(struct card *card, uint16_t number, struct registry_entry *out)
{
    int32_t n = (int32_t)number - 1;

    return registry_next(&card->objects, card->tree.root, &n, out) && out->number == number;
}

static bool in_list(slice tars, const uint8_t tar[TAR_LEN])
{
    for (; tars.n >= TAR_LEN; tars = slice_skip(tars, TAR_LEN))
        if (memcmp(tars.p, tar, TAR_LEN) == 0)
            return true;
    return false;
}

static bool in_aid(slice aid, const uint8_t tar[TAR_LEN])
{
    return aid.n >= AID_WITH_TAR && memcmp(aid.p + TAR_IN_AID, tar, TAR_LEN) == 0;
}

/* One field with its length in front. */
static slice lv(slice *rest)
{
    size_t n = rest->n ? rest->p[0] : 0;

    if (rest->n < 1 + n) {
        *rest = SLICE_NONE;
        return SLICE_NONE;
    }
    slice value = slice_of(rest->p + 1, n);
    *rest = slice_skip(*rest, 1 + n);
    return value;
}

/*
 * UICC toolkit parameters: priority, timers, text length, menu entries of two octets, channels,
 * then minimum security level and TARs, each behind its length.
 */
static void toolkit(slice field, uint8_t *msl, slice *tars)
{
    size_t entries = field.n >= 4 ? field.p[3] : 0;

    *msl = 0;
    *tars = SLICE_NONE;
    if (field.n < 4 + 2 * entries + 1)
        return;
    slice rest = slice_skip(field, 4 + 2 * entries + 1);
    slice level = lv(&rest);
    if (level.n == 2 && level.p[0] == MSL_SPI1)
        *msl = level.p[1];
    *tars = lv(&rest);
}

/* A domain's element is the content of `instance`, with its own tag around it. */
static bool domain_matches(const struct registry_entry *e, const uint8_t tar[TAR_LEN], uint8_t *msl)
{
    struct der_reader r = der_reader(e->element);
    struct tlv outer = der_take(&r);
    slice tars = SLICE_NONE;

    *msl = 0;
    for (struct der_reader in = der_reader(outer.value); der_more(&in);) {
        struct tlv t = der_take(&in);

        if (t.tag != 0xEA)
            continue;
        for (struct der_reader p = der_reader(t.value); der_more(&p);) {
            struct tlv field = der_take(&p);

            if (field.tag == 0x80)
                toolkit(field.value, msl, &tars);
        }
    }
    /* what is below a domain is never for a sender without a key, whatever its level says */
    if ((*msl & CHECK_MASK) < CHECK_CC)
        *msl = (uint8_t)((*msl & ~CHECK_MASK) | CHECK_CC);
    return tars.n ? in_list(tars, tar) : in_aid(e->aid, tar);
}

/* What of PE-RFM targets need; its members without the outer tag. */
struct rfm {
    slice tars; /* SEQUENCE OF OCTET STRING */
    bool has_tars;
    uint8_t msl;
    slice uicc, uicc_admin;
    slice adf_aid, adf, adf_admin;
};

static struct rfm rfm_of(slice element)
{
    struct rfm out = { .msl = 0 };
    unsigned octet_strings = 0, context_0 = 0;

    for (struct der_reader r = der_reader(element); der_more(&r);) {
        struct tlv t = der_take(&r);

        if (t.tag == 0xA0 && context_0++ == 1) { /* the first one is the header */
            out.tars = t.value;
            out.has_tars = true;
        } else if (t.tag == 0x81 && t.value.n) {
            out.msl = t.value.p[t.value.n - 1];
        } else if (t.tag == 0x04) {
            *(octet_strings++ ? &out.uicc_admin : &out.uicc) = t.value;
        } else if (t.tag == 0x30) {
            struct der_reader in = der_reader(t.value);

            out.adf_aid = der_expect(&in, 0x80).value;
            out.adf = der_expect(&in, 0x81).value;
            out.adf_admin = der_expect(&in, 0x82).value;
        }
    }
    return out;
}

static bool rfm_matches(const struct registry_entry *e, const uint8_t tar[TAR_LEN], uint8_t *msl)
{
    struct rfm rfm = rfm_of(e->element);

    *msl = rfm.msl;
    if (!rfm.has_tars)
        return in_aid(e->aid, tar);
    for (struct der_reader r = der_reader(rfm.tars); der_more(&r);)
        if (in_list(der_take(&r).value, tar))
            return true;
    return false;
}

bool target_of(const struct registry_entry *e, struct ota_target *out)
{
    static const uint8_t any[TAR_LEN];

    if (e->life_cycle & LOCKED)
        return false;
    *out =
        (struct ota_target){ .kind = e->kind, .number = e->number, .domain = (uint8_t)e->number };
    if (e->kind == REGISTRY_SECURITY_DOMAIN) {
        (void)domain_matches(e, any, &out->msl);
        return true;
    }
    out->domain = e->domain;
    (void)rfm_matches(e, any, &out->msl);
    return e->kind == REGISTRY_RFM;
}

bool target_find(struct card *card, const uint8_t tar[3], struct ota_target *out)
{
    struct registry_entry e;

    for (int32_t n = -1; registry_next(&card->objects, card->tree.root, &n, &e);) {
        uint8_t msl;

        if (target_of(&e, out) &&
            (e.kind == REGISTRY_RFM ? rfm_matches : domain_matches)(&e, tar, &msl))
            return true;
    }
    return false;
}

/* What is not there gives nothing. */
static void copy_domain(uint8_t to[ACCESS_DOMAIN], slice from)
{
    memset(to, 0, ACCESS_DOMAIN);
    to[0] = 0xFF;
    if (from.n)
        memcpy(to, from.p, from.n < ACCESS_DOMAIN ? from.n : ACCESS_DOMAIN);
}

struct remote_access target_access(struct card *card, const struct ota_target *target)
{
    struct remote_access out = { .adf = TREE_MF };
    struct registry_entry e;
    struct rfm rfm = { .msl = 0 };
    struct node adf;

    if (registry_get(card, target->number, &e))
        rfm = rfm_of(e.element);
    copy_domain(out.uicc, rfm.uicc);
    copy_domain(out.uicc_admin, rfm.uicc_admin);
    copy_domain(out.in_adf, rfm.adf);
    copy_domain(out.in_adf_admin, rfm.adf_admin);
    if (rfm.adf_aid.n && tree_by_aid(&card->tree, rfm.adf_aid, 0, &adf))
        out.adf = dir_of_node(adf.n);
    return out;
}
