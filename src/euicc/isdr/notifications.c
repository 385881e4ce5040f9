/*
 * Notifications and results that wait for their receivers (SGP.22 3.5, 5.7.9-5.7.11;
 * SGP.32 5.9.11).
 *
 * One object each, under its sequence number: notifications, installation results and eUICC package
 * results share one sequence. Certificates are not stored; they are added when a notification is
 * retrieved. When the store is full the lowest number goes first.
 */
#include "euicc/isdr/isdr_impl.h"

#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

#define NOTES_MAX     255 /* personality.notification_max is an octet */
#define METADATA_ROOM (32 + ADDRESS_MAX)

struct note {
    uint32_t sequence;
    struct note_head head;
    slice octets;
};

static bool note_next(struct isdr *i, uint32_t *sequence, struct note *out)
{
    uint32_t id = OBJ_NOTE + *sequence + 1;
    slice object;

    if (!objects_next(isdr_objects(i), &id, OBJ_NOTE_LAST, &object))
        return false;
    *sequence = out->sequence = id - OBJ_NOTE;
    memcpy(&out->head, object.p, sizeof out->head);
    out->octets = slice_skip(object, sizeof out->head);
    return true;
}

static bool note_get(struct isdr *i, uint32_t sequence, struct note *out)
{
    uint32_t before = sequence - 1;

    return sequence > 0 && note_next(i, &before, out) && out->sequence == sequence;
}

/* The result that a download is about to answer stays, whatever is told beside it. */
static enum err drop_oldest(struct isdr *i)
{
    uint32_t sequence = 0;
    struct note note;

    while (note_next(i, &sequence, &note))
        if (sequence != i->result)
            return note_remove(i, sequence);
    return E_NOTFOUND;
}

enum err note_remove(struct isdr *i, uint32_t sequence)
{
    if (sequence == 0 || sequence > SEQUENCE_LAST)
        return E_NOTFOUND;
    return objects_delete(isdr_objects(i), OBJ_NOTE + sequence);
}

enum err note_put(struct isdr *i, uint32_t sequence, const struct note_head *head, slice octets)
{
    uint32_t id = OBJ_NOTE + sequence, n = 0, seen = 0;
    struct note note;
    enum err err;

    while (note_next(i, &seen, &note))
        n++;
    for (; n >= i->p->notification_max; n--) {
        err = drop_oldest(i);
        if (err)
            return err == E_NOTFOUND ? E_MEMORY : err;
    }
    do {
        err = objects_make(isdr_objects(i), id, (uint32_t)(sizeof *head + octets.n), 0);
    } while (err == E_MEMORY && n-- > 0 && drop_oldest(i) == E_OK);
    if (!err)
        err = objects_write(isdr_objects(i), id, 0, slice_of(head, sizeof *head));
    if (!err)
        err = objects_write(isdr_objects(i), id, sizeof *head, octets);
    return err;
}

/* ---- making notifications ---- */

void put_note_metadata(struct der_writer *w, uint32_t sequence, enum notification_event event,
                       slice address, slice iccid)
{
    size_t mark = der_mark(w);

    if (iccid.p)
        der_put_tlv(w, 0x5A, iccid);
    der_put_tlv(w, 0x0C, address);
    der_put_bits(w, 0x81, EVENT_BIT(event));
    der_put_int(w, 0x80, sequence);
    der_wrap(w, 0xBF2F, mark);
}

/* BF2F and its signature, in the scratch of a; NULL scratch is never kept. */
static enum err notify_address(struct isdr *i, uint32_t root, enum notification_event event,
                               slice address)
{
    uint8_t buf[METADATA_ROOM + SIG_LEN + 8];
    struct der_writer w = der_writer(buf, sizeof buf);
    struct note_head head = { NOTE_OTHER, EVENT_BIT(event), (uint8_t)profile_ci(i, root), 0 };
    struct card_profile profile;
    uint8_t *signature = put_signature(&w);
    size_t mark = der_mark(&w);
    slice octets, part;
    uint32_t sequence;
    enum err err = profile_get(i->card, root, &profile);

    if (!err)
        err = sequence_next(i, &sequence);
    if (err)
        return err;
    put_note_metadata(&w, sequence, event, address, SLICE_OF(profile.iccid));
    err = der_written(&w, &octets);
    if (err)
        return err;
    part = slice_head(octets, octets.n - mark);
    err = isdr_sign(i, head.ci, &part, 1, signature);
    return err ? err : note_put(i, sequence, &head, octets);
}

