/* SIGHUP: certificates, keys, CIs and revocation lists anew, all of them or none. */
#include "cmd/servers.h"

#include "base/text.h"

#include <stdio.h>
#include <time.h>

#define DETAIL_MAX 2048
#define ARENA_MAX  ((size_t)1 << 20)

static size_t list_listeners(struct servers *s, struct listener *out[7])
{
    struct served *const served[] = { &s->smdp_served, &s->smds_served, &s->eim_served };
    size_t n = 0;

    for (size_t i = 0; i < COUNT(served); i++) {
        out[n++] = &served[i]->agents;
        out[n++] = &served[i]->operators;
    }
    if (s->desk)
        out[n++] = s->desk;
    return n;
}

/* eUICCs know the SM-DP+ by its registered ID, and so do the packages that are under way. */
static enum err check_successor(struct servers *s, const struct keyring *fresh, struct reason *r)
{
    struct keyring *now = keyring_now(&s->keys);
    bool same = !s->smdp || slice_eq(keyring_oid(now, KEYRING_DP), keyring_oid(fresh, KEYRING_DP));

    keyring_drop(now);
    return same ? E_OK
                : because(r, E_BADCERT, "%s/%s.der: registered ID of another SM-DP+",
                          s->options->pki, role_facts(ROLE_DP_AUTH)->file);
}

static enum err prepare(struct servers *s, struct keyring **keys, struct reason *r)
{
    const struct keyring_folders folders = servers_folders(s->options);
    struct listener *listeners[7];
    size_t count = list_listeners(s, listeners);
    enum err e = keyring_read(s->crypto, &folders, time(NULL), keys, r);

    if (!e)
        e = check_successor(s, *keys, r);
    if (!e)
        e = servers_prepare(s, *keys, r);
    for (size_t i = 0; !e && i < count; i++)
        e = listener_prepare(listeners[i], r);
    return e;
}

/*
 * Cannot fail. The lists before the keyring: what was verified, and is remembered, under the new
 * generation was asked of the new lists.
 */
static void settle(struct servers *s, struct keyring *keys, bool take)
{
    struct listener *listeners[7];
    size_t count = list_listeners(s, listeners);

    crl_lists_settle(&s->crls, take);
    upstreams_settle(&s->upstreams, take);
    for (size_t i = 0; i < count; i++)
        listener_settle(listeners[i], take);
    if (take)
        keyring_replace(&s->keys, keys);
    else
        keyring_drop(keys);
}

/* ---- the log of events ---- */

static void put_certificate(const struct cert *c, enum cert_role role, char *text, size_t *n)
{
    char serial[2 * 20 + 1] = "";

    if (!c->der.n || hex_encode(slice_head(c->serial, 20), serial, sizeof serial) ||
        *n + sizeof serial + 16 > DETAIL_MAX)
        return;
    *n += (size_t)snprintf(text + *n, DETAIL_MAX - *n, ", %s %s", role_facts(role)->file, serial);
}

/* "generation 2, dp-auth 51AA, dp-pb 51AB": which certificates, by their serial numbers. */
static void describe(const struct keyring *k, uint64_t generation, char text[DETAIL_MAX])
{
    const struct credentials *dp = &k->servers[KEYRING_DP], *ds = &k->servers[KEYRING_DS];
    size_t n =
        (size_t)snprintf(text, DETAIL_MAX, "generation %llu", (unsigned long long)generation);

    for (size_t i = 0; i < dp->count; i++) {
        put_certificate(&dp->of[i].auth.cert, ROLE_DP_AUTH, text, &n);
        put_certificate(&dp->of[i].pb.cert, ROLE_DP_PB, text, &n);
    }
    for (size_t i = 0; i < ds->count; i++)
        put_certificate(&ds->of[i].auth.cert, ROLE_DS_AUTH, text, &n);
}

static enum err tell(void *role, void *event, struct turn *t)
{
    (void)role;
    return turn_event(t, event);
}

static enum err record(struct servers *s, const char *kind, const char *detail, struct reason *r)
{
    const struct served *const served[] = { &s->smdp_served, &s->smds_served, &s->eim_served };
    struct store_event event = { .kind = slice_str(kind), .detail = slice_str(detail) };
    struct arena a;
    enum err e = E_OK;

    arena_init(&a, ARENA_MAX);
    for (size_t i = 0; !e && i < COUNT(served); i++) {
        arena_reset(&a);
        if (served[i]->store)
            e = servers_operate(served[i]->store, &a, tell, NULL, &event, NULL);
        if (e)
            because(r, e, "the log of events of %s", served[i]->watch.server);
    }
    arena_free(&a);
    return e;
}

/* ---- */

uint64_t servers_generation(struct servers *s)
{
    struct keyring *k = keyring_now(&s->keys);
    uint64_t generation = k->generation;

    keyring_drop(k);
    return generation;
}

enum err servers_reload(struct servers *s, char *why, size_t why_size)
{
    struct reason r = { why, why_size };
    char detail[DETAIL_MAX], not_told[200];
    struct keyring *keys = NULL;
    enum err e = prepare(s, &keys, &r);

    if (!e) {
        describe(keys, servers_generation(s) + 1, detail);
        e = record(s, "keys.reloaded", detail, &r);
    }
    settle(s, keys, !e);
    /* what is refused for a log that cannot be written cannot be told there either */
    if (e && record(s, "keys.refused", why, &(struct reason){ not_told, sizeof not_told }))
        fprintf(stderr, "serve: %s\n", not_told);
    if (s->meters)
        meters_reload(s->meters, !e);
    return e;
}
