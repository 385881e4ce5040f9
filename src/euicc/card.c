#include "euicc/card_impl.h"

#include "base/secret.h"

/* T=0 then T=15; TB3 = 82: eUICC-related functions (TS 102 221 6.3.3). */
static const uint8_t default_atr[] = { 0x3B, 0x9F, 0x96, 0xC0, 0x0A, 0x3F, 0xC7, 0x82,
                                       0x80, 0x31, 0xE0, 0x73, 0xFE, 0x21, 0x1F, 0x67,
                                       0x53, 0x57, 0x45, 0x55, 0x49, 0x43, 0x43, 0x61 };

/* ---- memory ---- */

static size_t align8(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

static size_t states_size(const struct card_personality *personality)
{
    size_t n = 0;

    for (size_t i = 0; i < personality->app_count; i++)
        n += align8(personality->apps[i].app->state_octets);
    return n;
}

size_t card_size(const struct card_personality *personality, size_t object_octets)
{
    return align8(sizeof(struct card)) + states_size(personality) + align8(object_octets);
}

struct objects *card_objects(struct card *card)
{
    return &card->objects;
}

const struct crypto *card_crypto(const struct card *card)
{
    return card->crypto;
}

const struct card_personality *card_personality(const struct card *card)
{
    return card->personality;
}

void *card_app_state(struct card *card, const struct card_app *app)
{
    for (size_t i = 0; i < card->personality->app_count; i++)
        if (card->personality->apps[i].app == app)
            return card->app_state[i];
    return NULL;
}

slice card_atr(const struct card *card)
{
    return card->personality->atr.p ? card->personality->atr : SLICE_OF(default_atr);
}

slice card_terminal_capability(const struct card *card)
{
    return card->capability_n ? slice_of(card->capability, card->capability_n) : SLICE_NONE;
}

/* ---- boot and reset ---- */

static void drop_pending(struct card *card)
{
    if (!card->pending.card)
        return;
    reply_sw(&card->pending, SW_OK);
    card->pending.card = NULL;
}

uint8_t card_channel_count(const struct card *card)
{
    uint8_t n = card->personality->channels;

    return n && n < CARD_CHANNELS ? n : CARD_CHANNELS;
}

void card_select_mf(struct card *card, struct channel *ch)
{
    card_leave_app(card, ch);
    *ch = (struct channel){ .open = true, .app = NO_APP };
}

/* The application that serves the security domains of profiles; NO_APP: none. */
static uint8_t domain_server(const struct card *card)
{
    for (size_t i = 0; i < card->personality->app_count; i++)
        if (card->personality->apps[i].app->domain)
            return (uint8_t)i;
    return NO_APP;
}

void card_sms_pp(struct card *card, slice tlvs, struct reply *out)
{
    for (size_t i = 0; i < card->personality->app_count; i++)
        if (card->personality->apps[i].app->sms_pp) {
            card->personality->apps[i].app->sms_pp(card, card->app_state[i], tlvs, out);
            return;
        }
}

static void leave_domain(struct card *card, struct channel *ch)
{
    uint8_t i = domain_server(card);

    if (ch->sd && i != NO_APP && card->personality->apps[i].app->domain_left)
        card->personality->apps[i].app->domain_left(card, card->app_state[i],
                                                    card_channel_number(card, ch));
    ch->sd = 0;
}

void card_leave_app(struct card *card, struct channel *ch)
{
    uint8_t i = ch->app;

    leave_domain(card, ch);
    ch->app = NO_APP;
    if (i == NO_APP)
        return;
    const struct card_app *app = card->personality->apps[i].app;
    if (app->deselect)
        app->deselect(card, card->app_state[i], card_channel_number(card, ch));
}

void card_end_sessions(struct card *card)
{
    for (unsigned i = card->verified_count; i-- > 0;) {
        uint8_t adf = tree_application(&card->tree, (uint8_t)(card->verified[i] >> 8));
        bool used = adf == TREE_MF;

        for (unsigned c = 0; c < CARD_CHANNELS; c++)
            used = used || (card->channels[c].open && card->channels[c].adf == adf);
        if (!used)
            card->verified[i] = card->verified[--card->verified_count];
    }
}

static void reset_volatile(struct card *card)
{
    drop_pending(card);
    profile_install_abort(card);
    tlv_file_reset(card);
    for (unsigned i = 0; i < CARD_CHANNELS; i++)
        card->channels[i] = (struct channel){ .open = i == 0, .app = NO_APP };
    pin_forget_all(card);
    card->capability_n = 0;
    card->sima_n = 0;
    card->channels_void = false;
    memset(card->sizes, 0xFF, sizeof card->sizes);
}

void card_reset(struct card *card)
{
    reset_volatile(card);
    for (size_t i = 0; i < card->personality->app_count; i++) {
        const struct card_app *app = card->personality->apps[i].app;

        if (app->reset)
            app->reset(card, card->app_state[i]);
    }
    cat_reset(card);
    enum err err = profiles_complete_switch(card);
    if (!err)
        err = objects_commit(&card->objects);
    if (err)
        objects_abort(&card->objects);
    reset_volatile(card);
    suspend_power_on(card);
}

static enum err boot_apps(struct card *card)
{
    for (size_t i = 0; i < card->personality->app_count; i++) {
        const struct card_app_entry *entry = &card->personality->apps[i];
        enum err err =
            entry->app->boot ? entry->app->boot(card, card->app_state[i], entry->config) : E_OK;

        if (err)
            return err;
    }
    return objects_commit(&card->objects);
}

static enum err boot(struct card *card, uint8_t *rest, size_t size, const struct nvm *nvm)
{
    const struct card_personality *personality = card->personality;
    enum err err;

    for (size_t i = 0; i < personality->app_count; i++) {
        card->app_state[i] = rest;
        rest += align8(personality->apps[i].app->state_octets);
        size -= align8(personality->apps[i].app->state_octets);
    }
    err = objects_boot(&card->objects, rest, (uint32_t)size, nvm);
    if (err)
        return err;
    err = profiles_boot(card);
    if (err)
        return err;
    reset_volatile(card);
    err = boot_apps(card);
    if (err)
        return err;
    err = profiles_complete_switch(card);
    if (err)
        return err;
    reset_volatile(card); /* the switch may have voided channels that nobody has used */
    suspend_power_on(card);
    return objects_commit(&card->objects);
}

struct card *card_boot(void *mem, size_t size, const struct nvm *nvm, const struct crypto *crypto,
                       const struct card_personality *personality, enum err *why)
{
    struct card *card = mem;
    size_t fixed = align8(sizeof *card) + states_size(personality);

    *why = E_ARGUMENT;
    if (personality->app_count > CARD_APPS)
        return NULL;
    *why = E_MEMORY;
    if (size < fixed + 1024 || size - fixed > UINT32_MAX / 4)
        return NULL;
    memset(mem, 0, fixed);
    card->crypto = crypto;
    card->personality = personality;
    card->size = size;
    card->due = -1;
    *why = boot(card, (uint8_t *)mem + align8(sizeof *card), size - align8(sizeof *card), nvm);
    return *why ? NULL : card;
}

void card_close(struct card *card)
{
    for (size_t i = 0; i < card->personality->app_count; i++) {
        const struct card_app *app = card->personality->apps[i].app;

        if (app->close)
            app->close(card, card->app_state[i]);
    }
    wipe(card, card->size);
}

/* ---- commands ---- */

enum { CLASS_ISO = 0, CLASS_GP = 1 };

static const struct {
    uint8_t ins;
    uint8_t class;
    card_command *run;
} commands[] = {
    { 0xB0, CLASS_ISO, command_read_binary },
    { 0xD6, CLASS_ISO, command_update_binary },
    { 0xB2, CLASS_ISO, command_read_record },
    { 0xDC, CLASS_ISO, command_update_record },
    { 0xA2, CLASS_ISO, command_search_record },
    { 0x32, CLASS_GP, command_increase },
    { 0xCB, CLASS_GP, command_retrieve_data },
    { 0xDB, CLASS_GP, command_set_data },
    { 0x04, CLASS_ISO, command_deactivate },
    { 0x44, CLASS_ISO, command_activate },
    { 0xE0, CLASS_ISO, command_create_file },
    { 0xE4, CLASS_ISO, command_delete_file },
    { 0xD4, CLASS_GP, command_resize_file },
    { 0xE6, CLASS_ISO, command_terminate_df },
    { 0xE8, CLASS_ISO, command_terminate_ef },
    { 0x20, CLASS_ISO, command_verify },
    { 0x24, CLASS_ISO, command_change_pin },
    { 0x26, CLASS_ISO, command_disable_pin },
    { 0x28, CLASS_ISO, command_enable_pin },
    { 0x2C, CLASS_ISO, command_unblock_pin },
    { 0x88, CLASS_ISO, command_authenticate },
    { 0x84, CLASS_ISO, command_get_challenge },
    { 0x78, CLASS_GP, command_get_identity },
    { 0xF2, CLASS_GP, command_status },
    { 0xAA, CLASS_GP, command_terminal_capability },
    { 0x10, CLASS_GP, command_terminal_profile },
    { 0x12, CLASS_GP, command_fetch },
    { 0x14, CLASS_GP, command_terminal_response },
    { 0xC2, CLASS_GP, command_envelope },
    { INS_SUSPEND_UICC, CLASS_GP, command_suspend },
};

/* The card itself answers these on whatever channel they come. */
static bool card_wide(uint8_t ins)
{
    return ins == 0xAA || ins == 0x10 || ins == 0x12 || ins == 0x14 || ins == 0xC2 ||
           ins == INS_SUSPEND_UICC;
}

static void run_command(struct card *card, struct channel *ch, const struct apdu *apdu,
                        struct reply *out)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (commands[i].ins != apdu->ins)
            continue;
        if ((commands[i].class == CLASS_GP) != apdu->gp) {
            out->sw = SW_CLA;
            return;
        }
        commands[i].run(card, ch, apdu, out);
        return;
    }
    out->sw = SW_INS;
}

