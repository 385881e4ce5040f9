/*
 * PINs, PUKs and administrative keys of a profile (TS 102 221 9.5), each an object of its own, so
 * that a counter is one small record in the journal.
 */
#ifndef DUNLIN_EUICC_PIN_H
#define DUNLIN_EUICC_PIN_H

#include "euicc/profiles.h"

#define PIN_VALUE 8

/* pinAttributes of the profile package. */
enum { PIN_ENABLED = 1, PIN_CHANGEABLE = 2, PIN_SWITCHABLE = 4 };

/* Layout of the object; the counter stands first. */
struct pin {
    uint8_t left, max;
    uint8_t attributes;
    uint8_t puk; /* reference of its PUK, 0: none */
    uint8_t value[PIN_VALUE];
};

static inline uint32_t pin_object(uint32_t root, uint8_t dir, uint8_t reference)
{
    return profile_object(root, PROFILE_PIN, (uint32_t)dir << 8 | reference);
}

/* PUKs are known by label only; they live beside the directories. attributes and puk unused. */
static inline uint32_t puk_object(uint32_t root, uint8_t reference)
{
    return profile_object(root, PROFILE_PIN, 0xFF00u | reference);
}

/* One octet: the directory whose local PINs this one shares. */
static inline uint32_t pin_share_object(uint32_t root, uint8_t dir)
{
    return profile_object(root, PROFILE_PIN, (uint32_t)dir << 8);
}

/* 81..88 belong to a directory; 01..08, 0A..0E and 8A..8E to the MF. */
static inline bool pin_reference_local(uint8_t reference)
{
    return reference >= 0x81 && reference <= 0x88;
}

static inline bool pin_reference_valid(uint8_t reference)
{
    uint8_t low = reference & 0x7F;

    return (low >= 0x01 && low <= 0x08) || (low >= 0x0A && low <= 0x0E);
}

#endif
