#include "pki/keyring.h"

#include <stdlib.h>

void credential_close(struct credential *c)
{
    identity_close(&c->auth);
    identity_close(&c->pb);
}

enum err keyring_open(const struct crypto *c, size_t cache, struct keyring **out)
{
    struct keyring *k = calloc(1, sizeof *k);

    *out = NULL;
    if (!k)
        return E_MEMORY;
    atomic_init(&k->uses, 1);
    trust_open(&k->trust, c);
    if (cache && !(k->trust.cache = chain_cache_open(cache))) {
        keyring_drop(k);
        return E_MEMORY;
    }
    *out = k;
    return E_OK;
}

enum err keyring_add_ci(struct keyring *k, slice der)
{
    size_t at = k->trust.count;
    uint8_t *copy = malloc(der.n ? der.n : 1);
    enum err err;

    if (!copy)
        return E_MEMORY;
    memcpy(copy, der.p, der.n);
    err = trust_add_cert(&k->trust, slice_of(copy, der.n));
    if (err)
        free(copy);
    else
        k->ci[at] = copy;
    return err;
}

static enum err at_fault(struct chain_fault *fault, enum err err, enum cert_role role,
                         const char *why)
{
    if (fault)
        *fault = (struct chain_fault){ err, role, why };
    return err;
}

/* One certificate with its key, by itself. */
static enum err check(const struct keyring *k, const struct identity *id, enum cert_role role,
                      int64_t now_s, struct chain_fault *fault)
{
    struct chain_fault found;
    struct chain chain;
    enum err err;

    if (!id->cert.der.n || id->cert.curve != id->signer.curve ||
        memcmp(id->cert.point.b, id->signer.point.b, POINT_LEN) != 0)
        return at_fault(fault, E_BADKEY, role, "the key is not that of the certificate");
    err = chain_verify(&k->trust, &id->cert.der, 1, role, SLICE_NONE, now_s, &chain, &found);
    if (err == E_UNTRUSTED)
        return at_fault(fault, err, role, "none of the CIs has issued it");
    if (err)
        return at_fault(fault, err, found.role, found.why);
    chain_close(&chain);
    return E_OK;
}

static enum cert_role auth_role(enum keyring_server server)
{
    return server == KEYRING_DP ? ROLE_DP_AUTH : ROLE_DS_AUTH;
}

static enum err check_pair(const struct keyring *k, enum keyring_server server,
                           const struct credential *c, int64_t now_s, struct chain_fault *fault)
{
    enum cert_role auth = auth_role(server);
    slice oid = keyring_oid(k, server);
    enum err err = check(k, &c->auth, auth, now_s, fault);

    if (!err && server == KEYRING_DP)
        err = check(k, &c->pb, ROLE_DP_PB, now_s, fault);
    if (err)
        return err;
    if (server == KEYRING_DP && !cert_same_server(&c->auth.cert, &c->pb.cert))
        return at_fault(fault, E_BADCERT, ROLE_DP_PB, "it is not of the server of CERT.DPauth");
    if (oid.p && !slice_eq(oid, c->auth.cert.rid))
        return at_fault(fault, E_BADCERT, auth, "registered ID of another server");
    return E_OK;
}

enum err keyring_add(struct keyring *k, enum keyring_server server, struct credential *c,
                     int64_t now_s, struct chain_fault *fault)
{
    struct credentials *list = &k->servers[server];
    enum err err;

    if (list->count == KEYRING_CREDENTIALS)
        return at_fault(fault, E_LIMIT, auth_role(server), "there are too many of its kind");
    err = check_pair(k, server, c, now_s, fault);
    if (err)
        return err;
    list->of[list->count++] = *c;
    *c = (struct credential){ .auth = { .der = NULL } };
    return E_OK;
}

struct keyring *keyring_hold(struct keyring *k)
{
    atomic_fetch_add(&k->uses, 1);
    return k;
}

void keyring_drop(struct keyring *k)
{
    if (!k || atomic_fetch_sub(&k->uses, 1) != 1)
        return;
    for (size_t s = 0; s < KEYRING_SERVERS; s++)
        for (size_t i = 0; i < k->servers[s].count; i++)
            credential_close(&k->servers[s].of[i]);
    chain_cache_close(k->trust.cache);
    trust_close(&k->trust);
    for (size_t i = 0; i < TRUST_MAX; i++)
        free(k->ci[i]);
    free(k);
}

slice keyring_oid(const struct keyring *k, enum keyring_server server)
{
    const struct credentials *list = &k->servers[server];

    return list->count ? list->of[0].auth.cert.rid : SLICE_NONE;
}

/* ---- which one is in force ---- */

void keyring_place_open(struct keyring_place *p, struct keyring *k)
{
    pthread_mutex_init(&p->lock, NULL);
    k->generation = 1;
    p->now = k;
}

void keyring_place_close(struct keyring_place *p)
{
    if (!p->now)
        return;
    keyring_drop(p->now);
    pthread_mutex_destroy(&p->lock);
    p->now = NULL;
}

struct keyring *keyring_now(struct keyring_place *p)
{
    struct keyring *k;

    pthread_mutex_lock(&p->lock);
    k = keyring_hold(p->now);
    pthread_mutex_unlock(&p->lock);
    return k;
}

void keyring_replace(struct keyring_place *p, struct keyring *k)
{
    struct keyring *old;

    pthread_mutex_lock(&p->lock);
    old = p->now;
    k->generation = old->generation + 1;
    p->now = k;
    pthread_mutex_unlock(&p->lock);
    keyring_drop(old);
}
