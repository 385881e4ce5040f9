/* Command sequences in compact and expanded remote format (TS 102 226 5.1, 5.2). */
#include "base/secret.h"
#include "der/der.h"
#include "euicc/ota/ota_impl.h"

enum { TAG_SCRIPT = 0xAA, TAG_SCRIPT_INDEFINITE = 0xAE, LENGTH_INDEFINITE = 0x80 };
enum { TAG_RESPONSE = 0xAB, TAG_RESPONSE_INDEFINITE = 0xAF };
enum { TAG_C_APDU = 0x22, TAG_R_APDU = 0x23, TAG_COUNT = 0x80, TAG_BAD_FORMAT = 0x90 };
enum { BAD_TAG = 1, BAD_LENGTH = 2, NO_LENGTH = 3 };
enum { INS_GET_RESPONSE = 0xC0, INS_RETRIEVE_DATA = 0xCB, RETRIEVE_FIRST = 0x80, HEADER = 4 };

void session_begin(struct card *card, const struct ota_target *target, struct ram_state *ram,
                   struct ota_session *s)
{
    *s = (struct ota_session){ .card = card,
                               .number = target->number,
                               .domain = target->domain,
                               .run = ram_command,
                               .outgoing = ram_outgoing,
                               .ram = ram };
    if (target->kind != REGISTRY_RFM)
        return;
    s->run = rfm_command;
    s->outgoing = rfm_outgoing;
    s->access = target_access(card, target);
    s->channel = (struct channel){ .open = true, .app = NO_APP, .dir = s->access.adf };
    s->channel.adf = s->access.adf;
}

/* The terminal's PIN status is put aside meanwhile. */
bool session_run(struct ota_session *s, session_script *script, slice data, uint8_t *out,
                 size_t room, size_t *n)
{
    struct card *card = s->card;
    uint16_t verified[CARD_VERIFIED];
    uint8_t verified_count = card->verified_count;
    struct ota_files files;

    memcpy(verified, card->verified, sizeof verified);
    card->verified_count = 0;
    ota_files_begin(card, &files);
    *n = script(s, data, out, room);
    ota_files_end(card, &files, !s->failed);
    memcpy(card->verified, verified, sizeof verified);
    card->verified_count = verified_count;
    if (!s->failed)
        return true;
    *n = 0;
    objects_abort(&card->objects);
    profiles_reload(card);
    return false;
}

static bool memory_failed(uint16_t sw)
{
    return sw == SW_MEMORY || sw == SW_NO_SPACE || sw == SW_UNKNOWN;
}

/* A sequence goes on after what is done and after warnings. */
static bool goes_on(uint16_t sw)
{
    uint8_t sw1 = (uint8_t)(sw >> 8);

    return sw1 == 0x90 || sw1 == 0x91 || sw1 == 0x61 || sw1 == 0x62 || sw1 == 0x63;
}

static void get_response(struct ota_session *s, const struct apdu *apdu, struct reply *out)
{
    size_t n = apdu->ne && apdu->ne < s->kept_n ? apdu->ne : s->kept_n;

    if (s->kept_n == 0)
        out->sw = SW_CONDITIONS;
    else if (apdu->p1 || apdu->p2)
        out->sw = SW_P1P2;
    else if (apdu->ne < APDU_SHORT_NE && apdu->ne > s->kept_n)
        out->sw = (uint16_t)(SW_WRONG_LE | (s->kept_n & 0xFF));
    else
        reply_put(out, slice_of(s->kept, n));
}

/* What does not leave with its command waits for GET RESPONSE. */
static void keep(struct ota_session *s, struct reply *out)
{
    uint16_t sw = out->sw;
    size_t n = out->n < sizeof s->kept ? out->n : sizeof s->kept;

    memcpy(s->kept, out->p, n);
    s->kept_n = n;
    reply_sw(out, sw == SW_OK ? (uint16_t)(SW_MORE | (n & 0xFF)) : sw);
}

