/* The life of one connection. Everything here runs on the connection's loop, but http_reply. */
#include "net/server_conn.h"

#include "base/secret.h"

#include <event2/event.h>

#include <assert.h>
#include <stdlib.h>

#define BUFFER_FIRST    4096u
#define BUFFER_KEEP     (64u << 10) /* a larger buffer is given back between requests */
#define READS_PER_EVENT 16u

static void run(struct http_exchange *c);

static const struct http_limits *limits_of(const struct http_exchange *c)
{
    return &c->home->server->limits;
}

/* ---- memory ---- */

static void account(struct http_exchange *c, size_t now_held)
{
    struct http_server *s = c->home->server;

    if (now_held > c->accounted)
        atomic_fetch_add(&s->buffered, now_held - c->accounted);
    else
        atomic_fetch_sub(&s->buffered, c->accounted - now_held);
    c->accounted = now_held;
}

static void drop_input(struct http_exchange *c)
{
    if (c->in)
        wipe(c->in, c->in_n);
    free(c->in);
    c->in = NULL;
    c->in_n = c->in_cap = 0;
}

/* E_LIMIT: all connections together hold as much as they may. */
static enum err grow_input(struct http_exchange *c, size_t most)
{
    struct http_server *s = c->home->server;
    size_t cap = c->in_cap ? c->in_cap * 2 : BUFFER_FIRST;
    uint8_t *moved;

    if (cap > most)
        cap = most;
    if (atomic_load(&s->buffered) + (cap - c->in_cap) > s->limits.buffered)
        return E_LIMIT;
    moved = malloc(cap);
    if (!moved)
        return E_MEMORY;
    if (c->in_n)
        memcpy(moved, c->in, c->in_n);
    if (c->phase == CONN_BODY)
        http_head_rebase(&c->head, c->in, moved);
    if (c->in)
        wipe(c->in, c->in_n);
    free(c->in);
    c->in = moved;
    c->in_cap = cap;
    account(c, cap + c->out.n);
    return E_OK;
}

/* ---- events and the end ---- */

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct http_exchange *c = arg;

    (void)fd;
    if (what & EV_WRITE)
        c->write_armed = false;
    c->reads = READS_PER_EVENT;
    run(c);
}

static void arm_read(struct http_exchange *c)
{
    if (!c->read_armed)
        c->read_armed = event_add(&c->read_event, NULL) == 0;
}

static void disarm_read(struct http_exchange *c)
{
    if (c->read_armed)
        event_del(&c->read_event);
    c->read_armed = false;
}

static void arm_write(struct http_exchange *c)
{
    if (!c->write_armed)
        c->write_armed = event_add(&c->write_event, NULL) == 0;
}

/*
 * TLS must write before it can read on (a client that asks for key updates and takes none of them):
 * what is readable meanwhile must not wake us again and again.
 */
static void wait_only_for_write(struct http_exchange *c)
{
    disarm_read(c);
    arm_write(c);
}

static void unlink_conn(struct http_exchange *c)
{
    if (c->prev)
        c->prev->next = c->next;
    else
        c->home->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
}

static void conn_close(struct http_exchange *c, bool healthy)
{
    struct http_server *s = c->home->server;

    disarm_read(c);
    if (c->write_armed)
        event_del(&c->write_event);
    stream_close(&c->stream, healthy);
    drop_input(c);
    http_out_free(&c->out);
    free(c->peer_cert);
    account(c, 0);
    unlink_conn(c);
    peer_table_leave(s->peers, c->key);
    free(c);
    pthread_mutex_lock(&s->lock);
    if (atomic_fetch_sub(&s->connections, 1) == 1)
        pthread_cond_broadcast(&s->empty);
    pthread_mutex_unlock(&s->lock);
}

static void set_phase(struct http_exchange *c, enum phase phase, unsigned limit_ms)
{
    c->phase = phase;
    c->deadline = limit_ms ? loop_now_ms() + limit_ms : 0;
}

/* ---- refusing ---- */

static void begin_writing(struct http_exchange *c)
{
    c->out_sent = 0;
    account(c, c->in_cap + c->out.n);
    set_phase(c, CONN_WRITING, limits_of(c)->write_ms);
}

