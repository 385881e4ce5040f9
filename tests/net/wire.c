#include "net/wire.h"

#include "net/loop.h"
#include "net/must.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int wire_connect(uint16_t port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct timeval limit = { 5, 0 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void wire_send(int fd, const char *text)
{
    size_t n = strlen(text);

    while (n) {
        ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        text += sent;
        n -= (size_t)sent;
    }
}

long wire_read_all(int fd, char *buf, size_t size)
{
    size_t n = 0;

    for (;;) {
        ssize_t got = recv(fd, buf + n, size - 1 - n, 0);

        if (got <= 0) {
            buf[n] = 0;
            return got < 0 ? -1 : (long)n;
        }
        n += (size_t)got;
    }
}

int wire_read_response(int fd, char *body, size_t size)
{
    uint8_t head[4096];
    size_t n = 0, seen = 0, want;
    struct http_head h;
    enum err err;

    do {
        if (n == sizeof head || recv(fd, head + n, 1, 0) != 1)
            return 0;
        n++;
    } while (!http_head_length(slice_of(head, n), &seen));
    err = http_parse_response(slice_of(head, n), &h);
    MUST(err == E_OK);
    want = h.framing == HTTP_LENGTH ? (size_t)h.length : 0;
    MUST(want < size);
    for (n = 0; n < want;) {
        ssize_t got = recv(fd, body + n, want - n, 0);

        if (got <= 0)
            return 0;
        n += (size_t)got;
    }
    if (size)
        body[n] = 0;
    return h.status;
}

int wire_ask(uint16_t port, const char *text, char *body, size_t size)
{
    int fd = wire_connect(port), status;

    wire_send(fd, text);
    status = wire_read_response(fd, body, size);
    close(fd);
    return status;
}

uint64_t wire_now_ms(void)
{
    return loop_now_ms();
}

void wire_sleep_ms(unsigned ms)
{
    struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

    nanosleep(&t, NULL);
}

static void echo(const struct http_request *request, struct http_exchange *x)
{
    http_reply(x, &(struct http_response){
                      .status = 200,
                      .content_type = SLICE_LIT("application/octet-stream"),
                      .body = request->body,
                  });
}

struct later {
    const struct http_request *request;
    struct http_exchange *x;
};

static void *answer_later(void *arg)
{
    struct later *l = arg;

    wire_sleep_ms(50);
    echo(l->request, l->x);
    free(l);
    return NULL;
}

static void start_later(const struct http_request *request, struct http_exchange *x)
{
    struct later *l = malloc(sizeof *l);
    pthread_t thread;
    int failed;

    *l = (struct later){ request, x };
    failed = pthread_create(&thread, NULL, answer_later, l);
    MUST(!failed);
    pthread_detach(thread);
}

void wire_handler(void *ctx, const struct http_request *request, struct http_exchange *x)
{
    (void)ctx;
    if (slice_eq_str(request->path, "/echo"))
        echo(request, x);
    else if (slice_eq_str(request->path, "/none"))
        http_reply_status(x, 204);
    else if (slice_eq_str(request->path, "/cert"))
        http_reply(x, &(struct http_response){ .status = 200, .body = request->tls.peer_cert });
    else if (slice_eq_str(request->path, "/later"))
        start_later(request, x);
    else
        http_reply_status(x, 404);
}

struct http_server *wire_server(const struct http_limits *limits, struct tls_server *tls)
{
    struct http_server_options o = { .tls = tls, .handler = wire_handler };
    struct http_server *s;
    enum err err;

    if (limits)
        o.limits = *limits;
    err = http_server_open(&o, &s);
    MUST(err == E_OK);
    return s;
}
