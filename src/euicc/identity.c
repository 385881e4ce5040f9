/*
 * GET IDENTITY (TS 31.102 7.5): the SUCI, made by the card where the profile says so (services 124
 * and 125), under the null scheme or the profiles A and B of TS 33.501 Annex C.3. The SUPI is the
 * IMSI, or a network specific identifier in the form of a NAI (service 130). GLI, GCI and the SUCI
 * for NSWO are not done.
 */
#include "euicc/card_impl.h"

#include "base/secret.h"
#include "crypto/ecies.h"
#include "der/der.h"

enum { CONTEXT_SUCI = 0x01 };
enum { SERVICE_SUCI = 124, SERVICE_SUCI_BY_USIM = 125, SERVICE_SUPI_NAI = 130 };
enum { FID_IMSI = 0x6F07, FID_AD = 0x6FAD, FID_5GS = 0x5FC0, FID_SAIP = 0x5FD0 };
enum { FID_ROUTING_INDICATOR = 0x4F0A, FID_SUPI_NAI = 0x4F09, FID_CALC_INFO = 0x4F01 };
enum { SUCI_OF_IMSI = 0x01, SUCI_OF_NAI = 0x11 }; /* TS 24.501 9.11.3.4, first octet */
enum { TAG_NSI = 0x80 };                          /* TS 31.102 4.4.11.10 */

#define IMSI_DIGITS 15
#define NAI_MAX     253 /* RFC 7542 2.2 */

struct supi {
    unsigned count, mnc; /* of the IMSI: digits, and those of its MNC */
    uint8_t digits[IMSI_DIGITS];
    uint8_t nai[NAI_MAX];
    size_t nai_n; /* 0: the IMSI counts */
    uint8_t plain[NAI_MAX];
    size_t plain_n; /* what is concealed: the MSIN in BCD, or the user part of the NAI */
};

struct concealed {
    enum suci_scheme scheme;
    uint8_t key_id;
    uint8_t cipher[NAI_MAX]; /* plain_n octets; of the null scheme: the plain text */
    struct ecies_sealed sealed;
};

static slice content(struct card *card, uint8_t dir, uint16_t fid)
{
    struct node node, data;

    if (!tree_child(&card->tree, dir, fid, &node) || node_is_dir(&node) ||
        !tree_target(&card->tree, &node, &data))
        return SLICE_NONE;
    return data.body;
}

static slice content_below(struct card *card, uint8_t adf, uint16_t df, uint16_t fid)
{
    struct node node;

    if (!tree_child(&card->tree, adf, df, &node) || !node_is_dir(&node))
        return SLICE_NONE;
    return content(card, dir_of_node(node.n), fid);
}

/* EF_IMSI: length, then nibbles; the first is parity and type. Returns the number of digits. */
static unsigned imsi_digits(slice ef, uint8_t digits[IMSI_DIGITS])
{
    unsigned n = 0;

    if (ef.n < 9 || ef.p[0] < 3 || ef.p[0] > 8)
        return 0;
    for (unsigned nibble = 1; nibble < 2u * ef.p[0] && n < IMSI_DIGITS; nibble++) {
        uint8_t octet = ef.p[1 + nibble / 2];
        uint8_t digit = nibble & 1 ? octet >> 4 : octet & 15;

        if (digit > 9)
            break;
        digits[n++] = digit;
    }
    return n;
}

static uint8_t nibbles(uint8_t low, uint8_t high)
{
    return (uint8_t)(high << 4 | low);
}

/* ---- the SUPI ---- */

static bool supi_of_imsi(struct card *card, uint8_t adf, struct supi *s)
{
    slice ad = content(card, adf, FID_AD);

    s->count = imsi_digits(content(card, adf, FID_IMSI), s->digits);
    s->mnc = ad.n >= 4 && (ad.p[3] & 15) == 3 ? 3 : 2;
    if (s->count <= 3 + s->mnc)
        return false;
    for (unsigned i = 3 + s->mnc; i < s->count; i += 2)
        s->plain[s->plain_n++] = nibbles(s->digits[i], i + 1 < s->count ? s->digits[i + 1] : 0xF);
    return true;
}

