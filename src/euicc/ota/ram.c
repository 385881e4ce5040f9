/*
 * Remote application management: the commands of a security domain (GPCS 11, TS 102 226 8), on a
 * card without a runtime. What would need one has its status word: no code is loaded, no module is
 * there to be installed. A domain reaches what is below it in the profile, and nothing outside.
 */
#include "base/secret.h"
#include "der/der.h"
#include "euicc/ota/admin.h"

enum {
    INS_STORE_DATA = 0xE2,
    INS_DELETE = 0xE4,
    INS_INSTALL = 0xE6,
    INS_SET_STATUS = 0xF0,
    INS_GET_STATUS = 0xF2,
    INS_GET_DATA = 0xCA,
    INS_PUT_KEY = 0xD8
};
enum { FOR_LOAD = 0x02, FOR_INSTALL = 0x04, MAKE_SELECTABLE = 0x08, FOR_PERSONALIZATION = 0x20 };
enum { BER_TLV = 0x10, LAST_BLOCK = 0x80, BLOCKS_MAX = 1400, P1_ENCRYPTED = 0x60 };
enum { STATUS_APPLICATIONS = 0x40, STATUS_ISD = 0x80 };
enum { LOCKED = 0x80, SELECTABLE = 0x07, PERSONALIZED = 0x0F, REGISTRY_LIFE_CYCLE = 1 };

/* The names by which the profile's own ISD-P is addressed from inside of it (SGP.02 2.2.3). */
static const uint8_t isdp_alias[] = { 0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                      0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x0F, 0x00 };

bool ram_is_root(const struct registry_entry *e)
{
    return e->kind == REGISTRY_SECURITY_DOMAIN && e->domain == e->number;
}

/* ---- what is in reach ---- */

static bool above(struct card *card, const struct ota_session *s, struct registry_entry e)
{
    for (unsigned depth = 0; depth < CARD_APPS * 8; depth++) {
        if (e.number == s->number || e.domain == s->number)
            return true;
        if (e.domain == REGISTRY_NO_DOMAIN || ram_is_root(&e) || !registry_get(card, e.domain, &e))
            return false;
    }
    return false;
}

static bool find(struct ota_session *s, slice aid, struct registry_entry *out)
{
    return registry_by_aid(&s->card->objects, s->card->tree.root, aid, out) &&
           above(s->card, s, *out);
}

static void stored(enum err err, struct reply *out)
{
    if (err)
        reply_sw(out, err == E_MEMORY || err == E_LIMIT ? SW_NO_SPACE : SW_MEMORY);
}

/* ---- STORE DATA ---- */

void ram_drop(struct card *card, struct ram_state *ram)
{
    objects_repay(&card->objects, ram->blocks);
    wipe(ram, sizeof *ram);
}

static void drop_blocks(struct ota_session *s)
{
    objects_repay(&s->card->objects, s->ram->blocks);
    s->ram->blocks = NULL;
    s->ram->n = 0;
    s->ram->next = 0;
}

/* Parameters of administration over HTTP (Amendment B 3.11), in one block as BER-TLV. */
static void store_own(struct ota_session *s, const struct apdu *apdu, struct reply *out)
{
    uint32_t id = profile_object(s->card->tree.root, PROFILE_MISC, REGISTRY_ADMIN + s->number);
    struct tlv t;

    if (apdu->p1 != (LAST_BLOCK | BER_TLV) || apdu->p2)
        out->sw = SW_CONDITIONS; /* a domain's other data comes with the profile */
    else if (der_one(apdu->data, &t))
        out->sw = SW_DATA;
    else if (t.tag != TAG_ADMIN && t.tag != TAG_ADMIN_CONSTRUCTED)
        out->sw = SW_REFERENCE;
    else if (!admin_terms_sound(t.value))
        out->sw = SW_DATA;
    else
        stored(objects_put(&s->card->objects, id, t.whole), out);
}

