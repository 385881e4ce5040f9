#include "profile/pack.h"

#include <string.h>

const uint8_t PACK_HEAD[PACK_HEAD_LEN] = { 'D', 'U', 'N', 'L', 'I', 'N', 'P', 'K', 0, 0, 0, 1 };
static const uint8_t FOOT_END[8] = { 'D', 'U', 'N', 'L', 'I', 'N', 'P', 'X' };
static const uint8_t ENTRY[4] = { 'E', 'N', 'T', 'R' };

static void put(uint8_t *out, uint64_t number, size_t n)
{
    while (n--) {
        out[n] = (uint8_t)number;
        number >>= 8;
    }
}

static uint64_t get(const uint8_t *in, size_t n)
{
    uint64_t number = 0;

    for (size_t i = 0; i < n; i++)
        number = number << 8 | in[i];
    return number;
}

static enum err digest_of(const struct crypto *c, const slice *parts, size_t count,
                          uint8_t out[PACK_DIGEST_LEN])
{
    uint8_t whole[DIGEST_LEN];
    enum err e = crypto_sha256(c, parts, count, whole);

    memcpy(out, whole, PACK_DIGEST_LEN);
    return e;
}

enum err pack_entry(const struct crypto *c, const uint8_t iccid[ICCID_LEN], slice package,
                    slice metadata, uint8_t front[PACK_ENTRY_LEN], uint8_t digest[PACK_DIGEST_LEN])
{
    const slice parts[] = { slice_of(front, PACK_ENTRY_LEN), package, metadata };

    if (!package.n || package.n > PACK_PACKAGE_MAX || metadata.n > PACK_METADATA_MAX)
        return E_LIMIT;
    memcpy(front, ENTRY, sizeof ENTRY);
    memcpy(front + 4, iccid, ICCID_LEN);
    put(front + 14, package.n, 4);
    put(front + 18, metadata.n, 4);
    return digest_of(c, parts, COUNT(parts), digest);
}

void pack_index(const uint8_t iccid[ICCID_LEN], uint64_t offset, uint8_t out[PACK_INDEX_LEN])
{
    memcpy(out, iccid, ICCID_LEN);
    put(out + ICCID_LEN, offset, 8);
}

void pack_foot(uint64_t index, uint64_t count, const uint8_t chain[DIGEST_LEN],
               uint8_t out[PACK_FOOT_LEN])
{
    put(out, index, 8);
    put(out + 8, count, 8);
    memcpy(out + 16, chain, PACK_DIGEST_LEN);
    memcpy(out + 24, FOOT_END, sizeof FOOT_END);
}

enum err pack_front(const uint8_t front[PACK_ENTRY_LEN], struct pack_front *out)
{
    if (memcmp(front, ENTRY, sizeof ENTRY) != 0)
        return E_SYNTAX;
    memcpy(out->iccid, front + 4, ICCID_LEN);
    out->package = (uint32_t)get(front + 14, 4);
    out->metadata = (uint32_t)get(front + 18, 4);
    return !out->package || out->package > PACK_PACKAGE_MAX || out->metadata > PACK_METADATA_MAX
               ? E_LIMIT
               : E_OK;
}

enum err pack_index_digest(const struct crypto *c, uint8_t chain[DIGEST_LEN],
                           const uint8_t entry[PACK_INDEX_LEN])
{
    uint8_t before[DIGEST_LEN];
    const slice parts[] = { SLICE_OF(before), slice_of(entry, PACK_INDEX_LEN) };

    memcpy(before, chain, sizeof before);
    return crypto_sha256(c, parts, COUNT(parts), chain);
}

/* A chain, so that the index of a large pack need not be in memory. */
static enum err check_index(const struct crypto *c, const struct pack *p,
                            const uint8_t digest[PACK_DIGEST_LEN])
{
    uint8_t entry[PACK_INDEX_LEN], chain[DIGEST_LEN] = { 0 };
    enum err e = E_OK;

    for (uint64_t i = 0; !e && i < p->count; i++) {
        e = p->source.read(p->source.ctx, p->index + i * PACK_INDEX_LEN, entry, sizeof entry);
        if (!e)
            e = pack_index_digest(c, chain, entry);
    }
    return e ? e : memcmp(chain, digest, PACK_DIGEST_LEN) ? E_BADMAC : E_OK;
}

