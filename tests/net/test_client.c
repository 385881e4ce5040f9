/*
 * The client against a scripted peer and against our server, plain.
 * A connection cut in the middle of a response is no answer; to ask again is the business of roles.
 */
#include "net/http_client.h"
#include "net/must.h"
#include "net/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a peer that answers what it is told, request by request ---- */

struct script {
    const char *const *answers; /* one a request; "-" closes before answering; NULL ends */
    bool close_each;            /* closes behind each answer */
    bool reset;                 /* closes with a reset */
    int listen_fd;
    uint16_t port;
    int accepted, requests;
    pthread_t thread;
};

static bool read_request(int fd)
{
    uint8_t in[4096];
    size_t n = 0, seen = 0, head;

    for (;;) {
        ssize_t got = recv(fd, in + n, sizeof in - n, 0);

        if (got <= 0)
            return false;
        n += (size_t)got;
        head = http_head_length(slice_of(in, n), &seen);
        if (head)
            return true;
    }
}

static void end(struct script *s, int fd)
{
    struct linger now = { 1, 0 };

    if (s->reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

static void *play(void *arg)
{
    struct script *s = arg;
    const char *const *next = s->answers;

    while (*next) {
        int fd = accept(s->listen_fd, NULL, NULL);

        s->accepted++;
        while (fd >= 0 && *next && read_request(fd)) {
            const char *answer = *next++;

            s->requests++;
            if (strcmp(answer, "-") == 0)
                break;
            wire_send(fd, answer);
            if (s->close_each)
                break;
        }
        end(s, fd);
    }
    return NULL;
}

static void start_script(struct script *s)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    socklen_t size = sizeof a;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    MUST(bind(s->listen_fd, (struct sockaddr *)&a, sizeof a) == 0);
    MUST(listen(s->listen_fd, 8) == 0);
    MUST(getsockname(s->listen_fd, (struct sockaddr *)&a, &size) == 0);
    s->port = ntohs(a.sin_port);
    MUST(pthread_create(&s->thread, NULL, play, s) == 0);
}

static void end_script(struct script *s)
{
    pthread_join(s->thread, NULL);
    close(s->listen_fd);
}

/* ---- our side ---- */

static struct arena arena;

static struct http_client *open_client(const struct http_client_options *from)
{
    struct http_client_options o = from ? *from : (struct http_client_options){ 0 };
    struct http_client *c;

    o.connect_ms = o.connect_ms ? o.connect_ms : 2000;
    MUST(http_client_open(&o, &c) == E_OK);
    return c;
}

static enum err ask(struct http_client *c, uint16_t port, struct http_answer *answer)
{
    struct http_call call = {
        .host = "127.0.0.1",
        .port = port,
        .path = "/echo",
        .body = SLICE_LIT("abc"),
    };

    return http_client_fetch(c, &call, &arena, answer);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 16u << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

#define OK3 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"

static void answers_of_all_kinds(void **state)
{
    static const struct {
        const char *text;
        enum err err;
        int status;
        const char *body;
    } rows[] = {
        { OK3, E_OK, 200, "abc" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\nT: "
          "x\r\n\r\n",
          E_OK, 200, "abc" },
        { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nX: y\r\n\r\n" OK3, E_OK, 200, "abc" },
        { "HTTP/1.0 200 OK\r\n\r\nuntil the end", E_OK, 200, "until the end" },
        { "HTTP/1.1 204 No Content\r\n\r\n", E_OK, 204, "" },
        { "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", E_OK, 503, "" },
        /* each of these ends before it is complete */
        { "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", E_CLOSED, 0, NULL },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", E_CLOSED, 0, NULL },
        { "HTTP/1.1 200 OK\r\nContent-Le", E_CLOSED, 0, NULL },
        { "HTTP/1.1 100 Continue\r\n\r\n", E_CLOSED, 0, NULL },
        { "-", E_CLOSED, 0, NULL },
        /* and these are no answers at all */
        { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", E_SYNTAX, 0,
          NULL },
        { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", E_SYNTAX,
          0, NULL },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", E_SYNTAX, 0, NULL },
        { "SSH-2.0-OpenSSH\r\n\r\n", E_SYNTAX, 0, NULL },
        { "HTTP/1.1 101 Switching\r\n\r\n", E_UNSUPPORTED, 0, NULL },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", E_LIMIT, 0, NULL },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n", E_LIMIT, 0, NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *answers[] = { rows[i].text, NULL };
        struct script s = { .answers = answers, .close_each = true };
        struct http_client *c = open_client(&(struct http_client_options){ .body = 4096 });
        struct http_answer answer;
        enum err err;

        start_script(&s);
        err = ask(c, s.port, &answer);
        if (err != rows[i].err)
            fail_msg("%s: %s", rows[i].text, err_name(err));
        if (err)
            assert_int_equal(answer.stage, STAGE_SENT);
        else
            assert_int_equal(answer.status, rows[i].status);
        if (!err)
            assert_true(slice_eq_str(answer.body, rows[i].body));
        http_client_close(c);
        end_script(&s);
        assert_int_equal(s.requests, 1);
    }
}

static void connections_are_kept(void **state)
{
    static const char *const answers[] = { OK3, OK3, OK3, NULL };
    struct script s = { .answers = answers };
    struct http_client *c = open_client(NULL);
    struct http_answer answer;

    (void)state;
    start_script(&s);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(c, s.port, &answer), E_OK);
        assert_int_equal(answer.reused, i > 0);
    }
    http_client_close(c);
    end_script(&s);
    assert_int_equal(s.accepted, 1);
}

/* The server closes a kept connection just when the next request comes: tried once more. */
static void a_stale_connection_is_tried_again(void **state)
{
    static const char *const answers[] = { OK3, "-", OK3, NULL };
    struct script s = { .answers = answers, .reset = true };
    struct http_client *c = open_client(NULL);
    struct http_answer answer;

    (void)state;
    start_script(&s);
    assert_int_equal(ask(c, s.port, &answer), E_OK);
    assert_int_equal(ask(c, s.port, &answer), E_OK);
    assert_false(answer.reused);
    http_client_close(c);
    end_script(&s);
    assert_int_equal(s.requests, 3);
    assert_int_equal(s.accepted, 2);
}

/* But only once, and not when a first octet of the response had come. */
static void but_only_then(void **state)
{
    static const char *const twice[] = { OK3, "-", "-", NULL };
    static const char *const begun[] = { OK3, "HTTP/1.1 2", NULL };
    struct script s = { .answers = twice }, t = { .answers = begun };
    struct http_client *c =
        open_client(&(struct http_client_options){ .first_octet_ms = 500, .whole_ms = 700 });
    struct http_answer answer;

    (void)state;
    start_script(&s);
    assert_int_equal(ask(c, s.port, &answer), E_OK);
    assert_int_equal(ask(c, s.port, &answer), E_CLOSED);
    end_script(&s);
    assert_int_equal(s.requests, 3);
    start_script(&t);
    assert_int_equal(ask(c, t.port, &answer), E_OK);
    assert_int_equal(ask(c, t.port, &answer), E_CLOSED);
    end_script(&t);
    assert_int_equal(t.requests, 2);
    http_client_close(c);
}

static void waits_end(void **state)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct http_client *c = open_client(&(struct http_client_options){ .first_octet_ms = 200 });
    struct http_answer answer;
    uint64_t began = wire_now_ms();

    (void)state;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    /* nobody listens */
    assert_int_equal(ask(c, ntohs(a.sin_port), &answer), E_NETWORK);
    assert_int_equal(answer.stage, STAGE_CONNECTING);
    /* somebody listens and says nothing */
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(ask(c, ntohs(a.sin_port), &answer), E_TIMEOUT);
    assert_int_equal(answer.stage, STAGE_SENT);
    assert_true(wire_now_ms() - began >= 200);
    assert_true(wire_now_ms() - began < 5000);
    http_client_close(c);
    close(fd);
}

