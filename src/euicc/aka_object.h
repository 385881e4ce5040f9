/*
 * What an ADF knows about authentication (akaParameter of the profile package), as objects:
 *
 *   aka_object      algorithm and its constants, or a pointer to the ADF it shares them with
 *   aka_seq_object  32 times SEQ: the array of TS 33.102 C.1.2, 6 octets each, without IND
 *   aka_left_object authentications that are left (authCounterMax), where they are limited
 */
#ifndef DUNLIN_EUICC_AKA_OBJECT_H
#define DUNLIN_EUICC_AKA_OBJECT_H

#include "euicc/profiles.h"

#define AKA_SEQ_COUNT   32
#define AKA_SEQ_OCTETS  6
#define AKA_LEFT_OCTETS 3

/* sqnOptions of the profile package. */
enum { SQN_NO_AK = 1, SQN_NO_WRAP = 2, SQN_NO_DELTA_CHECK = 4, SQN_NO_AGE_CHECK = 8 };

/* mappingOptions: what comes from the source besides the algorithm. */
enum { MAP_COPY_SEQ = 1, MAP_SHARE_OPTIONS = 2, MAP_SHARE_SEQ = 4 };

/*
 * Head of the object; key, opc and, where `constants` is set, rotation (5) and xoring (80) follow.
 * With algorithm 0 it is a mapping: `source` names the ADF's directory, nothing follows.
 */
struct aka_head {
    uint8_t algorithm;
    uint8_t options;
    uint8_t sqn_options;
    uint8_t key_octets, opc_octets;
    uint8_t constants;
    uint8_t iterations;
    uint8_t mapping, source;
    uint8_t limited; /* aka_left_object counts */
    uint8_t delta[AKA_SEQ_OCTETS], age[AKA_SEQ_OCTETS];
};

#define AKA_OBJECT_MAX (sizeof(struct aka_head) + 32 + 32 + 5 + 80)

static inline uint32_t aka_object(uint32_t root, uint8_t dir)
{
    return profile_object(root, PROFILE_AKA, dir);
}

static inline uint32_t aka_seq_object(uint32_t root, uint8_t dir)
{
    return profile_object(root, PROFILE_AKA, 0x100u | dir);
}

static inline uint32_t aka_left_object(uint32_t root, uint8_t dir)
{
    return profile_object(root, PROFILE_AKA, 0x200u | dir);
}

/* Of the last GBA bootstrapping; see gba.c. */
static inline uint32_t aka_gba_object(uint32_t root, uint8_t dir)
{
    return profile_object(root, PROFILE_AKA, 0x300u | dir);
}

#endif
