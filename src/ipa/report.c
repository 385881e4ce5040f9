/*
 * Results for the eIM (SGP.32 3.3.1, 3.3.2): delivered, tried again, or - where the eIM asked for
 * it - the package is rolled back and that result delivered instead. An eUICC package result stays
 * in the eUICC until the eIM acknowledges it, so that giving up loses nothing.
 */
#include "ipa/ipa_impl.h"

#include "rsp/sgp32.h"

#include <stddef.h>

void report_begin(struct ipa *ipa)
{
    ipa->report_n = 0;
    ipa->reported_count = 0;
}

/* One too many is delivered and stays in the eUICC. */
void report_number(struct ipa *ipa, int64_t seq)
{
    if (ipa->reported_count < REPORTED_MAX)
        ipa->reported[ipa->reported_count++] = seq;
}

void report_result_number(struct ipa *ipa, slice bf51)
{
    const struct eim *eim = &ipa->eims[ipa->eim];
    struct epr_view v;

    if (!epr_read(bf51, &v) && v.has_seq && slice_eq(v.eim_id, slice_of(eim->id, eim->id_n)))
        report_number(ipa, v.seq);
}

void report_wrap(struct ipa *ipa, uint32_t tag)
{
    uint8_t head[DER_HEAD_MAX];
    size_t n = der_put_head(tag, ipa->report_n, head);

    memmove(report(ipa) + n, report(ipa), ipa->report_n);
    memcpy(report(ipa), head, n);
    ipa->report_n += n;
}

bool report_add(struct ipa *ipa, slice octets)
{
    /* what wraps it later needs room as well */
    if (octets.n > sizeof ipa->net - REPORT_AT - 16 - ipa->report_n)
        return false;
    if (octets.n)
        memmove(report(ipa) + ipa->report_n, octets.p, octets.n);
    ipa->report_n += octets.n;
    return true;
}

static bool is_bare(slice result)
{
    return !slice_starts(result, SLICE_LIT("\xBF\x51"));
}

bool report_add_result(struct ipa *ipa, slice result)
{
    uint8_t head[DER_HEAD_MAX];
    size_t n = is_bare(result) ? der_put_head(0xBF51, result.n, head) : 0;

    return report_add(ipa, slice_of(head, n)) && report_add(ipa, result);
}

enum phase report_error(struct ipa *ipa, slice tx, int code)
{
    uint8_t buf[40];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice s;

    note(ipa, IPA_NOTE_PACKAGE_UNUSABLE, code);
    der_put_int(&w, 0x02, code);
    if (tx.n && tx.n <= TX_MAX)
        der_put_tlv(&w, 0x80, tx);
    der_wrap(&w, 0xA0, 0);
    report_begin(ipa);
    if (!der_written(&w, &s))
        report_add(ipa, s);
    ipa->attempts = 0;
    ipa->rollback_permitted = false;
    ipa->after_report = PH_POLL;
    return PH_PROVIDE;
}

/* ---- what a result says ---------------------------------------------------------------------- */

static bool result_switches(slice results)
{
    for (struct der_reader r = der_reader(results); der_more(&r);) {
        struct tlv e = der_take(&r);
        bool ok = e.value.n == 1 && e.value.p[0] == 0;

        if (ok && (e.tag == 0x83 || e.tag == 0x84 || e.tag == 0x8C))
            return true;
    }
    return false;
}

/* The two tables grow from one list. */
_Static_assert(sizeof(struct euicc_package_result) == sizeof(struct v10_euicc_package_result) &&
                   offsetof(struct euicc_package_result, euicc_package_error_unsigned) ==
                       offsetof(struct v10_euicc_package_result, euicc_package_error_unsigned),
               "a result is the same with and without BF51");

enum err epr_read(slice result, struct epr_view *out)
{
    struct euicc_package_result r;
    struct euicc_package_result_data_signed d;
    struct euicc_package_error_data_signed f;
    enum err e = schema_decode(
        is_bare(result) ? &T_v10_euicc_package_result : &T_euicc_package_result, result, &r, NULL);

    *out = (struct epr_view){ .kind = r.which - 1 };
    if (e)
        return e;
    if (r.which == euicc_package_result_is_euicc_package_error_unsigned) {
        out->eim_id = r.euicc_package_error_unsigned.eim_id;
        return E_OK;
    }
    if (r.which == euicc_package_result_is_euicc_package_error_signed) {
        e = schema_decode(&T_euicc_package_error_data_signed,
                          r.euicc_package_error_signed.euicc_package_error_data_signed, &f, NULL);
        out->eim_id = e ? SLICE_NONE : f.eim_id;
        return e;
    }
    e = schema_decode(&T_euicc_package_result_data_signed,
                      r.euicc_package_result_signed.euicc_package_result_data_signed, &d, NULL);
    if (e)
        return e;
    out->eim_id = d.eim_id;
    out->seq = d.seq_number;
    out->has_seq = true;
    out->switches = result_switches(d.euicc_result);
    return E_OK;
}

/* ---- delivery -------------------------------------------------------------------------------- */