/* GPCS 11.11: blocks are numbered from 0; the last one says so, and then it takes effect. */
static void store_data(struct ota_session *s, const struct apdu *apdu, struct reply *out)
{
    struct ram_state *ram = s->ram;

    if (ram->target != PERSONALIZE_PROFILE || ram->by != s->number) {
        store_own(s, apdu, out);
        return;
    }
    if (!apdu->data.p || apdu->p1 & P1_ENCRYPTED) {
        out->sw = apdu->data.p ? SW_P1P2 : SW_LENGTH;
        return;
    }
    if (apdu->p2 == 0)
        drop_blocks(s);
    if (apdu->p2 != ram->next || apdu->data.n > BLOCKS_MAX - ram->n) {
        out->sw = apdu->p2 != ram->next ? SW_P1P2 : SW_DATA;
        drop_blocks(s);
        return;
    }
    if (!ram->blocks)
        ram->blocks = objects_lend(&s->card->objects, BLOCKS_MAX);
    if (!ram->blocks) {
        out->sw = SW_NO_SPACE;
        return;
    }
    memcpy(ram->blocks + ram->n, apdu->data.p, apdu->data.n);
    ram->n += apdu->data.n;
    ram->next++;
    if (!(apdu->p1 & LAST_BLOCK))
        return;
    out->sw = update_metadata(s->card, slice_of(ram->blocks, ram->n));
    drop_blocks(s);
}

/* ---- INSTALL ---- */

/* The AID in the third field; the others of [for personalization] are empty. */
static bool personalized(slice data, slice *aid)
{
    if (data.n < 3 || data.p[0] || data.p[1] || data.n != 3u + data.p[2] + 3)
        return false;
    *aid = slice_of(data.p + 3, data.p[2]);
    const uint8_t *rest = aid->p + aid->n;
    return !rest[0] && !rest[1] && !rest[2];
}

static void for_personalization(struct ota_session *s, slice data, struct reply *out)
{
    struct card_profile profile;
    slice aid;

    ram_drop(s->card, s->ram);
    if (!personalized(data, &aid)) {
        out->sw = SW_DATA;
        return;
    }
    struct registry_entry own;
    bool own_isdp = slice_eq(aid, SLICE_OF(isdp_alias)) ||
                    (!profile_get(s->card, s->card->tree.root, &profile) &&
                     slice_eq(aid, SLICE_OF(profile.isdp_aid)));
    if (!own_isdp || !registry_get(s->card, s->number, &own) || !ram_is_root(&own)) {
        out->sw = SW_REFERENCE;
        return;
    }
    s->ram->target = PERSONALIZE_PROFILE;
    s->ram->by = s->number;
    reply_put_octet(out, 0x00);
}

static void install(struct ota_session *s, const struct apdu *apdu, struct reply *out)
{
    if (apdu->p2 || !apdu->data.p)
        out->sw = apdu->data.p ? SW_P1P2 : SW_LENGTH;
    else if (apdu->p1 == FOR_PERSONALIZATION)
        for_personalization(s, apdu->data, out);
    else if (apdu->p1 & (FOR_INSTALL | MAKE_SELECTABLE))
        out->sw = SW_REFERENCE; /* no module is there */
    else
        out->sw = SW_FUNCTION; /* [for load]: no runtime; extradition, registry update: absent */
}

/* ---- DELETE ---- */

/* Something lies below the domain. */
static bool in_use(struct ota_session *s, uint16_t domain)
{
    struct registry_entry e;

    for (int32_t n = -1; registry_next(&s->card->objects, s->card->tree.root, &n, &e);)
        if (e.number != domain && e.domain == domain)
            return true;
    return false;
}

