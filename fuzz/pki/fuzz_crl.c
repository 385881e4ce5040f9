/*
 * Revocation lists as a peer sends them: parsed from a copy of exact size, walked, and verified
 * with a key that nobody has.
 */
#include "pki/crl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct public_key *somebody(void)
{
    static struct public_key *key;
    const struct crypto *crypto = crypto_openssl();
    struct ec_scalar secret;
    struct ec_point point;

    if (!key && (!crypto || crypto_key_pair(crypto, CURVE_P256, &secret, &point) ||
                 key_open(crypto, CURVE_P256, &point, &key)))
        abort();
    return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    struct crl crl;

    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    if (!crl_parse(slice_of(copy, size), &crl)) {
        struct crl_entry e;
        size_t octets = 0;

        for (slice rest = crl.revoked; crl_next(&rest, &e);)
            octets += e.serial.n;
        if (octets > size || !crl.number.n || !crl.aki.n || crl.part > crl.parts ||
            crl_number_compare(crl.number, crl.number))
            abort();
        if (!crl_verify_signature(&crl, somebody()))
            abort(); /* a forgery */
    }
    free(copy);
    return 0;
}
