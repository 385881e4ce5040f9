/*
 * Over-the-air management of the enabled profile: SCP80 in short messages (TS 102 225, TS 31.115)
 * with remote file and application management (TS 102 226), the commands of its security domains
 * (GlobalPlatform), SCP03 on a channel on which one is selected (Amendment D).
 *
 * It is an application of the card without an AID. It has no config; where isdr_app is in the
 * card too, the domain of the profile's operator may also update the profile's metadata (ES6).
 *
 *     static const struct card_app_entry apps[] = {
 *         { &isdr_app, &personality }, { &ecasd_app, &personality }, { &ota_app, NULL },
 *     };
 *
 * Keys, counters and registry are objects of the profile; one packet, with its counter, is one
 * transaction. What a reset ends: parts of a message that is not complete, SCP03 sessions.
 *
 * The proof of receipt is the answer to ENVELOPE, or goes out in messages of the card's own
 * (SMS-SUBMIT) where the packet asks for it under a cryptographic checksum. Until the last of these
 * is with the terminal, further messages to the card are answered 9300.
 */
#ifndef DUNLIN_EUICC_OTA_OTA_H
#define DUNLIN_EUICC_OTA_OTA_H

#include "euicc/card.h"

extern const struct card_app ota_app;

#endif