static void dispatch(struct card *card, const struct apdu *apdu, struct reply *out)
{
    struct channel *ch = &card->channels[apdu->channel];

    uint8_t server = ch->sd ? domain_server(card) : NO_APP;

    if (!ch->open) {
        out->sw = SW_CHANNEL;
    } else if (apdu->secure && server == NO_APP) {
        out->sw = SW_SECURE_MESSAGING;
    } else if (apdu->ins == 0x70 && !apdu->gp) {
        command_manage_channel(card, ch, apdu, out);
    } else if (apdu->ins == 0xA4 && !apdu->gp) {
        command_select(card, ch, apdu, out);
    } else if (ch->app != NO_APP && !card_wide(apdu->ins)) {
        const struct card_app *app = card->personality->apps[ch->app].app;

        if (app->command)
            app->command(card, card->app_state[ch->app], apdu, out);
        else
            out->sw = SW_INS;
    } else if (server != NO_APP && !card_wide(apdu->ins)) {
        card->personality->apps[server].app->domain(card, card->app_state[server],
                                                    (uint16_t)(ch->sd - 1), apdu, out);
    } else {
        run_command(card, ch, apdu, out);
    }
}

/* The tree was exchanged: TS 102 221 state of a card that was just reset, but for applications. */
static void settle_channels(struct card *card)
{
    for (unsigned i = 0; i < CARD_CHANNELS; i++) {
        struct channel *ch = &card->channels[i];

        if (ch->open && ch->app != NO_APP)
            *ch = (struct channel){ .open = true, .app = ch->app };
        else
            *ch = (struct channel){ .open = i == 0, .app = NO_APP };
    }
    pin_forget_all(card);
    memset(card->sizes, 0xFF, sizeof card->sizes);
    card->channels_void = false;
}

