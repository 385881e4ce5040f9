#include "cmd/pack_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err read_at(void *ctx, uint64_t at, void *out, size_t n)
{
    const struct pack_file *p = ctx;

    while (n) {
        ssize_t got = pread(p->fd, out, n, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return E_STORAGE;
        out = (uint8_t *)out + got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return E_OK;
}

const char *pack_file_open(const char *path, struct pack_file *out)
{
    struct stat st;
    enum err e;

    *out = (struct pack_file){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
    if (out->fd < 0)
        return strerror(errno);
    if (fstat(out->fd, &st) || !S_ISREG(st.st_mode)) {
        pack_file_close(out);
        return "is no regular file";
    }
    e = pack_open(crypto_openssl(), &(struct pack_source){ out, read_at, (uint64_t)st.st_size },
                  &out->pack);
    if (!e)
        return NULL;
    pack_file_close(out);
    return e == E_TRUNCATED ? "is no whole pack: the batch that makes it has not ended"
           : e == E_SYNTAX  ? "is no pack"
           : e == E_BADMAC  ? "is damaged"
                            : err_text(e);
}

void pack_file_close(struct pack_file *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}
