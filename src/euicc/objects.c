#include "euicc/objects_impl.h"

#include "base/secret.h"

static uint32_t align4(uint32_t n)
{
    return (n + 3u) & ~3u;
}

static uint32_t block_size(const struct block *b)
{
    uint32_t range = b->length & BLOCK_PARTIAL ? (uint32_t)sizeof(struct range) : 0;

    return (uint32_t)sizeof *b + align4(block_length(b)) + range;
}

static bool is_volatile(uint32_t id)
{
    return id >= OBJECTS_VOLATILE;
}

/* ---- index ---- */

/* Position of the first entry whose id is not less. */
static uint32_t index_find(const struct objects *o, uint32_t id)
{
    const struct entry *e = entries(o);
    uint32_t low = 0, high = o->index_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (e[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct found index_lookup(const struct objects *o, uint32_t id)
{
    const struct entry *e = entries(o);
    uint32_t i = index_find(o, id);
    struct found f = { .live = -1, .pending = -1, .where = i };

    if (i < o->index_count && e[i].id == id && !(e[i].at & ENTRY_PENDING))
        f.live = (int32_t)i++;
    if (i < o->index_count && e[i].id == id)
        f.pending = (int32_t)i;
    return f;
}

/* Room for the entry was made by heap_room. The index grows downward. */
static void index_insert(struct objects *o, uint32_t where, uint32_t id, uint32_t at)
{
    o->index_at -= (uint32_t)sizeof(struct entry);
    o->index_count++;
    struct entry *e = entries(o);
    memmove(e, e + 1, where * sizeof *e);
    e[where] = (struct entry){ id, at };
}

static void index_remove(struct objects *o, uint32_t where)
{
    struct entry *e = entries(o);

    memmove(e + 1, e, where * sizeof *e);
    o->index_at += (uint32_t)sizeof *e;
    o->index_count--;
}

/* ---- heap ---- */

static void heap_free(struct objects *o, uint32_t at)
{
    struct block *b = block_at(o, at);
    uint32_t size = block_size(b);

    wipe(block_octets(b), size - sizeof *b);
    if (at + size == o->heap_end) {
        wipe(b, sizeof *b);
        o->heap_end = at;
        return;
    }
    *b = (struct block){ 0, BLOCK_FREE | (size - (uint32_t)sizeof *b) };
    o->heap_holes += size;
}

static void entry_move(struct objects *o, const struct block *b, uint32_t to)
{
    struct found f = index_lookup(o, b->id);
    struct entry *e = entries(o) + (b->length & BLOCK_PENDING ? f.pending : f.live);

    e->at = to | (e->at & ~ENTRY_AT);
}

/* Slides all blocks together; the holes end up in the free part, wiped. */
static void heap_compact(struct objects *o)
{
    uint32_t to = 0;

    for (uint32_t at = 0; at < o->heap_end;) {
        struct block *b = block_at(o, at);
        uint32_t size = block_size(b);

        if (!(b->length & BLOCK_FREE)) {
            if (to != at) {
                entry_move(o, b, to);
                memmove(o->block + to, b, size);
            }
            to += size;
        }
        at += size;
    }
    wipe(o->block + to, o->heap_end - to);
    o->heap_end = to;
    o->heap_holes = 0;
}

/* Makes n octets free between heap and index. */
static bool heap_room(struct objects *o, uint32_t n)
{
    if (n <= o->index_at - o->heap_end)
        return true;
    if (n > o->index_at - o->heap_end + o->heap_holes)
        return false;
    heap_compact(o);
    return true;
}

/* heap_room was asked for. Returns the offset of the new block. */
static uint32_t heap_take(struct objects *o, uint32_t id, uint32_t length)
{
    uint32_t at = o->heap_end;
    struct block *b = block_at(o, at);

    *b = (struct block){ id, length };
    o->heap_end += block_size(b);
    return at;
}

static bool inside(const struct objects *o, slice s)
{
    uintptr_t p = (uintptr_t)s.p, heap = (uintptr_t)o->block;

    return s.n > 0 && p < heap + o->heap_end && p + s.n > heap;
}

/* ---- reading ---- */

static slice entry_slice(const struct objects *o, const struct entry *e)
{
    if (e->at & ENTRY_DELETED)
        return SLICE_NONE;
    struct block *b = entry_block(o, e);
    return slice_of(block_octets(b), block_length(b));
}

slice objects_get(const struct objects *o, uint32_t id)
{
    struct found f = index_lookup(o, id);

    if (f.pending >= 0)
        return entry_slice(o, entries(o) + f.pending);
    if (f.live >= 0)
        return entry_slice(o, entries(o) + f.live);
    return SLICE_NONE;
}

bool objects_next(const struct objects *o, uint32_t *id, uint32_t last, slice *bytes)
{
    const struct entry *e = entries(o);

    for (uint32_t i = index_find(o, *id); i < o->index_count && e[i].id <= last; i++) {
        if (i + 1 < o->index_count && e[i + 1].id == e[i].id)
            i++; /* the pending one speaks for both */
        if (e[i].at & ENTRY_DELETED)
            continue;
        *id = e[i].id;
        if (bytes)
            *bytes = entry_slice(o, e + i);
        return true;
    }
    return false;
}

bool objects_locate(const struct objects *o, const uint8_t *p, uint32_t *id, uint32_t *offset)
{
    const struct entry *e = entries(o);

    if (!inside(o, slice_of(p, 1)))
        return false;
    for (uint32_t i = 0; i < o->index_count; i++) {
        slice s = entry_slice(o, e + i);

        if (s.p && p >= s.p && p < s.p + s.n) {
            *id = e[i].id;
            *offset = (uint32_t)(p - s.p);
            return true;
        }
    }
    return false;
}

uint32_t objects_last(const struct objects *o, uint32_t first, uint32_t last)
{
    const struct entry *e = entries(o);

    for (uint32_t i = last == UINT32_MAX ? o->index_count : index_find(o, last + 1);
         i > 0 && e[i - 1].id >= first; i--)
        if (!(e[i - 1].at & ENTRY_DELETED))
            return e[i - 1].id;
    return 0;
}

static uint32_t need(uint32_t n)
{
    return (uint32_t)(sizeof(struct block) + sizeof(struct entry) + sizeof(struct range)) +
           align4(n);
}

/* What stays free for a change of the largest object, were one of n octets added. */
static uint32_t reserve(const struct objects *o, uint32_t n)
{
    return need(n > o->largest ? n : o->largest);
}

uint32_t objects_free(const struct objects *o)
{
    uint32_t block = o->index_at - o->heap_end + o->heap_holes;
    uint32_t kept = reserve(o, 0);

    block = block > kept ? block - kept : 0;
    uint32_t half = journal_capacity(o->nvm);

    half = half > o->live_octets ? half - o->live_octets : 0;
    return block < half ? block : half;
}

/* ---- changing ---- */

/* The octets of the object as the overlay has it count in the NVM; -1 when there is none. */
static int64_t current_length(const struct objects *o, struct found f)
{
    const struct entry *e = entries(o);
    int32_t i = f.pending >= 0 ? f.pending : f.live;

    if (i < 0 || (e[i].at & ENTRY_DELETED))
        return -1;
    return block_length(entry_block(o, e + i));
}

static bool fits_nvm(const struct objects *o, uint32_t id, int64_t old, uint32_t n)
{
    uint64_t after = (uint64_t)o->live_octets + n + OP_PUT_OCTETS;

    if (is_volatile(id))
        return true;
    if (old >= 0)
        after -= (uint64_t)old + OP_PUT_OCTETS;
    return after <= journal_capacity(o->nvm);
}

static void account(struct objects *o, uint32_t id, int64_t old, int64_t now)
{
    if (is_volatile(id))
        return;
    if (old >= 0)
        o->live_octets -= (uint32_t)old + OP_PUT_OCTETS;
    if (now < 0)
        return;
    o->live_octets += (uint32_t)now + OP_PUT_OCTETS;
    if (now > o->largest)
        o->largest = (uint32_t)now;
}

/* Gives the object a new block of n octets in the overlay (volatile: in place). */
static enum err replace(struct objects *o, uint32_t id, uint32_t n, uint8_t **octets)
{
    struct found f = index_lookup(o, id);
    int64_t old = current_length(o, f);
    uint32_t pending = is_volatile(id) ? 0 : 1;

    if (o->broken && pending)
        return E_STORAGE;
    if (n > BLOCK_LENGTH / 2 || !fits_nvm(o, id, old, n))
        return E_MEMORY;
    if (!heap_room(o, need(n) + (n > old ? reserve(o, n) : 0)))
        return E_MEMORY;
    uint32_t at = heap_take(o, id, n | (pending ? BLOCK_PENDING : 0));
    int32_t i = pending ? f.pending : f.live;
    if (i >= 0) {
        struct entry *e = entries(o) + i;
        uint32_t before = e->at;

        e->at = at | (pending ? ENTRY_PENDING : 0);
        heap_free(o, before & ENTRY_AT);
    } else {
        uint32_t where = f.live >= 0 ? (uint32_t)f.live + 1 : f.where;

        if (f.live >= 0 && entries(o)[f.live].at & ENTRY_DELETED) {
            entries(o)[f.live].at &= ~ENTRY_DELETED;
            o->pending--;
        }
        index_insert(o, where, id, at | (pending ? ENTRY_PENDING : 0));
        o->pending += pending;
    }
    account(o, id, old, n);
    *octets = block_octets(block_at(o, at));
    return E_OK;
}

enum err objects_put(struct objects *o, uint32_t id, slice bytes)
{
    uint8_t *octets;
    enum err e;

    if (id == 0 || inside(o, bytes))
        return E_ARGUMENT;
    if (bytes.n > BLOCK_LENGTH / 2)
        return E_MEMORY;
    e = replace(o, id, (uint32_t)bytes.n, &octets);
    if (!e && bytes.n)
        memcpy(octets, bytes.p, bytes.n);
    return e;
}

enum err objects_make(struct objects *o, uint32_t id, uint32_t n, uint8_t fill)
{
    uint8_t *octets;
    enum err e;

    if (id == 0)
        return E_ARGUMENT;
    e = replace(o, id, n, &octets);
    if (!e)
        memset(octets, fill, n);
    return e;
}

/* A pending copy of the live object that remembers which range of it changes. */
static enum err shadow(struct objects *o, uint32_t id, struct found *f)
{
    uint32_t n = block_length(entry_block(o, entries(o) + f->live));

    if (!heap_room(o, need(n)))
        return E_MEMORY;
    uint32_t at = heap_take(o, id, n | BLOCK_PENDING | BLOCK_PARTIAL);
    struct block *b = block_at(o, at);
    memcpy(block_octets(b), block_octets(entry_block(o, entries(o) + f->live)), n);
    *block_range(b) = (struct range){ n, 0 };
    index_insert(o, (uint32_t)f->live + 1, id, at | ENTRY_PENDING);
    o->pending++;
    f->pending = f->live + 1;
    return E_OK;
}

enum err objects_write(struct objects *o, uint32_t id, uint32_t at, slice bytes)
{
    struct found f = index_lookup(o, id);
    int64_t length = current_length(o, f);
    uint32_t end = at + (uint32_t)bytes.n;

    if (inside(o, bytes))
        return E_ARGUMENT;
    if (length < 0)
        return E_NOTFOUND;
    if (at > length || bytes.n > (size_t)(length - at))
        return E_RANGE;
    if (o->broken && !is_volatile(id))
        return E_STORAGE;
    if (bytes.n == 0)
        return E_OK;
    if (!is_volatile(id) && f.pending < 0) {
        enum err e = shadow(o, id, &f);

        if (e)
            return e;
    }
    struct block *b = entry_block(o, entries(o) + (f.pending >= 0 ? f.pending : f.live));
    memcpy(block_octets(b) + at, bytes.p, bytes.n);
    if (b->length & BLOCK_PARTIAL) {
        struct range *r = block_range(b);

        r->first = at < r->first ? at : r->first;
        r->end = end > r->end ? end : r->end;
    }
    return E_OK;
}

enum err objects_delete(struct objects *o, uint32_t id)
{
    struct found f = index_lookup(o, id);
    int64_t length = current_length(o, f);

    if (length < 0)
        return E_NOTFOUND;
    if (is_volatile(id)) {
        objects_drop(o, id);
        return E_OK;
    }
    if (o->broken)
        return E_STORAGE;
    if (f.pending >= 0) {
        heap_free(o, entries(o)[f.pending].at & ENTRY_AT);
        index_remove(o, (uint32_t)f.pending);
        o->pending--;
    }
    if (f.live >= 0) {
        entries(o)[f.live].at |= ENTRY_DELETED;
        o->pending++;
    }
    account(o, id, length, -1);
    o->shrunk = true;
    return E_OK;
}

enum err objects_delete_range(struct objects *o, uint32_t first, uint32_t last)
{
    while (objects_next(o, &first, last, NULL)) {
        enum err e = objects_delete(o, first);

        if (e)
            return e;
    }
    return E_OK;
}

/* ---- the end of a transaction ---- */

/* One pending entry goes live. */
static void settle_entry(struct objects *o, struct entry *pending, struct entry *live)
{
    struct block *b = entry_block(o, pending);

    if (live && block_length(b) == block_length(entry_block(o, live))) {
        memcpy(block_octets(entry_block(o, live)), block_octets(b), block_length(b));
        heap_free(o, pending->at & ENTRY_AT);
        pending->at = live->at;
        return;
    }
    if (live)
        heap_free(o, live->at & ENTRY_AT);
    b->length &= ~BLOCK_PENDING;
    pending->at &= ENTRY_AT;
}

static void drop_entries(struct objects *o, bool commit)
{
    struct entry *e = entries(o);
    uint32_t to = o->index_count;

    for (uint32_t i = o->index_count; i-- > 0;) {
        struct entry *live = i > 0 && e[i - 1].id == e[i].id ? &e[i - 1] : NULL;

        if (e[i].at & ENTRY_PENDING && commit) {
            settle_entry(o, &e[i], live);
            if (live)
                i--;
            e[--to] = live ? e[i + 1] : e[i];
            continue;
        }
        if (e[i].at & ENTRY_PENDING || (e[i].at & ENTRY_DELETED && commit)) {
            heap_free(o, e[i].at & ENTRY_AT);
            continue;
        }
        e[i].at &= ~ENTRY_DELETED;
        e[--to] = e[i];
    }
    o->index_at += to * (uint32_t)sizeof *e;
    o->index_count -= to;
    o->pending = 0;
}

/* After the overlay is gone: what the live objects need. */
static void account_again(struct objects *o)
{
    const struct entry *e = entries(o);

    o->live_octets = 0;
    o->largest = 0;
    o->shrunk = false;
    for (uint32_t i = 0; i < o->index_count; i++)
        account(o, e[i].id, -1, block_length(entry_block(o, e + i)));
}

/* The overlay becomes live in the block; the NVM has it. */
static void objects_settle(struct objects *o)
{
    drop_entries(o, true);
    if (o->shrunk)
        account_again(o);
}

void objects_abort(struct objects *o)
{
    if (o->pending == 0 && !o->shrunk)
        return;
    drop_entries(o, false);
    account_again(o);
}

enum err objects_commit(struct objects *o)
{
    enum err e;

    if (o->broken) {
        objects_abort(o);
        return E_STORAGE;
    }
    if (o->pending == 0) {
        if (o->shrunk)
            account_again(o);
        return E_OK;
    }
    e = journal_commit(o);
    if (e) {
        o->broken = true;
        objects_abort(o);
        return e;
    }
    objects_settle(o);
    return E_OK;
}

/* ---- for boot ---- */

uint8_t *objects_place(struct objects *o, uint32_t id, uint32_t n)
{
    objects_drop(o, id);
    if (!heap_room(o, need(n)))
        return NULL;
    uint32_t at = heap_take(o, id, n);
    index_insert(o, index_find(o, id), id, at);
    account(o, id, -1, n);
    return block_octets(block_at(o, at));
}

void objects_drop(struct objects *o, uint32_t id)
{
    struct found f = index_lookup(o, id);

    if (f.live < 0)
        return;
    account(o, id, current_length(o, f), -1);
    heap_free(o, entries(o)[f.live].at & ENTRY_AT);
    index_remove(o, (uint32_t)f.live);
}

enum err objects_boot(struct objects *o, void *block, uint32_t size, const struct nvm *nvm)
{
    size &= ~7u;
    *o = (struct objects){
        .block = block, .size = size, .index_at = size, .index_end = size, .nvm = nvm
    };
    if (size > ENTRY_AT)
        return E_ARGUMENT;
    return journal_replay(o);
}

/* ---- scratch ---- */

static void index_shift(struct objects *o, uint32_t end)
{
    uint32_t octets = o->index_end - o->index_at;

    memmove(o->block + end - octets, o->block + o->index_at, octets);
    o->index_at = end - octets;
    o->index_end = end;
}

/* A gap of n octets between loans, the highest first; 0: none. */
static uint32_t loan_gap(const struct objects *o, uint32_t n)
{
    uint32_t end = o->size;

    for (;;) {
        const struct objects_loan *next = NULL;

        for (unsigned i = 0; i < OBJECTS_LOANS; i++) {
            const struct objects_loan *l = &o->loans[i];

            if (l->n && l->at < end && (!next || l->at > next->at))
                next = l;
        }
        uint32_t start = next ? next->at + next->n : o->index_end;
        if (end - start >= n)
            return end - n;
        if (!next)
            return 0;
        end = next->at;
    }
}

void *objects_lend(struct objects *o, size_t n)
{
    struct objects_loan *free = NULL;

    for (unsigned i = 0; i < OBJECTS_LOANS && !free; i++)
        if (o->loans[i].n == 0)
            free = &o->loans[i];
    if (!free || n > o->size)
        return NULL;
    uint32_t octets = ((uint32_t)(n ? n : 1) + 7u) & ~7u;
    uint32_t at = loan_gap(o, octets);
    if (at == 0) {
        if (!heap_room(o, octets + reserve(o, 0)))
            return NULL;
        index_shift(o, o->index_end - octets);
        at = o->index_end;
    }
    *free = (struct objects_loan){ at, octets };
    return o->block + at;
}

void objects_repay(struct objects *o, void *scratch)
{
    uint32_t lowest = o->size;

    for (unsigned i = 0; i < OBJECTS_LOANS; i++) {
        struct objects_loan *l = &o->loans[i];

        if (l->n && o->block + l->at == scratch) {
            wipe(scratch, l->n);
            *l = (struct objects_loan){ 0 };
        }
        if (l->n && l->at < lowest)
            lowest = l->at;
    }
    if (lowest > o->index_end)
        index_shift(o, lowest);
}
