/*
 * The RSP session: challenge, mutual authentication, preparation of a download, cancellation
 * (SGP.22 5.7.5, 5.7.7, 5.7.13, 5.7.14). One session at a time; it begins with a challenge and ends
 * with the next one, a cancellation or a reset.
 */
#include "euicc/isdr/isdr_impl.h"

#include "base/secret.h"
#include "pki/cert.h"
#include "rsp/sgp22.h"

/* Ends the session. A download that is running gets its result with reason 11 (interruption). */
static enum err isdr_session_end(struct isdr *i)
{
    enum err err = E_OK;

    if (i->session.phase == SESSION_LOADING)
        err = download_interrupt(i);
    wipe(&i->session, sizeof i->session);
    return err;
}

void es10_challenge(struct isdr *i, slice request, struct reply *out)
{
    static const uint8_t head[] = { 0xBF, 0x2E, 0x12, 0x80, 0x10 };
    enum err err = isdr_session_end(i);

    (void)request;
    i->fresh_root = 0;
    if (!err)
        err = crypto_random(isdr_crypto(i), i->session.challenge, sizeof i->session.challenge);
    if (err) {
        reply_sw(out, sw_of(err));
        return;
    }
    i->session.phase = SESSION_CHALLENGE;
    if (reply_put(out, SLICE_OF(head)) && reply_put(out, SLICE_OF(i->session.challenge)))
        out->sw = SW_OK;
}

/* tag { A1 { 80 tid, 02 code } } */
static void answer_error(struct reply *out, uint32_t tag, slice tid, int code)
{
    uint8_t buf[40];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice octets;

    der_put_int(&w, 0x02, code);
    der_put_tlv(&w, 0x80, tid);
    der_wrap(&w, 0xA1, 0);
    der_wrap(&w, tag, 0);
    if (der_written(&w, &octets))
        reply_sw(out, SW_UNKNOWN);
    else if (reply_put(out, octets))
        out->sw = SW_OK;
}

/* ---- certificates of servers (SGP.22 2.6.1; a card has no trusted time) ---- */

static enum err verify_with(struct isdr *i, enum curve curve, const struct ec_point *point,
                            const slice *parts, size_t count, slice signature)
{
    struct public_key *key;
    enum err err = key_open(isdr_crypto(i), curve, point, &key);

    if (err)
        return err;
    err = key_verify(key, parts, count, signature);
    key_drop(key);
    return err;
}

static enum err verify_certificate(struct isdr *i, const struct cert *cert, unsigned ci)
{
    struct public_key *key;
    enum err err = key_open(isdr_crypto(i), i->p->ci[ci].curve, &i->p->ci[ci].key, &key);

    if (err)
        return err;
    err = cert_verify_signature(cert, key);
    key_drop(key);
    return err;
}

static bool curve_is_ours(enum curve curve)
{
    return curve == CURVE_P256 || curve == CURVE_BP256R1;
}

/* ---- AuthenticateServer ---- */

struct authentication {
    struct authenticate_server_request q;
    struct server_signed1 signed1;
    struct cert cert;
    int ci;        /* to sign under */
    int server_ci; /* that certified the server */
};

/* What a certificate that verifies signatures has, whatever its role. */
static bool extensions_sound(const struct cert *cert)
{
    return !cert->unknown_critical && !cert->is_ca && cert->has_key_usage &&
           cert->key_usage & KU_DIGITAL_SIGNATURE && cert->rid.p && cert->rid.n <= OID_MAX;
}

static int check_server_certificate(struct isdr *i, struct authentication *a)
{
    struct cert *cert = &a->cert;

    if (cert_parse(a->q.server_certificate, cert))
        return AUTHENTICATE_ERROR_INVALID_CERTIFICATE;
    a->server_ci = ci_by_pkid(i->p, cert->aki, false);
    if (a->server_ci < 0)
        return AUTHENTICATE_ERROR_CI_PK_UNKNOWN;
    if (verify_certificate(i, cert, (unsigned)a->server_ci) || certificate_revoked(i, cert) ||
        !extensions_sound(cert))
        return AUTHENTICATE_ERROR_INVALID_CERTIFICATE;
    if (!curve_is_ours(cert->curve))
        return AUTHENTICATE_ERROR_UNSUPPORTED_CURVE;
    if (cert->role != ROLE_DP_AUTH && cert->role != ROLE_DS_AUTH)
        return AUTHENTICATE_ERROR_INVALID_OID;
    return cert_check_role(cert, cert->role, NULL) ? AUTHENTICATE_ERROR_INVALID_CERTIFICATE : 0;
}

