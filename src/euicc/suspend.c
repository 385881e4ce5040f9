/*
 * SUSPEND UICC (TS 102 221 11.1.22): the terminal takes the power away for a while and has, after
 * the next power on, the session that it left: channels, current files, verified PINs, TERMINAL
 * CAPABILITY, TERMINAL PROFILE and event list. It shows by a token that it is the one that left.
 *
 * The session is one object. It holds until the next command that is not RESUME; RESUME uses it
 * up, whatever its token is. Only a session that consists of this alone is suspended: with an
 * application or a security domain selected, timers running, or a proactive command, an
 * installation or a profile switch under way the answer is 6985.
 *
 * The card has no clock: it grants the longest time that the terminal asks for, and counts none.
 */
#include "base/secret.h"
#include "crypto/crypto.h"
#include "euicc/card_impl.h"

enum { MODE_SUSPEND = 0x00, MODE_RESUME = 0x01 };
enum { FID_UMPC = 0x2F08, UMPC_INFORMATION = 2, UMPC_SUSPENSION = 0x02 };
enum { TOKEN_OCTETS = 8, DURATION_OCTETS = 2, UNIT_LAST = 0x04 };

struct suspended_channel {
    uint8_t open, dir, adf, record;
    uint16_t ef;
};

struct suspended {
    uint8_t token[TOKEN_OCTETS];
    uint32_t root;
    uint32_t events;
    uint16_t polled_every_s;
    uint8_t profile_given, profile_n, capability_n, verified_count;
    uint8_t profile[TERMINAL_PROFILE_MAX], capability[CAPABILITY_MAX];
    uint16_t verified[CARD_VERIFIED];
    struct suspended_channel channels[CARD_CHANNELS];
};

static bool is_suspended(const struct card *card)
{
    return objects_get(&card->objects, OBJECT_SUSPENDED).p != NULL;
}

void suspend_power_on(struct card *card)
{
    card->suspended = card->resumable = is_suspended(card);
}

bool suspend_resumes(const struct apdu *apdu)
{
    return apdu->ins == INS_SUSPEND_UICC && apdu->gp && apdu->p1 == MODE_RESUME;
}

enum err suspend_end(struct card *card)
{
    card->resumable = false;
    return is_suspended(card) ? objects_delete(&card->objects, OBJECT_SUSPENDED) : E_OK;
}

void suspend_settle(struct card *card)
{
    card->suspended = card->suspended && is_suspended(card);
}

/* TS 102 221 13.6: EF_UMPC says whether the UICC can do this. */
static bool announced(const struct card *card)
{
    struct node own, umpc;

    return tree_child(&card->tree, TREE_MF, FID_UMPC, &own) &&
           tree_target(&card->tree, &own, &umpc) && umpc.type == NODE_TRANSPARENT &&
           umpc.body.n > UMPC_INFORMATION && umpc.body.p[UMPC_INFORMATION] & UMPC_SUSPENSION;
}

/* ---- suspend ---- */

static uint64_t seconds(const uint8_t duration[DURATION_OCTETS])
{
    static const uint32_t unit[] = { 1, 60, 3600, 86400, 864000 };

    return (uint64_t)unit[duration[0]] * duration[1];
}

static bool durations_make_sense(slice d)
{
    return d.p[0] <= UNIT_LAST && d.p[2] <= UNIT_LAST && seconds(d.p) <= seconds(d.p + 2) && d.p[3];
}

static bool at_rest(const struct card *card)
{
    if (card->cat.count || card->due >= 0 || card->install || card->set_data.octets ||
        card->cat.events_asked)
        return false;
    for (unsigned i = 0; i < CAT_TIMERS; i++)
        if (card->cat.timers[i].used)
            return false;
    for (unsigned i = 0; i < CARD_CHANNELS; i++)
        if (card->channels[i].open && (card->channels[i].app != NO_APP || card->channels[i].sd))
            return false;
    return true;
}

