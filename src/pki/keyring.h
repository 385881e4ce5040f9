/*
 * What the servers of a process sign with and whom they believe: one generation of it, and the
 * place where the generation in force stands.
 *
 * A keyring is filled, then put in force, and never changes again. It is counted: a session holds
 * the keyring with which it began until it ends, so that what it signs later fits what it signed
 * first. When the last holder drops it, all its private keys are closed, which wipes those that are
 * in this process.
 */
#ifndef DUNLIN_PKI_KEYRING_H
#define DUNLIN_PKI_KEYRING_H

#include "pki/keystore.h"

#include <pthread.h>

#define KEYRING_CREDENTIALS 8 /* of one server: a credential for each CI and curve */

enum keyring_server { KEYRING_DP, KEYRING_DS, KEYRING_SERVERS };

/* With which a server proves itself under one CI. */
struct credential {
    struct identity auth; /* CERT.DPauth or CERT.DSauth */
    struct identity pb;   /* CERT.DPpb, of the same CI and server; empty at an SM-DS */
};

struct credentials {
    size_t count;
    struct credential of[KEYRING_CREDENTIALS]; /* in order of preference */
};

struct keyring {
    atomic_size_t uses;
    uint64_t generation; /* 1 for the first that is in force at its place */
    struct trust trust;  /* CIs whose eUICCs are served; the first is preferred */
    uint8_t *ci[TRUST_MAX];
    struct credentials servers[KEYRING_SERVERS];
};

/* Empty, with one use, that of the caller. cache: entries of the cache of chains; 0: none. */
MUST_USE enum err keyring_open(const struct crypto *c, size_t cache, struct keyring **out);
/* The certificate is copied. What trust_add_cert says, or E_MEMORY. */
MUST_USE enum err keyring_add_ci(struct keyring *k, slice der);
/*
 * Takes *c over (it is empty afterwards) when everything holds: each certificate is of its role,
 * valid at now_s (unless NO_TIME), issued by a CI that was added, its key is that of the signer
 * (E_BADKEY), both of a pair are of the same server, and all of one server have one registered ID.
 * Otherwise *c stays the caller's, and *fault (may be NULL) says which certificate and why.
 */
MUST_USE enum err keyring_add(struct keyring *k, enum keyring_server server, struct credential *c,
                              int64_t now_s, struct chain_fault *fault);
struct keyring *keyring_hold(struct keyring *k);
/* NULL does nothing. */
void keyring_drop(struct keyring *k);

/* The registered ID of a server's certificates, content of the OID; absent: it has none. */
slice keyring_oid(const struct keyring *k, enum keyring_server server);

/* Closes both identities. */
void credential_close(struct credential *c);

/* ---- which one is in force ---- */

struct keyring_place {
    pthread_mutex_t lock; /* guards the pointer, not the keyring */
    struct keyring *now;
};

/* Takes over the caller's use of k, which becomes generation 1. */
void keyring_place_open(struct keyring_place *p, struct keyring *k);
/* An empty place (all zero) is left alone. */
void keyring_place_close(struct keyring_place *p);
/* That in force, held for the caller. */
struct keyring *keyring_now(struct keyring_place *p);
/* Puts k in force for what begins from now on; takes over the caller's use of it. */
void keyring_replace(struct keyring_place *p, struct keyring *k);

#endif
