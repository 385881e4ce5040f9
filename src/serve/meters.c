#include "serve/meters.h"

#include "eim/rows.h"
#include "serve/admin.h"
#include "smdp/rows.h"
#include "smds/rows.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define OUTCOMES_MAX 1024u
#define ROUTES_MAX   128u

static const unsigned bounds_ms[] = { 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000 };
#define BUCKETS (COUNT(bounds_ms) + 1)

/* All strings are static, or as old as the engine. */
struct outcome {
    const char *server, *route;
    bool chore;
    int status;
    const char *subject, *reason;
    enum err err;
    uint64_t count;
};

struct latency {
    const char *server, *route;
    uint64_t buckets[BUCKETS], sum_ms, count;
};

#define SERVERS_MAX 4u
#define STATES_MAX  16u

struct states {
    enum meters_family family;
    const char *server;
    const char *names[STATES_MAX];
    uint64_t counts[STATES_MAX];
    size_t count;
};

struct meters {
    pthread_mutex_t lock;
    struct states states[SERVERS_MAX];
    size_t state_count;
    struct outcome outcomes[OUTCOMES_MAX];
    size_t outcome_count;
    struct latency latencies[ROUTES_MAX];
    size_t latency_count;
    uint64_t reloads, reload_refusals;
    uint64_t uncounted; /* no room for another kind */
};

struct meters *meters_open(void)
{
    struct meters *m = calloc(1, sizeof *m);

    if (m)
        pthread_mutex_init(&m->lock, NULL);
    return m;
}

void meters_close(struct meters *m)
{
    if (!m)
        return;
    pthread_mutex_destroy(&m->lock);
    free(m);
}

/* ---- counting ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static struct outcome *outcome_of(struct meters *m, const struct outcome *o)
{
    for (size_t i = 0; i < m->outcome_count; i++) {
        struct outcome *x = &m->outcomes[i];

        if (x->chore == o->chore && x->status == o->status && x->err == o->err &&
            same_text(x->route, o->route) && same_text(x->server, o->server) &&
            same_text(x->subject, o->subject) && same_text(x->reason, o->reason))
            return x;
    }
    if (m->outcome_count == OUTCOMES_MAX)
        return NULL;
    m->outcomes[m->outcome_count] = *o;
    return &m->outcomes[m->outcome_count++];
}

static struct latency *latency_of(struct meters *m, const char *server, const char *route)
{
    for (size_t i = 0; i < m->latency_count; i++)
        if (same_text(m->latencies[i].route, route) && same_text(m->latencies[i].server, server))
            return &m->latencies[i];
    if (m->latency_count == ROUTES_MAX)
        return NULL;
    m->latencies[m->latency_count] = (struct latency){ .server = server, .route = route };
    return &m->latencies[m->latency_count++];
}

void meters_count(struct meters *m, const char *server, const struct engine_report *r)
{
    const struct outcome o = {
        .server = server,
        .route = r->route ? r->route->path : r->chore->name,
        .chore = !r->route,
        .status = r->status,
        .subject = r->refusal.subject,
        .reason = r->refusal.reason,
        .err = r->err,
    };
    struct outcome *counted;
    struct latency *latency;
    size_t bucket = 0;

    while (bucket < COUNT(bounds_ms) && r->ms > bounds_ms[bucket])
        bucket++;
    pthread_mutex_lock(&m->lock);
    counted = outcome_of(m, &o);
    if (counted)
        counted->count++;
    else
        m->uncounted++;
    latency = r->route ? latency_of(m, server, o.route) : NULL;
    if (latency) {
        latency->buckets[bucket]++;
        latency->sum_ms += r->ms;
        latency->count++;
    }
    pthread_mutex_unlock(&m->lock);
}

void meters_reload(struct meters *m, bool done)
{
    pthread_mutex_lock(&m->lock);
    *(done ? &m->reloads : &m->reload_refusals) += 1;
    pthread_mutex_unlock(&m->lock);
}

/* Under the lock: those of the server, or the place behind the last. */
static struct states *states_of(struct meters *m, const char *server)
{
    struct states *s = m->states;

