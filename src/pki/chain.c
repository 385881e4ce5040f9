#include "pki/chain.h"

#include "pki/chain_cache.h"
#include "pki/revocation.h"

void trust_open(struct trust *t, const struct crypto *c)
{
    *t = (struct trust){ .crypto = c };
}

const struct anchor *trust_find(const struct trust *t, slice key_id)
{
    for (size_t i = 0; i < t->count; i++)
        if (slice_eq(slice_of(t->anchor[i].id, t->anchor[i].id_n), key_id))
            return &t->anchor[i];
    return NULL;
}

enum err trust_add_key(struct trust *t, slice key_id, enum curve curve,
                       const struct ec_point *point)
{
    struct anchor *a = &t->anchor[t->count];
    enum err err;

    if (t->count == TRUST_MAX)
        return E_LIMIT;
    if (!key_id.n || key_id.n > KEY_ID_MAX)
        return E_SIZE;
    if (trust_find(t, key_id))
        return E_EXISTS;
    *a = (struct anchor){
        .id_n = key_id.n, .not_before_s = INT64_MIN, .not_after_s = INT64_MAX, .path_len = -1
    };
    memcpy(a->id, key_id.p, key_id.n);
    err = key_open(t->crypto, curve, point, &a->key);
    if (!err)
        t->count++;
    return err;
}

enum err trust_add_cert(struct trust *t, slice der)
{
    struct cert cert;
    struct anchor *a = &t->anchor[t->count];
    enum err err = cert_parse(der, &cert);

    if (!err)
        err = cert_check_role(&cert, ROLE_CI, NULL);
    if (!err && (!cert.ski.p || !cert_self_issued(&cert)))
        err = E_BADCERT;
    if (!err)
        err = trust_add_key(t, cert.ski, cert.curve, &cert.point);
    if (err)
        return err;
    err = cert_verify_signature(&cert, a->key);
    if (err) {
        key_drop(a->key);
        t->count--;
        return err;
    }
    a->der = cert.der;
    a->subject = cert.subject;
    a->not_before_s = cert.not_before_s;
    a->not_after_s = cert.not_after_s;
    a->path_len = cert.path_len;
    return E_OK;
}

void trust_close(struct trust *t)
{
    for (size_t i = 0; i < t->count; i++)
        key_drop(t->anchor[i].key);
    t->count = 0;
}

/* One walk down a chain. */
struct walk {
    const struct trust *trust;
    struct chain *chain;
    struct chain_fault *fault;
    enum cert_role leaf;
    int64_t now_s;
};

static enum err at_fault(struct chain_fault *fault, enum err err, enum cert_role role,
                         const char *why)
{
    if (fault)
        *fault = (struct chain_fault){ err, role, why ? why : err_text(err) };
    return err;
}

/* The role that certificate i stands for: the leaf's is asked for, the others state theirs. */
static enum cert_role role_at(const struct walk *w, size_t i)
{
    return i ? w->chain->cert[i].role : w->leaf;
}

/* For messages before a certificate is understood: what should stand at this place. */
static enum cert_role expected_at(enum cert_role leaf, size_t i)
{
    return !i ? leaf : leaf == ROLE_EUICC ? ROLE_EUM : ROLE_CI_SUBCA;
}

/* What links certificate i to its issuer, without cryptography. */
static enum err check_link(struct walk *w, size_t i, const char **why)
{
    const struct cert *cert = &w->chain->cert[i];
    const struct anchor *ci = w->chain->ci;
    bool top = i + 1 == w->chain->count;
    const struct cert *issuer = top ? NULL : &w->chain->cert[i + 1];
    slice id = top ? slice_of(ci->id, ci->id_n) : issuer->ski;
    slice name = top ? ci->subject : issuer->subject;
    int32_t path_len = top ? ci->path_len : issuer->path_len;
    enum cert_role issuer_role = top ? ROLE_CI : role_at(w, i + 1);

    *why = "authority key identifier is not the issuer's";
    if (!cert->aki.p || !id.p || !slice_eq(cert->aki, id))
        return E_BADCERT;
    *why = "issuer name is not the issuer's";
    if (name.p && !name_equal(cert->issuer, name))
        return E_BADCERT;
    *why = "issuer has a role that may not issue this one";
    if (!(role_facts(role_at(w, i))->issuers & ROLE_BIT(issuer_role)))
        return E_BADCERT;
    *why = "path length of the issuer is exceeded";
    if (path_len >= 0 && i > (size_t)path_len)
        return E_BADCERT;
    *why = "curve is not that of the CI";
    return cert->curve != ci->key->curve ? E_BADCERT : E_OK;
}

