#include "reader/modem.h"

#include "base/secret.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 4096 /* a response of 258 octets is 516 digits */

struct modem {
    int fd;
    unsigned timeout_ms;
    char line[LINE_MAX_OCTETS];
    size_t n; /* octets of the line that is arriving */
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum err wait_for(struct modem *m, short what, int64_t until)
{
    struct pollfd p = { .fd = m->fd, .events = what };

    for (;;) {
        int64_t left = until - now_ms();
        int n = left > 0 ? poll(&p, 1, (int)left) : 0;

        if (n > 0)
            return p.revents & what ? E_OK : E_CLOSED;
        if (n == 0)
            return E_TIMEOUT;
        if (errno != EINTR)
            return E_NETWORK;
    }
}

static enum err write_all(struct modem *m, const char *text, size_t n, int64_t until)
{
    while (n) {
        ssize_t done = write(m->fd, text, n);

        if (done < 0 && errno != EAGAIN && errno != EINTR)
            return E_CLOSED;
        if (done < 0) {
            enum err e = wait_for(m, POLLOUT, until);

            if (e)
                return e;
            continue;
        }
        text += done;
        n -= (size_t)done;
    }
    return E_OK;
}

/* The next line that is not empty, without its end; overlong ones are cut. */
static enum err read_line(struct modem *m, slice *out, int64_t until)
{
    m->n = 0;
    for (;;) {
        char c;
        ssize_t n = read(m->fd, &c, 1);
        enum err e;

        if (n == 1 && (c == '\r' || c == '\n')) {
            if (!m->n)
                continue;
            *out = slice_of(m->line, m->n);
            return E_OK;
        }
        if (n == 1) {
            if (m->n < sizeof m->line)
                m->line[m->n++] = c;
            continue;
        }
        if (n == 0)
            return E_CLOSED;
        if (errno != EAGAIN && errno != EINTR)
            return E_CLOSED;
        e = wait_for(m, POLLIN, until);
        if (e)
            return e;
    }
}

static bool is_error(slice line)
{
    return slice_eq_str(line, "ERROR") || slice_starts(line, SLICE_LIT("+CME ERROR"));
}

/*
 * Sends a command; of the lines until OK the one that begins with `prefix` is copied to out
 * (without the prefix), all others, unsolicited ones too, are passed over.
 */
static enum err command(struct modem *m, const char *text, size_t n, slice prefix, char *out,
                        size_t size, size_t *out_n)
{
    int64_t until = now_ms() + m->timeout_ms;
    enum err e = write_all(m, text, n, until);
    slice line;

    *out_n = 0;
    while (!e) {
        e = read_line(m, &line, until);
        if (e || slice_eq_str(line, "OK"))
            return e;
        if (is_error(line))
            return E_REFUSED;
        if (prefix.n && slice_starts(line, prefix)) {
            line = slice_skip(line, prefix.n);
            if (line.n > size)
                return E_LIMIT;
            memcpy(out, line.p, line.n);
            *out_n = line.n;
        }
    }
    return e;
}

/* 8,"01029000" */
static enum err parse(slice value, uint8_t *response, size_t size, size_t *n)
{
    size_t at = 0;
    slice digits;

    while (at < value.n && value.p[at] != ',')
        at++;
    digits = slice_skip(value, at < value.n ? at + 1 : at);
    while (digits.n && (digits.p[0] == '"' || digits.p[0] == ' '))
        digits = slice_skip(digits, 1);
    while (digits.n && (digits.p[digits.n - 1] == '"' || digits.p[digits.n - 1] == ' '))
        digits.n--;
    return hex_decode(digits, response, size, n);
}

static enum err modem_transmit(void *ctx, slice apdu, uint8_t *response, size_t size, size_t *n)
{
    struct modem *m = ctx;
    char text[2 * 261 + 32], hex[2 * 261 + 1], answer[LINE_MAX_OCTETS];
    size_t answer_n;
    int length;
    enum err e = hex_encode(apdu, hex, sizeof hex);

    *n = 0;
    if (e)
        return E_ARGUMENT;
    length = snprintf(text, sizeof text, "AT+CSIM=%zu,\"%s\"\r", 2 * apdu.n, hex);
    e = command(m, text, (size_t)length, SLICE_LIT("+CSIM:"), answer, sizeof answer, &answer_n);
    if (e)
        return e == E_REFUSED ? E_CLOSED : e;
    e = parse(slice_of(answer, answer_n), response, size, n);
    wipe(text, sizeof text);
    wipe(hex, sizeof hex);
    return e || *n < 2 ? E_CLOSED : E_OK;
}

/*
 * The card belongs to the modem: it goes on as it stands. What the modem still said to a command
 * that was given up must not answer the next one.
 */
static enum err modem_reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    struct modem *m = ctx;

    tcflush(m->fd, TCIFLUSH);
    (void)atr;
    (void)size;
    *n = 0;
    return E_OK;
}

static void modem_close(void *ctx)
{
    struct modem *m = ctx;

    close(m->fd);
    free(m);
}

static enum err open_port(struct modem *m, const char *device)
{
    struct termios t;

    m->fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (m->fd < 0)
        return errno == ENOENT ? E_NOTFOUND : E_NETWORK;
    if (tcgetattr(m->fd, &t))
        return E_NETWORK;
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    cfsetspeed(&t, B115200);
    return tcsetattr(m->fd, TCSANOW, &t) ? E_NETWORK : E_OK;
}

enum err modem_open(const char *device, unsigned timeout_ms, struct modem **out,
                    struct card_link *link)
{
    struct modem *m = calloc(1, sizeof *m);
    char nothing[1];
    size_t n;
    enum err e;

    *out = NULL;
    if (!m)
        return E_MEMORY;
    m->timeout_ms = timeout_ms ? timeout_ms : 30000;
    e = open_port(m, device);
    if (!e)
        e = command(m, "ATE0\r", 5, SLICE_NONE, nothing, 0, &n);
    if (e) {
        if (m->fd >= 0)
            close(m->fd);
        free(m);
        return e;
    }
    *out = m;
    *link = (struct card_link){ m, modem_transmit, modem_reset, modem_close };
    return E_OK;
}