/*
 * The addresses of one event are copied one at a time: each notification that is stored moves the
 * metadata that they are read from.
 */
static bool address_at(struct isdr *i, uint32_t root, enum notification_event event, unsigned nth,
                       uint8_t address[ADDRESS_MAX], size_t *n)
{
    slice list = metadata_find(profile_metadata(i->card, root), 0xB6, NULL);
    struct notification_configuration_information row;

    while (schema_next(&T_notification_configuration_information, &list, &row)) {
        if (!der_bit(row.profile_management_operation, event) || nth-- > 0)
            continue;
        *n = slice_head(row.notification_address, ADDRESS_MAX).n;
        memcpy(address, row.notification_address.p, *n);
        return true;
    }
    return false;
}

slice first_address(slice configuration, enum notification_event event)
{
    struct notification_configuration_information row;

    while (schema_next(&T_notification_configuration_information, &configuration, &row))
        if (der_bit(row.profile_management_operation, event))
            return row.notification_address;
    return SLICE_NONE;
}

enum err notify(struct isdr *i, uint32_t root, enum notification_event event, unsigned skip)
{
    uint8_t address[ADDRESS_MAX];
    size_t n;
    enum err err = E_OK;

    for (unsigned nth = skip; !err && address_at(i, root, event, nth, address, &n); nth++)
        err = notify_address(i, root, event, slice_of(address, n));
    return err;
}

/* ---- reading them ---- */

/* BF2F of a notification or an installation result, as signed. */
static slice note_metadata(const struct note *n)
{
    struct der_reader r = der_reader(n->octets);

    if (n->head.kind == NOTE_PIR) {
        r = der_reader(der_expect(&r, 0xBF37).value);
        r = der_reader(der_expect(&r, 0xBF27).value);
        der_expect(&r, 0x80);
    }
    return der_expect(&r, 0xBF2F).whole;
}

enum criteria_kind { BY_NOTHING, BY_SEQUENCE, BY_EVENT, BY_PACKAGE_RESULT };

struct criteria {
    enum criteria_kind kind;
    int64_t sequence;
    unsigned events;
};

static bool wanted(const struct note *n, const struct criteria *c)
{
    switch (c->kind) {
    case BY_SEQUENCE:
        return (int64_t)n->sequence == c->sequence;
    case BY_EVENT:
        return n->head.kind != NOTE_EPR && (n->head.events & c->events) != 0;
    case BY_PACKAGE_RESULT:
        return n->head.kind == NOTE_EPR;
    default:
        return n->head.kind != NOTE_EPR;
    }
}

/* The sequence numbers of what is wanted, in rising order. */
static size_t select_notes(struct isdr *i, const struct criteria *c, uint32_t out[NOTES_MAX])
{
    uint32_t sequence = 0;
    struct note note;
    size_t n = 0;

    while (n < NOTES_MAX && note_next(i, &sequence, &note))
        if (wanted(&note, c))
            out[n++] = sequence;
    return n;
}

