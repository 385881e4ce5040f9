/*
 * Relayed RSP sessions of the eIM: which SM-DP+ a transactionId belongs to. They live in memory; a
 * restart loses them, and the next step of the IPA is answered with invalidTransactionId. They hold
 * no secret. When all places are used up the oldest session gives way.
 */
#ifndef DUNLIN_EIM_RELAYS_H
#define DUNLIN_EIM_RELAYS_H

#include "base/err.h"
#include "base/slice.h"

#include <pthread.h>

#define RELAY_ID_MAX   16
#define RELAY_HOST_MAX 255

struct relay_session {
    uint8_t id[RELAY_ID_MAX];
    uint8_t id_len;
    uint8_t host_len;
    uint8_t host[RELAY_HOST_MAX];
    int64_t order_id; /* 0: none */
    int64_t expires_ms;
    int64_t moved_ms; /* when its last step began */
};

struct relay_place;

struct relay_table {
    pthread_mutex_t lock;
    struct relay_place *places;
    size_t count, next; /* places are used in turn */
    uint32_t *buckets;  /* place + 1; 0: empty */
    size_t bucket_mask;
};

/* E_MEMORY. */
MUST_USE enum err relay_table_open(struct relay_table *t, size_t count);
void relay_table_close(struct relay_table *t);

/* Adds or replaces the session of this id. */
void relay_put(struct relay_table *t, const struct relay_session *s);
/* For the next step: a copy; false when unknown or expired. */
bool relay_find(struct relay_table *t, slice id, int64_t now_ms, struct relay_session *out);
/* Whether it has begun a step since that time, and may go on. */
bool relay_moved(struct relay_table *t, slice id, int64_t now_ms, int64_t since_ms);
void relay_end(struct relay_table *t, slice id);

#endif
