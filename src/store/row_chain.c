#include "store/row_chain.h"

#include "store/engine.h"

#define COLUMNS_MAX 24
#define PAGE        200u

bool row_chain_columns(const struct store_table *t, struct row_chain_columns *out)
{
    *out = (struct row_chain_columns){ .serial = NULL };
    for (size_t i = 0; i < t->column_count; i++) {
        const struct store_column *c = &t->columns[i];

        if (c->flags & STORE_SERIAL)
            out->serial = c;
        if (c->flags & STORE_CUT)
            out->cut = c;
        if (c->flags & STORE_CHAIN)
            *(c->kind == STORE_INT ? &out->behind : &out->hash) = c;
    }
    return out->serial && out->behind && out->hash;
}

/* ---- one link ---- */

struct parts {
    slice part[2 + 4 * COLUMNS_MAX];
    size_t count;
    uint8_t number[1 + 2 * COLUMNS_MAX][8];
    size_t numbers;
};

static void add(struct parts *p, slice s)
{
    p->part[p->count++] = s;
}

static void add_number(struct parts *p, uint64_t v)
{
    uint8_t *b = p->number[p->numbers++];

    for (int i = 0; i < 8; i++)
        b[i] = (uint8_t)(v >> (56 - 8 * i));
    add(p, slice_of(b, 8));
}

/* Name, kind and value, each with its length known: no two rows give the same octets. */
static void add_column(struct parts *p, const struct store_column *c, const void *row,
                       int64_t serial)
{
    static const uint8_t kinds[] = { 0, 1, 2 };
    slice name = slice_of(c->name, strlen(c->name) + 1);
    int64_t i;
    slice s;

    if (c->kind == STORE_INT) {
        i = c->flags & STORE_SERIAL ? serial : *store_row_int(row, c);
        if (!i)
            return;
        add(p, name);
        add(p, slice_of(&kinds[STORE_INT], 1));
        add_number(p, (uint64_t)i);
        return;
    }
    s = *store_row_slice(row, c);
    if (!s.p)
        return;
    add(p, name);
    add(p, slice_of(&kinds[c->kind], 1));
    add_number(p, s.n);
    add(p, s);
}

enum err row_chain_next(const struct crypto *c, const struct store_table *t, const void *row,
                        int64_t serial, const struct row_chain_head *head,
                        struct row_chain_head *out)
{
    struct parts p;
    struct row_chain_head next = { .last = serial, .count = head->count + 1 };
    enum err err;

    p.count = p.numbers = 0;
    if (t->column_count > COLUMNS_MAX)
        return E_ARGUMENT;
    add(&p, slice_of(head->hash, sizeof head->hash));
    add_number(&p, (uint64_t)head->last);
    for (size_t i = 0; i < t->column_count; i++)
        if (!(t->columns[i].flags & STORE_CHAIN))
            add_column(&p, &t->columns[i], row, serial);
    err = crypto_sha256(c, p.part, p.count, next.hash);
    if (!err)
        *out = next;
    return err;
}

enum err row_chain_holds(const struct crypto *c, const struct store_table *t,
                         const struct row_chain_columns *columns, const void *row,
                         const struct row_chain_head *head, struct row_chain_head *out, bool *holds)
{
    int64_t id = *store_row_int(row, columns->serial);
    const uint64_t version = (uint64_t)id;
    enum err err = row_chain_next(c, t, row, id, head, out);

    *holds = !err && *store_row_int(row, columns->behind) == head->last &&
             slice_eq(*store_row_slice(row, columns->hash), SLICE_OF(out->hash)) &&
             memcmp(row, &version, sizeof version) == 0;
    return err;
}

/* ---- the whole chain ---- */

struct walk {
    const struct crypto *crypto;
    const struct store_table *table;
    struct row_chain_columns columns;
    const uint8_t *anchor;
    bool anchored, begun;
    int64_t cut; /* how far the rows say that the chain was cut */
    struct row_chain_head head;
    struct row_chain_verdict *verdict;
    void (*found)(void *ctx, enum row_chain_fault fault, int64_t id);
    void *ctx;
};

static void tell(struct walk *w, enum row_chain_fault fault, int64_t id)
{
    w->verdict->faults++;
    w->found(w->ctx, fault, id);
}