/* One command as on T=0; what lies in *out must be taken before the next one. */
static void run_one(struct ota_session *s, slice command, struct reply *out)
{
    struct apdu apdu;
    uint16_t sw;

    *out = (struct reply){
        .card = s->card, .p = s->card->io, .room = sizeof s->card->io, .sw = SW_OK
    };
    if (!apdu_parse(command, false, &apdu, &sw)) {
        out->sw = sw;
        return;
    }
    if (apdu.channel || apdu.secure) {
        out->sw = apdu.secure ? SW_SECURE_MESSAGING : SW_CHANNEL;
        return;
    }
    if (apdu.ins == INS_GET_RESPONSE) {
        get_response(s, &apdu, out);
        return;
    }
    s->kept_n = 0;
    s->run(s, &apdu, out);
    s->failed = s->failed || memory_failed(out->sw);
    if (out->n && !apdu.ne)
        keep(s, out);
    else if (out->n && !apdu.data.p && apdu.ne < APDU_SHORT_NE && apdu.ne != out->n)
        reply_sw(out, (uint16_t)(SW_WRONG_LE | (out->n & 0xFF)));
    else if (out->n > apdu.ne)
        out->n = apdu.ne;
}

/* ---- compact ---- */

/* The first command of the rest. A single octet behind the last one's data is its Le. */
static slice first_command(const struct ota_session *s, slice rest)
{
    if (rest.n <= HEADER)
        return rest;
    uint8_t ins = rest.p[1], p3 = rest.p[HEADER];
    size_t n = HEADER + 1u;

    bool next_block = ins == INS_RETRIEVE_DATA && !(rest.p[3] & RETRIEVE_FIRST);

    if (ins == INS_GET_RESPONSE || next_block || s->outgoing(ins))
        return slice_head(rest, n);
    n += p3;
    if (p3 == 0)
        return slice_head(rest, HEADER);
    return slice_head(rest, rest.n == n + 1 ? n + 1 : n);
}

/* Octets that it takes: a zero P3 is there, though it is no part of a command without data. */
static size_t command_octets(slice rest, slice command)
{
    return command.n == HEADER && rest.n > HEADER ? HEADER + 1 : command.n;
}

static size_t compact(struct ota_session *s, slice rest, uint8_t *out, size_t room)
{
    uint16_t sw = SW_OK;
    uint8_t count = 0;
    size_t n = 0;

    while (rest.n && goes_on(sw) && !s->failed && count < 0xFF) {
        slice command = first_command(s, rest);
        size_t taken = command_octets(rest, command);
        struct reply r;

        run_one(s, command, &r);
        rest = slice_skip(rest, taken);
        sw = r.sw;
        n = r.n;
        if (n > room - 3) { /* TS 102 226 5.1.2: what does not fit is cut, and that is said */
            n = room - 3;
            sw = SW_MORE_DATA;
        }
        if (n)
            memcpy(out + 3, r.p, n);
        reply_sw(&r, sw);
        count++;
    }
    out[0] = count;
    out[1] = (uint8_t)(sw >> 8);
    out[2] = (uint8_t)sw;
    return count ? n + 3 : 0;
}

/* ---- expanded ---- */

/* What stands in front of the R-APDUs and behind them, at most. */
enum { TEMPLATE_HEAD = 4 + 3, TEMPLATE_END = 3 + 2 };

struct expanded {
    uint8_t *body; /* R-APDUs one behind the other */
    size_t n, room;
    uint8_t count;
    uint8_t fault;
};

static void put_r_apdu(struct expanded *e, const struct reply *r)
{
    size_t left = e->room - e->n, data = r->n;
    uint16_t sw = r->sw;
    uint8_t head[DER_HEAD_MAX];
    size_t h = der_put_head(TAG_R_APDU, data + 2, head);

    if (h + data + 2 > left) { /* room for a status word was seen to before it ran */
        data = left > 5 ? left - 5 : 0;
        sw = SW_MORE_DATA;
        h = der_put_head(TAG_R_APDU, data + 2, head);
    }
    memcpy(e->body + e->n, head, h);
    e->n += h;
    if (data)
        memcpy(e->body + e->n, r->p, data);
    e->n += data;
    e->body[e->n++] = (uint8_t)(sw >> 8);
    e->body[e->n++] = (uint8_t)sw;
}

