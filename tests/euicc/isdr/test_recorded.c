/*
 * Conversations of other implementations (../shared/data/recorded): every real signature in them
 * verifies, and both bound packages open, with the card's own stream and the recorded one-time key,
 * to the package that they were made from.
 */
#include "euicc/isdr/lab.h"

#include "base/text.h"
#include "euicc/isdr/bpp.h"

struct recording {
    const char *name, *package;
};
static const struct recording recordings[] = {
    { "recorded/es9plus-osmo-nist.json", "ts48/ts48-v3-saip23-nobertlv.der" },
    { "recorded/es9plus-osmo-brainpool.json", "ts48/ts48-v2-saip21-bertlv.der" },
};

/* ---- members of the JSON text: "key": "value"; each stands there once ---- */

static slice text_of(slice json, const char *key)
{
    char quoted[64];
    const char *at, *end;

    snprintf(quoted, sizeof quoted, "\"%s\": \"", key);
    at = strstr((const char *)json.p, quoted);
    assert_non_null(at);
    at += strlen(quoted);
    end = strchr(at, '"');
    assert_non_null(end);
    return slice_of(at, (size_t)(end - at));
}

static slice octets_of(struct arena *a, slice json, const char *key)
{
    slice text = text_of(json, key);
    uint8_t *out = arena_alloc(a, text.n);
    size_t n;

    assert_non_null(out);
    assert_int_equal(b64_decode(text, out, text.n, &n), E_OK);
    return slice_of(out, n);
}

static slice read_json(struct arena *a, const char *name)
{
    slice file = lab_data(name);
    char *copy;

    if (!file.p)
        return SLICE_NONE;
    copy = arena_alloc(a, file.n + 1);
    assert_non_null(copy);
    memcpy(copy, file.p, file.n);
    return slice_of(copy, file.n);
}

/* ---- one conversation, decoded ---- */

struct conversation {
    struct arena arena;
    slice server_signed1, server_signature1, smdp_signed2, smdp_signature2, bpp;
    struct cert dp_auth, dp_pb, euicc, eum;
    struct authenticate_server_response authenticated;
    struct prepare_download_response prepared;
    struct euicc_signed2 signed2;
    struct ec_scalar otsk;
    struct ec_point otpk;
    uint8_t eid[EID_LEN];
};

static slice signature_of(slice element)
{
    struct tlv t;

    assert_int_equal(der_one(element, &t), E_OK);
    assert_int_equal(t.tag, 0x5F37);
    return t.value;
}

static bool read_conversation(struct conversation *v, const struct recording *r)
{
    slice json;
    size_t n;

    memset(v, 0, sizeof *v);
    arena_init(&v->arena, 4u << 20);
    json = read_json(&v->arena, r->name);
    if (!json.p)
        return false;
    v->server_signed1 = octets_of(&v->arena, json, "serverSigned1");
    v->server_signature1 = octets_of(&v->arena, json, "serverSignature1");
    v->smdp_signed2 = octets_of(&v->arena, json, "smdpSigned2");
    v->smdp_signature2 = octets_of(&v->arena, json, "smdpSignature2");
    v->bpp = octets_of(&v->arena, json, "boundProfilePackage");
    assert_int_equal(cert_parse(octets_of(&v->arena, json, "serverCertificate"), &v->dp_auth),
                     E_OK);
    assert_int_equal(cert_parse(octets_of(&v->arena, json, "smdpCertificate"), &v->dp_pb), E_OK);
    assert_int_equal(schema_decode(&T_authenticate_server_response,
                                   octets_of(&v->arena, json, "authenticateServerResponse"),
                                   &v->authenticated, NULL),
                     E_OK);
    assert_int_equal(schema_decode(&T_prepare_download_response,
                                   octets_of(&v->arena, json, "prepareDownloadResponse"),
                                   &v->prepared, NULL),
                     E_OK);
    assert_int_equal(schema_decode(&T_euicc_signed2, v->prepared.download_response_ok.euicc_signed2,
                                   &v->signed2, NULL),
                     E_OK);
    assert_int_equal(
        cert_parse(v->authenticated.authenticate_response_ok.euicc_certificate, &v->euicc), E_OK);
    assert_int_equal(cert_parse(v->authenticated.authenticate_response_ok.eum_certificate, &v->eum),
                     E_OK);
    assert_int_equal(hex_decode(text_of(json, "euicc_otsk"), v->otsk.b, SCALAR_LEN, &n), E_OK);
    assert_int_equal(eid_from_digits(text_of(json, "eid"), v->eid), E_OK);
    assert_int_equal(crypto_public_of(crypto_openssl(), v->dp_pb.curve, &v->otsk, &v->otpk), E_OK);
    return true;
}

static void verify(const struct cert *by, const slice *parts, size_t count, slice signature)
{
    struct public_key *key;

    assert_int_equal(key_open(crypto_openssl(), by->curve, &by->point, &key), E_OK);
    assert_int_equal(key_verify(key, parts, count, signature), E_OK);
    key_drop(key);
}

