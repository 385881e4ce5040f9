#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    else if ((size_t)st.st_size > FILE_READ_MAX)
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

static bool write_all(int fd, slice content)
{
    while (content.n) {
        ssize_t n = write(fd, content.p, content.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        content = slice_skip(content, (size_t)n);
    }
    return true;
}

/* The content under a name beside its place, on the disk. */
static enum err write_beside(const char *path, slice content, unsigned mode, char *beside,
                             size_t size)
{
    int fd, n = snprintf(beside, size, "%s.new-%ld", path, (long)getpid());
    bool ok;

    if (n < 0 || (size_t)n >= size)
        return E_ARGUMENT;
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return E_STORAGE;
    ok = write_all(fd, content);
    ok = !fsync(fd) && ok;
    ok = !close(fd) && ok;
    if (!ok)
        unlink(beside);
    return ok ? E_OK : E_STORAGE;
}

enum err file_replace(const char *path, slice content, unsigned mode)
{
    char beside[1024];
    enum err e = write_beside(path, content, mode, beside, sizeof beside);

    if (e || !rename(beside, path))
        return e;
    unlink(beside);
    return E_STORAGE;
}

enum err file_create(const char *path, slice content, unsigned mode)
{
    char beside[1024];
    enum err e = write_beside(path, content, mode, beside, sizeof beside);

    if (e)
        return e;
    /* Unlike rename, link does not overwrite. */
    if (link(beside, path))
        e = errno == EEXIST ? E_EXISTS : E_STORAGE;
    unlink(beside);
    return e;
}

static bool remove_in(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *e;

    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && unlinkat(fd, e->d_name, 0))
            (void)remove_in(fd, e->d_name);
    if (d)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    return !unlinkat(parent, name, AT_REMOVEDIR);
}

bool folder_remove(const char *path)
{
    return remove_in(AT_FDCWD, path);
}
