#define _GNU_SOURCE /* ptsname, posix_openpt */

/*
 * The two ends of a modem and of a pipe, against each other: AT+CSIM (modem.c) at the modem of at.c
 * on a pseudo terminal, lpac's stdio protocol (stdio_ask.c) at the card's end of stdio.c. And
 * modems that answer as no modem does.
 */
#include "reader/modem.h"

#include "reader/plain_card.h"
#include "reader/pty.h"
#include "reader/stdio.h"
#include "reader/stdio_ask.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define SELECT_ISDR "01A4040010A0000005591010FFFFFFFF8900000100"
#define GET_EID     "81E2910006BF3E035C015A"

static struct card_link card;

/* Channel, ISD-R, EID, as any reader shows them. */
static void converse(const struct card_link *link)
{
    exchange(link, "0070000001", "019000");
    exchange(link, SELECT_ISDR, "6126");
    exchange(link, GET_EID, "6115");
    exchange(link, "81C0000015", "BF3E125A10" PLAIN_EID "9000");
    exchange(link, "00A40004022FE2", "6A82");
}

/* ---- our own modem ---- */

static struct pty pty;
static struct at at;

static void at_our_modem(void **state)
{
    char dir[] = "/tmp/dunlin-modem-XXXXXX", path[64];
    struct card_link link;
    struct modem *modem;
    pid_t server;
    uint8_t atr[64];
    size_t n;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/modem", dir);
    assert_int_equal(modem_open(path, 1000, &modem, &link), E_NOTFOUND);
    card = card_link_in_process(plain_card(true));
    assert_int_equal(pty_open(&pty, path), E_OK);
    server = fork();
    if (!server) {
        (void)!pty_serve(&pty, &at, &card);
        _exit(0);
    }
    assert_true(server > 0);
    assert_int_equal(modem_open(path, 5000, &modem, &link), E_OK);
    assert_int_equal(card_link_reset(&link, atr, sizeof atr, &n), E_OK);
    assert_int_equal(n, 0);
    converse(&link);
    card_link_close(&link);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    pty_close(&pty);
    unlink(path);
    rmdir(dir);
}

/* ---- a modem whose answers are written down ---- */

struct fake {
    int fd;
    const char *answers[8];
};

static void *serve_fake(void *ctx)
{
    struct fake *f = ctx;

    for (size_t i = 0; f->answers[i]; i++) {
        char c = 0;

        while (c != '\r')
            if (read(f->fd, &c, 1) != 1)
                return NULL;
        if (write(f->fd, f->answers[i], strlen(f->answers[i])) < 0)
            return NULL;
    }
    return NULL;
}

/* What transmit says to one APDU when the modem answers this; *n octets of response. */
static enum err ask_fake(const char *answer, uint8_t response[CARD_RESPONSE_MAX], size_t *n)
{
    struct fake f = { .answers = { "ATE0\r\r\nOK\r\n", answer } };
    struct card_link link;
    struct modem *modem;
    struct termios raw;
    pthread_t thread;
    enum err e;

    f.fd = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(f.fd >= 0 && !grantpt(f.fd) && !unlockpt(f.fd) && !tcgetattr(f.fd, &raw));
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(f.fd, TCSANOW, &raw), 0);
    assert_int_equal(pthread_create(&thread, NULL, serve_fake, &f), 0);
    assert_int_equal(modem_open(ptsname(f.fd), 500, &modem, &link), E_OK);
    e = card_link_transmit(&link, SLICE_LIT("\x80\xF2\x00\x0C"), response, CARD_RESPONSE_MAX, n);
    card_link_close(&link);
    pthread_join(thread, NULL);
    close(f.fd);
    return e;
}

static void at_other_modems(void **state)
{
    static char long_line[6000], much[2 * 300 + 40];
    const struct {
        const char *answer;
        enum err want;
    } rows[] = {
        { "\r\n+CSIM: 4,\"9000\"\r\n\r\nOK\r\n", E_OK },
        { "\r\n+CSIM:4,9000\r\nOK\r\n", E_OK },
        { "\r\nRING\r\n\r\n+CREG: 1\r\n+CSIM: 4,\"9000\"\r\n\r\nOK\r\n", E_OK },
        { "\r\n+CME ERROR: 13\r\n", E_CLOSED },
        { "\r\nERROR\r\n", E_CLOSED },
        { "\r\nOK\r\n", E_CLOSED },
        { "\r\n+CSIM: 2,\"90\"\r\nOK\r\n", E_CLOSED },
        { "\r\n+CSIM: 4,\"90x0\"\r\nOK\r\n", E_CLOSED },
        { "\r\n+CSIM:\r\nOK\r\n", E_CLOSED },
        { "\r\n+CSIM: 4\r\nOK\r\n", E_CLOSED },
        { "\r\n+CSIM: 4,\"\"\"\"\r\nOK\r\n", E_CLOSED },
        { much, E_CLOSED },
        { long_line, E_CLOSED },
        { "\r\n+CSIM: 4,\"90", E_TIMEOUT },
    };
    uint8_t response[CARD_RESPONSE_MAX];
    size_t n;

    (void)state;
    memset(long_line, 'A', sizeof long_line - 1);
    memcpy(long_line, "\r\n+CSIM: 4,\"", 12);
    memcpy(long_line + sizeof long_line - 9, "\"\r\nOK\r\n", 8);
    memset(much, '0', sizeof much - 1);
    memcpy(much, "\r\n+CSIM: 600,\"", 14);
    memcpy(much + sizeof much - 9, "\"\r\nOK\r\n", 8);
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum err e = ask_fake(rows[i].answer, response, &n);

        if (e != rows[i].want)
            fail_msg("%.40s: %s", rows[i].answer + 2, err_name(e));
        if (!e)
            assert_true(n == 2 && response[0] == 0x90 && response[1] == 0);
    }
}

