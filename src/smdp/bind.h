/*
 * Binding a profile package to one eUICC (SGP.22 2.5.3, 2.5.4, 5.5).
 *
 * A Bound Profile Package is BF36 { BF23, A0 {87..}, A1 {88..}, A2 {87..} optional, A3 {86..} }.
 * With profile protection keys (A2 present) the costly A3 is the same for every eUICC: it is made
 * once when the profile is added, and a download seals only the few octets of A0, A1 and A2. With
 * session keys A3 is sealed for each binding.
 *
 * On a retry with the same one-time keys everything but BF23 is sent again unchanged
 * (SGP.22 5.6.2): `head` and, with session keys, `elements` are kept for that.
 */
#ifndef DUNLIN_SMDP_BIND_H
#define DUNLIN_SMDP_BIND_H

#include "base/arena.h"
#include "crypto/bsp.h"
#include "crypto/signer.h"

/* MAC chaining value, PPK-ENC, PPK-CMAC: the content of ReplaceSessionKeys, in its order */
#define SMDP_KEYS_LEN 48
#define SMDP_HOST_LEN 8

/*
 * Protects a package under fresh random keys. keys: SMDP_KEYS_LEN octets in the arena, secret;
 * elements: A3, whole.
 */
MUST_USE enum err smdp_protect(const struct crypto *c, slice package, struct arena *arena,
                               slice *keys, slice *elements);

struct smdp_bind {
    const struct crypto *crypto;
    const struct signer *signer; /* of CERT.DPpb */
    slice transaction_id;
    slice eid;
    slice euicc_otpk; /* 65 octets */

    /* a new binding */
    slice metadata; /* BF25, whole */
    slice keys;     /* absent: session keys */
    slice package;  /* for session keys */

    /* a repeated one: the three of the first; otherwise absent */
    slice smdp_otpk;
    slice host_id;
    slice head;

    slice elements; /* A3 under `keys`, or of the first binding; absent for new session keys */
};

/* Slices of the result point into the arena, `head` and `elements` into `response`. */
struct smdp_bound {
    slice response; /* GetBoundProfilePackageResponse: BF3A { A0 { 80 tid, BF36 } } */
    slice smdp_otpk;
    slice host_id;
    slice head;     /* A0, A1, A2 */
    slice elements; /* A3 */
};

/* E_BADKEY when the eUICC's one-time key is not on the signer's curve; E_MEMORY; E_CRYPTO. */
MUST_USE enum err smdp_bind(const struct smdp_bind *in, struct arena *arena,
                            struct smdp_bound *out);

#endif
