/*
 * The retrieval loop (SGP.32 3.1.1.1, 3.3.1): for each eIM the results that still lie in the eUICC,
 * then packages until there is none.
 */
#include "ipa/ipa_impl.h"

#include "rsp/sgp32.h"

#include <limits.h>

void poll_begin(struct ipa *ipa)
{
    ipa->eim = UINT_MAX;
    ipa->trouble = ipa->changed = ipa->closing = ipa->eims_changed = false;
}

enum err enter_next_eim(struct ipa *ipa)
{
    (void)ipa;
    return E_OK;
}

enum phase done_next_eim(struct ipa *ipa, const struct outcome *o)
{
    (void)o;
    ipa->packages = 0;
    ipa->last_epr = -1;
    while (++ipa->eim < ipa->eim_count)
        if (ipa->eims[ipa->eim].retrieves)
            return PH_STORED_RESULTS;
    ipa->closing = true;
    return ipa->changed ? PH_NOTIFY_LIST : PH_SLEEP;
}

/* ---- results that an earlier attempt, or an earlier life, left (SGP.32 5.9.11) ------------------
 */

enum err enter_stored_results(struct ipa *ipa)
{
    return ask_simple(ipa, SLICE_LIT("\xBF\x2B\x04\xA0\x02\x82\x00"));
}

/*
 * The oldest result for the present eIM that was not tried in this poll. Whether its package had a
 * rollbackFlag is only known for those of this life; for others the eUICC is asked when it comes to
 * that, and refuses where there was none (SGP.32 5.9.16).
 */
static bool next_result(struct ipa *ipa, slice list, slice *out)
{
    const struct eim *eim = &ipa->eims[ipa->eim];
    int64_t best = INT64_MAX;

    for (struct der_reader r = der_reader(list); der_more(&r);) {
        struct tlv e = der_take(&r);
        struct epr_view v;

        if (epr_read(e.whole, &v) || !v.has_seq || v.seq <= ipa->last_epr || v.seq >= best ||
            !slice_eq(v.eim_id, slice_of(eim->id, eim->id_n)))
            continue;
        best = v.seq;
        *out = e.whole;
        ipa->rollback_permitted = v.switches && v.seq > ipa->own_epr;
    }
    if (best != INT64_MAX)
        ipa->last_epr = best;
    return best != INT64_MAX;
}

enum phase done_stored_results(struct ipa *ipa, const struct outcome *o)
{
    slice result;

    ipa->rollback_permitted = false;
    if (o->err || !next_result(ipa, whole_elements(o->data, 0xBF2B, 0xA2), &result))
        return PH_POLL;
    report_begin(ipa);
    if (!report_add_result(ipa, result))
        return PH_POLL;
    report_result_number(ipa, result);
    ipa->report_epr_n = ipa->report_n;
    ipa->attempts = 0;
    ipa->after_report = PH_STORED_RESULTS;
    return PH_PROVIDE;
}

/* ---- GetEimPackage (SGP.32 6.3.2.6) -------------------------------------------------------------
 */

enum err enter_poll(struct ipa *ipa)
{
    const struct eim *eim = &ipa->eims[ipa->eim];
    struct get_eim_package_request r = { .eid_value = SLICE_OF(ipa->eid) };
    enum err e;

    note_text(ipa, IPA_NOTE_POLL, 0, slice_of(eim->id, eim->id_n));
    if (eim->state_change >= 0) {
        r.notify_state_change = true;
        r.state_change_cause = eim->state_change;
        r.has_state_change_cause = true;
    }
    if (ipa->o.r_plmn.n == 3)
        r.r_plmn = slice_of(ipa->o.r_plmn.p, ipa->o.r_plmn.n);
    ipa->x = (struct exchange){ .interface = IPA_ESIPA,
                                .eim = ipa->eim,
                                .host = slice_of(eim->host, eim->host_n),
                                .path = "/gsma/rsp2/asn1" };
    e = schema_encode(&T_get_eim_package_request, &r, ipa->net, sizeof ipa->net, &ipa->x.body,
                      NULL);
    return e ? e : ask_net(ipa, COLLECT_NET);
}

static enum phase no_package(struct ipa *ipa, int64_t error)
{
    if (error == GET_PACKAGE_NONE) {
        note(ipa, IPA_NOTE_POLL_EMPTY, 0);
    } else {
        note(ipa, IPA_NOTE_POLL_ERROR, error);
        ipa->trouble = true;
    }
    return PH_NEXT_EIM;
}

/* A trigger whose data are past their limits is answered as a download that failed. */
static enum phase unusable_package(struct ipa *ipa, slice answer)
{
    slice inside;
    struct tlv e;
    bool known;

    if (content_of(ipa, &(struct outcome){ E_OK, answer }, 0xBF4F, &inside) || der_one(inside, &e))
        return report_error(ipa, SLICE_NONE, 1);
    if (e.tag == 0xBF54) {
        struct der_reader r = der_reader(e.value);

        der_maybe(&r, 0xA0);
        return download_trigger(ipa, der_maybe(&r, 0x82).value, NULL);
    }
    known = e.tag == 0xBF51 || e.tag == 0xBF52 || e.tag == 0x02;
    return report_error(ipa, SLICE_NONE, known ? 1 : 2);
}