static void keep(const struct card *card, struct suspended *s)
{
    s->root = card->enabled;
    s->events = card->cat.events;
    s->polled_every_s = card->cat.polled_every_s;
    s->profile_given = card->cat.profile_given;
    s->profile_n = card->cat.profile_n;
    memcpy(s->profile, card->cat.profile, sizeof s->profile);
    s->capability_n = card->capability_n;
    memcpy(s->capability, card->capability, sizeof s->capability);
    s->verified_count = card->verified_count;
    memcpy(s->verified, card->verified, sizeof s->verified);
    for (unsigned i = 0; i < CARD_CHANNELS; i++) {
        const struct channel *ch = &card->channels[i];

        if (ch->open)
            s->channels[i] = (struct suspended_channel){
                .open = 1, .dir = ch->dir, .adf = ch->adf, .record = ch->record, .ef = ch->ef
            };
    }
}

static void suspend(struct card *card, slice durations, struct reply *out)
{
    struct suspended s;

    if (durations.n != 2 * DURATION_OCTETS) {
        out->sw = SW_LENGTH;
        return;
    }
    if (!durations_make_sense(durations)) {
        out->sw = SW_DATA;
        return;
    }
    if (!at_rest(card)) {
        out->sw = SW_CONDITIONS;
        return;
    }
    memset(&s, 0, sizeof s);
    keep(card, &s);
    if (crypto_random(card->crypto, s.token, sizeof s.token))
        out->sw = SW_UNKNOWN;
    else if (objects_put(&card->objects, OBJECT_SUSPENDED, slice_of(&s, sizeof s)))
        out->sw = SW_NO_SPACE;
    if (out->sw == SW_OK && reply_put(out, slice_skip(durations, DURATION_OCTETS)) &&
        reply_put(out, SLICE_OF(s.token)))
        card->suspended = true;
    wipe(&s, sizeof s);
}

/* ---- resume ---- */

static void restore(struct card *card, const struct suspended *s)
{
    card->cat.events = s->events;
    card->cat.polled_every_s = s->polled_every_s;
    card->cat.profile_given = s->profile_given;
    card->cat.profile_n = s->profile_n;
    memcpy(card->cat.profile, s->profile, sizeof s->profile);
    card->capability_n = s->capability_n;
    memcpy(card->capability, s->capability, sizeof s->capability);
    card->verified_count = s->verified_count;
    memcpy(card->verified, s->verified, sizeof s->verified);
    for (unsigned i = 0; i < CARD_CHANNELS; i++) {
        const struct suspended_channel *ch = &s->channels[i];

        card->channels[i] = (struct channel){ .open = ch->open,
                                              .app = NO_APP,
                                              .dir = ch->dir,
                                              .adf = ch->adf,
                                              .record = ch->record,
                                              .ef = ch->ef };
    }
    if (card->cat.profile_given) /* who talks to the terminal begins again */
        cat_tell(card, CAT_NEWS_READY, 0, SLICE_NONE);
}

static void resume(struct card *card, slice token, struct reply *out)
{
    slice kept = objects_get(&card->objects, OBJECT_SUSPENDED);
    bool resumable = card->resumable;
    struct suspended s;

    memset(&s, 0, sizeof s);
    if (token.n != TOKEN_OCTETS)
        out->sw = SW_LENGTH;
    else if (!resumable || kept.n != sizeof s)
        out->sw = SW_CONDITIONS;
    if (out->sw == SW_OK) {
        memcpy(&s, kept.p, sizeof s);
        if (s.root != card->enabled || !ct_equal(s.token, token.p, TOKEN_OCTETS))
            out->sw = SW_CONDITIONS;
    }
    if (suspend_end(card))
        out->sw = SW_MEMORY;
    if (out->sw == SW_OK)
        restore(card, &s);
    wipe(&s, sizeof s);
}

void command_suspend(struct card *card, struct channel *ch, const struct apdu *apdu,
                     struct reply *out)
{
    if (!announced(card))
        out->sw = SW_INS;
    else if (ch != &card->channels[0])
        out->sw = SW_CHANNEL;
    else if (apdu->p2 || apdu->p1 > MODE_RESUME)
        out->sw = SW_P1P2;
    else if (!apdu->data.p)
        out->sw = SW_LENGTH;
    else if (apdu->p1 == MODE_SUSPEND)
        suspend(card, apdu->data, out);
    else
        resume(card, apdu->data, out);
}
