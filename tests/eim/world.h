/*
 * A world for the eIM: a hierarchy of certificates in memory, an eIM on a private store, cards with
 * real keys, and an SM-DP+ that says what the test wants. A test that shows a refusal begins with
 * what is accepted and changes one thing.
 */
#ifndef DUNLIN_TESTS_EIM_WORLD_H
#define DUNLIN_TESTS_EIM_WORLD_H

#include "eim/eim.h"
#include "pki/issue.h"
#include "rsp/json/json.h"
#include "rsp/sgp22.h"
#include "store/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW_S  INT64_C(1800000000)
#define DAY_S  INT64_C(86400)
#define EIM_ID "eim.example.com"
#define SMDP   "smdp.example.com"

struct made_cert {
    uint8_t buf[CERT_ISSUE_MAX];
    slice der;
    struct cert cert;
    struct signer signer;
};

struct world {
    const struct crypto *crypto;
    struct made_cert ci, eum, dp;
    struct signer signer; /* of the eIM */
    struct public_key *key;
    struct keyring_place keys;
    struct store *store;
    char path[64]; /* of the store when it lives in a file */
    struct eim *eim;
    int64_t now_ms;
    struct arena arena; /* of the test */
    struct turn turn;   /* the last one, committed */
    struct arena turn_arena;
};

void world_open(struct world *w);
void world_close(struct world *w);
void world_move_to_file(struct world *w);
void world_restart(struct world *w);

/* A turn of the test's own: begin, call the eIM, end (which commits and expects success). */
struct turn *world_begin(struct world *w);
void world_end(struct world *w);

/* A message of the IPA; the reply is w->turn.reply, absent for 204. */
slice world_say(struct world *w, slice message);
/* The same, expected to be refused as no message (HTTP 400), with nothing done. */
void world_say_nonsense(struct world *w, slice message);
slice world_hex(struct world *w, const char *hex);
#define assert_hex(w, octets, hex) assert_octets((w), (octets), world_hex((w), (hex)))
void assert_octets(struct world *w, slice got, slice expected);

/* ---- the SM-DP+ ---- */

/* The call that the last turn wants, read; its response is then given with one of the others. */
void smdp_called(struct world *w, const char *function, void *request);
void smdp_answers(struct world *w, const char *function, const void *response);
void smdp_refuses(struct world *w, const char *function, const char *subject, const char *reason);
/* As an SM-DS, to AuthenticateClient: n pairs of EventID and address. */
void smds_answers(struct world *w, slice transaction, const char *const (*events)[2], size_t n);
void smdp_http(struct world *w, int status);
void smdp_down(struct world *w);

/* ---- cards ---- */

struct card {
    struct world *world;
    uint8_t eid[16];
    struct made_cert own;
    int64_t seq;
    int64_t token;
    bool has_token;

    /* of the package that is being answered */
    struct euicc_package_signed package;
    slice eim_signature;

    struct {
        slice eim_id;             /* absent: the right one */
        int64_t counter_by;       /* added to the counter */
        const struct card *other; /* whose key signs */
        bool break_signature;
        bool no_eid;
        bool no_transaction;
        slice eid; /* absent: its own */
    } change;
};

/* A device with certificates, associated, without token, last counter 0. */
void world_card(struct world *w, unsigned number, struct card *out);
/* Not told to the eIM. */
void world_stranger(struct world *w, unsigned number, struct card *out);
void card_close(struct card *c);

slice card_polls(struct card *c);
/* Polls, and verifies the package that comes; c->package is what it says. */
slice card_gets_package(struct card *c);
/* The result of c->package as BF51: hex of the EuiccResultData elements. */
slice card_result(struct card *c, const char *results);
slice card_error(struct card *c, int64_t code);
slice card_unsigned_error(struct card *c);
/* BF50 around a result (or other arm). */
slice card_provides(struct card *c, slice arm);
slice card_notification(struct card *c, unsigned event, const char *address);
/* reason 0: success */
slice card_installation(struct card *c, slice transaction, int64_t reason);

/* The replies to a provided result. */
slice ack_of(struct world *w, const int64_t *seq, size_t count);
#define assert_acked(w, ...)                                                                       \
    assert_octets((w), (w)->turn.reply,                                                            \
                  ack_of((w), (const int64_t[]){ __VA_ARGS__ },                                    \
                         sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)))
#define assert_empty_reply(w) assert_hex((w), (w)->turn.reply, "BF50023000")

/* ---- orders ---- */

extern const uint8_t iccid_a[10], iccid_b[10];
int64_t order_enable(struct card *c, const uint8_t *iccid);
int64_t order_psmo(struct card *c, const struct psmo *p);
int64_t order_eco(struct card *c, const struct eco *e);
int64_t order_download(struct card *c, const char *code);
struct eim_order order_get(struct world *w, int64_t id);
#define assert_order(w, id, s)                                                                     \
    assert_string_equal(eim_order_state_name(order_get(w, id).state), eim_order_state_name(EIM_##s))
struct eim_device device_get(struct card *c);
/* 1 enabled, 0 disabled, -1 not known */
int profile_state(struct card *c, const uint8_t *iccid);

#endif
