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

/*
 * CRC-32 (IEEE 802.3). crc_table[k][h][n] is what the low (h = 0) or high nibble n of an octet does
 * to the checksum k octets behind it; so eight octets are sixteen look-ups that do not wait for
 * each other, in one KB of table.
 */
static const uint32_t crc_table[8][2][16] = {
    { { 0x00000000, 0x77073096, 0xEE0E612C, 0x990951BA, 0x076DC419, 0x706AF48F, 0xE963A535,
        0x9E6495A3, 0x0EDB8832, 0x79DCB8A4, 0xE0D5E91E, 0x97D2D988, 0x09B64C2B, 0x7EB17CBD,
        0xE7B82D07, 0x90BF1D91 },
      { 0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158,
        0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4,
        0xA00AE278, 0xBDBDF21C } },
    { { 0x00000000, 0x191B3141, 0x32366282, 0x2B2D53C3, 0x646CC504, 0x7D77F445, 0x565AA786,
        0x4F4196C7, 0xC8D98A08, 0xD1C2BB49, 0xFAEFE88A, 0xE3F4D9CB, 0xACB54F0C, 0xB5AE7E4D,
        0x9E832D8E, 0x87981CCF },
      { 0x00000000, 0x4AC21251, 0x958424A2, 0xDF4636F3, 0xF0794F05, 0xBABB5D54, 0x65FD6BA7,
        0x2F3F79F6, 0x3B83984B, 0x71418A1A, 0xAE07BCE9, 0xE4C5AEB8, 0xCBFAD74E, 0x8138C51F,
        0x5E7EF3EC, 0x14BCE1BD } },
    { { 0x00000000, 0x01C26A37, 0x0384D46E, 0x0246BE59, 0x0709A8DC, 0x06CBC2EB, 0x048D7CB2,
        0x054F1685, 0x0E1351B8, 0x0FD13B8F, 0x0D9785D6, 0x0C55EFE1, 0x091AF964, 0x08D89353,
        0x0A9E2D0A, 0x0B5C473D },
      { 0x00000000, 0x1C26A370, 0x384D46E0, 0x246BE590, 0x709A8DC0, 0x6CBC2EB0, 0x48D7CB20,
        0x54F16850, 0xE1351B80, 0xFD13B8F0, 0xD9785D60, 0xC55EFE10, 0x91AF9640, 0x8D893530,
        0xA9E2D0A0, 0xB5C473D0 } },
    { { 0x00000000, 0xB8BC6765, 0xAA09C88B, 0x12B5AFEE, 0x8F629757, 0x37DEF032, 0x256B5FDC,
        0x9DD738B9, 0xC5B428EF, 0x7D084F8A, 0x6FBDE064, 0xD7018701, 0x4AD6BFB8, 0xF26AD8DD,
        0xE0DF7733, 0x58631056 },
      { 0x00000000, 0x5019579F, 0xA032AF3E, 0xF02BF8A1, 0x9B14583D, 0xCB0D0FA2, 0x3B26F703,
        0x6B3FA09C, 0xED59B63B, 0xBD40E1A4, 0x4D6B1905, 0x1D724E9A, 0x764DEE06, 0x2654B999,
        0xD67F4138, 0x866616A7 } },
    { { 0x00000000, 0x3D6029B0, 0x7AC05360, 0x47A07AD0, 0xF580A6C0, 0xC8E08F70, 0x8F40F5A0,
        0xB220DC10, 0x30704BC1, 0x0D106271, 0x4AB018A1, 0x77D03111, 0xC5F0ED01, 0xF890C4B1,
        0xBF30BE61, 0x825097D1 },
      { 0x00000000, 0x60E09782, 0xC1C12F04, 0xA121B886, 0x58F35849, 0x3813CFCB, 0x9932774D,
        0xF9D2E0CF, 0xB1E6B092, 0xD1062710, 0x70279F96, 0x10C70814, 0xE915E8DB, 0x89F57F59,
        0x28D4C7DF, 0x4834505D } },
    { { 0x00000000, 0xCB5CD3A5, 0x4DC8A10B, 0x869472AE, 0x9B914216, 0x50CD91B3, 0xD659E31D,
        0x1D0530B8, 0xEC53826D, 0x270F51C8, 0xA19B2366, 0x6AC7F0C3, 0x77C2C07B, 0xBC9E13DE,
        0x3A0A6170, 0xF156B2D5 },
      { 0x00000000, 0x03D6029B, 0x07AC0536, 0x047A07AD, 0x0F580A6C, 0x0C8E08F7, 0x08F40F5A,
        0x0B220DC1, 0x1EB014D8, 0x1D661643, 0x191C11EE, 0x1ACA1375, 0x11E81EB4, 0x123E1C2F,
        0x16441B82, 0x15921919 } },
    { { 0x00000000, 0xA6770BB4, 0x979F1129, 0x31E81A9D, 0xF44F2413, 0x52382FA7, 0x63D0353A,
        0xC5A73E8E, 0x33EF4E67, 0x959845D3, 0xA4705F4E, 0x020754FA, 0xC7A06A74, 0x61D761C0,
        0x503F7B5D, 0xF64870E9 },
      { 0x00000000, 0x67DE9CCE, 0xCFBD399C, 0xA863A552, 0x440B7579, 0x23D5E9B7, 0x8BB64CE5,
        0xEC68D02B, 0x8816EAF2, 0xEFC8763C, 0x47ABD36E, 0x20754FA0, 0xCC1D9F8B, 0xABC30345,
        0x03A0A617, 0x647E3AD9 } },
    { { 0x00000000, 0xCCAA009E, 0x4225077D, 0x8E8F07E3, 0x844A0EFA, 0x48E00E64, 0xC66F0987,
        0x0AC50919, 0xD3E51BB5, 0x1F4F1B2B, 0x91C01CC8, 0x5D6A1C56, 0x57AF154F, 0x9B0515D1,
        0x158A1232, 0xD92012AC },
      { 0x00000000, 0x7CBB312B, 0xF9766256, 0x85CD537D, 0x299DC2ED, 0x5526F3C6, 0xD0EBA0BB,
        0xAC509190, 0x533B85DA, 0x2F80B4F1, 0xAA4DE78C, 0xD6F6D6A7, 0x7AA64737, 0x061D761C,
        0x83D02561, 0xFF6B144A } }
};

static uint32_t crc_octet(unsigned behind, uint8_t octet)
{
    return crc_table[behind][0][octet & 15] ^ crc_table[behind][1][octet >> 4];
}

/* Start with 0. */
static uint32_t crc32_more(uint32_t crc, const uint8_t *p, size_t n)
{
    crc = ~crc;
    for (; n >= 8; n -= 8, p += 8)
        crc = crc_octet(7, p[0] ^ (uint8_t)crc) ^ crc_octet(6, p[1] ^ (uint8_t)(crc >> 8)) ^
              crc_octet(5, p[2] ^ (uint8_t)(crc >> 16)) ^
              crc_octet(4, p[3] ^ (uint8_t)(crc >> 24)) ^ crc_octet(3, p[4]) ^ crc_octet(2, p[5]) ^
              crc_octet(1, p[6]) ^ crc_octet(0, p[7]);
    for (; n > 0; n--, p++)
        crc = crc_octet(0, *p ^ (uint8_t)crc) ^ crc >> 8;
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