static void accept(struct walk *w, int64_t id, slice hash)
{
    w->begun = true;
    w->head.last = id;
    w->head.count++;
    memcpy(w->head.hash, hash.p, sizeof w->head.hash);
    if (w->anchor && !memcmp(w->anchor, hash.p, DIGEST_LEN))
        w->anchored = true;
}

static enum err walk_row(struct walk *w, const uint8_t *row)
{
    const struct row_chain_columns *c = &w->columns;
    int64_t id = *store_row_int(row, c->serial), behind = *store_row_int(row, c->behind);
    slice hash = *store_row_slice(row, c->hash);
    struct row_chain_head next;
    bool holds = true;
    enum err err = E_OK;

    if (hash.n != DIGEST_LEN) {
        if (hash.p || w->begun)
            tell(w, ROW_UNCHAINED, id);
        else
            w->verdict->before++;
        return E_OK;
    }
    /* the row itself hangs on a row before the last one that was seen: what is between does not */
    if (behind < w->head.last)
        tell(w, ROW_INSERTED, w->head.last);
    else if (behind > w->head.last)
        tell(w, ROW_REMOVED, behind);
    else
        err = row_chain_holds(w->crypto, w->table, c, row, &w->head, &next, &holds);
    if (!holds)
        tell(w, ROW_CHANGED, id);
    if (c->cut && *store_row_int(row, c->cut))
        w->cut = *store_row_int(row, c->cut);
    accept(w, id, hash);
    return err;
}

static enum err walk_rows(struct walk *w, struct store *s, struct arena *a)
{
    struct store_query q = { .limit = PAGE, .from_given = true };
    size_t count = PAGE;
    enum err err = E_OK;

    q.from = store_int(INT64_MIN);
    while (!err && count == PAGE) {
        uint8_t *rows;

        arena_reset(a);
        err = store_list(s, w->table, &q, a, &rows, &count);
        for (size_t i = 0; i < count && !err; i++) {
            const uint8_t *row = rows + i * w->table->size;

            err = walk_row(w, row);
            q.from = store_int(*store_row_int(row, w->columns.serial) + 1);
        }
    }
    return err;
}

static void compare_end(struct walk *w, const struct row_chain_head *noted)
{
    if (noted->last > w->head.last)
        tell(w, ROW_CUT, noted->last);
    else if (noted->last < w->head.last)
        tell(w, ROW_INSERTED, w->head.last);
    else if (noted->count != w->head.count && !w->verdict->faults)
        tell(w, noted->count > w->head.count ? ROW_REMOVED : ROW_INSERTED, 0);
    else if (memcmp(noted->hash, w->head.hash, DIGEST_LEN) != 0)
        tell(w, ROW_CHANGED, w->head.last);
    if (w->cut != w->verdict->floor.last)
        tell(w, ROW_UNTOLD, w->verdict->floor.last);
    if (w->anchor && !w->anchored)
        tell(w, ROW_ANCHOR, 0);
}

/* From what was cut off on. */
static void begin_at(struct walk *w, const struct row_chain_head *floor)
{
    w->verdict->floor = w->head = *floor;
    w->begun = floor->last != 0;
    w->anchored = w->begun && w->anchor && !memcmp(w->anchor, floor->hash, DIGEST_LEN);
}

enum err row_chain_verify(struct store *s, const struct crypto *c, const struct store_table *t,
                          const uint8_t *anchor,
                          void (*found)(void *ctx, enum row_chain_fault fault, int64_t id),
                          void *ctx, struct row_chain_verdict *out)
{
    struct walk w = { .crypto = c, .table = t, .anchor = anchor, .verdict = out, .found = found };
    struct row_chain_ends noted = { .head = { 0 } };
    struct arena a;
    enum err err;

    w.ctx = ctx;
    *out = (struct row_chain_verdict){ .before = 0 };
    if (!row_chain_columns(t, &w.columns))
        return E_ARGUMENT;
    arena_init(&a, (size_t)256 << 20);
    err = store_read_begin(s);
    if (!err) {
        err = s->engine->row_chain_ends(s, t, &noted);
        if (!err) {
            begin_at(&w, &noted.floor);
            err = walk_rows(&w, s, &a);
        }
        store_read_end(s);
    }
    arena_free(&a);
    if (!err)
        compare_end(&w, &noted.head);
    out->head = w.head;
    return err;
}
