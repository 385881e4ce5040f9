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

#endif
