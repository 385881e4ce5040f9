/*
 * Service tables tell the terminal what the card can do: a service of EF_UST or EF_IST that this
 * card lacks is not left standing there (SAIP 8.3). A package that needs it says so in its header,
 * and is refused.
 */
#include "euicc/install.h"

#define USIM 0x02 /* octet 7 of the AIDs of 3GPP, TS 101 220 annex E */
#define ISIM 0x04

/* TS 31.102 4.2.8, TS 31.103 4.2.7; capability: bit of UICCCapability. */
static const struct {
    uint8_t application;
    uint8_t service;
    uint8_t capability;
    uint16_t fid;
} tied[] = {
    { USIM, 68, 10, 0x6F38 },  /* GBA */
    { USIM, 69, 12, 0x6F38 },  /* MBMS security */
    { USIM, 124, 22, 0x6F38 }, /* subscription identifier privacy */
    { USIM, 125, 22, 0x6F38 }, /* SUCI calculation by the USIM */
    { ISIM, 2, 11, 0x6F07 },   /* GBA */
};

static enum pe_status clear(struct install *in, const struct node *adf, uint16_t fid, unsigned n)
{
    uint32_t at = (n - 1) / 8;
    struct node own, table;
    uint8_t octet;

    if (!tree_child(&in->tree, dir_of_node(adf->n), fid, &own) ||
        !tree_target(&in->tree, &own, &table) || table.type != NODE_TRANSPARENT ||
        at >= table.body.n)
        return PE_STATUS_OK;
    octet = table.body.p[at] & (uint8_t) ~(1u << (n - 1) % 8);
    if (octet == table.body.p[at])
        return PE_STATUS_OK;
    return install_stored(tree_write(&in->tree, &own, at, slice_of(&octet, 1)));
}

enum pe_status install_services(struct install *in)
{
    enum pe_status status = PE_STATUS_OK;
    struct node adf;

    for (size_t i = 0; i < COUNT(tied); i++) {
        const uint8_t aid[] = { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, tied[i].application };

        if (CARD_CAPABILITIES >> tied[i].capability & 1)
            continue;
        for (unsigned n = 0;
             status == PE_STATUS_OK && tree_by_aid(&in->tree, SLICE_OF(aid), n, &adf); n++)
            status = clear(in, &adf, tied[i].fid, tied[i].service);
    }
    return status;
}
