/*
 * A world for the SM-DP+: a hierarchy of certificates in memory, a server on a private store, and
 * cards that talk to it. A card does what a real one would; a test changes one of its members
 * (`change`) to make one thing wrong.
 */
#ifndef DUNLIN_TESTS_SMDP_WORLD_H
#define DUNLIN_TESTS_SMDP_WORLD_H

#include "crypto/bsp.h"
#include "pki/issue.h"
#include "smdp/smdp.h"
#include "store/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW_S   INT64_C(1800000000)
#define DAY_S   INT64_C(86400)
#define ADDRESS "smdp.example.com"

struct made_cert {
    uint8_t buf[CERT_ISSUE_MAX];
    slice der;
    struct cert cert;
    struct signer signer;
};

struct world {
    const struct crypto *crypto;
    enum curve curve;
    struct made_cert ci, eum, auth, pb;
    struct keyring_place keys;
    struct smdp_options options;
    struct store *store;
    char path[64]; /* of the store when it lives in a file: see world_restart */
    struct smdp *smdp;
    struct arena arena; /* of the test: lives until the world closes */
    int64_t now_ms;
    struct turn turn; /* the last one, committed */
    struct arena turn_arena;
    unsigned conflicts; /* that the last call went through */
    uint32_t iccids;    /* profiles made */
};

void world_open(struct world *w, enum curve curve);
void world_close(struct world *w);
/* Begins anew on a store in a file, which world_close removes. */
void world_move_to_file(struct world *w);
/* Server and store are closed and opened again on the same file. */
void world_restart(struct world *w);
/* One certificate of the hierarchy, with fresh key; issuer NULL: self-signed. */
void world_issue(struct world *w, enum cert_role role, const struct made_cert *issuer,
                 const uint8_t *eid, int64_t not_after_s, struct made_cert *out);

/* ---- the operator ---- */

enum { PACKAGE_SIZE = 5000 };

struct profile {
    uint8_t iccid[10];
    uint8_t package[PACKAGE_SIZE];
    size_t package_n;
    slice matching_id;
};

struct stock {
    enum smdp_protection protection;
    unsigned policy_rules;
    int64_t size;
    const char *type, *owner;
    slice icon; /* makes the metadata long */
};

/* A profile in stock. */
void world_add(struct world *w, const struct stock *how, struct profile *out);
/* In stock, ordered, confirmed and released with a generated matching id. */
void world_release(struct world *w, const struct stock *how, struct profile *out);
/*
 * As world_release, with everything of ConfirmOrder to choose; iccid is filled in. The SM-DS, if
 * one is named, registers the event.
 */
void world_confirm(struct world *w, const struct stock *how, struct smdp_confirm_order *r,
                   struct profile *out);

/* What an SM-DS answers on ES12; subject NULL: success. */
struct es12_answer world_smds_says(const char *subject, const char *reason);

struct smdp_order world_order(struct world *w, const struct profile *p);
#define assert_state(w, p, s)                                                                      \
    assert_string_equal(smdp_state_name(world_order(w, p).state), smdp_state_name(SMDP_##s))
/* Events of this kind so far. */
size_t world_events(struct world *w, const char *kind);
size_t world_rows(struct world *w, const struct store_table *table);

/* ---- the card ---- */

struct card {
    struct world *world;
    uint8_t eid[16];
    struct made_cert own;
    int64_t seq;

    /* of the session */
    uint8_t challenge[16];
    uint8_t tid[16];
    uint8_t server_challenge[16];
    uint8_t signature1[64];        /* its own, the first */
    uint8_t server_signature2[64]; /* smdpSignature2 */
    struct smdp_signed2 signed2;
    uint8_t signed2_octets[128];
    slice metadata;
    struct ec_scalar otsk;
    struct ec_point otpk;

    /* what a test changes; world_card sets what is right */
    struct {
        slice address; /* smdpAddress asked for */
        uint8_t svn[3];
        slice verification_ci, signing_ci;
        slice matching_id;      /* absent: left out */
        slice json_tid;         /* transactionId outside of what is signed; absent: the right one */
        slice signed_tid;       /* the one inside; absent: the right one */
        slice signed_challenge; /* serverChallenge that is signed; absent: the right one */
        slice signed_address;   /* absent: the right one */
        slice euicc, eum;       /* certificates */
        unsigned forbidden_rules;
        slice ext_card_resource;
        bool newer; /* sends bits and elements that this server does not know */
        bool break_signature;
        bool error_response;
        slice code;     /* confirmation code that the user types; absent: none */
        slice otpk;     /* one-time key; absent: a new one, or the offered one */
        bool lost_otsk; /* makes a new key although the old one is offered */
        slice oid;      /* smdpOid that it signs */
    } change;
};

void world_card(struct world *w, unsigned number, struct card *out);
void card_close(struct card *c);

typedef enum err (*handler)(struct smdp *s, const void *request, struct turn *t);

/* Each calls the server as an engine would, and commits. The status is in world.turn.status. */
void card_initiate(struct card *c);
void card_authenticate(struct card *c);
void card_get_package(struct card *c);
void card_cancel(struct card *c, int64_t reason);
/* reason 0: success */
slice card_installation_result(struct card *c, int64_t reason);
slice card_other_notification(struct card *c, unsigned event, const uint8_t iccid[10]);
void world_notify(struct world *w, slice pending);

/* All three, expected to succeed. */
void card_download(struct card *c);

/* What came in a Bound Profile Package, opened with the card's keys; fails the test otherwise. */
struct opened {
    slice package; /* of profile elements */
    slice metadata;
    bool keys_replaced;
    uint8_t smdp_otpk[65];
    unsigned segments88;
};
void card_open_package(struct card *c, slice response, struct opened *out);

#define assert_success(w) assert_null((w)->turn.status.subject)
#define assert_refused(w, subject_, reason_)                                                       \
    do {                                                                                           \
        assert_non_null((w)->turn.status.subject);                                                 \
        assert_string_equal((w)->turn.status.subject, subject_);                                   \
        assert_string_equal((w)->turn.status.reason, reason_);                                     \
    } while (0)

/* For tests with threads: the same request without the world's own turn. */
enum err run_turn(struct world *w, handler h, const void *request, struct arena *arena,
                  struct turn *t, unsigned *conflicts);
enum err on_get_package(struct smdp *s, const void *request, struct turn *t);
void card_authenticate_with(struct card *c, handler h);
void card_get_package_with(struct card *c, handler h);
void card_make_package_request(struct card *c, struct arena *arena,
                               struct get_bound_profile_package_request_es9 *r);

#endif