void card_settle(struct card *card, struct reply *r)
{
    bool failed = r->sw == SW_MEMORY || r->sw == SW_NO_SPACE || r->sw == SW_UNKNOWN;

    if (!failed && objects_commit(&card->objects)) {
        reply_sw(r, SW_MEMORY);
        failed = true;
    }
    if (failed) {
        if (objects_dirty(&card->objects))
            install_lost(card);
        objects_abort(&card->objects);
        profiles_reload(card);
    }
    card_tell_changes(card, !failed && !card->channels_void);
    if (card->channels_void)
        settle_channels(card);
}

/* ---- T=0 shaping of replies (TS 102 221 7.3.1.1) ---- */

static size_t send(uint8_t *out, slice octets, uint16_t sw)
{
    if (octets.n)
        memcpy(out, octets.p, octets.n);
    out[octets.n] = (uint8_t)(sw >> 8);
    out[octets.n + 1] = (uint8_t)sw;
    return octets.n + 2;
}

static uint16_t with_length(uint16_t sw, size_t n)
{
    return (uint16_t)(sw | (n < 256 ? n : 0));
}

static uint16_t final_sw(const struct card *card, uint16_t sw)
{
    uint8_t waiting = cat_waiting(card);

    return sw == SW_OK && waiting ? (uint16_t)(SW_PROACTIVE | waiting) : sw;
}

