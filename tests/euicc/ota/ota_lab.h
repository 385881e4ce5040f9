/*
 * The operator's side of SCP80 for tests: builds command packets, wraps them into short messages
 * and ENVELOPEs, opens the answers. Made from the specification for itself: it shares the provider
 * with the card, and no other code.
 */
#ifndef DUNLIN_TESTS_OTA_LAB_H
#define DUNLIN_TESTS_OTA_LAB_H

#include "crypto/crypto.h"
#include "euicc/ota/ota.h"
#include "euicc/ota/ota_elements.h"
#include "euicc/uicc_card.h"
#include "euicc/uicc_package.h"

#define OTA_USIM   "B00011"
#define OTA_UICC   "B00012"
#define OTA_NONE   "B00013"
#define OTA_PARTLY "B00014"
#define OTA_RAM    "B20100"

/* A key set as the sender has it. */
struct ota_set {
    uint8_t
        version; /* 1: AES without counter value; 2, 3: those of pySim's test_ota.py; 4: 3 keys */
    bool aes;
    uint8_t n; /* octets of a key */
    uint8_t kic[32], kid[32], dek[32];
};
extern const struct ota_set OTA_SET_1, OTA_SET_2, OTA_SET_3, OTA_SET_4;

struct ota_send {
    const struct ota_set *set;
    const char *tar;
    uint8_t spi1, spi2;
    uint64_t counter;
    /* faults: XORed to what is right */
    uint8_t spoil_check, spoil_cipher;
    uint8_t kic, kid; /* 0: as the set says */
};

struct ota_answer {
    size_t n; /* octets of the user data; 0: none came */
    uint8_t octets[140];
    uint8_t status;
    uint64_t counter;
    bool secured; /* had a checksum, which was right */
    uint8_t data[140];
    size_t data_n;
};

/* Card with halves of this size, with the elements above in the small package, enabled, and the
 * application of OTA. */
void ota_card(struct uicc *u, uint32_t half);
void ota_card_with(struct uicc *u, uint32_t half, const char *elements);
/* The command packet for this data. */
size_t ota_packet(const struct ota_send *s, slice data, uint8_t *out);
/* User data header and data in one SMS-DELIVER, as ENVELOPE; asserts the status word. */
void ota_envelope(struct uicc *u, slice user_data, uint16_t sw);
/* Sends hex data as one packet, in as many parts as needed, and opens the answer. */
struct ota_answer ota_send(struct uicc *u, const struct ota_send *s, const char *hex);
void ota_open(const struct ota_send *s, slice user_data, struct ota_answer *out);
/* Sends and asserts status 00 and the response data. */
#define ota_expect(u, s, answer, hex) ota_expect_at(u, s, answer, hex, __FILE__, __LINE__)
void ota_expect_at(struct uicc *u, const struct ota_send *s, const char *answer, const char *hex,
                   const char *file, int line);

#endif
