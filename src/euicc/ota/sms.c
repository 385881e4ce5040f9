/* From the value of SMS-PP DOWNLOAD to a command packet (TS 31.111 7.1.1, TS 23.040 9.2). */
#include "der/der.h"
#include "euicc/ota/ota_impl.h"

enum { TAG_TPDU = 0x0B, MTI_MASK = 0x03, MTI_DELIVER = 0x00, UDHI = 0x40, SCTS_LEN = 7 };
enum { IE_CONCATENATED = 0x00, IE_CONCATENATED_16 = 0x08, IE_COMMAND_PACKET = 0x70 };

/* What is needed of one SMS-DELIVER. */
struct part {
    slice origin; /* TP-OA with its length octet */
    slice data;   /* behind the user data header */
    bool command, concatenated, wide;
    uint16_t reference;
    uint8_t count, number;
};

/* 8-bit data: coding groups 00xx and 1111 (TS 23.038). */
static bool eight_bit(uint8_t dcs)
{
    if (dcs >> 6 == 0)
        return (dcs & 0x2C) == 0x04; /* not compressed */
    return (dcs & 0xF4) == 0xF4;
}

static bool elements(slice header, struct part *p)
{
    while (header.n) {
        if (header.n < 2 || header.n < 2u + header.p[1])
            return false;
        uint8_t id = header.p[0];
        slice value = slice_of(header.p + 2, header.p[1]);
        header = slice_skip(header, 2 + value.n);
        if (id == IE_COMMAND_PACKET)
            p->command = value.n == 0;
        if ((id != IE_CONCATENATED || value.n != 3) && (id != IE_CONCATENATED_16 || value.n != 4))
            continue;
        p->concatenated = true;
        p->wide = id == IE_CONCATENATED_16;
        p->reference = p->wide ? (uint16_t)(value.p[0] << 8 | value.p[1]) : value.p[0];
        p->count = value.p[value.n - 2];
        p->number = value.p[value.n - 1];
        if (p->number == 0 || p->number > p->count)
            return false;
    }
    return true;
}

/* SMS_PACKET here: a part that may belong to a command packet. */
static enum sms_result parse(slice tpdu, struct part *p)
{
    size_t origin = tpdu.n > 1 ? 2 + (tpdu.p[1] + 1u) / 2 : 0;
    size_t fixed = 1 + origin + 2 + SCTS_LEN + 1;

    *p = (struct part){ .command = false };
    if (!origin || origin > ORIGIN_MAX || tpdu.n < fixed)
        return SMS_MALFORMED;
    if ((tpdu.p[0] & MTI_MASK) != MTI_DELIVER)
        return SMS_MALFORMED;
    p->origin = slice_of(tpdu.p + 1, origin);
    if (!(tpdu.p[0] & UDHI) || !eight_bit(tpdu.p[1 + origin + 1]))
        return SMS_NOT_OURS;
    slice data = slice_skip(tpdu, fixed);
    if (data.n != tpdu.p[fixed - 1] || data.n > PART_MAX || data.n < 1 || data.n < 1u + data.p[0])
        return SMS_MALFORMED;
    if (!elements(slice_of(data.p + 1, data.p[0]), p))
        return SMS_MALFORMED;
    p->data = slice_skip(data, 1u + data.p[0]);
    return p->command || p->concatenated ? SMS_PACKET : SMS_NOT_OURS;
}

void sms_drop(struct card *card, struct sms_parts *parts)
{
    objects_repay(&card->objects, parts->octets);
    memset(parts, 0, sizeof *parts);
}

static bool same_message(const struct sms_parts *parts, const struct part *p)
{
    return parts->octets && parts->wide == p->wide && parts->reference == p->reference &&
           parts->count == p->count &&
           slice_eq(slice_of(parts->origin, parts->origin_n), p->origin);
}

/* One message is gathered at a time: another one takes its place. */
static bool begin(struct card *card, struct sms_parts *parts, const struct part *p)
{
    sms_drop(card, parts);
    if (p->count > PARTS_MAX)
        return false;
    parts->octets = objects_lend(&card->objects, (size_t)p->count * PART_MAX);
    if (!parts->octets)
        return false;
    parts->count = p->count;
    parts->wide = p->wide;
    parts->reference = p->reference;
    parts->origin_n = (uint8_t)p->origin.n;
    memcpy(parts->origin, p->origin.p, p->origin.n);
    return true;
}

static enum sms_result gather(struct card *card, struct sms_parts *parts, const struct part *p,
                              uint8_t **packet, size_t *n)
{
    if (!same_message(parts, p) && !begin(card, parts, p))
        return SMS_NO_ROOM;
    unsigned i = p->number - 1u;
    if (!(parts->seen & 1u << i)) { /* what comes twice is not looked at again */
        memcpy(parts->octets + i * PART_MAX, p->data.p, p->data.n);
        parts->lengths[i] = (uint8_t)p->data.n;
        parts->seen |= (uint16_t)(1u << i);
        parts->command = parts->command || p->command;
    }
    if (parts->seen != (1u << parts->count) - 1)
        return SMS_INCOMPLETE;
    if (!parts->command) {
        sms_drop(card, parts);
        return SMS_NOT_OURS;
    }
    *n = 0;
    for (i = 0; i < parts->count; i++) {
        memmove(parts->octets + *n, parts->octets + i * PART_MAX, parts->lengths[i]);
        *n += parts->lengths[i];
    }
    *packet = parts->octets;
    parts->octets = NULL;
    sms_drop(card, parts);
    return SMS_PACKET;
}

enum sms_result sms_take(struct card *card, struct sms_parts *parts, slice tlvs, uint8_t **packet,
                         size_t *n, slice *origin)
{
    struct der_reader r = der_reader(tlvs);
    slice tpdu = SLICE_NONE;
    struct part p;

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if ((t.tag & 0x7F) == TAG_TPDU && t.tag <= 0xFF)
            tpdu = t.value;
    }
    if (r.err || !tpdu.p)
        return SMS_MALFORMED;
    enum sms_result result = parse(tpdu, &p);
    if (result != SMS_PACKET)
        return result;
    *origin = p.origin; /* of a message in parts: they have the same */
    if (p.concatenated && p.count > 1)
        return gather(card, parts, &p, packet, n);
    if (!p.command)
        return SMS_NOT_OURS;
    *packet = objects_lend(&card->objects, p.data.n ? p.data.n : 1);
    if (!*packet)
        return SMS_NO_ROOM;
    memcpy(*packet, p.data.p, p.data.n);
    *n = p.data.n;
    return SMS_PACKET;
}