enum err pack_open(const struct crypto *c, const struct pack_source *source, struct pack *out)
{
    uint8_t head[PACK_HEAD_LEN], foot[PACK_FOOT_LEN];
    uint64_t room;
    enum err e;

    *out = (struct pack){ .source = *source };
    if (source->size < PACK_HEAD_LEN + PACK_FOOT_LEN)
        return E_TRUNCATED;
    e = source->read(source->ctx, 0, head, sizeof head);
    if (!e)
        e = source->read(source->ctx, source->size - PACK_FOOT_LEN, foot, sizeof foot);
    if (e)
        return e;
    if (memcmp(head, PACK_HEAD, sizeof head) != 0)
        return E_SYNTAX;
    if (memcmp(foot + 24, FOOT_END, sizeof FOOT_END) != 0)
        return E_TRUNCATED;
    out->index = get(foot, 8);
    out->count = get(foot + 8, 8);
    room = source->size - PACK_FOOT_LEN;
    if (out->index < PACK_HEAD_LEN || out->index > room ||
        out->count != (room - out->index) / PACK_INDEX_LEN || (room - out->index) % PACK_INDEX_LEN)
        return E_SYNTAX;
    return check_index(c, out, foot + 16);
}

static enum err read_index(const struct pack *p, uint64_t i, uint8_t out[PACK_INDEX_LEN])
{
    if (i >= p->count)
        return E_NOTFOUND;
    return p->source.read(p->source.ctx, p->index + i * PACK_INDEX_LEN, out, PACK_INDEX_LEN);
}

enum err pack_iccid(const struct pack *p, uint64_t i, uint8_t iccid[ICCID_LEN])
{
    uint8_t entry[PACK_INDEX_LEN];
    enum err e = read_index(p, i, entry);

    if (!e)
        memcpy(iccid, entry, ICCID_LEN);
    return e;
}

enum err pack_read(const struct crypto *c, const struct pack *p, uint64_t i, struct arena *arena,
                   slice *package, slice *metadata)
{
    uint8_t entry[PACK_INDEX_LEN], front[PACK_ENTRY_LEN], digest[PACK_DIGEST_LEN];
    struct pack_front f;
    uint64_t at, end;
    uint8_t *octets;
    size_t n;
    enum err e = read_index(p, i, entry);

    if (e)
        return e;
    at = get(entry + ICCID_LEN, 8);
    if (at < PACK_HEAD_LEN || at > p->index || p->index - at < PACK_ENTRY_LEN + PACK_DIGEST_LEN)
        return E_SYNTAX;
    e = p->source.read(p->source.ctx, at, front, sizeof front);
    if (!e)
        e = pack_front(front, &f);
    if (e)
        return e;
    n = (size_t)f.package + f.metadata + PACK_DIGEST_LEN;
    end = at + PACK_ENTRY_LEN + n;
    if (end > p->index || memcmp(f.iccid, entry, ICCID_LEN) != 0)
        return E_SYNTAX;
    octets = arena_alloc(arena, n);
    if (!octets)
        return E_MEMORY;
    e = p->source.read(p->source.ctx, at + PACK_ENTRY_LEN, octets, n);
    *package = slice_of(octets, f.package);
    *metadata = f.metadata ? slice_of(octets + f.package, f.metadata) : SLICE_NONE;
    if (!e) {
        const slice parts[] = { SLICE_OF(front), *package, *metadata };

        e = digest_of(c, parts, COUNT(parts), digest);
    }
    if (!e && memcmp(digest, octets + n - PACK_DIGEST_LEN, PACK_DIGEST_LEN) != 0)
        e = E_BADMAC;
    return e;
}
