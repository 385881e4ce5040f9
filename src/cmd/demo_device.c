#include "cmd/demo.h"

#include "cmd/demo_verify.h"
#include "rsp/sgp32_esep.h"

#include <stdio.h>
#include <time.h>

#define POLL_MS    200
#define PATIENCE_S 120 /* for one order, on a machine however slow */

struct course {
    struct demo_device *v;
    struct demo_card card;
    struct agent *agent;
    bool told; /* the eIM knows of the association */
    char activation[ACTIVATION_MAX];
};

/* ---- association: what the maker's back end tells the fleet's owner ---- */

/* The card has the eIM's configuration, with the token it made: the eIM learns of the device. */
static void on_eim(void *ctx, slice configuration)
{
    struct course *c = ctx;
    struct eim_configuration_data eim;
    struct placed placed;

    if (c->told || schema_decode(&T_eim_configuration_data, configuration, &eim, NULL))
        return;
    if (!place_device(&c->v->demo->servers, c->v->eid,
                      eim.has_association_token ? eim.association_token : -1, &placed)) {
        demo_device_fail(c->v, "%s", placed.why);
        return;
    }
    c->told = true;
    demo_device_say(c->v, DEMO_ASSOCIATED, "%s", "");
}

static void on_note(void *ctx, enum ipa_note note, int64_t number, slice text)
{
    struct course *c = ctx;
    struct demo_device *v = c->v;

    pthread_mutex_lock(&v->demo->lock);
    if (!v->failed)
        snprintf(v->note, sizeof v->note, "%s (%lld) %.*s", ipa_note_text(note), (long long)number,
                 (int)(text.n < 60 ? text.n : 60), text.n ? (const char *)text.p : "");
    pthread_mutex_unlock(&v->demo->lock);
}

static bool open_agent(struct course *c)
{
    struct demo *d = c->v->demo;
    struct agent_options o = {
        .link = &c->card.link,
        .hosts = d->hosts,
        .smdp_ca = &servers_ci(&d->servers)->der,
        .smdp_ca_count = 1,
        .direct = !d->args.indirect,
        .indirect = d->args.indirect,
        .initial_eim = d->initial_eim,
        .poll_ms = POLL_MS,
        .retry_ms = POLL_MS,
        .note = on_note,
        .eim = on_eim,
        .ctx = c,
    };
    enum err e = agent_open(&o, &c->agent);

    return !e || demo_device_fail(c->v, "agent: %s", err_text(e));
}

/* ---- orders ---- */

static void sleep_until(uint64_t wake_ms)
{
    uint64_t now = agent_now_ms(), ms = wake_ms > now ? wake_ms - now : 0;
    struct timespec t = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000L };

    nanosleep(&t, NULL);
}

/* Lets the device work until the order is done. *iccid of a download is checked. */
static bool work_until_done(struct course *c, int64_t id, const char *what)
{
    uint64_t end = agent_now_ms() + PATIENCE_S * 1000, wake = 0;
    struct arena a;
    bool done = false;

    arena_init(&a, (size_t)1 << 20);
    while (!done && !c->v->failed) {
        struct eim_order order;
        enum err e = agent_run(c->agent, &wake);

        arena_reset(&a);
        if (e) {
            demo_device_fail(c->v, "%s: the card is gone: %s", what, err_text(e));
        } else if (!placed_order(&c->v->demo->servers, id, &a, &order)) {
            demo_device_fail(c->v, "%s: the order is gone", what);
        } else if (order.state == EIM_FAILED) {
            demo_device_fail(c->v, "%s: %.*s", what, (int)order.outcome.n,
                             order.outcome.n ? (const char *)order.outcome.p : "");
        } else if (order.state == EIM_DONE && order.verified) {
            done = true;
        } else if (order.state == EIM_DONE) {
            demo_device_fail(c->v, "%s: done without the card's signature", what);
        } else if (agent_now_ms() > end) {
            demo_device_fail(c->v, "%s: no result after %d s; last: %s", what, PATIENCE_S,
                             c->v->note);
        } else {
            sleep_until(wake < agent_now_ms() + POLL_MS ? wake : agent_now_ms() + POLL_MS);
        }
    }
    arena_free(&a);
    return done;
}

