#include "euicc/nvm.h"

static enum err ram_read(void *ctx, unsigned half, uint32_t at, uint8_t *out, size_t n)
{
    struct nvm_ram *ram = ctx;

    if (ram->off || half >= NVM_HALVES || at > ram->half_octets || n > ram->half_octets - at)
        return E_STORAGE;
    memcpy(out, ram->octets + (size_t)half * ram->half_octets + at, n);
    return E_OK;
}

/* Octets of this operation that still happen; less than n when the power goes during it. */
static size_t powered(struct nvm_ram *ram, size_t n)
{
    ram->writes++;
    if (ram->cut_at == 0 || ram->writes != ram->cut_at)
        return n;
    ram->off = true;
    return ram->cut_octets < n ? ram->cut_octets : n;
}

static enum err ram_write(void *ctx, unsigned half, uint32_t at, const slice *parts, size_t count)
{
    struct nvm_ram *ram = ctx;
    size_t total = 0, left;

    for (size_t i = 0; i < count; i++)
        total += parts[i].n;
    if (ram->off || half >= NVM_HALVES || at > ram->half_octets || total > ram->half_octets - at)
        return E_STORAGE;
    left = powered(ram, total);
    uint8_t *to = ram->octets + (size_t)half * ram->half_octets + at;
    for (size_t i = 0; i < count && left; i++) {
        size_t n = parts[i].n < left ? parts[i].n : left;

        memcpy(to, parts[i].p, n);
        to += n;
        left -= n;
    }
    ram->written += total;
    return ram->off ? E_STORAGE : E_OK;
}

static enum err ram_erase(void *ctx, unsigned half)
{
    struct nvm_ram *ram = ctx;

    if (ram->off || half >= NVM_HALVES)
        return E_STORAGE;
    memset(ram->octets + (size_t)half * ram->half_octets, 0xFF, powered(ram, ram->half_octets));
    return ram->off ? E_STORAGE : E_OK;
}

void nvm_ram_init(struct nvm_ram *ram, uint8_t *octets, uint32_t half_octets, struct nvm *nvm)
{
    *ram = (struct nvm_ram){ .octets = octets, .half_octets = half_octets };
    memset(octets, 0xFF, (size_t)half_octets * NVM_HALVES);
    *nvm = (struct nvm){ .ctx = ram,
                         .half_octets = half_octets,
                         .read = ram_read,
                         .write = ram_write,
                         .erase = ram_erase };
}

void nvm_ram_power_on(struct nvm_ram *ram)
{
    ram->off = false;
    ram->cut_at = 0;
    ram->cut_octets = 0;
    ram->writes = 0;
    ram->written = 0;
}
