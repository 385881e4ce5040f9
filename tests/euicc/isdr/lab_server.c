/* The SM-DP+ side of the laboratory. */
#include "base/secret.h"
#include "euicc/isdr/lab.h"

#include "crypto/kdf.h"

void server_defaults(struct bench *b, slice package, slice metadata)
{
    struct server *s = &b->server;
    struct lab *lab = b->lab;

    memset(s, 0, sizeof *s);
    s->auth_certificate = lab->dp_auth.cert.der;
    s->auth_signer = &lab->dp_auth.signer;
    s->pb_certificate = lab->dp_pb.cert.der;
    s->pb_signer = &lab->dp_pb.signer;
    s->ci_pkid = lab->ci.cert.ski;
    assert_int_equal(crypto_random(b->crypto, s->tid, sizeof s->tid), E_OK);
    memcpy(s->tid2, s->tid, sizeof s->tid);
    memcpy(s->tid3, s->tid, sizeof s->tid);
    s->address = SLICE_LIT("smdp.example.com");
    s->remote_op = 1;
    s->key_type = BSP_KEY_TYPE_AES128;
    s->key_length = BSP_KEY_LEN_AES128;
    s->cut = BSP_PLAIN_MAX;
    s->package = package;
    s->metadata = metadata;
}

static slice keep(struct bench *b, slice s)
{
    slice copy = arena_copy(&b->arena, s);

    assert_non_null(copy.p);
    return copy;
}

static struct der_writer writer(struct bench *b, size_t size)
{
    void *buf = arena_alloc(&b->arena, size);

    assert_non_null(buf);
    return der_writer(buf, size);
}

static slice written(struct der_writer *w)
{
    slice out;

    assert_int_equal(der_written(w, &out), E_OK);
    return out;
}

static struct ec_sig sign(struct bench *b, const struct signer *signer, const slice *parts,
                          size_t count, bool broken)
{
    struct ec_sig sig;

    assert_int_equal(signer_sign(signer, b->crypto, parts, count, &sig), E_OK);
    if (broken)
        sig.b[40] ^= 1;
    return sig;
}

void server_challenge(struct bench *b)
{
    slice r = bench_es10_hex(b, "BF2E00");

    assert_int_equal(r.n, 21);
    memcpy(b->server.challenge, r.p + 5, 16);
}

slice server_authenticate(struct bench *b)
{
    struct server *s = &b->server;
    slice ctx = bench_hex(b, "A0 1D 8002 4142 A1 17 8004 35290611 A105 8503090000 8208 "
                             "3529061111111101");
    struct der_writer w = writer(b, 256);
    struct ec_sig sig;
    slice signed1;

    der_put_tlv(&w, 0x84, slice_of(s->tid, 16));
    der_put_tlv(&w, 0x83, s->address);
    der_put_tlv(&w, 0x81, SLICE_OF(s->challenge));
    der_put_tlv(&w, 0x80, SLICE_OF(s->tid));
    der_wrap(&w, 0x30, 0);
    signed1 = written(&w);
    sig = sign(b, s->auth_signer, &signed1, 1, s->break_signature1);
    w = writer(b, 4096);
    der_put(&w, ctx);
    der_put(&w, s->auth_certificate);
    der_put_tlv(&w, 0x04, s->ci_pkid);
    der_put_tlv(&w, 0x5F37, SLICE_OF(sig.b));
    der_put(&w, signed1);
    der_wrap(&w, 0xBF38, 0);
    return written(&w);
}

slice server_prepare(struct bench *b)
{
    struct server *s = &b->server;
    uint8_t head[DER_HEAD_MAX];
    struct der_writer w = writer(b, 256);
    struct ec_sig sig;
    slice parts[3];

    if (s->known_otpk.p)
        der_put_tlv(&w, 0x5F49, s->known_otpk);
    der_put_bool(&w, 0x01, s->cc_required);
    der_put_tlv(&w, 0x80, SLICE_OF(s->tid2));
    der_wrap(&w, 0x30, 0);
    parts[0] = written(&w);
    parts[1] = slice_of(head, der_put_head(0x5F37, SIG_LEN, head));
    parts[2] = SLICE_OF(s->euicc_signature1);
    sig = sign(b, s->pb_signer, parts, 3, s->break_signature2);
    memcpy(s->smdp_signature2, sig.b, SIG_LEN);
    w = writer(b, 4096);
    der_put(&w, s->pb_certificate);
    if (s->hash_cc.p)
        der_put_tlv(&w, 0x04, s->hash_cc);
    der_put_tlv(&w, 0x5F37, SLICE_OF(sig.b));
    der_put(&w, parts[0]);
    der_wrap(&w, 0xBF21, 0);
    return written(&w);
}

