/*
 * RSP sessions of a server: from InitiateAuthentication to the end of what the role does with the
 * eUICC that it authenticated. They live in memory: a restart loses them, and the next message of
 * the eUICC is answered with "unknown transaction" (DPP-039). They hold no secret of their own, but
 * the keyring with which they began, whose keys live as long as its last session.
 *
 * A session that is worked on is taken out of the table, so that no lock is held during
 * cryptography and no two requests work on the same session; to others it does not exist meanwhile.
 *
 * The table has a fixed number of places. When they are used up, the oldest session that has not
 * authenticated its eUICC gives way: such sessions cost their peer nothing, the others do.
 *
 * A role that keeps more of a session has a struct of its own, whose first member is this one.
 */
#ifndef DUNLIN_CMA_SESSION_H
#define DUNLIN_CMA_SESSION_H

#include "pki/keyring.h"
#include "store/turn.h"

#include <pthread.h>

#define TRANSACTION_ID_LEN 16
#define CHALLENGE_LEN      16
#define ADDRESS_MAX        255

enum session_phase {
    SESSION_INITIATED,     /* awaits AuthenticateClient */
    SESSION_AUTHENTICATED, /* SM-DP+: awaits GetBoundProfilePackage or CancelSession */
    SESSION_BOUND,         /* SM-DP+: the package was sent; may be asked for again, or cancelled */
};

struct cma_session {
    struct cma_session *hash_next;
    struct cma_session *older, *newer; /* among the sessions of its list: began before, after */
    enum session_phase phase;
    int64_t expires_ms;
    uint8_t transaction_id[TRANSACTION_ID_LEN];
    uint8_t server_challenge[CHALLENGE_LEN];
    uint8_t address[ADDRESS_MAX]; /* as the LPA wrote it: it compares */
    uint8_t address_len;
    struct keyring *keys;         /* counted: who this server is for the whole session */
    const struct credential *own; /* of the keys: that the eUICC was shown */
    slice ci; /* key identifier, of the keys: CI under which the eUICC was told to sign */

    /* from AuthenticateClient on */
    uint8_t eid[16];
    struct public_key *euicc_key; /* counted */
};

struct cma_table {
    pthread_mutex_t lock;
    void *places; /* as many as were asked for, `size` octets each */
    size_t size;
    struct cma_session *free; /* by hash_next */
    struct cma_session **buckets;
    size_t bucket_mask;
    void (*drop)(struct cma_session *); /* the role's own part; may be NULL */
    struct {
        struct cma_session *oldest, *newest;
    } lists[2]; /* [0] initiated, [1] later ones */
};

/* count: sessions at a time, of size octets each. drop: frees what the role put into one. */
MUST_USE enum err cma_table_open(struct cma_table *t, size_t count, size_t size,
                                 void (*drop)(struct cma_session *));
void cma_table_close(struct cma_table *t);

/* A fresh place, taken out. E_LIMIT when every session is authenticated and alive. */
MUST_USE enum err cma_session_new(struct cma_table *t, int64_t now_ms, struct cma_session **out);
/* Takes out the session of this id; NULL when unknown, expired, or taken out by another. */
struct cma_session *cma_session_take(struct cma_table *t, slice transaction_id, int64_t now_ms);
/* Puts it back where others find it. */
void cma_session_put(struct cma_table *t, struct cma_session *s);
/* Ends a session that was taken out. */
void cma_session_end(struct cma_table *t, struct cma_session *s);
/* Ends all that have expired; how many. Keys that were theirs alone are wiped with it. */
size_t cma_session_expire(struct cma_table *t, int64_t now_ms);

/* ---- sessions follow their turn ---- */

/*
 * Committed, the session goes back with its changes (or ends); not committed, it goes back as it
 * was when it was taken out. A role that keeps more of it has a struct whose first member this is.
 */
struct cma_hold {
    struct cma_table *table;
    struct cma_session *session;
    struct cma_session before; /* as it was */
    bool over;                 /* ends when committed */
    bool fresh;                /* ends when not committed */
    /* Before it goes back: what becomes of the role's own part; may be NULL. */
    void (*settled)(struct cma_hold *h, bool committed);
};

/* size: of the role's struct. On E_MEMORY the session is back already. */
MUST_USE enum err cma_hold(struct cma_table *table, struct cma_session *session, size_t size,
                           struct turn *t, struct cma_hold **out);
/* For a session that is not in the table yet: it ends unless the turn is committed. */
MUST_USE enum err cma_hold_new(struct cma_table *table, struct cma_session *session,
                               struct turn *t);
/* For a handler that fails: as if it had never taken the session. */
void cma_let_go(struct turn *t);

#endif
