/*
 * Certificates and keys change while downloads are under way: what has begun ends under the keys
 * with which it began (DPP-001, DPP-005, DPP-022 across a change), and these are closed with it.
 */
#include "base/secret.h"
#include "pki/lend.h"
#include "smdp/world.h"

#include <pthread.h>
#include <stdatomic.h>

#define MINUTE_MS INT64_C(60000)

static struct world w;
static struct card card, other;
static struct profile profile, another;

/* What one generation of the server signs with. */
static struct pair {
    struct made_cert auth, pb;
    atomic_int closed; /* of its two keys */
} pairs[3];

/* ---- generations ---- */

static void note_close(void *ctx)
{
    for (size_t i = 0; i < COUNT(pairs); i++)
        if (ctx == pairs[i].auth.signer.ctx || ctx == pairs[i].pb.signer.ctx)
            atomic_fetch_add(&pairs[i].closed, 1);
}

static struct identity watched(const struct made_cert *m)
{
    struct identity id = lent(&m->cert, &m->signer);

    id.signer.close = note_close;
    return id;
}

static void put_in_force(struct pair *p, slice ci)
{
    struct keyring *k = lend_ci(w.crypto, ci);

    lend_dp(k, watched(&p->auth), watched(&p->pb));
    keyring_replace(&w.keys, k);
}

/* Which certificates the cards expect from now on. The slices stay those of the pair. */
static void expect_pair(const struct pair *p)
{
    w.auth = p->auth;
    w.pb = p->pb;
}

static int set_up(void **state)
{
    (void)state;
    world_open(&w, CURVE_P256);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        world_issue(&w, ROLE_DP_AUTH, &w.ci, NULL, NOW_S + 900 * DAY_S, &pairs[i].auth);
        world_issue(&w, ROLE_DP_PB, &w.ci, NULL, NOW_S + 900 * DAY_S, &pairs[i].pb);
        pairs[i].closed = 0;
    }
    put_in_force(&pairs[0], w.ci.der);
    signer_close(&w.auth.signer);
    signer_close(&w.pb.signer);
    expect_pair(&pairs[0]);
    world_card(&w, 1, &card);
    world_card(&w, 2, &other);
    world_release(&w, &(struct stock){ 0 }, &profile);
    world_release(&w, &(struct stock){ 0 }, &another);
    card.change.matching_id = profile.matching_id;
    other.change.matching_id = another.matching_id;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    card_close(&card);
    card_close(&other);
    w.auth.signer = w.pb.signer = (struct signer){ .curve = CURVE_NONE };
    world_close(&w);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        signer_close(&pairs[i].auth.signer);
        signer_close(&pairs[i].pb.signer);
    }
    return 0;
}

static void install(struct card *c, struct profile *p)
{
    struct opened o;

    card_open_package(c, w.turn.reply, &o); /* signed by w.pb */
    assert_true(slice_eq(o.package, slice_of(p->package, p->package_n)));
    world_notify(&w, card_installation_result(c, 0));
    assert_state(&w, p, INSTALLED);
}

/* ---- tests ---- */

/* The change comes behind step `at` of the first card's download. */
static void change_behind(int at)
{
    card_initiate(&card);
    if (at == 1)
        put_in_force(&pairs[1], w.ci.der);
    card_authenticate(&card);
    assert_success(&w);
    if (at == 2)
        put_in_force(&pairs[1], w.ci.der);

    expect_pair(&pairs[1]);
    card_initiate(&other);
    assert_success(&w);

    expect_pair(&pairs[0]);
    card_get_package(&card);
    assert_success(&w);
    install(&card, &profile);

    expect_pair(&pairs[1]);
    card_authenticate(&other);
    card_get_package(&other);
    assert_success(&w);
    install(&other, &another);
}

static void behind_initiate_authentication(void **state)
{
    (void)state;
    change_behind(1);
}

static void behind_authenticate_client(void **state)
{
    (void)state;
    change_behind(2);
}

/* The answer was lost: in its session the package comes again, signed by the keys of before. */
static void the_package_is_asked_for_again(void **state)
{
    (void)state;
    card_download(&card);
    put_in_force(&pairs[1], w.ci.der);
    card.signed2.bpp_euicc_otpk = SLICE_OF(card.otpk.b);
    card_get_package(&card);
    assert_success(&w);
    install(&card, &profile);
}

