#include "net/loop.h"

#include <event2/event.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct loop {
    struct event_base *base;
    struct event *wake;
    struct event *timer;
    struct loop_tick *ticks;
    int wake_fd;

    pthread_mutex_t lock; /* guards the queue below */
    struct loop_task *first, **last;

    pthread_t thread;
    bool threaded;
    atomic_bool stopping;
    _Atomic(uintptr_t) runner; /* an address in the running thread's own storage, 0 when idle */
};

/* Its address names the thread: comparing it is cheaper and better defined than pthread_t. */
static _Thread_local char thread_mark;

uint64_t loop_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000 + 1;
}

static void ignore_sigpipe(void)
{
    struct sigaction old;

    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

static void run_posted(struct loop *l)
{
    struct loop_task *t;

    pthread_mutex_lock(&l->lock);
    t = l->first;
    l->first = NULL;
    l->last = &l->first;
    pthread_mutex_unlock(&l->lock);
    while (t) {
        struct loop_task *next = t->next;

        t->run(t);
        t = next;
    }
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    uint64_t count;
    ssize_t n = read(fd, &count, sizeof count);

    (void)what;
    (void)n; /* EAGAIN only says that somebody else's wake was taken along */
    run_posted(arg);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct loop *l = arg;
    uint64_t now = loop_now_ms();

    (void)fd;
    (void)what;
    for (struct loop_tick *t = l->ticks, *next; t; t = next) {
        next = t->next;
        t->run(t, now);
    }
    if (atomic_load(&l->stopping))
        event_base_loopbreak(l->base);
}

static void wake(struct loop *l)
{
    uint64_t one = 1;
    ssize_t n = write(l->wake_fd, &one, sizeof one);

    (void)n; /* the counter is full only when a wake is pending already */
}

static enum err set_up(struct loop *l)
{
    static const struct timeval tick = { 0, LOOP_TICK_MS * 1000 };

    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->wake_fd < 0)
        return E_NETWORK;
    l->base = event_base_new();
    if (!l->base)
        return E_MEMORY;
    l->wake = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
    l->timer = event_new(l->base, -1, EV_PERSIST, on_timer, l);
    if (!l->wake || !l->timer || event_add(l->wake, NULL) || event_add(l->timer, &tick))
        return E_MEMORY;
    return E_OK;
}

enum err loop_open(struct loop **out)
{
    struct loop *l = calloc(1, sizeof *l);
    enum err err;

    *out = NULL;
    if (!l)
        return E_MEMORY;
    ignore_sigpipe();
    pthread_mutex_init(&l->lock, NULL);
    l->last = &l->first;
    err = set_up(l);
    if (err) {
        loop_close(l);
        return err;
    }
    *out = l;
    return E_OK;
}

void loop_run(struct loop *l, const bool *done)
{
    atomic_store(&l->runner, (uintptr_t)&thread_mark);
    while (!atomic_load(&l->stopping) && !(done && *done))
        event_base_loop(l->base, EVLOOP_ONCE);
    atomic_store(&l->runner, 0);
}

static void *thread_main(void *arg)
{
    loop_run(arg, NULL);
    return NULL;
}

enum err loop_start(struct loop *l)
{
    sigset_t all, before;
    int failed;

    /* signals are the business of the program's own threads */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&l->thread, NULL, thread_main, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    l->threaded = !failed;
    return failed ? E_MEMORY : E_OK;
}

static void stop_task(struct loop_task *t)
{
    free(t);
}

void loop_stop(struct loop *l)
{
    struct loop_task *t;

    atomic_store(&l->stopping, true);
    t = calloc(1, sizeof *t);
    if (t) {
        t->run = stop_task;
        loop_post(l, t); /* ends the wait; without memory the next tick does */
    }
    if (l->threaded) {
        pthread_join(l->thread, NULL);
        l->threaded = false;
    }
    run_posted(l);
}

void loop_close(struct loop *l)
{
    if (!l)
        return;
    if (l->wake)
        event_free(l->wake);
    if (l->timer)
        event_free(l->timer);
    if (l->base)
        event_base_free(l->base);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

void loop_post(struct loop *l, struct loop_task *task)
{
    bool was_empty;

    task->next = NULL;
    pthread_mutex_lock(&l->lock);
    was_empty = !l->first;
    *l->last = task;
    l->last = &task->next;
    pthread_mutex_unlock(&l->lock);
    if (was_empty)
        wake(l);
}

bool loop_is_current(const struct loop *l)
{
    return atomic_load(&l->runner) == (uintptr_t)&thread_mark;
}

void loop_add_tick(struct loop *l, struct loop_tick *tick)
{
    tick->next = l->ticks;
    l->ticks = tick;
}

void loop_remove_tick(struct loop *l, struct loop_tick *tick)
{
    for (struct loop_tick **p = &l->ticks; *p; p = &(*p)->next)
        if (*p == tick) {
            *p = tick->next;
            return;
        }
}

struct event_base *loop_base(struct loop *l)
{
    return l->base;
}
