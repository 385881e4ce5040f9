/* The application: short messages come in, packets are opened and run, answers go out. */
#include "euicc/ota/ota.h"

#include "base/secret.h"
#include "euicc/ota/ota_impl.h"

struct ota {
    struct sms_parts parts;
    struct ram_state ram;
    struct scp03 scp03[2]; /* sessions at the same time */
    struct submit submit;
};

/* ---- one packet ---- */

static void begin_session(struct card *card, const struct ota_packet *p, struct ota_session *s,
                          struct ram_state *ram)
{
    *s = (struct ota_session){ .card = card,
                               .number = p->target.number,
                               .domain = p->target.domain,
                               .version = (p->mac_key.n ? p->kid : p->kic) >> 4,
                               .run = ram_command,
                               .outgoing = ram_outgoing,
                               .ram = ram };
    if (p->target.kind != REGISTRY_RFM)
        return;
    s->run = rfm_command;
    s->outgoing = rfm_outgoing;
    s->access = target_access(card, &p->target);
    s->channel = (struct channel){ .open = true, .app = NO_APP, .dir = s->access.adf };
    s->channel.adf = s->access.adf;
}

/*
 * The terminal's PIN status is put aside meanwhile. What a failing memory left of the packet is
 * taken back; only its counter is stored again, so that it cannot be tried once more.
 */
static enum ota_status run(struct card *card, struct ota *o, const struct ota_packet *p,
                           uint8_t *out, size_t room, size_t *n)
{
    uint16_t verified[CARD_VERIFIED];
    uint8_t verified_count = card->verified_count;
    struct ota_session s;

    memcpy(verified, card->verified, sizeof verified);
    card->verified_count = 0;
    begin_session(card, p, &s, &o->ram);
    *n = script_run(&s, p->data, out, room);
    memcpy(card->verified, verified, sizeof verified);
    card->verified_count = verified_count;
    if (!s.failed)
        return OTA_OK;
    *n = 0;
    objects_abort(&card->objects);
    profiles_reload(card);
    (void)!packet_store_counter(card, p); /* else: nothing was done, and it may come once more */
    return OTA_NO_MEMORY;
}

/*
 * Message or answer. Before the message is on its way the packet's changes are durable: a message
 * that was queued cannot be taken back with them.
 */
static void respond(struct card *card, struct ota *o, const struct ota_packet *p,
                    enum ota_status status, slice origin, slice answer, struct reply *out)
{
    if (!packet_by_submit(p, status))
        reply_put(out, answer);
    else if (objects_commit(&card->objects))
        out->sw = SW_MEMORY;
    else if (submit_begin(card, &o->submit, origin, answer) && answer.n <= REPORT_MAX)
        reply_put(out, answer); /* the queue has been filled by the packet itself */
}

static void command_packet(struct card *card, struct ota *o, uint8_t *octets, size_t size,
                           slice origin, struct reply *out)
{
    uint8_t answer[RESPONSE_MAX], data[RESPONSE_MAX];
    struct ota_packet p;
    size_t n = 0;

    if (!packet_parse(slice_of(octets, size), &p))
        return;
    p.can_submit = submit_can(card, origin);
    enum ota_status status = packet_open(card, &p, octets, size);
    if (status == OTA_OK)
        status = run(card, o, &p, data, packet_room(&p), &n);
    reply_sw(out, SW_OK); /* the packet's commands used the card's buffer */
    if (packet_wants_response(&p, status)) {
        n = packet_respond(card, &p, status, slice_of(data, n), answer);
        if (n)
            respond(card, o, &p, status, origin, slice_of(answer, n), out);
    }
    packet_wipe(&p);
    wipe(data, sizeof data);
}

static void ota_sms_pp(struct card *card, void *state, slice tlvs, struct reply *out)
{
    struct ota *o = state;
    uint8_t *packet = NULL;
    size_t n = 0;
    slice origin;

    /* a response of this one would find no place: the terminal brings it again */
    if (submit_busy(&o->submit)) {
        out->sw = SW_TOOLKIT_BUSY;
        return;
    }
    switch (sms_take(card, &o->parts, tlvs, &packet, &n, &origin)) {
    case SMS_MALFORMED:
        out->sw = SW_DATA;
        return;
    case SMS_NO_ROOM:
        out->sw = SW_TOOLKIT_BUSY;
        return;
    case SMS_PACKET:
        command_packet(card, o, packet, n, origin, out);
        objects_repay(&card->objects, packet);
        return;
    default: /* part of a message, or for nobody here */
        return;
    }
}

/* ---- a channel with a security domain ---- */

