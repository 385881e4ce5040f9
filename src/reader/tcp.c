#include "reader/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { CONTROL_OFF = 0, CONTROL_ON = 1, CONTROL_RESET = 2, CONTROL_ATR = 4 };

#define ATR_MAX 33

/* ---- places ---- */

static bool port_number(const char *text, uint16_t *out)
{
    uint32_t n = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || (n = n * 10 + (uint32_t)(*text - '0')) > 65535)
            return false;
    }
    *out = (uint16_t)n;
    return n > 0;
}

enum err tcp_place(const char *text, uint16_t usual, char host[TCP_HOST_MAX + 1], uint16_t *port)
{
    const char *end = text[0] == '[' ? strchr(text, ']') : strchr(text, ':'), *rest;
    bool bracket = text[0] == '[';
    size_t n;

    if (bracket && !end)
        return E_SYNTAX;
    if (!end)
        end = text + strlen(text);
    rest = end + bracket;
    text += bracket;
    n = (size_t)(end - text);
    *port = usual;
    if (n == 0 || n > TCP_HOST_MAX || (*rest && (*rest != ':' || !port_number(rest + 1, port))))
        return E_SYNTAX;
    memcpy(host, text, n);
    host[n] = 0;
    return E_OK;
}

/* ---- sockets ---- */

static void prepare(int fd, unsigned timeout_ms)
{
    struct timeval t = { (time_t)(timeout_ms / 1000), (suseconds_t)(timeout_ms % 1000) * 1000 };
    int on = 1;

    (void)!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!timeout_ms)
        return;
    (void)!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    (void)!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

static enum err connect_any(const struct addrinfo *list, unsigned timeout_ms, int *out)
{
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);

        if (fd < 0)
            continue;
        prepare(fd, timeout_ms);
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
            *out = fd;
            return E_OK;
        }
        close(fd);
    }
    return E_NETWORK;
}

enum err tcp_connect(const char *host, uint16_t port, unsigned timeout_ms, struct tcp_end *out)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *list;
    char service[8];
    enum err err;

    snprintf(service, sizeof service, "%u", (unsigned)port);
    if (getaddrinfo(host, service, &hints, &list))
        return E_NETWORK;
    err = connect_any(list, timeout_ms, &out->fd);
    freeaddrinfo(list);
    return err;
}

enum err tcp_listen(bool any, uint16_t *port, struct tcp_end *out)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(*port) };
    socklen_t n = sizeof address;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0)
        return E_NETWORK;
    address.sin_addr.s_addr = htonl(any ? INADDR_ANY : INADDR_LOOPBACK);
    (void)!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4) ||
        getsockname(fd, (struct sockaddr *)&address, &n)) {
        close(fd);
        return E_NETWORK;
    }
    *port = ntohs(address.sin_port);
    out->fd = fd;
    return E_OK;
}

enum err tcp_accept(const struct tcp_end *listener, struct tcp_end *out)
{
    int fd;

    do {
        fd = accept(listener->fd, NULL, NULL);
    } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd < 0)
        return errno == EINVAL || errno == EBADF ? E_CLOSED : E_NETWORK;
    prepare(fd, 0);
    out->fd = fd;
    return E_OK;
}

void tcp_close(struct tcp_end *end)
{
    if (end->fd >= 0)
        close(end->fd);
    end->fd = -1;
}

/* ---- framing ---- */

static enum err failure(ssize_t n)
{
    if (n == 0)
        return E_CLOSED;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return E_TIMEOUT;
    return errno == EPIPE || errno == ECONNRESET ? E_CLOSED : E_NETWORK;
}

static enum err receive_all(int fd, uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(fd, p, n, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return failure(got);
        p += got;
        n -= (size_t)got;
    }
    return E_OK;
}

static enum err send_all(int fd, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t put = send(fd, p, n, MSG_NOSIGNAL);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return failure(put);
        p += put;
        n -= (size_t)put;
    }
    return E_OK;
}