/* The next octets of the pending reply, at most ne. */
static size_t send_pending(struct card *card, size_t ne, uint8_t *out, size_t cap)
{
    struct reply *r = &card->pending;
    size_t left = r->n - card->pending_at;
    size_t n = left < ne ? left : ne;

    n = n < cap - 2 ? n : cap - 2;
    slice octets = slice_of(r->p + card->pending_at, n);
    if (n < left) {
        card->pending_at += n;
        return send(out, octets, with_length(SW_MORE, left - n));
    }
    n = send(out, octets, final_sw(card, r->sw));
    drop_pending(card);
    return n;
}

static bool warns(uint16_t sw)
{
    return sw >> 8 == 0x62 || sw >> 8 == 0x63;
}

static size_t answer(struct card *card, const struct apdu *apdu, struct reply *r, uint8_t *out,
                     size_t cap)
{
    bool wrong_le = !apdu->data.p && apdu->ne && apdu->ne < APDU_SHORT_NE && apdu->ne != r->n;

    if (r->n == 0) {
        uint16_t sw = r->sw;

        reply_sw(r, SW_OK);
        return send(out, SLICE_NONE, final_sw(card, sw));
    }
    if (wrong_le && !warns(r->sw)) {
        uint16_t sw = with_length(SW_WRONG_LE, r->n);

        reply_sw(r, SW_OK);
        return send(out, SLICE_NONE, sw);
    }
    card->pending = *r;
    card->pending_at = 0;
    card->pending_channel = apdu->channel;
    if (apdu->ne)
        return send_pending(card, apdu->ne, out, cap);
    return send(out, SLICE_NONE, warns(r->sw) ? r->sw : with_length(SW_MORE, r->n));
}

static size_t get_response(struct card *card, const struct apdu *apdu, uint8_t *out, size_t cap)
{
    size_t left = card->pending.n - card->pending_at;

    if (!card->pending.card || card->pending_channel != apdu->channel) {
        drop_pending(card);
        return send(out, SLICE_NONE, SW_UNKNOWN);
    }
    if (apdu->p1 || apdu->p2 || apdu->data.p)
        return send(out, SLICE_NONE, apdu->data.p ? SW_LENGTH : SW_P1P2);
    if (apdu->ne < APDU_SHORT_NE && apdu->ne > left)
        return send(out, SLICE_NONE, with_length(SW_WRONG_LE, left));
    return send_pending(card, apdu->ne ? apdu->ne : APDU_SHORT_NE, out, cap);
}

size_t card_apdu(struct card *card, slice command, uint8_t *out, size_t cap)
{
    struct reply r = { .card = card, .p = card->io, .room = sizeof card->io, .sw = SW_OK };
    struct apdu apdu;
    uint16_t sw;

    if (!apdu_parse(command, card->personality->extended_apdu, &apdu, &sw)) {
        drop_pending(card);
        return send(out, SLICE_NONE, sw);
    }
    if (apdu.channel >= card_channel_count(card)) {
        drop_pending(card);
        return send(out, SLICE_NONE, SW_CHANNEL);
    }
    if (apdu.ins == 0xC0)
        return get_response(card, &apdu, out, cap);
    drop_pending(card);
    if (card->suspended && !suspend_resumes(&apdu) && suspend_end(card))
        reply_sw(&r, SW_MEMORY);
    else
        dispatch(card, &apdu, &r);
    card_settle(card, &r);
    suspend_settle(card);
    if (!card->suspended)
        card_work(card);
    return answer(card, &apdu, &r, out, cap);
}
