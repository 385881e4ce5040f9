/* The other side of a benchmark's card: LPA, SM-DP+ and eIM (bench_euicc.h). */
#include "cmd/bench_euicc.h"

#include "base/secret.h"
#include "pki/issue.h"
#include "rsp/sgp22.h"
#include "rsp/sgp32.h"
#include "smdp/bind.h"

#include <stdio.h>

#define ADDRESS SLICE_LIT(BENCH_SMDP)
#define EIM_ID  SLICE_LIT(BENCH_EIM)

static bool complain(const struct bench_lpa *l, const char *what)
{
    fprintf(stderr, "bench card: %s: status word %04X, %zu octets of answer\n", what, l->t.sw,
            l->t.n);
    return false;
}

/* ---- the link: only here the card works ---- */

static enum err transmit(void *ctx, slice command, uint8_t *response, size_t size, size_t *n)
{
    struct bench_lpa *l = ctx;
    double before = cpu_thread_us();

    *n = card_apdu(l->e->card, command, response, size);
    l->card_us += cpu_thread_us() - before;
    l->apdus++;
    return E_OK;
}

static enum err reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    struct bench_lpa *l = ctx;

    (void)atr;
    (void)size;
    card_reset(l->e->card);
    *n = 0;
    return E_OK;
}

static void close_link(void *ctx)
{
    (void)ctx;
}

void bench_lpa_init(struct bench_lpa *l, struct bench_ground *g)
{
    *l = (struct bench_lpa){ .ground = g };
    l->link = (struct card_link){ l, transmit, reset, close_link };
    arena_init(&l->arena, (size_t)64 << 20);
}

void bench_lpa_close(struct bench_lpa *l)
{
    signer_close(&l->eim);
    arena_free(&l->arena);
}

bool bench_lpa_take(struct bench_lpa *l, struct bench_euicc *e)
{
    static const uint8_t open[4] = { 0x00, 0x70, 0x00, 0x00 };

    l->e = e;
    terminal_init(&l->t, &l->link, 0);
    if (terminal_expect(&l->t, open, SLICE_NONE, 1) || l->t.n != 1)
        return complain(l, "MANAGE CHANNEL");
    l->t.channel = l->t.data[0];
    return !terminal_select_aid(&l->t, isdr_app.aid) || complain(l, "SELECT of ISD-R");
}

static bool ask(struct bench_lpa *l, slice request)
{
    uint8_t header[4] = { 0x80, 0xE2, 0x11, 0x00 };
    enum err e;

    do {
        slice part = slice_head(request, 255);

        request = slice_skip(request, 255);
        if (!request.n)
            header[2] = 0x91;
        e = terminal_expect(&l->t, header, part, -1);
        header[3]++;
    } while (!e && request.n);
    return !e || complain(l, "STORE DATA");
}

/* What the writer holds goes to the card. */
static bool es10(struct bench_lpa *l, const struct der_writer *w)
{
    slice request;

    return !der_written(w, &request) && ask(l, request);
}

static slice answer(const struct bench_lpa *l)
{
    return slice_of(l->t.data, l->t.n);
}

static struct der_writer writer(struct bench_lpa *l, size_t size)
{
    void *buf = arena_alloc(&l->arena, size);

    return der_writer(buf, buf ? size : 0);
}

/* ---- a download ---- */

struct session {
    struct bench_lpa *l;
    uint8_t tid[16], challenge[16];
    struct ec_sig signature1; /* of the card */
    struct ec_point otpk;
};

static bool authenticate(struct session *s)
{
    struct bench_lpa *l = s->l;
    const struct bench_server *keys = &l->ground->keys;
    struct der_writer w = writer(l, 256), q = writer(l, 2048);
    struct authenticate_server_response r;
    struct ec_sig sig;
    slice signed1;

    if (!ask(l, SLICE_LIT("\xBF\x2E\x00")) || l->t.n != 21)
        return complain(l, "GetEUICCChallenge");
    memcpy(s->challenge, l->t.data + 5, 16);
    der_put_tlv(&w, 0x84, SLICE_OF(s->tid));
    der_put_tlv(&w, 0x83, ADDRESS);
    der_put_tlv(&w, 0x81, SLICE_OF(s->challenge));
    der_put_tlv(&w, 0x80, SLICE_OF(s->tid));
    der_wrap(&w, 0x30, 0);
    if (der_written(&w, &signed1) ||
        signer_sign(&keys->dp_auth.signer, keys->crypto, &signed1, 1, &sig))
        return complain(l, "serverSignature1");
    der_put_tlv(&q, 0xA1, SLICE_LIT("\x80\x04\x35\x29\x06\x11\xA1\x05\x85\x03\x09\x00\x00"));
    der_put_tlv(&q, 0x80, SLICE_LIT("BENCH"));
    der_wrap(&q, 0xA0, 0);
    der_put(&q, keys->dp_auth.cert.der);
    der_put_tlv(&q, 0x04, keys->ci.cert.ski);
    der_put_tlv(&q, 0x5F37, SLICE_OF(sig.b));
    der_put(&q, signed1);
    der_wrap(&q, 0xBF38, 0);
    if (!es10(l, &q) || schema_decode(&T_authenticate_server_response, answer(l), &r, NULL) ||
        r.which != authenticate_server_response_is_authenticate_response_ok)
        return complain(l, "AuthenticateServer");
    memcpy(s->signature1.b, r.authenticate_response_ok.euicc_signature1.p, SIG_LEN);
    return true;
}

