/* READ, UPDATE and SEARCH RECORD, INCREASE (TS 102 221 11.1.5 to 11.1.8). */
#include "euicc/files.h"

enum { MODE_NEXT = 2, MODE_PREVIOUS = 3, MODE_ABSOLUTE = 4 };
enum { SEARCH_FORWARD = 4, SEARCH_BACKWARD = 5, SEARCH_ENHANCED = 6 };
enum { INS_INCREASE = 0x32 };

static bool record_file(struct card *card, struct channel *ch, const struct apdu *apdu,
                        struct open_file *f, struct reply *out)
{
    uint8_t sfi = apdu->p2 >> 3;

    if (sfi == 0x1F) { /* reserved */
        out->sw = SW_P1P2;
        return false;
    }
    if (!file_current(card, ch, sfi, f, out))
        return false;
    if (f->data.type != NODE_LINEAR && f->data.type != NODE_CYCLIC)
        out->sw = SW_FILE_STRUCTURE;
    return out->sw == SW_OK;
}

static uint8_t step(const struct node *data, uint8_t current, bool forward)
{
    uint8_t n = node_records(data);
    bool cyclic = data->type == NODE_CYCLIC;

    if (current == 0)
        return forward ? 1 : n;
    if (forward)
        return current < n ? (uint8_t)(current + 1) : (cyclic ? 1 : 0);
    return current > 1 ? (uint8_t)(current - 1) : (cyclic ? n : 0);
}

/* The record that P1 and the mode name; 0: there is none. Moves the pointer for NEXT, PREVIOUS. */
static uint8_t chosen_record(struct channel *ch, const struct apdu *apdu, const struct node *data)
{
    uint8_t record;

    if ((apdu->p2 & 7) == MODE_ABSOLUTE)
        record = apdu->p1 ? apdu->p1 : ch->record;
    else
        record = step(data, ch->record, (apdu->p2 & 7) == MODE_NEXT);
    if (record == 0 || record > node_records(data))
        return 0;
    if ((apdu->p2 & 7) != MODE_ABSOLUTE)
        ch->record = record;
    return record;
}

static bool mode_known(const struct apdu *apdu)
{
    uint8_t mode = apdu->p2 & 7;

    return mode == MODE_ABSOLUTE || ((mode == MODE_NEXT || mode == MODE_PREVIOUS) && apdu->p1 == 0);
}

void command_read_record(struct card *card, struct channel *ch, const struct apdu *apdu,
                         struct reply *out)
{
    struct open_file f;

    if (apdu->data.p || !mode_known(apdu)) {
        out->sw = apdu->data.p ? SW_LENGTH : SW_P1P2;
        return;
    }
    if (!record_file(card, ch, apdu, &f, out) || !file_usable(card, &f, ACCESS_READ, 0, out))
        return;
    if (apdu->ne && apdu->ne < APDU_SHORT_NE && apdu->ne != f.data.record_octets) {
        out->sw = (uint16_t)(SW_WRONG_LE | f.data.record_octets);
        return;
    }
    uint8_t record = chosen_record(ch, apdu, &f.data);
    if (record == 0) {
        out->sw = SW_RECORD;
        return;
    }
    reply_put(out, slice_of(f.data.body.p + node_record_at(&f.data, record), f.data.record_octets));
}

/* A cyclic file is written over its oldest record, which becomes record 1. */
static void update_cyclic(struct card *card, struct channel *ch, const struct open_file *f,
                          slice octets, struct reply *out)
{
    uint8_t n = node_records(&f->data);
    uint8_t head = (uint8_t)((f->data.head + n - 1) % n);
    enum err err = tree_write(&card->tree, &f->own, (uint32_t)head * f->data.record_octets, octets);

    if (!err)
        err = tree_set_head(&card->tree, f->own.n, head);
    file_written(card, f, err, out);
    if (!err)
        ch->record = 1;
}

void command_update_record(struct card *card, struct channel *ch, const struct apdu *apdu,
                           struct reply *out)
{
    struct open_file f;

    if (!apdu->data.p || !mode_known(apdu)) {
        out->sw = apdu->data.p ? SW_P1P2 : SW_LENGTH;
        return;
    }
    if (!record_file(card, ch, apdu, &f, out) || !file_usable(card, &f, ACCESS_UPDATE, 0, out))
        return;
    if (apdu->data.n != f.data.record_octets) {
        out->sw = SW_LENGTH;
        return;
    }
    if (f.data.type == NODE_CYCLIC) {
        if ((apdu->p2 & 7) != MODE_PREVIOUS)
            out->sw = SW_P1P2;
        else if (node_records(&f.data) == 0)
            out->sw = SW_RECORD;
        else
            update_cyclic(card, ch, &f, apdu->data, out);
        return;
    }
    uint8_t record = chosen_record(ch, apdu, &f.data);
    if (record == 0)
        out->sw = SW_RECORD;
    else
        file_written(card, &f,
                     tree_write(&card->tree, &f.own, node_record_at(&f.data, record), apdu->data),
                     out);
}

/* ---- SEARCH RECORD ---- */