/* Printable, with one @ at most: what goes into another NAI must not change its structure. */
static bool supi_of_nai(struct card *card, uint8_t adf, struct supi *s)
{
    struct der_reader r = der_reader(content_below(card, adf, FID_5GS, FID_SUPI_NAI));
    struct tlv nsi = der_maybe(&r, TAG_NSI);
    size_t at;

    if (nsi.tag == 0 || nsi.value.n > NAI_MAX)
        return false;
    for (at = 0; at < nsi.value.n && nsi.value.p[at] != '@'; at++)
        ;
    for (size_t i = 0; i < nsi.value.n; i++)
        if (nsi.value.p[i] <= ' ' || nsi.value.p[i] == 0x7F || (nsi.value.p[i] == '@' && i != at))
            return false;
    if (at == 0)
        return false;
    memcpy(s->nai, nsi.value.p, nsi.value.n);
    s->nai_n = nsi.value.n;
    memcpy(s->plain, s->nai, at);
    s->plain_n = at;
    return true;
}

/* ---- the scheme ---- */

/* The key at this place, from 1, of the list A1 { 80 identifier, 81 key ... }. */
static bool network_key(slice list, unsigned index, uint8_t *id, slice *key)
{
    struct der_reader r = der_reader(list);

    for (unsigned i = 1; der_more(&r); i++) {
        struct tlv name = der_expect(&r, 0x80), value = der_expect(&r, 0x81);

        if (r.err || i != index)
            continue;
        if (name.value.n != 1)
            return false;
        *id = name.value.p[0];
        *key = value.value;
        return true;
    }
    return false;
}

/*
 * EF_SUCI_Calc_Info: A0 lists scheme and key index in order of priority, A1 the keys. The first
 * entry that can be used is; the null scheme where it is listed, or nothing is. An entry whose key
 * is missing or is no point cannot be used: a list of such entries alone conceals nothing, and
 * E_NOTFOUND keeps the identity in the card.
 */
static enum err conceal(struct card *card, slice info, const struct supi *s, struct concealed *out)
{
    struct der_reader r = der_reader(info);
    struct tlv list = der_maybe(&r, 0xA0), keys = der_maybe(&r, 0xA1);
    slice plain = slice_of(s->plain, s->plain_n), key;
    enum err err = list.tag && list.value.n >= 2 ? E_NOTFOUND : E_OK;

    *out = (struct concealed){ .scheme = SUCI_NULL };
    memcpy(out->cipher, plain.p, plain.n);
    for (size_t i = 0; err && i + 1 < list.value.n; i += 2) {
        if (list.value.p[i] == SUCI_NULL)
            return E_OK;
        if (list.value.p[i] > SUCI_PROFILE_B ||
            !network_key(keys.value, list.value.p[i + 1], &out->key_id, &key))
            continue;
        out->scheme = (enum suci_scheme)list.value.p[i];
        err = ecies_seal(card->crypto, out->scheme, key, plain, out->cipher, &out->sealed);
        if (err && err != E_BADKEY)
            return err;
        if (err) { /* as it was, for the next entry */
            out->scheme = SUCI_NULL;
            out->key_id = 0;
            memcpy(out->cipher, plain.p, plain.n);
            err = E_NOTFOUND;
        }
    }
    return err;
}

/* ---- the SUCI ---- */

/* Octets that are to be answered, gathered because their length stands before them. */
struct text {
    uint8_t octets[1024];
    size_t n;
};
/* the longest: user part and its cipher text in hex, key, tag, realm and the words between */
_Static_assert(2 * NAI_MAX + 2 * ECIES_KEY_MAX + 2 * ECIES_TAG + NAI_MAX + 64 <= 1024, "SUCI");

static void put(struct text *t, slice octets)
{
    memcpy(t->octets + t->n, octets.p, octets.n);
    t->n += octets.n;
}

static void put_hex(struct text *t, const char *word, slice octets)
{
    static const char digits[] = "0123456789ABCDEF";

    put(t, slice_str(word));
    for (size_t i = 0; i < octets.n; i++) {
        t->octets[t->n++] = (uint8_t)digits[octets.p[i] >> 4];
        t->octets[t->n++] = (uint8_t)digits[octets.p[i] & 15];
    }
}

static void put_number(struct text *t, const char *word, uint8_t value)
{
    put(t, slice_str(word));
    if (value >= 100)
        t->octets[t->n++] = (uint8_t)('0' + value / 100);
    if (value >= 10)
        t->octets[t->n++] = (uint8_t)('0' + value / 10 % 10);
    t->octets[t->n++] = (uint8_t)('0' + value % 10);
}

