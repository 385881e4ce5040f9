/* Download and installation (SGP.22 3.1.3). */
#include "base/secret.h"
#include "crypto/kdf.h"
#include "ipa/bpp_stream.h"
#include "ipa/policy.h"
#include "lpa/lpa_impl.h"
#include "pki/cert.h"

#define CODE_MAX   256
#define CODE_TRIES 8 /* the server counts; this only ends a user who never gives up */

struct download {
    struct lpa *l;
    struct lpa_session session;
    struct authenticate_client_ok_es9 offer;
    struct smdp_signed2 signed2;
    slice code; /* given with the order, or absent */
    bool again; /* the code before was wrong */
    bool code_refused;
};

static enum err authenticate_client(struct download *d)
{
    struct lpa *l = d->l;
    struct authenticate_client_request_es9 q = { d->session.transaction_id,
                                                 d->session.authenticate_response, false };
    struct authenticate_client_response_es9 r;
    enum err e = lpa_es9(l, JSON_ES9PLUS, "authenticateClient", d->session.address, &q, &r);

    if (e)
        return e;
    if (r.which != authenticate_client_response_es9_is_authenticate_client_ok)
        return lpa_fail(l, E_CHOICE);
    d->offer = r.authenticate_client_ok;
    e = lpa_continues(l, &d->session, d->offer.transaction_id);
    if (!e) {
        e = schema_decode(&T_smdp_signed2, d->offer.smdp_signed2, &d->signed2, NULL);
        if (e)
            lpa_fail(l, e);
    }
    return e ? e : lpa_continues(l, &d->session, d->signed2.transaction_id);
}

/* ---- may it be? ---- */

/* -1: yes; else the reason of CancelSession. */
static int64_t objection(struct download *d)
{
    struct lpa *l = d->l;
    struct store_metadata_request m;
    bool rules = policy_has_rules(d->offer.profile_metadata);
    slice rat = SLICE_NONE;

    if (schema_decode(&T_store_metadata_request, d->offer.profile_metadata, &m, NULL))
        return CANCEL_SESSION_UNDEFINED_REASON;
    if (rules && (lpa_call(l, SLICE_LIT("\xBF\x43\x00"), &rat) ||
                  !policy_allows(d->offer.profile_metadata, rat)))
        return CANCEL_SESSION_PPR_NOT_ALLOWED;
    if (!l->o.consent)
        return -1;
    switch (l->o.consent(l->o.ctx, &m, rules)) {
    case LPA_YES:
        return -1;
    case LPA_POSTPONE:
        return CANCEL_SESSION_POSTPONED;
    case LPA_NO_ANSWER:
        return CANCEL_SESSION_TIMEOUT;
    default:
        return CANCEL_SESSION_END_USER_REJECTION;
    }
}

/* ---- confirmation code ---- */

/* false: there is none to be had. The caller wipes hash. */
static bool confirm(struct download *d, uint8_t hash[DIGEST_LEN])
{
    struct lpa *l = d->l;
    uint8_t typed[CODE_MAX], code_hash[DIGEST_LEN];
    slice code = d->again ? SLICE_NONE : d->code;
    size_t n = 0;
    bool ok = true;

    if (!code.n) {
        ok = l->o.code && l->o.code(l->o.ctx, d->again, typed, sizeof typed, &n) && n > 0 &&
             n <= sizeof typed;
        code = slice_of(typed, n);
    }
    if (ok)
        ok = !confirmation_code_hash(l->o.crypto, code, code_hash) &&
             !hash_cc(l->o.crypto, code_hash, d->session.transaction_id, hash);
    wipe(typed, sizeof typed);
    wipe(code_hash, sizeof code_hash);
    return ok;
}

