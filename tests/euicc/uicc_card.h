/*
 * A card in static memory for the tests of the UICC half: boots it, installs a package straight
 * through the installer and exchanges APDUs written as hex.
 */
#ifndef DUNLIN_TESTS_UICC_CARD_H
#define DUNLIN_TESTS_UICC_CARD_H

#include "crypto/crypto.h"
#include "euicc/card.h"
#include "euicc/profiles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define UICC_MEMORY 65536
#define UICC_HALF   65536

struct uicc {
    struct card *card;
    struct nvm nvm;
    struct nvm_ram ram;
    struct card_personality personality;
    uint8_t reply[600]; /* of the last command, without its status word */
    size_t n;
    uint16_t sw;
    _Alignas(8) uint8_t memory[UICC_MEMORY];
    uint8_t octets[UICC_HALF * NVM_HALVES];
};

/* A fresh card. */
void uicc_new(struct uicc *u);
/* Power off and on; the NVM keeps its octets. */
void uicc_boot(struct uicc *u);

/* One APDU; GET RESPONSE is sent where the card asks for it. */
uint16_t uicc_send(struct uicc *u, slice command);
/* Same from hex, white space allowed; printf-like. */
uint16_t uicc_apdu(struct uicc *u, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Asserts the status word and, when it is not NULL, the reply (hex). */
#define uicc_expect(u, sw_, hex, ...) uicc_expect_at(u, sw_, hex, __FILE__, __LINE__, __VA_ARGS__)
void uicc_expect_at(struct uicc *u, uint16_t sw, const char *hex, const char *file, int line,
                    const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* The octets of a file under ../shared/data; absent, with a message, where it is not there. */
slice uicc_data(const char *name);

#define UICC_TS48 "ts48/ts48-v7-bertlv-suci.der"

/* Installs a package in one transaction; its header's ICCID becomes that of the profile. */
struct profile_outcome uicc_install(struct uicc *u, slice package, uint8_t aid_octet);
/* New card, TS.48 package installed and enabled. False where the data is not there. */
bool uicc_ts48(struct uicc *u);

/* A transaction outside of an APDU, as ISD-R's handlers have one around them. */
void uicc_commit(struct uicc *u);

size_t uicc_hex(const char *text, uint8_t *out, size_t size);

#endif