/* A new session with the old one-time key: what was bound before comes under the keys of now. */
static void a_retry_comes_under_the_new_keys_DPP_026(void **state)
{
    (void)state;
    card_download(&card);
    put_in_force(&pairs[1], w.ci.der);
    expect_pair(&pairs[1]);
    card_download(&card);
    assert_non_null(card.signed2.bpp_euicc_otpk.p);
    install(&card, &profile);
}

/* Two changes: of three generations those live that a session needs, and the one in force. */
static void keys_are_closed_with_their_last_session(void **state)
{
    (void)state;
    card_initiate(&card);
    card_authenticate(&card);
    assert_success(&w);
    put_in_force(&pairs[1], w.ci.der);
    put_in_force(&pairs[2], w.ci.der);
    assert_int_equal(pairs[0].closed, 0);
    assert_int_equal(pairs[1].closed, 2); /* nobody began under it */
    card_cancel(&card, CANCEL_SESSION_POSTPONED);
    assert_success(&w);
    assert_int_equal(pairs[0].closed, 2);
    assert_int_equal(pairs[2].closed, 0);
}

static enum err tidy(struct smdp *s, const void *request, struct turn *t)
{
    bool more;

    (void)request;
    return smdp_tidy(s, t, &more);
}

/* A card that does not come back holds them as long as its session may last. */
static void keys_are_closed_when_the_session_expires(void **state)
{
    unsigned conflicts;

    (void)state;
    card_initiate(&card);
    put_in_force(&pairs[1], w.ci.der);
    w.now_ms += 9 * MINUTE_MS;
    assert_int_equal(run_turn(&w, tidy, NULL, &w.turn_arena, &w.turn, &conflicts), E_OK);
    assert_int_equal(pairs[0].closed, 0);
    w.now_ms += 2 * MINUTE_MS;
    assert_int_equal(run_turn(&w, tidy, NULL, &w.turn_arena, &w.turn, &conflicts), E_OK);
    assert_int_equal(pairs[0].closed, 2);
}

/* A CI that is believed no more: begun is begun, and nothing begins. */
static void another_ci(void **state)
{
    struct made_cert ci;

    (void)state;
    card_initiate(&card);
    world_issue(&w, ROLE_CI, NULL, NULL, NOW_S + 1000 * DAY_S, &ci);
    signer_close(&pairs[1].auth.signer);
    signer_close(&pairs[1].pb.signer);
    world_issue(&w, ROLE_DP_AUTH, &ci, NULL, NOW_S + 900 * DAY_S, &pairs[1].auth);
    world_issue(&w, ROLE_DP_PB, &ci, NULL, NOW_S + 900 * DAY_S, &pairs[1].pb);
    put_in_force(&pairs[1], ci.der);
    card_initiate(&other);
    assert_refused(&w, "8.8.2", "3.1");
    card_authenticate(&card);
    card_get_package(&card);
    assert_success(&w);
    install(&card, &profile);
    /* the deletion of a profile is told outside of a session */
    world_notify(&w, card_other_notification(&card, NOTIFICATION_DELETE, profile.iccid));
    assert_int_equal(world_events(&w, "smdp.notification"), 0);
    put_in_force(&pairs[2], w.ci.der);
    world_notify(&w, card_other_notification(&card, NOTIFICATION_DELETE, profile.iccid));
    assert_int_equal(world_events(&w, "smdp.notification"), 1);
    signer_close(&ci.signer);
}

static atomic_bool stop;

static void *change_all_the_time(void *arg)
{
    (void)arg;
    for (unsigned i = 1; !stop; i++) {
        struct keyring *k = lend_ci(w.crypto, w.ci.der);

        lend_dp(k, watched(&pairs[0].auth), watched(&pairs[0].pb));
        keyring_replace(&w.keys, k);
    }
    return NULL;
}

static void changes_while_cards_download(void **state)
{
    pthread_t thread;

    (void)state;
    stop = false;
    assert_int_equal(pthread_create(&thread, NULL, change_all_the_time, NULL), 0);
    for (unsigned i = 0; i < 9; i++) {
        card_download(&card);
        card_download(&other);
    }
    stop = true;
    pthread_join(thread, NULL);
    install(&other, &another);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(behind_initiate_authentication),
        T(behind_authenticate_client),
        T(the_package_is_asked_for_again),
        T(a_retry_comes_under_the_new_keys_DPP_026),
        T(keys_are_closed_with_their_last_session),
        T(keys_are_closed_when_the_session_expires),
        T(another_ci),
        T(changes_while_cards_download),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
