#include "eim/relays.h"

#include <stdlib.h>
#include <string.h>

struct relay_place {
    struct relay_session s;
    uint32_t next; /* of the same bucket: place + 1 */
    bool used;
};

enum err relay_table_open(struct relay_table *t, size_t count)
{
    size_t buckets = 16;

    memset(t, 0, sizeof *t);
    while (buckets < count)
        buckets *= 2;
    t->places = calloc(count, sizeof *t->places);
    t->buckets = calloc(buckets, sizeof *t->buckets);
    if (!t->places || !t->buckets) {
        free(t->places);
        free(t->buckets);
        return E_MEMORY;
    }
    t->count = count;
    t->bucket_mask = buckets - 1;
    pthread_mutex_init(&t->lock, NULL);
    return E_OK;
}

void relay_table_close(struct relay_table *t)
{
    if (!t->places)
        return;
    pthread_mutex_destroy(&t->lock);
    free(t->places);
    free(t->buckets);
    memset(t, 0, sizeof *t);
}

/* FNV-1a: a hostile SM-DP+ may choose its ids, but a lookup stays bounded by the number of places.
 */
static uint32_t *bucket(struct relay_table *t, slice id)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < id.n; i++)
        h = (h ^ id.p[i]) * 16777619u;
    return &t->buckets[h & t->bucket_mask];
}

static slice id_of(const struct relay_session *s)
{
    return slice_of(s->id, s->id_len);
}

/* The link that points to the session of this id; *link is 0 when there is none. */
static uint32_t *find(struct relay_table *t, slice id)
{
    uint32_t *link = bucket(t, id);

    while (*link && !slice_eq(id_of(&t->places[*link - 1].s), id))
        link = &t->places[*link - 1].next;
    return link;
}

static void drop(struct relay_table *t, uint32_t *link)
{
    struct relay_place *p = &t->places[*link - 1];

    *link = p->next;
    memset(p, 0, sizeof *p);
}

void relay_put(struct relay_table *t, const struct relay_session *s)
{
    struct relay_place *p;
    uint32_t *link;

    pthread_mutex_lock(&t->lock);
    link = find(t, id_of(s));
    if (*link)
        drop(t, link);
    p = &t->places[t->next];
    if (p->used)
        drop(t, find(t, id_of(&p->s)));
    link = bucket(t, id_of(s));
    *p = (struct relay_place){ .s = *s, .next = *link, .used = true };
    *link = (uint32_t)(t->next + 1);
    t->next = (t->next + 1) % t->count;
    pthread_mutex_unlock(&t->lock);
}

bool relay_find(struct relay_table *t, slice id, int64_t now_ms, struct relay_session *out)
{
    uint32_t *link;
    bool found;

    pthread_mutex_lock(&t->lock);
    link = find(t, id);
    found = *link && t->places[*link - 1].s.expires_ms > now_ms;
    if (found) {
        t->places[*link - 1].s.moved_ms = now_ms;
        *out = t->places[*link - 1].s;
    }
    pthread_mutex_unlock(&t->lock);
    return found;
}

bool relay_moved(struct relay_table *t, slice id, int64_t now_ms, int64_t since_ms)
{
    const struct relay_session *s;
    uint32_t *link;
    bool moved;

    pthread_mutex_lock(&t->lock);
    link = find(t, id);
    s = *link ? &t->places[*link - 1].s : NULL;
    moved = s && s->expires_ms > now_ms && s->moved_ms >= since_ms;
    pthread_mutex_unlock(&t->lock);
    return moved;
}

void relay_end(struct relay_table *t, slice id)
{
    uint32_t *link;

    pthread_mutex_lock(&t->lock);
    link = find(t, id);
    if (*link)
        drop(t, link);
    pthread_mutex_unlock(&t->lock);
}
