#define _XOPEN_SOURCE 700 /* posix_openpt and its kind */

#include "reader/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static bool make_raw(int fd)
{
    struct termios mode;

    if (tcgetattr(fd, &mode))
        return false;
    cfmakeraw(&mode);
    return tcsetattr(fd, TCSANOW, &mode) == 0;
}

static enum err make_link(const char *name, const char *path)
{
    struct stat st;

    if (lstat(path, &st) == 0) {
        if (!S_ISLNK(st.st_mode))
            return E_EXISTS;
        if (unlink(path))
            return E_STORAGE;
    }
    return symlink(name, path) ? E_STORAGE : E_OK;
}

enum err pty_open(struct pty *pty, const char *path)
{
    const char *name = NULL;
    enum err e = E_STORAGE;

    *pty = PTY_NONE;
    pty->modem = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pty->modem >= 0 && grantpt(pty->modem) == 0 && unlockpt(pty->modem) == 0)
        name = ptsname(pty->modem);
    if (name)
        pty->terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pty->terminal >= 0 && make_raw(pty->terminal))
        e = make_link(name, path);
    if (e)
        pty_close(pty);
    return e;
}

/* What nobody reads fills the terminal's buffer, and then waits, as at a modem. */
static void put(void *ctx, const char *text, size_t n)
{
    const struct pty *pty = ctx;

    while (n > 0) {
        ssize_t done = write(pty->modem, text, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return; /* reading will say why */
        text += done;
        n -= (size_t)done;
    }
}

enum err pty_serve(struct pty *pty, struct at *at, const struct card_link *link)
{
    const struct text_sink sink = { put, pty };
    uint8_t octets[512];

    at_init(at, link, &sink);
    for (;;) {
        ssize_t n = read(pty->modem, octets, sizeof octets);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? E_STORAGE : E_CLOSED;
        at_feed(at, slice_of(octets, (size_t)n));
    }
}

void pty_close(struct pty *pty)
{
    int kept = errno;

    if (pty->modem >= 0)
        close(pty->modem);
    if (pty->terminal >= 0)
        close(pty->terminal);
    *pty = PTY_NONE;
    errno = kept;
}