/* Answers without the handler and ends the connection. False: it is closed already. */
static bool refuse(struct http_exchange *c, int status)
{
    static const struct http_field retry = { { (const uint8_t *)"Retry-After", 11 },
                                             { (const uint8_t *)"5", 1 } };
    struct http_response r = {
        .status = status,
        .fields = status == 503 ? &retry : NULL,
        .field_count = status == 503,
    };

    atomic_fetch_add(&c->home->server->refused, 1);
    drop_input(c);
    c->close_after = c->refused = true;
    if (http_write_response(&r, false, true, &c->out) != E_OK) {
        conn_close(c, false);
        return false;
    }
    begin_writing(c);
    return true;
}

/* ---- reading ---- */

enum progress { MORE, COMPLETE, REFUSED };

/* What the buffer may grow to in this phase. */
static size_t input_ceiling(const struct http_exchange *c)
{
    const struct http_limits *l = limits_of(c);

    if (c->phase != CONN_BODY)
        return l->head + BUFFER_FIRST;
    if (c->head.framing == HTTP_LENGTH)
        return c->head_n + (size_t)c->head.length;
    return c->head_n + l->body + BUFFER_FIRST;
}

static bool send_continue(struct http_exchange *c)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    size_t sent;

    /* nothing of ours is in flight here: a socket that cannot take 25 octets is no working one */
    return stream_write(&c->stream, text, sizeof text - 1, &sent) == STREAM_OK &&
           sent == sizeof text - 1;
}

static bool body_is_here(const struct http_exchange *c)
{
    if (c->head.framing == HTTP_LENGTH)
        return c->in_n - c->head_n >= c->head.length;
    return c->in_n > c->head_n;
}

/* 0, or the status to refuse with; -1: the connection is broken */
static int begin_body(struct http_exchange *c)
{
    c->phase = CONN_BODY;
    c->plain = c->raw = c->head_n;
    c->chunks = (struct http_chunks){ .state = CHUNK_SIZE };
    if (c->head.framing == HTTP_LENGTH && c->head.length > limits_of(c)->body)
        return 413;
    if (c->head.expects_continue && !body_is_here(c) && !send_continue(c))
        return -1;
    return 0;
}

/* RFC 9112 2.2: an empty line before a request is passed over. */
static void skip_empty_line(struct http_exchange *c)
{
    if (c->in_n >= 2 && c->seen == 0 && c->in[0] == '\r' && c->in[1] == '\n') {
        memmove(c->in, c->in + 2, c->in_n - 2);
        c->in_n -= 2;
    }
}

/* TLS spoken to a plain port, or noise: no need to wait for the end of such a head. */
static bool cannot_begin(const struct http_exchange *c)
{
    uint8_t first = c->in_n ? c->in[0] : 'P';

    if (first == '\r' && c->in_n == 1)
        return false;
    return first <= 0x20 || first >= 0x7F;
}

static int take_head(struct http_exchange *c)
{
    const struct http_limits *l = limits_of(c);
    int status;

    if (c->phase == CONN_IDLE && c->in_n)
        set_phase(c, CONN_HEAD, l->request_ms);
    skip_empty_line(c);
    c->head_n = http_head_length(slice_of(c->in, c->in_n), &c->seen);
    if ((c->head_n ? c->head_n : c->in_n) > l->head)
        return 431;
    if (!c->head_n)
        return cannot_begin(c) ? 400 : 0;
    status = http_parse_request(slice_of(c->in, c->head_n), &c->head);
    return status ? status : begin_body(c);
}

/* Refusal statuses as in take_head; *done when all octets are here. */
static int take_body(struct http_exchange *c, bool *done)
{
    enum err err;

    c->next_at = c->head_n;
    if (c->head.framing == HTTP_LENGTH)
        c->next_at += (size_t)c->head.length;
    if (c->head.framing != HTTP_CHUNKED) {
        c->plain = c->next_at;
        *done = c->in_n >= c->next_at;
        return 0;
    }
    err = http_chunks_decode(&c->chunks, c->in, c->in_n, c->head_n, &c->raw, &c->plain,
                             limits_of(c)->body);
    *done = err == E_OK;
    c->next_at = c->raw;
    if (err == E_AGAIN) {
        /* all raw octets were used up: the next ones follow the plain ones */
        c->in_n = c->raw = c->plain;
        return 0;
    }
    return err == E_OK ? 0 : err == E_LIMIT ? 413 : 400;
}

static enum progress parse(struct http_exchange *c)
{
    bool done = false;
    int status = 0;