int error_of(slice response)
{
    struct authenticate_server_response a;
    struct prepare_download_response p;

    if (!schema_decode(&T_authenticate_server_response, response, &a, NULL) &&
        a.which == authenticate_server_response_is_authenticate_response_error)
        return (int)a.authenticate_response_error.authenticate_error_code;
    if (!schema_decode(&T_prepare_download_response, response, &p, NULL) &&
        p.which == prepare_download_response_is_download_response_error)
        return (int)p.download_response_error.download_error_code;
    return 0;
}

slice server_p384(struct bench *b, const struct identity *like)
{
    static const char spki[] =
        "3076301006072A8648CE3D020106052B8104002203620004"
        "AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872"
        "760AB73617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A43"
        "1D7C90EA0E5F";
    uint8_t *buf = arena_alloc(&b->arena, 4096), *tbs = arena_alloc(&b->arena, 4096);
    struct der_writer w = der_writer(tbs, 4096);
    struct tlv old;
    slice out, key = bench_hex(b, "%s", spki), rest;

    assert_int_equal(der_one(like->cert.tbs, &old), E_OK);
    rest = old.value;
    rest.n = (size_t)(like->cert.spki.p - old.value.p);
    out = slice_skip(old.value, rest.n + like->cert.spki.n);
    der_put(&w, out);
    der_put(&w, key);
    der_put(&w, rest);
    der_wrap(&w, 0x30, 0);
    assert_int_equal(der_written(&w, &out), E_OK);
    assert_int_equal(cert_sign(b->crypto, out, &b->lab->ci.signer, buf, 4096, &out), E_OK);
    return out;
}

/* The card's signature, by the key of its certificate. */
static void verify(struct bench *b, const slice *parts, size_t count, slice signature)
{
    const struct cert *cert = &b->lab->files.of[0].euicc.cert;
    struct public_key *key;

    assert_int_equal(key_open(b->crypto, cert->curve, &cert->point, &key), E_OK);
    assert_int_equal(key_verify(key, parts, count, signature), E_OK);
    key_drop(key);
}

static void verify_chain(struct bench *b, slice euicc, slice eum)
{
    static struct trust trust;
    struct chain chain;
    uint8_t eid[EID_LEN];

    trust_open(&trust, b->crypto);
    assert_int_equal(trust_add_cert(&trust, b->lab->ci.cert.der), E_OK);
    assert_int_equal(chain_verify_euicc(&trust, euicc, eum, SLICE_NONE, NO_TIME, &chain, eid, NULL),
                     E_OK);
    assert_memory_equal(eid, b->personality.eid, EID_LEN);
    chain_close(&chain);
    trust_close(&trust);
}

void server_authenticated(struct bench *b)
{
    struct authenticate_server_response r;
    struct euicc_signed1 s;
    struct euicc_info2 info;
    const struct authenticate_response_ok *ok = &r.authenticate_response_ok;

    assert_int_equal(schema_decode(&T_authenticate_server_response,
                                   bench_es10(b, server_authenticate(b)), &r, NULL),
                     E_OK);
    assert_int_equal(r.which, authenticate_server_response_is_authenticate_response_ok);
    verify(b, &ok->euicc_signed1, 1, ok->euicc_signature1);
    verify_chain(b, ok->euicc_certificate, ok->eum_certificate);
    assert_int_equal(schema_decode(&T_euicc_signed1, ok->euicc_signed1, &s, NULL), E_OK);
    assert_int_equal(schema_decode(&T_euicc_info2, s.euicc_info2, &info, NULL), E_OK);
    /* a card of SGP.32 v1.0 signs SGP.22's EUICCInfo2 */
    assert_int_equal(info.has_iot_specific_info, b->personality.iot_version[1] > 0);
    assert_true(slice_eq(s.transaction_id, SLICE_OF(b->server.tid)));
    assert_true(slice_eq(s.server_address, b->server.address));
    memcpy(b->server.euicc_signature1, ok->euicc_signature1.p, SIG_LEN);
}

