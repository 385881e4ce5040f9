#include "net/peer_table.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

struct entry {
    struct peer_key key;
    uint32_t count;
    uint32_t next; /* index + 1 of the next in the bucket or in the free list; 0 ends */
};

struct peer_table {
    pthread_mutex_t lock;
    uint64_t seed; /* so that addresses cannot be chosen to share a bucket */
    uint32_t *buckets;
    uint32_t bucket_mask;
    struct entry *entries;
    uint32_t free;
};

struct peer_key peer_key_of(const struct sockaddr_storage *address)
{
    struct peer_key k = { 0 };

    if (address->ss_family == AF_INET) {
        k.octets[10] = k.octets[11] = 0xFF;
        memcpy(k.octets + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
    } else if (address->ss_family == AF_INET6) {
        const struct in6_addr *a = &((const struct sockaddr_in6 *)address)->sin6_addr;

        memcpy(k.octets, a, IN6_IS_ADDR_V4MAPPED(a) ? 16 : 8);
    }
    return k;
}

void peer_print(const struct sockaddr_storage *address, char *text, size_t size)
{
    const void *a = &((const struct sockaddr_in6 *)address)->sin6_addr;

    text[0] = 0;
    if (address->ss_family == AF_INET)
        a = &((const struct sockaddr_in *)address)->sin_addr;
    if (address->ss_family == AF_INET || address->ss_family == AF_INET6)
        inet_ntop(address->ss_family, a, text, (socklen_t)size);
}

static uint32_t bucket_of(const struct peer_table *t, struct peer_key key)
{
    uint64_t h = t->seed, part;

    for (size_t i = 0; i < 16; i += 8) {
        memcpy(&part, key.octets + i, 8);
        h = (h ^ part) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    return (uint32_t)(h >> 16) & t->bucket_mask;
}

enum err peer_table_open(size_t capacity, struct peer_table **out)
{
    struct peer_table *t = capacity < UINT32_MAX ? calloc(1, sizeof *t) : NULL;
    uint32_t buckets = 16;

    *out = NULL;
    if (!t)
        return E_MEMORY;
    while (buckets < capacity && buckets < 1u << 24)
        buckets *= 2;
    t->bucket_mask = buckets - 1;
    t->buckets = calloc(buckets, sizeof *t->buckets);
    t->entries = calloc(capacity, sizeof *t->entries);
    if (!t->buckets || !t->entries || getrandom(&t->seed, sizeof t->seed, 0) < 0) {
        free(t->buckets);
        free(t->entries);
        free(t);
        return E_MEMORY;
    }
    for (uint32_t i = 0; i < capacity; i++)
        t->entries[i].next = i + 1 < capacity ? i + 2 : 0;
    t->free = capacity ? 1 : 0;
    pthread_mutex_init(&t->lock, NULL);
    *out = t;
    return E_OK;
}

void peer_table_close(struct peer_table *t)
{
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    free(t->buckets);
    free(t->entries);
    free(t);
}

/* The link that leads to the entry, or to 0 at the end of the bucket. */
static uint32_t *find(struct peer_table *t, struct peer_key key)
{
    uint32_t *link = &t->buckets[bucket_of(t, key)];

    while (*link && memcmp(&t->entries[*link - 1].key, &key, sizeof key) != 0)
        link = &t->entries[*link - 1].next;
    return link;
}

static bool enter(struct peer_table *t, struct peer_key key, size_t limit)
{
    uint32_t *link = find(t, key);
    struct entry *e;

    if (!*link) {
        if (!t->free || !limit)
            return false;
        *link = t->free;
        e = &t->entries[*link - 1];
        t->free = e->next;
        *e = (struct entry){ .key = key };
    }
    e = &t->entries[*link - 1];
    if (e->count >= limit)
        return false;
    e->count++;
    return true;
}

bool peer_table_enter(struct peer_table *t, struct peer_key key, size_t limit)
{
    bool entered;

    pthread_mutex_lock(&t->lock);
    entered = enter(t, key, limit);
    pthread_mutex_unlock(&t->lock);
    return entered;
}

void peer_table_leave(struct peer_table *t, struct peer_key key)
{
    uint32_t *link;

    pthread_mutex_lock(&t->lock);
    link = find(t, key);
    if (*link && --t->entries[*link - 1].count == 0) {
        uint32_t at = *link;

        *link = t->entries[at - 1].next;
        t->entries[at - 1].next = t->free;
        t->free = at;
    }
    pthread_mutex_unlock(&t->lock);
}
