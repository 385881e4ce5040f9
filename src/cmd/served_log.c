/* A line for a request or chore, on stderr; and the counts. */
#include "base/text.h"
#include "cmd/served.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *name_of(const struct engine_report *r)
{
    return r->route ? r->route->path : r->chore->name;
}

static bool is_failure(const struct engine_report *r)
{
    return r->err != E_OK || r->refusal.subject || r->status >= 400;
}

static void tell_failure(const struct engine_report *r)
{
    char subject[40] = "";

    if (r->refusal.subject)
        snprintf(subject, sizeof subject, " %s/%s", r->refusal.subject, r->refusal.reason);
    fprintf(stderr, "%s: HTTP %d%s%s%s, %u conflicts, %llu ms\n", name_of(r), r->status, subject,
            r->err ? " " : "", r->err ? err_name(r->err) : "", r->conflicts,
            (unsigned long long)r->ms);
}

/* ---- JSON ---- */

static void put_now(json_t *o)
{
    char text[40];
    struct timespec now;
    struct tm tm;
    size_t n;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof text - n, ".%03ldZ", now.tv_nsec / 1000000);
    json_object_set_new(o, "time", json_string(text));
}

static void put_about(json_t *o, const struct turn_about *a)
{
    char text[2 * sizeof a->transaction_id + 1];

    if (a->transaction_id_len &&
        !hex_encode(slice_of(a->transaction_id, a->transaction_id_len), text, sizeof text))
        json_object_set_new(o, "transactionId", json_string(text));
    if (a->has_eid) {
        eid_to_digits(a->eid, text);
        json_object_set_new(o, "eid", json_string(text));
    }
    if (a->has_iccid && !iccid_to_digits(SLICE_OF(a->iccid), text))
        json_object_set_new(o, "iccid", json_string(text));
    if (a->operator[0])
        json_object_set_new(o, "operator", json_string(a->operator)); /* not UTF-8: left out */
}

/* One call, one line: others write as well. */
static void print_json(json_t *o)
{
    char *line = json_dumps(o, JSON_COMPACT);

    if (line)
        fprintf(stderr, "%s\n", line);
    free(line);
    json_decref(o);
}

static void tell_json(const struct served_watch *w, const struct engine_report *r)
{
    json_t *o = json_object();

    put_now(o);
    json_object_set_new(o, "level", json_string(is_failure(r) ? "warning" : "info"));
    json_object_set_new(o, "server", json_string(w->server));
    json_object_set_new(o, r->route ? "route" : "chore", json_string(name_of(r)));
    if (r->route) {
        json_object_set_new(o, "method", json_string(r->route->method ? r->route->method : "POST"));
        json_object_set_new(o, "status", json_integer(r->status));
        json_object_set_new(o, "peer",
                            json_stringn((const char *)r->http->peer.p, r->http->peer.n));
    }
    if (r->refusal.subject) {
        json_object_set_new(o, "subjectCode", json_string(r->refusal.subject));
        json_object_set_new(o, "reasonCode", json_string(r->refusal.reason));
    }
    if (r->err)
        json_object_set_new(o, "error", json_string(err_name(r->err)));
    json_object_set_new(o, "ms", json_integer((json_int_t)r->ms));
    json_object_set_new(o, "conflicts", json_integer(r->conflicts));
    put_about(o, r->about);
    print_json(o);
}

/* A chore that found nothing to do is not worth a line. */
static bool did_nothing(const struct engine_report *r)
{
    const struct turn_about *a = r->about;

    return r->chore && !is_failure(r) && !a->transaction_id_len && !a->has_eid && !a->has_iccid;
}

void served_report(void *ctx, const struct engine_report *r)
{
    const struct served_watch *w = ctx;

    if (w->meters)
        meters_count(w->meters, w->server, r);
    if (w->log == LOG_FAILURES && is_failure(r))
        tell_failure(r);
    else if (w->log == LOG_JSON && !did_nothing(r))
        tell_json(w, r);
}

void served_report_reload(enum served_log log, uint64_t generation, const char *why)
{
    json_t *o;

    if (log == LOG_JSON) {
        o = json_object();
        put_now(o);
        json_object_set_new(o, "level", json_string(why ? "warning" : "info"));
        json_object_set_new(o, "event", json_string(why ? "keys.refused" : "keys.reloaded"));
        json_object_set_new(o, "generation", json_integer((json_int_t)generation));
        if (why)
            json_object_set_new(o, "detail", json_string(why));
        print_json(o);
    } else if (why) {
        fprintf(stderr, "serve: not reloaded: %s\n", why);
    }
    if (!why)
        printf("serve: certificates and keys reloaded, generation %llu\n",
               (unsigned long long)generation);
    fflush(stdout);
}