void server_prepared(struct bench *b)
{
    struct server *s = &b->server;
    struct prepare_download_response r;
    struct euicc_signed2 signed2;
    uint8_t head[DER_HEAD_MAX];
    slice parts[3];

    assert_int_equal(
        schema_decode(&T_prepare_download_response, bench_es10(b, server_prepare(b)), &r, NULL),
        E_OK);
    assert_int_equal(r.which, prepare_download_response_is_download_response_ok);
    parts[0] = r.download_response_ok.euicc_signed2;
    parts[1] = slice_of(head, der_put_head(0x5F37, SIG_LEN, head));
    parts[2] = SLICE_OF(s->smdp_signature2);
    verify(b, parts, 3, r.download_response_ok.euicc_signature2);
    assert_int_equal(schema_decode(&T_euicc_signed2, parts[0], &signed2, NULL), E_OK);
    assert_true(slice_eq(signed2.transaction_id, SLICE_OF(s->tid)));
    assert_int_equal(signed2.hash_cc.p != NULL, s->hash_cc.p != NULL);
    assert_true(slice_eq(signed2.hash_cc, s->hash_cc));
    assert_int_equal(ec_point_parse(signed2.euicc_otpk, &s->euicc_otpk), E_OK);
}

void server_session(struct bench *b)
{
    server_challenge(b);
    server_authenticated(b);
    server_prepared(b);
}

/* ---- binding ---- */

static slice secure_channel(struct bench *b, struct bsp *bsp)
{
    static const uint8_t host[] = "HOST0001";
    struct server *s = &b->server;
    struct der_writer w = writer(b, 512);
    struct ec_point own;
    struct ec_sig sig;
    uint8_t z[SECRET_LEN], head[DER_HEAD_MAX];
    slice parts[3];
    size_t mark;

    assert_int_equal(crypto_agree_fresh(b->crypto, s->pb_signer->curve, &s->euicc_otpk, &own, z),
                     E_OK);
    assert_int_equal(bsp_derive(bsp, b->crypto, z, slice_of(host, 8), SLICE_OF(b->personality.eid)),
                     E_OK);
    der_put_tlv(&w, 0x5F49, SLICE_OF(own.b));
    mark = der_mark(&w);
    der_put_tlv(&w, 0x84, slice_of(host, 8));
    der_put_tlv(&w, 0x81, slice_of(&s->key_length, 1));
    der_put_tlv(&w, 0x80, slice_of(&s->key_type, 1));
    der_wrap(&w, 0xA6, mark);
    der_put_tlv(&w, 0x80, SLICE_OF(s->tid3));
    der_put_tlv(&w, 0x82, slice_of(&s->remote_op, 1));
    parts[0] = written(&w);
    parts[1] = slice_of(head, der_put_head(0x5F49, POINT_LEN, head));
    parts[2] = SLICE_OF(s->euicc_otpk.b);
    sig = sign(b, s->pb_signer, parts, 3, s->break_smdp_sign);
    w = writer(b, 512);
    der_put_tlv(&w, 0x5F37, SLICE_OF(sig.b));
    der_put(&w, parts[0]);
    der_wrap(&w, 0xBF23, 0);
    return written(&w);
}

/* All TLVs of one group under its tag. */
static slice group(struct bench *b, struct bsp *bsp, uint32_t group_tag, uint8_t tag, slice plain)
{
    size_t size = 2 * plain.n + 512, n = 0, used = 0;
    uint8_t *out = arena_alloc(&b->arena, size), *whole;
    bool flip = b->server.flip_group == tag && !(group_tag == 0xA2);
    uint8_t head[DER_HEAD_MAX];
    size_t head_n;

    assert_non_null(out);
    do {
        slice part = slice_head(plain, b->server.cut);

        plain = slice_skip(plain, b->server.cut);
        assert_int_equal(bsp_seal(bsp, tag, part, out + used, size - used, &n), E_OK);
        used += n;
        if (flip)
            out[used - 1] ^= 1;
        flip = false;
    } while (plain.n);
    if (b->server.leave_out == (int)group_tag)
        return SLICE_EMPTY;
    head_n = der_put_head(group_tag, used, head);
    whole = arena_alloc(&b->arena, head_n + used);
    memcpy(whole, head, head_n);
    memcpy(whole + head_n, out, used);
    return slice_of(whole, head_n + used);
}

