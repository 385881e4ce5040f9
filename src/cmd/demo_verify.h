/*
 * Proof that a profile is the one in force: its ICCID and IMSI stand in the files, and the card
 * answers AUTHENTICATE with the right RES, CK and IK for its K.
 */
#ifndef DUNLIN_CMD_DEMO_VERIFY_H
#define DUNLIN_CMD_DEMO_VERIFY_H

#include "crypto/aka.h"
#include "reader/terminal.h"

struct demo_expected {
    const struct crypto *crypto;
    const uint8_t *iccid_ef; /* 10 octets */
    const char *imsi;
    const struct aka_params *aka;
};

/* false: what[] says which part does not hold. Resets nothing; uses the basic channel. */
bool demo_verify(const struct card_link *link, const struct demo_expected *x, char *what,
                 size_t what_size);

#endif
