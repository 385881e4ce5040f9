/*
 * The project's own test profile: MF, TELECOM, a USIM as a modem expects it at boot with DF.5GS,
 * an ISIM if asked for, Milenage (or TUAK, or the test algorithm), a security domain with SCP80
 * keys and remote file management. Access rules are those of SAIP Annex A, so that files need no
 * more than their content.
 *
 * Keys, PUKs and ADM are fresh random numbers unless they are given.
 */
#ifndef DUNLIN_PROFILE_BUILD_H
#define DUNLIN_PROFILE_BUILD_H

#include "base/arena.h"
#include "crypto/aka.h"
#include "profile/identity.h"

/* What the caller may fix; absent slices and zeros get defaults. */
struct build_input {
    slice profile_type; /* UTF-8 for the header */
    slice iccid;        /* 18..20 digits; default: 8900101, random digits, check digit */
    slice imsi;         /* 14..15 digits; default: 001 01 and random digits */
    uint8_t mnc_len;    /* 2 or 3; default 2 */
    slice spn;          /* up to 16 ASCII characters */

    enum aka_algorithm algorithm; /* default Milenage */
    slice k;                      /* 16 octets; 32 for TUAK with 256 bits */
    slice opc;                    /* OPc or TOPc: 16 or 32 octets */
    slice op;                     /* OP or TOP instead, from which OPc is computed */

    slice pin1, puk1, pin2, puk2, adm1; /* digits as in struct profile_change */
    bool isim;
};

/*
 * The package in the arena, which then holds its secrets (arena_free wipes them). *who, if not
 * NULL, says what was chosen; its owner wipes it. E_SIZE, E_SYNTAX, E_RANGE: the input cannot be
 * used; E_ARGUMENT: both op and opc; E_RANDOM, E_CRYPTO.
 */
MUST_USE enum err profile_build(struct arena *arena, const struct crypto *crypto,
                                const struct build_input *in, slice *out,
                                struct profile_identity *who);

#endif
