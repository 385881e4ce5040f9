/* Listening, accepting, limits, and the end. */
#define _GNU_SOURCE /* accept4 */
#include "net/http_server.h"

#include "net/server_conn.h"

#include <event2/event.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#define BACKLOG           1024
#define ACCEPTS_PER_EVENT 64
#define ACCEPT_PAUSE_MS   200

/* Zeros become the values that the header promises. */
static struct http_limits with_defaults(struct http_limits l)
{
#define DEFAULT(field, value) l.field = l.field ? l.field : (value)
    DEFAULT(connections, 4096);
    DEFAULT(connections_address, 256);
    DEFAULT(head, 8u << 10);
    DEFAULT(body, 1u << 20);
    DEFAULT(reply, 8u << 20);
    DEFAULT(buffered, 256u << 20);
    DEFAULT(requests, 100000);
    DEFAULT(handshake_ms, 10000);
    DEFAULT(first_octet_ms, 10000);
    DEFAULT(request_ms, 20000);
    DEFAULT(idle_ms, 60000);
    DEFAULT(write_ms, 30000);
    DEFAULT(linger_ms, 1000);
#undef DEFAULT
    return l;
}

/* ---- accepting, on the first loop ---- */

static void start_task(struct loop_task *t)
{
    conn_start((struct http_exchange *)(void *)((char *)t - offsetof(struct http_exchange, task)));
}

static void turn_off(struct http_server *s, int fd)
{
    atomic_fetch_add(&s->turned_off, 1);
    close(fd);
}

/* Counts the connection in; false: a limit is reached. */
static bool admit(struct http_server *s, struct peer_key key)
{
    if (atomic_load(&s->connections) >= s->limits.connections)
        return false;
    if (!peer_table_enter(s->peers, key, s->limits.connections_address))
        return false;
    atomic_fetch_add(&s->connections, 1);
    atomic_fetch_add(&s->accepted, 1);
    return true;
}

static void take_in(struct http_server *s, int fd, const struct sockaddr_storage *from)
{
    struct peer_key key = peer_key_of(from);
    struct http_exchange *c = calloc(1, sizeof *c);

    if (!c || !admit(s, key)) {
        free(c);
        turn_off(s, fd);
        return;
    }
    c->home = &s->loops[s->next_loop];
    c->key = key;
    c->stream.fd = fd;
    peer_print(from, c->peer, sizeof c->peer);
    s->next_loop = (s->next_loop + 1) % s->loop_count;
    if (c->home == s->loops) {
        conn_start(c);
    } else {
        c->task.run = start_task;
        loop_post(c->home->loop, &c->task);
    }
}

static void pause_accepting(struct http_server *s)
{
    event_del(&s->listen_event);
    s->accept_again_ms = loop_now_ms() + ACCEPT_PAUSE_MS;
}

static void on_acceptable(evutil_socket_t listen_fd, short what, void *arg)
{
    struct http_server *s = arg;

    (void)what;
    for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
        struct sockaddr_storage from = { 0 };
        socklen_t size = sizeof from;
        int fd = accept4(listen_fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            take_in(s, fd, &from);
        } else {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause_accepting(s);
            return;
        }
    }
}

static void stop_listening(struct http_server *s)
{
    if (s->listen_fd < 0)
        return;
    event_del(&s->listen_event);
    close(s->listen_fd);
    s->listen_fd = -1;
    pthread_mutex_lock(&s->lock);
    s->listening = false;
    pthread_cond_broadcast(&s->empty);
    pthread_mutex_unlock(&s->lock);
}

static void on_tick(struct loop_tick *t, uint64_t now_ms)
{
    struct server_loop *l =
        (struct server_loop *)(void *)((char *)t - offsetof(struct server_loop, tick));
    struct http_server *s = l->server;

    for (struct http_exchange *c = l->conns, *next; c; c = next) {
        next = c->next;
        conn_sweep(c, now_ms);
    }
    if (l != s->loops)
        return;
    if (atomic_load(&s->draining)) {
        stop_listening(s);
    } else if (s->accept_again_ms && now_ms >= s->accept_again_ms) {
        s->accept_again_ms = 0;
        event_add(&s->listen_event, NULL);
    }
}

/* ---- opening ---- */