static enum err prepare(struct download *d, slice *response)
{
    struct lpa *l = d->l;
    uint8_t hash[DIGEST_LEN];
    struct prepare_download_request q = {
        .smdp_signed2 = d->offer.smdp_signed2,
        .smdp_signature2 = d->offer.smdp_signature2,
        .smdp_certificate = d->offer.smdp_certificate,
    };
    struct prepare_download_response r;
    size_t room = 8192;
    uint8_t *buf = arena_alloc(&l->arena, room);
    slice request;
    enum err e = buf ? E_OK : E_MEMORY;

    if (d->signed2.cc_required_flag) {
        if (!confirm(d, hash)) {
            lpa_cancel(l, &d->session, CANCEL_SESSION_END_USER_REJECTION);
            return E_REFUSED;
        }
        q.hash_cc = SLICE_OF(hash);
    }
    if (!e)
        e = schema_encode(&T_prepare_download_request, &q, buf, room, &request, NULL);
    wipe(hash, sizeof hash);
    if (e)
        return lpa_fail(l, e);
    e = lpa_call(l, request, response);
    if (!e) {
        e = schema_decode(&T_prepare_download_response, *response, &r, NULL);
        if (e)
            lpa_fail(l, e);
    }
    if (!e && r.which == prepare_download_response_is_download_response_error)
        e = lpa_card_refused(l, download_error_code_names,
                             r.download_response_error.download_error_code);
    return e;
}

/* ---- the package ---- */

static enum err fetch(struct download *d, slice prepared, slice *package)
{
    struct lpa *l = d->l;
    struct get_bound_profile_package_request_es9 q = { d->session.transaction_id, prepared };
    struct get_bound_profile_package_response_es9 r;
    enum err e;

    lpa_step(l, LPA_FETCH, 0, 0);
    e = lpa_es9(l, JSON_ES9PLUS, "getBoundProfilePackage", d->session.address, &q, &r);
    /* Only a wrong code is worth another try (SGP.22 3.1.3). */
    d->code_refused = e && d->signed2.cc_required_flag && !strcmp(l->trouble.subject, "8.2.7") &&
                      !strcmp(l->trouble.reason, "3.8");
    if (e)
        return e;
    *package = r.get_bound_profile_package_ok.bound_profile_package;
    return lpa_continues(l, &d->session, r.get_bound_profile_package_ok.transaction_id);
}

/* Block by block; *result is the eUICC's ProfileInstallationResult, which may come early. */
static enum err load(struct download *d, slice package, slice *result)
{
    struct lpa *l = d->l;
    struct bpp_stream *s = ARENA_NEW(&l->arena, struct bpp_stream);
    enum err e = s ? E_OK : lpa_fail(l, E_MEMORY);

    *result = SLICE_NONE;
    if (e)
        return e;
    bpp_stream_init(s, (uint8_t)(l->o.block < 32 ? 32 : l->o.block), d->offer.profile_metadata);
    for (size_t i = 0; i < package.n && !result->p; i++) {
        e = bpp_stream_feed(s, package.p[i]);
        if (!e)
            continue;
        if (e != E_AGAIN)
            return lpa_fail(l, e);
        e = lpa_block(l, slice_of(s->block, s->block_n), s->block_no, s->last, result);
        if (e)
            return e;
        lpa_step(l, LPA_INSTALL, i + 1, package.n);
        bpp_stream_sent(s);
    }
    return result->p ? E_OK : lpa_fail(l, E_TRUNCATED);
}

/* The result is a notification as well: it goes to the server, and then from the eUICC. */
static enum err settle(struct download *d, slice result, struct lpa_installed *out)
{
    struct lpa *l = d->l;
    struct profile_installation_result r;
    struct profile_installation_result_data data;
    struct notification_metadata m;
    struct lpa_trouble trouble;
    enum err e = schema_decode(&T_profile_installation_result, result, &r, NULL);

