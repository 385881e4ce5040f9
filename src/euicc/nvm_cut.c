/* An NVM whose power goes at a chosen write: for simulators, on top of any backing. */
#include "euicc/nvm.h"

static enum err cut_read(void *ctx, unsigned half, uint32_t at, uint8_t *out, size_t n)
{
    const struct nvm_cut *cut = ctx;

    return cut->off ? E_STORAGE : cut->inner->read(cut->inner->ctx, half, at, out, n);
}

/* The octets that still reach the memory, part by part. */
static enum err write_head(const struct nvm_cut *cut, unsigned half, uint32_t at,
                           const slice *parts, size_t count)
{
    size_t left = cut->cut_octets;
    enum err e = E_OK;

    for (size_t i = 0; !e && i < count && left; i++) {
        slice part = slice_head(parts[i], left);

        if (part.n)
            e = cut->inner->write(cut->inner->ctx, half, at, &part, 1);
        at += (uint32_t)part.n;
        left -= part.n;
    }
    return e;
}

static bool goes_now(struct nvm_cut *cut)
{
    cut->writes++;
    cut->off = cut->cut_at && cut->writes == cut->cut_at;
    return cut->off;
}

static enum err cut_write(void *ctx, unsigned half, uint32_t at, const slice *parts, size_t count)
{
    struct nvm_cut *cut = ctx;

    if (cut->off)
        return E_STORAGE;
    if (goes_now(cut)) {
        (void)!write_head(cut, half, at, parts, count);
        return E_STORAGE;
    }
    return cut->inner->write(cut->inner->ctx, half, at, parts, count);
}

/* An erase that the power leaves before it began: the half keeps its octets. */
static enum err cut_erase(void *ctx, unsigned half)
{
    struct nvm_cut *cut = ctx;

    if (cut->off || goes_now(cut))
        return E_STORAGE;
    return cut->inner->erase(cut->inner->ctx, half);
}

void nvm_cut_init(struct nvm_cut *cut, const struct nvm *inner, uint32_t cut_at,
                  uint32_t cut_octets, struct nvm *nvm)
{
    *cut = (struct nvm_cut){ .inner = inner, .cut_at = cut_at, .cut_octets = cut_octets };
    *nvm = (struct nvm){ .ctx = cut,
                         .half_octets = inner->half_octets,
                         .read = cut_read,
                         .write = cut_write,
                         .erase = cut_erase };
}

void nvm_cut_power_on(struct nvm_cut *cut)
{
    cut->off = false;
}
