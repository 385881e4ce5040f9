/* The life of one client connection. Everything here runs on the client's loop. */
#include "net/client_link.h"

#include "base/secret.h"

#include <event2/event.h>
#include <openssl/ssl.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_FIRST   4096u
#define BUFFER_KEEP    (64u << 10)
#define INTERIM_MAX    8u
#define SESSION_LIFE_S 3600

static void run(struct link *l);

static const struct http_client_options *options_of(const struct link *l)
{
    return &l->origin->client->o;
}

/* ---- events and the end ---- */

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct link *l = arg;

    (void)fd;
    if (what & EV_READ)
        l->read_armed = false;
    if (what & EV_WRITE)
        l->write_armed = false;
    run(l);
}

static void wait_readable(struct link *l)
{
    if (!l->read_armed)
        l->read_armed = event_add(&l->read_event, NULL) == 0;
}

static void wait_writable(struct link *l)
{
    if (!l->write_armed)
        l->write_armed = event_add(&l->write_event, NULL) == 0;
}

static void drop_events(struct link *l)
{
    if (l->read_armed)
        event_del(&l->read_event);
    if (l->write_armed)
        event_del(&l->write_event);
    l->read_armed = l->write_armed = false;
}

static void drop_input(struct link *l)
{
    if (l->in)
        wipe(l->in, l->in_n);
    free(l->in);
    l->in = NULL;
    l->in_n = l->in_cap = 0;
}

/* Frees it; its call must have been taken off. */
static void link_close(struct link *l, bool healthy)
{
    struct origin *o = l->origin;

    drop_events(l);
    stream_close(&l->stream, healthy);
    if (l->query)
        l->query->owner = NULL;
    drop_input(l);
    if (l->prev)
        l->prev->next = l->next;
    else
        o->links = l->next;
    if (l->next)
        l->next->prev = l->prev;
    o->link_count--;
    free(l);
    pool_released(o);
}

static enum http_stage stage_of(const struct link *l)
{
    switch (l->phase) {
    case LINK_RESOLVING:
        return STAGE_RESOLVING;
    case LINK_CONNECTING:
        return STAGE_CONNECTING;
    case LINK_HANDSHAKE:
        return STAGE_TLS;
    default:
        return STAGE_SENT;
    }
}

void link_fail(struct link *l, enum err err)
{
    struct call *call = l->call;
    struct http_answer answer = { .err = err, .stage = stage_of(l), .reused = l->reused };
    bool stale =
        l->reused && l->in_n == 0 && !l->interim && err == E_CLOSED && !l->origin->client->closing;

    l->call = NULL;
    link_close(l, false);
    if (!call)
        return;
    if (stale && !call->retried) {
        call->retried = true;
        pool_retry(call);
    } else {
        pool_answer(call, &answer);
    }
}

static void set_phase(struct link *l, enum link_phase phase, unsigned limit_ms)
{
    l->phase = phase;
    l->deadline = loop_now_ms() + limit_ms;
}

/* What an outcome that is neither progress nor waiting means. */
static enum err err_of(const struct link *l, enum stream_io io)
{
    if (io != STREAM_BAD)
        return l->phase == LINK_HANDSHAKE ? E_REFUSED : E_CLOSED;
    if (l->fault)
        return l->fault;
    return l->phase == LINK_HANDSHAKE ? E_REFUSED : E_CLOSED;
}

/* Waits, or fails. Always false: the machine stops here. */
static bool wait_or_fail(struct link *l, enum stream_io io)
{
    if (io == STREAM_WANT_READ)
        wait_readable(l);
    else if (io == STREAM_WANT_WRITE)
        wait_writable(l);
    else
        link_fail(l, err_of(l, io));
    return false;
}

/* ---- connecting ---- */

static void on_ticket(void *owner, SSL_SESSION *session)
{
    struct origin *o = owner;

    SSL_SESSION_free(o->session);
    o->session = session;
}

/*
 * A resumed session is not verified again, so it is not used for long: a certificate that expired
 * or a CI that was taken away counts within the hour, whatever life the server gave the ticket.
 */
static SSL_SESSION *fresh_session(struct origin *o)
{
    if (o->session && time(NULL) - (time_t)SSL_SESSION_get_time(o->session) > SESSION_LIFE_S) {
        SSL_SESSION_free(o->session);
        o->session = NULL;
    }
    return o->session;
}

static bool make_tls(struct link *l)
{
    struct origin *o = l->origin;
    SSL *ssl;

    if (!o->tls)
        return true;
    l->edition = tls_trust_edition(o->tls);
    ssl = tls_trust_ssl(o->tls, o->host, &l->fault, fresh_session(o));
    if (!ssl)
        return false;
    tls_on_session(ssl, on_ticket, o);
    stream_init(&l->stream, l->stream.fd, ssl);
    return true;
}

static bool begin_sending(struct link *l)
{
    l->sent = 0;
    l->head_n = l->seen = 0;
    l->interim = 0;
    set_phase(l, LINK_SENDING, options_of(l)->first_octet_ms);
    return true;
}

