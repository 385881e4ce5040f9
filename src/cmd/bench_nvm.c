#include "cmd/bench_nvm.h"

#include <sys/mman.h>

static uint8_t *place(const struct bench_nvm *n, unsigned half, uint32_t at, size_t octets)
{
    if (half >= NVM_HALVES || at > n->half_octets || octets > n->half_octets - at)
        return NULL;
    return n->octets + (size_t)half * n->half_octets + at;
}

static enum err read_inverted(void *ctx, unsigned half, uint32_t at, uint8_t *out, size_t n)
{
    const uint8_t *from = place(ctx, half, at, n);

    if (!from)
        return E_STORAGE;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)~from[i];
    return E_OK;
}

/* A page to which nothing but FF goes stays out of memory. */
static uint8_t *put_inverted(uint8_t *to, slice part)
{
    for (size_t i = 0; i < part.n; i++) {
        uint8_t inverted = (uint8_t)~part.p[i];

        if (to[i] != inverted)
            to[i] = inverted;
    }
    return to + part.n;
}

static enum err write_inverted(void *ctx, unsigned half, uint32_t at, const slice *parts,
                               size_t count)
{
    struct bench_nvm *nvm = ctx;
    size_t total = 0;
    uint8_t *to;

    for (size_t i = 0; i < count; i++)
        total += parts[i].n;
    to = place(nvm, half, at, total);
    if (!to)
        return E_STORAGE;
    for (size_t i = 0; i < count; i++)
        to = put_inverted(to, parts[i]);
    nvm->wear.writes++;
    nvm->wear.octets += total;
    return E_OK;
}

static enum err erase(void *ctx, unsigned half)
{
    struct bench_nvm *nvm = ctx;
    uint8_t *from = place(nvm, half, 0, nvm->half_octets);

    if (!from || madvise(from, nvm->half_octets, MADV_DONTNEED))
        return E_STORAGE;
    nvm->wear.erases++;
    return E_OK;
}

void bench_nvm_init(struct bench_nvm *n, uint8_t *octets, uint32_t half_octets, struct nvm *out)
{
    *n = (struct bench_nvm){ .octets = octets, .half_octets = half_octets };
    *out = (struct nvm){ n, half_octets, read_inverted, write_inverted, erase };
}
