/*
 * The card's non-volatile memory, as the card sees it: two halves, one of which is in force.
 *
 * A half is read at boot and appended to; it is erased only while the other one is in force, so
 * an interrupted erase harms nothing. What is written where is the object store's business
 * (objects.h); a backing only keeps octets.
 *
 *   nvm_file.c  one POSIX file a card (hosts)
 *   nvm_ram.c   the caller's memory, with a hook that cuts the power (tests, simulators)
 *   nvm_cut.c   in front of any of them: the power goes at a chosen write
 *
 * A flash port implements the same three functions; no octet is programmed twice between erases.
 */
#ifndef DUNLIN_EUICC_NVM_H
#define DUNLIN_EUICC_NVM_H

#include "base/err.h"
#include "base/slice.h"

#define NVM_HALVES 2

struct nvm {
    void *ctx;
    uint32_t half_octets; /* capacity of each half */

    /* n octets from `at`. Octets that were never written read as FF. E_STORAGE. */
    enum err (*read)(void *ctx, unsigned half, uint32_t at, uint8_t *out, size_t n);

    /*
     * Programs the parts, one after another, from `at` on. Durable when it returns E_OK. After a
     * power cut any prefix of the octets may have been written.
     */
    enum err (*write)(void *ctx, unsigned half, uint32_t at, const slice *parts, size_t count);

    /* All octets of the half become FF. Durable when it returns E_OK. */
    enum err (*erase)(void *ctx, unsigned half);
};

/* ---- one POSIX file ---- */

struct nvm_file {
    int fd;
    uint32_t half_octets;
    bool sync; /* fdatasync after every write; without it a killed process loses nothing, a power
                  cut of the host may */
};

/* Opens or creates the file. E_STORAGE. `file` must outlive `nvm`. */
MUST_USE enum err nvm_file_open(struct nvm_file *file, const char *path, uint32_t half_octets,
                                bool sync, struct nvm *nvm);
void nvm_file_close(struct nvm_file *file);

/* ---- the caller's memory ---- */

struct nvm_ram {
    uint8_t *octets; /* NVM_HALVES * half_octets */
    uint32_t half_octets;
    uint32_t writes;     /* calls of write and erase so far */
    uint64_t written;    /* octets so far */
    uint32_t cut_at;     /* the power goes during this write (counted from 1); 0: never */
    uint32_t cut_octets; /* octets of that write that still reach the memory */
    bool off;            /* the power is gone: every call answers E_STORAGE */
};

/* Erases the memory. `ram` and `octets` must outlive `nvm`. */
void nvm_ram_init(struct nvm_ram *ram, uint8_t *octets, uint32_t half_octets, struct nvm *nvm);
/* Power comes back: the octets stay, the counters and the cut are cleared. */
void nvm_ram_power_on(struct nvm_ram *ram);

/* ---- power that goes ---- */

struct nvm_cut {
    const struct nvm *inner;
    uint32_t writes;     /* calls of write and erase so far */
    uint32_t cut_at;     /* the power goes during this one (counted from 1); 0: never */
    uint32_t cut_octets; /* octets of that write that still reach the memory */
    bool off;            /* the power is gone: every call answers E_STORAGE */
};

/* nvm is inner with the cut in front of it. `cut` and `inner` must outlive it. */
void nvm_cut_init(struct nvm_cut *cut, const struct nvm *inner, uint32_t cut_at,
                  uint32_t cut_octets, struct nvm *nvm);
/* Power comes back; it goes once only. */
void nvm_cut_power_on(struct nvm_cut *cut);

#endif
