/*
 * dunlin card: cards behind sockets, in the framing of vpcd. Readers connect to them (--tcp), or
 * they connect to a vpcd daemon, whose PC/SC slots they then fill (--vpcd). A single card may also
 * be at the end of a pipe (--stdio) or in a modem (--at).
 */
#include "cmd/card_parts.h"
#include "cmd/cmd.h"
#include "cmd/options.h"

#include "pki/testci.h"
#include "reader/pty.h"
#include "reader/stdio.h"
#include "reader/tcp.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct serving {
    struct host_options what;
    const char *vpcd, *at;
    long tcp, cards;
    bool stdio, json, traced;
};

/* One card and where it is served. */
struct post {
    const struct serving *v;
    struct card_stack *stack;
    char dir[PATH_MAX], eid[EID_DIGITS + 1]; /* of one among several */
    struct tcp_end end;                      /* listens, or is connected to vpcd */
    struct pty modem;
    pthread_t thread;
    bool running;
    int status;
};

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "dunlin card: %s: %s\n", what, why);
    return EXIT_FAILED;
}

static void announce(const struct serving *v, const struct card_host *h, const char *where,
                     uint16_t port)
{
    json_t *line;

    if (v->json) {
        line = json_pack("{s:s,s:s,s:i}", "eid", h->eid, "address", where, "port", (int)port);
        if (!port)
            json_object_del(line, "port");
        json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(line);
    } else {
        printf(port ? "card %s at %s:%u\n" : "card %s at %s\n", h->eid, where, (unsigned)port);
    }
    fflush(stdout);
}

/* Between two readers the card is without power. */
static void serve_end(struct card_stack *s, struct tcp_end *end)
{
    uint8_t atr[64];
    size_t n;
    enum err e = tcp_serve(end, s->top);

    if (e != E_CLOSED)
        fprintf(stderr, "dunlin card: connection: %s\n", err_text(e));
    tcp_close(end);
    e = card_link_reset(&s->card, atr, sizeof atr, &n);
    if (e)
        fprintf(stderr, "dunlin card: power on: %s\n", err_text(e));
}

/* ---- where ---- */

static int start_listening(struct post *p, unsigned number)
{
    uint16_t port = (uint16_t)(p->v->tcp ? p->v->tcp + number : 0);
    enum err e = tcp_listen(false, &port, &p->end);

    if (e)
        return fail("listening socket", strerror(errno));
    announce(p->v, &p->stack->host, "127.0.0.1", port);
    return -1;
}

static int start_connected(struct post *p, unsigned number)
{
    char host[TCP_HOST_MAX + 1];
    uint16_t port;

    if (tcp_place(p->v->vpcd, VPCD_PORT, host, &port) || port + number > 65535) {
        fprintf(stderr, "dunlin card: --vpcd takes HOST or HOST:PORT\n");
        return EXIT_USAGE;
    }
    port = (uint16_t)(port + number);
    if (tcp_connect(host, port, 0, &p->end))
        return fail(p->v->vpcd, "nobody listens there");
    announce(p->v, &p->stack->host, host, port);
    return -1;
}

static int listen_for_readers(struct post *p)
{
    struct tcp_end client;
    enum err e;

    while (!(e = tcp_accept(&p->end, &client)))
        serve_end(p->stack, &client);
    return fail("listening socket", err_text(e));
}

/* Standard output carries the answers: everything else goes to standard error. */
static int serve_stdio(struct card_stack *s)
{
    struct stdio_card *end = malloc(sizeof *end);
    enum err e = E_MEMORY;

    if (end) {
        stdio_card_init(end, s->top);
        e = stdio_serve(end, stdin, stdout, stderr);
    }
    free(end);
    return e == E_CLOSED ? EXIT_DONE : fail("standard input", err_text(e));
}

static int start_modem(struct post *p)
{
    enum err e = pty_open(&p->modem, p->v->at);

    if (e)
        return fail(p->v->at, e == E_EXISTS ? "is there, and no link" : strerror(errno));
    announce(p->v, &p->stack->host, p->v->at, 0);
    return -1;
}

static int serve_modem(struct post *p)
{
    struct at *at = malloc(sizeof *at);
    enum err e = at ? pty_serve(&p->modem, at, p->stack->top) : E_MEMORY;

    free(at);
    return fail(p->v->at, err_text(e));
}

/* ---- one way or another ---- */

static void *serve(void *arg)
{
    struct post *p = arg;

    if (p->v->at) {
        p->status = serve_modem(p);
    } else if (p->v->stdio) {
        p->status = serve_stdio(p->stack);
    } else if (p->v->vpcd) {
        serve_end(p->stack, &p->end);
        p->status = EXIT_DONE;
    } else {
        p->status = listen_for_readers(p);
    }
    return NULL;
}

/* ---- one or several ---- */

/* Of several, card n has the EID number n of the hierarchy and the directory n inside --dir. */
static int open_post(struct post *p, const struct serving *v, unsigned number)
{
    struct host_options what = v->what;
    uint8_t eid[EID_LEN];
    int status;

    p->v = v;
    p->end.fd = -1;
    p->modem = PTY_NONE;
    p->stack = calloc(1, sizeof *p->stack);
    if (!p->stack)
        return fail("memory", err_text(E_MEMORY));
    p->stack->host.lock = p->stack->host.file.fd = -1;
    if (v->cards > 1) {
        if (snprintf(p->dir, sizeof p->dir, "%s/%u", what.dir, number + 1) >= PATH_MAX)
            return fail(what.dir, "path is too long");
        testci_eid(number + 1, eid);
        eid_to_digits(eid, p->eid);
        what.dir = p->dir;
        what.eid = p->eid;
    }
    status = host_open(&p->stack->host, &what, HOST_EITHER);
    if (status >= 0)
        return status;
    card_stack_build(p->stack, v->traced ? v->stdio ? stderr : stdout : NULL,
                     v->cards > 1 ? number + 1 : 0);
    if (v->stdio)
        return -1;
    if (v->at)
        return start_modem(p);
    return v->vpcd ? start_connected(p, number) : start_listening(p, number);
}

