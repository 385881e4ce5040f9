#include "smdp/bind.h"

#include "base/secret.h"
#include "der/der.h"

/* CRT { 80 key type, 81 key length, 84 HostID } (SGP.22 5.5.1) */
#define CRT_LEN        (3 + 3 + 2 + SMDP_HOST_LEN)
#define KEYS_LEN       (3 * (2 + 16)) /* content of BF26 */
#define CONFIGURE_ISDP "\xBF\x24\x00" /* without SM-DP+ proprietary data */

/* A buffer filled from its start; the caller has computed that everything fits. */
struct out {
    uint8_t *p;
    size_t n, size;
};

static void put(struct out *o, slice s)
{
    if (s.n)
        memcpy(o->p + o->n, s.p, s.n);
    o->n += s.n;
}

static void put_head(struct out *o, uint32_t tag, size_t content)
{
    o->n += der_put_head(tag, content, o->p + o->n);
}

static void put_tlv(struct out *o, uint32_t tag, slice value)
{
    put_head(o, tag, value.n);
    put(o, value);
}

static enum err put_sealed(struct out *o, struct bsp *bsp, uint8_t tag, slice plain)
{
    size_t n = 0;
    enum err err = bsp_seal_all(bsp, tag, plain, o->p + o->n, o->size - o->n, &n);

    o->n += n;
    return err;
}

static size_t tlv_len(uint32_t tag, size_t content)
{
    return der_put_head(tag, content, NULL) + content;
}

/* ---- protection under random keys ---- */

enum err smdp_protect(const struct crypto *c, slice package, struct arena *arena, slice *keys,
                      slice *elements)
{
    size_t content = bsp_sealed_len(BSP_TAG_PROFILE, package.n);
    struct out o = { .size = tlv_len(0xA3, content) };
    uint8_t *secret = arena_alloc(arena, SMDP_KEYS_LEN);
    struct aes128_key enc, mac;
    struct bsp bsp;
    enum err err;

    o.p = arena_alloc(arena, o.size);
    if (!secret || !o.p)
        return E_MEMORY;
    err = crypto_random(c, secret, SMDP_KEYS_LEN);
    if (err)
        return err;
    memcpy(enc.b, secret + 16, 16);
    memcpy(mac.b, secret + 32, 16);
    bsp_start(&bsp, c, &enc, &mac, secret);
    put_head(&o, 0xA3, content);
    err = put_sealed(&o, &bsp, BSP_TAG_PROFILE, package);
    bsp_wipe(&bsp);
    wipe(&enc, sizeof enc);
    wipe(&mac, sizeof mac);
    *keys = slice_of(secret, SMDP_KEYS_LEN);
    *elements = slice_of(o.p, o.n);
    return err;
}

/* ---- lengths ---- */

static size_t secure_channel_len(const struct smdp_bind *in)
{
    return tlv_len(0x82, 1) + tlv_len(0x80, in->transaction_id.n) + tlv_len(0xA6, CRT_LEN) +
           tlv_len(0x5F49, POINT_LEN) + tlv_len(0x5F37, SIG_LEN);
}

static size_t head_len(const struct smdp_bind *in)
{
    size_t n = tlv_len(0xA0, bsp_sealed_len(BSP_TAG_KEYS, sizeof CONFIGURE_ISDP - 1));

    n += tlv_len(0xA1, bsp_sealed_len(BSP_TAG_CLEAR, in->metadata.n));
    if (in->keys.p)
        n += tlv_len(0xA2, bsp_sealed_len(BSP_TAG_KEYS, tlv_len(0xBF26, KEYS_LEN)));
    return n;
}

static size_t elements_len(const struct smdp_bind *in)
{
    return in->elements.p ? in->elements.n
                          : tlv_len(0xA3, bsp_sealed_len(BSP_TAG_PROFILE, in->package.n));
}

/* ---- parts ---- */

/*
 * InitialiseSecureChannel. smdpSign covers the data as they stand here and the eUICC's one-time key
 * behind them, which is signed but not sent.
 */
static enum err put_secure_channel(struct out *o, const struct smdp_bind *in,
                                   const struct smdp_bound *bound)
{
    uint8_t otpk_head[DER_HEAD_MAX];
    size_t head = der_put_head(0x5F49, POINT_LEN, otpk_head);
    slice covered[3] = { { 0 }, slice_of(otpk_head, head), in->euicc_otpk };
    struct ec_sig sig;
    size_t from;
    enum err err;

    put_head(o, 0xBF23, secure_channel_len(in));
    from = o->n;
    put_tlv(o, 0x82, SLICE_LIT("\x01")); /* remoteOpId: installBoundProfilePackage */
    put_tlv(o, 0x80, in->transaction_id);
    put_head(o, 0xA6, CRT_LEN);
    put_tlv(o, 0x80, SLICE_LIT("\x88")); /* AES */
    put_tlv(o, 0x81, SLICE_LIT("\x10")); /* 128 bits */
    put_tlv(o, 0x84, bound->host_id);
    put_tlv(o, 0x5F49, bound->smdp_otpk);
    covered[0] = slice_of(o->p + from, o->n - from);
    err = signer_sign(in->signer, in->crypto, covered, COUNT(covered), &sig);
    put_tlv(o, 0x5F37, SLICE_OF(sig.b));
    return err;
}

static enum err put_keys(struct out *o, struct bsp *bsp, slice keys)
{
    uint8_t octets[64];
    struct out plain = { .p = octets, .size = sizeof octets };
    enum err err;

