/*
 * The variables of a profile template: what one subscriber's profile has for itself, by the names
 * that a CSV file, a template file and the HLR's file use.
 *
 * A value is read from text once and is then octets: digits and names stay text, keys become
 * octets. Values hold secrets: their owner wipes them.
 */
#ifndef DUNLIN_PROFILE_VARIABLES_H
#define DUNLIN_PROFILE_VARIABLES_H

#include "base/err.h"
#include "base/slice.h"

enum variable_what {
    VARIABLE_ICCID,
    VARIABLE_IMSI,
    VARIABLE_MSISDN,
    VARIABLE_K,
    VARIABLE_OPC,
    VARIABLE_OP, /* from which OPc is computed; it lies nowhere in the profile */
    VARIABLE_PIN,
    VARIABLE_PUK,
    VARIABLE_KEY, /* of a security domain */
    VARIABLE_ACC,
    VARIABLE_SPN,
    VARIABLE_SMSC,
    VARIABLE_GID,
    VARIABLE_ROUTING,
    VARIABLE_SUCI_SCHEME,
    VARIABLE_SUCI_KEY_ID,
    VARIABLE_SUCI_KEY,
    VARIABLE_SERVICE, /* a bit of EF.UST */
};

#define VARIABLE_NAME_MAX 40

struct variable {
    char name[VARIABLE_NAME_MAX];
    enum variable_what what;
    uint16_t
        number;     /* reference of a PIN or PUK, service of EF.UST; of a key: KVN and identifier */
    uint8_t domain; /* of a key: number of its security domain, from 1 */
    uint8_t size;   /* of a key in octets */
    bool triple_des; /* of a key: 16 or 24 octets; else also 32 */
    bool secret;
    bool keep; /* not generated when it is not given */
};

/* The longest: a point of P-256 that is not compressed. */
#define VALUE_MAX 72

struct value {
    bool given;
    uint8_t n;
    uint8_t b[VALUE_MAX];
};

static inline slice value_slice(const struct value *v)
{
    return v->given ? slice_of(v->b, v->n) : SLICE_NONE;
}

/*
 * Reads one value. E_SYNTAX or E_SIZE; `why` then says what is accepted. An ICCID of 18 digits gets
 * its check digit; one of 19 or 20 must have it.
 */
#define VALUE_WHY 96
MUST_USE enum err value_read(const struct variable *v, slice text, struct value *out,
                             char why[VALUE_WHY]);
/* The text of a value as it is read: digits, or hexadecimal. Needs 2 * VALUE_MAX + 1 octets. */
void value_write(const struct variable *v, const struct value *in, char *out, size_t size);

/*
 * GSM default alphabet where every character has its place there, else UCS2 (TS 102 221 Annex A,
 * coding 80), padded with FF. E_SYNTAX: no UTF-8, or outside the Basic Multilingual Plane; E_SIZE.
 */
MUST_USE enum err alpha_encode(slice utf8, uint8_t *out, size_t n);
/* A number with or without '+' as in EF.MSISDN and EF.SMSP: length, TON and NPI, 10 octets of BCD.
 */
#define DIALLED_LEN 12
MUST_USE enum err dialled_encode(slice number, uint8_t out[DIALLED_LEN]);

#endif