    if (!e)
        e = schema_decode(&T_profile_installation_result_data, r.profile_installation_result_data,
                          &data, NULL);
    if (!e)
        e = schema_decode(&T_notification_metadata, data.notification_metadata, &m, NULL);
    if (e)
        return lpa_fail(l, e);
    d->session.open = false;
    out->seq_number = m.seq_number;
    if (m.iccid.n == sizeof out->iccid)
        memcpy(out->iccid, m.iccid.p, sizeof out->iccid);
    if (data.final_result.which == final_result_is_error_result)
        e = lpa_card_refused(l, bpp_error_reason_names,
                             data.final_result.error_result.error_reason);
    trouble = l->trouble; /* a notification that fails is only kept */
    out->notified = lpa_notify_one(l, m.seq_number, m.notification_address, result, false) == E_OK;
    l->trouble = trouble;
    return e;
}

/* ---- */

/* An SM-DS that an event led to: the next event leads on (SGP.22 3.6.1). */
static bool is_smds(const struct lpa_session *s)
{
    struct cert c;

    return !cert_parse(s->server_certificate, &c) && c.role == ROLE_DS_AUTH;
}

static enum err follow(struct download *d, struct lpa_event *next)
{
    struct authenticate_client_request_es9 q = { d->session.transaction_id,
                                                 d->session.authenticate_response, false };
    struct authenticate_client_response_es11 r;
    struct event_entries entry;
    slice rest;
    enum err e = lpa_es9(d->l, JSON_ES11, "authenticateClient", d->session.address, &q, &r);

    if (e)
        return e;
    rest = r.authenticate_client_ok.event_entries;
    if (!schema_next(&T_event_entries, &rest, &entry) ||
        entry.rsp_server_address.n >= sizeof next->address || entry.event_id.n >= sizeof next->id)
        return lpa_fail(d->l, E_NOTFOUND);
    *next = (struct lpa_event){ 0 };
    memcpy(next->address, entry.rsp_server_address.p, entry.rsp_server_address.n);
    memcpy(next->id, entry.event_id.p, entry.event_id.n);
    return E_OK;
}

/* One session, from the first contact to the result. */
static enum err run(struct download *d, struct lpa_installed *out)
{
    struct lpa *l = d->l;
    slice prepared, package, result;
    int64_t why;
    enum err e = authenticate_client(d);

    if (e)
        return e;
    lpa_step(l, LPA_PREPARE, 0, 0);
    why = objection(d);
    if (why >= 0) {
        lpa_cancel(l, &d->session, why);
        return E_REFUSED;
    }
    e = prepare(d, &prepared);
    if (!e)
        e = fetch(d, prepared, &package);
    if (e)
        return e;
    lpa_step(l, LPA_INSTALL, 0, package.n);
    e = load(d, package, &result);
    return e ? e : settle(d, result, out);
}

static int64_t cancel_reason(enum err e, enum lpa_step step)
{
    if (step != LPA_INSTALL)
        return CANCEL_SESSION_UNDEFINED_REASON;
    return e == E_CONFLICT ? CANCEL_SESSION_METADATA_MISMATCH
                           : CANCEL_SESSION_LOAD_BPP_EXECUTION_ERROR;
}

enum err lpa_download(struct lpa *l, const struct lpa_order *order, struct lpa_installed *out)
{
    struct download d = { .l = l, .code = order->code };
    struct lpa_event next;
    slice address = order->address, matching_id = order->matching_id;
    unsigned depth = 0;
    enum err e;

    *out = (struct lpa_installed){ 0 };
    for (unsigned tries = 0;; tries++) {
        lpa_begin(l, LPA_CONTACT);
        d.code_refused = false;
        e = lpa_authenticate(l, JSON_ES9PLUS, address, matching_id, depth ? SLICE_NONE : order->oid,
                             &d.session);
        if (!e && is_smds(&d.session) && depth < 2) {
            e = follow(&d, &next);
            if (e)
                break;
            depth++;
            address = slice_str(next.address);
            matching_id = slice_str(next.id);
            continue;
        }
        if (!e)
            e = run(&d, out);
        if (!d.code_refused || tries == CODE_TRIES || !l->o.code)
            break;
        d.again = true;
    }
    if (e)
        lpa_cancel(l, &d.session, cancel_reason(e, l->trouble.step));
    return e;
}
