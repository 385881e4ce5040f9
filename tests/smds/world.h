/*
 * A world for the SM-DS: a hierarchy of certificates, servers on stores of their own, and cards
 * that ask them. A card does what a real one would; a test changes one of its members (`change`)
 * to make one thing wrong.
 */
#ifndef DUNLIN_TESTS_SMDS_WORLD_H
#define DUNLIN_TESTS_SMDS_WORLD_H

#include "base/text.h"
#include "pki/issue.h"
#include "pki/keystore.h"
#include "smds/smds.h"
#include "store/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ROOT        "testrootsmds.example.com"
#define ALTERNATIVE "smds2.example.com"
#define DP          "smdp.example.com" /* an RSP server: its name and its address */
#define OTHER_DP    "smdp2.example.com"

/* What all share. */
struct hierarchy {
    char dir[64], pki[80];
    const struct crypto *crypto;
    struct identity ci, eum, ds_auth;
    struct keyring_place keys;
    int64_t now_ms;
};

/* One server. */
struct world {
    struct hierarchy *h;
    struct smds_options options;
    struct store *store;
    char path[96];
    struct smds *smds;
    struct turn turn; /* the last one, committed */
    struct arena arena;
    unsigned conflicts;
};

void hierarchy_open(struct hierarchy *h);
void hierarchy_close(struct hierarchy *h);
/* root absent: a root itself */
void world_open(struct world *w, struct hierarchy *h, const char *address, const char *root);
void world_close(struct world *w);
/* Server and store are closed and opened again; what was under way is recovered. */
void world_restart(struct world *w);
size_t world_rows(struct world *w, const struct store_table *table);
size_t world_events(struct world *w, const char *kind);

/* One function of the role as an engine would call it, committed. */
typedef enum err operation(struct smds *s, const void *ctx, struct turn *t);
void world_do(struct world *w, operation *call, const void *ctx);

#define assert_success(w) assert_null((w)->turn.status.subject)
#define assert_refused(w, subject_, reason_)                                                       \
    do {                                                                                           \
        assert_non_null((w)->turn.status.subject);                                                 \
        assert_string_equal((w)->turn.status.subject, subject_);                                   \
        assert_string_equal((w)->turn.status.reason, reason_);                                     \
    } while (0)

/* ---- RSP servers; owner and addresses are names above ---- */

void event_register(struct world *w, const char *owner, const uint8_t eid[EID_LEN], const char *id,
                    const char *address, bool forward);
void event_delete(struct world *w, const char *owner, const uint8_t eid[EID_LEN], const char *id);
/* Hands the answer of the root, or that none came, to the function that asked. */
void event_register_answered(struct world *w, slice resume, const struct es12_answer *answer);
void event_delete_answered(struct world *w, slice resume, const struct es12_answer *answer);
/* Sends one removal that is due; false: none is. */
bool removal_due(struct world *w);
void removal_answered(struct world *w, slice resume, const struct es12_answer *answer);

/* Carries the upstream call that w's last turn wants to the root; *resume is w's, in h's arena. */
struct es12_answer carry(struct world *w, struct world *root, struct arena *a, slice *resume);

/* ---- the card ---- */

struct card {
    struct hierarchy *h;
    struct arena arena;
    uint8_t eid[EID_LEN];
    struct signer signer;
    uint8_t memory[CERT_ISSUE_MAX];
    slice certificate;

    /* of the session */
    uint8_t challenge[16], tid[16], server_challenge[16];

    /* what came */
    size_t count;
    struct event_entries events[300];

    /* what a test changes; card_open sets what is right */
    struct {
        slice address;
        uint8_t svn[3];
        slice verification_ci, signing_ci;
        slice matching_id;                                            /* absent: left out */
        slice json_tid, signed_tid, signed_challenge, signed_address; /* absent: the right ones */
        slice euicc, eum;
        bool break_signature, error_response;
    } change;
};

void card_open(struct card *c, struct hierarchy *h, unsigned number, const char *address);
void card_close(struct card *c);
void card_initiate(struct card *c, struct world *w);
void card_authenticate(struct card *c, struct world *w);
/* Both; the first is expected to succeed. */
void card_ask(struct card *c, struct world *w);
#define assert_event(c, i, id, address)                                                            \
    do {                                                                                           \
        assert_true((c)->count > (i));                                                             \
        assert_true(slice_eq_str((c)->events[i].event_id, id));                                    \
        assert_true(slice_eq_str((c)->events[i].rsp_server_address, address));                     \
    } while (0)

#endif
