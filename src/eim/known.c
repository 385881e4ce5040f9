#include "eim/known.h"

#include "base/text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define LOCKS 64

/* One device. Rows are blocks of their own (store_row_dup). */
struct entry {
    struct eim_device *device; /* NULL: the slot is free */
    struct eim_order *orders[KNOWN_ORDERS];
    size_t count;
    uint64_t latest;  /* version of the newest row that was taken in */
    uint64_t touched; /* number of the last commit that concerned the slot */
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

static void forget(struct entry *e)
{
    free(e->device);
    for (size_t i = 0; i < e->count; i++)
        free(e->orders[i]);
    e->device = NULL;
    e->count = 0;
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

static bool copy_out(const struct entry *e, struct arena *arena, struct eim_device **device,
                     struct eim_order **orders, size_t *count)
{
    *device = store_row_copy(&eim_device_table, e->device, arena);
    *orders = arena_alloc(arena, KNOWN_ORDERS * sizeof **orders);
    if (!*device || !*orders)
        return false;
    for (size_t i = 0; i < e->count; i++) {
        const struct eim_order *o = store_row_copy(&eim_order_table, e->orders[i], arena);

        if (!o)
            return false;
        (*orders)[i] = *o;
    }
    *count = e->count;
    return true;
}

uint64_t known_ticket(struct known_table *k)
{
    return k->commits;
}

bool known_find(struct known_table *k, slice eid, struct arena *arena, struct eim_device **device,
                struct eim_order **orders, size_t *count)
{
    size_t slot = slot_of(k, eid);
    struct entry *e = lock_slot(k, slot);
    bool found =
        e->device && slice_eq(e->device->eid, eid) && copy_out(e, arena, device, orders, count);

    unlock_slot(k, slot);
    return found;
}

void known_learn(struct known_table *k, uint64_t ticket, const struct eim_device *device,
                 const struct eim_order *orders, size_t count)
{
    struct entry fresh = { .device = store_row_dup(&eim_device_table, device) };
    size_t slot = slot_of(k, device->eid);
    bool whole = fresh.device && count <= KNOWN_ORDERS;
    struct entry *e;

    fresh.latest = device->version;
    for (size_t i = 0; whole && i < count; i++) {
        fresh.orders[i] = store_row_dup(&eim_order_table, &orders[i]);
        whole = fresh.orders[i] != NULL;
        fresh.count += whole;
        if (orders[i].version > fresh.latest)
            fresh.latest = orders[i].version;
    }
    e = lock_slot(k, slot);
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

static bool take_device(struct entry *e, const struct eim_device *row)
{
    struct eim_device *copy = store_row_dup(&eim_device_table, row);

    if (!copy)
        return false;
    free(e->device);
    e->device = copy;
    return true;
}

static bool take_order(struct entry *e, const struct eim_order *row)
{
    struct eim_order *copy = row->open ? store_row_dup(&eim_order_table, row) : NULL;
    size_t at = 0;

    while (at < e->count && e->orders[at]->id != row->id)
        at++;
    if (row->open && (!copy || at == KNOWN_ORDERS)) {
        free(copy);
        return false;
    }
    if (at < e->count)
        free(e->orders[at]);
    if (row->open) {
        e->orders[at] = copy;
        e->count += at == e->count;
    } else if (at < e->count) {
        memmove(&e->orders[at], &e->orders[at + 1], (--e->count - at) * sizeof e->orders[0]);
    }
    return true;
}

/* An order that is open again stands where its age puts it: the oldest is served first. */
static void sort_orders(struct entry *e)
{
    for (size_t i = 1; i < e->count; i++)
        for (size_t j = i; j && e->orders[j - 1]->id > e->orders[j]->id; j--) {
            struct eim_order *o = e->orders[j];

            e->orders[j] = e->orders[j - 1];
            e->orders[j - 1] = o;
        }
}

/* False: the entry can no longer be believed. */
static bool follow(struct entry *e, const struct change *c)
{
    uint64_t version;
    bool ok;

    memcpy(&version, c->row, sizeof version); /* every row begins with it */
    /* Turns are settled by many threads: an older one that comes late would turn time back. */
    if (c->kind == CHANGE_DELETE || version < e->latest)
        return false;
    e->latest = version;
    ok = c->table == &eim_device_table ? take_device(e, c->row) : take_order(e, c->row);
    sort_orders(e);
    return ok;
}

void known_settle(struct known_table *k, const struct turn *t, bool committed)
{
    for (size_t i = 0; i < t->change_count; i++) {
        const struct change *c = &t->changes[i];
        const struct eim_device *device = c->row;
        const struct eim_order *order = c->row;
        bool mine = c->table == &eim_device_table || c->table == &eim_order_table;
        struct entry *e;
        slice eid;
        size_t slot;

        if (!mine || c->kind == CHANGE_ASSUME)
            continue;
        eid = c->table == &eim_device_table ? device->eid : order->eid;
        slot = slot_of(k, eid);
        e = lock_slot(k, slot);
        e->touched = ++k->commits;
        if (e->device && slice_eq(e->device->eid, eid) && !(committed && follow(e, c)))
            forget(e);
        unlock_slot(k, slot);
    }
}