/* What to look for, and where in a record. */
struct search {
    slice wanted;
    bool forward;
    uint8_t from; /* first record */
    bool after;   /* b4 of the indication: only behind the first octet with this value */
    uint8_t value;
    uint8_t offset;
};

static bool matches(const struct search *s, slice record)
{
    size_t at = s->offset;

    if (s->after) {
        for (at = 0; at < record.n && record.p[at] != s->value;)
            at++;
        at++;
    }
    for (; s->wanted.n <= record.n && at <= record.n - s->wanted.n; at++)
        if (memcmp(record.p + at, s->wanted.p, s->wanted.n) == 0)
            return true;
    return false;
}

/* Enhanced: first octet b4 offset or value, b3..b1 direction and start; second octet which. */
static bool enhanced(const struct apdu *apdu, const struct channel *ch, const struct node *data,
                     struct search *s)
{
    uint8_t how = apdu->data.n >= 3 ? apdu->data.p[0] : 0;
    uint8_t way = how & 7;

    if ((how & 0xF0) || way < 4)
        return false;
    s->after = (how & 8) != 0;
    s->value = s->offset = apdu->data.p[1];
    if (s->after)
        s->offset = 0;
    s->wanted = slice_skip(apdu->data, 2);
    s->forward = way == 4 || way == 6;
    if (way == 4 || way == 5)
        s->from = apdu->p1 ? apdu->p1 : ch->record;
    else
        s->from = step(data, ch->record, s->forward);
    return true;
}

static bool plain(const struct apdu *apdu, const struct channel *ch, struct search *s)
{
    s->wanted = apdu->data;
    s->forward = (apdu->p2 & 7) == SEARCH_FORWARD;
    s->from = apdu->p1 ? apdu->p1 : ch->record;
    return true;
}

static void search(struct channel *ch, const struct node *data, const struct search *s,
                   struct reply *out)
{
    uint8_t n = node_records(data), first = 0;

    for (uint8_t record = s->from; record >= 1 && record <= n;) {
        slice octets = slice_of(data->body.p + node_record_at(data, record), data->record_octets);

        if (matches(s, octets)) {
            reply_put_octet(out, record);
            first = first ? first : record;
        }
        record = (uint8_t)(s->forward ? record + 1 : record - 1);
    }
    if (first)
        ch->record = first;
    else
        out->sw = SW_END_OF_FILE;
}

void command_search_record(struct card *card, struct channel *ch, const struct apdu *apdu,
                           struct reply *out)
{
    struct search s = { .forward = true };
    struct open_file f;
    uint8_t mode = apdu->p2 & 7;

    if (!apdu->data.p || mode < SEARCH_FORWARD || mode > SEARCH_ENHANCED) {
        out->sw = apdu->data.p ? SW_P1P2 : SW_LENGTH;
        return;
    }
    if (!record_file(card, ch, apdu, &f, out) || !file_usable(card, &f, ACCESS_READ, 0, out))
        return;
    if (!(mode == SEARCH_ENHANCED ? enhanced(apdu, ch, &f.data, &s) : plain(apdu, ch, &s)))
        out->sw = SW_DATA;
    else if (s.wanted.n > f.data.record_octets)
        out->sw = SW_LENGTH;
    else if (s.from == 0 || s.from > node_records(&f.data))
        out->sw = SW_RECORD;
    else
        search(ch, &f.data, &s, out);
}

/* ---- INCREASE ---- */

/* value += added, both big endian. False on overflow. */
static bool add(uint8_t *value, size_t n, slice added)
{
    unsigned carry = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned sum = value[n - 1 - i] + carry;

        if (i < added.n)
            sum += added.p[added.n - 1 - i];
        value[n - 1 - i] = (uint8_t)sum;
        carry = sum >> 8;
    }
    return carry == 0;
}

void command_increase(struct card *card, struct channel *ch, const struct apdu *apdu,
                      struct reply *out)
{
    uint8_t value[255];
    struct open_file f;
    bool by_sfi = (apdu->p1 & 0x80) != 0;

    if (apdu->p2 != 0 || (apdu->p1 & 0x60) || (!by_sfi && apdu->p1)) {
        out->sw = SW_P1P2;
        return;
    }
    if (!apdu->data.p || apdu->data.n > 127) {
        out->sw = SW_LENGTH;
        return;
    }
    if (!file_current(card, ch, by_sfi ? apdu->p1 & 0x1F : 0, &f, out))
        return;
    uint8_t n = f.data.record_octets;
    if (f.data.type != NODE_CYCLIC || node_records(&f.data) == 0) {
        out->sw = SW_FILE_STRUCTURE;
        return;
    }
    if (!file_usable(card, &f, ACCESS_UPDATE, INS_INCREASE, out))
        return;
    if (apdu->data.n > n) {
        out->sw = SW_LENGTH;
        return;
    }
    memcpy(value, f.data.body.p + node_record_at(&f.data, 1), n);
    if (!add(value, n, apdu->data)) {
        out->sw = SW_MAX_VALUE;
        return;
    }
    update_cyclic(card, ch, &f, slice_of(value, n), out);
    if (out->sw != SW_OK)
        return;
    reply_put(out, slice_of(value, n));
    reply_put(out, apdu->data);
}
