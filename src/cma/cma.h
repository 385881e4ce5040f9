/*
 * Common mutual authentication (SGP.22 3.0.1), the server's side: the same at an SM-DP+ (5.6.1,
 * 5.6.3) and an SM-DS (5.8.1, 5.8.2). What follows it is the role's.
 *
 * Functions are parts of a role's turn (store/turn.h). What the peer is refused for comes back as
 * *why, a row of CMA_REFUSALS, or -1.
 */
#ifndef DUNLIN_CMA_CMA_H
#define DUNLIN_CMA_CMA_H

#include "cma/session.h"
#include "pki/keyring.h"
#include "rsp/sgp22.h"
#include "rsp/status.h"

/*
 * A role's own list of refusals begins with these: then the numbers are the same. server: "8.8" for
 * an SM-DP+, "8.9" for an SM-DS.
 */
/* clang-format off */
#define CMA_REFUSALS(X, server)                                                                    \
    X(ADDRESS,            server ".1", "3.8", "smdpAddress is not this server")                    \
    X(SVN,                server ".3", "3.1", "eUICC's specification version")                     \
    X(SIGNING_CI,         server ".2", "3.1", "no CI in common for the eUICC's chain")             \
    X(SERVER_CHAIN,       server ".4", "3.7", "no certificate under the eUICC's CIs")              \
    X(EUM_CERTIFICATE,    "8.1.2",     "6.1", "EUM certificate")                                   \
    X(EUM_EXPIRED,        "8.1.2",     "6.3", "EUM certificate has expired")                       \
    X(EUICC_CERTIFICATE,  "8.1.3",     "6.1", "eUICC certificate")                                 \
    X(EUICC_EXPIRED,      "8.1.3",     "6.3", "eUICC certificate has expired")                     \
    X(SIGNATURE,          "8.1",       "6.1", "eUICC's signature or what it signs")                \
    X(CI_UNKNOWN,         "8.11.1",    "3.9", "CI of the eUICC's chain")                           \
    X(TRANSACTION,        "8.10.1",    "3.9", "transaction is unknown or over")
/* clang-format on */

enum cma_refusal {
#define X(name, ...) CMA_REFUSE_##name,
    CMA_REFUSALS(X, "")
#undef X
};

/* Filled in by the role; all is borrowed but the table. */
struct cma {
    const struct crypto *crypto;
    struct keyring_place *keys; /* a session holds what is in force when it begins */
    enum keyring_server server; /* whose credentials of it */
    slice address;              /* FQDN as eUICCs name this server, with ":port" unless 443 */
    int64_t session_ms;         /* from InitiateAuthentication on */
    struct cma_table sessions;
};

/*
 * InitiateAuthentication. Not refused: the turn has its reply (BF39, whole) and holds a session
 * that begins with its commit. On an error nothing is held.
 */
MUST_USE enum err cma_initiate(struct cma *c, const struct initiate_authentication_request_es9 *r,
                               struct turn *t, int *why);

/* What the eUICC said of itself; slices point into its response. */
struct cma_client {
    struct euicc_signed1 signed1;
    struct euicc_info2 info2;
    struct ctx_params1 params;
};

/*
 * AuthenticateClient, for a session that awaits it: chain and signature of the eUICC, and that it
 * answers what it was asked. Not refused: the session has the eUICC's EID and key.
 */
MUST_USE enum err cma_authenticate(struct cma_session *session,
                                   const struct authenticate_response_ok *r, int64_t now_ms,
                                   struct cma_client *out, int *why);

/*
 * Validates CERT.EUICC under CERT.EUM under a trusted CI (under this one, when ci is given). When
 * it holds, *chain is to be closed.
 */
MUST_USE enum err cma_check_chain(const struct trust *trust, slice euicc, slice eum, slice ci,
                                  int64_t now_ms, struct chain *chain, uint8_t eid[EID_LEN],
                                  int *why);

/*
 * Refuses the turn: its status becomes these codes (static), and its reply the function's error
 * response of the ASN.1 binding (BF39 { 81 n } and so on), so that either binding can print it.
 */
MUST_USE enum err cma_refuse(struct turn *t, enum rsp_function f, const char *subject,
                             const char *reason, const char *words);

/* Names of hosts compare without case; the closing dot and the default port say nothing. */
bool cma_same_address(slice a, slice b);

#endif
