/*
 * What the NVM holds. A half:
 *
 *   octet 0   half header: "DUNLINv1", generation, CRC-32: written last, so it is the commit of all
 *             that stands behind it at that time
 *   octet 16  records, one after another, up to the first that does not verify
 *
 * A record: length of its operations, sequence, generation, operations, CRC-32 over all of it. The
 * half with the higher generation and a good header is in force. Sequence and generation in every
 * record keep old octets from being taken for new ones.
 *
 * Integers are big endian.
 */
#include "euicc/objects_impl.h"

#define HALF_HEADER   16u
#define RECORD_HEADER 12u
#define RECORD_CRC    4u
#define OP_MAX        13u /* octets of the longest operation header */
#define GATHER        24u /* operations handed to one write */

static const uint8_t magic[8] = "DUNLINv1";

enum op { OP_PUT = 1, OP_WRITE = 2, OP_DELETE = 3 };

/* CRC-32 (IEEE 802.3), a nibble a step: 64 octets of table. Start with 0. */
static uint32_t crc32_more(uint32_t crc, const uint8_t *p, size_t n)
{
    static const uint32_t table[16] = { 0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                        0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                        0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C };

    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc = table[(crc ^ p[i]) & 15] ^ crc >> 4;
        crc = table[(crc ^ p[i] >> 4) & 15] ^ crc >> 4;
    }
    return ~crc;
}

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint32_t journal_capacity(const struct nvm *nvm)
{
    uint32_t overhead = HALF_HEADER + RECORD_HEADER + RECORD_CRC;

    return nvm->half_octets > overhead ? nvm->half_octets - overhead : 0;
}

/* ---- writing ---- */

/* Gathers operations into writes of one record. */
struct writer {
    const struct nvm *nvm;
    unsigned half;
    uint32_t at, crc;
    size_t count, heads;
    slice parts[2 * GATHER + 2];
    uint8_t head[GATHER][OP_MAX];
    enum err err;
};

static void writer_flush(struct writer *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->count; i++)
        n += w->parts[i].n;
    if (!w->err && n > 0)
        w->err = w->nvm->write(w->nvm->ctx, w->half, w->at, w->parts, w->count);
    w->at += (uint32_t)n;
    w->count = 0;
    w->heads = 0;
}

static void writer_part(struct writer *w, slice s)
{
    if (s.n == 0)
        return;
    w->crc = crc32_more(w->crc, s.p, s.n);
    w->parts[w->count++] = s;
}

static void writer_op(struct writer *w, enum op op, uint32_t id, uint32_t at, slice octets)
{
    if (w->heads == GATHER)
        writer_flush(w);
    uint8_t *head = w->head[w->heads++];
    size_t n = 5;

    head[0] = (uint8_t)op;
    put32(head + 1, id);
    if (op == OP_WRITE) {
        put32(head + n, at);
        n += 4;
    }
    if (op != OP_DELETE) {
        put32(head + n, (uint32_t)octets.n);
        n += 4;
    }
    writer_part(w, slice_of(head, n));
    writer_part(w, octets);
}

static void writer_begin(struct writer *w, uint8_t header[RECORD_HEADER], uint32_t length,
                         uint32_t sequence, uint32_t generation)
{
    put32(header, length);
    put32(header + 4, sequence);
    put32(header + 8, generation);
    writer_part(w, slice_of(header, RECORD_HEADER));
}

static void writer_end(struct writer *w)
{
    uint8_t crc[RECORD_CRC];

    put32(crc, w->crc);
    w->parts[w->count++] = slice_of(crc, sizeof crc);
    writer_flush(w);
}

/* What one entry of the overlay is as an operation. */
static enum op pending_op(const struct objects *o, const struct entry *e, uint32_t *at,
                          slice *octets)
{
    *at = 0;
    *octets = SLICE_NONE;
    if (e->at & ENTRY_DELETED)
        return OP_DELETE;
    struct block *b = entry_block(o, e);
    *octets = slice_of(block_octets(b), block_length(b));
    if (!(b->length & BLOCK_PARTIAL))
        return OP_PUT;
    const struct range *r = block_range(b);
    *at = r->first;
    *octets = slice_of(block_octets(b) + r->first, r->end - r->first);
    return OP_WRITE;
}

