#include "smdp/session.h"

#include "base/secret.h"

#include <stdlib.h>

enum err session_table_open(struct session_table *t, size_t count)
{
    size_t buckets = 16;

    memset(t, 0, sizeof *t);
    while (buckets < count)
        buckets *= 2;
    t->places = calloc(count, sizeof *t->places);
    t->buckets = calloc(buckets, sizeof(struct session *));
    if (!t->places || !t->buckets) {
        free(t->places);
        free(t->buckets);
        return E_MEMORY;
    }
    t->bucket_mask = buckets - 1;
    for (size_t i = count; i > 0; i--) {
        t->places[i - 1].hash_next = t->free;
        t->free = &t->places[i - 1];
    }
    pthread_mutex_init(&t->lock, NULL);
    return E_OK;
}

/* The end of the id is random and spreads evenly. */
static struct session **bucket(struct session_table *t, const uint8_t id[TRANSACTION_ID_LEN])
{
    uint32_t h;

    memcpy(&h, id + TRANSACTION_ID_LEN - sizeof h, sizeof h);
    return &t->buckets[h & t->bucket_mask];
}

static unsigned list_of(const struct session *s)
{
    return s->phase == SESSION_INITIATED ? 0 : 1;
}

/* ---- with the lock held ---- */

static void unlink_session(struct session_table *t, struct session *s)
{
    struct session **at = bucket(t, s->transaction_id);
    unsigned l = list_of(s);

    while (*at != s)
        at = &(*at)->hash_next;
    *at = s->hash_next;
    *(s->older ? &s->older->newer : &t->lists[l].oldest) = s->newer;
    *(s->newer ? &s->newer->older : &t->lists[l].newest) = s->older;
}

/* Lists are kept by expiry; a session that comes back belongs near the newer end. */
static void link_session(struct session_table *t, struct session *s)
{
    struct session **at = bucket(t, s->transaction_id);
    unsigned l = list_of(s);
    struct session *older = t->lists[l].newest;

    s->hash_next = *at;
    *at = s;
    while (older && older->expires_ms > s->expires_ms)
        older = older->older;
    s->older = older;
    s->newer = older ? older->newer : t->lists[l].oldest;
    *(s->older ? &s->older->newer : &t->lists[l].oldest) = s;
    *(s->newer ? &s->newer->older : &t->lists[l].newest) = s;
}

static void release(struct session_table *t, struct session *s)
{
    key_drop(s->euicc_key);
    free(s->metadata);
    free(s->order);
    wipe(s, sizeof *s);
    s->hash_next = t->free;
    t->free = s;
}

static size_t expire(struct session_table *t, int64_t now_ms)
{
    size_t n = 0;

    for (unsigned l = 0; l < COUNT(t->lists); l++) {
        while (t->lists[l].oldest && t->lists[l].oldest->expires_ms <= now_ms) {
            struct session *s = t->lists[l].oldest;

            unlink_session(t, s);
            release(t, s);
            n++;
        }
    }
    return n;
}

/* ---- */

void session_table_close(struct session_table *t)
{
    if (!t->places)
        return;
    expire(t, INT64_MAX);
    pthread_mutex_destroy(&t->lock);
    free(t->places);
    free(t->buckets);
    memset(t, 0, sizeof *t);
}

enum err session_new(struct session_table *t, int64_t now_ms, struct session **out)
{
    struct session *s;

    pthread_mutex_lock(&t->lock);
    expire(t, now_ms);
    if (!t->free && t->lists[0].oldest) {
        s = t->lists[0].oldest;
        unlink_session(t, s);
        release(t, s);
    }
    s = t->free;
    if (s)
        t->free = s->hash_next;
    pthread_mutex_unlock(&t->lock);
    *out = s;
    if (!s)
        return E_LIMIT;
    memset(s, 0, sizeof *s);
    return E_OK;
}

struct session *session_take(struct session_table *t, slice id, int64_t now_ms)
{
    struct session *s;

    if (id.n != TRANSACTION_ID_LEN)
        return NULL;
    pthread_mutex_lock(&t->lock);
    expire(t, now_ms);
    s = *bucket(t, id.p);
    while (s && memcmp(s->transaction_id, id.p, TRANSACTION_ID_LEN) != 0)
        s = s->hash_next;
    if (s)
        unlink_session(t, s);
    pthread_mutex_unlock(&t->lock);
    return s;
}

void session_put(struct session_table *t, struct session *s)
{
    pthread_mutex_lock(&t->lock);
    link_session(t, s);
    pthread_mutex_unlock(&t->lock);
}

void session_end(struct session_table *t, struct session *s)
{
    pthread_mutex_lock(&t->lock);
    release(t, s);
    pthread_mutex_unlock(&t->lock);
}

size_t session_expire(struct session_table *t, int64_t now_ms)
{
    size_t n;

    pthread_mutex_lock(&t->lock);
    n = expire(t, now_ms);
    pthread_mutex_unlock(&t->lock);
    return n;
}