static bool parse_address(const char *text, uint16_t port, struct sockaddr_storage *out,
                          socklen_t *size)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    *out = (struct sockaddr_storage){ 0 };
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *size = sizeof *v4;
        return true;
    }
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    *size = sizeof *v6;
    return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage a;
    socklen_t size = sizeof a;

    if (getsockname(fd, (struct sockaddr *)&a, &size) < 0)
        return 0;
    return ntohs(a.ss_family == AF_INET ? ((struct sockaddr_in *)&a)->sin_port
                                        : ((struct sockaddr_in6 *)&a)->sin6_port);
}

static enum err listen_on(struct http_server *s, const char *address, uint16_t port)
{
    struct sockaddr_storage a;
    socklen_t size;
    int one = 1;

    if (!parse_address(address, port, &a, &size))
        return E_ARGUMENT;
    s->listen_fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->listen_fd < 0)
        return E_NETWORK;
    setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    /* inherited by what is accepted: a reply must not wait 40 ms for a delayed ACK */
    setsockopt(s->listen_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(s->listen_fd, (struct sockaddr *)&a, size) < 0 || listen(s->listen_fd, BACKLOG) < 0)
        return E_NETWORK;
    s->port = bound_port(s->listen_fd);
    return E_OK;
}

static enum err open_loops(struct http_server *s, unsigned count)
{
    s->loops = calloc(count, sizeof *s->loops);
    if (!s->loops)
        return E_MEMORY;
    for (unsigned i = 0; i < count; i++) {
        struct server_loop *l = &s->loops[i];
        enum err err = loop_open(&l->loop);

        if (err)
            return err;
        s->loop_count++;
        l->server = s;
        l->tick.run = on_tick;
        loop_add_tick(l->loop, &l->tick);
    }
    return E_OK;
}

static enum err start(struct http_server *s, const struct http_server_options *o)
{
    enum err err = peer_table_open(s->limits.connections, &s->peers);

    if (!err)
        err = open_loops(s, o->loops ? o->loops : 1);
    if (!err)
        err = listen_on(s, o->bind ? o->bind : "127.0.0.1", o->port);
    if (err)
        return err;
    event_assign(&s->listen_event, loop_base(s->loops[0].loop), s->listen_fd, EV_READ | EV_PERSIST,
                 on_acceptable, s);
    if (event_add(&s->listen_event, NULL) < 0)
        return E_MEMORY;
    s->listening = true;
    for (unsigned i = 0; i < s->loop_count && !err; i++)
        err = loop_start(s->loops[i].loop);
    return err;
}

static void tear_down(struct http_server *s)
{
    for (unsigned i = 0; i < s->loop_count; i++)
        loop_stop(s->loops[i].loop);
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    for (unsigned i = 0; i < s->loop_count; i++)
        loop_close(s->loops[i].loop);
    free(s->loops);
    peer_table_close(s->peers);
    pthread_cond_destroy(&s->empty);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

enum err http_server_open(const struct http_server_options *o, struct http_server **out)
{
    struct http_server *s = calloc(1, sizeof *s);
    enum err err;

    *out = NULL;
    if (!s)
        return E_MEMORY;
    s->limits = with_defaults(o->limits);
    s->tls = o->tls;
    s->handler = o->handler;
    s->ctx = o->ctx;
    s->listen_fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->empty, NULL);
    err = start(s, o);
    if (err) {
        tear_down(s);
        return err;
    }
    *out = s;
    return E_OK;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

struct http_server_stats http_server_stats(const struct http_server *s)
{
    return (struct http_server_stats){
        .accepted = s->accepted,
        .turned_off = s->turned_off,
        .requests = s->requests,
        .refused = s->refused,
        .timed_out = s->timed_out,
        .handshakes = s->handshakes,
        .resumed = s->resumed,
        .connections = s->connections,
        .buffered = s->buffered,
    };
}

void http_server_drain(struct http_server *s)
{
    atomic_store(&s->draining, true);
}

void http_server_close(struct http_server *s)
{
    if (!s)
        return;
    http_server_drain(s);
    pthread_mutex_lock(&s->lock);
    /* also the door, so that no connection comes in behind the count */
    while (s->listening || atomic_load(&s->connections))
        pthread_cond_wait(&s->empty, &s->lock);
    pthread_mutex_unlock(&s->lock);
    tear_down(s);
}