static bool prepare(struct session *s)
{
    struct bench_lpa *l = s->l;
    struct der_writer w = writer(l, 256), q = writer(l, 2048);
    struct prepare_download_response r;
    struct euicc_signed2 signed2;
    uint8_t head[DER_HEAD_MAX];
    struct ec_sig sig;
    slice parts[3];

    der_put_bool(&w, 0x01, false);
    der_put_tlv(&w, 0x80, SLICE_OF(s->tid));
    der_wrap(&w, 0x30, 0);
    if (der_written(&w, &parts[0]))
        return complain(l, "smdpSigned2");
    parts[1] = slice_of(head, der_put_head(0x5F37, SIG_LEN, head));
    parts[2] = SLICE_OF(s->signature1.b);
    if (signer_sign(&l->ground->dp_pb.signer, l->ground->keys.crypto, parts, 3, &sig))
        return complain(l, "smdpSignature2");
    der_put(&q, l->ground->dp_pb.cert.der);
    der_put_tlv(&q, 0x5F37, SLICE_OF(sig.b));
    der_put(&q, parts[0]);
    der_wrap(&q, 0xBF21, 0);
    if (!es10(l, &q) || schema_decode(&T_prepare_download_response, answer(l), &r, NULL) ||
        r.which != prepare_download_response_is_download_response_ok ||
        schema_decode(&T_euicc_signed2, r.download_response_ok.euicc_signed2, &signed2, NULL) ||
        ec_point_parse(signed2.euicc_otpk, &s->otpk))
        return complain(l, "PrepareDownload");
    return true;
}

static slice content_of(slice element)
{
    uint32_t tag;
    size_t head, content;

    return der_head(element, &tag, &head, &content) ? SLICE_NONE : slice_skip(element, head);
}

static bool segment(struct bench_lpa *l, const uint8_t *from, const uint8_t *to)
{
    return ask(l, slice_of(from, (size_t)(to - from)));
}

/* SGP.22 2.5.5: heads of A1 and A3 by themselves, those of A0 and A2 with their first TLV. */
static bool load_group(struct bench_lpa *l, struct tlv group)
{
    struct der_reader r = der_reader(group.value);
    const uint8_t *from = group.whole.p;

    if (group.tag != 0xA0 && group.tag != 0xA2) {
        if (!segment(l, from, group.value.p))
            return false;
        from = group.value.p;
    }
    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (!segment(l, from, t.whole.p + t.whole.n))
            return false;
        from = t.whole.p + t.whole.n;
    }
    return !der_end(&r);
}

static bool load(struct bench_lpa *l, slice bpp)
{
    struct der_reader r = der_reader(content_of(bpp));
    struct profile_installation_result_data d;
    struct profile_installation_result pir;
    struct notification_metadata metadata = { 0 };
    struct tlv first = der_take(&r);
    bool ok = first.tag == 0xBF23 && segment(l, bpp.p, first.whole.p + first.whole.n);

    while (ok && der_more(&r))
        ok = load_group(l, der_take(&r));
    ok = ok && !schema_decode(&T_profile_installation_result, answer(l), &pir, NULL) &&
         !schema_decode(&T_profile_installation_result_data, pir.profile_installation_result_data,
                        &d, NULL) &&
         d.final_result.which == final_result_is_success_result &&
         !schema_decode(&T_notification_metadata, d.notification_metadata, &metadata, NULL);
    l->sequence = metadata.seq_number;
    return ok || complain(l, "LoadBoundProfilePackage");
}

static bool bind_and_load(struct session *s, slice package, slice metadata)
{
    struct bench_lpa *l = s->l;
    const struct smdp_bind in = {
        .crypto = l->ground->keys.crypto,
        .signer = &l->ground->dp_pb.signer,
        .transaction_id = SLICE_OF(s->tid),
        .eid = SLICE_OF(l->e->personality.eid),
        .euicc_otpk = SLICE_OF(s->otpk.b),
        .metadata = metadata,
        .package = package,
    };
    struct smdp_bound bound;
    struct der_reader r;
    enum err e = smdp_bind(&in, &l->arena, &bound);

    if (e) {
        fprintf(stderr, "bench card: bound package: %s\n", err_text(e));
        return false;
    }
    r = der_reader(content_of(content_of(bound.response)));
    der_take(&r); /* transactionId */
    return load(l, der_expect(&r, 0xBF36).whole);
}

