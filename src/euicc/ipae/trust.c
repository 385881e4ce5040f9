/*
 * Whom the IPA believes over TLS.
 *
 * An eIM: what trustedPublicKeyDataTls of its EimConfigurationData says, and nobody without it. A
 * key (A0) is that of the leaf. A certificate (A1) is the leaf itself or, when it is a CA's, stands
 * above the leaf, which then must be for servers and name the host (RFC 5280 6.1, RFC 9525).
 *
 * An SM-DP+ or SM-DS: a certificate of that role under one of the card's CIs (SGP.22 2.6.6, 4.5.2),
 * which names the host and is on no list of LoadCRL.
 *
 * The card has no clock: whether a certificate is still valid is not judged.
 */
#include "euicc/ipae/ipae_impl.h"

#include "der/der.h"
#include "pki/chain.h"

static slice content(slice element)
{
    struct tlv t;

    return der_one(element, &t) ? SLICE_NONE : t.value;
}

/* The host of the exchange under way, without its port. */
static slice host_of(const struct ipae *e)
{
    slice host = slice_of_bytes(e->want.http.host);
    const uint8_t *colon = host.n ? memchr(host.p, ':', host.n) : NULL;

    return colon ? slice_head(host, (size_t)(colon - host.p)) : host;
}

/* ---- under a CA of the eIM's configuration ---- */

static bool issued(struct ipae *e, const struct cert *cert, const struct cert *ca)
{
    struct public_key *key;
    enum err err;

    if (!name_equal(cert->issuer, ca->subject) ||
        key_open(card_crypto(e->card), ca->curve, &ca->point, &key))
        return false;
    err = cert_verify_signature(cert, key);
    key_drop(key);
    return !err;
}

/* `below`: CAs between it and the leaf. */
static bool may_issue(const struct cert *ca, size_t below)
{
    return ca->is_ca && (!ca->has_key_usage || ca->key_usage & KU_CERT_SIGN) &&
           !ca->unknown_critical && (ca->path_len < 0 || (size_t)ca->path_len >= below);
}

static bool is_server(const struct cert *leaf, slice host)
{
    return !leaf->is_ca && !leaf->unknown_critical && leaf->has_key_usage &&
           (leaf->key_usage & KU_DIGITAL_SIGNATURE) && (leaf->purposes & EKU_SERVER_AUTH) &&
           curve_order(leaf->curve) && cert_names_host(leaf, host);
}

/* From the leaf up, each issued by the next, until one is issued by the CA or is the CA. */
static enum err under_ca(struct ipae *e, const struct cert *ca, const slice *chain, size_t count)
{
    struct cert cert, above;

    if (cert_parse(chain[0], &cert) || !is_server(&cert, host_of(e)))
        return E_BADCERT;
    for (size_t i = 0; i < count; i++) {
        if (issued(e, &cert, ca))
            return may_issue(ca, i) ? E_OK : E_BADCERT;
        if (i + 1 == count || cert_parse(chain[i + 1], &above) || !may_issue(&above, i) ||
            !issued(e, &cert, &above))
            return E_UNTRUSTED;
        cert = above;
    }
    return E_UNTRUSTED;
}

/* ---- an eIM ---- */

enum { TLS_KEY = 0xA0, TLS_CERTIFICATE = 0xA1 };

static enum err same_key(slice key, slice leaf)
{
    struct cert cert;
    enum err err = cert_parse(leaf, &cert);

    if (err)
        return err;
    return slice_eq(content(cert.spki), key) ? E_OK : E_UNTRUSTED;
}

/* der: room for a copy of the certificate under its own tag. */
static enum err below(struct ipae *e, slice certificate, uint8_t *der, size_t size,
                      const slice *chain, size_t count)
{
    struct der_writer w = der_writer(der, size);
    struct cert ca;
    slice whole;
    enum err err;

    der_put_rehead(&w, 0x30, certificate);
    err = der_written(&w, &whole);
    if (!err)
        err = cert_parse(whole, &ca);
    if (!err)
        err = ca.is_ca ? under_ca(e, &ca, chain, count) : E_UNTRUSTED;
    return err;
}

enum err believe_eim(void *ctx, const slice *chain, size_t count)
{
    const struct believer *b = ctx;
    struct ipae *e = b->ipae;
    struct objects *o = card_objects(e->card);
    size_t size = CERT_MAX + DER_HEAD_MAX;
    uint8_t *scratch = objects_lend(o, size); /* first: objects move */
    struct tlv t = { 0 };
    enum err err = E_UNTRUSTED;

    if (!scratch)
        return E_MEMORY;
    if (count && !der_one(isdr_eim_tls(e->card, slice_of(b->eim_id, b->eim_id_n)), &t)) {
        if (t.tag == TLS_KEY)
            err = same_key(t.value, chain[0]);
        else if (t.tag == TLS_CERTIFICATE && slice_eq(content(chain[0]), t.value))
            err = E_OK;
        else if (t.tag == TLS_CERTIFICATE)
            err = below(e, t.whole, scratch, size, chain, count);
    }
    objects_repay(o, scratch);
    return err;
}

/* ---- a server under the card's CIs ---- */

static enum err add_cis(struct trust *t, const struct personality *p)
{
    enum err err = E_OK;

    for (size_t i = 0; !err && i < p->ci_count; i++) {
        err = trust_add_key(t, SLICE_OF(p->ci[i].pkid), p->ci[i].curve, &p->ci[i].key);
        if (err == E_EXISTS)
            err = E_OK;
    }
    return err;
}

static enum cert_role role_of(slice leaf)
{
    struct cert cert;

    return !cert_parse(leaf, &cert) && cert.role == ROLE_DS_TLS ? ROLE_DS_TLS : ROLE_DP_TLS;
}

static enum err judge(struct ipae *e, const struct chain *chain)
{
    if (!cert_names_host(&chain->cert[0], host_of(e)))
        return E_BADCERT;
    for (size_t i = 0; i < chain->count; i++)
        if (isdr_revoked(e->card, &chain->cert[i]))
            return E_BADCERT;
    return E_OK;
}

/* A CI that the server sends along says nothing: the card knows its own. */
static size_t without_root(const slice *chain, size_t count)
{
    struct cert top;

    return count > 1 && !cert_parse(chain[count - 1], &top) && cert_self_issued(&top) ? count - 1
                                                                                      : count;
}

enum err believe_smdp(void *ctx, const slice *ders, size_t count)
{
    struct ipae *e = ((struct believer *)ctx)->ipae;
    struct trust trust;
    struct chain chain;
    enum err err;

    if (!count)
        return E_UNTRUSTED;
    trust_open(&trust, card_crypto(e->card));
    err = add_cis(&trust, e->p->euicc);
    if (!err)
        err = chain_verify(&trust, ders, without_root(ders, count), role_of(ders[0]), SLICE_NONE,
                           NO_TIME, &chain, NULL);
    if (!err) {
        err = judge(e, &chain);
        chain_close(&chain);
    }
    trust_close(&trust);
    return err;
}