/* Head and body in one piece: two would wait for each other's acknowledgement. */
static enum err send_message(int fd, slice message)
{
    uint8_t small[2 + 512];
    enum err err;

    if (message.n > TCP_MESSAGE_MAX)
        return E_LENGTH;
    small[0] = (uint8_t)(message.n >> 8);
    small[1] = (uint8_t)message.n;
    if (message.n <= sizeof small - 2) {
        if (message.n)
            memcpy(small + 2, message.p, message.n);
        return send_all(fd, small, 2 + message.n);
    }
    err = send_all(fd, small, 2);
    return err ? err : send_all(fd, message.p, message.n);
}

/* E_LENGTH: longer than size; the connection is of no use then. */
static enum err receive_message(int fd, uint8_t *p, size_t size, size_t *n)
{
    uint8_t head[2];
    enum err err = receive_all(fd, head, sizeof head);

    if (err)
        return err;
    *n = (size_t)head[0] << 8 | head[1];
    return *n > size ? E_LENGTH : receive_all(fd, p, *n);
}

/* ---- the reader's end ---- */

static enum err transmit(void *ctx, slice command, uint8_t *response, size_t size, size_t *n)
{
    const struct tcp_end *end = ctx;
    enum err err;

    if (command.n < 2)
        return E_ARGUMENT; /* one octet is control */
    err = send_message(end->fd, command);
    if (!err)
        err = receive_message(end->fd, response, size, n);
    return !err && *n < 2 ? E_LENGTH : err;
}

static enum err control(const struct tcp_end *end, uint8_t what)
{
    return send_message(end->fd, slice_of(&what, 1));
}

static enum err reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    enum err err = control(ctx, CONTROL_RESET);

    if (!err)
        err = control(ctx, CONTROL_ATR);
    return err ? err : receive_message(((struct tcp_end *)ctx)->fd, atr, size, n);
}

static void close_link(void *ctx)
{
    struct tcp_end *end = ctx;

    (void)!control(end, CONTROL_OFF);
    tcp_close(end);
}

enum err tcp_link(struct tcp_end *end, struct card_link *out)
{
    *out = (struct card_link){ end, transmit, reset, close_link };
    return control(end, CONTROL_ON);
}

/* ---- the card's end ---- */

/* The card's end of one connection. The ATR is kept: asking for it does not disturb the card. */
struct server {
    const struct tcp_end *end;
    const struct card_link *link;
    uint8_t atr[ATR_MAX];
    size_t atr_n;
    uint8_t command[TCP_MESSAGE_MAX];
    uint8_t response[TCP_MESSAGE_MAX];
};

static enum err serve_control(struct server *s, uint8_t what)
{
    enum err err = E_OK;

    if (what != CONTROL_OFF && what != CONTROL_ON && what != CONTROL_RESET && what != CONTROL_ATR)
        return E_OK;
    if (what != CONTROL_ATR || s->atr_n == 0)
        err = card_link_reset(s->link, s->atr, sizeof s->atr, &s->atr_n);
    if (err || what != CONTROL_ATR)
        return err;
    return send_message(s->end->fd, slice_of(s->atr, s->atr_n));
}

static enum err serve_one(struct server *s)
{
    size_t n, answer;
    enum err err = receive_message(s->end->fd, s->command, sizeof s->command, &n);

    if (err || n == 0)
        return err;
    if (n == 1)
        return serve_control(s, s->command[0]);
    err = card_link_transmit(s->link, slice_of(s->command, n), s->response, sizeof s->response,
                             &answer);
    return err ? err : send_message(s->end->fd, slice_of(s->response, answer));
}

enum err tcp_serve(const struct tcp_end *end, const struct card_link *link)
{
    struct server s = { .end = end, .link = link };
    enum err err;

    do {
        err = serve_one(&s);
    } while (!err);
    return err;
}