bool bench_lpa_download(struct bench_lpa *l, slice package, slice metadata)
{
    struct session s = { .l = l };

    l->card_us = 0;
    l->apdus = 0;
    return !crypto_random(l->ground->keys.crypto, s.tid, sizeof s.tid) && authenticate(&s) &&
           prepare(&s) && bind_and_load(&s, package, metadata);
}

bool bench_lpa_acknowledge(struct bench_lpa *l)
{
    uint8_t buf[16];
    struct der_writer w = der_writer(buf, sizeof buf);

    der_put_int(&w, 0x80, l->sequence);
    der_wrap(&w, 0xBF30, 0);
    return (es10(l, &w) && slice_eq(answer(l), SLICE_LIT("\xBF\x30\x03\x80\x01\x00"))) ||
           complain(l, "RemoveNotificationFromList");
}

/* ---- profile states ---- */

bool bench_lpa_set(struct bench_lpa *l, enum bench_state to, const uint8_t iccid[ICCID_LEN])
{
    const uint8_t ok[] = { 0xBF, (uint8_t)to, 0x03, 0x80, 0x01, 0x00 };
    uint8_t buf[32];
    struct der_writer w = der_writer(buf, sizeof buf);
    size_t mark;

    if (to != BENCH_DELETE)
        der_put_tlv(&w, 0x81, SLICE_LIT("\0"));
    mark = der_mark(&w);
    der_put_tlv(&w, 0x5A, slice_of(iccid, ICCID_LEN));
    if (to != BENCH_DELETE)
        der_wrap(&w, 0xA0, mark);
    der_wrap(&w, 0xBF00u | (unsigned)to, 0);
    return (es10(l, &w) && slice_eq(answer(l), SLICE_OF(ok))) || complain(l, "profile state");
}

/* ---- the eIM ---- */

bool bench_lpa_associate(struct bench_lpa *l)
{
    const struct crypto *c = l->ground->keys.crypto;
    uint8_t buf[512], spki[160];
    struct der_writer w = der_writer(buf, sizeof buf), k = der_writer(spki, sizeof spki);
    struct add_initial_eim_response r;
    struct ec_scalar secret;
    struct ec_point point;
    enum err e = crypto_key_pair(c, CURVE_P256, &secret, &point);
    slice key;

    if (!e)
        e = signer_open(c, CURVE_P256, &secret, &l->eim);
    wipe(&secret, sizeof secret);
    der_put_spki(&k, CURVE_P256, &point);
    if (e || der_written(&k, &key))
        return complain(l, "key of the eIM");
    l->counter = 0;
    der_put_rehead(&w, 0xA0, key);
    der_wrap(&w, 0xA5, 0);
    der_put_int(&w, 0x83, l->counter);
    der_put_tlv(&w, 0x80, EIM_ID);
    der_wrap(&w, 0x30, 0);
    der_wrap(&w, 0xA0, 0);
    der_wrap(&w, 0xBF57, 0);
    if (!es10(l, &w) || schema_decode(&T_add_initial_eim_response, answer(l), &r, NULL) ||
        r.which != add_initial_eim_response_is_add_initial_eim_ok)
        return complain(l, "AddInitialEim");
    return true;
}

bool bench_lpa_package(struct bench_lpa *l, const uint8_t iccid[ICCID_LEN])
{
    uint8_t buf[512], out[640];
    struct der_writer w = der_writer(buf, sizeof buf), o = der_writer(out, sizeof out);
    struct euicc_package_result r;
    struct ec_sig sig;
    slice parts[2];

    der_put_tlv(&w, 0x5A, slice_of(iccid, ICCID_LEN));
    der_wrap(&w, 0xA3, 0);
    der_wrap(&w, 0xA0, 0);
    der_put_int(&w, 0x81, ++l->counter);
    der_put_tlv(&w, 0x5A, SLICE_OF(l->e->personality.eid));
    der_put_tlv(&w, 0x80, EIM_ID);
    der_wrap(&w, 0x30, 0);
    parts[1] = SLICE_LIT("\x84\x01\x00"); /* no association token */
    if (der_written(&w, &parts[0]) || signer_sign(&l->eim, l->ground->keys.crypto, parts, 2, &sig))
        return complain(l, "signature of the eIM");
    der_put_tlv(&o, 0x5F37, SLICE_OF(sig.b));
    der_put(&o, parts[0]);
    der_wrap(&o, 0xBF51, 0);
    if (!es10(l, &o) || schema_decode(&T_euicc_package_result, answer(l), &r, NULL) ||
        r.which != euicc_package_result_is_euicc_package_result_signed)
        return complain(l, "LoadEuiccPackage");
    return true;
}
