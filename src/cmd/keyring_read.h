/*
 * What the servers of a process sign with and whom they believe, read from folders that are laid
 * out as pki/keystore.h says: that of --pki, and further hierarchies that are served beside it
 * (--credential), whose CIs may differ in curve. Of each the CI, and the certificates of the
 * servers that run: CERT.DPauth and CERT.DPpb, CERT.DSauth.
 */
#ifndef DUNLIN_CMD_KEYRING_READ_H
#define DUNLIN_CMD_KEYRING_READ_H

#include "cmd/reason.h"
#include "pki/keyring.h"

#define FURTHER_MAX (KEYRING_CREDENTIALS - 1)

struct keyring_folders {
    const char *pki;
    const char *const *further;
    size_t further_count;          /* at most FURTHER_MAX */
    bool servers[KEYRING_SERVERS]; /* that run */
};

/*
 * All of it or nothing; `r` is a sentence that names the file at fault. now_s: when certificates
 * have to be valid, or NO_TIME.
 */
MUST_USE enum err keyring_read(const struct crypto *c, const struct keyring_folders *f,
                               int64_t now_s, struct keyring **out, struct reason *r);

/* One certificate with its key; likewise. */
MUST_USE enum err identity_read(const struct crypto *c, const char *dir, enum cert_role role,
                                struct identity *out, struct reason *r);

#endif
