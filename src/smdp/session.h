/*
 * RSP sessions of an SM-DP+: from InitiateAuthentication to the end of GetBoundProfilePackage or
 * CancelSession. They live in memory: a restart loses them, and the next message of the eUICC is
 * answered with "unknown transaction" (DPP-039). They hold no secret: the one-time private key of
 * a binding exists only inside one call of the provider.
 *
 * A session that is worked on is taken out of the table, so that no lock is held during
 * cryptography and no two requests work on the same session; to others it does not exist meanwhile.
 *
 * The table has a fixed number of places. When they are used up, the oldest session that has not
 * authenticated its eUICC gives way: such sessions cost their peer nothing, the others do.
 */
#ifndef DUNLIN_SMDP_SESSION_H
#define DUNLIN_SMDP_SESSION_H

#include "crypto/crypto.h"

#include <pthread.h>

#define TRANSACTION_ID_LEN 16
#define CHALLENGE_LEN      16
#define ADDRESS_MAX        255

enum session_phase {
    SESSION_INITIATED,     /* awaits AuthenticateClient */
    SESSION_AUTHENTICATED, /* awaits GetBoundProfilePackage or CancelSession */
    SESSION_BOUND,         /* the package was sent; may be asked for again, or cancelled */
};

struct smdp_credential;
struct smdp_order;

struct session {
    struct session *hash_next;
    struct session *older, *newer; /* among the sessions of its phase: began before, after */
    enum session_phase phase;
    int64_t expires_ms;
    uint8_t transaction_id[TRANSACTION_ID_LEN];
    uint8_t server_challenge[CHALLENGE_LEN];
    uint8_t address[ADDRESS_MAX]; /* as the LPA wrote it: it compares */
    uint8_t address_len;
    slice ci; /* key identifier, of the trust: CI under which the eUICC was told to sign */
    const struct smdp_credential *credential;

    /* from AuthenticateClient on */
    uint8_t eid[16];
    uint8_t iccid[10];
    struct smdp_order *order;     /* as this session left it, from the heap; NULL: to be read */
    int64_t ordered_ms;           /* tells the order from a later one of the same profile */
    struct public_key *euicc_key; /* counted */
    uint8_t *metadata;            /* of the profile as announced, from the heap; what is bound */
    size_t metadata_n;
    uint8_t signature2[SIG_LEN]; /* ours: the eUICC signs it again */
};

struct session_table {
    pthread_mutex_t lock;
    struct session *places; /* `count` of them */
    struct session *free;   /* by hash_next */
    struct session **buckets;
    size_t bucket_mask;
    struct {
        struct session *oldest, *newest;
    } lists[2]; /* [0] initiated, [1] authenticated and bound */
};

/* count: sessions at a time. E_MEMORY. */
MUST_USE enum err session_table_open(struct session_table *t, size_t count);
void session_table_close(struct session_table *t);

/* A fresh place, taken out. E_LIMIT when every session is authenticated and alive. */
MUST_USE enum err session_new(struct session_table *t, int64_t now_ms, struct session **out);
/* Takes out the session of this id; NULL when unknown, expired, or taken out by another. */
struct session *session_take(struct session_table *t, slice transaction_id, int64_t now_ms);
/* Puts it back where others find it. */
void session_put(struct session_table *t, struct session *s);
/* Ends a session that was taken out. */
void session_end(struct session_table *t, struct session *s);
/* Ends all that have expired; how many. */
size_t session_expire(struct session_table *t, int64_t now_ms);

#endif
