/*
 * Counts of what the servers answered, in the text format of Prometheus (version 0.0.4). The labels
 * are routes, statuses and names of errors, never anything that a client sent, so that their number
 * is bounded.
 */
#ifndef DUNLIN_SERVE_METERS_H
#define DUNLIN_SERVE_METERS_H

#include "engine/engine.h"

struct meters;
struct admin_house;

/* NULL: out of memory. */
struct meters *meters_open(void);
/* NULL is allowed. */
void meters_close(struct meters *m);

/* Any thread. server: static. */
void meters_count(struct meters *m, const char *server, const struct engine_report *r);

/* What is counted by its state: orders (SM-DP+, eIM), event records (SM-DS). */
enum meters_family { METERS_ORDERS, METERS_RECORDS };

/* How many of a server are in which state; names are static, "?" is left out. */
void meters_states(struct meters *m, enum meters_family family, const char *server,
                   const char *const *names, const uint64_t *counts, size_t count);

/* What was told of this server last; its number, at most `room`; 0: nothing yet. */
size_t meters_states_of(struct meters *m, const char *server, const char **names, uint64_t *counts,
                        size_t room);

/* Certificates and keys were read again, and are in force or not. */
void meters_reload(struct meters *m, bool done);

/* A line for each counter; *out is in the arena. E_MEMORY. */
MUST_USE enum err meters_print(const struct admin_house *h, int64_t now_ms, struct arena *a,
                               slice *out);

#endif
