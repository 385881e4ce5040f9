/*
 * Generic bootstrapping in the card, GBA_U (TS 33.220 5, TS 31.102 7.1.1): what AUTHENTICATE leaves
 * of a bootstrapping, and the keys of application servers that come of it.
 */
#ifndef DUNLIN_EUICC_GBA_H
#define DUNLIN_EUICC_GBA_H

#include "crypto/aka.h"
#include "euicc/card_impl.h"

/* The service table of the USIM or ISIM names it, and EF_GBABP is there. */
bool gba_available(struct card *card, const struct node *adf);
/* MAC* of an AUTN becomes MAC, or the other way round: the 64 bits of SHA-1(IK) are added. */
MUST_USE enum err gba_mac(struct card *card, const struct aka_keys *keys, uint8_t mac[8]);
/* Ks = CK || IK takes the place of the one before, and RAND goes to EF_GBABP. */
MUST_USE enum err gba_store(struct card *card, const struct node *adf, const uint8_t *rand,
                            const struct aka_keys *keys);
/* NAF derivation mode; data: DE, length, NAF_ID, length, IMPI. */
void gba_derive(struct card *card, const struct node *adf, slice data, struct reply *out);

#endif
