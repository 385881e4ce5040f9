/*
 * The IPA in the card (IPAe of SGP.32): the machine of dunlin/ipa.h, whose ES10 functions go to
 * this card's ISD-R, and whose exchanges leave the card over the terminal (euicc/web/web.h).
 *
 * It is one more application of the card, without an AID; a program lists it behind isdr_app when
 * the personality has an IPAe, and only then is there memory for it:
 *
 *     { &ipae_app, &ipae_personality },
 *
 * It works while it is active (IpaeActivation, or always) on a terminal whose TERMINAL PROFILE has
 * TCP, the events of BIP and timers; elsewhere it is silent. It does something only when the
 * terminal's command is done: IPAE_BURST steps, of which each command to ISD-R is a transaction of
 * its own, then MORE TIME. A reset ends it; results that were not delivered lie in the eUICC, and
 * the next start delivers them first.
 */
#ifndef DUNLIN_EUICC_IPAE_IPAE_H
#define DUNLIN_EUICC_IPAE_IPAE_H

#include "euicc/isdr/isdr.h"
#include "euicc/web/web.h"

#define IPAE_HOSTS 8
#define IPAE_BURST 64 /* steps of the machine behind one command of the terminal */

/* A server whose address is known: no resolver is asked. */
struct ipae_host {
    slice name;
    uint8_t address[16];
    uint8_t address_n; /* 4 or 16 */
    uint16_t port;     /* where the address is asked for without one; 0: 443 */
};

/* Borrowed for the life of the card. */
struct ipae_personality {
    const struct personality *euicc; /* its CIs certify the servers of ES9+ */
    struct web_network network;
    struct ipae_host hosts[IPAE_HOSTS];
    size_t host_count;
    unsigned features; /* IPA_FEATURE_DIRECT ..; 0: direct */
    uint32_t poll_s;   /* between polls; 0: an hour */
    slice initial_eim; /* AddInitialEimRequest, for a card that knows no eIM; absent: none */
};

extern const struct card_app ipae_app;

#endif
