#include "eim/known.h"

#include "base/text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define LOCKS 64

/* A row in a block of its own (store_row_put), which the row after it may use again. */
struct kept {
    void *row; /* NULL: none */
    size_t room;
};

/* Rows of one table. */
struct shelf {
    struct kept rows[KNOWN_ROWS];
    size_t count;
};

/* One device. */
struct entry {
    struct kept device; /* without a row: the slot is free */
    struct shelf orders, profiles;
    struct public_key *key; /* of the device's certificates; NULL: not known */
    int64_t key_from_s, key_to_s;
    uint64_t key_generation; /* of the CIs under which it was verified */
    uint64_t latest;         /* version of the newest row that was taken in */
    uint64_t touched;        /* number of the last commit that concerned the slot */
};

struct known_table {
    size_t slots;
    _Atomic uint64_t commits; /* that were settled */
    pthread_mutex_t locks[LOCKS];
    struct entry entries[];
};

struct known_table *known_open(size_t slots)
{
    struct known_table *k = calloc(1, sizeof *k + slots * sizeof k->entries[0]);

    if (!k)
        return NULL;
    k->slots = slots;
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_init(&k->locks[i], NULL);
    return k;
}

#define ROOM_STEP 256u /* rows grow: an order gets its package, then its result */

static bool keep(struct kept *k, const struct store_table *table, const void *row)
{
    size_t n = store_row_octets(table, row);

    if (n > k->room) {
        size_t room = (n + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
        void *block = malloc(room);

        if (!block)
            return false;
        free(k->row);
        *k = (struct kept){ block, room };
    }
    store_row_put(table, row, k->row, (uint8_t *)k->row + table->size);
    return true;
}

static void let_go(struct kept *k)
{
    free(k->row);
    *k = (struct kept){ NULL, 0 };
}

static void clear(struct shelf *s)
{
    for (size_t i = 0; i < s->count; i++)
        let_go(&s->rows[i]);
    s->count = 0;
}

static const struct eim_device *device_in(const struct entry *e)
{
    return e->device.row;
}

static void drop_key(struct entry *e)
{
    key_drop(e->key);
    e->key = NULL;
}

static void forget(struct entry *e)
{
    drop_key(e);
    let_go(&e->device);
    clear(&e->orders);
    clear(&e->profiles);
}

void known_close(struct known_table *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < k->slots; i++)
        forget(&k->entries[i]);
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&k->locks[i]);
    free(k);
}

/* The last digits of an EID differ from device to device (FNV-1a over all of it). */
static size_t slot_of(const struct known_table *k, slice eid)
{
    uint64_t h = 0xCBF29CE484222325u;

    for (size_t i = 0; i < eid.n; i++)
        h = (h ^ eid.p[i]) * 0x100000001B3u;
    return (size_t)(h % k->slots);
}

static struct entry *lock_slot(struct known_table *k, size_t slot)
{
    pthread_mutex_lock(&k->locks[slot % LOCKS]);
    return &k->entries[slot];
}

static void unlock_slot(struct known_table *k, size_t slot)
{
    pthread_mutex_unlock(&k->locks[slot % LOCKS]);
}

/* The rows as an array in the arena; NULL when it is full. */
static void *copy_shelf(const struct shelf *s, const struct store_table *table, struct arena *arena,
                        size_t *count)
{
    uint8_t *rows, *tail;
    size_t octets = 0;

    for (size_t i = 0; i < s->count; i++)
        octets += store_row_octets(table, s->rows[i].row);
    rows = arena_alloc(arena, octets);
    if (!rows)
        return NULL;
    tail = rows + s->count * table->size;
    for (size_t i = 0; i < s->count; i++)
        tail = store_row_put(table, s->rows[i].row, rows + i * table->size, tail);
    *count = s->count;
    return rows;
}

static bool copy_out(const struct entry *e, struct arena *arena, struct known_device *out)
{
    out->device = store_row_copy(&eim_device_table, e->device.row, arena);
    out->orders = copy_shelf(&e->orders, &eim_order_table, arena, &out->order_count);
    out->profiles = copy_shelf(&e->profiles, &eim_profile_table, arena, &out->profile_count);
    return out->device && out->orders && out->profiles;
}

uint64_t known_ticket(struct known_table *k)
{
    return k->commits;
}

bool known_find(struct known_table *k, slice eid, struct arena *arena, struct known_device *out)
{
    size_t slot = slot_of(k, eid);
    struct entry *e = lock_slot(k, slot);
    bool found = e->device.row && slice_eq(device_in(e)->eid, eid) && copy_out(e, arena, out);

    unlock_slot(k, slot);
    return found;
}

static bool same_certificates(const struct entry *e, const struct eim_device *d)
{
    const struct eim_device *in = device_in(e);

    return in && slice_eq(in->eid, d->eid) &&
           slice_eq(in->euicc_certificate, d->euicc_certificate) &&
           slice_eq(in->eum_certificate, d->eum_certificate);
}

struct public_key *known_key(struct known_table *k, const struct eim_device *d, uint64_t generation,
                             int64_t now_s)
{
    size_t slot = slot_of(k, d->eid);
    struct entry *e = lock_slot(k, slot);
    struct public_key *key = NULL;

    if (e->key && e->key_generation == generation && e->key_from_s <= now_s &&
        now_s <= e->key_to_s && same_certificates(e, d))
        key = key_hold(e->key);
    unlock_slot(k, slot);
    return key;
}