/* TS 24.501 9.11.3.4: format, home network, routing indicator, scheme, key, output. */
static void suci_of_imsi(const struct supi *s, const struct concealed *c, slice routing,
                         struct text *t)
{
    const uint8_t *d = s->digits;
    uint8_t head[8] = { SUCI_OF_IMSI,
                        nibbles(d[0], d[1]),
                        nibbles(d[2], s->mnc == 3 ? d[5] : 0xF),
                        nibbles(d[3], d[4]),
                        0xF0,
                        0xFF,
                        (uint8_t)c->scheme,
                        c->key_id };

    if (routing.n >= 2)
        memcpy(head + 4, routing.p, 2);
    put(t, SLICE_OF(head));
    if (c->scheme)
        put(t, slice_of(c->sealed.key, c->sealed.key_n));
    put(t, slice_of(c->cipher, s->plain_n));
    if (c->scheme)
        put(t, SLICE_OF(c->sealed.tag));
}

/* TS 23.003 28.7.3: type1.rid678.schid1.hnkey27.ecckey<hex>.cip<hex>.mac<hex>@realm */
static void suci_of_nai(const struct supi *s, const struct concealed *c, slice routing,
                        struct text *t)
{
    static const uint8_t none[] = { 0xF0, 0xFF };
    size_t start;

    t->octets[t->n++] = SUCI_OF_NAI;
    put(t, SLICE_LIT("type1.rid"));
    if (routing.n < 2 || (routing.p[0] & 15) > 9)
        routing = SLICE_OF(none);
    start = t->n;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t digit = i & 1 ? routing.p[i / 2] >> 4 : routing.p[i / 2] & 15;

        if (digit > 9)
            break;
        t->octets[start + i] = (uint8_t)('0' + digit);
        t->n++;
    }
    put_number(t, ".schid", (uint8_t)c->scheme);
    if (c->scheme) {
        put_number(t, ".hnkey", c->key_id);
        put_hex(t, ".ecckey", slice_of(c->sealed.key, c->sealed.key_n));
        put_hex(t, ".cip", slice_of(c->cipher, s->plain_n));
        put_hex(t, ".mac", SLICE_OF(c->sealed.tag));
    } else {
        put(t, SLICE_LIT(".userid"));
        put(t, slice_of(c->cipher, s->plain_n));
    }
    put(t, slice_skip(slice_of(s->nai, s->nai_n), s->plain_n));
}

static void answer(struct card *card, uint8_t adf, const struct supi *s, struct reply *out)
{
    slice routing = content_below(card, adf, FID_5GS, FID_ROUTING_INDICATOR);
    struct text t = { .n = 0 };
    struct concealed c;
    uint8_t head[DER_HEAD_MAX];
    enum err err = conceal(card, content_below(card, adf, FID_SAIP, FID_CALC_INFO), s, &c);

    if (err) {
        out->sw = err == E_NOTFOUND ? SW_REFERENCE : SW_UNKNOWN;
    } else {
        if (s->nai_n)
            suci_of_nai(s, &c, routing, &t);
        else
            suci_of_imsi(s, &c, routing, &t);
        reply_put(out, slice_of(head, der_put_head(0xA1, t.n, head)));
        reply_put(out, slice_of(t.octets, t.n));
    }
    wipe(&c, sizeof c);
}

void command_get_identity(struct card *card, struct channel *ch, const struct apdu *apdu,
                          struct reply *out)
{
    struct supi s = { .count = 0 };
    struct node adf;

    if (apdu->p1 || apdu->p2 != CONTEXT_SUCI || apdu->data.p) {
        out->sw = apdu->data.p ? SW_LENGTH : SW_P1P2;
        return;
    }
    if (ch->adf == TREE_MF || !tree_node(&card->tree, node_of_dir(ch->adf), &adf) ||
        adf.lcs == LCS_TERMINATED || !usim_service(card, &adf, SERVICE_SUCI) ||
        !usim_service(card, &adf, SERVICE_SUCI_BY_USIM)) {
        out->sw = SW_CONDITIONS;
        return;
    }
    if (!pin_application_satisfied(card, &adf)) {
        out->sw = SW_SECURITY;
        return;
    }
    if (usim_service(card, &adf, SERVICE_SUPI_NAI) ? supi_of_nai(card, ch->adf, &s)
                                                   : supi_of_imsi(card, ch->adf, &s))
        answer(card, ch->adf, &s, out);
    else
        out->sw = SW_REFERENCE;
    wipe(&s, sizeof s);
}