static void names_of_a_table(void **state)
{
    static const char *const bad[] = { "a",      "a=",          "=1.2.3.4",
                                       "a=b",    "a:x=1.2.3.4", "a:99999=1.2.3.4",
                                       "a=[::1", "a=[::1]x" };
    struct http_server *server = wire_server(NULL, NULL);
    struct http_client_options o = { 0 };
    struct http_call call = { .path = "/echo", .body = SLICE_LIT("hi") };
    struct http_client *c;
    struct http_answer answer;
    struct hosts *hosts;
    char row[64];

    (void)state;
    assert_int_equal(hosts_open(&hosts), E_OK);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(hosts_add(hosts, bad[i]), E_SYNTAX);
    snprintf(row, sizeof row, "eim.example:8443=127.0.0.1:%u", http_server_port(server));
    assert_int_equal(hosts_add(hosts, row), E_OK);
    assert_int_equal(hosts_add(hosts, "v6.example=[::1]:9"), E_OK);
    o.hosts = hosts;
    c = open_client(&o);
    call.host = "EIM.example";
    call.port = 8443;
    assert_int_equal(http_client_fetch(c, &call, &arena, &answer), E_OK);
    assert_true(slice_eq_str(answer.body, "hi"));
    /* by the system's resolver, on its helper thread */
    call.host = "localhost";
    call.port = http_server_port(server);
    assert_int_equal(http_client_fetch(c, &call, &arena, &answer), E_OK);
    call.host = "name.invalid";
    assert_int_equal(http_client_fetch(c, &call, &arena, &answer), E_NOTFOUND);
    assert_int_equal(answer.stage, STAGE_RESOLVING);
    call.host = "line\r\nbreak";
    assert_int_equal(http_client_fetch(c, &call, &arena, &answer), E_ARGUMENT);
    http_client_close(c);
    hosts_close(hosts);
    http_server_close(server);
}