void known_learn_key(struct known_table *k, const struct eim_device *d, uint64_t generation,
                     const struct chain *chain)
{
    size_t slot = slot_of(k, d->eid);
    struct entry *e = lock_slot(k, slot);

    if (same_certificates(e, d)) {
        drop_key(e);
        e->key = key_hold(chain->key);
        e->key_from_s = chain->from_s;
        e->key_to_s = chain->to_s;
        e->key_generation = generation;
    }
    unlock_slot(k, slot);
}

static bool fill(struct shelf *s, const struct store_table *table, const void *rows, size_t count,
                 uint64_t *latest)
{
    const uint8_t *row = rows;

    if (count > KNOWN_ROWS)
        return false;
    for (size_t i = 0; i < count; i++, row += table->size) {
        uint64_t version;

        memcpy(&version, row, sizeof version); /* every row begins with it */
        if (version > *latest)
            *latest = version;
        s->rows[i] = (struct kept){ NULL, 0 };
        if (!keep(&s->rows[i], table, row))
            return false;
        s->count++;
    }
    return true;
}

void known_learn(struct known_table *k, uint64_t ticket, const struct known_device *in)
{
    struct entry fresh = { .latest = in->device->version };
    size_t slot = slot_of(k, in->device->eid);
    bool whole =
        keep(&fresh.device, &eim_device_table, in->device) &&
        fill(&fresh.orders, &eim_order_table, in->orders, in->order_count, &fresh.latest) &&
        fill(&fresh.profiles, &eim_profile_table, in->profiles, in->profile_count, &fresh.latest);
    struct entry *e = lock_slot(k, slot);

    if (whole && e->touched <= ticket) {
        forget(e);
        fresh.touched = e->touched;
        *e = fresh;
    } else {
        forget(&fresh);
    }
    unlock_slot(k, slot);
}

/* ---- following commits ---- */

/* The row takes the place of its older self, or stands behind the others; or goes. */
static bool put(struct shelf *s, const struct store_table *table, size_t at, const void *row,
                bool stays)
{
    if (stays) {
        if (at == KNOWN_ROWS)
            return false;
        if (at == s->count)
            s->rows[s->count++] = (struct kept){ NULL, 0 };
        return keep(&s->rows[at], table, row);
    }
    if (at < s->count) {
        let_go(&s->rows[at]);
        memmove(&s->rows[at], &s->rows[at + 1], (--s->count - at) * sizeof s->rows[0]);
    }
    return true;
}

/* An order that is open again stands where its age puts it: the oldest is served first. */
static void sort_last(struct shelf *s)
{
    for (size_t j = s->count - 1; j; j--) {
        struct kept before = s->rows[j - 1], after = s->rows[j];

        if (((struct eim_order *)before.row)->id <= ((struct eim_order *)after.row)->id)
            break;
        s->rows[j - 1] = after;
        s->rows[j] = before;
    }
}

static bool take_order(struct shelf *s, const struct eim_order *row)
{
    size_t at = 0, count = s->count;

    while (at < count && ((struct eim_order *)s->rows[at].row)->id != row->id)
        at++;
    if (!put(s, &eim_order_table, at, row, row->open != 0))
        return false;
    if (s->count > count)
        sort_last(s);
    return true;
}

static bool take_profile(struct shelf *s, const struct eim_profile *row)
{
    size_t at = 0;

    while (at < s->count && !slice_eq(((struct eim_profile *)s->rows[at].row)->iccid, row->iccid))
        at++;
    return put(s, &eim_profile_table, at, row, true);
}

static bool take_device(struct entry *e, const struct eim_device *row)
{
    if (!same_certificates(e, row))
        drop_key(e);
    return keep(&e->device, &eim_device_table, row);
}

/* False: the entry can no longer be believed. */
static bool follow(struct entry *e, const struct change *c)
{
    uint64_t version;

    memcpy(&version, c->row, sizeof version);
    /* Turns are settled by many threads: an older one that comes late would turn time back. */
    if (c->kind == CHANGE_DELETE || version < e->latest)
        return false;
    e->latest = version;
    return c->table == &eim_device_table  ? take_device(e, c->row)
           : c->table == &eim_order_table ? take_order(&e->orders, c->row)
                                          : take_profile(&e->profiles, c->row);
}

/* The device that a change concerns; absent: none. */
static slice eid_of(const struct change *c)
{
    const struct eim_device *device = c->row;
    const struct eim_order *order = c->row;
    const struct eim_profile *profile = c->row;

    if (c->kind == CHANGE_ASSUME)
        return SLICE_NONE;
    return c->table == &eim_device_table    ? device->eid
           : c->table == &eim_order_table   ? order->eid
           : c->table == &eim_profile_table ? profile->eid
                                            : SLICE_NONE;
}

void known_settle(struct known_table *k, const struct turn *t, bool committed)
{
    for (size_t i = 0; i < t->change_count; i++) {
        const struct change *c = &t->changes[i];
        slice eid = eid_of(c);
        struct entry *e;
        size_t slot;

        if (!eid.p)
            continue;
        slot = slot_of(k, eid);
        e = lock_slot(k, slot);
        e->touched = ++k->commits;
        if (e->device.row && slice_eq(device_in(e)->eid, eid) && !(committed && follow(e, c)))
            forget(e);
        unlock_slot(k, slot);
    }
}