enum { INS_INITIALIZE_UPDATE = 0x50, INS_EXTERNAL_AUTHENTICATE = 0x82, INS_GET_DATA = 0xCA };
enum { COMMAND_MAX = 255 };

/* The channel's session, or one that is free; NULL: all are in use. */
static struct scp03 *session_of(struct ota *o, uint8_t channel, bool fresh)
{
    struct scp03 *free = NULL;

    for (size_t i = 0; i < COUNT(o->scp03); i++) {
        if (o->scp03[i].phase != SCP03_CLOSED && o->scp03[i].channel == channel)
            return &o->scp03[i];
        if (o->scp03[i].phase == SCP03_CLOSED)
            free = &o->scp03[i];
    }
    return fresh ? free : NULL;
}

static void end_session(struct card *card, struct ota *o, struct scp03 *scp)
{
    wipe(scp, sizeof *scp);
    ram_drop(card, &o->ram);
}

static void run_domain(struct card *card, struct ota *o, uint16_t number, uint8_t version,
                       const struct apdu *apdu, struct reply *out)
{
    struct ota_session s = { .card = card,
                             .number = number,
                             .domain = (uint8_t)number,
                             .version = version,
                             .run = ram_command,
                             .outgoing = ram_outgoing,
                             .ram = &o->ram };

    ram_command(&s, apdu, out);
}

static void secured(struct card *card, struct ota *o, struct scp03 *scp, const struct apdu *apdu,
                    struct reply *out)
{
    uint8_t data[COMMAND_MAX];
    uint16_t number = scp->domain;
    struct apdu plain;

    out->sw = scp03_open(card, scp, apdu, data, &plain);
    if (out->sw == SW_OK) {
        run_domain(card, o, number, scp->version, &plain, out);
        /* the domain may be gone, and its session with it */
        if (scp->phase == SCP03_OPEN)
            scp03_close(card, scp, out);
    }
    wipe(data, sizeof data);
}

/* Without a secure channel a domain tells what is public, and nothing else. */
static void ota_domain(struct card *card, void *state, uint16_t number, const struct apdu *apdu,
                       struct reply *out)
{
    struct ota *o = state;
    struct scp03 *scp = session_of(o, apdu->channel, false);

    if (apdu->ins == INS_INITIALIZE_UPDATE && apdu->gp && !apdu->secure) {
        if (scp)
            end_session(card, o, scp);
        scp = session_of(o, apdu->channel, true);
        if (scp)
            scp03_initialize(card, scp, number, apdu, out);
        else
            out->sw = SW_CONDITIONS;
    } else if (apdu->ins == INS_EXTERNAL_AUTHENTICATE && apdu->secure) {
        out->sw = scp ? scp03_authenticate(card, scp, apdu) : SW_CONDITIONS;
    } else if (apdu->secure) {
        if (scp && scp->phase == SCP03_OPEN && scp->level & SCP03_C_MAC)
            secured(card, o, scp, apdu, out);
        else
            out->sw = SW_SECURITY;
    } else if (scp && scp->phase == SCP03_OPEN) { /* what comes bare ends a secured session */
        end_session(card, o, scp);
        out->sw = SW_SECURITY;
    } else if (apdu->ins == INS_GET_DATA) {
        run_domain(card, o, number, 0, apdu, out);
    } else {
        static const uint8_t known[] = { 0xD8, 0xE2, 0xE4, 0xE6, 0xF0, 0xF2 };

        out->sw = memchr(known, apdu->ins, sizeof known) ? SW_SECURITY : SW_INS;
    }
}

static void ota_domain_left(struct card *card, void *state, uint8_t channel)
{
    struct ota *o = state;
    struct scp03 *scp = session_of(o, channel, false);

    if (scp)
        end_session(card, o, scp);
}

/* ---- power, switches ---- */

static void ota_reset(struct card *card, void *state)
{
    struct ota *o = state;

    sms_drop(card, &o->parts);
    submit_drop(&o->submit);
    ram_drop(card, &o->ram);
    wipe(o->scp03, sizeof o->scp03);
}

/* What was gathered was for the other profile's operator. */
static void ota_switched(struct card *card, void *state, uint32_t from, uint32_t to)
{
    (void)from;
    (void)to;
    ota_reset(card, state);
}

const struct card_app ota_app = {
    .name = "OTA",
    .state_octets = sizeof(struct ota),
    .reset = ota_reset,
    .switched = ota_switched,
    .sms_pp = ota_sms_pp,
    .domain = ota_domain,
    .domain_left = ota_domain_left,
};