static uint32_t overlay_length(const struct objects *o)
{
    static const uint8_t head[] = { [OP_PUT] = 9, [OP_WRITE] = 13, [OP_DELETE] = 5 };
    const struct entry *e = entries(o);
    uint32_t total = 0, at;
    slice octets;

    for (uint32_t i = 0; i < o->index_count; i++)
        if (e[i].at & ENTRY_CHANGED) {
            total += head[pending_op(o, e + i, &at, &octets)];
            total += (uint32_t)octets.n;
        }
    return total;
}

static enum err append_overlay(struct objects *o, uint32_t length)
{
    struct writer w = { .nvm = o->nvm, .half = o->half, .at = o->nvm_at };
    uint8_t header[RECORD_HEADER];
    const struct entry *e = entries(o);
    uint32_t at;
    slice octets;

    writer_begin(&w, header, length, o->sequence, o->generation);
    for (uint32_t i = 0; i < o->index_count; i++)
        if (e[i].at & ENTRY_CHANGED) {
            enum op op = pending_op(o, e + i, &at, &octets);

            writer_op(&w, op, e[i].id, at, octets);
        }
    writer_end(&w);
    if (w.err)
        return w.err;
    o->nvm_at = w.at;
    o->sequence++;
    return E_OK;
}

static enum err write_half_header(const struct nvm *nvm, unsigned half, uint32_t generation)
{
    uint8_t header[HALF_HEADER];

    memcpy(header, magic, sizeof magic);
    put32(header + 8, generation);
    put32(header + 12, crc32_more(0, header, 12));
    slice part = slice_of(header, sizeof header);
    return nvm->write(nvm->ctx, half, 0, &part, 1);
}

/* The state with the overlay applied goes into the other half, its header last. */
static enum err move_to_other_half(struct objects *o)
{
    unsigned half = o->generation ? !o->half : 0;
    struct writer w = { .nvm = o->nvm, .half = half, .at = HALF_HEADER };
    uint8_t header[RECORD_HEADER];
    uint32_t generation = o->generation + 1;
    enum err err = o->nvm->erase(o->nvm->ctx, half);
    slice octets;

    if (err)
        return err;
    writer_begin(&w, header, o->live_octets, 0, generation);
    for (uint32_t id = 1; objects_next(o, &id, OBJECTS_VOLATILE - 1, &octets); id++)
        writer_op(&w, OP_PUT, id, 0, octets);
    writer_end(&w);
    if (!w.err)
        w.err = write_half_header(o->nvm, half, generation);
    if (w.err)
        return w.err;
    o->half = (uint8_t)half;
    o->generation = generation;
    o->nvm_at = w.at;
    o->sequence = 1;
    o->tail_soiled = false;
    return E_OK;
}

enum err journal_commit(struct objects *o)
{
    uint32_t length = overlay_length(o);
    uint64_t end = (uint64_t)o->nvm_at + RECORD_HEADER + length + RECORD_CRC;

    if (o->generation == 0 || o->tail_soiled || end > o->nvm->half_octets)
        return move_to_other_half(o);
    return append_overlay(o, length);
}

/* ---- reading ---- */

struct scan {
    struct objects *o;
    uint32_t at;   /* of the record */
    uint32_t next; /* of what follows it */
};

static enum err nvm_read(const struct objects *o, uint32_t at, uint8_t *out, size_t n)
{
    return o->nvm->read(o->nvm->ctx, o->half, at, out, n);
}

static enum err half_generation(const struct nvm *nvm, unsigned half, uint32_t *generation)
{
    uint8_t header[HALF_HEADER];
    enum err err;

    *generation = 0;
    if (nvm->half_octets < HALF_HEADER)
        return E_STORAGE;
    err = nvm->read(nvm->ctx, half, 0, header, sizeof header);
    if (!err && memcmp(header, magic, sizeof magic) == 0 &&
        crc32_more(0, header, 12) == get32(header + 12))
        *generation = get32(header + 8);
    return err;
}

/*
 * Verifies the record at s->at. E_NOTFOUND: none that verifies; *clean says whether the place is
 * still erased.
 */
static enum err check_record(struct scan *s, bool *clean)
{
    struct objects *o = s->o;
    uint8_t chunk[256];
    uint32_t left, at = s->at + RECORD_HEADER, crc;
    enum err err;