slice server_bind(struct bench *b)
{
    struct server *s = &b->server;
    struct bsp bsp;
    struct aes128_key keys[2];
    uint8_t ppk[48], head[DER_HEAD_MAX];
    struct der_writer w = writer(b, 512);
    slice parts[6];
    size_t total = 0;

    parts[1] = secure_channel(b, &bsp);
    der_put(&w, s->dp_data);
    der_wrap(&w, 0xBF24, 0);
    parts[2] = group(b, &bsp, 0xA0, 0x87, written(&w));
    parts[3] = group(b, &bsp, 0xA1, 0x88, s->metadata);
    parts[4] = SLICE_EMPTY;
    if (s->ppk) {
        assert_int_equal(crypto_random(b->crypto, ppk, sizeof ppk), E_OK);
        w = writer(b, 128);
        der_put_tlv(&w, 0x82, slice_of(ppk + 32, 16));
        der_put_tlv(&w, 0x81, slice_of(ppk + 16, 16));
        der_put_tlv(&w, 0x80, slice_of(ppk, 16));
        der_wrap(&w, 0xBF26, 0);
        parts[4] = group(b, &bsp, 0xA2, 0x87, written(&w));
        memcpy(keys[0].b, ppk + 16, 16);
        memcpy(keys[1].b, ppk + 32, 16);
        bsp_start(&bsp, b->crypto, &keys[0], &keys[1], ppk);
    }
    parts[5] = group(b, &bsp, 0xA3, 0x86, s->package);
    for (size_t n = 1; n < COUNT(parts); n++)
        total += parts[n].n;
    parts[0] = keep(b, slice_of(head, der_put_head(0xBF36, total, head)));
    return arena_concat(&b->arena, parts, COUNT(parts));
}

/* ---- loading, as an IPA does (SGP.22 2.5.5) ---- */

/* One segment; true when the load is over. */
static bool segment(struct bench *b, const uint8_t *from, const uint8_t *to)
{
    bench_store(b, slice_of(from, (size_t)(to - from)));
    return b->sw != 0x9000 || b->n > 0;
}

static const uint8_t *content_of(slice element)
{
    uint32_t tag;
    size_t head, content;

    assert_int_equal(der_head(element, &tag, &head, &content), E_OK);
    return element.p + head;
}

static bool load_group(struct bench *b, struct tlv group)
{
    struct der_reader r = der_reader(group.value);
    const uint8_t *from = group.whole.p;
    bool joined = group.tag == 0xA0 || group.tag == 0xA2;

    if (!joined && segment(b, from, content_of(group.whole)))
        return true;
    if (!joined)
        from = content_of(group.whole);
    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (segment(b, from, t.whole.p + t.whole.n))
            return true;
        from = t.whole.p + t.whole.n;
    }
    return false;
}

slice bench_load(struct bench *b, slice bpp)
{
    struct der_reader r = der_reader(slice_of(content_of(bpp), bpp.n));
    struct tlv first;
    bool over;

    r.in.n = (size_t)(bpp.p + bpp.n - r.in.p);
    first = der_take(&r);
    over = segment(b, bpp.p, first.whole.p + first.whole.n);
    while (!over && der_more(&r))
        over = load_group(b, der_take(&r));
    return slice_of(b->response, b->sw == 0x9000 || b->sw >> 8 == 0x91 ? b->n : 0);
}

slice bench_download(struct bench *b, slice package, slice metadata)
{
    server_defaults(b, package, metadata);
    server_session(b);
    return bench_load(b, server_bind(b));
}

struct pir pir_read(struct bench *b, slice response)
{
    struct profile_installation_result r;
    struct pir out = { 0 };
    const struct final_result *f = &out.data.final_result;

    response = keep(b, response);
    assert_int_equal(schema_decode(&T_profile_installation_result, response, &r, NULL), E_OK);
    verify(b, &r.profile_installation_result_data, 1, r.euicc_sign_pir);
    assert_int_equal(schema_decode(&T_profile_installation_result_data,
                                   r.profile_installation_result_data, &out.data, NULL),
                     E_OK);
    assert_int_equal(schema_decode(&T_notification_metadata, out.data.notification_metadata,
                                   &out.metadata, NULL),
                     E_OK);
    assert_true(slice_eq(out.data.smdp_oid, b->lab->dp_auth.cert.rid));
    if (f->which == final_result_is_error_result) {
        out.reason = (int)f->error_result.error_reason;
        out.command = (int)f->error_result.bpp_command_id;
        out.sima = f->error_result.sima_response;
    } else {
        out.aid = f->success_result.aid;
        out.sima = f->success_result.sima_response;
    }
    return out;
}
