/*
 * GET IDENTITY (TS 31.102 7.5): the SUCI, made by the card where the profile says so (services 124
 * and 125). Scheme output of the null scheme; protection schemes A and B are refused.
 */
#include "euicc/card_impl.h"

#include "der/der.h"

enum { CONTEXT_SUCI = 0x01 };
enum { SERVICE_SUCI = 124, SERVICE_SUCI_BY_USIM = 125 };
enum { FID_IMSI = 0x6F07, FID_AD = 0x6FAD, FID_5GS = 0x5FC0, FID_SAIP = 0x5FD0 };
enum { FID_ROUTING_INDICATOR = 0x4F0A, FID_CALC_INFO = 0x4F01 };
enum { SCHEME_NULL = 0, SUPI_IMSI = 0x01 };

#define IMSI_DIGITS 15

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

/*
 * EF_SUCI_Calc_Info: A0 is the list of scheme and key index in order of priority. True when the
 * null scheme may be used: it is listed, or nothing is.
 */
static bool null_scheme_allowed(slice info)
{
    struct der_reader r = der_reader(info);
    struct tlv list = der_maybe(&r, 0xA0);

    if (list.tag == 0 || list.value.n < 2)
        return true;
    for (size_t i = 0; i + 1 < list.value.n; i += 2)
        if (list.value.p[i] == SCHEME_NULL)
            return true;
    return false;
}

static uint8_t nibbles(uint8_t low, uint8_t high)
{
    return (uint8_t)(high << 4 | low);
}

/* TS 24.501 9.11.3.4, behind the SUPI format: home network, routing indicator, scheme, output. */
static void put_suci(const uint8_t *d, unsigned count, unsigned mnc, slice routing,
                     struct reply *out)
{
    uint8_t value[8 + IMSI_DIGITS] = { SUPI_IMSI,
                                       nibbles(d[0], d[1]),
                                       nibbles(d[2], mnc == 3 ? d[5] : 0xF),
                                       nibbles(d[3], d[4]),
                                       0xF0,
                                       0xFF,
                                       SCHEME_NULL,
                                       0 };
    size_t n = 8;

    if (routing.n >= 2)
        memcpy(value + 4, routing.p, 2);
    for (unsigned i = 3 + mnc; i < count; i += 2)
        value[n++] = nibbles(d[i], i + 1 < count ? d[i + 1] : 0xF);
    reply_put_octet(out, 0xA1);
    reply_put_octet(out, (uint8_t)n);
    reply_put(out, slice_of(value, n));
}

void command_get_identity(struct card *card, struct channel *ch, const struct apdu *apdu,
                          struct reply *out)
{
    uint8_t digits[IMSI_DIGITS];
    struct node adf;

    if (apdu->p1 || apdu->p2 != CONTEXT_SUCI || apdu->data.p) {
        out->sw = apdu->data.p ? SW_LENGTH : SW_P1P2;
        return;
    }
    if (ch->adf == TREE_MF || !tree_node(&card->tree, node_of_dir(ch->adf), &adf) ||
        !usim_service(card, &adf, SERVICE_SUCI) ||
        !usim_service(card, &adf, SERVICE_SUCI_BY_USIM)) {
        out->sw = SW_CONDITIONS;
        return;
    }
    if (!pin_application_satisfied(card, &adf)) {
        out->sw = SW_SECURITY;
        return;
    }
    slice ad = content(card, ch->adf, FID_AD);
    unsigned count = imsi_digits(content(card, ch->adf, FID_IMSI), digits);
    unsigned mnc = ad.n >= 4 && (ad.p[3] & 15) == 3 ? 3 : 2;
    if (count < 6 || !null_scheme_allowed(content_below(card, ch->adf, FID_SAIP, FID_CALC_INFO))) {
        out->sw = SW_REFERENCE;
        return;
    }
    put_suci(digits, count, mnc, content_below(card, ch->adf, FID_5GS, FID_ROUTING_INDICATOR), out);
}