    put_head(&plain, 0xBF26, KEYS_LEN);
    for (unsigned i = 0; i < 3; i++)
        put_tlv(&plain, 0x80 + i, slice_of(keys.p + i * 16, 16));
    put_head(o, 0xA2, bsp_sealed_len(BSP_TAG_KEYS, plain.n));
    err = put_sealed(o, bsp, BSP_TAG_KEYS, slice_of(octets, plain.n));
    wipe(octets, sizeof octets);
    return err;
}

static enum err put_fresh(struct out *o, const struct smdp_bind *in, struct bsp *bsp,
                          struct smdp_bound *bound)
{
    slice configure = SLICE_LIT(CONFIGURE_ISDP);
    size_t from = o->n;
    enum err err;

    put_head(o, 0xA0, bsp_sealed_len(BSP_TAG_KEYS, configure.n));
    err = put_sealed(o, bsp, BSP_TAG_KEYS, configure);
    put_head(o, 0xA1, bsp_sealed_len(BSP_TAG_CLEAR, in->metadata.n));
    if (!err)
        err = put_sealed(o, bsp, BSP_TAG_CLEAR, in->metadata);
    if (!err && in->keys.p)
        err = put_keys(o, bsp, in->keys);
    bound->head = slice_of(o->p + from, o->n - from);
    from = o->n;
    if (in->elements.p) {
        put(o, in->elements);
    } else if (!err) {
        put_head(o, 0xA3, bsp_sealed_len(BSP_TAG_PROFILE, in->package.n));
        err = put_sealed(o, bsp, BSP_TAG_PROFILE, in->package);
    }
    bound->elements = slice_of(o->p + from, o->n - from);
    return err;
}

static void put_again(struct out *o, const struct smdp_bind *in, struct smdp_bound *bound)
{
    size_t from = o->n;

    put(o, in->head);
    bound->head = slice_of(o->p + from, o->n - from);
    from = o->n;
    put(o, in->elements);
    bound->elements = slice_of(o->p + from, o->n - from);
}

/* ---- the whole ---- */

/*
 * One-time key of the server and session keys. The private key exists only inside the provider's
 * call (SGP.22 5.6.2: otSK.DP shall be erased).
 */
static enum err agree(const struct smdp_bind *in, struct arena *arena, struct bsp *bsp,
                      struct smdp_bound *bound)
{
    struct ec_point peer, *own = ARENA_NEW(arena, struct ec_point);
    uint8_t *host = arena_alloc(arena, SMDP_HOST_LEN);
    uint8_t z[SECRET_LEN];
    enum err err;

    if (!own || !host)
        return E_MEMORY;
    bound->smdp_otpk = slice_of(own->b, POINT_LEN);
    bound->host_id = slice_of(host, SMDP_HOST_LEN);
    err = ec_point_parse(in->euicc_otpk, &peer);
    if (!err)
        err = crypto_random(in->crypto, host, SMDP_HOST_LEN);
    if (!err)
        err = crypto_agree_fresh(in->crypto, in->signer->curve, &peer, own, z);
    if (!err)
        err = bsp_derive(bsp, in->crypto, z, bound->host_id, in->eid);
    wipe(z, sizeof z);
    return err;
}

static enum err put_response(struct out *o, const struct smdp_bind *in, size_t parts)
{
    size_t package = tlv_len(0xBF23, secure_channel_len(in)) + parts;
    size_t ok = tlv_len(0x80, in->transaction_id.n) + tlv_len(0xBF36, package);

    if (tlv_len(0xBF3A, tlv_len(0xA0, ok)) > o->size)
        return E_INTERNAL;
    put_head(o, 0xBF3A, tlv_len(0xA0, ok));
    put_head(o, 0xA0, ok);
    put_tlv(o, 0x80, in->transaction_id);
    put_head(o, 0xBF36, package);
    return E_OK;
}

static enum err room(struct arena *arena, size_t parts, struct out *o)
{
    *o = (struct out){ .size = parts + 512 }; /* heads and BF23 */
    o->p = arena_alloc(arena, o->size);
    return o->p ? E_OK : E_MEMORY;
}

static enum err bind_again(const struct smdp_bind *in, struct arena *arena, struct smdp_bound *out)
{
    size_t parts = in->head.n + in->elements.n;
    struct out o;
    enum err err = room(arena, parts, &o);

    out->smdp_otpk = in->smdp_otpk;
    out->host_id = in->host_id;
    if (in->host_id.n != SMDP_HOST_LEN || in->smdp_otpk.n != POINT_LEN)
        return E_INTERNAL;
    if (!err)
        err = put_response(&o, in, parts);
    if (!err)
        err = put_secure_channel(&o, in, out);
    if (err)
        return err;
    put_again(&o, in, out);
    out->response = slice_of(o.p, o.n);
    return E_OK;
}

static enum err bind_fresh(const struct smdp_bind *in, struct arena *arena, struct smdp_bound *out)
{
    size_t parts = head_len(in) + elements_len(in);
    struct bsp bsp;
    struct out o;
    enum err err = room(arena, parts, &o);

    if (err)
        return err;
    err = agree(in, arena, &bsp, out);
    if (!err)
        err = put_response(&o, in, parts);
    if (!err)
        err = put_secure_channel(&o, in, out);
    if (!err)
        err = put_fresh(&o, in, &bsp, out);
    bsp_wipe(&bsp);
    out->response = slice_of(o.p, o.n);
    return err;
}

enum err smdp_bind(const struct smdp_bind *in, struct arena *arena, struct smdp_bound *out)
{
    *out = (struct smdp_bound){ 0 };
    if (in->euicc_otpk.n != POINT_LEN)
        return E_BADKEY;
    if (in->keys.p && (in->keys.n != SMDP_KEYS_LEN || !in->elements.p))
        return E_ARGUMENT;
    return in->head.p ? bind_again(in, arena, out) : bind_fresh(in, arena, out);
}