/* One run lets the IPA read the card, so that the eIM knows the device before orders come. */
static bool associate(struct course *c)
{
    uint64_t wake, end = agent_now_ms() + PATIENCE_S * 1000;

    while (!c->told && !c->v->failed) {
        enum err e = agent_run(c->agent, &wake);

        if (e)
            return demo_device_fail(c->v, "agent: %s", err_text(e));
        if (agent_now_ms() > end)
            return demo_device_fail(c->v, "not associated: %s", c->v->note);
        if (!c->told)
            sleep_until(wake);
    }
    return !c->v->failed;
}

static bool download(struct course *c)
{
    struct demo_device *v = c->v;
    struct servers *s = &v->demo->servers;
    uint8_t iccid[ICCID_LEN];
    char matching_id[40];
    struct placed placed;
    int64_t id;

    snprintf(matching_id, sizeof matching_id, "DEMO-%s", v->subscriber.iccid);
    if (!place_profile(s, v->subscriber.package, slice_str(matching_id), SLICE_NONE, iccid,
                       c->activation, &placed) ||
        !place_download(s, v->eid, slice_str(c->activation), v->demo->args.indirect,
                        SLICE_OF(iccid), &id, &placed))
        return demo_device_fail(v, "%s", placed.why);
    demo_device_say(v, DEMO_ORDERED, "%s", c->activation);
    if (!work_until_done(c, id, "download"))
        return false;
    demo_device_say(v, DEMO_DOWNLOADED, "%s", v->subscriber.iccid);
    return true;
}

static bool enable(struct course *c)
{
    struct demo_device *v = c->v;
    struct placed placed;
    int64_t id;

    if (!place_psmo(&v->demo->servers, v->eid, PLACE_ENABLE, SLICE_OF(v->subscriber.iccid_ef), true,
                    &id, &placed))
        return demo_device_fail(v, "%s", placed.why);
    if (!work_until_done(c, id, "enable"))
        return false;
    demo_device_say(v, DEMO_ENABLED, "%s", "");
    return true;
}

/* The SM-DP+ has the card's signed word that its profile is installed and enabled. */
static bool notified(struct course *c)
{
    uint64_t end = agent_now_ms() + PATIENCE_S * 1000, wake = 0;
    struct servers *s = &c->v->demo->servers;

    while (placed_profile_state(s, c->v->subscriber.iccid_ef) != SMDP_ENABLED) {
        if (agent_now_ms() > end)
            return demo_device_fail(c->v, "the SM-DP+ was not notified; last: %s", c->v->note);
        if (agent_run(c->agent, &wake))
            return demo_device_fail(c->v, "the card is gone");
        sleep_until(wake < agent_now_ms() + POLL_MS ? wake : agent_now_ms() + POLL_MS);
    }
    return true;
}

static bool authenticate(struct course *c)
{
    struct demo_device *v = c->v;
    struct demo_expected x = {
        .crypto = v->demo->crypto,
        .iccid_ef = v->subscriber.iccid_ef,
        .imsi = v->subscriber.imsi,
        .aka = &v->subscriber.aka,
    };
    char what[160];

    if (!demo_verify(&c->card.link, &x, what, sizeof what))
        return demo_device_fail(v, "%s", what);
    demo_device_say(v, DEMO_AUTHENTICATED, "%s", "");
    return true;
}

void demo_device_run(struct demo_device *v)
{
    struct course c = { .v = v };

    (void)(demo_card_open(&c.card, v) && open_agent(&c) && associate(&c) && download(&c) &&
           enable(&c) && notified(&c) && authenticate(&c));
    agent_close(c.agent);
    demo_card_close(&c.card);
}
