#include "cma/session.h"

#include "base/secret.h"

#include <stdlib.h>

static struct cma_session *place(const struct cma_table *t, size_t i)
{
    return (struct cma_session *)(void *)((char *)t->places + i * t->size);
}

enum err cma_table_open(struct cma_table *t, size_t count, size_t size,
                        void (*drop)(struct cma_session *))
{
    size_t buckets = 16;

    memset(t, 0, sizeof *t);
    while (buckets < count)
        buckets *= 2;
    t->size = size;
    t->drop = drop;
    t->places = calloc(count, size);
    t->buckets = calloc(buckets, sizeof(struct cma_session *));
    if (!t->places || !t->buckets) {
        free(t->places);
        free(t->buckets);
        t->places = NULL;
        return E_MEMORY;
    }
    t->bucket_mask = buckets - 1;
    for (size_t i = count; i > 0; i--) {
        place(t, i - 1)->hash_next = t->free;
        t->free = place(t, i - 1);
    }
    pthread_mutex_init(&t->lock, NULL);
    return E_OK;
}

/* The end of the id is random and spreads evenly. */
static struct cma_session **bucket(struct cma_table *t, const uint8_t id[TRANSACTION_ID_LEN])
{
    uint32_t h;

    memcpy(&h, id + TRANSACTION_ID_LEN - sizeof h, sizeof h);
    return &t->buckets[h & t->bucket_mask];
}

static unsigned list_of(const struct cma_session *s)
{
    return s->phase == SESSION_INITIATED ? 0 : 1;
}

/* ---- with the lock held ---- */

static void unlink_session(struct cma_table *t, struct cma_session *s)
{
    struct cma_session **at = bucket(t, s->transaction_id);
    unsigned l = list_of(s);

    while (*at != s)
        at = &(*at)->hash_next;
    *at = s->hash_next;
    *(s->older ? &s->older->newer : &t->lists[l].oldest) = s->newer;
    *(s->newer ? &s->newer->older : &t->lists[l].newest) = s->older;
}

/* Lists are kept by expiry; a session that comes back belongs near the newer end. */
static void link_session(struct cma_table *t, struct cma_session *s)
{
    struct cma_session **at = bucket(t, s->transaction_id);
    unsigned l = list_of(s);
    struct cma_session *older = t->lists[l].newest;

    s->hash_next = *at;
    *at = s;
    while (older && older->expires_ms > s->expires_ms)
        older = older->older;
    s->older = older;
    s->newer = older ? older->newer : t->lists[l].oldest;
    *(s->older ? &s->older->newer : &t->lists[l].oldest) = s;
    *(s->newer ? &s->newer->older : &t->lists[l].newest) = s;
}

static void release(struct cma_table *t, struct cma_session *s)
{
    key_drop(s->euicc_key);
    keyring_drop(s->keys); /* closes keys once in a generation: the lock can wait for that */
    if (t->drop)
        t->drop(s);
    wipe(s, t->size);
    s->hash_next = t->free;
    t->free = s;
}

static size_t expire(struct cma_table *t, int64_t now_ms)
{
    size_t n = 0;

    for (unsigned l = 0; l < COUNT(t->lists); l++) {
        while (t->lists[l].oldest && t->lists[l].oldest->expires_ms <= now_ms) {
            struct cma_session *s = t->lists[l].oldest;

            unlink_session(t, s);
            release(t, s);
            n++;
        }
    }
    return n;
}

/* ---- */

void cma_table_close(struct cma_table *t)
{
    if (!t->places)
        return;
    expire(t, INT64_MAX);
    pthread_mutex_destroy(&t->lock);
    free(t->places);
    free(t->buckets);
    memset(t, 0, sizeof *t);
}

enum err cma_session_new(struct cma_table *t, int64_t now_ms, struct cma_session **out)
{
    struct cma_session *s;

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
    memset(s, 0, t->size);
    return E_OK;
}

struct cma_session *cma_session_take(struct cma_table *t, slice id, int64_t now_ms)
{
    struct cma_session *s;

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

void cma_session_put(struct cma_table *t, struct cma_session *s)
{
    pthread_mutex_lock(&t->lock);
    link_session(t, s);
    pthread_mutex_unlock(&t->lock);
}

void cma_session_end(struct cma_table *t, struct cma_session *s)
{
    pthread_mutex_lock(&t->lock);
    release(t, s);
    pthread_mutex_unlock(&t->lock);
}

size_t cma_session_expire(struct cma_table *t, int64_t now_ms)
{
    size_t n;

    pthread_mutex_lock(&t->lock);
    n = expire(t, now_ms);
    pthread_mutex_unlock(&t->lock);
    return n;
}

/* ---- sessions follow their turn ---- */

static void restore(const struct cma_hold *h)
{
    struct cma_session *s = h->session;

    if (s->euicc_key != h->before.euicc_key)
        key_drop(s->euicc_key);
    *s = h->before;
}

static void settle(struct turn *t, bool committed)
{
    struct cma_hold *h = t->settle_context;

    if (committed ? h->over : h->fresh) {
        cma_session_end(h->table, h->session);
        return;
    }
    if (h->settled)
        h->settled(h, committed);
    if (!committed)
        restore(h);
    cma_session_put(h->table, h->session);
}

enum err cma_hold(struct cma_table *table, struct cma_session *session, size_t size, struct turn *t,
                  struct cma_hold **out)
{
    struct cma_hold *h = arena_alloc(t->arena, size);

    *out = h;
    if (!h) {
        cma_session_put(table, session);
        return E_MEMORY;
    }
    memset(h, 0, size);
    h->table = table;
    h->session = session;
    h->before = *session;
    turn_about_transaction(t, SLICE_OF(session->transaction_id));
    t->settle = settle;
    t->settle_context = h;
    return E_OK;
}

enum err cma_hold_new(struct cma_table *table, struct cma_session *session, struct turn *t)
{
    struct cma_hold *h = ARENA_NEW(t->arena, struct cma_hold);

    if (!h) {
        cma_session_end(table, session);
        return E_MEMORY;
    }
    *h = (struct cma_hold){ .table = table, .session = session, .fresh = true };
    t->settle = settle;
    t->settle_context = h;
    return E_OK;
}

void cma_let_go(struct turn *t)
{
    turn_settle(t, false);
}
