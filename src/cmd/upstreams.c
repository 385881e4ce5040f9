#include "cmd/upstreams.h"

#include "cmd/tls_keys.h"

/* What the other side may be by its TLS certificate, and what is shown to it. */
static const struct {
    const char *name;
    enum cert_role peer, or_peer; /* ROLE_NONE: any */
    enum cert_role own;
} facts[UPSTREAMS] = {
    [UPSTREAM_ES9] = { "es9", ROLE_DP_TLS, ROLE_NONE, ROLE_NONE },
    [UPSTREAM_ES11] = { "es11", ROLE_DS_TLS, ROLE_NONE, ROLE_NONE },
    [UPSTREAM_EVENT] = { "event", ROLE_DP_TLS, ROLE_DS_TLS, ROLE_NONE },
    [UPSTREAM_ES2] = { "es2", ROLE_NONE, ROLE_NONE, ROLE_DP_TLS },
    [UPSTREAM_ES12] = { "es12", ROLE_DS_TLS, ROLE_NONE, ROLE_DP_TLS },
    [UPSTREAM_ES15] = { "es15", ROLE_DS_TLS, ROLE_NONE, ROLE_DS_TLS },
};

static size_t list_cis(const struct keyring *k, slice cis[TRUST_MAX])
{
    for (size_t i = 0; i < k->trust.count; i++)
        cis[i] = k->trust.anchor[i].der;
    return k->trust.count;
}

static enum err open_with(struct tls_trust_options *trust, const struct upstreams_options *o,
                          enum cert_role own, struct tls_trust **out, struct reason *r)
{
    struct tls_keys keys;
    enum err e = tls_keys_open(o->pki, role_facts(own)->file, &keys, r);

    if (e)
        return e;
    trust->chain_file = keys.chain;
    trust->key_file = keys.key_file;
    trust->key = keys.key;
    e = tls_trust_open(trust, out);
    tls_keys_close(&keys);
    return e ? because(r, e, "%s and its key, %s", keys.chain,
                       trust->ca_file ? trust->ca_file : "the CIs' certificates")
             : E_OK;
}

static enum err prepare(struct upstreams *u, enum upstream which, const struct upstreams_options *o,
                        struct reason *r)
{
    slice cis[TRUST_MAX];
    struct tls_trust_options trust = {
        .ca = cis,
        .ca_count = list_cis(o->keys, cis),
        .policies = { role_facts(facts[which].peer)->policy,
                      role_facts(facts[which].peer)->policy_v3,
                      role_facts(facts[which].or_peer)->policy,
                      role_facts(facts[which].or_peer)->policy_v3 },
        .revocation = o->revocation,
    };
    struct tls_trust **fresh = &u->of[which].fresh;
    enum err e;

    if (which == UPSTREAM_ES2 && o->operator_ca) {
        trust.ca_count = 0;
        trust.ca_file = o->operator_ca;
    }
    if (facts[which].own)
        return open_with(&trust, o, facts[which].own, fresh, r);
    e = tls_trust_open(&trust, fresh);
    return e ? because(r, e, "the CIs' certificates") : E_OK;
}

enum err upstreams_prepare(struct upstreams *u, const struct upstreams_options *o, struct reason *r)
{
    const bool wanted[UPSTREAMS] = { o->eim, o->eim, o->eim, o->smdp, o->smdp, o->smds };
    enum err e = E_OK;

    for (unsigned i = 0; !e && i < UPSTREAMS; i++)
        if (wanted[i])
            e = prepare(u, (enum upstream)i, o, r);
    return e;
}

void upstreams_settle(struct upstreams *u, bool take)
{
    for (size_t i = 0; i < UPSTREAMS; i++) {
        if (take && !u->of[i].now)
            u->of[i].now = u->of[i].fresh;
        else if (take && u->of[i].fresh)
            tls_trust_replace(u->of[i].now, u->of[i].fresh);
        else
            tls_trust_close(u->of[i].fresh);
        u->of[i].fresh = NULL;
    }
}

void upstreams_close(struct upstreams *u)
{
    for (size_t i = 0; i < UPSTREAMS; i++) {
        tls_trust_close(u->of[i].now);
        tls_trust_close(u->of[i].fresh);
    }
    *u = (struct upstreams){ 0 };
}

struct tls_trust *upstreams_find(void *ctx, slice name)
{
    const struct upstreams *u = ctx;

    for (size_t i = 0; i < UPSTREAMS; i++)
        if (slice_eq_str(name, facts[i].name))
            return u->of[i].now;
    return NULL;
}