static enum err check_euicc(struct walk *w, const char **why)
{
    uint8_t eid[EID_LEN];
    enum err err = E_OK;

    *why = "serial number is not an EID";
    err = cert_eid(&w->chain->cert[0], eid);
    if (err)
        return err;
    *why = "EID is outside the constraints of the EUM";
    for (size_t i = 1; !err && i < w->chain->count; i++)
        if (w->chain->cert[i].role == ROLE_EUM || w->chain->cert[i].constraints.p ||
            w->chain->cert[i].eins.p)
            err = cert_within_eum(&w->chain->cert[i], &w->chain->cert[0]);
    return err;
}

/* Verifies certificate i with *key and replaces *key by its own. */
static enum err check_cert(struct walk *w, size_t i, struct public_key **key)
{
    const struct cert *cert = &w->chain->cert[i];
    enum cert_role role = role_at(w, i);
    struct public_key *own = NULL;
    bool misplaced = !role || (i && !role_facts(role)->ca);
    const char *why = NULL;
    enum err err = w->now_s == NO_TIME ? E_OK : cert_check_time(cert, w->now_s);

    if (misplaced)
        role = expected_at(w->leaf, i);
    /* Whatever else is wrong with it: out of its time it is not looked at, nor any key used. */
    if (err)
        return at_fault(w->fault, err, role, NULL);
    if (misplaced)
        return at_fault(w->fault, E_BADCERT, role, "certificate policy is of another role");
    err = cert_check_role(cert, role, &why);
    if (!err)
        err = check_link(w, i, &why);
    if (!err && !i && role == ROLE_EUICC)
        err = check_euicc(w, &why);
    if (err)
        return at_fault(w->fault, err, role, why);
    err = cert_verify_signature(cert, *key);
    if (!err)
        err = key_open(w->trust->crypto, cert->curve, &cert->point, &own);
    if (err)
        return at_fault(w->fault, err, role, NULL);
    key_drop(*key);
    *key = own;
    return E_OK;
}

/*
 * From the CI down to the leaf, which is not judged yet; *key is that of its issuer. Nothing that
 * is checked above a leaf depends on the leaf.
 */
static enum err walk_to_leaf(struct walk *w, struct public_key **key)
{
    enum err err = E_OK;

    *key = key_hold(w->chain->ci->key);
    if (w->now_s != NO_TIME &&
        (w->now_s < w->chain->ci->not_before_s || w->now_s > w->chain->ci->not_after_s))
        err = at_fault(w->fault, E_EXPIRED, ROLE_CI, NULL);
    for (size_t i = w->chain->count; !err && i-- > 1;)
        err = check_cert(w, i, key);
    if (err)
        key_drop(*key);
    return err;
}

static enum err parse_all(const slice *ders, size_t count, enum cert_role leaf, struct chain *out,
                          struct chain_fault *fault)
{
    *out = (struct chain){ .count = count };
    if (!count || count > CHAIN_MAX)
        return at_fault(fault, E_LIMIT, leaf, NULL);
    for (size_t i = count; i-- > 0;) {
        enum err err = cert_parse(ders[i], &out->cert[i]);

        if (err)
            return at_fault(fault, err, expected_at(leaf, i), NULL);
    }
    return E_OK;
}

/*
 * The digest names the certificates from `first` on, their places, the leaf's role and the anchor.
 */
static enum err chain_id(const struct walk *w, const slice *ders, size_t first,
                         uint8_t id[DIGEST_LEN])
{
    const struct anchor *ci = w->chain->ci;
    size_t count = w->chain->count;
    uint8_t head[3] = { (uint8_t)w->leaf, (uint8_t)count, (uint8_t)first };
    slice parts[2 + CHAIN_MAX] = { SLICE_OF(head), slice_of(ci->id, ci->id_n) };

    /* Each is one DER element that says its own length: no two lists give the same octets. */
    for (size_t i = first; i < count; i++)
        parts[2 + i - first] = ders[i];
    return crypto_sha256(w->trust->crypto, parts, 2 + count - first, id);
}

static struct cache_entry window(const struct chain *chain, size_t first, struct public_key *key)
{
    struct cache_entry e = { .key = key,
                             .from_s = chain->ci->not_before_s,
                             .to_s = chain->ci->not_after_s };

