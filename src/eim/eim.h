/*
 * The eIM role (SGP.32): packages to cards, their results, relayed downloads, notifications.
 *
 * A pure state machine (store/turn.h): no socket, thread or clock. All functions may be called from
 * several threads at once; each that returned E_OK is followed by exactly one turn_commit.
 *
 *   eim_esipa   one ESipa message in, in the ASN.1 binding; leaves the reply, nothing (HTTP 204),
 *               or an ES9+' call to make (TURN_UPSTREAM)
 *   eim_resume  what the SM-DP+ answered to such a call
 *   eim_due     work of its own (forwarding of notifications); call until it leaves nothing
 *
 * Errors of class PEER mean HTTP 400: the message is none, and nothing was done. What the
 * specification answers with a code is E_OK with that reply.
 *
 * Absent, and refused as such: SM-DS over ES11', compact forms (minimizeEsipaBytes), injection.
 */
#ifndef DUNLIN_EIM_EIM_H
#define DUNLIN_EIM_EIM_H

#include "eim/order.h"
#include "eim/rows.h"
#include "pki/keyring.h"
#include "store/retention.h"

struct eim_options {
    const struct crypto *crypto;
    slice eim_id;                /* as the cards know it, 1..128 characters */
    const struct signer *signer; /* of eimPublicKeyData; borrowed */
    struct keyring_place *keys;  /* CIs of the eUICCs; borrowed */
    slice es9_trust;             /* name of the trust profile for SM-DP+ servers; absent: "es9" */
    slice es11_trust;            /* for SM-DSs; absent: "es11" */
    slice event_trust;           /* for either, where events lead; absent: "event" */

    bool shared_store;     /* other processes write to it too: nothing is kept in memory */
    size_t session_max;    /* relayed sessions at a time; 0: 4096 */
    int64_t session_ms;    /* life of one; 0: ten minutes */
    int64_t unanswered_ms; /* after which an unsigned package counts as lost; 0: one hour */
    int64_t retry_ms;      /* first wait before a notification is sent again; 0: ten seconds */
};

struct eim;

/* Copies the options, not what they point to. E_ARGUMENT, E_MEMORY. */
MUST_USE enum err eim_open(const struct eim_options *options, struct eim **out);
/* NULL is allowed. No call may be in progress. */
void eim_close(struct eim *e);

MUST_USE enum err eim_esipa(struct eim *e, slice message, struct turn *t);
/* The same for a message that another binding has read: always of v1.1 or later. */
MUST_USE enum err eim_esipa_message(struct eim *e, const struct esipa_message_from_ipa_to_eim *m,
                                    struct turn *t);

struct eim_answer {
    bool reached; /* an HTTP response came */
    int status;   /* of HTTP */
    slice body;
};
/* resume: turn.upstream.resume of the call. Leaves the reply to the IPA, or nothing. */
MUST_USE enum err eim_resume(struct eim *e, slice resume, const struct eim_answer *answer,
                             struct turn *t);

/*
 * Once before the first eim_due, when no other process uses the store: what a run before this one
 * claimed or put off is due now. *more: to be called again.
 */
MUST_USE enum err eim_recover(struct eim *e, struct turn *t, bool *more);

/*
 * Leaves the next call that is due (turn.want TURN_UPSTREAM) or nothing (TURN_REPLY); *next_ms is
 * then when to ask again, INT64_MAX for not before something arrives. A claim is committed before
 * the call, so that several instances may do this; a call that gets lost is repeated later.
 */
MUST_USE enum err eim_due(struct eim *e, struct turn *t, int64_t *next_ms);

/*
 * What goes when it has been over for long enough: orders that are done or failed, notifications
 * that were delivered, the log. Devices, their counters and their profiles stay.
 */
extern const struct retention_rule eim_retention[];
extern const size_t eim_retention_count;

#endif
