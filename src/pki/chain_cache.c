/*
 * Rows of WAYS entries; the row is chosen by the digest. A peer cannot aim at a row usefully:
 * only chains that verify get in.
 */
#include "pki/chain_cache.h"

#include <pthread.h>
#include <stdlib.h>

#define WAYS 4

struct cached {
    uint8_t id[DIGEST_LEN];
    struct cache_entry entry; /* key NULL: free */
    uint64_t used;            /* tick of the last use */
};

struct chain_cache {
    pthread_mutex_t lock;
    uint64_t tick;
    uint64_t hits;
    size_t rows;
    struct cached cached[][WAYS];
};

struct chain_cache *chain_cache_open(size_t entries)
{
    size_t rows = entries < WAYS ? 1 : (entries + WAYS - 1) / WAYS;
    struct chain_cache *cache = calloc(1, sizeof *cache + rows * sizeof cache->cached[0]);

    if (!cache)
        return NULL;
    if (pthread_mutex_init(&cache->lock, NULL) != 0) {
        free(cache);
        return NULL;
    }
    cache->rows = rows;
    return cache;
}

void chain_cache_clear(struct chain_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    for (size_t r = 0; r < cache->rows; r++)
        for (size_t i = 0; i < WAYS; i++) {
            key_drop(cache->cached[r][i].entry.key);
            cache->cached[r][i].entry.key = NULL;
        }
    pthread_mutex_unlock(&cache->lock);
}

void chain_cache_close(struct chain_cache *cache)
{
    if (!cache)
        return;
    chain_cache_clear(cache);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

uint64_t chain_cache_hits(const struct chain_cache *cache)
{
    struct chain_cache *c = (struct chain_cache *)cache; /* the lock is no part of its value */
    uint64_t hits;

    pthread_mutex_lock(&c->lock);
    hits = c->hits;
    pthread_mutex_unlock(&c->lock);
    return hits;
}

static struct cached *row_of(struct chain_cache *cache, const uint8_t id[DIGEST_LEN])
{
    uint32_t n;

    memcpy(&n, id, sizeof n);
    return cache->cached[n % cache->rows];
}

static struct cached *match(struct cached *row, const uint8_t id[DIGEST_LEN])
{
    for (size_t i = 0; i < WAYS; i++)
        if (row[i].entry.key && memcmp(row[i].id, id, DIGEST_LEN) == 0)
            return &row[i];
    return NULL;
}

struct public_key *chain_cache_find(struct chain_cache *cache, const uint8_t id[DIGEST_LEN],
                                    int64_t now_s, bool whole)
{
    struct public_key *key = NULL;
    struct cached *hit;

    pthread_mutex_lock(&cache->lock);
    hit = match(row_of(cache, id), id);
    if (hit && (now_s == NO_TIME || (now_s >= hit->entry.from_s && now_s <= hit->entry.to_s))) {
        hit->used = ++cache->tick;
        cache->hits += whole;
        key = key_hold(hit->entry.key);
    }
    pthread_mutex_unlock(&cache->lock);
    return key;
}

void chain_cache_add(struct chain_cache *cache, const uint8_t id[DIGEST_LEN],
                     const struct cache_entry *entry)
{
    struct public_key *old = NULL;
    struct cached *row, *slot;

    pthread_mutex_lock(&cache->lock);
    row = row_of(cache, id);
    slot = match(row, id);
    if (!slot) {
        slot = row;
        for (size_t i = 1; i < WAYS && slot->entry.key; i++)
            if (!row[i].entry.key || row[i].used < slot->used)
                slot = &row[i];
        old = slot->entry.key;
        memcpy(slot->id, id, DIGEST_LEN);
        slot->entry = *entry;
        key_hold(entry->key);
    }
    slot->used = ++cache->tick;
    pthread_mutex_unlock(&cache->lock);
    key_drop(old);
}