    if (c->phase != CONN_BODY && c->in_n)
        status = take_head(c);
    if (!status && c->phase == CONN_BODY)
        status = take_body(c, &done);
    if (status < 0) {
        conn_close(c, false);
        return REFUSED;
    }
    if (status)
        return refuse(c, status) ? COMPLETE : REFUSED;
    return done ? COMPLETE : MORE;
}

/* False: wait for an event, or the connection is gone. */
static bool read_more(struct http_exchange *c)
{
    size_t got;
    enum err err = E_OK;
    enum stream_io io;

    if (!c->reads && !stream_has_pending(&c->stream)) {
        arm_read(c);
        return false;
    }
    if (c->in_n == c->in_cap)
        err = grow_input(c, input_ceiling(c));
    if (err)
        return refuse(c, 503);
    io = stream_read(&c->stream, c->in + c->in_n, c->in_cap - c->in_n, &got);
    if (io == STREAM_OK) {
        c->in_n += got;
        c->reads -= c->reads > 0;
        return true;
    }
    if (io == STREAM_WANT_READ)
        arm_read(c);
    else if (io == STREAM_WANT_WRITE)
        wait_only_for_write(c);
    else
        conn_close(c, io == STREAM_END);
    return false;
}

/* ---- handling ---- */

static void dispatch(struct http_exchange *c)
{
    struct http_server *s = c->home->server;

    c->request = (struct http_request){
        .method = c->head.method,
        .path = c->head.path,
        .query = c->head.query,
        .fields = c->head.fields,
        .field_count = c->head.field_count,
        .body = slice_of(c->in + c->head_n, c->plain - c->head_n),
        .peer = slice_str(c->peer),
        .tls = c->tls,
    };
    c->served++;
    c->reads = 0; /* a reply comes first; reading on now would most often find nothing */
    c->close_after = !c->head.keep_alive || c->served >= s->limits.requests;
    c->replied = false;
    set_phase(c, CONN_HANDLING, 0);
    atomic_fetch_add(&s->requests, 1);
    c->in_handler = true;
    s->handler(s->ctx, &c->request, c);
    c->in_handler = false;
}

static void on_reply(struct loop_task *t)
{
    struct http_exchange *c =
        (struct http_exchange *)(void *)((char *)t - offsetof(struct http_exchange, task));

    begin_writing(c);
    run(c);
}

/* A reply that cannot be sent as it is becomes a 500. */
static void compose(struct http_exchange *x, const struct http_response *r)
{
    static const struct http_response broken = { .status = 500 };
    bool head_only = slice_eq_str(x->request.method, "HEAD");

    if (r->close || atomic_load(&x->home->server->draining))
        x->close_after = true;
    if (r->body.n <= limits_of(x)->reply &&
        http_write_response(r, head_only, x->close_after, &x->out) == E_OK)
        return;
    x->close_after = true;
    if (http_write_response(&broken, head_only, true, &x->out) != E_OK)
        x->out = (struct http_out){ 0 }; /* no memory: the connection ends without an answer */
}

void http_reply(struct http_exchange *x, const struct http_response *response)
{
    assert(x->phase == CONN_HANDLING);
    compose(x, response);
    if (!loop_is_current(x->home->loop)) {
        x->task.run = on_reply;
        loop_post(x->home->loop, &x->task);
    } else if (x->in_handler) {
        x->replied = true;
    } else {
        on_reply(&x->task);
    }
}

void http_reply_status(struct http_exchange *x, int status)
{
    http_reply(x, &(struct http_response){ .status = status });
}

/* ---- writing ---- */

static void keep_rest(struct http_exchange *c)
{
    size_t rest = c->in_n - c->next_at;

    wipe(c->in, c->next_at);
    memmove(c->in, c->in + c->next_at, rest);
    c->in_n = rest;
    if (c->in_cap > BUFFER_KEEP && !rest)
        drop_input(c);
    account(c, c->in_cap);
}

/* False: the connection is gone, or waits for the other side. */
static bool reply_done(struct http_exchange *c)
{
    http_out_free(&c->out);
    if (c->refused) {
        stream_finish(&c->stream);
        set_phase(c, CONN_LINGER, limits_of(c)->linger_ms);
        arm_read(c);
        return false;
    }
    if (c->close_after || atomic_load(&c->home->server->draining)) {
        conn_close(c, true);
        return false;
    }
    keep_rest(c);
    c->seen = c->head_n = 0;
    set_phase(c, CONN_IDLE, limits_of(c)->idle_ms);
    return true;
}

