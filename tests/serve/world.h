/*
 * An SM-DP+ (or an eIM, or an SM-DS) as the program runs it: store, role, engine, routes, and a TLS
 * listener if asked for, with a hierarchy of certificates in a temporary folder. And cards that
 * download.
 *
 * Helpers end the program with MUST where something that is not under test fails, so that they can
 * be used on any thread.
 */
#ifndef DUNLIN_TESTS_SERVE_WORLD_H
#define DUNLIN_TESTS_SERVE_WORLD_H

#include "base/text.h"
#include "net/loop.h"
#include "pki/issue.h"
#include "pki/keystore.h"
#include "serve/admin.h"
#include "serve/es11.h"
#include "serve/es12.h"
#include "serve/es9plus.h"
#include "serve/esipa.h"
#include "smdp/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MUST(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define SMDP_NAME  "testsmdpplus1.example.com"
#define EIM_NAME   "testeim.example.com"
#define SMDS_NAME  "testrootsmds.example.com"
#define MEDIA_JSON "application/json"
#define MEDIA_ASN1 "application/x-gsma-rsp-asn1"
#define ES9(name)  "/gsma/rsp2/es9plus/" name
#define AT_ASN1    "/gsma/rsp2/asn1"

struct world {
    char dir[64], pki[72], db[72];
    const struct crypto *crypto;
    struct identity ci, eum, auth, pb, ds_auth, eim_sign;
    struct keyring_place keys;
    bool is_eim, volatile_store;

    struct store *store;
    struct smdp *smdp;
    struct eim *eim;
    struct smds *smds;
    struct engine *engine;
    struct route routes[ES11_ROUTES + ES12_ROUTES];
    struct engine_site site;
    struct tls_server *tls;
    struct http_server *http;
    uint16_t port;
    unsigned profiles; /* made so far */
};

/* A hierarchy in a temporary folder; nothing is open yet. */
void world_make(struct world *w);
/* All its servers' keys, lent: for a place of keys. */
struct keyring *world_keys(struct world *w);
void world_open_smdp(struct world *w);
void world_open_eim(struct world *w);
/* ES11 and ES12 on one site; root NULL: it has none. No upstream call gets through. */
void world_open_smds(struct world *w, const char *root);
/* port 0: any */
void world_listen(struct world *w, uint16_t port);
/* As if the program ended: folder, keys and database stay. */
void world_shut(struct world *w);
/* Shuts, and removes the folder. */
void world_end(struct world *w);

/* In process. *answer is in the arena, absent when there is no body; returns the HTTP status. */
int world_post(struct world *w, const char *path, const char *media, slice body, struct arena *a,
               slice *answer);

/* The same by a client with this certificate. */
int world_post_as(struct world *w, slice certificate, const char *path, const char *media,
                  slice body, struct arena *a, slice *answer);

struct profile {
    uint8_t iccid[ICCID_LEN];
    char matching_id[24];
    slice package; /* in the arena of world_release */
};
/* In stock, ordered and released; number chooses ICCID and matching id. */
void world_release(struct world *w, unsigned number, struct arena *a, struct profile *out);
struct smdp_order world_order(struct world *w, const struct profile *p, struct arena *a);
/* Every row of the tables that ES9+ changes, as one digest: what stands in the store. */
void world_digest(struct world *w, uint8_t digest[DIGEST_LEN]);
size_t world_rows(struct world *w, const struct store_table *table);

/* ---- over TLS ---- */

/* One client with one kept connection, for one thread. */
struct wire {
    struct hosts *hosts;
    struct tls_trust *trust;
    struct http_client *client;
    const char *host;
    bool reused; /* the last call went over a kept connection */
};
void wire_open(struct wire *x, const struct world *w, uint16_t port);
void wire_close(struct wire *x);

/* ---- cards ---- */

struct card {
    struct world *world; /* its keys and certificates; and where to ask, unless: */
    struct wire *wire;   /* asked over TLS */
    bool asn1;           /* which binding */
    struct arena arena;  /* of the session */
    uint8_t eid[EID_LEN];
    struct signer signer;
    uint8_t memory[CERT_ISSUE_MAX];
    slice certificate;
    int64_t seq;

    int status;                   /* of HTTP, the last; 0: no answer */
    char subject[24], reason[24]; /* of a refusal (JSON) */
    int64_t error;                /* and as the number of the error arm */
    uint8_t challenge[16];
    slice tid, server_challenge;
    struct ec_sig signature1;
    slice server_signature2;
    struct smdp_signed2 signed2;
    slice metadata;
    struct ec_scalar otsk;
    struct ec_point otpk;
    slice package; /* Bound Profile Package */
};

/* Card number n; any thread. */
void card_open(struct card *c, struct world *w, unsigned n);
void card_close(struct card *c);

/*
 * Each asks the server and checks everything in its answer that a card or LPA would check.
 * E_REFUSED: the function failed, see error (and subject, reason); E_CLOSED: no answer, or HTTP
 * says no.
 */
enum err card_initiate(struct card *c, const char *address);
enum err card_authenticate(struct card *c, const char *matching_id);
enum err card_get_package(struct card *c);
/* E_OK is 204 with an empty body. */
enum err card_notify_installed(struct card *c, const uint8_t iccid[ICCID_LEN]);
/* AuthenticateClient at an SM-DS; entries in the arena. */
enum err card_ask_events(struct card *c, const char *matching_id, struct event_entries *entries,
                         size_t room, size_t *count);
/* The bodies alone, in the arena. */
slice card_initiate_body(struct card *c, const char *address);
slice card_authenticate_body(struct card *c, const char *matching_id);
/* All four. */
enum err card_download(struct card *c, const struct profile *p);
/* The profile package inside, opened with the card's keys. */
slice card_opened(struct card *c);

#endif
