/* The network of a computer for mobile_net: sockets that do not block, poll(2). */
#include "terminal/mobile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static socklen_t address_of(const struct mobile_address *a, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof *out);
    if (a->n == 4) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(a->port);
        memcpy(&v4->sin_addr, a->octets, 4);
        return sizeof *v4;
    }
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(a->port);
    memcpy(&v6->sin6_addr, a->octets, 16);
    return sizeof *v6;
}

static enum err open_socket(void *ctx, bool tcp, const struct mobile_address *to, int *out)
{
    struct sockaddr_storage address;
    socklen_t n = address_of(to, &address);
    int on = 1, fd = socket(address.ss_family, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);

    (void)ctx;
    if (fd < 0)
        return E_NETWORK;
    (void)!fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) ||
        (connect(fd, (struct sockaddr *)&address, n) && errno != EINPROGRESS)) {
        close(fd);
        return E_NETWORK;
    }
    if (tcp)
        (void)!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *out = fd;
    return E_OK;
}

static enum err linked(void *ctx, int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    int failed = 0;
    socklen_t n = sizeof failed;

    (void)ctx;
    if (poll(&p, 1, 0) <= 0 || !(p.revents & (POLLOUT | POLLERR | POLLHUP)))
        return E_AGAIN;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &n) || failed ? E_NETWORK : E_OK;
}

static enum err failure(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? E_AGAIN : E_NETWORK;
}

static enum err send_octets(void *ctx, int fd, slice octets, size_t *n)
{
    ssize_t put = send(fd, octets.p, octets.n, MSG_NOSIGNAL);

    (void)ctx;
    if (put < 0)
        return failure();
    *n = (size_t)put;
    return E_OK;
}

static enum err receive(void *ctx, bool tcp, int fd, uint8_t *to, size_t size, size_t *n)
{
    ssize_t got = recv(fd, to, size, 0);

    (void)ctx;
    if (got < 0)
        return failure();
    if (got == 0) /* of datagrams: one without octets, which says nothing */
        return tcp ? E_CLOSED : E_AGAIN;
    *n = (size_t)got;
    return E_OK;
}

static void close_socket(void *ctx, int fd)
{
    (void)ctx;
    close(fd);
}

/* Of a socket from which nothing is waited for poll would go on telling that its peer is gone. */
static void wait_for(void *ctx, const struct mobile_wait *on, size_t count, unsigned ms)
{
    struct pollfd p[MOBILE_CHANNELS];

    (void)ctx;
    for (size_t i = 0; i < count && i < MOBILE_CHANNELS; i++) {
        p[i].events = (short)((on[i].readable ? POLLIN : 0) | (on[i].writable ? POLLOUT : 0));
        p[i].fd = p[i].events ? on[i].socket : -1;
    }
    (void)!poll(p, count < MOBILE_CHANNELS ? count : MOBILE_CHANNELS,
                ms < INT_MAX ? (int)ms : INT_MAX);
}

const struct mobile_net mobile_sockets = { NULL,    open_socket,  linked,  send_octets,
                                           receive, close_socket, wait_for };
