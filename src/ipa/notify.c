/*
 * Notifications to their addresses (SGP.22 3.5, SGP.32 3.7): one at a time in the order of their
 * numbers; removed from the eUICC when delivered. An address that cannot be reached is left for the
 * next poll and does not hold up the others. A device that reaches no SM-DP+ itself hands all of
 * them to its eIM.
 */
#include "ipa/ipa_impl.h"

#include "rsp/sgp32.h"

/* FNV-1a: only to tell addresses apart; a collision delays, no more. */
static uint32_t hash_of(slice s)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * 16777619u;
    return h;
}

static void insert(struct ipa *ipa, struct notice n)
{
    unsigned i = ipa->notice_count;

    if (i == SEQS_MAX)
        return; /* the others' turn comes when these are gone */
    for (; i && ipa->notices[i - 1].seq > n.seq; i--)
        ipa->notices[i] = ipa->notices[i - 1];
    ipa->notices[i] = n;
    ipa->notice_count++;
}

/* BF28 { A0 { BF2F .. } } into ipa->notices, in the order of their numbers. */
static void read_list(struct ipa *ipa, const struct outcome *o)
{
    ipa->notice_count = ipa->notice = 0;
    if (o->err)
        return;
    for (struct der_reader r = der_reader(whole_elements(o->data, 0xBF28, 0xA0)); der_more(&r);) {
        struct tlv e = der_take(&r);
        struct notification_metadata m;

        if (!schema_decode(&T_notification_metadata, e.whole, &m, NULL))
            insert(ipa, (struct notice){ m.seq_number, hash_of(m.notification_address), false });
    }
}

static enum err read_one(struct ipa *ipa, int64_t seq)
{
    uint8_t buf[24];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice request;

    der_put_int(&w, 0x80, seq);
    der_wrap(&w, 0xA0, 0);
    der_wrap(&w, 0xBF2B, 0);
    return der_written(&w, &request) ? E_INTERNAL : ask_simple(ipa, request);
}

/* The one notification in BF2B { A0 { .. } }. */
static enum err one_of(const struct ipa *ipa, const struct outcome *o, slice *out)
{
    slice content, list;
    struct tlv e, n;
    enum err err = content_of(ipa, o, 0xBF2B, &content);

    if (!err)
        err = der_one(content, &e);
    if (!err && e.tag != 0xA0)
        err = E_CHOICE;
    list = err ? SLICE_NONE : e.value;
    if (!err)
        err = der_one(list, &n);
    if (!err)
        err = schema_check(&T_pending_notification, n.whole, NULL);
    if (!err)
        *out = n.whole;
    return err;
}

bool notification_read(slice notification, struct notification_metadata *out)
{
    struct pending_notification p;
    struct profile_installation_result_data d;
    slice metadata;

    if (schema_decode(&T_pending_notification, notification, &p, NULL))
        return false;
    metadata = p.other_signed_notification.tbs_other_notification;
    if (p.which == pending_notification_is_profile_installation_result) {
        if (schema_decode(&T_profile_installation_result_data,
                          p.profile_installation_result.profile_installation_result_data, &d, NULL))
            return false;
        metadata = d.notification_metadata;
    }
    return !schema_decode(&T_notification_metadata, metadata, out, NULL);
}

/* ---- delivery ------------------------------------------------------------------------------- */

static enum phase round_ends(const struct ipa *ipa)
{
    return ipa->closing ? PH_SLEEP : PH_NEXT_EIM;
}

enum err enter_notify_list(struct ipa *ipa)
{
    return ask_simple(ipa, SLICE_LIT("\xBF\x28\x00"));
}

enum phase done_notify_list(struct ipa *ipa, const struct outcome *o)
{
    read_list(ipa, o);
    return ipa->notice_count ? PH_NOTIFY_READ : round_ends(ipa);
}

/* Skips what cannot be delivered now; nothing is asked when none is left. */
enum err enter_notify_read(struct ipa *ipa)
{
    while (ipa->notice < ipa->notice_count && ipa->notices[ipa->notice].failed)
        ipa->notice++;
    if (ipa->notice == ipa->notice_count)
        return E_OK;
    return read_one(ipa, ipa->notices[ipa->notice].seq);
}

enum phase done_notify_read(struct ipa *ipa, const struct outcome *o)
{
    slice n;

    if (ipa->notice == ipa->notice_count)
        return round_ends(ipa);
    if (one_of(ipa, o, &n)) {
        ipa->notice++; /* removed meanwhile, or not readable */
        return PH_NOTIFY_READ;
    }
    return PH_NOTIFY_SEND;
}

