/*
 * One event loop: a libevent base, the thread that runs it, and a door through which other threads
 * hand it work. Everything that belongs to a loop (sockets, connections, calls) is touched by the
 * thread of that loop only; loop_post is the one function that any thread may call at any time.
 *
 * The first loop opened makes the process ignore SIGPIPE if it was not handled before: OpenSSL
 * writes to sockets with write(2), and a peer that hangs up must be an error value.
 */
#ifndef DUNLIN_NET_LOOP_H
#define DUNLIN_NET_LOOP_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct loop;

/* Something to do on the loop's thread. Intrusive: the task lives in its owner's memory and belongs
 * to the loop from loop_post until run is called. */
struct loop_task {
    struct loop_task *next;
    void (*run)(struct loop_task *);
};

/* Called on the loop's thread about every LOOP_TICK_MS: time limits are checked by sweeping, which
 * costs less than a timer for each connection. */
#define LOOP_TICK_MS 50

struct loop_tick {
    struct loop_tick *next;
    void (*run)(struct loop_tick *, uint64_t now_ms);
};

MUST_USE enum err loop_open(struct loop **out);
/* Starts a thread that runs the loop until loop_stop. */
MUST_USE enum err loop_start(struct loop *l);
/* Runs the loop on the calling thread until *done is true (NULL: until loop_stop). */
void loop_run(struct loop *l, const bool *done);
/* Ends the thread, if any, and waits for it. Tasks posted before are run. */
void loop_stop(struct loop *l);
/* After loop_stop. Frees the loop; nothing may be registered any more. NULL is allowed. */
void loop_close(struct loop *l);

void loop_post(struct loop *l, struct loop_task *task);
/* True on the thread that runs the loop. */
bool loop_is_current(const struct loop *l);

/* Before the loop runs, or on its thread. */
void loop_add_tick(struct loop *l, struct loop_tick *tick);
void loop_remove_tick(struct loop *l, struct loop_tick *tick);

struct event_base *loop_base(struct loop *l);
/* Monotonic milliseconds; never 0, so that 0 can mean "no deadline". */
uint64_t loop_now_ms(void);

#endif
