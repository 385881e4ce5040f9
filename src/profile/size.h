/*
 * What a profile needs on a card, for the SM-DP+'s eligibility check before a download: compared
 * with the free non-volatile memory (tag 82) of extCardResource in EUICCInfo2.
 */
#ifndef DUNLIN_PROFILE_SIZE_H
#define DUNLIN_PROFILE_SIZE_H

#include "profile/model.h"

struct profile_size {
    unsigned directories, files, links; /* links are files, too */
    uint64_t content;   /* octets of all bodies, BER-TLV files with their capacity */
    uint64_t code;      /* load blocks of applications */
    uint64_t installed; /* with what a card keeps beside: our estimate */
};

/* Octets that a card keeps for each file and directory beside its content, and for other objects.
 */
#define SIZE_PER_FILE      32
#define SIZE_PER_DIRECTORY 64
#define SIZE_PER_OBJECT    48

struct profile_size profile_size(const struct profile_model *m);

/* Octets under a tag (0x81, 0x82, 0x83) of extCardResource; E_MISSING, E_SYNTAX. */
MUST_USE enum err card_resource(slice ext_card_resource, uint32_t tag, uint64_t *out);

#endif
