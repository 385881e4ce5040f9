/*
 * The SM-DS role (SGP.22 3.6, 5.8 to 5.10): RSP servers register events for an EID, and eUICCs ask
 * what waits for them. With a root SM-DS behind it, it is an alternative one.
 *
 * A pure state machine (store/turn.h), as smdp/smdp.h says: a function reads the store through the
 * turn and leaves its changes and its answer there.
 *
 *   - success: ES11 leaves the response of the ASN.1 binding as turn.reply (BF39 or BF40, whole);
 *     ES12 leaves nothing
 *   - refusal: E_OK too, with turn.status set and, for ES11, the error response as reply
 *   - an error of class PEER: the message is malformed, nothing was done (HTTP 400)
 *   - E_MEMORY, E_STORAGE, E_CRYPTO, E_RANDOM, E_LIMIT: our fault or our limits (HTTP 5xx)
 *
 * After E_OK, exactly one turn_commit (or turn_settle) must follow.
 */
#ifndef DUNLIN_SMDS_SMDS_H
#define DUNLIN_SMDS_SMDS_H

#include "es12/es12.h"
#include "pki/keyring.h"
#include "rsp/sgp22.h"
#include "smds/rows.h"
#include "store/retention.h"

struct smds_options {
    const struct crypto *crypto;
    slice address; /* FQDN as eUICCs and RSP servers name this server, with ":port" unless 443 */
    slice root;    /* address of the root SM-DS, for an alternative one; absent: none */
    /*
     * CERT.DSauth with its key, for each CI and curve that is served, and the CIs whose eUICCs are
     * served. Borrowed until smds_close. What is put there later is for sessions that begin later.
     */
    struct keyring_place *keys;

    size_t session_max; /* at a time; 0: 16,384 */
    int64_t session_ms; /* from InitiateAuthentication; 0: two minutes */
    int64_t event_ms;   /* life of an event from its registration; 0: one year */
    size_t eid_events;  /* of one EID; 0: 256, at most STORE_LIST_MAX */
};

struct smds;

/* E_ARGUMENT (there are no keys of an SM-DS, for one), E_MEMORY. */
MUST_USE enum err smds_open(const struct smds_options *options, struct smds **out);
/* NULL is allowed. No call may be in progress. */
void smds_close(struct smds *s);

/* ---- ES11 (SGP.22 5.8) ---- */

MUST_USE enum err smds_initiate_authentication(struct smds *s,
                                               const struct initiate_authentication_request_es9 *r,
                                               struct turn *t);
/* All live events of the EID in order of registration; with a MatchingID, the one of that id. */
MUST_USE enum err smds_authenticate_client(struct smds *s,
                                           const struct authenticate_client_request_es9 *r,
                                           struct turn *t);

/* ---- who may register (ES12, ES15) ---- */

/*
 * An RSP server: certificate is that of its TLS client, DER, this very one; its dates do not count.
 * It may have several. E_EXISTS: there is this one with this name already; refused with 1.1/3.3
 * when it is another's; E_ARGUMENT names without characters.
 */
MUST_USE enum err smds_caller_add(struct smds *s, slice name, slice certificate, struct turn *t);
/*
 * Whose certificate it is. E_UNTRUSTED: nobody's; the turn is refused when the call names somebody
 * else (requester), and *name is absent then.
 */
MUST_USE enum err smds_caller_of(struct smds *s, slice certificate, slice requester, struct turn *t,
                                 slice *name);

/* Takes a certificate away, by its SHA-256; its events stay. E_NOTFOUND. */
MUST_USE enum err smds_caller_forget(slice digest, struct turn *t);

/* ---- ES12, ES15 (SGP.22 5.9, 5.10); owner: who calls ---- */

/*
 * With forwardingIndicator at an alternative SM-DS the turn asks the root first; then the same
 * function is resumed with its answer.
 */
MUST_USE enum err smds_register_event(struct smds *s, slice owner,
                                      const struct register_event_request *r, struct turn *t);
MUST_USE enum err smds_register_resumed(struct smds *s, slice resume,
                                        const struct es12_answer *answer, struct turn *t);
/* An event that stands at the root as well goes from there first. */
MUST_USE enum err smds_delete_event(struct smds *s, slice owner,
                                    const struct delete_event_request *r, struct turn *t);
MUST_USE enum err smds_delete_resumed(struct smds *s, slice resume,
                                      const struct es12_answer *answer, struct turn *t);

/*
 * The same for whoever runs this server, whoever registered it: the event with this number of ours
 * is gone at once, and from the root when that answers. E_NOTFOUND.
 */
MUST_USE enum err smds_withdraw_event(int64_t id, struct turn *t);

/* ---- upkeep ---- */

/* Ends expired sessions and events, some at a time: *more says that another call has work. */
MUST_USE enum err smds_tidy(struct smds *s, struct turn *t, bool *more);

/*
 * Sends one removal that is due at the root, as an upstream call of the turn. It is tried for
 * thirty days.
 */
MUST_USE enum err smds_removal_due(struct smds *s, struct turn *t);
MUST_USE enum err smds_removal_answered(struct smds *s, slice resume,
                                        const struct es12_answer *answer, struct turn *t);

/* What is kept no longer than said: the log. Events end by themselves. */
extern const struct retention_rule smds_retention[];
extern const size_t smds_retention_count;

/* At start, before anybody else: what the process before was asking the root is undone. */
MUST_USE enum err smds_recover(struct smds *s, struct turn *t, bool *more);

#endif
