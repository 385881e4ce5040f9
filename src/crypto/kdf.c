#include "crypto/kdf.h"

#include "base/secret.h"

enum err kdf_x963(const struct crypto *c, slice z, const slice *info, size_t count, uint8_t *out,
                  size_t n)
{
    uint8_t counter[4] = { 0, 0, 0, 0 }, block[DIGEST_LEN];
    slice parts[2 + KDF_PARTS_MAX] = { z, SLICE_OF(counter) };
    enum err err = E_OK;

    if (count > KDF_PARTS_MAX || n > 255 * (size_t)DIGEST_LEN)
        return E_ARGUMENT;
    for (size_t i = 0; i < count; i++)
        parts[2 + i] = info[i];
    while (n && !err) {
        size_t now = n < DIGEST_LEN ? n : DIGEST_LEN;

        counter[3]++;
        err = crypto_sha256(c, parts, 2 + count, block);
        if (!err)
            memcpy(out, block, now);
        out += now;
        n -= now;
    }
    wipe(block, sizeof block);
    return err;
}

enum err confirmation_code_hash(const struct crypto *c, slice code, uint8_t out[DIGEST_LEN])
{
    return crypto_sha256(c, &code, 1, out);
}

enum err hash_cc(const struct crypto *c, const uint8_t code_hash[DIGEST_LEN], slice transaction_id,
                 uint8_t out[DIGEST_LEN])
{
    slice parts[] = { slice_of(code_hash, DIGEST_LEN), transaction_id };

    return crypto_sha256(c, parts, COUNT(parts), out);
}
