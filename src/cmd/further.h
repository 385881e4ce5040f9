/*
 * Further certificate hierarchies that an SM-DP+ serves beside that of --pki: of each the CI, whose
 * eUICCs are believed, and a pair of CERT.DPauth and CERT.DPpb under it. The CIs may differ in
 * curve; all certificates have the OID of the one SM-DP+ (smdp_open sees to that).
 */
#ifndef DUNLIN_CMD_FURTHER_H
#define DUNLIN_CMD_FURTHER_H

#include "cmd/served.h"
#include "pki/keystore.h"
#include "smdp/smdp.h"

#define FURTHER_MAX 7

struct further {
    size_t count;
    struct {
        struct identity ci, auth, pb; /* the CI's signer is not used */
    } of[FURTHER_MAX];
};

/* Adds the hierarchy in dir, its CI to the trust. *out borrows from f. */
MUST_USE enum err further_open(struct further *f, const char *dir, struct trust *trust,
                               struct smdp_credential *out, struct reason *r);
void further_close(struct further *f);

/* Borrows from both. */
struct smdp_credential further_credential(const struct identity *auth, const struct identity *pb);

#endif
