#include "net/resolve.h"

#include "base/slice.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

struct host_row {
    struct host_row *next;
    char name[HOST_MAX + 1];
    uint16_t port;    /* 0: any */
    uint16_t to_port; /* 0: as asked */
    struct sockaddr_storage to;
};

struct hosts {
    struct host_row *first, **last;
};

/* Shared by its opener and its helper thread; the last of them frees it. */
struct resolver {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct loop *loop; /* NULL: closed */
    const struct hosts *hosts;
    struct resolver_query *first, **last;
    size_t waiting, waiting_max;
    bool helper;
};

/* ---- table ---- */

static void set_port(struct sockaddr_storage *a, uint16_t port)
{
    if (a->ss_family == AF_INET)
        ((struct sockaddr_in *)a)->sin_port = htons(port);
    else
        ((struct sockaddr_in6 *)a)->sin6_port = htons(port);
}

static bool parse_numeric(const char *text, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){ 0 };
    if (inet_pton(AF_INET, text, &((struct sockaddr_in *)out)->sin_addr) == 1) {
        out->ss_family = AF_INET;
        return true;
    }
    out->ss_family = AF_INET6;
    return inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)out)->sin6_addr) == 1;
}

/* "host", "host:port" or "[v6]:port"; *port stays when none is given. */
static bool split_port(slice s, char host[HOST_MAX + 1], uint16_t *port)
{
    slice name = s, digits = SLICE_NONE;
    const uint8_t *end = s.n ? memchr(s.p, s.p[0] == '[' ? ']' : ':', s.n) : NULL;
    unsigned long value = 0;

    if (s.n && s.p[0] == '[') {
        if (!end)
            return false;
        name = slice_of(s.p + 1, (size_t)(end - s.p) - 1);
        s = slice_skip(s, name.n + 2);
        if (s.n && s.p[0] != ':')
            return false;
        digits = s.n ? slice_skip(s, 1) : SLICE_NONE;
    } else if (end) {
        name.n = (size_t)(end - s.p);
        digits = slice_skip(s, name.n + 1);
    }
    if (name.n == 0 || name.n > HOST_MAX || (digits.p && (digits.n == 0 || digits.n > 5)))
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        value = value * 10 + (digits.p[i] - '0');
    }
    if (value > 65535)
        return false;
    memcpy(host, name.p, name.n);
    host[name.n] = 0;
    if (digits.p)
        *port = (uint16_t)value;
    return true;
}

enum err hosts_open(struct hosts **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return E_MEMORY;
    (*out)->last = &(*out)->first;
    return E_OK;
}

void hosts_close(struct hosts *h)
{
    while (h && h->first) {
        struct host_row *r = h->first;

        h->first = r->next;
        free(r);
    }
    free(h);
}

enum err hosts_add(struct hosts *h, const char *row)
{
    const char *equals = strchr(row, '=');
    struct host_row *r = equals ? calloc(1, sizeof *r) : NULL;
    char address[HOST_MAX + 1];

    if (!r)
        return equals ? E_MEMORY : E_SYNTAX;
    if (!split_port(slice_of(row, (size_t)(equals - row)), r->name, &r->port) ||
        !split_port(slice_str(equals + 1), address, &r->to_port) ||
        !parse_numeric(address, &r->to)) {
        free(r);
        return E_SYNTAX;
    }
    *h->last = r;
    h->last = &r->next;
    return E_OK;
}

static bool look_up(const struct hosts *h, struct resolver_query *q)
{
    for (const struct host_row *r = h ? h->first : NULL; r; r = r->next) {
        if (strcmp(r->name, "*") != 0 && strcasecmp(r->name, q->host) != 0)
            continue;
        if (r->port && r->port != q->port)
            continue;
        q->addresses[0] = r->to;
        set_port(&q->addresses[0], r->to_port ? r->to_port : q->port);
        q->count = 1;
        return true;
    }
    if (!parse_numeric(q->host, &q->addresses[0]))
        return false;
    set_port(&q->addresses[0], q->port);
    q->count = 1;
    return true;
}

/* ---- helper thread ---- */

static void ask_system(struct resolver_query *q)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *all = NULL;
    char port[8];

    snprintf(port, sizeof port, "%u", q->port);
    q->count = 0;
    if (getaddrinfo(q->host, port, &hints, &all) != 0)
        return;
    for (struct addrinfo *a = all; a && q->count < RESOLVE_ADDRESSES; a = a->ai_next)
        if (a->ai_addrlen <= sizeof q->addresses[0])
            memcpy(&q->addresses[q->count++], a->ai_addr, a->ai_addrlen);
    freeaddrinfo(all);
}

static void on_answer(struct loop_task *t)
{
    struct resolver_query *q =
        (struct resolver_query *)(void *)((char *)t - offsetof(struct resolver_query, task));

    q->done(q);
    free(q);
}

static void free_resolver(struct resolver *r)
{
    while (r->first) {
        struct resolver_query *q = r->first;

        r->first = q->next;
        free(q);
    }
    pthread_cond_destroy(&r->work);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/* The next question, or NULL when closed; called and returns with the lock held. */
static struct resolver_query *take_query(struct resolver *r)
{
    struct resolver_query *q;

    while (r->loop && !r->first)
        pthread_cond_wait(&r->work, &r->lock);
    if (!r->loop)
        return NULL;
    q = r->first;
    r->first = q->next;
    if (!r->first)
        r->last = &r->first;
    r->waiting--;
    return q;
}

static void *helper_main(void *arg)
{
    struct resolver *r = arg;
    struct resolver_query *q;

    pthread_mutex_lock(&r->lock);
    while ((q = take_query(r))) {
        pthread_mutex_unlock(&r->lock);
        ask_system(q);
        pthread_mutex_lock(&r->lock);
        q->task.run = on_answer;
        if (r->loop)
            loop_post(r->loop, &q->task);
        else
            free(q);
    }
    pthread_mutex_unlock(&r->lock);
    free_resolver(r);
    return NULL;
}

enum err resolver_open(struct loop *l, const struct hosts *hosts, size_t waiting,
                       struct resolver **out)
{
    struct resolver *r = calloc(1, sizeof *r);

    *out = r;
    if (!r)
        return E_MEMORY;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->work, NULL);
    r->loop = l;
    r->hosts = hosts;
    r->last = &r->first;
    r->waiting_max = waiting;
    return E_OK;
}

void resolver_close(struct resolver *r)
{
    bool helper;

    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->loop = NULL;
    helper = r->helper;
    pthread_cond_signal(&r->work);
    pthread_mutex_unlock(&r->lock);
    if (!helper)
        free_resolver(r); /* else the helper does, when getaddrinfo lets it go */
}

static bool start_helper(struct resolver *r)
{
    pthread_t thread;

    if (!r->helper && pthread_create(&thread, NULL, helper_main, r) == 0) {
        pthread_detach(thread);
        r->helper = true;
    }
    return r->helper;
}

static bool give_to_helper(struct resolver *r, struct resolver_query *q)
{
    bool taken;

    pthread_mutex_lock(&r->lock);
    taken = r->waiting < r->waiting_max && start_helper(r);
    if (taken) {
        q->next = NULL;
        *r->last = q;
        r->last = &q->next;
        r->waiting++;
        pthread_cond_signal(&r->work);
    }
    pthread_mutex_unlock(&r->lock);
    return taken;
}

void resolver_ask(struct resolver *r, struct resolver_query *q)
{
    q->count = 0;
    if (look_up(r->hosts, q) || !give_to_helper(r, q)) {
        q->done(q);
        free(q);
    }
}