    *clean = false;
    if (o->nvm->half_octets - s->at < RECORD_HEADER + RECORD_CRC)
        return E_NOTFOUND; /* nothing fits here any more; the next commit moves on by itself */
    err = nvm_read(o, s->at, chunk, RECORD_HEADER);
    if (err)
        return err;
    *clean = true;
    for (unsigned i = 0; i < RECORD_HEADER; i++)
        *clean = *clean && chunk[i] == 0xFF;
    left = get32(chunk);
    if (*clean || get32(chunk + 4) != o->sequence || get32(chunk + 8) != o->generation ||
        left > o->nvm->half_octets - at - RECORD_CRC)
        return E_NOTFOUND;
    for (crc = crc32_more(0, chunk, RECORD_HEADER); left > 0;) {
        uint32_t n = left < sizeof chunk ? left : (uint32_t)sizeof chunk;

        err = nvm_read(o, at, chunk, n);
        if (err)
            return err;
        crc = crc32_more(crc, chunk, n);
        at += n;
        left -= n;
    }
    err = nvm_read(o, at, chunk, RECORD_CRC);
    if (err)
        return err;
    s->next = at + RECORD_CRC;
    return get32(chunk) == crc ? E_OK : E_NOTFOUND;
}

static enum err replay_write(struct objects *o, uint32_t id, uint32_t to, uint32_t from, uint32_t n)
{
    struct found f = index_lookup(o, id);

    if (f.live < 0)
        return E_STORAGE;
    struct block *b = entry_block(o, entries(o) + f.live);
    if (to > block_length(b) || n > block_length(b) - to)
        return E_STORAGE;
    return nvm_read(o, from, block_octets(b) + to, n);
}

/* One operation at *at, which moves behind it. */
static enum err replay_op(struct objects *o, uint32_t *at, uint32_t end)
{
    uint8_t head[OP_MAX];
    uint32_t have = end - *at < OP_MAX ? end - *at : OP_MAX;
    enum err err = nvm_read(o, *at, head, have);

    if (err)
        return err;
    uint32_t id = have >= 5 ? get32(head + 1) : 0;
    if (have >= 5 && head[0] == OP_DELETE) {
        objects_drop(o, id);
        *at += 5;
        return E_OK;
    }
    uint32_t size = head[0] == OP_WRITE ? 13 : 9;
    if (have < size)
        return E_STORAGE;
    uint32_t n = get32(head + size - 4);
    if (n > end - *at - size)
        return E_STORAGE;
    uint32_t from = *at + size;
    *at = from + n;
    if (head[0] == OP_WRITE)
        return replay_write(o, id, get32(head + 5), from, n);
    uint8_t *octets = head[0] == OP_PUT ? objects_place(o, id, n) : NULL;
    if (!octets)
        return head[0] == OP_PUT ? E_MEMORY : E_STORAGE;
    return nvm_read(o, from, octets, n);
}

static enum err replay_record(struct scan *s)
{
    uint32_t at = s->at + RECORD_HEADER, end = s->next - RECORD_CRC;

    while (at < end) {
        enum err err = replay_op(s->o, &at, end);

        if (err)
            return err;
    }
    return E_OK;
}

enum err journal_replay(struct objects *o)
{
    uint32_t generation[NVM_HALVES];
    struct scan s = { .o = o, .at = HALF_HEADER };
    bool clean;
    enum err err;

    for (unsigned half = 0; half < NVM_HALVES; half++) {
        err = half_generation(o->nvm, half, &generation[half]);
        if (err)
            return err;
    }
    o->half = generation[1] > generation[0];
    o->generation = generation[o->half];
    if (o->generation == 0)
        return E_OK;
    while ((err = check_record(&s, &clean)) == E_OK) {
        err = replay_record(&s);
        if (err)
            return err;
        o->sequence++;
        s.at = s.next;
    }
    if (err != E_NOTFOUND)
        return err;
    /* the header was written behind the first record: without it the memory is damaged, and an
       empty card, or the older half with its spent PIN tries, would be worse than none */
    if (o->sequence == 0)
        return E_STORAGE;
    o->nvm_at = s.at;
    o->tail_soiled = !clean;
    return E_OK;
}
