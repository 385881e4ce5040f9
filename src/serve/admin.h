/*
 * The operator's surface: JSON under /v1/ for stock and orders of the SM-DP+, event records of the
 * SM-DS, devices and orders of the eIM, events; health, metrics, and the description of all that
 * (docs/openapi.yaml). Every operation is a turn of the role's engine, like any request.
 *
 * Who may call is not decided here: the listener knows (cmd/admin.h). Whoever gets through may do
 * everything.
 *
 * Answers are JSON, refusals problem details (RFC 9457) that name the field. A POST or DELETE with
 * an Idempotency-Key is done once: its success is kept with the same commit, and told again to
 * whoever repeats the request within ADMIN_KEY_DAYS; another request under the key is refused.
 */
#ifndef DUNLIN_SERVE_ADMIN_H
#define DUNLIN_SERVE_ADMIN_H

#include "eim/eim.h"
#include "engine/engine.h"
#include "serve/meters.h"
#include "smdp/smdp.h"
#include "smds/smds.h"

#define ADMIN_ROUTES   32 /* of one role, at most */
#define ADMIN_KEY_DAYS 3

/* What has been answered under an Idempotency-Key; to be opened with each role's store. */
extern const struct store_schema admin_schema;

/* One process of servers, as metrics and health see it. Parts may be NULL. */
struct admin_house {
    struct meters *meters;
    struct {
        const char *name; /* "smdp" */
        struct engine *engine;
        struct store *store;
        const struct http_server *listeners[2];
    } servers[4];
    size_t server_count;
};

struct admin;

struct admin_options {
    const struct crypto *crypto;
    /* one of them */
    struct smdp *smdp;
    slice smdp_address; /* for activation codes; borrowed */
    struct smds *smds;
    struct eim *eim;
    const struct admin_house *house; /* borrowed; its engines may be filled in later */
};

/* Fills in routes, *count of them; all borrow *out. E_MEMORY. */
MUST_USE enum err admin_open(const struct admin_options *o, struct route routes[ADMIN_ROUTES],
                             size_t *count, struct admin **out);
/* NULL is allowed. */
void admin_close(struct admin *a);
/* Forgets answers that are old enough. */
struct engine_chore admin_upkeep(struct admin *a);
/* Counts orders by their states, a few at a time. */
struct engine_chore admin_counting(struct admin *a);

/* The operations of a role ("smdp", "smds", "eim") or of all (NULL), for documentation and tests.
 */
struct admin_operation_name {
    const char *method, *path;
};
struct admin_operation_name admin_operation(const char *role, size_t i); /* path NULL: no more */

/* docs/openapi.yaml, as it was at the build. */
extern const unsigned char admin_openapi[];
extern const size_t admin_openapi_size;

#endif