static int check_server(struct isdr *i, struct authentication *a)
{
    int code;

    if (i->session.phase != SESSION_CHALLENGE)
        return AUTHENTICATE_ERROR_NO_SESSION_CONTEXT;
    a->ci = ci_by_pkid(i->p, a->q.euicc_ci_pk_id_to_be_used, true);
    if (a->ci < 0)
        return AUTHENTICATE_ERROR_CI_PK_UNKNOWN;
    code = check_server_certificate(i, a);
    if (code)
        return code;
    if (verify_with(i, a->cert.curve, &a->cert.point, &a->q.server_signed1, 1,
                    a->q.server_signature1))
        return AUTHENTICATE_ERROR_INVALID_SIGNATURE;
    if (!slice_eq(a->signed1.euicc_challenge, SLICE_OF(i->session.challenge)))
        return AUTHENTICATE_ERROR_EUICC_CHALLENGE_MISMATCH;
    return 0;
}

static void remember_server(struct session *s, const struct authentication *a,
                            const uint8_t signature[SIG_LEN])
{
    s->tid_n = (uint8_t)a->signed1.transaction_id.n;
    memcpy(s->tid, a->signed1.transaction_id.p, s->tid_n);
    s->address_n = (uint8_t)slice_head(a->signed1.server_address, ADDRESS_MAX).n;
    memcpy(s->address, a->signed1.server_address.p, s->address_n);
    s->oid_n = (uint8_t)a->cert.rid.n;
    memcpy(s->oid, a->cert.rid.p, s->oid_n);
    s->ci = (uint8_t)a->ci;
    s->server_ci = (uint8_t)a->server_ci;
    s->smds = a->cert.role == ROLE_DS_AUTH;
    memcpy(s->signature1, signature, SIG_LEN);
    wipe(s->challenge, sizeof s->challenge);
    s->phase = SESSION_AUTHENTICATED;
}

static void answer_authentication(struct isdr *i, const struct authentication *auth,
                                  struct reply *out)
{
    const struct personality_ci *ci = &i->p->ci[auth->ci];
    size_t room = auth->q.ctx_params1.n + auth->signed1.server_address.n + ci->eum_certificate.n +
                  ci->euicc_certificate.n + 900;
    struct answer a;
    uint8_t *signature;
    slice signed1;
    size_t mark;
    enum err err;

    if (!answer_begin(&a, i, room, out))
        return;
    der_put(&a.w, ci->eum_certificate);
    der_put(&a.w, ci->euicc_certificate);
    signature = put_signature(&a.w);
    mark = der_mark(&a.w);
    der_put(&a.w, auth->q.ctx_params1);
    err = put_euicc_info2(i, INFO2_SIGNED, &a.w);
    der_put_tlv(&a.w, 0x84, auth->signed1.server_challenge);
    der_put_tlv(&a.w, 0x83, auth->signed1.server_address);
    der_put_tlv(&a.w, 0x80, auth->signed1.transaction_id);
    der_wrap(&a.w, 0x30, mark);
    signed1 = slice_of(a.w.at, der_mark(&a.w) - mark);
    if (!err)
        err = isdr_sign(i, (unsigned)auth->ci, &signed1, 1, signature);
    if (err) {
        answer_drop(&a, sw_of(err));
        return;
    }
    der_wrap(&a.w, 0xA0, 0);
    der_wrap(&a.w, 0xBF38, 0);
    remember_server(&i->session, auth, signature);
    answer_end(&a);
}

