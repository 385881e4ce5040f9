/*
 * NVM in one POSIX file: half 0, then half 1. The file is sparse and as long as what was written;
 * octets behind its end, and holes that were never written, count as FF: so stored octets are
 * inverted, which turns the zeros of a hole into FF.
 */
#include "euicc/nvm.h"

#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 1024

static off_t position(const struct nvm_file *file, unsigned half, uint32_t at)
{
    return (off_t)half * file->half_octets + at;
}

static void copy_inverted(uint8_t *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)~from[i];
}

static enum err file_read(void *ctx, unsigned half, uint32_t at, uint8_t *out, size_t n)
{
    const struct nvm_file *file = ctx;
    size_t done = 0;

    if (half >= NVM_HALVES || at > file->half_octets || n > file->half_octets - at)
        return E_STORAGE;
    while (done < n) {
        ssize_t got =
            pread(file->fd, out + done, n - done, position(file, half, at + (uint32_t)done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return E_STORAGE;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    memset(out + done, 0, n - done);
    copy_inverted(out, out, n);
    return E_OK;
}

static enum err write_all(const struct nvm_file *file, const uint8_t *p, size_t n, off_t at)
{
    while (n > 0) {
        ssize_t put = pwrite(file->fd, p, n, at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return E_STORAGE;
        p += put;
        n -= (size_t)put;
        at += put;
    }
    return E_OK;
}

static enum err settle(const struct nvm_file *file)
{
    return !file->sync || fdatasync(file->fd) == 0 ? E_OK : E_STORAGE;
}

/* Small parts are gathered so that a record is one system call. */
static enum err write_gathered(const struct nvm_file *file, off_t to, const slice *parts,
                               size_t count, uint8_t block[BLOCK])
{
    size_t held = 0;

    for (size_t i = 0; i < count; i++) {
        for (slice rest = parts[i]; rest.n > 0;) {
            size_t n = rest.n < BLOCK - held ? rest.n : BLOCK - held;

            copy_inverted(block + held, rest.p, n);
            held += n;
            rest = slice_skip(rest, n);
            if (held < BLOCK)
                continue;
            if (write_all(file, block, held, to))
                return E_STORAGE;
            to += (off_t)held;
            held = 0;
        }
    }
    return write_all(file, block, held, to);
}

static enum err file_write(void *ctx, unsigned half, uint32_t at, const slice *parts, size_t count)
{
    const struct nvm_file *file = ctx;
    uint8_t block[BLOCK];
    size_t total = 0;
    enum err err;

    for (size_t i = 0; i < count; i++)
        total += parts[i].n;
    if (half >= NVM_HALVES || at > file->half_octets || total > file->half_octets - at)
        return E_STORAGE;
    err = write_gathered(file, position(file, half, at), parts, count, block);
    wipe(block, sizeof block); /* keys of profiles pass through here */
    return err ? err : settle(file);
}

/* The upper half is cut off; the lower one becomes a run of zeros. */
static enum err file_erase(void *ctx, unsigned half)
{
    const struct nvm_file *file = ctx;
    uint8_t zeros[BLOCK] = { 0 };
    struct stat st;

    if (half >= NVM_HALVES || fstat(file->fd, &st) < 0)
        return E_STORAGE;
    off_t from = position(file, half, 0);
    off_t end = from + file->half_octets;
    if (st.st_size <= end) {
        if (st.st_size > from && ftruncate(file->fd, from) < 0)
            return E_STORAGE;
        return settle(file);
    }
    for (off_t at = from; at < end; at += BLOCK) {
        size_t n = end - at < BLOCK ? (size_t)(end - at) : BLOCK;

        if (write_all(file, zeros, n, at))
            return E_STORAGE;
    }
    return settle(file);
}

enum err nvm_file_open(struct nvm_file *file, const char *path, uint32_t half_octets, bool sync,
                       struct nvm *nvm)
{
    *file = (struct nvm_file){ .half_octets = half_octets, .sync = sync };
    file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file->fd < 0)
        return E_STORAGE;
    *nvm = (struct nvm){ .ctx = file,
                         .half_octets = half_octets,
                         .read = file_read,
                         .write = file_write,
                         .erase = file_erase };
    return E_OK;
}

void nvm_file_close(struct nvm_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}