/* ---- many calls at once, from another thread than the loop's ---- */

struct tally {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t good, bad;
};

static void count_answer(void *ctx, const struct http_answer *answer)
{
    struct tally *t = ctx;

    pthread_mutex_lock(&t->lock);
    if (answer->err == E_OK && answer->status == 200 && slice_eq_str(answer->body, "hello"))
        t->good++;
    else
        t->bad++;
    pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static void many_at_once(void **state)
{
    struct http_server *server = wire_server(NULL, NULL);
    struct tally t = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    struct http_call call = {
        .host = "127.0.0.1",
        .port = http_server_port(server),
        .body = SLICE_LIT("hello"),
    };
    struct http_client_options o = { .connections_host = 4, .waiting = 200 };
    struct http_client *c;

    (void)state;
    assert_int_equal(loop_open(&o.loop), E_OK);
    assert_int_equal(http_client_open(&o, &c), E_OK);
    assert_int_equal(loop_start(o.loop), E_OK);
    for (int i = 0; i < 100; i++) {
        call.path = i % 10 ? "/echo" : "/later";
        assert_int_equal(http_client_call(c, &call, count_answer, &t), E_OK);
    }
    pthread_mutex_lock(&t.lock);
    while (t.good + t.bad < 100)
        pthread_cond_wait(&t.changed, &t.lock);
    pthread_mutex_unlock(&t.lock);
    assert_int_equal(t.good, 100);
    assert_true(http_server_stats(server).accepted <= 4);
    /* closing in the middle answers everything */
    for (int i = 0; i < 20; i++)
        assert_int_equal(http_client_call(c, &call, count_answer, &t), E_OK);
    loop_stop(o.loop);
    http_client_close(c);
    loop_close(o.loop);
    assert_int_equal(t.good + t.bad, 120);
    http_server_close(server);
}

static void over_ipv6(void **state)
{
    struct http_server_options o = { .handler = wire_handler, .bind = "::1" };
    struct http_call call = { .host = "::1", .path = "/echo", .body = SLICE_LIT("hi") };
    struct http_server *server;
    struct http_client *c;
    struct http_answer answer;

    (void)state;
    if (http_server_open(&o, &server) != E_OK) {
        print_message("no IPv6 on this machine: skipped\n");
        skip();
    }
    c = open_client(NULL);
    call.port = http_server_port(server);
    assert_int_equal(http_client_fetch(c, &call, &arena, &answer), E_OK);
    assert_true(slice_eq_str(answer.body, "hi"));
    http_client_close(c);
    http_server_close(server);
}

static void a_large_body_both_ways(void **state)
{
    struct http_server *server = wire_server(NULL, NULL);
    struct http_client *c = open_client(NULL);
    uint8_t *body = malloc(1u << 20);
    struct http_call call = {
        .host = "127.0.0.1",
        .port = http_server_port(server),
        .path = "/echo",
    };
    struct http_answer answer;

    (void)state;
    for (size_t i = 0; i < 1u << 20; i++)
        body[i] = (uint8_t)(i * 7 + (i >> 8));
    call.body = slice_of(body, 1u << 20);
    assert_int_equal(http_client_fetch(c, &call, &arena, &answer), E_OK);
    assert_true(slice_eq(answer.body, call.body));
    /* one octet more is refused, and the refusal is read although the body was not taken */
    free(body);
    body = calloc(1, 6u << 20);
    call.body = slice_of(body, 6u << 20);
    assert_int_equal(http_client_fetch(c, &call, &arena, &answer), E_OK);
    assert_int_equal(answer.status, 413);
    http_client_close(c);
    http_server_close(server);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of_all_kinds),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(a_stale_connection_is_tried_again),
        cmocka_unit_test(but_only_then),
        cmocka_unit_test(waits_end),
        cmocka_unit_test(names_of_a_table),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(over_ipv6),
        cmocka_unit_test(a_large_body_both_ways),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