static uint8_t fault_of(enum err err, slice rest)
{
    if (err == E_TRUNCATED && rest.n < 2)
        return NO_LENGTH;
    return BAD_LENGTH;
}

static void run_commands(struct ota_session *s, slice in, bool indefinite, struct expanded *e)
{
    bool more = true;

    while (more && in.n && !(indefinite && in.n == 2 && !in.p[0] && !in.p[1])) {
        struct der_reader r = der_reader(in);
        struct tlv t = der_take(&r);
        struct reply reply;

        if (r.err || t.tag != TAG_C_APDU) {
            e->fault = r.err ? fault_of(r.err, in) : BAD_TAG;
            return;
        }
        if (e->room - e->n < 4 || e->count == 0x7F)
            return;
        run_one(s, t.value, &reply);
        /* GET RESPONSE is not for this format: without Le the octets are not asked for */
        if (reply.sw >> 8 == SW_MORE >> 8)
            reply.sw = SW_OK;
        put_r_apdu(e, &reply);
        e->count++;
        more = goes_on(reply.sw) && !s->failed;
        reply_sw(&reply, SW_OK);
        in = r.in;
    }
}

/* Number of commands executed, R-APDUs, and what was wrong with the format. */
static size_t put_template(const struct expanded *e, bool indefinite, uint8_t *out)
{
    uint8_t number[] = { TAG_COUNT, 1, e->count }, fault[] = { TAG_BAD_FORMAT, 1, e->fault };
    size_t content = sizeof number + e->n + (e->fault ? sizeof fault : 0), n;

    if (indefinite) {
        out[0] = TAG_RESPONSE_INDEFINITE;
        out[1] = LENGTH_INDEFINITE;
        n = 2;
    } else {
        n = der_put_head(TAG_RESPONSE, content, out);
    }
    memcpy(out + n, number, sizeof number);
    n += sizeof number;
    memmove(out + n, e->body, e->n);
    n += e->n;
    if (e->fault) {
        memcpy(out + n, fault, sizeof fault);
        n += sizeof fault;
    }
    if (indefinite) {
        out[n++] = 0;
        out[n++] = 0;
    }
    return n;
}

static bool is_expanded(slice data)
{
    return data.n && (data.p[0] == TAG_SCRIPT || data.p[0] == TAG_SCRIPT_INDEFINITE);
}

/* A template of the kind that came; the indefinite one for what is no template. */
static size_t expanded(struct ota_session *s, slice data, uint8_t *out, size_t room)
{
    struct expanded e = { .body = out + TEMPLATE_HEAD,
                          .room = room - TEMPLATE_HEAD - TEMPLATE_END };
    bool indefinite = !data.n || data.p[0] != TAG_SCRIPT;
    struct der_reader r = der_reader(data);

    if (!is_expanded(data)) {
        e.fault = BAD_TAG;
    } else if (indefinite && data.n >= 2 && data.p[1] == LENGTH_INDEFINITE) {
        bool ended = data.n >= 4 && !data.p[data.n - 2] && !data.p[data.n - 1];

        if (ended)
            run_commands(s, slice_skip(data, 2), true, &e);
        else
            e.fault = NO_LENGTH;
    } else {
        struct tlv t = der_take(&r);

        if (r.err || r.in.n || indefinite)
            e.fault = fault_of(r.err, data);
        else
            run_commands(s, t.value, false, &e);
    }
    return put_template(&e, indefinite, out);
}

size_t script_run_expanded(struct ota_session *s, slice data, uint8_t *out, size_t room)
{
    size_t n = expanded(s, data, out, room);

    wipe(s->kept, sizeof s->kept);
    return n;
}

size_t script_run(struct ota_session *s, slice data, uint8_t *out, size_t room)
{
    size_t n = 0;

    if (data.n)
        n = is_expanded(data) ? expanded(s, data, out, room) : compact(s, data, out, room);
    wipe(s->kept, sizeof s->kept);
    return n;
}
