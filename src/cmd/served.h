/*
 * What serves one role: its store, its engine with its chores, and its listeners, a site each.
 */
#ifndef DUNLIN_CMD_SERVED_H
#define DUNLIN_CMD_SERVED_H

#include "cmd/reason.h"
#include "cmd/tls_keys.h"
#include "engine/engine.h"
#include "serve/admin.h"
#include "store/retention.h"

#define SERVED_ROUTES 8

struct listener_options {
    struct tls_key_source keys; /* its certificates */
    const char *bind;           /* numeric address */
    long port;                  /* 0: any free one */
    bool client_certificates;
    http_handler *handler; /* NULL: the listener's own site */
    void *ctx;
    size_t body_max; /* 0: the default */
};

struct listener {
    struct listener_options options;
    struct tls_server *tls;
    struct tls_server *fresh; /* prepared to take its place; or NULL */
    struct http_server *http;
    struct engine_site site;
    struct route routes[SERVED_ROUTES];
    uint16_t port;
};

/* What is told of each request: counts, and lines on stderr. */
enum served_log {
    LOG_NOTHING,
    LOG_FAILURES, /* those that were refused or failed, for people */
    LOG_JSON,     /* every one, and every chore that did something, an object a line */
};
struct served_watch {
    const char *server; /* "smdp" */
    struct meters *meters;
    enum served_log log;
};

struct served {
    struct store *store;
    struct engine *engine;
    struct engine_chore *chores;
    size_t chore_count;
    struct retention retention;
    struct listener agents;    /* ES9+, ES11, ESipa */
    struct listener operators; /* ES2+, ES12: callers with certificates */
    struct admin *admin;       /* of the operator's surface (cmd/desk.h), which has one listener */
    struct engine_site desk;
    struct route desk_routes[ADMIN_ROUTES];
    struct served_watch watch;
};

struct served_options {
    const char *dir, *file; /* of the database; the folder is made when absent */
    const struct store_schema *schema;
    const char
        *master_key; /* file of the master key that secret columns are sealed with; or NULL */
    bool volatile_store;
    unsigned workers;
    struct served_watch watch;
};

MUST_USE enum err served_open_store(struct served *v, const struct served_options *o,
                                    struct reason *r);
/* Before the engine: work that is due by time. */
MUST_USE enum err served_add_chore(struct served *v, struct engine_chore chore, struct reason *r);
/* Before the engine: what is over goes after so many days; 0: never. */
MUST_USE enum err served_keep(struct served *v, const struct retention_rule *rules, size_t count,
                              long days, struct reason *r);
/* Before the engine: the operator's routes of a role, and the chores for them. */
MUST_USE enum err served_open_admin(struct served *v, const struct admin_options *o,
                                    struct reason *r);
/* All chores are there, and the routes of both listeners are filled in. v stays where it is. */
MUST_USE enum err served_open_engine(struct served *v, const struct served_options *o,
                                     struct engine_upstream upstream, struct reason *r);

MUST_USE enum err served_listen(struct listener *l, const struct listener_options *o,
                                struct reason *r);

/*
 * Its certificates and keys anew, which have to be valid now; a listener that was not opened has
 * none. Then they are taken for connections to come, or dropped.
 */
MUST_USE enum err listener_prepare(struct listener *l, struct reason *r);
void listener_settle(struct listener *l, bool take);

/* For the engine: ctx is the struct served_watch. */
void served_report(void *ctx, const struct engine_report *r);

/* Tells what became of a reload; why: NULL, or why everything stays. */
void served_report_reload(enum served_log log, uint64_t generation, const char *why);

/* Drains and closes. */
void served_close(struct served *v);

#endif
