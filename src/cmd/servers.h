/*
 * The servers of one process, wired together: store, role, engine, listeners for each of SM-DP+,
 * SM-DS and eIM. `dunlin serve`, `dunlin demo` and the benchmarks open them from here.
 */
#ifndef DUNLIN_CMD_SERVERS_H
#define DUNLIN_CMD_SERVERS_H

#include "cmd/crl_lists.h"
#include "cmd/keyring_read.h"
#include "cmd/served.h"
#include "cmd/upstreams.h"
#include "eim/eim.h"
#include "engine/upstream.h"
#include "net/resolve.h"
#include "smdp/smdp.h"
#include "smds/smds.h"

struct servers_options {
    const char *dir;                /* databases; made when absent */
    const char *pki;                /* hierarchy, laid out as pki/keystore.h says */
    const char *const *credentials; /* hierarchies that are served too (cmd/keyring_read.h) */
    size_t credential_count;
    const char *bind;      /* numeric address */
    const char *smdp_name; /* address of the SM-DP+ as eUICCs know it; NULL: no SM-DP+ */
    const char *smds_name; /* address of the SM-DS likewise; NULL: no SM-DS */
    const char *root_smds; /* address of the root SM-DS: another one forwards to it; NULL: none */
    long event_days;       /* life of an event at the SM-DS; 0: its default */
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
    const char *const *crls;    /* files and folders of revocation lists */
    size_t crl_count;
    const char *master_key; /* file, made by `dunlin vault init`; NULL: nothing is sealed */
    long keep_days;         /* what is over goes after so many days; 0: never */
    bool volatile_store;    /* do not wait for the disk: benchmarks of everything else */
    enum served_log log;
    bool meters; /* count what is answered, for the operator's desk */
};

struct servers {
    const struct servers_options *options; /* borrowed until servers_close */
    const struct crypto *crypto;
    struct keyring_place keys; /* of SM-DP+ and SM-DS, and whom all believe; see servers_reload */
    struct crl_lists crls;     /* asked by every generation of keys */
    struct identity eim_sign;

    struct smdp *smdp;
    const char *smdp_name; /* borrowed from the options */
    struct served smdp_served;

    struct smds *smds;
    struct served smds_served;

    struct eim *eim;
    struct served eim_served;
    struct meters *meters; /* NULL: nobody asks */
    struct admin_house house;
    struct loop *loop; /* of the upstream client */
    struct hosts *hosts;
    struct upstreams upstreams;
    struct http_client *client;
    struct engine_web web;
    struct listener *desk; /* of the operator's desk, which is opened behind; NULL: none */
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
/*
 * Reads everything again that stands in the folders of certificates and keys: those of TLS, those
 * that sign at SM-DP+ and SM-DS, the CIs; and the revocation lists. All of it takes effect, or
 * none: then `why` is a sentence that names the file. What has begun goes on as it began:
 * connections with their certificate, sessions with their keyring (pki/keyring.h). The log of
 * events of every store tells of it before it takes effect. The eIM's key stays: cards know it. One
 * thread at a time.
 */
MUST_USE enum err servers_reload(struct servers *s, char *why, size_t why_size);
/* 1 after the start, one more for each reload that took effect. */
uint64_t servers_generation(struct servers *s);
/* The CI of options.pki; until the first reload. */
static inline const struct anchor *servers_ci(const struct servers *s)
{
    return &s->keys.now->trust.anchor[0];
}

/* For reload.c: what is read, and whom upstream servers find in it. */
struct keyring_folders servers_folders(const struct servers_options *o);
/* The keyring is the next one; prepares what it is put in force with. */
MUST_USE enum err servers_prepare(struct servers *s, struct keyring *keys, struct reason *r);

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