    while (s < m->states + m->state_count && !same_text(s->server, server))
        s++;
    return s;
}

void meters_states(struct meters *m, enum meters_family family, const char *server,
                   const char *const *names, const uint64_t *counts, size_t count)
{
    struct states *s;

    pthread_mutex_lock(&m->lock);
    s = states_of(m, server);
    if (s < m->states + SERVERS_MAX) {
        if (s == m->states + m->state_count)
            m->state_count++;
        s->family = family;
        s->server = server;
        s->count = count < STATES_MAX ? count : STATES_MAX;
        memcpy(s->names, names, s->count * sizeof *names);
        memcpy(s->counts, counts, s->count * sizeof *counts);
    }
    pthread_mutex_unlock(&m->lock);
}

size_t meters_states_of(struct meters *m, const char *server, const char **names, uint64_t *counts,
                        size_t room)
{
    const struct states *s;
    size_t count = 0;

    pthread_mutex_lock(&m->lock);
    s = states_of(m, server);
    if (s < m->states + m->state_count) {
        count = s->count < room ? s->count : room;
        memcpy(names, s->names, count * sizeof *names);
        memcpy(counts, s->counts, count * sizeof *counts);
    }
    pthread_mutex_unlock(&m->lock);
    return count;
}

/* ---- text ---- */

struct text {
    struct arena *a;
    char *p;
    size_t n, room;
    bool failed;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *x, const char *fmt, ...)
{
    char line[400];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof line) {
        x->failed = true;
        return;
    }
    if (x->n + (size_t)n > x->room) {
        size_t room = x->room ? x->room * 2 : 16384;
        char *grown = arena_alloc(x->a, room);

        if (!grown) {
            x->failed = true;
            return;
        }
        if (x->n)
            memcpy(grown, x->p, x->n);
        x->p = grown;
        x->room = room;
    }
    memcpy(x->p + x->n, line, (size_t)n);
    x->n += (size_t)n;
}

static void head(struct text *x, const char *name, const char *kind, const char *help)
{
    put(x, "# HELP dunlin_%s %s\n# TYPE dunlin_%s %s\n", name, help, name, kind);
}

static void put_outcomes(struct text *x, const struct meters *m)
{
    head(x, "requests_total", "counter", "Requests that passed the gate, by HTTP status.");
    for (size_t i = 0; i < m->outcome_count; i++) {
        const struct outcome *o = &m->outcomes[i];

        if (!o->chore)
            put(x,
                "dunlin_requests_total{server=\"%s\",route=\"%s\",code=\"%d\",subject=\"%s\","
                "reason=\"%s\",error=\"%s\"} %" PRIu64 "\n",
                o->server, o->route, o->status, o->subject ? o->subject : "",
                o->reason ? o->reason : "", o->err ? err_name(o->err) : "", o->count);
    }
    head(x, "chores_total", "counter", "Runs of work that is due by time.");
    for (size_t i = 0; i < m->outcome_count; i++) {
        const struct outcome *o = &m->outcomes[i];

        if (o->chore)
            put(x, "dunlin_chores_total{server=\"%s\",chore=\"%s\",error=\"%s\"} %" PRIu64 "\n",
                o->server, o->route, o->err ? err_name(o->err) : "", o->count);
    }
    head(x, "uncounted_total", "counter", "Requests for whose kind there was no room.");
    put(x, "dunlin_uncounted_total %" PRIu64 "\n", m->uncounted);
}

static void put_reloads(struct text *x, const struct meters *m)
{
    head(x, "reloads_total", "counter", "Certificates and keys read again while running.");
    put(x, "dunlin_reloads_total{outcome=\"done\"} %" PRIu64 "\n", m->reloads);
    put(x, "dunlin_reloads_total{outcome=\"refused\"} %" PRIu64 "\n", m->reload_refusals);
}

