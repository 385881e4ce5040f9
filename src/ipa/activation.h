/*
 * Activation codes (SGP.22 4.1): 1$<address>$<matching id>[$<OID>[$<1: code required>]], perhaps
 * behind "LPA:".
 */
#ifndef DUNLIN_IPA_ACTIVATION_H
#define DUNLIN_IPA_ACTIVATION_H

#include "base/err.h"
#include "base/slice.h"

#define ACTIVATION_CODE_MAX 255

/* Slices into the text. */
struct activation_code {
    slice address;     /* not empty */
    slice matching_id; /* present, possibly empty */
    slice oid;         /* "2.999.10", or absent */
    bool code_required;
};

/* E_SYNTAX, E_SIZE (longer than 255), E_UNSUPPORTED (format other than 1). */
MUST_USE enum err activation_code_read(slice text, struct activation_code *out);

/* Can it be dialled? A name or numeric address, perhaps with a port. */
bool activation_is_host(slice s);

#endif