static void delete_entry(struct ota_session *s, slice aid, struct reply *out)
{
    struct objects *o = &s->card->objects;
    uint32_t root = s->card->tree.root;
    struct registry_entry e;
    enum err err = E_OK;

    if (!find(s, aid, &e)) {
        out->sw = SW_REFERENCE;
        return;
    }
    if (e.number == s->number || ram_is_root(&e) || in_use(s, e.number)) {
        out->sw = SW_CONDITIONS;
        return;
    }
    uint16_t number = e.number;
    uint32_t perso = profile_object(root, PROFILE_MISC, REGISTRY_PERSO + number);
    uint32_t admin = profile_object(root, PROFILE_MISC, REGISTRY_ADMIN + number);
    if (e.kind == REGISTRY_SECURITY_DOMAIN) {
        err = key_forget_domain(s->card, (uint8_t)number);
        if (!err && objects_get(o, perso).p)
            err = objects_delete(o, perso);
        if (!err && objects_get(o, admin).p)
            err = objects_delete(o, admin);
        for (unsigned i = 0; i < CARD_CHANNELS; i++)
            if (s->card->channels[i].sd == number + 1u)
                card_select_mf(s->card, &s->card->channels[i]);
    }
    if (!err)
        err = objects_delete(o, profile_object(root, PROFILE_APP, number));
    stored(err, out);
    if (!err)
        reply_put_octet(out, 0x00);
}

static void delete (struct ota_session *s, const struct apdu *apdu, struct reply *out)
{
    struct der_reader r = der_reader(apdu->data);
    uint32_t tag = der_peek(&r);

    if (apdu->p1 || apdu->p2 & 0x7F) {
        out->sw = SW_P1P2;
    } else if (tag == 0xD0 || tag == 0xD2) {
        ram_delete_keys(s, apdu->data, out);
    } else {
        struct tlv t = der_expect(&r, 0x4F);

        if (der_end(&r) || t.value.n < 5 || t.value.n > CARD_AID_MAX)
            out->sw = SW_DATA;
        else
            delete_entry(s, t.value, out);
    }
}

/* ---- SET STATUS ---- */

/* SELECTABLE to PERSONALIZED; lock and unlock; nothing else and never the root itself. */
static bool transition(const struct registry_entry *e, uint8_t to)
{
    if ((to & LOCKED) != (e->life_cycle & LOCKED))
        return !ram_is_root(e);
    return e->kind == REGISTRY_SECURITY_DOMAIN && e->life_cycle == SELECTABLE && to == PERSONALIZED;
}

static void set_status(struct ota_session *s, const struct apdu *apdu, struct reply *out)
{
    struct registry_entry e;
    uint32_t id;

    if (apdu->p1 != STATUS_APPLICATIONS) {
        out->sw = apdu->p1 == STATUS_ISD ? SW_CONDITIONS : SW_P1P2; /* the card is not the MNO's */
        return;
    }
    if (!find(s, apdu->data, &e) || e.kind == REGISTRY_LOAD_FILE) {
        out->sw = SW_REFERENCE;
        return;
    }
    if (!transition(&e, apdu->p2)) {
        out->sw = SW_CONDITIONS;
        return;
    }
    uint8_t state = (apdu->p2 & LOCKED) != (e.life_cycle & LOCKED)
                        ? (uint8_t)(e.life_cycle ^ LOCKED)
                        : apdu->p2;
    id = profile_object(s->card->tree.root, PROFILE_APP, e.number);
    stored(objects_write(&s->card->objects, id, (uint32_t)(1 + e.aid.n + REGISTRY_LIFE_CYCLE),
                         slice_of(&state, 1)),
           out);
}

/* ---- all ---- */

static const struct {
    uint8_t ins;
    session_command *run;
} commands[] = {
    { INS_GET_STATUS, ram_get_status },
    { INS_GET_DATA, ram_get_data },
    { INS_PUT_KEY, ram_put_key },
    { INS_STORE_DATA, store_data },
    { INS_DELETE, delete },
    { INS_INSTALL, install },
    { INS_SET_STATUS, set_status },
};

bool ram_outgoing(uint8_t ins)
{
    return ins == INS_GET_DATA;
}

void ram_command(struct ota_session *s, const struct apdu *apdu, struct reply *out)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (commands[i].ins != apdu->ins)
            continue;
        if (!apdu->gp && apdu->ins != INS_GET_DATA)
            out->sw = SW_CLA;
        else
            commands[i].run(s, apdu, out);
        return;
    }
    out->sw = SW_INS;
}
