#include "cmd/card_way.h"

#include "cmd/cmd.h"
#include "reader/modem.h"
#include "reader/pcsc.h"
#include "reader/stdio_ask.h"

#include <string.h>

#define TIMEOUT_MS 60000

bool card_way_given(const struct card_way *w)
{
    return w->tcp || w->pcsc || w->at || w->out;
}

static int fail(const char *program, const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", program, what, why);
    return EXIT_FAILED;
}

static int open_tcp(struct card_way *w, const char *program)
{
    const char *place = w->tcp ? w->tcp : "127.0.0.1";
    char host[TCP_HOST_MAX + 1];
    uint16_t port;
    enum err e;

    if (tcp_place(place, VPCD_PORT, host, &port)) {
        fprintf(stderr, "%s: '%s' is not HOST or HOST:PORT\n", program, place);
        return EXIT_USAGE;
    }
    e = tcp_connect(host, port, TIMEOUT_MS, &w->end);
    if (!e)
        e = tcp_link(&w->end, &w->link);
    return e ? fail(program, place, err_text(e)) : EXIT_DONE;
}

static int open_pcsc(struct card_way *w, const char *program)
{
    struct pcsc *pcsc;
    enum err e = pcsc_open(strcmp(w->pcsc, "any") ? w->pcsc : NULL, &pcsc, &w->link);
    const char *why = e == E_NETWORK    ? "there is no PC/SC service (pcscd)"
                      : e == E_NOTFOUND ? "no such reader, or no card in it"
                      : e == E_STATE    ? "another program has the card"
                                        : err_text(e);

    return e ? fail(program, "PC/SC", why) : EXIT_DONE;
}

static int open_modem(struct card_way *w, const char *program)
{
    struct modem *modem;
    enum err e = modem_open(w->at, TIMEOUT_MS, &modem, &w->link);

    return e ? fail(program, w->at, err_text(e)) : EXIT_DONE;
}

static int open_pipe(struct card_way *w, const char *program)
{
    struct stdio_ask *ask;
    enum err e = stdio_ask_open(w->in, w->out, &ask, &w->link);

    return e ? fail(program, "memory", err_text(e)) : EXIT_DONE;
}

int card_way_open(struct card_way *w, const char *program)
{
    int status;

    if (!!w->tcp + !!w->pcsc + !!w->at + !!w->out > 1) {
        fprintf(stderr, "%s: more than one way to a card\n", program);
        return EXIT_USAGE;
    }
    status = w->pcsc  ? open_pcsc(w, program)
             : w->at  ? open_modem(w, program)
             : w->out ? open_pipe(w, program)
                      : open_tcp(w, program);
    w->open = !status;
    return status;
}

void card_way_close(struct card_way *w)
{
    if (w->open)
        card_link_close(&w->link);
    if (w->out)
        fclose(w->out);
    w->open = false;
    w->out = NULL;
}