enum phase done_poll(struct ipa *ipa, const struct outcome *o)
{
    struct get_eim_package_response r;

    if (o->err || !o->data.n) {
        if (!o->err || o->err == E_LIMIT)
            note(ipa, IPA_NOTE_NET_ERROR, ipa->x.status);
        ipa->trouble = true;
        return PH_NEXT_EIM;
    }
    ipa->eims[ipa->eim].state_change = -1;
    if (ipa->packages++ == ipa->o.packages)
        return PH_NEXT_EIM;
    if (schema_decode(&T_get_eim_package_response, o->data, &r, NULL))
        return unusable_package(ipa, o->data);
    switch (r.which) {
    case get_eim_package_response_is_euicc_package_request:
        ipa->package = blob_at(ipa, r.euicc_package_request);
        return PH_LOAD_PACKAGE;
    case get_eim_package_response_is_ipa_euicc_data_request:
        return data_begin(ipa, &r.ipa_euicc_data_request);
    case get_eim_package_response_is_profile_download_trigger_request:
        return download_trigger(ipa, r.profile_download_trigger_request.eim_transaction_id,
                                &r.profile_download_trigger_request);
    default:
        return no_package(ipa, r.eim_package_error);
    }
}

/* ---- LoadEuiccPackage (SGP.32 5.9.1)
 * ------------------------------------------------------------- */

enum err enter_load_package(struct ipa *ipa)
{
    es10_begin(&ipa->es);
    es10_add(&ipa->es, blob_of(ipa, ipa->package)); /* octet for octet: it is signed */
    return ask_card(ipa);
}

/* BF51 { 30 { 80, 5A, 81, [82], A0 { Psmo .. } | A1 { Eco .. } } .. }: what we have to know of it.
 */
struct package_view {
    slice tx;
    bool rollback; /* an enable with rollbackFlag */
    bool eco;
};

static struct package_view view_package(slice bf51)
{
    struct package_view v = { .rollback = false };
    struct der_reader outer, in;
    struct tlv e;

    if (der_one(bf51, &e))
        return v;
    outer = der_reader(e.value);
    in = der_reader(der_expect(&outer, 0x30).value);
    while (der_more(&in)) {
        e = der_take(&in);
        if (e.tag == 0x82)
            v.tx = e.value;
        v.eco |= e.tag == 0xA1;
        if (e.tag != 0xA0)
            continue;
        for (struct der_reader ops = der_reader(e.value); der_more(&ops);) {
            struct tlv op = der_take(&ops);
            struct der_reader members = der_reader(op.value);

            der_maybe(&members, 0x5A);
            v.rollback |= op.tag == 0xA3 && der_peek(&members) == 0x05;
        }
    }
    return v;
}

static void tell_other_eims(struct ipa *ipa, int cause)
{
    for (unsigned i = 0; i < ipa->eim_count; i++)
        if (i != ipa->eim)
            ipa->eims[i].state_change = (int16_t)cause;
}

enum phase done_load_package(struct ipa *ipa, const struct outcome *o)
{
    struct package_view package = view_package(blob_of(ipa, ipa->package));
    struct epr_view result;
    slice content;
    uint8_t tx[TX_MAX];
    size_t tx_n = package.tx.n <= TX_MAX ? package.tx.n : 0;

    if (tx_n)
        memcpy(tx, package.tx.p, tx_n);
    report_begin(ipa);
    if (content_of(ipa, o, 0xBF51, &content) || !report_add(ipa, o->data) ||
        epr_read(o->data, &result))
        return report_error(ipa, slice_of(tx, tx_n), 127);
    note(ipa, IPA_NOTE_PACKAGE, result.kind);
    report_result_number(ipa, o->data);
    ipa->report_epr_n = ipa->report_n;
    ipa->attempts = 0;
    ipa->rollback_permitted = package.rollback && result.switches;
    if (result.has_seq)
        ipa->own_epr = result.seq;
    ipa->after_report = PH_POLL;
    if (result.kind)
        return PH_PROVIDE;
    ipa->changed = true;
    ipa->eims_changed |= package.eco;
    if (!result.switches && !ipa->es.proactive)
        return PH_REPORT_LIST;
    tell_other_eims(ipa, STATE_CHANGE_OTHER_EIM);
    ipa->after_switch = PH_REPORT_LIST;
    return PH_SWITCH;
}

/* ---- until the next poll
 * ------------------------------------------------------------------------- */

static uint64_t pause_ms(const struct ipa *ipa)
{
    uint64_t ms = ipa->o.retry_ms;

    if (ipa->eims_changed)
        return 0;
    if (!ipa->trouble)
        return ipa->o.poll_ms;
    for (unsigned i = 0; i < ipa->failures && ms < ipa->o.poll_ms; i++)
        ms *= 2;
    return ms < ipa->o.poll_ms ? ms : ipa->o.poll_ms;
}

enum err enter_sleep(struct ipa *ipa)
{
    uint64_t ms = pause_ms(ipa);

    ipa->failures = ipa->trouble ? ipa->failures + 1 : 0;
    return ask_time(ipa, ms);
}

enum phase done_sleep(struct ipa *ipa, const struct outcome *o)
{
    bool read_again = ipa->eims_changed || !ipa->eim_count;

    (void)o;
    poll_begin(ipa);
    return read_again ? PH_EIMS : PH_NOTIFY_LIST;
}