enum err enter_notify_send(struct ipa *ipa)
{
    const struct outcome o = { E_OK, slice_of(ipa->card, ipa->es.answer_n) };
    struct notification_metadata m;
    slice n;
    enum err e = one_of(ipa, &o, &n);

    if (!e && !notification_read(n, &m))
        e = E_INTERNAL;
    return e ? e : wire_notify(ipa, m.notification_address, n, 0);
}

/* The rest for that address waits, or the order would change. */
static void address_failed(struct ipa *ipa)
{
    const struct notice *failed = &ipa->notices[ipa->notice];
    bool through_eim = !(ipa->o.features & IPA_FEATURE_DIRECT);

    note(ipa, IPA_NOTE_NOT_NOTIFIED, failed->seq);
    ipa->trouble = true;
    for (unsigned i = ipa->notice; i < ipa->notice_count; i++)
        if (through_eim || ipa->notices[i].address == failed->address)
            ipa->notices[i].failed = true;
}

enum phase done_notify_send(struct ipa *ipa, const struct outcome *o)
{
    if (o->err) {
        address_failed(ipa);
        return PH_NOTIFY_READ;
    }
    note(ipa, IPA_NOTE_NOTIFIED, ipa->notices[ipa->notice].seq);
    return PH_NOTIFY_REMOVE;
}

static enum err remove_one(struct ipa *ipa, int64_t seq)
{
    uint8_t buf[24];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice request;

    der_put_int(&w, 0x80, seq);
    der_wrap(&w, 0xBF30, 0);
    return der_written(&w, &request) ? E_INTERNAL : ask_simple(ipa, request);
}

enum err enter_notify_remove(struct ipa *ipa)
{
    return remove_one(ipa, ipa->notices[ipa->notice].seq);
}

enum phase done_notify_remove(struct ipa *ipa, const struct outcome *o)
{
    (void)o;
    ipa->notice++;
    return PH_NOTIFY_READ;
}

/* ---- beside a package result (SGP.32 3.3.1) -------------------------------------------------- */

enum err enter_report_list(struct ipa *ipa)
{
    return ask_simple(ipa, SLICE_LIT("\xBF\x28\x00"));
}

/* Room for the head of the list, which is written when its length is known. */
#define LIST_HEAD 4

/* The result alone, or 30 { result, A0 { notifications } }. */
static enum phase close_report(struct ipa *ipa)
{
    size_t list_at = ipa->report_epr_n + LIST_HEAD;
    size_t list_n = ipa->report_n - list_at, head;
    uint8_t *p = report(ipa) + ipa->report_epr_n;

    if (ipa->report_n <= list_at) {
        ipa->report_n = ipa->report_epr_n;
        return PH_PROVIDE;
    }
    head = der_put_head(0xA0, list_n, NULL);
    memmove(p + head, p + LIST_HEAD, list_n);
    der_put_head(0xA0, list_n, p);
    ipa->report_n = ipa->report_epr_n + head + list_n;
    report_wrap(ipa, 0x30);
    return PH_PROVIDE;
}

enum phase done_report_list(struct ipa *ipa, const struct outcome *o)
{
    read_list(ipa, o);
    ipa->report_n = ipa->report_epr_n + LIST_HEAD;
    return ipa->notice_count ? PH_REPORT_READ : close_report(ipa);
}

enum err enter_report_read(struct ipa *ipa)
{
    if (ipa->notice == ipa->notice_count)
        return E_OK;
    return read_one(ipa, ipa->notices[ipa->notice].seq);
}

/* Those that find no room are delivered later, for themselves. */
enum phase done_report_read(struct ipa *ipa, const struct outcome *o)
{
    slice n;

    if (ipa->notice == ipa->notice_count)
        return close_report(ipa);
    if (!one_of(ipa, o, &n) && report_add(ipa, n))
        report_number(ipa, ipa->notices[ipa->notice].seq);
    ipa->notice++;
    return PH_REPORT_READ;
}

/* ---- acknowledged by the eIM (SGP.32 3.7) -----------------------------------------------------
 */

enum err enter_acknowledged(struct ipa *ipa)
{
    while (ipa->ack < ipa->reported_count && !(ipa->acknowledged >> ipa->ack & 1))
        ipa->ack++;
    return ipa->ack == ipa->reported_count ? E_OK : remove_one(ipa, ipa->reported[ipa->ack]);
}

enum phase done_acknowledged(struct ipa *ipa, const struct outcome *o)
{
    (void)o;
    if (ipa->ack == ipa->reported_count)
        return ipa->after_report;
    ipa->ack++;
    return PH_ACKNOWLEDGED;
}
