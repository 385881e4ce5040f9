/*
 * An SM-DP+ in a process of its own, on a durable store, that is killed at random moments while
 * cards download over TLS. A result that was answered with 204 is never forgotten, and no order is
 * delivered to two eUICCs, although two come for each.
 */
#include "serve/world.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ORDERS 24
#define PAIRS  3 /* of cards that compete */
#define KILLS  8
#define TRIES  400

static struct world w;
static struct profile profiles[ORDERS];

/* ---- the server's keeper: forks servers, and has no threads ---- */

struct keeper {
    pid_t pid;
    int ask, answer; /* one octet: kill and start again; the port */
};

/* Ends when it is killed. */
static void serve(uint16_t port, int tell)
{
    world_open_smdp(&w);
    world_listen(&w, port);
    MUST(write(tell, &w.port, sizeof w.port) == sizeof w.port);
    for (;;)
        pause();
}

static pid_t start_server(uint16_t *port)
{
    int told[2];
    pid_t pid;

    MUST(pipe(told) == 0);
    pid = fork();
    MUST(pid >= 0);
    if (!pid) {
        close(told[0]);
        serve(*port, told[1]);
    }
    close(told[1]);
    MUST(read(told[0], port, sizeof *port) == sizeof *port);
    close(told[0]);
    return pid;
}

static void keep(int ask, int answer)
{
    uint16_t port = 0;
    pid_t server = 0;
    char order;

    while (read(ask, &order, 1) == 1) {
        if (server) {
            kill(server, SIGKILL);
            waitpid(server, NULL, 0);
        }
        server = start_server(&port);
        MUST(write(answer, &port, sizeof port) == sizeof port);
    }
    if (server) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    _exit(0);
}

static void keeper_open(struct keeper *k)
{
    int ask[2], answer[2];

    MUST(pipe(ask) == 0 && pipe(answer) == 0);
    k->pid = fork();
    MUST(k->pid >= 0);
    if (!k->pid) {
        close(ask[1]);
        close(answer[0]);
        keep(ask[0], answer[1]);
    }
    close(ask[0]);
    close(answer[1]);
    k->ask = ask[1];
    k->answer = answer[0];
}

static uint16_t keeper_restart(struct keeper *k)
{
    uint16_t port;

    MUST(write(k->ask, "k", 1) == 1);
    MUST(read(k->answer, &port, sizeof port) == sizeof port);
    return port;
}

static void keeper_close(struct keeper *k)
{
    int status;

    close(k->ask);
    waitpid(k->pid, &status, 0);
    close(k->answer);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- the cards ---- */

struct buyer {
    pthread_t thread;
    unsigned number;
    uint16_t port;
    struct {
        bool delivered, acknowledged;
    } orders[ORDERS];
};

static void rest(unsigned ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

/* Until 204: a card keeps a notification until it is acknowledged. */
static bool notify(struct card *c, const struct profile *p)
{
    for (unsigned i = 0; i < TRIES; i++) {
        if (!card_notify_installed(c, p->iccid))
            return true;
        rest(10);
    }
    return false;
}

/* Begins again whenever the server was lost on the way; E_REFUSED: the other one has it. */
static enum err fetch(struct card *c, const struct profile *p)
{
    for (unsigned i = 0; i < TRIES; i++) {
        enum err err = card_initiate(c, SMDP_NAME);

        if (!err)
            err = card_authenticate(c, p->matching_id);
        if (err == E_REFUSED && !strcmp(c->subject, "8.1.1"))
            return err; /* EID: the order is another eUICC's */
        if (err == E_REFUSED && !strcmp(c->subject, "8.2.6"))
            return err; /* installed already, by the other one */
        if (!err)
            err = card_get_package(c);
        if (!err)
            return err;
        rest(10);
    }
    return E_TIMEOUT;
}

static void *buy(void *arg)
{
    struct buyer *b = arg;
    struct wire wire;

    wire_open(&wire, &w, b->port);
    for (unsigned i = b->number / 2; i < ORDERS; i += PAIRS) {
        struct card c;
        enum err err;

        card_open(&c, &w, 1 + i * 2 + b->number % 2);
        c.wire = &wire;
        err = fetch(&c, &profiles[i]);
        MUST(err == E_OK || err == E_REFUSED);
        if (!err) {
            b->orders[i].delivered = true;
            MUST(slice_eq(card_opened(&c), profiles[i].package));
            b->orders[i].acknowledged = notify(&c, &profiles[i]);
        }
        card_close(&c);
    }
    wire_close(&wire);
    return NULL;
}

static void killed_again_and_again(void **state)
{
    static struct buyer buyers[2 * PAIRS];
    struct keeper keeper;
    struct arena arena;
    uint16_t port;

    (void)state;
    world_make(&w);
    arena_init(&arena, (size_t)16 << 20);
    world_open_smdp(&w);
    for (unsigned i = 0; i < ORDERS; i++)
        world_release(&w, i, &arena, &profiles[i]);
    world_shut(&w);
    w.volatile_store = false;
    keeper_open(&keeper); /* no thread of this process is alive */
    port = keeper_restart(&keeper);
    for (unsigned i = 0; i < COUNT(buyers); i++) {
        buyers[i] = (struct buyer){ .number = i, .port = port };
        assert_int_equal(pthread_create(&buyers[i].thread, NULL, buy, &buyers[i]), 0);
    }
    for (unsigned i = 0; i < KILLS; i++) {
        uint8_t random;

        MUST(crypto_random(w.crypto, &random, 1) == E_OK);
        rest(40 + random);
        assert_int_equal(keeper_restart(&keeper), port);
    }
    for (unsigned i = 0; i < COUNT(buyers); i++)
        pthread_join(buyers[i].thread, NULL);
    keeper_close(&keeper);

    world_open_smdp(&w);
    for (unsigned i = 0; i < ORDERS; i++) {
        const struct buyer *pair = &buyers[i % PAIRS * 2];

        assert_int_equal(pair[0].orders[i].delivered + pair[1].orders[i].delivered, 1);
        assert_true(pair[0].orders[i].acknowledged || pair[1].orders[i].acknowledged);
        assert_int_equal(world_order(&w, &profiles[i], &arena).state, SMDP_INSTALLED);
    }
    world_end(&w);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(killed_again_and_again) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