/* ---- pipes ---- */

static FILE *card_in, *card_out;

static void *serve_pipe(void *none)
{
    static struct stdio_card s;
    FILE *nowhere = fopen("/dev/null", "w");

    (void)none;
    stdio_card_init(&s, &card);
    (void)!stdio_serve(&s, card_in, card_out, nowhere);
    fclose(nowhere);
    fclose(card_out);
    return NULL;
}

static void through_pipes(void **state)
{
    int to[2], from[2];
    struct card_link link;
    struct stdio_ask *ask;
    FILE *in, *out;
    pthread_t thread;
    uint8_t response[CARD_RESPONSE_MAX];
    size_t n;

    (void)state;
    assert_true(!pipe(to) && !pipe(from));
    card = card_link_in_process(plain_card(true));
    card_in = fdopen(to[0], "r");
    out = fdopen(to[1], "w");
    in = fdopen(from[0], "r");
    card_out = fdopen(from[1], "w");
    assert_int_equal(pthread_create(&thread, NULL, serve_pipe, NULL), 0);
    assert_int_equal(stdio_ask_open(in, out, &ask, &link), E_OK);
    assert_int_equal(
        card_link_transmit(&link, SLICE_LIT("\x80\xF2\x00\x0C"), response, sizeof response, &n),
        E_CLOSED); /* not connected */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(card_link_reset(&link, response, sizeof response, &n), E_OK);
        converse(&link);
    }
    card_link_close(&link);
    fclose(out);
    pthread_join(thread, NULL);
    fclose(in);
    fclose(card_in);
}

static enum err answered(const char *text, uint8_t response[CARD_RESPONSE_MAX], size_t *n)
{
    char asked[600] = { 0 };
    FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r"),
         *out = fmemopen(asked, sizeof asked, "w");
    struct card_link link;
    struct stdio_ask *ask;
    enum err e;

    assert_int_equal(stdio_ask_open(in, out, &ask, &link), E_OK);
    e = card_link_transmit(&link, SLICE_LIT("\x80\xF2\x00\x0C"), response, CARD_RESPONSE_MAX, n);
    card_link_close(&link);
    fclose(in);
    fclose(out);
    assert_string_equal(
        asked, "{\"type\":\"apdu\",\"payload\":{\"func\":\"transmit\",\"param\":\"80F2000C\"}}\n");
    return e;
}

#define ANSWER(payload) "{\"type\":\"apdu\",\"payload\":{" payload "}}\n"

static void answers_of_other_programs(void **state)
{
    static const struct {
        const char *text;
        enum err want;
    } rows[] = {
        { ANSWER("\"ecode\":0,\"data\":\"9000\""), E_OK },
        { "{\"type\":\"progress\"}\nnot JSON\n\n" ANSWER("\"ecode\":0,\"data\":\"9000\""), E_OK },
        { ANSWER("\"ecode\":-1"), E_CLOSED },
        { ANSWER("\"ecode\":0"), E_CLOSED },
        { ANSWER("\"ecode\":0,\"data\":\"90\""), E_CLOSED },
        { ANSWER("\"ecode\":0,\"data\":\"9x00\""), E_CLOSED },
        { ANSWER("\"ecode\":0,\"data\":9000"), E_CLOSED },
        { ANSWER("\"data\":\"9000\""), E_CLOSED },
        { "[]\n", E_CLOSED },
    };
    uint8_t response[CARD_RESPONSE_MAX];
    char much[2 * 300 + 80];
    size_t n;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum err e = answered(rows[i].text, response, &n);

        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].text, err_name(e));
        if (!e)
            assert_true(n == 2 && response[0] == 0x90 && response[1] == 0);
    }
    snprintf(much, sizeof much, ANSWER("\"ecode\":0,\"data\":\"%0600d\""), 0);
    assert_int_equal(answered(much, response, &n), E_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_our_modem),
        cmocka_unit_test(at_other_modems),
        cmocka_unit_test(through_pipes),
        cmocka_unit_test(answers_of_other_programs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
