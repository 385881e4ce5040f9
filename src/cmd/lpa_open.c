/* An LPA for the command line: its card, its servers, its user. */
#include "cmd/cmd.h"
#include "cmd/lpa_parts.h"

#include "base/secret.h"
#include "base/text.h"
#include "pki/keystore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* ---- the way to the card ---- */

/*
 * With --stdio the standard output is the card's: what people read goes to the standard error. What
 * the card answers is on the standard input, so nobody is asked anything there.
 */
static int reach_card(struct assistant *s)
{
    static const struct host_options none = { 0 };
    int status;

    if (s->a.stdio) {
        int out = dup(STDOUT_FILENO);

        s->way.in = stdin;
        s->way.out = out < 0 ? NULL : fdopen(out, "w");
        if (!s->way.out || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
            return lpa_say("standard output", strerror(errno));
    }
    if (!s->a.dir)
        return card_way_open(&s->way, "dunlin lpa");
    if (card_way_given(&s->way))
        return lpa_misused("--dir is a card of this process: it takes no other way to one");
    s->what = none;
    s->what.dir = s->a.dir;
    s->hosted = true;
    status = host_open(&s->host, &s->what, HOST_PRESENT);
    s->way.link = host_link(&s->host);
    return status < 0 ? EXIT_DONE : status;
}

/* ---- servers ---- */

static int load_hosts(struct assistant *s)
{
    if (hosts_open(&s->hosts))
        return lpa_say("names", err_text(E_MEMORY));
    snprintf(s->rows, sizeof s->rows, "%s", s->a.hosts ? s->a.hosts : "");
    for (char *row = strtok(s->rows, ","); row; row = strtok(NULL, ","))
        if (hosts_add(s->hosts, row))
            return lpa_say(row, "is not NAME[:PORT]=ADDRESS[:PORT]");
    return EXIT_DONE;
}

static int load_trust(struct assistant *s)
{
    struct tls_trust_options o = { .system_ca = s->a.system_ca };
    struct crl_lists_options lists = { .who = "dunlin lpa",
                                       .paths = s->a.crls.values,
                                       .path_count = s->a.crls.count };
    char why[800];
    struct reason reason = { why, sizeof why };
    enum err e = E_OK;

    if (!s->a.system_ca || s->a.ca) {
        const char *ca = s->a.ca ? s->a.ca : "var/pki/ci.der";

        e = cert_read_file(ca, &s->ca_owned, &s->ca);
        if (e && s->a.ca)
            return lpa_say(ca, err_text(e));
        if (!e) {
            o.ca = &s->ca;
            o.ca_count = 1;
            lists.ca = &s->ca;
        }
    }
    if (s->a.server_cert) {
        e = cert_read_file(s->a.server_cert, &s->server_owned, &s->server);
        if (e)
            return lpa_say(s->a.server_cert, err_text(e));
        o.pinned_leaf = s->server;
    }
    if (crl_lists_open(&lists, &s->crls, &reason) || crl_lists_reload(&s->crls, &reason))
        return lpa_say("--crl", why);
    o.revocation = crl_lists_tls(&s->crls);
    e = tls_trust_open(&o, &s->tls);
    return e ? lpa_say("trust", err_text(e)) : EXIT_DONE;
}

/* ---- the user ---- */

bool assistant_at_terminal(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* A line from standard input, perhaps unseen; false at its end. */
bool assistant_ask(const struct assistant *s, const char *question, bool secret, char *buf,
                   size_t size)
{
    struct termios before, quiet;
    bool hide = secret && assistant_at_terminal() && !tcgetattr(STDIN_FILENO, &before);
    bool ok;

    if (s->a.stdio)
        return false;
    fputs(question, stderr);
    if (hide) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
    }
    ok = fgets(buf, (int)size, stdin) != NULL;
    if (hide) {
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
        fputc('\n', stderr);
    }
    if (ok)
        buf[strcspn(buf, "\r\n")] = '\0';
    return ok;
}

static enum lpa_consent consent(void *ctx, const struct store_metadata_request *m, bool rules)
{
    const struct assistant *s = ctx;
    char answer[16];

    lpa_show_offer(stderr, m);
    if (s->a.yes)
        return LPA_YES;
    if (!assistant_at_terminal()) {
        if (rules)
            fputs("the profile has policy rules: say --yes to accept them\n", stderr);
        return rules ? LPA_NO_ANSWER : LPA_YES;
    }
    if (!assistant_ask(s, "download it? [y]es, [n]o, [l]ater: ", false, answer, sizeof answer))
        return LPA_NO_ANSWER;
    return answer[0] == 'y' || answer[0] == 'Y'   ? LPA_YES
           : answer[0] == 'l' || answer[0] == 'L' ? LPA_POSTPONE
                                                  : LPA_REJECT;
}

static bool code(void *ctx, bool again, uint8_t *buf, size_t size, size_t *n)
{
    const struct assistant *s = ctx;
    char typed[256];
    bool ok;

    if (s->a.code && again)
        return false; /* the one that was given is wrong, and there is no other */
    if (again)
        fputs("the confirmation code is wrong\n", stderr);
    ok = assistant_ask(s, "confirmation code: ", true, typed, sizeof typed);
    *n = ok ? strlen(typed) : 0;
    ok = ok && *n > 0 && *n <= size;
    if (ok)
        memcpy(buf, typed, *n);
    wipe(typed, sizeof typed);
    return ok;
}

static void progress(void *ctx, enum lpa_step step, size_t done, size_t all)
{
    (void)ctx;
    if (!isatty(STDERR_FILENO)) {
        if (!done)
            fprintf(stderr, "%s\n", lpa_step_text(step));
    } else if (all && done) {
        fprintf(stderr, "\r%s: %3zu %%%s", lpa_step_text(step), done * 100 / all,
                done == all ? "\n" : "");
    } else if (!done) {
        fprintf(stderr, "%s\n", lpa_step_text(step));
    }
}

/* 15 or 16 digits, as in EF_ICCID: the first digit in the low nibble. */
static int read_imei(struct assistant *s)
{
    size_t n = s->a.imei ? strlen(s->a.imei) : 0;

    if (!s->a.imei)
        return EXIT_DONE;
    if ((n != 15 && n != 16) || strspn(s->a.imei, "0123456789") != n)
        return lpa_say(s->a.imei, "is no IMEI of 15 digits");
    memset(s->imei, 0xFF, sizeof s->imei);
    for (size_t i = 0; i < n; i++) {
        uint8_t v = (uint8_t)(s->a.imei[i] - '0');

        s->imei[i / 2] = i % 2 ? (uint8_t)((s->imei[i / 2] & 0x0F) | v << 4)
                               : (uint8_t)((s->imei[i / 2] & 0xF0) | v);
    }
    return EXIT_DONE;
}

static int open_lpa(struct assistant *s)
{
    struct lpa_options o = {
        .crypto = crypto_openssl(),
        .link = &s->way.link,
        .hosts = s->hosts,
        .tls = s->tls,
        .block = (unsigned)s->a.block,
        .tac = s->a.imei ? slice_of(s->imei, 4) : SLICE_NONE,
        .imei = s->a.imei ? SLICE_OF(s->imei) : SLICE_NONE,
        .consent = consent,
        .code = code,
        .progress = progress,
        .ctx = s,
    };
    enum err e = lpa_open(&o, &s->lpa);

    if (!e)
        return EXIT_DONE;
    return e == E_NOTFOUND ? lpa_say("card", "there is no eUICC (ISD-R cannot be selected)")
                           : lpa_say("card", err_text(e));
}

int assistant_open(struct assistant *s)
{
    int status = read_imei(s);

    if (!status)
        status = load_hosts(s);
    if (!status)
        status = load_trust(s);
    if (!status)
        status = reach_card(s);
    return status ? status : open_lpa(s);
}

void assistant_close(struct assistant *s)
{
    lpa_close(s->lpa);
    card_way_close(&s->way);
    if (s->hosted)
        host_close(&s->host);
    tls_trust_close(s->tls);
    crl_lists_close(&s->crls);
    hosts_close(s->hosts);
    free(s->ca_owned);
    free(s->server_owned);
}
