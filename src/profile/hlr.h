/*
 * The file that an HLR or UDM (and an OTA platform) is loaded from: a row of CSV for each
 * subscriber, with the values of the template's variables under their names.
 *
 * A secret under a transport key stands in a column NAME_sealed: hexadecimal of nonce (12 octets),
 * AES-GCM's ciphertext, tag (16 octets). The plain text is the octets of a key, or the digits of a
 * PIN; the additional data is "ICCID:NAME", so that a value opens at its own place only. Without a
 * transport key the column is NAME and the value stands there as it is.
 */
#ifndef DUNLIN_PROFILE_HLR_H
#define DUNLIN_PROFILE_HLR_H

#include "profile/factory.h"

#define HLR_NONCE_LEN 12
#define HLR_SEALED    "_sealed"
/* A row of every variable, sealed. */
#define HLR_ROW_MAX ((size_t)FACTORY_VARIABLES * 256)

struct hlr {
    const struct crypto *crypto;
    slice key;                      /* 16 or 32 octets; absent: plain */
    bool column[FACTORY_VARIABLES]; /* which variables are written */
};

/* Both write a line with its line feed and a NUL; *n is its length without the NUL. E_NOSPACE. */
MUST_USE enum err hlr_header(const struct hlr *h, const struct factory *f, char *out, size_t size,
                             size_t *n);
MUST_USE enum err hlr_row(const struct hlr *h, const struct factory *f, const struct value *values,
                          char *out, size_t size, size_t *n);

/*
 * Opens a sealed value. name: without "_sealed". *out is the text (digits, or hexadecimal); its
 * owner wipes it. E_SYNTAX, E_SIZE, E_BADMAC.
 */
MUST_USE enum err hlr_open(const struct crypto *c, slice key, slice iccid, slice name, slice sealed,
                           char *out, size_t size);

#endif