static void close_post(struct post *p)
{
    if (!p->stack)
        return;
    tcp_close(&p->end);
    pty_close(&p->modem);
    card_stack_close(p->stack);
    free(p->stack);
}

/* All are open before the first is served. A card is used by its thread only. */
static int serve_all(const struct serving *v)
{
    struct post *posts = calloc((size_t)v->cards, sizeof *posts);
    int status = posts ? -1 : fail("memory", err_text(E_MEMORY));

    for (unsigned n = 0; status < 0 && n < (unsigned)v->cards; n++)
        status = open_post(&posts[n], v, n);
    if (status < 0 && v->cards == 1)
        serve(&posts[0]);
    for (unsigned n = 0; status < 0 && v->cards > 1 && n < (unsigned)v->cards; n++) {
        posts[n].running = pthread_create(&posts[n].thread, NULL, serve, &posts[n]) == 0;
        if (!posts[n].running)
            posts[n].status = fail("thread", err_text(E_MEMORY));
    }
    for (unsigned n = 0; posts && n < (unsigned)v->cards; n++) {
        if (posts[n].running)
            pthread_join(posts[n].thread, NULL);
        if (status < EXIT_FAILED && posts[n].status)
            status = posts[n].status;
        close_post(&posts[n]);
    }
    free(posts);
    return status < 0 ? EXIT_DONE : status;
}

static int check(const struct serving *v)
{
    if ((v->stdio || v->at) && (v->vpcd || v->cards > 1 || (v->stdio && v->at)))
        fprintf(stderr, "dunlin card: --stdio and --at are one card each, and no other way in\n");
    else if (v->cards > 1 && v->what.eid)
        fprintf(stderr, "dunlin card: --cards takes the EIDs of the hierarchy, not --eid\n");
    else if (!v->vpcd && v->tcp + v->cards - 1 > 65535)
        fprintf(stderr, "dunlin card: --tcp leaves no port for the last card\n");
    else
        return -1;
    return EXIT_USAGE;
}

int card_serve(int argc, char **argv, bool traced)
{
    struct serving v = {
        .what = { .dir = "var/card" }, .tcp = VPCD_PORT, .cards = 1, .traced = traced
    };
    const struct option rows[] = {
        { "tcp", OPTION_INT, &v.tcp, 0, 65535, "PORT",
          "listen for a reader on 127.0.0.1 (default 35963; 0: any free port, told on output)" },
        { "vpcd", OPTION_TEXT, &v.vpcd, 0, 0, "HOST[:PORT]",
          "connect to a vpcd daemon and be the card in its reader" },
        { "at", OPTION_TEXT, &v.at, 0, 0, "PATH",
          "be in a modem at a pseudo terminal, to which PATH becomes a link" },
        { "cards", OPTION_INT, &v.cards, 1, 1000, "N",
          "so many cards, with the first EIDs of --pki, at PORT, PORT + 1 ..., in DIR/1, DIR/2 "
          "..." },
        { "stdio", OPTION_FLAG, &v.stdio, 0, 0, NULL,
          "answer on standard output, a line of JSON each, as lpac's stdio driver wants it" },
        { "dir", OPTION_TEXT, &v.what.dir, 0, 0, "DIR", "state of the card (default var/card)" },
        { "eid", OPTION_TEXT, &v.what.eid, 0, 0, "EID",
          "whose card it is (default: the first of `dunlin pki init`)" },
        { "pki", OPTION_TEXT, &v.what.pki, 0, 0, "DIR",
          "keys made by `dunlin pki init` (default var/pki)" },
        { "pki2", OPTION_TEXT, &v.what.pki2, 0, 0, "DIR",
          "keys under a second CI, such as one of the other curve" },
        { "personality", OPTION_TEXT, &v.what.personality, 0, 0, "FILE",
          "what the card is: lines name = value (docs/card.md)" },
        { "trace", OPTION_FLAG, &v.traced, 0, 0, NULL, "print and decode every APDU" },
        { "sync", OPTION_FLAG, &v.what.sync, 0, 0, NULL,
          "wait for the disk at every write: also a power cut of this machine loses nothing" },
        { "json", OPTION_FLAG, &v.json, 0, 0, NULL, "announce the card as one line of JSON" },
    };
    struct options o = {
        .usage = "dunlin card [OPTIONS] | dunlin card new|info|apdu|trace ...",
        .about = "A software eUICC (SGP.22, SGP.32 v1.2) behind a socket: two octets of length, "
                 "then an APDU.\nIt keeps its state in a directory and runs until it is ended.\n\n"
                 "  new    makes a card and does not serve it\n"
                 "  info   prints what a card holds: EID, versions, memory, profiles, eIMs\n"
                 "  apdu   sends commands to a card that nobody serves\n"
                 "  trace  serves with --trace",
        .rows = rows,
        .count = COUNT(rows),
    };
    int status = options_parse(&o, argc, argv);

    if (status < 0)
        status = check(&v);
    return status < 0 ? serve_all(&v) : status;
}