static void put_latencies(struct text *x, const struct meters *m)
{
    head(x, "request_seconds", "histogram", "Time from arrival to reply.");
    for (size_t i = 0; i < m->latency_count; i++) {
        const struct latency *l = &m->latencies[i];
        uint64_t below = 0;

        for (size_t b = 0; b < BUCKETS; b++) {
            char le[16] = "+Inf";

            below += l->buckets[b];
            if (b < COUNT(bounds_ms))
                snprintf(le, sizeof le, "%u.%03u", bounds_ms[b] / 1000, bounds_ms[b] % 1000);
            put(x,
                "dunlin_request_seconds_bucket{server=\"%s\",route=\"%s\",le=\"%s\"} %" PRIu64 "\n",
                l->server, l->route, le, below);
        }
        put(x,
            "dunlin_request_seconds_sum{server=\"%s\",route=\"%s\"} %" PRIu64 ".%03u\n"
            "dunlin_request_seconds_count{server=\"%s\",route=\"%s\"} %" PRIu64 "\n",
            l->server, l->route, l->sum_ms / 1000, (unsigned)(l->sum_ms % 1000), l->server,
            l->route, l->count);
    }
}

static void put_states(struct text *x, const struct meters *m, enum meters_family family,
                       const char *what, const char *help)
{
    head(x, what, "gauge", help);
    for (const struct states *s = m->states; s < m->states + m->state_count; s++)
        for (size_t i = 0; s->family == family && i < s->count; i++)
            if (strcmp(s->names[i], "?") != 0)
                put(x, "dunlin_%s{server=\"%s\",state=\"%s\"} %" PRIu64 "\n", what, s->server,
                    s->names[i], s->counts[i]);
}

/* One value of each server. */
#define EACH(x, h, what, kind, help, value)                                                        \
    do {                                                                                           \
        head(x, what, kind, help);                                                                 \
        for (size_t i = 0; i < (h)->server_count; i++)                                             \
            put(x, "dunlin_" what "{server=\"%s\"} %" PRIu64 "\n", (h)->servers[i].name,           \
                (uint64_t)(value));                                                                \
    } while (0)

static void put_engines(struct text *x, const struct admin_house *h)
{
    struct engine_stats s[COUNT(h->servers)] = { 0 };

    for (size_t i = 0; i < h->server_count; i++)
        if (h->servers[i].engine)
            s[i] = engine_stats(h->servers[i].engine);
    EACH(x, h, "jobs_total", "counter", "Requests and chores that ended.", s[i].done);
    EACH(x, h, "gate_refusals_total", "counter",
         "Requests refused for path, method, size or media type.", s[i].refused_by_gate);
    EACH(x, h, "overloads_total", "counter", "Requests answered 503 for a full queue.",
         s[i].overloaded);
    EACH(x, h, "conflicts_total", "counter", "Decisions taken again on fresh state.",
         s[i].conflicts);
    EACH(x, h, "upstream_calls_total", "counter", "Calls to other servers.", s[i].upstream_calls);
    EACH(x, h, "jobs", "gauge", "Requests and chores under way.", s[i].jobs);
    EACH(x, h, "jobs_waiting", "gauge", "Of these, waiting for a worker.", s[i].waiting);
    EACH(x, h, "upstream_calls", "gauge", "Calls to other servers under way.", s[i].upstreams);
    EACH(x, h, "worker_microseconds_total", "counter", "Processor time of the workers.",
         s[i].worker_us);
}

static void put_listeners(struct text *x, const struct admin_house *h)
{
    struct http_server_stats sums[COUNT(h->servers)] = { 0 };

    for (size_t i = 0; i < h->server_count; i++) {
        for (size_t k = 0; k < COUNT(h->servers[i].listeners); k++) {
            struct http_server_stats one = { 0 };

            if (h->servers[i].listeners[k])
                one = http_server_stats(h->servers[i].listeners[k]);
            sums[i].accepted += one.accepted;
            sums[i].turned_off += one.turned_off;
            sums[i].refused += one.refused;
            sums[i].timed_out += one.timed_out;
            sums[i].handshakes += one.handshakes;
            sums[i].resumed += one.resumed;
            sums[i].connections += one.connections;
        }
    }
    EACH(x, h, "connections_total", "counter", "Connections accepted.", sums[i].accepted);
    EACH(x, h, "connections_turned_off_total", "counter", "Connections past a limit.",
         sums[i].turned_off);
    EACH(x, h, "http_refusals_total", "counter", "Requests that were no acceptable HTTP.",
         sums[i].refused);
    EACH(x, h, "connections_timed_out_total", "counter", "Connections ended by a time limit.",
         sums[i].timed_out);
    EACH(x, h, "handshakes_total", "counter", "TLS handshakes.", sums[i].handshakes);
    EACH(x, h, "handshakes_resumed_total", "counter", "Of these, by a ticket.", sums[i].resumed);
    EACH(x, h, "connections", "gauge", "Connections now.", sums[i].connections);
}

