#include "cmd/demo.h"

#include "cmd/bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define REFRESH_MS 100

static const char *const step_names[] = {
#define X(name, text) text,
    DEMO_STEPS(X)
#undef X
};

static const char *demo_step_name(enum demo_step step)
{
    return step_names[step];
}

static void set(struct demo_device *v, bool failed, enum demo_step step, const char *fmt,
                va_list ap) __attribute__((format(printf, 4, 0)));

static void set(struct demo_device *v, bool failed, enum demo_step step, const char *fmt,
                va_list ap)
{
    struct demo *d = v->demo;
    char note[sizeof v->note];

    vsnprintf(note, sizeof note, fmt, ap);
    pthread_mutex_lock(&d->lock);
    if (!failed)
        v->step = step;
    v->failed = failed;
    memcpy(v->note, note, sizeof note);
    pthread_mutex_unlock(&d->lock);
    if (d->args.json || isatty(STDOUT_FILENO))
        return;
    flockfile(stdout);
    printf("device %u %s: %s%s%s\n", v->number, v->eid_text,
           failed ? "FAILED" : demo_step_name(step), note[0] ? ": " : "", note);
    fflush(stdout);
    funlockfile(stdout);
}

void demo_device_say(struct demo_device *v, enum demo_step step, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    set(v, false, step, fmt, ap);
    va_end(ap);
}

bool demo_device_fail(struct demo_device *v, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    set(v, true, v->step, fmt, ap);
    va_end(ap);
    return false;
}

static void wait_a_little(void)
{
    struct timespec t = { 0, REFRESH_MS * 1000000L };

    nanosleep(&t, NULL);
}

/* One line that is written over itself: how many devices have come how far. */
static bool draw(struct demo *d)
{
    unsigned at_least[DEMO_AUTHENTICATED + 1] = { 0 }, failed = 0;
    bool over;

    pthread_mutex_lock(&d->lock);
    for (long i = 0; i < d->args.devices; i++) {
        failed += d->devices[i].failed;
        for (int s = 0; s <= (int)d->devices[i].step; s++)
            at_least[s]++;
    }
    over = d->finished == (unsigned)d->args.devices;
    pthread_mutex_unlock(&d->lock);
    printf("\r\033[K");
    for (int s = DEMO_ASSOCIATED; s <= DEMO_AUTHENTICATED; s++)
        printf("%s %u/%ld  ", demo_step_name((enum demo_step)s), at_least[s], d->args.devices);
    printf("failed %u  %.1f s", failed, wall_us() / 1e6 - d->started);
    fflush(stdout);
    return over;
}

void demo_show(struct demo *d)
{
    bool live = !d->args.json && isatty(STDOUT_FILENO), over = false;

    while (!over) {
        if (live) {
            over = draw(d);
        } else {
            pthread_mutex_lock(&d->lock);
            over = d->finished == (unsigned)d->args.devices;
            pthread_mutex_unlock(&d->lock);
        }
        if (!over)
            wait_a_little();
    }
    if (live)
        printf("\n\n");
}

static unsigned count_of(const struct demo *d, enum demo_step step)
{
    unsigned n = 0;

    for (long i = 0; i < d->args.devices; i++)
        n += d->devices[i].step >= step;
    return n;
}

static void rows_text(const struct demo *d)
{
    printf("%-3s %-32s %-20s %-15s %s\n", "#", "EID", "ICCID", "IMSI", "result");
    for (long i = 0; i < d->args.devices; i++) {
        const struct demo_device *v = &d->devices[i];

        printf("%-3u %-32s %-20s %-15s %s%s\n", v->number, v->eid_text, v->subscriber.iccid,
               v->subscriber.imsi, v->failed ? "FAILED after " : "", demo_step_name(v->step));
        if (v->failed)
            printf("    %s\n", v->note);
    }
}

static void rows_json(const struct demo *d)
{
    for (long i = 0; i < d->args.devices; i++) {
        const struct demo_device *v = &d->devices[i];

        printf("%s{\"eid\":\"%s\",\"iccid\":\"%s\",\"imsi\":\"%s\",\"step\":\"%s\",\"failed\":%s}",
               i ? "," : "", v->eid_text, v->subscriber.iccid, v->subscriber.imsi,
               demo_step_name(v->step), v->failed ? "true" : "false");
    }
}

void demo_table(struct demo *d)
{
    double seconds = wall_us() / 1e6 - d->started;
    unsigned failed = 0;

    for (long i = 0; i < d->args.devices; i++)
        failed += d->devices[i].failed || d->devices[i].step != DEMO_AUTHENTICATED;
    if (d->args.json) {
        printf("{\"devices\":[");
        rows_json(d);
        printf("],\"downloaded\":%u,\"enabled\":%u,\"authenticated\":%u,\"failed\":%u,"
               "\"seconds\":%.1f}\n",
               count_of(d, DEMO_DOWNLOADED), count_of(d, DEMO_ENABLED),
               count_of(d, DEMO_AUTHENTICATED), failed, seconds);
        return;
    }
    rows_text(d);
    printf("demo: %ld devices, %u downloaded, %u enabled, %u authenticated, %u failed, %.1f s\n",
           d->args.devices, count_of(d, DEMO_DOWNLOADED), count_of(d, DEMO_ENABLED),
           count_of(d, DEMO_AUTHENTICATED), failed, seconds);
}