/* A socket on its way to the next address, or -1. */
static int next_socket(struct link *l)
{
    const struct sockaddr_storage *a = &l->addresses[l->address_next++];
    int fd = socket(a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;

    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (const struct sockaddr *)a,
                a->ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                        : sizeof(struct sockaddr_in6)) < 0 &&
        errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool try_next_address(struct link *l)
{
    struct event_base *base = loop_base(l->origin->client->loop);

    drop_events(l);
    stream_close(&l->stream, false);
    while (l->address_next < l->address_count) {
        int fd = next_socket(l);

        if (fd < 0)
            continue;
        stream_init(&l->stream, fd, NULL);
        event_assign(&l->read_event, base, fd, EV_READ, on_event, l);
        event_assign(&l->write_event, base, fd, EV_WRITE, on_event, l);
        l->phase = LINK_CONNECTING;
        wait_writable(l);
        return false;
    }
    link_fail(l, E_NETWORK);
    return false;
}

static bool check_connected(struct link *l)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (l->write_armed)
        return false;
    if (getsockopt(l->stream.fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error)
        return try_next_address(l);
    if (!make_tls(l)) {
        link_fail(l, E_MEMORY);
        return false;
    }
    l->phase = LINK_HANDSHAKE;
    return true;
}

static bool shake(struct link *l)
{
    enum stream_io io = stream_handshake(&l->stream);

    return io == STREAM_OK ? begin_sending(l) : wait_or_fail(l, io);
}

static void on_resolved(struct resolver_query *q)
{
    struct link *l = q->owner;

    if (!l)
        return;
    l->query = NULL;
    memcpy(l->addresses, q->addresses, sizeof l->addresses);
    l->address_count = q->count;
    if (!q->count)
        link_fail(l, E_NOTFOUND);
    else if (try_next_address(l))
        run(l);
}

void link_open(struct origin *o, struct call *call)
{
    struct link *l = calloc(1, sizeof *l);
    struct resolver_query *q = l ? calloc(1, sizeof *q) : NULL;

    if (!q) {
        free(l);
        pool_answer(call, &(struct http_answer){ .err = E_MEMORY });
        return;
    }
    l->origin = o;
    l->call = call;
    l->stream.fd = -1;
    l->next = o->links;
    if (l->next)
        l->next->prev = l;
    o->links = l;
    o->link_count++;
    set_phase(l, LINK_RESOLVING, options_of(l)->connect_ms);
    memcpy(q->host, o->host, strlen(o->host) + 1);
    q->port = o->port;
    q->done = on_resolved;
    q->owner = l;
    l->query = q;
    resolver_ask(o->client->resolver, q);
}

void link_reuse(struct link *l, struct call *call)
{
    l->call = call;
    l->reused = true;
    drop_events(l);
    begin_sending(l);
    run(l);
}

/* ---- sending ---- */

static bool send_on(struct link *l)
{
    const struct http_out *out = &l->call->out;

    while (l->sent < out->n) {
        size_t put;
        enum stream_io io = stream_write(&l->stream, out->p + l->sent, out->n - l->sent, &put);

        if (io == STREAM_CUT)
            break; /* a server that refuses a body says why before it closes */
        if (io != STREAM_OK)
            return wait_or_fail(l, io);
        l->sent += put;
    }
    set_phase(l, LINK_HEAD, options_of(l)->first_octet_ms);
    if (l->sent < out->n)
        return true;
    wait_readable(l);
    return false;
}

/* ---- receiving ---- */

static enum err grow_input(struct link *l)
{
    size_t cap = l->in_cap ? l->in_cap * 2 : BUFFER_FIRST;
    uint8_t *moved = malloc(cap);

    if (!moved)
        return E_MEMORY;
    if (l->in_n)
        memcpy(moved, l->in, l->in_n);
    if (l->phase == LINK_BODY)
        http_head_rebase(&l->head, l->in, moved);
    if (l->in)
        wipe(l->in, l->in_n);
    free(l->in);
    l->in = moved;
    l->in_cap = cap;
    return E_OK;
}

/* E_OK: complete. E_AGAIN: more is needed. */
static enum err take_body(struct link *l, bool ended)
{
    size_t max = options_of(l)->body;
    enum err err;

    switch (l->head.framing) {
    case HTTP_NO_BODY:
        l->plain = l->raw = l->head_n;
        return E_OK;
    case HTTP_LENGTH:
        if (l->head.length > max)
            return E_LIMIT;
        l->plain = l->raw = l->head_n + (size_t)l->head.length;
        return l->in_n >= l->plain ? E_OK : E_AGAIN;
    case HTTP_CHUNKED:
        err = http_chunks_decode(&l->chunks, l->in, l->in_n, l->head_n, &l->raw, &l->plain, max);
        if (err == E_AGAIN)
            l->in_n = l->raw = l->plain;
        return err;
    case HTTP_UNTIL_CLOSE:
        l->plain = l->raw = l->in_n;
        if (l->in_n - l->head_n > max)
            return E_LIMIT;
        return ended ? E_OK : E_AGAIN;
    }
    return E_INTERNAL;
}

/* RFC 9110 15.2: interim responses are passed over, but not without end. */
static enum err skip_interim(struct link *l)
{
    if (l->head.status == 101 || ++l->interim > INTERIM_MAX)
        return E_UNSUPPORTED;
    memmove(l->in, l->in + l->head_n, l->in_n - l->head_n);
    l->in_n -= l->head_n;
    l->seen = l->head_n = 0;
    return E_OK;
}

static enum err take_head(struct link *l)
{
    enum err err;

    for (;;) {
        l->head_n = http_head_length(slice_of(l->in, l->in_n), &l->seen);
        if ((l->head_n ? l->head_n : l->in_n) > options_of(l)->head)
            return E_LIMIT;
        if (!l->head_n)
            return E_AGAIN;
        err = http_parse_response(slice_of(l->in, l->head_n), &l->head);
        if (err || l->head.status >= 200)
            break;
        err = skip_interim(l);
        if (err)
            return err;
    }
    if (err)
        return err;
    if (l->call->head_only)
        l->head.framing = HTTP_NO_BODY;
    l->phase = LINK_BODY;
    l->plain = l->raw = l->head_n;
    l->chunks = (struct http_chunks){ .state = CHUNK_SIZE };
    return E_OK;
}

static enum err parse(struct link *l, bool ended)
{
    enum err err = E_OK;

    if (l->phase == LINK_HEAD)
        err = l->in_n ? take_head(l) : E_AGAIN;
    return err ? err : take_body(l, ended);
}

static void become_idle(struct link *l)
{
    l->reused = false;
    if (l->in_cap > BUFFER_KEEP)
        drop_input(l);
    if (l->in)
        wipe(l->in, l->in_n);
    l->in_n = 0;
    set_phase(l, LINK_IDLE, options_of(l)->idle_ms);
    wait_readable(l);
    pool_released(l->origin);
}

static void complete(struct link *l)
{
    struct call *call = l->call;
    uint8_t *in = l->in;
    size_t in_n = l->in_n;
    bool keep = l->head.keep_alive && l->raw == l->in_n && !l->origin->client->closing;
    struct http_head head = l->head;
    struct http_answer answer = {
        .err = E_OK,
        .stage = STAGE_ANSWERED,
        .status = head.status,
        .fields = head.fields,
        .field_count = head.field_count,
        .body = slice_of(in + l->head_n, l->plain - l->head_n),
        .reused = l->reused,
    };
    SSL *ssl = l->stream.ssl;

    if (ssl) {
        answer.tls = tls_describe(ssl);
        SSL_up_ref(ssl); /* its strings are the answer's */
    }
    /* the connection is settled first: the callback may start the next call */
    l->in = NULL;
    l->in_n = l->in_cap = 0;
    l->call = NULL;
    if (keep)
        become_idle(l);
    else
        link_close(l, true);
    pool_answer(call, &answer);
    wipe(in, in_n);
    free(in);
    SSL_free(ssl);
}

/* Octets until something is complete, is wrong, or the socket is empty. */
static bool receive(struct link *l)
{
    bool ended = false;

    for (;;) {
        enum err err = parse(l, ended);
        enum stream_io io;
        size_t got;

        if (err == E_OK) {
            complete(l);
            return false;
        }
        if (ended && err == E_AGAIN)
            err = E_CLOSED;
        else if (err == E_AGAIN)
            err = l->in_n == l->in_cap ? grow_input(l) : E_OK;
        if (err) {
            link_fail(l, err);
            return false;
        }
        io = stream_read(&l->stream, l->in + l->in_n, l->in_cap - l->in_n, &got);
        l->in_n += got;
        ended = io == STREAM_END;
        if (io != STREAM_OK && io != STREAM_END)
            return wait_or_fail(l, io);
    }
}

/* Nothing is expected: a ticket is taken in by TLS, anything else ends the connection. */
static bool watch_idle(struct link *l)
{
    uint8_t octet;
    size_t got;

    if (stream_read(&l->stream, &octet, 1, &got) == STREAM_WANT_READ)
        wait_readable(l);
    else
        link_close(l, true);
    return false;
}

/* ---- the machine ---- */

static bool step(struct link *l)
{
    switch (l->phase) {
    case LINK_RESOLVING:
        return false;
    case LINK_CONNECTING:
        return check_connected(l);
    case LINK_HANDSHAKE:
        return shake(l);
    case LINK_SENDING:
        return send_on(l);
    case LINK_HEAD:
    case LINK_BODY:
        return receive(l);
    case LINK_IDLE:
        return watch_idle(l);
    }
    return false;
}

static void run(struct link *l)
{
    while (step(l))
        ;
}

void link_sweep(struct link *l, uint64_t now_ms)
{
    /* once a response has begun only the whole call is timed */
    bool begun = l->phase == LINK_BODY || (l->phase == LINK_HEAD && l->in_n);

    if (l->phase == LINK_IDLE) {
        if (now_ms >= l->deadline)
            link_close(l, true);
    } else if (now_ms >= l->call->deadline || (!begun && now_ms >= l->deadline)) {
        link_fail(l, E_TIMEOUT);
    }
}
