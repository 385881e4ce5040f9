/*
 * The servers of one process, wired together: store, role, engine, listeners for each of SM-DP+,
 * SM-DS and eIM. `dunlin serve`, `dunlin demo` and the benchmarks open them from here.
 */
#ifndef DUNLIN_CMD_SERVERS_H
#define DUNLIN_CMD_SERVERS_H

#include "cmd/further.h"
#include "cmd/served.h"
#include "eim/eim.h"
#include "engine/upstream.h"
#include "net/resolve.h"
#include "pki/keystore.h"
#include "smdp/smdp.h"
#include "smds/smds.h"

struct servers_options {
    const char *dir;                /* databases; made when absent */
    const char *pki;                /* hierarchy, laid out as pki/keystore.h says */
    const char *const *credentials; /* hierarchies that the SM-DP+ serves too (cmd/further.h) */
    size_t credential_count;
    const char *bind;      /* numeric address */
    const char *smdp_name; /* address of the SM-DP+ as eUICCs know it; NULL: no SM-DP+ */
    const char *smds_name; /* address of the SM-DS likewise; NULL: no SM-DS */
    const char *root_smds; /* address of the root SM-DS: another one forwards to it; NULL: none */
    const char *eim_name;  /* name of the eIM and eimId; NULL: no eIM */
    long smdp_port;        /* 0: any free one */
    bool es2;              /* ES2+ too, with mutual TLS */
    long es2_port;
    long smds_port, es12_port;
    long eim_port;
    const char *operator_ca;  /* PEM: whom to believe when reports are sent; NULL: the CI */
    long workers;             /* of each engine; 0: one a processor */
    const char *const *hosts; /* rows for net/resolve.h: where other servers are found */
    size_t host_count;
    unsigned download_attempts; /* of one order at the SM-DP+; 0: its default */
    bool volatile_store;        /* do not wait for the disk: benchmarks of everything else */
    bool log;                   /* a line on stderr for each request that was refused or failed */
};

struct servers {
    const struct crypto *crypto;
    struct trust trust;
    struct identity ci, dp_auth, dp_pb, ds_auth, eim_sign;
    struct further further;
    struct smdp_credential credentials[1 + FURTHER_MAX];

    struct smdp *smdp;
    const char *smdp_name; /* borrowed from the options */
    struct served smdp_served;

    struct smds_credential smds_credential;
    struct smds *smds;
    struct served smds_served;

    struct eim *eim;
    struct served eim_served;
    struct loop *loop; /* of the upstream client */
    struct hosts *hosts;
    struct tls_trust *es9_trust;
    struct tls_trust *es2_trust; /* towards operators, with our certificate */
    /* towards SM-DSs, with the certificate of the SM-DP+ or of the alternative SM-DS */
    struct tls_trust *es12_trust, *es15_trust;
    struct http_client *client;
    struct engine_web web;
};

/*
 * Opens what the options name. On failure everything opened so far is closed again and `why` (of
 * why_size octets) is a sentence for people.
 */
MUST_USE enum err servers_open(struct servers *s, const struct servers_options *o, char *why,
                               size_t why_size);
/* Opens SM-DP+ and eIM without listeners: for benchmarks in process. */
MUST_USE enum err servers_open_quiet(struct servers *s, const struct servers_options *o, char *why,
                                     size_t why_size);
/* Drains and closes. */
void servers_close(struct servers *s);

/*
 * Runs an operator's call on a role: repeats `call` on fresh state while its commit conflicts.
 * *refusal (may be NULL) is the turn's status afterwards. Results that live in the arena stay until
 * the arena is reset by the caller.
 */
typedef enum err operator_call(void *role, void *ctx, struct turn *t);
MUST_USE enum err servers_operate(struct store *store, struct arena *a, operator_call *call,
                                  void *role, void *ctx, struct turn_status *refusal);

#endif