    for (size_t i = first; i < chain->count; i++) {
        if (chain->cert[i].not_before_s > e.from_s)
            e.from_s = chain->cert[i].not_before_s;
        if (chain->cert[i].not_after_s < e.to_s)
            e.to_s = chain->cert[i].not_after_s;
    }
    return e;
}

static void remember(const struct walk *w, const uint8_t id[DIGEST_LEN], size_t first,
                     struct public_key *key)
{
    struct cache_entry entry = window(w->chain, first, key);

    chain_cache_add(w->trust->cache, id, &entry);
}

/* The key that should have signed the leaf. Many leaves have the same issuers: an EUM its eUICCs.
 */
static enum err issuer_key(struct walk *w, const slice *ders, struct public_key **key)
{
    struct chain_cache *cache = w->trust->cache;
    uint8_t id[DIGEST_LEN];
    enum err err;

    if (!cache || w->chain->count == 1)
        return walk_to_leaf(w, key);
    err = chain_id(w, ders, 1, id);
    if (err)
        return at_fault(w->fault, err, w->leaf, NULL);
    *key = chain_cache_find(cache, id, w->now_s, false);
    if (*key)
        return E_OK;
    err = walk_to_leaf(w, key);
    if (!err)
        remember(w, id, 1, *key);
    return err;
}

static enum err walk_down(struct walk *w, const slice *ders)
{
    struct public_key *key;
    enum err err = issuer_key(w, ders, &key);

    if (err)
        return err;
    err = check_cert(w, 0, &key);
    if (err)
        key_drop(key);
    else
        w->chain->key = key;
    return err;
}

/* By itself, or from memory. */
static enum err verify_chain(struct walk *w, const slice *ders)
{
    struct chain_cache *cache = w->trust->cache;
    uint8_t id[DIGEST_LEN];
    enum err err;

    if (!cache)
        return walk_down(w, ders);
    err = chain_id(w, ders, 0, id);
    if (err)
        return at_fault(w->fault, err, w->leaf, NULL);
    w->chain->key = chain_cache_find(cache, id, w->now_s, true);
    if (w->chain->key)
        return E_OK;
    err = walk_down(w, ders);
    if (!err)
        remember(w, id, 0, w->chain->key);
    return err;
}

/* Of a chain that is valid otherwise. What is remembered says nothing of it: lists come later. */
static enum err check_revoked(const struct walk *w)
{
    const struct chain *chain = w->chain;

    for (size_t i = chain->count; i-- > 0;) {
        const struct ec_point *issuer =
            i + 1 == chain->count ? &chain->ci->key->point : &chain->cert[i + 1].point;

        if (revocations_name(w->trust->revocations, issuer, chain->cert[i].serial))
            return at_fault(w->fault, E_REVOKED, role_at(w, i), NULL);
    }
    return E_OK;
}

enum err chain_verify(const struct trust *t, const slice *ders, size_t count, enum cert_role role,
                      slice ci, int64_t now_s, struct chain *out, struct chain_fault *fault)
{
    struct walk w = { t, out, fault, role, now_s };
    struct cache_entry whole;
    enum err err = parse_all(ders, count, role, out, fault);

    if (err)
        return err;
    slice authority = out->cert[count - 1].aki;

    if (!authority.p)
        return at_fault(fault, E_BADCERT, expected_at(role, count - 1),
                        "authority key identifier is missing");
    out->ci = trust_find(t, authority);
    if (!out->ci || (ci.p && !slice_eq(ci, authority)))
        return at_fault(fault, E_UNTRUSTED, ROLE_CI, NULL);
    whole = window(out, 0, NULL);
    out->from_s = whole.from_s;
    out->to_s = whole.to_s;
    err = verify_chain(&w, ders);
    if (!err)
        err = check_revoked(&w);
    if (err)
        chain_close(out);
    return err;
}

void chain_close(struct chain *chain)
{
    key_drop(chain->key);
    chain->key = NULL;
}

enum err chain_verify_euicc(const struct trust *t, slice euicc, slice eum, slice ci, int64_t now_s,
                            struct chain *out, uint8_t eid[EID_LEN], struct chain_fault *fault)
{
    slice ders[] = { euicc, eum };
    enum err err = chain_verify(t, ders, COUNT(ders), ROLE_EUICC, ci, now_s, out, fault);

    if (err)
        return err;
    err = cert_eid(&out->cert[0], eid);
    if (err)
        chain_close(out);
    return err;
}
