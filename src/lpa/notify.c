/* Notifications (SGP.22 3.5), and the events of an SM-DS (3.6). */
#include "lpa/lpa_impl.h"

#define HELD_MAX 16 /* servers that did not answer */

static enum err list_all(struct lpa *l, slice *list)
{
    struct list_notification_response r;
    enum err e = lpa_ask(l, 0xBF28, &T_list_notification_response, &r);

    if (e)
        return e;
    if (r.which == list_notification_response_is_list_notifications_result_error)
        return lpa_card_refused(l, list_notifications_error_names,
                                r.list_notifications_result_error);
    *list = r.notification_metadata_list;
    return E_OK;
}

enum err lpa_notifications(struct lpa *l, slice *list)
{
    enum err e = lpa_begin(l, LPA_CARD);

    return e ? e : list_all(l, list);
}

static enum err remove_one(struct lpa *l, int64_t seq_number)
{
    struct notification_sent_request q = { .has_seq_number = true, .seq_number = seq_number };
    struct notification_sent_response r;
    enum err e = lpa_es10(l, &T_notification_sent_request, &q, &T_notification_sent_response, &r);

    if (!e && r.delete_notification_status)
        e = lpa_card_refused(l, delete_notification_status_names, r.delete_notification_status);
    return e;
}

enum err lpa_notification_remove(struct lpa *l, int64_t seq_number)
{
    enum err e = lpa_begin(l, LPA_CARD);

    return e ? e : remove_one(l, seq_number);
}

enum err lpa_notify_one(struct lpa *l, int64_t seq_number, slice address, slice pending, bool keep)
{
    struct handle_notification_es9 q = { pending };
    enum err e;

    lpa_step(l, LPA_NOTIFY, 0, 0);
    e = lpa_es9(l, JSON_ES9PLUS, "handleNotification", address, &q, NULL);
    return e || keep ? e : remove_one(l, seq_number);
}

static enum err retrieve(struct lpa *l, int64_t seq_number, slice *pending)
{
    struct retrieve_notifications_list_request q = {
        .search_criteria = { .which = retrieve_notifications_criteria_is_seq_number,
                             .seq_number = seq_number },
    };
    struct retrieve_notifications_list_response r;
    struct der_reader list;
    enum err e = lpa_es10(l, &T_retrieve_notifications_list_request, &q,
                          &T_retrieve_notifications_list_response, &r);

    if (e)
        return e;
    if (r.which == retrieve_notifications_list_response_is_notifications_list_result_error)
        return lpa_card_refused(l, notifications_list_error_names,
                                r.notifications_list_result_error);
    list = der_reader(r.notification_list);
    if (!der_more(&list))
        return E_NOTFOUND; /* gone meanwhile */
    *pending = der_take(&list).whole;
    return E_OK;
}

/* Servers that could not be told hold up their later notifications. */
struct held {
    slice address[HELD_MAX];
    size_t count;
};

static bool is_held(const struct held *h, slice address)
{
    for (size_t i = 0; i < h->count; i++)
        if (slice_eq_nocase(h->address[i], address))
            return true;
    return h->count == HELD_MAX;
}

/* The one with the lowest number from `from` on; false: none. The eUICC's order is not ours. */
static bool next_of(slice list, int64_t from, struct notification_metadata *out)
{
    struct notification_metadata m;
    bool found = false;

    while (schema_next(&T_notification_metadata, &list, &m))
        if (m.seq_number >= from && (!found || m.seq_number < out->seq_number)) {
            *out = m;
            found = true;
        }
    return found;
}

static enum err deliver(struct lpa *l, int64_t seq_number, bool keep, size_t *sent, size_t *left)
{
    struct notification_metadata m = { .seq_number = 0 };
    struct held held = { .count = 0 };
    slice list, pending;
    enum err e = list_all(l, &list);

    for (int64_t from = 0; !e && next_of(list, from, &m); from = m.seq_number + 1) {
        if (seq_number >= 0 && m.seq_number != seq_number)
            continue;
        if (is_held(&held, m.notification_address)) {
            (*left)++;
            continue;
        }
        e = retrieve(l, m.seq_number, &pending);
        if (e == E_NOTFOUND) {
            e = E_OK;
            continue;
        }
        if (!e && !lpa_notify_one(l, m.seq_number, m.notification_address, pending, keep)) {
            (*sent)++;
        } else if (!e) {
            held.address[held.count++] = m.notification_address;
            (*left)++;
        }
    }
    return e;
}

enum err lpa_notify(struct lpa *l, int64_t seq_number, bool keep, size_t *sent, size_t *left)
{
    enum err e = lpa_begin_long(l, LPA_CARD);

    *sent = *left = 0;
    if (e)
        return e;
    e = deliver(l, seq_number, keep, sent, left);
    lpa_end(l);
    return e;
}

/* ---- SM-DS ---- */

bool lpa_event_read(const struct event_entries *entry, struct lpa_event *out)
{
    *out = (struct lpa_event){ 0 };
    if (!entry->rsp_server_address.n || entry->rsp_server_address.n >= sizeof out->address ||
        entry->event_id.n >= sizeof out->id)
        return false;
    memcpy(out->address, entry->rsp_server_address.p, entry->rsp_server_address.n);
    if (entry->event_id.n)
        memcpy(out->id, entry->event_id.p, entry->event_id.n);
    return true;
}

enum err lpa_ask_smds(struct lpa *l, const struct lpa_session *s, slice *entries)
{
    struct authenticate_client_request_es9 q = { s->transaction_id, s->authenticate_response,
                                                 false };
    struct authenticate_client_response_es11 r;
    enum err e = lpa_es9(l, JSON_ES11, "authenticateClient", s->address, &q, &r);

    if (e)
        return e;
    if (r.which != authenticate_client_response_es11_is_authenticate_client_ok)
        return lpa_fail(l, E_CHOICE);
    *entries = r.authenticate_client_ok.event_entries;
    return lpa_continues(l, s, r.authenticate_client_ok.transaction_id);
}

static enum err discover(struct lpa *l, slice address, struct lpa_event events[LPA_EVENTS_MAX],
                         size_t *count)
{
    struct euicc_configured_addresses_response addresses;
    struct event_entries entry;
    struct lpa_session s;
    slice rest;
    enum err e = E_OK;

    if (!address.p) {
        e = lpa_ask(l, 0xBF3C, &T_euicc_configured_addresses_response, &addresses);
        address = addresses.root_ds_address;
    }
    if (!e)
        e = lpa_authenticate(l, JSON_ES11, address, SLICE_NONE, SLICE_NONE, &s);
    if (e)
        return e;
    lpa_step(l, LPA_DISCOVER, 0, 0);
    e = lpa_ask_smds(l, &s, &rest);
    while (!e && *count < LPA_EVENTS_MAX && schema_next(&T_event_entries, &rest, &entry))
        *count += lpa_event_read(&entry, &events[*count]);
    if (e)
        lpa_cancel(l, &s, CANCEL_SESSION_UNDEFINED_REASON, false);
    return e;
}

enum err lpa_discover(struct lpa *l, slice address, struct lpa_event events[LPA_EVENTS_MAX],
                      size_t *count)
{
    enum err e = lpa_begin_long(l, LPA_DISCOVER);

    *count = 0;
    if (e)
        return e;
    e = discover(l, address, events, count);
    lpa_end(l);
    return e;
}
