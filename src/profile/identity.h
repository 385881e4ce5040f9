/*
 * What makes one profile differ from the next: ICCID, IMSI, keys, PINs. Read from a package, and
 * written into a copy of it (personalisation).
 */
#ifndef DUNLIN_PROFILE_IDENTITY_H
#define DUNLIN_PROFILE_IDENTITY_H

#include "base/text.h"
#include "crypto/aka.h"
#include "profile/model.h"

#define IMSI_DIGITS 15

/* EF.IMSI (TS 31.102 4.2.2): 6..15 digits <-> 9 octets. E_SIZE, E_SYNTAX. */
#define IMSI_LEN 9
MUST_USE enum err imsi_encode(slice digits, uint8_t out[IMSI_LEN]);
MUST_USE enum err imsi_decode(slice ef, char digits[IMSI_DIGITS + 1]);

/*
 * Private and public identity and home domain of an ISIM as derived from the IMSI (TS 23.003 13.2
 * to 13.4). imsi: 6 to 15 digits.
 */
struct isim_names {
    char domain[64], impi[96], impu[104];
};
void isim_names_of(slice imsi, unsigned mnc_len, struct isim_names *out);

/* What a package says of itself. Holds a key: the owner wipes it. */
struct profile_identity {
    char iccid[ICCID_DIGITS + 1];
    uint8_t iccid_ef[ICCID_LEN]; /* as in EF.ICCID and StoreMetadata */
    slice profile_type;          /* UTF-8, absent when the package has none */
    char imsi[IMSI_DIGITS + 1];  /* of the first USIM; "" without one */
    uint8_t mnc_len;             /* 2 or 3 (EF.AD); 2 when that does not say */
    bool has_aka;                /* the first USIM has an algorithm of its own */
    struct aka_params aka;
};
/* E_MISSING without a header. */
MUST_USE enum err profile_identify(const struct profile_model *m, struct profile_identity *out);

/* What to change; absent slices stay as they are. Digits are text. */
struct profile_change {
    slice iccid;  /* 18..20 digits */
    slice imsi;   /* 6..15 digits; EF.ACC and the ISIM's identities follow */
    slice k, opc; /* in every algorithm; opc (TOPc) only where the algorithm has one */
    slice pin1, puk1, pin2, puk2, adm1; /* 4..8 digits */
};

/*
 * A copy of the package with the changes, in the arena (which then holds its keys: arena_free wipes
 * them). Every USIM and ISIM gets the same identity and keys; algorithms that are mapped to another
 * application follow it.
 *
 * E_SIZE: a value has not the length that its place has (k of 16 octets, digits ...), or a file is
 * too small for what it should hold. E_ARGUMENT: k without opc for an algorithm that has one.
 * E_NOTFOUND: the package has no such place (an IMSI without USIM, puk1 without a PUK ...).
 * Other errors: the package cannot be read.
 */
MUST_USE enum err profile_personalise(struct arena *arena, slice package,
                                      const struct profile_change *change, slice *out);

#endif