static bool write_on(struct http_exchange *c)
{
    size_t put;
    enum stream_io io;

    while (c->out_sent < c->out.n) {
        io = stream_write(&c->stream, c->out.p + c->out_sent, c->out.n - c->out_sent, &put);
        if (io == STREAM_OK) {
            c->out_sent += put;
            continue;
        }
        if (io == STREAM_WANT_WRITE)
            arm_write(c);
        else if (io == STREAM_WANT_READ)
            arm_read(c);
        else
            conn_close(c, false);
        return false;
    }
    return reply_done(c);
}

/* ---- handshake ---- */

static void note_handshake(struct http_exchange *c)
{
    struct http_server *s = c->home->server;
    slice cert;

    if (!c->stream.ssl)
        return;
    c->tls = tls_describe(c->stream.ssl);
    cert = tls_peer_cert(c->stream.ssl);
    c->peer_cert = (uint8_t *)(uintptr_t)cert.p; /* ours: malloc'd for us */
    c->tls.peer_cert = cert;
    atomic_fetch_add(&s->handshakes, 1);
    if (c->tls.resumed)
        atomic_fetch_add(&s->resumed, 1);
}

static bool shake(struct http_exchange *c)
{
    switch (stream_handshake(&c->stream)) {
    case STREAM_OK:
        note_handshake(c);
        set_phase(c, CONN_IDLE, limits_of(c)->first_octet_ms);
        return true;
    case STREAM_WANT_READ:
        arm_read(c);
        return false;
    case STREAM_WANT_WRITE:
        wait_only_for_write(c);
        return false;
    default:
        conn_close(c, false);
        return false;
    }
}

/* ---- the machine ---- */

/* One step; false when the connection waits or is gone. */
static bool step(struct http_exchange *c)
{
    switch (c->phase) {
    case CONN_HANDSHAKE:
        return shake(c);
    case CONN_IDLE:
    case CONN_HEAD:
    case CONN_BODY:
        switch (parse(c)) {
        case MORE:
            return read_more(c);
        case COMPLETE:
            break;
        case REFUSED:
            return false;
        }
        if (c->phase == CONN_WRITING)
            return true;
        dispatch(c);
        if (c->replied)
            begin_writing(c);
        return c->replied;
    case CONN_HANDLING:
        /* readable, but its turn has not come: looked at again behind the reply */
        disarm_read(c);
        return false;
    case CONN_WRITING:
        if (c->reads)
            disarm_read(c);
        return write_on(c);
    case CONN_LINGER:
        if (!stream_drain(&c->stream))
            conn_close(c, false);
        return false;
    }
    return false;
}

static void run(struct http_exchange *c)
{
    while (step(c))
        ;
}

void conn_start(struct http_exchange *c)
{
    struct http_server *s = c->home->server;
    struct event_base *base = loop_base(c->home->loop);
    SSL *ssl = s->tls ? tls_server_ssl(s->tls) : NULL;

    c->next = c->home->conns;
    if (c->next)
        c->next->prev = c;
    c->home->conns = c;
    event_assign(&c->read_event, base, c->stream.fd, EV_READ | EV_PERSIST, on_event, c);
    event_assign(&c->write_event, base, c->stream.fd, EV_WRITE, on_event, c);
    stream_init(&c->stream, c->stream.fd, ssl);
    if (s->tls && !ssl) {
        conn_close(c, false);
        return;
    }
    set_phase(c, CONN_HANDSHAKE, s->tls ? s->limits.handshake_ms : s->limits.first_octet_ms);
    arm_read(c);
    run(c);
}

void conn_sweep(struct http_exchange *c, uint64_t now_ms)
{
    struct http_server *s = c->home->server;

    if (atomic_load(&s->draining) && c->phase < CONN_HANDLING) {
        conn_close(c, true);
        return;
    }
    if (!c->deadline || now_ms < c->deadline)
        return;
    if (c->phase != CONN_LINGER)
        atomic_fetch_add(&s->timed_out, 1);
    if (c->phase == CONN_HEAD || c->phase == CONN_BODY) {
        if (refuse(c, 408))
            run(c);
    } else {
        conn_close(c, c->phase == CONN_IDLE);
    }
}
