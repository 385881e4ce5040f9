#include "smdp/states.h"

#define OPERATOR SLICE_LIT("op1")

static struct turn *begin(struct life *l)
{
    struct world *w = l->w;

    arena_reset(&w->turn_arena);
    w->now_ms++;
    turn_init(&w->turn, &w->turn_arena, w->store, w->now_ms);
    return &w->turn;
}

static void commit(struct life *l, enum err err)
{
    assert_int_equal(err, E_OK);
    assert_int_equal(turn_commit(&l->w->turn), E_OK);
}

void life_download_order(struct life *l, slice eid)
{
    const struct smdp_download_order r = { .requester = OPERATOR,
                                           .iccid = SLICE_OF(l->profile.iccid),
                                           .eid = eid };
    uint8_t iccid[10];

    commit(l, smdp_download_order(l->w->smdp, &r, begin(l), iccid));
}

void life_confirm_order(struct life *l, bool release)
{
    const struct smdp_confirm_order r = { .requester = OPERATOR,
                                          .iccid = SLICE_OF(l->profile.iccid),
                                          .release = release };
    struct smdp_confirmed out = { .matching_id = SLICE_NONE };

    commit(l, smdp_confirm_order(l->w->smdp, &r, begin(l), &out));
    if (!l->w->turn.status.subject) {
        l->profile.matching_id = arena_copy(&l->w->arena, out.matching_id);
        l->card->change.matching_id = l->profile.matching_id;
    }
}

void life_release(struct life *l)
{
    commit(l, smdp_release_profile(l->w->smdp, OPERATOR, SLICE_OF(l->profile.iccid), begin(l)));
}

void life_cancel(struct life *l, bool unavailable)
{
    const struct smdp_cancel_order r = { .requester = OPERATOR,
                                         .iccid = SLICE_OF(l->profile.iccid),
                                         .eid = world_order(l->w, &l->profile).eid,
                                         .unavailable = unavailable };

    commit(l, smdp_cancel_order(l->w->smdp, &r, begin(l)));
}

void life_notify(struct life *l, unsigned event)
{
    l->w->now_ms++;
    world_notify(l->w, card_other_notification(l->card, event, l->profile.iccid));
}

void life_install(struct life *l)
{
    card_download(l->card);
    world_notify(l->w, card_installation_result(l->card, 0));
}

/* From Released on. */
static void use(struct life *l, enum smdp_state state)
{
    if (state == SMDP_DOWNLOADED)
        card_download(l->card);
    if (state == SMDP_ERROR) {
        card_download(l->card);
        world_notify(l->w, card_installation_result(l->card, 12));
    }
    if (smdp_is_on_euicc(state) || state == SMDP_DELETED)
        life_install(l);
    if (state == SMDP_ENABLED || state == SMDP_DISABLED)
        life_notify(l, NOTIFICATION_ENABLE);
    if (state == SMDP_DISABLED)
        life_notify(l, NOTIFICATION_DISABLE);
    if (state == SMDP_DELETED)
        life_notify(l, NOTIFICATION_DELETE);
}

void life_bring(struct life *l, enum smdp_state state)
{
    world_add(l->w, &(struct stock){ .protection = SMDP_PROFILE_KEYS }, &l->profile);
    l->profile.matching_id = SLICE_NONE;
    if (state == SMDP_AVAILABLE)
        return;
    life_download_order(l, state == SMDP_ALLOCATED ? SLICE_NONE : SLICE_OF(l->card->eid));
    if (state == SMDP_UNAVAILABLE)
        life_cancel(l, true);
    else if (state != SMDP_ALLOCATED && state != SMDP_LINKED)
        life_confirm_order(l, state != SMDP_CONFIRMED);
    use(l, state);
    assert_string_equal(smdp_state_name(world_order(l->w, &l->profile).state),
                        smdp_state_name(state));
}
