/*
 * What serves one role: its store, its engine with its chores, and its listeners, a site each.
 */
#ifndef DUNLIN_CMD_SERVED_H
#define DUNLIN_CMD_SERVED_H

#include "engine/engine.h"
#include "pki/role.h"

#define SERVED_ROUTES 8
#define SERVED_CHORES 3

/* A sentence about what could not be done, for people. */
struct reason {
    char *text;
    size_t size;
};
/* The sentence, with what err says behind it; returns e. */
__attribute__((format(printf, 3, 4))) enum err because(struct reason *r, enum err e,
                                                       const char *fmt, ...);

struct listener {
    struct tls_server *tls;
    struct http_server *http;
    struct engine_site site;
    struct route routes[SERVED_ROUTES];
    uint16_t port;
};

struct served {
    struct store *store;
    struct engine *engine;
    struct engine_chore chores[SERVED_CHORES];
    struct listener agents;    /* ES9+, ES11, ESipa */
    struct listener operators; /* ES2+, ES12: callers with certificates */
};

struct served_options {
    const char *dir, *file; /* of the database; the folder is made when absent */
    const struct store_schema *schema;
    bool volatile_store;
    unsigned workers;
    bool log; /* a line on stderr for each request that was refused or failed */
};

MUST_USE enum err served_open_store(struct served *v, const struct served_options *o,
                                    struct reason *r);
/* The chores and the routes of both listeners are filled in. v and o->log stay where they are. */
MUST_USE enum err served_open_engine(struct served *v, const struct served_options *o,
                                     size_t chores, struct engine_upstream upstream,
                                     struct reason *r);

struct listener_options {
    const char *pki;     /* of the certificate, laid out as pki/keystore.h says */
    enum cert_role role; /* which one */
    const char *bind;    /* numeric address */
    long port;           /* 0: any free one */
    bool client_certificates;
};
MUST_USE enum err served_listen(struct listener *l, const struct listener_options *o,
                                struct reason *r);

/* Drains and closes. */
void served_close(struct served *v);

#endif
