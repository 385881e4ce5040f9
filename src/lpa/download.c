/* Download and installation (SGP.22 3.1.3). */
#include "base/secret.h"
#include "crypto/kdf.h"
#include "ipa/bpp_stream.h"
#include "ipa/policy.h"
#include "lpa/lpa_impl.h"
#include "pki/cert.h"

#define CODE_MAX   256
#define CODE_TRIES 8 /* the server counts; this only ends a user who never gives up */
#define SMDS_DEPTH 2 /* events that lead to another SM-DS */

struct download {
    struct lpa *l;
    struct lpa_session session;
    struct authenticate_client_ok_es9 offer;
    struct smdp_signed2 signed2;
    uint8_t typed[CODE_MAX]; /* what the user said when a code was refused; wiped at the end */
    slice code;              /* given with the order, or typed; or absent: to be asked for */
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

/* A profile that cannot be disabled comes alone (SGP.22 2.9.2.4). Unknown counts as no. */
static bool stands_alone(struct lpa *l)
{
    static const uint8_t tags[] = { 0x95 };
    struct profile_info_list_request q = {
        .search_criteria = { .which = profile_search_criteria_is_profile_class,
                             .profile_class = PROFILE_CLASS_OPERATIONAL },
        .tag_list = SLICE_OF(tags),
    };
    struct profile_info_list_response r;

    return !lpa_es10(l, &T_profile_info_list_request, &q, &T_profile_info_list_response, &r) &&
           r.which == profile_info_list_response_is_profile_info_list_ok &&
           !r.profile_info_list_ok.n;
}

static bool rules_allowed(struct download *d, const struct store_metadata_request *m)
{
    struct lpa *l = d->l;
    slice rat = SLICE_NONE;

    return !lpa_call(l, SLICE_LIT("\xBF\x43\x00"), &rat) &&
           policy_allows(d->offer.profile_metadata, rat) &&
           (!der_bit(m->profile_policy_rules, PPR_1) || stands_alone(l));
}

/* -1: yes; else the reason of CancelSession. */
static int64_t objection(struct download *d)
{
    struct lpa *l = d->l;
    struct store_metadata_request m;
    bool rules = policy_has_rules(d->offer.profile_metadata);

    if (schema_decode(&T_store_metadata_request, d->offer.profile_metadata, &m, NULL)) {
        lpa_fail_because(l, E_REFUSED, "the profile's metadata cannot be read");
        return CANCEL_SESSION_UNDEFINED_REASON;
    }
    if (rules && !rules_allowed(d, &m)) {
        lpa_fail_because(l, E_REFUSED, "the eUICC does not allow the profile's policy rules");
        return CANCEL_SESSION_PPR_NOT_ALLOWED;
    }
    if (!l->o.consent)
        return -1;
    switch (l->o.consent(l->o.ctx, &m, rules)) {
    case LPA_YES:
        return -1;
    case LPA_POSTPONE:
        lpa_fail_because(l, E_REFUSED, "the user wants it later");
        return CANCEL_SESSION_POSTPONED;
    case LPA_NO_ANSWER:
        lpa_fail_because(l, E_REFUSED, "the user does not answer");
        return CANCEL_SESSION_TIMEOUT;
    default:
        lpa_fail_because(l, E_REFUSED, "the user does not want it");
        return CANCEL_SESSION_END_USER_REJECTION;
    }
}

/* ---- confirmation code ---- */

/* false: there is none to be had. */
static bool ask_code(struct download *d, bool again)
{
    const struct lpa_options *o = &d->l->o;
    size_t n = 0;

    if (!o->code || !o->code(o->ctx, again, d->typed, sizeof d->typed, &n) || !n ||
        n > sizeof d->typed)
        return false;
    d->code = slice_of(d->typed, n);
    return true;
}

/* The caller wipes hash. */
static enum err hash_code(struct download *d, uint8_t hash[DIGEST_LEN])
{
    const struct crypto *crypto = d->l->o.crypto;
    uint8_t code_hash[DIGEST_LEN];
    enum err e = confirmation_code_hash(crypto, d->code, code_hash);