static void signatures_of(struct conversation *v)
{
    const struct authenticate_response_ok *a = &v->authenticated.authenticate_response_ok;
    const struct prepare_download_response_ok *p = &v->prepared.download_response_ok;
    static const uint8_t head[] = { 0x5F, 0x37, 0x40 };
    slice parts[3];

    verify(&v->dp_auth, &v->server_signed1, 1, signature_of(v->server_signature1));
    verify(&v->euicc, &a->euicc_signed1, 1, a->euicc_signature1);
    parts[0] = v->smdp_signed2;
    parts[1] = SLICE_OF(head);
    parts[2] = a->euicc_signature1;
    verify(&v->dp_pb, parts, 3, signature_of(v->smdp_signature2));
    parts[0] = p->euicc_signed2;
    parts[1] = v->smdp_signature2;
    verify(&v->euicc, parts, 2, p->euicc_signature2);
    assert_true(slice_eq(v->signed2.euicc_otpk, SLICE_OF(v->otpk.b)));
    assert_true(cert_same_server(&v->dp_auth, &v->dp_pb));
    assert_int_equal(cert_within_eum(&v->eum, &v->euicc), E_OK);
}

static void every_signature_verifies(void **state)
{
    (void)state;
    for (size_t n = 0; n < COUNT(recordings); n++) {
        struct conversation v;

        if (!read_conversation(&v, &recordings[n]))
            skip();
        signatures_of(&v);
        arena_free(&v.arena);
    }
}

/* ---- opening the package ---- */

struct opened {
    bool secured, configured;
    uint8_t metadata[2048], package[65536];
    size_t metadata_n, package_n;
    bool last;
};

static int on_secured(void *ctx)
{
    ((struct opened *)ctx)->secured = true;
    return BPP_OK;
}

static int on_configure(void *ctx, slice request)
{
    assert_int_equal(schema_check(&T_configure_isdp_request, request, NULL), E_OK);
    ((struct opened *)ctx)->configured = true;
    return BPP_OK;
}

static int on_metadata(void *ctx, slice octets, bool last)
{
    struct opened *o = ctx;

    assert_true(o->metadata_n + octets.n <= sizeof o->metadata);
    memcpy(o->metadata + o->metadata_n, octets.p, octets.n);
    o->metadata_n += octets.n;
    if (last)
        assert_int_equal(
            schema_check(&T_store_metadata_request, slice_of(o->metadata, o->metadata_n), NULL),
            E_OK);
    return BPP_OK;
}

static int on_elements(void *ctx, slice octets, bool last)
{
    struct opened *o = ctx;

    assert_true(o->package_n + octets.n <= sizeof o->package);
    memcpy(o->package + o->package_n, octets.p, octets.n);
    o->package_n += octets.n;
    o->last = last;
    return BPP_OK;
}

static void open_stream(struct conversation *v, struct bpp *b, struct opened *o, uint8_t *segment,
                        size_t size)
{
    const struct bpp_sink sink = { o, on_secured, on_configure, on_metadata, on_elements };
    struct smdp_signed2 s;
    struct bpp_session session = {
        .curve = v->dp_pb.curve, .dppb = &v->dp_pb.point, .otsk = &v->otsk, .otpk = &v->otpk
    };

    assert_int_equal(schema_decode(&T_smdp_signed2, v->smdp_signed2, &s, NULL), E_OK);
    session.tid = s.transaction_id;
    memcpy(session.eid, v->eid, EID_LEN);
    memset(o, 0, sizeof *o);
    bpp_open(b, crypto_openssl(), &session, &sink, segment, size);
}

static void open_in_cuts_of(struct conversation *v, slice package, size_t cut)
{
    static struct opened o;
    uint8_t segment[1036];
    struct bpp b;

    open_stream(v, &b, &o, segment, sizeof segment);
    for (slice rest = v->bpp; rest.n; rest = slice_skip(rest, cut))
        assert_int_equal(bpp_feed(&b, slice_head(rest, cut)), E_OK);
    assert_true(b.ended && !b.failed && o.secured && o.configured && o.last);
    assert_int_equal(o.package_n, package.n);
    assert_memory_equal(o.package, package.p, package.n);
    bpp_close(&b);
}

static void packages_open(void **state)
{
    static const size_t cuts[] = { 1, 7, 120, 255, 1000000 };

    (void)state;
    for (size_t n = 0; n < COUNT(recordings); n++) {
        struct conversation v;
        slice package = lab_data(recordings[n].package);

        if (!package.p)
            skip();
        package = slice_of(memcpy(malloc(package.n), package.p, package.n), package.n);
        if (!read_conversation(&v, &recordings[n]))
            skip();
        for (size_t k = 0; k < COUNT(cuts); k++)
            open_in_cuts_of(&v, package, cuts[k]);
        free((void *)(uintptr_t)package.p);
        arena_free(&v.arena);
    }
}

/* Any octet of the stream changed: never the same package, never a fault of memory. */
static void any_flip_is_refused(void **state)
{
    static struct opened o;
    uint8_t segment[1036];
    struct conversation v;
    struct bpp b;

    (void)state;
    if (!read_conversation(&v, &recordings[0]))
        skip();
    for (size_t at = 0; at < v.bpp.n; at += at < 700 ? 1 : 97) {
        uint8_t *octet = (uint8_t *)(uintptr_t)(v.bpp.p + at);
        enum err err;

        *octet ^= 0x10;
        open_stream(&v, &b, &o, segment, sizeof segment);
        err = bpp_feed(&b, v.bpp);
        assert_true(err || !b.ended);
        bpp_close(&b);
        *octet ^= 0x10;
    }
    arena_free(&v.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_signature_verifies),
        cmocka_unit_test(packages_open),
        cmocka_unit_test(any_flip_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
