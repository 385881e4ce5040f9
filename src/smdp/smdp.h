/*
 * The SM-DP+ role (SGP.22 3.1, 5.3, 5.6): orders on one side, eUICCs on the other.
 *
 * A pure state machine (store/turn.h): each function reads the store through the turn, does its
 * cryptography, and leaves in the turn its changes and its answer. It opens no socket, starts no
 * thread and reads no clock. All functions may be called from several threads at once.
 *
 * What a function leaves:
 *   - success: turn.reply holds the response of the ASN.1 binding (BF39, BF3B, BF3A or BF41,
 * whole); the JSON binding is printed from it; HandleNotification leaves no reply (HTTP 204)
 *   - refusal: E_OK too, with turn.status set and, for ES9+, the error response as reply; changes
 *     may still be there (a counted attempt) and must be committed all the same
 *   - an error of class PEER: the message is malformed, nothing was done (HTTP 400)
 *   - E_MEMORY, E_STORAGE, E_CRYPTO, E_RANDOM, E_LIMIT: our fault or our limits (HTTP 5xx)
 *
 * After E_OK, exactly one turn_commit (or turn_settle) must follow.
 */
#ifndef DUNLIN_SMDP_SMDP_H
#define DUNLIN_SMDP_SMDP_H

#include "pki/keyring.h"
#include "rsp/sgp22.h"
#include "smdp/order.h"
#include "smdp/rows.h"
#include "store/retention.h"

struct smdp_options {
    const struct crypto *crypto;
    slice address; /* FQDN as eUICCs name this server, with ":port" unless 443 */
    /*
     * CERT.DPauth and CERT.DPpb with their keys, for each CI and curve that is served, and the CIs
     * whose eUICCs are served. Borrowed until smdp_close. What is put there later is for sessions
     * that begin later; its certificates have the registered ID of the first ones.
     */
    struct keyring_place *keys;

    /* SM-DS: events at any other are to be forwarded to it (SGP.22 3.6.1); absent: at none */
    slice root_smds;

    size_t session_max;         /* at a time; 0: 16,384 */
    int64_t session_ms;         /* from InitiateAuthentication; 0: ten minutes */
    int64_t transaction_ms;     /* how late an installation result may come; 0: 180 days */
    int64_t order_ms;           /* life of an order from its release; 0: for ever */
    unsigned download_attempts; /* of one order; 0: 10 */
    unsigned code_attempts;     /* wrong confirmation codes of one order; 0: 3 */
};

struct smdp;

/*
 * E_ARGUMENT (there are no keys of an SM-DP+, for one), E_MEMORY.
 */
MUST_USE enum err smdp_open(const struct smdp_options *options, struct smdp **out);
/* NULL is allowed. No call may be in progress. */
void smdp_close(struct smdp *s);

/* ---- ES9+ (SGP.22 5.6) ---- */

MUST_USE enum err smdp_initiate_authentication(struct smdp *s,
                                               const struct initiate_authentication_request_es9 *r,
                                               struct turn *t);
MUST_USE enum err smdp_authenticate_client(struct smdp *s,
                                           const struct authenticate_client_request_es9 *r,
                                           struct turn *t);
MUST_USE enum err smdp_get_bound_profile_package(
    struct smdp *s, const struct get_bound_profile_package_request_es9 *r, struct turn *t);
/* pending: PendingNotification, BF37 or 30, whole. Never refuses: see turn.status for the log. */
MUST_USE enum err smdp_handle_notification(struct smdp *s, slice pending, struct turn *t);
MUST_USE enum err smdp_cancel_session(struct smdp *s, const struct cancel_session_request_es9 *r,
                                      struct turn *t);

/* ---- upkeep ---- */

/*
 * Ends expired sessions, and forgets transactions whose results can no longer come (some at a
 * time: *more says that another call has work). To be called about once a minute.
 */
MUST_USE enum err smdp_tidy(struct smdp *s, struct turn *t, bool *more);

/*
 * What goes when it has been over for long enough: orders that are Deleted, Unavailable or in
 * Error, with their profiles; notifications, reports that were given up, the log. A copy of what
 * went is known to be one, and the state of a profile on an eUICC stays.
 */
extern const struct retention_rule smdp_retention[];
extern const size_t smdp_retention_count;

#endif