/* BF50 { 5A eid, result }: the heads go into the room in front of the result. */
enum err enter_provide(struct ipa *ipa)
{
    struct exchange *x = &ipa->x;
    const struct eim *eim = &ipa->eims[ipa->eim];
    size_t content = 2 + sizeof ipa->eid + ipa->report_n;
    size_t head = der_put_head(0xBF50, content, NULL);
    uint8_t *p = report(ipa) - 2 - sizeof ipa->eid - head;

    *x = (struct exchange){ .interface = IPA_ESIPA,
                            .eim = ipa->eim,
                            .host = slice_of(eim->host, eim->host_n),
                            .path = "/gsma/rsp2/asn1",
                            .body = slice_of(p, head + content) };
    der_put_head(0xBF50, content, p);
    p[head] = 0x5A;
    p[head + 1] = sizeof ipa->eid;
    memcpy(p + head + 2, ipa->eid, sizeof ipa->eid);
    return ask_net(ipa, COLLECT_CARD);
}

/* A notification of a direct download goes only when its SM-DP+ has it. */
static bool may_remove(const struct ipa *ipa, int64_t seq)
{
    return !(ipa->d.pir_is_report && !ipa->d.indirect && seq == ipa->d.pir_seq && !ipa->d.pir_sent);
}

static unsigned acknowledge(struct ipa *ipa, int64_t seq)
{
    uint32_t before = ipa->acknowledged;

    for (unsigned i = 0; i < ipa->reported_count; i++)
        if (ipa->reported[i] == seq && may_remove(ipa, seq))
            ipa->acknowledged |= UINT32_C(1) << i;
    return ipa->acknowledged != before;
}

static enum phase accepted(struct ipa *ipa, slice acknowledgements)
{
    unsigned count = 0;
    int64_t seq;

    ipa->ack = 0;
    ipa->acknowledged = 0;
    while (schema_next(&T_sequence_number, &acknowledgements, &seq))
        count += acknowledge(ipa, seq);
    note(ipa, IPA_NOTE_DELIVERED, count);
    if (ipa->d.pir_is_report && ipa->d.pir_sent)
        acknowledge(ipa, ipa->d.pir_seq);
    ipa->d.pir_is_report = false;
    ipa->rollback_permitted = false;
    return PH_ACKNOWLEDGED;
}

static enum phase not_delivered(struct ipa *ipa)
{
    ipa->trouble = true;
    if (++ipa->attempts < ipa->o.attempts)
        return PH_RETRY;
    if (ipa->rollback_permitted)
        return PH_ROLLBACK;
    note(ipa, IPA_NOTE_UNDELIVERED, 0);
    ipa->d.pir_is_report = false;
    return PH_NEXT_EIM;
}

enum phase done_provide(struct ipa *ipa, const struct outcome *o)
{
    struct provide_eim_package_result_response r;

    if (o->err || schema_decode(&T_provide_eim_package_result_response, o->data, &r, NULL))
        return not_delivered(ipa);
    if (r.which == provide_eim_package_result_response_is_eim_acknowledgements)
        return accepted(ipa, r.eim_acknowledgements);
    if (r.which == provide_eim_package_result_response_is_empty_response)
        return accepted(ipa, SLICE_EMPTY);
    note(ipa, IPA_NOTE_REFUSED, r.provide_eim_package_result_error);
    ipa->d.pir_is_report = false;
    ipa->trouble = true;
    return PH_NEXT_EIM;
}

enum err enter_retry(struct ipa *ipa)
{
    return ask_time(ipa, ipa->o.retry_ms);
}

enum phase done_retry(struct ipa *ipa, const struct outcome *o)
{
    (void)ipa, (void)o;
    return PH_PROVIDE;
}

/* ---- rollback (SGP.32 3.3.2, 5.9.16) -----------------------------------------------------------
 */

enum err enter_rollback(struct ipa *ipa)
{
    ipa->rollback_permitted = false; /* asked once, whatever comes of it */
    ipa->attempts = 0;
    return ask_simple(ipa, SLICE_LIT("\xBF\x58\x03\x80\x01\xFF"));
}

/* Refused: the result of the package stands and is delivered when the eIM can be reached. */
enum phase done_rollback(struct ipa *ipa, const struct outcome *o)
{
    struct profile_rollback_response r = { .has_cmd_result = false };

    if (o->err || schema_decode(&T_profile_rollback_response, o->data, &r, NULL)) {
        note(ipa, IPA_NOTE_ROLLBACK, -1);
        return PH_RETRY;
    }
    note(ipa, IPA_NOTE_ROLLBACK, r.cmd_result);
    if (r.cmd_result || !r.euicc_package_result.p)
        return PH_RETRY;
    report_begin(ipa);
    if (!report_add(ipa, r.euicc_package_result))
        return PH_RETRY;
    report_result_number(ipa, r.euicc_package_result);
    ipa->report_epr_n = ipa->report_n;
    ipa->after_switch = PH_PROVIDE;
    return PH_SWITCH;
}

enum err enter_switch(struct ipa *ipa)
{
    note(ipa, IPA_NOTE_SWITCH, 0);
    ipa->changed = true;
    ipa->need = NEED_SWITCH;
    return E_OK;
}

enum phase done_switch(struct ipa *ipa, const struct outcome *o)
{
    (void)o;
    return ipa->after_switch;
}