void es10_list_notification(struct isdr *i, slice request, struct reply *out)
{
    struct list_notification_request q;
    struct criteria c = { .kind = BY_NOTHING };
    uint32_t chosen[NOTES_MAX];
    struct answer a;
    struct note note;
    size_t n;

    if (schema_decode(&T_list_notification_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (q.profile_management_operation.p) {
        c.kind = BY_EVENT;
        c.events = (unsigned)der_bits(q.profile_management_operation);
    }
    n = select_notes(i, &c, chosen);
    if (!answer_begin(&a, i, n * METADATA_ROOM + 32, out))
        return;
    while (n-- > 0)
        if (note_get(i, chosen[n], &note))
            der_put(&a.w, note_metadata(&note));
    der_wrap(&a.w, 0xA0, 0);
    der_wrap(&a.w, 0xBF28, 0);
    answer_end(&a);
}

/* As retrieved: results as they are, notifications with the chain that verifies them. */
static void put_note(struct isdr *i, const struct note *n, struct der_writer *w)
{
    const struct personality_ci *ci = &i->p->ci[n->head.ci < i->p->ci_count ? n->head.ci : 0];
    size_t mark = der_mark(w);

    if (n->head.kind != NOTE_OTHER) {
        der_put(w, n->octets);
        return;
    }
    der_put(w, ci->eum_certificate);
    der_put(w, ci->euicc_certificate);
    der_put(w, n->octets);
    der_wrap(w, 0x30, mark);
}

static size_t note_room(struct isdr *i, const struct note *n)
{
    const struct personality_ci *ci = &i->p->ci[n->head.ci < i->p->ci_count ? n->head.ci : 0];
    size_t room = n->octets.n + 16;

    return n->head.kind == NOTE_OTHER ? room + ci->eum_certificate.n + ci->euicc_certificate.n
                                      : room;
}

/*
 * The list is as long as there is memory for, the oldest first: the receiver removes what it has
 * delivered and asks again.
 */
static bool begin_list(struct isdr *i, const uint32_t *chosen, size_t *count, struct answer *a,
                       struct reply *out)
{
    struct note note;
    size_t room = 32;

    for (size_t n = 0; n < *count; n++)
        room += note_get(i, chosen[n], &note) ? note_room(i, &note) : 0;
    while (!answer_begin(a, i, room, out)) {
        if (*count <= 1)
            return false;
        room -= note_get(i, chosen[--*count], &note) ? note_room(i, &note) : 0;
    }
    return true;
}

static bool read_criteria(slice request, struct criteria *c)
{
    struct iot_retrieve_notifications_list_request q;

    memset(c, 0, sizeof *c);
    if (schema_decode(&T_iot_retrieve_notifications_list_request, request, &q, NULL))
        return false;
    switch (q.search_criteria.which) {
    case iot_notifications_search_is_seq_number:
        c->kind = BY_SEQUENCE;
        c->sequence = q.search_criteria.seq_number;
        break;
    case iot_notifications_search_is_profile_management_operation:
        c->kind = BY_EVENT;
        c->events = (unsigned)der_bits(q.search_criteria.profile_management_operation);
        break;
    case iot_notifications_search_is_euicc_package_results:
        c->kind = BY_PACKAGE_RESULT;
        break;
    default:
        break;
    }
    return true;
}

void es10_retrieve_notifications(struct isdr *i, slice request, struct reply *out)
{
    uint32_t chosen[NOTES_MAX];
    struct criteria c;
    struct answer a;
    struct note note;
    bool results;
    size_t n;

    if (!read_criteria(request, &c)) {
        reply_sw(out, SW_DATA);
        return;
    }
    n = select_notes(i, &c, chosen);
    results = c.kind == BY_PACKAGE_RESULT;
    if (c.kind == BY_SEQUENCE && n == 1 && note_get(i, chosen[0], &note))
        results = note.head.kind == NOTE_EPR;
    if (!begin_list(i, chosen, &n, &a, out))
        return;
    while (n-- > 0)
        if (note_get(i, chosen[n], &note))
            put_note(i, &note, &a.w);
    der_wrap(&a.w, results ? 0xA2 : 0xA0, 0);
    der_wrap(&a.w, 0xBF2B, 0);
    answer_end(&a);
}

void es10_remove_notification(struct isdr *i, slice request, struct reply *out)
{
    struct notification_sent_request q;
    enum err err;

    if (schema_decode(&T_notification_sent_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    err = q.seq_number < 1 || q.seq_number > SEQUENCE_LAST ? E_NOTFOUND
                                                           : note_remove(i, (uint32_t)q.seq_number);
    if (err && err != E_NOTFOUND)
        reply_sw(out, sw_of(err));
    else
        answer_code(out, 0xBF30, err ? 1 : 0);
}
