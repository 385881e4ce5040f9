/* An SM-DP+ as the program runs it, without a listener, with its hierarchy in a temporary folder.
 */
#ifndef DUNLIN_TESTS_LPA_SERVER_H
#define DUNLIN_TESTS_LPA_SERVER_H

#include "base/arena.h"
#include "pki/keystore.h"
#include "serve/es9plus.h"

#include <stdio.h>
#include <stdlib.h>

/* For any thread; ends the program. */
#define MUST(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define SMDP_NAME  "testsmdpplus1.example.com"
#define MEDIA_JSON "application/json"

struct server {
    char dir[64], pki[72], db[72];
    const struct crypto *crypto;
    struct identity ci, eum, auth, pb, ds;
    struct keyring_place keys;
    struct store *store;
    struct smdp *smdp;
    struct engine *engine;
    struct route routes[ES9PLUS_ROUTES];
    struct engine_site site;
};

void server_open(struct server *s);
void server_close(struct server *s);
/* *answer is in the arena, absent when there is no body; returns the HTTP status. Any thread. */
int server_post(struct server *s, const char *path, slice body, struct arena *a, slice *answer);

#endif