    if (!e)
        e = hash_cc(crypto, code_hash, d->session.transaction_id, hash);
    wipe(code_hash, sizeof code_hash);
    return e;
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
        if (!d->code.n && !ask_code(d, false)) { /* no answer: the order stays as it is */
            lpa_fail_because(l, E_REFUSED, "the profile needs a confirmation code");
            lpa_cancel(l, &d->session, CANCEL_SESSION_TIMEOUT, true);
            return E_REFUSED;
        }
        e = e ? e : hash_code(d, hash);
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
    if (r.which != get_bound_profile_package_response_es9_is_get_bound_profile_package_ok)
        return lpa_fail(l, E_CHOICE);
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
    struct event_entries entry;
    slice rest;
    enum err e = lpa_ask_smds(d->l, &d->session, &rest);

    if (e)
        return e;
    if (!schema_next(&T_event_entries, &rest, &entry) || !lpa_event_read(&entry, next))
        return lpa_fail_because(d->l, E_NOTFOUND, "the SM-DS knows of no event");
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
        lpa_cancel(l, &d->session, why, true);
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

/*
 * How a session that failed is ended. Only what this eUICC cannot have ends the order: after a
 * fault on the way or at the server it may be tried again. A server that said no, or whose words do
 * not fit, is told nothing.
 */
static void give_up(struct download *d)
{
    struct lpa *l = d->l;
    const struct lpa_trouble *t = &l->trouble;

    if (t->step == LPA_INSTALL)
        lpa_cancel(l, &d->session,
                   t->err == E_CONFLICT ? CANCEL_SESSION_METADATA_MISMATCH
                                        : CANCEL_SESSION_LOAD_BPP_EXECUTION_ERROR,
                   true);
    else if (t->card_error[0] || t->sw)
        lpa_cancel(l, &d->session, CANCEL_SESSION_UNDEFINED_REASON, true);
    else
        lpa_cancel(l, &d->session, CANCEL_SESSION_TIMEOUT, !t->subject[0] && t->err != E_CONFLICT);
}

/* From an SM-DS to the next, until it is an SM-DP+ (SGP.22 3.6.1). */
static enum err authenticate(struct download *d, const struct lpa_order *order,
                             struct lpa_event *next)
{
    slice address = order->address, matching_id = order->matching_id;
    enum err e;

    for (unsigned depth = 0;; depth++) {
        e = lpa_authenticate(d->l, JSON_ES9PLUS, address, matching_id,
                             depth ? SLICE_NONE : order->oid, &d->session);
        if (e || !is_smds(&d->session))
            return e;
        d->session.interface = JSON_ES11;
        if (depth == SMDS_DEPTH)
            return lpa_fail_because(d->l, E_LIMIT, "one SM-DS leads to the next without end");
        e = follow(d, next);
        if (e)
            return e;
        address = slice_str(next->address);
        matching_id = slice_str(next->id);
    }
}

static enum err download(struct download *d, const struct lpa_order *order,
                         struct lpa_installed *out)
{
    struct lpa_event next;
    enum err e;

    for (unsigned tries = 0;; tries++) {
        d->code_refused = false;
        e = authenticate(d, order, &next);
        if (!e)
            e = run(d, out);
        /* The session with the refused code is over: the eUICC forgets it for the next one. */
        if (!d->code_refused || tries == CODE_TRIES || !ask_code(d, true))
            break;
        lpa_fresh(d->l, LPA_CONTACT);
    }
    if (e)
        give_up(d);
    return e;
}

enum err lpa_download(struct lpa *l, const struct lpa_order *order, struct lpa_installed *out)
{
    struct download d = { .l = l, .code = order->code };
    enum err e = lpa_begin_long(l, LPA_CONTACT);

    *out = (struct lpa_installed){ 0 };
    if (e)
        return e;
    e = download(&d, order, out);
    wipe(d.typed, sizeof d.typed);
    lpa_end(l);
    return e;
}