void es10_authenticate_server(struct isdr *i, slice request, struct reply *out)
{
    struct authentication a;
    enum err err = E_OK;
    int code;

    if (schema_decode(&T_authenticate_server_request, request, &a.q, NULL) ||
        schema_decode(&T_server_signed1, a.q.server_signed1, &a.signed1, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (i->session.phase > SESSION_CHALLENGE)
        err = isdr_session_end(i);
    code = check_server(i, &a);
    if (code) /* the challenge was good for this one (SGP.22 5.7.7) */
        wipe(&i->session, sizeof i->session);
    if (err)
        reply_sw(out, sw_of(err));
    else if (code)
        answer_error(out, 0xBF38, a.signed1.transaction_id, code);
    else
        answer_authentication(i, &a, out);
}

/* ---- PrepareDownload ---- */

struct preparation {
    struct prepare_download_request q;
    struct smdp_signed2 signed2;
    struct cert cert;
};

static int check_dppb_certificate(struct isdr *i, struct preparation *p)
{
    const struct session *s = &i->session;
    struct cert *cert = &p->cert;
    int ci;

    if (cert_parse(p->q.smdp_certificate, cert))
        return DOWNLOAD_ERROR_INVALID_CERTIFICATE;
    ci = ci_by_pkid(i->p, cert->aki, false);
    if (ci != (int)s->server_ci || !slice_eq(cert->rid, slice_of(s->oid, s->oid_n)))
        return DOWNLOAD_ERROR_INVALID_CERTIFICATE;
    if (verify_certificate(i, cert, (unsigned)ci) || certificate_revoked(i, cert))
        return DOWNLOAD_ERROR_INVALID_CERTIFICATE;
    switch (cert_check_role(cert, ROLE_DP_PB, NULL)) { /* the curve last */
    case E_OK:
        return curve_is_ours(cert->curve) ? 0 : DOWNLOAD_ERROR_UNSUPPORTED_CURVE;
    case E_UNSUPPORTED:
        return DOWNLOAD_ERROR_UNSUPPORTED_CURVE;
    default:
        return DOWNLOAD_ERROR_INVALID_CERTIFICATE;
    }
}

static int check_preparation(struct isdr *i, struct preparation *p)
{
    const struct session *s = &i->session;
    uint8_t head[DER_HEAD_MAX];
    slice parts[3];
    int code;

    if (s->phase != SESSION_AUTHENTICATED || s->smds)
        return DOWNLOAD_ERROR_NO_SESSION_CONTEXT;
    code = check_dppb_certificate(i, p);
    if (code)
        return code;
    parts[0] = p->q.smdp_signed2;
    parts[1] = slice_of(head, der_put_head(0x5F37, SIG_LEN, head));
    parts[2] = SLICE_OF(s->signature1);
    if (verify_with(i, p->cert.curve, &p->cert.point, parts, COUNT(parts), p->q.smdp_signature2))
        return DOWNLOAD_ERROR_INVALID_SIGNATURE;
    if (!slice_eq(p->signed2.transaction_id, slice_of(s->tid, s->tid_n)))
        return DOWNLOAD_ERROR_INVALID_TRANSACTION_ID;
    return 0;
}

/* The one-time key that the SM-DP+ bound before, where it is still here, else a fresh one. */
static enum err one_time_key(struct isdr *i, const struct preparation *p)
{
    struct session *s = &i->session;
    enum err err;

    s->curve = p->cert.curve;
    s->dppb = p->cert.point;
    if (p->signed2.bpp_euicc_otpk.p && otsk_find(i, s->curve, p->signed2.bpp_euicc_otpk, &s->otsk))
        return ec_point_parse(p->signed2.bpp_euicc_otpk, &s->otpk);
    err = crypto_key_pair(isdr_crypto(i), s->curve, &s->otsk, &s->otpk);
    return err ? err : otsk_keep(i, s->curve, &s->otsk, &s->otpk);
}

static void answer_preparation(struct isdr *i, const struct preparation *p, struct reply *out)
{
    struct session *s = &i->session;
    uint8_t head[DER_HEAD_MAX];
    struct answer a;
    uint8_t *signature;
    slice parts[3];
    size_t mark;
    enum err err;

    if (!answer_begin(&a, i, 320, out))
        return;
    err = one_time_key(i, p);
    signature = put_signature(&a.w);
    mark = der_mark(&a.w);
    if (p->q.hash_cc.p)
        der_put_tlv(&a.w, 0x04, p->q.hash_cc);
    der_put_tlv(&a.w, 0x5F49, SLICE_OF(s->otpk.b));
    der_put_tlv(&a.w, 0x80, slice_of(s->tid, s->tid_n));
    der_wrap(&a.w, 0x30, mark);
    parts[0] = slice_of(a.w.at, der_mark(&a.w) - mark);
    parts[1] = slice_of(head, der_put_head(0x5F37, SIG_LEN, head));
    parts[2] = p->q.smdp_signature2;
    if (!err)
        err = isdr_sign(i, s->ci, parts, COUNT(parts), signature);
    if (err) {
        answer_drop(&a, sw_of(err));
        return;
    }
    der_wrap(&a.w, 0xA0, 0);
    der_wrap(&a.w, 0xBF21, 0);
    s->phase = SESSION_PREPARED;
    answer_end(&a);
}

void es10_prepare_download(struct isdr *i, slice request, struct reply *out)
{
    struct preparation p;
    enum err err = E_OK;
    int code;

    if (schema_decode(&T_prepare_download_request, request, &p.q, NULL) ||
        schema_decode(&T_smdp_signed2, p.q.smdp_signed2, &p.signed2, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (i->session.phase == SESSION_LOADING)
        err = isdr_session_end(i);
    code = check_preparation(i, &p);
    if (err)
        reply_sw(out, sw_of(err));
    else if (code)
        answer_error(out, 0xBF21, p.signed2.transaction_id, code);
    else
        answer_preparation(i, &p, out);
}

/* ---- CancelSession ---- */

static void answer_cancellation(struct isdr *i, int64_t reason, struct reply *out)
{
    struct session *s = &i->session;
    struct answer a;
    uint8_t *signature;
    slice part;
    size_t mark;
    enum err err;

    if (!answer_begin(&a, i, 200, out))
        return;
    signature = put_signature(&a.w);
    mark = der_mark(&a.w);
    der_put_int(&a.w, 0x82, reason);
    der_put_tlv(&a.w, 0x81, slice_of(s->oid, s->oid_n));
    der_put_tlv(&a.w, 0x80, slice_of(s->tid, s->tid_n));
    der_wrap(&a.w, 0x30, mark);
    part = slice_of(a.w.at, der_mark(&a.w) - mark);
    err = isdr_sign(i, s->ci, &part, 1, signature);
    /* a download that was put off may come again with the same one-time key (SGP.22 5.4) */
    if (!err && s->phase >= SESSION_PREPARED && reason != CANCEL_SESSION_POSTPONED &&
        reason != CANCEL_SESSION_TIMEOUT)
        err = otsk_forget(i, &s->otpk);
    if (!err)
        err = isdr_session_end(i);
    if (err) {
        answer_drop(&a, sw_of(err));
        return;
    }
    der_wrap(&a.w, 0xA0, 0);
    der_wrap(&a.w, 0xBF41, 0);
    answer_end(&a);
}

void es10_cancel_session(struct isdr *i, slice request, struct reply *out)
{
    static const uint8_t invalid[] = { 0xBF, 0x41, 0x03,
                                       0x81, 0x01, CANCEL_SESSION_RESPONSE_INVALID_TRANSACTION_ID };
    const struct session *s = &i->session;
    struct cancel_session_request q;

    if (schema_decode(&T_cancel_session_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (s->phase >= SESSION_AUTHENTICATED && slice_eq(q.transaction_id, slice_of(s->tid, s->tid_n)))
        answer_cancellation(i, q.reason, out);
    else if (reply_put(out, SLICE_OF(invalid)))
        out->sw = SW_OK;
}

/* ---- one-time keys that outlive their session (SGP.22 5.4) ---- */

struct otsk_record {
    uint32_t age; /* the lowest goes first */
    uint32_t curve;
    struct ec_point otpk;
    struct ec_scalar otsk;
};

static bool otsk_read(struct isdr *i, uint32_t n, struct otsk_record *out)
{
    slice object = objects_get(isdr_objects(i), OBJ_OTSK + n);

    if (object.n != sizeof *out)
        return false;
    memcpy(out, object.p, sizeof *out);
    return true;
}

bool otsk_find(struct isdr *i, enum curve curve, slice otpk, struct ec_scalar *otsk)
{
    struct otsk_record r;
    bool found = false;

    for (uint32_t n = 0; !found && n < OTSK_KEPT; n++) {
        found =
            otsk_read(i, n, &r) && r.curve == (uint32_t)curve && slice_eq(otpk, SLICE_OF(r.otpk.b));
        if (found)
            *otsk = r.otsk;
    }
    wipe(&r, sizeof r);
    return found;
}

enum err otsk_keep(struct isdr *i, enum curve curve, const struct ec_scalar *otsk,
                   const struct ec_point *otpk)
{
    struct otsk_record r, fresh = { 0, (uint32_t)curve, *otpk, *otsk };
    uint32_t slot = 0, lowest = UINT32_MAX;
    enum err err;

    for (uint32_t n = 0; n < OTSK_KEPT; n++) {
        uint32_t age = otsk_read(i, n, &r) ? r.age : 0;

        if (age < lowest) {
            lowest = age;
            slot = n;
        }
        if (age >= fresh.age)
            fresh.age = age + 1;
    }
    err = objects_put(isdr_objects(i), OBJ_OTSK + slot, slice_of(&fresh, sizeof fresh));
    wipe(&r, sizeof r);
    wipe(&fresh, sizeof fresh);
    return err;
}

enum err otsk_forget(struct isdr *i, const struct ec_point *otpk)
{
    struct otsk_record r;
    enum err err = E_OK;

    for (uint32_t n = 0; !err && n < OTSK_KEPT; n++)
        if (otsk_read(i, n, &r) && memcmp(r.otpk.b, otpk->b, POINT_LEN) == 0)
            err = objects_delete(isdr_objects(i), OBJ_OTSK + n);
    wipe(&r, sizeof r);
    return err;
}
