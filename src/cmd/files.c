#include "cmd/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err read_all(int fd, size_t size, uint8_t *to)
{
    for (size_t at = 0; at < size;) {
        ssize_t n = read(fd, to + at, size - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return E_STORAGE;
        at += (size_t)n;
    }
    return E_OK;
}

enum err file_read(const char *path, uint8_t **owned, slice *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    enum err e = E_OK;

    *owned = NULL;
    if (fd < 0)
        return errno == ENOENT ? E_NOTFOUND : E_STORAGE;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        e = E_STORAGE;
    else if ((size_t)st.st_size > FILE_MAX)
        e = E_LIMIT;
    else if (!(*owned = malloc((size_t)st.st_size + 1)))
        e = E_MEMORY;
    if (!e)
        e = read_all(fd, (size_t)st.st_size, *owned);
    if (!e)
        *out = slice_of(*owned, (size_t)st.st_size);
    close(fd);
    return e;
}

enum err file_write(const char *path, slice content, unsigned mode)
{
    char temporary[1024];
    int fd, n = snprintf(temporary, sizeof temporary, "%s.new", path);
    bool ok = true;

    if (n < 0 || (size_t)n >= sizeof temporary)
        return E_ARGUMENT;
    fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return E_STORAGE;
    for (size_t at = 0; ok && at < content.n;) {
        ssize_t w = write(fd, content.p + at, content.n - at);

        if (w < 0 && errno == EINTR)
            continue;
        ok = w > 0;
        at += ok ? (size_t)w : 0;
    }
    ok = !fsync(fd) && ok;
    ok = !close(fd) && ok;
    return ok && !rename(temporary, path) ? E_OK : E_STORAGE;
}
