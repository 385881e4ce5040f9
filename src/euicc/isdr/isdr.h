/*
 * ISD-R and ECASD: the RSP half of the software eUICC (SGP.22 v2 and SGP.32 v1.2).
 *
 * Both are applications of the card (euicc/card.h). Their config is a `struct personality`. All
 * durable state lies in the card's objects, so that one APDU is one transaction; what a session
 * needs for its time is in the application's state and ends with a reset.
 *
 *     static const struct card_app_entry apps[] = {
 *         { &isdr_app, &personality }, { &ecasd_app, &personality },
 *     };
 */
#ifndef DUNLIN_EUICC_ISDR_ISDR_H
#define DUNLIN_EUICC_ISDR_ISDR_H

#include "euicc/card.h"
#include "euicc/isdr/personality.h"

extern const struct card_app isdr_app;
extern const struct card_app ecasd_app;

/* ---- for the IPA in the card (euicc/ipae) ---- */

struct cert;

/* The card's own IPA is the one that works (ipaMode of EUICCInfo2). */
bool isdr_ipae_active(struct card *card);
/* The Emergency Profile is in force. */
bool isdr_emergency(struct card *card);
/* Why the enabled profile changed, when it was no eIM's package (stateChangeCause, SGP.32 6.3.2.6).
 */
int isdr_change_cause(struct card *card, uint32_t from, uint32_t to);
/* trustedPublicKeyDataTls of this eIM: its one element. Absent: no such eIM, or no such data. An
 * object's slice, see objects.h. */
slice isdr_eim_tls(struct card *card, slice eim_id);
/* A list that was loaded by LoadCRL names the certificate. */
bool isdr_revoked(struct card *card, const struct cert *cert);

#endif