/* Rows that wait to be delivered: 1000 are at least so many. */
static uint64_t waiting(struct store *store, const struct store_table *table, unsigned index,
                        bool flagged)
{
    const struct store_query q = {
        .index = index, .key = { store_int(1) }, .key_count = flagged, .limit = STORE_LIST_MAX
    };
    struct arena rows;
    void *list;
    size_t count = 0;

    arena_init(&rows, (size_t)64 << 20);
    if (!store || store_list(store, table, &q, &rows, &list, &count))
        count = 0;
    arena_free(&rows);
    return count;
}

static void put_waiting(struct text *x, const struct admin_house *h)
{
    static const struct {
        const char *server;
        const struct store_table *table;
        unsigned index;
        bool flagged; /* by its first column: those that wait have 1 */
    } rows[] = {
        { "smdp", &smdp_report_table, SMDP_REPORT_BY_DUE, true },
        { "smds", &smds_removal_table, SMDS_REMOVAL_BY_DUE, false },
        { "eim", &eim_notification_table, EIM_NOTIFICATION_BY_DUE, true },
    };

    head(
        x, "undelivered", "gauge",
        "Reports (smdp), deletions at the root (smds) or notifications (eim) that wait for another "
        "server; 1000: or more.");
    for (size_t i = 0; i < h->server_count; i++)
        for (size_t k = 0; k < COUNT(rows); k++)
            if (!strcmp(h->servers[i].name, rows[k].server))
                put(x, "dunlin_undelivered{server=\"%s\"} %" PRIu64 "\n", rows[k].server,
                    waiting(h->servers[i].store, rows[k].table, rows[k].index, rows[k].flagged));
}

static void put_process(struct text *x, int64_t now_ms)
{
    struct rusage u = { 0 };
    long pages = 0, all;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f && fscanf(f, "%ld %ld", &all, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    getrusage(RUSAGE_SELF, &u);
    put(x, "# HELP process_cpu_seconds_total Processor time.\n"
           "# TYPE process_cpu_seconds_total counter\n");
    put(x, "process_cpu_seconds_total %.6f\n",
        (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
            (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
    put(x, "# HELP process_resident_memory_bytes Memory in use.\n"
           "# TYPE process_resident_memory_bytes gauge\n");
    put(x, "process_resident_memory_bytes %ld\n", pages * sysconf(_SC_PAGESIZE));
    head(x, "time_seconds", "gauge", "The server's clock.");
    put(x, "dunlin_time_seconds %" PRId64 "\n", now_ms / 1000);
}

enum err meters_print(const struct admin_house *h, int64_t now_ms, struct arena *a, slice *out)
{
    struct text x = { .a = a };

    if (h && h->meters) {
        pthread_mutex_lock(&h->meters->lock);
        put_outcomes(&x, h->meters);
        put_latencies(&x, h->meters);
        put_states(&x, h->meters, METERS_ORDERS, "orders",
                   "Orders by state, as counted within the last minute or so.");
        put_states(&x, h->meters, METERS_RECORDS, "event_records",
                   "Event records of the SM-DS by state, as counted within the last minute or so.");
        put_reloads(&x, h->meters);
        pthread_mutex_unlock(&h->meters->lock);
    }
    if (h) {
        put_engines(&x, h);
        put_listeners(&x, h);
        put_waiting(&x, h);
    }
    put_process(&x, now_ms);
    *out = slice_of(x.p, x.n);
    return x.failed ? E_MEMORY : E_OK;
}
