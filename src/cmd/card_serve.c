/*
 * dunlin card: cards behind sockets, in the framing of vpcd. Readers connect to them (--tcp), or
 * they connect to a vpcd daemon, whose PC/SC slots they then fill (--vpcd).
 */
#include "cmd/card_parts.h"
#include "cmd/cmd.h"
#include "cmd/options.h"

#include "reader/stdio.h"
#include "reader/tcp.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct serving {
    struct host_options what;
    const char *vpcd;
    long tcp;
    bool stdio, json, traced;
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
        json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(line);
    } else {
        printf("card %s at %s:%u\n", h->eid, where, (unsigned)port);
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

static int listen_for_readers(const struct serving *v, struct card_stack *s, uint16_t port)
{
    struct tcp_end listener, client;
    enum err e = tcp_listen(false, &port, &listener);

    if (e)
        return fail("listening socket", strerror(errno));
    announce(v, &s->host, "127.0.0.1", port);
    while (!(e = tcp_accept(&listener, &client)))
        serve_end(s, &client);
    tcp_close(&listener);
    return fail("listening socket", err_text(e));
}

static int connect_to_vpcd(const struct serving *v, struct card_stack *s)
{
    char host[256];
    const char *colon = strrchr(v->vpcd, ':');
    size_t n = colon ? (size_t)(colon - v->vpcd) : strlen(v->vpcd);
    long port = colon ? strtol(colon + 1, NULL, 10) : VPCD_PORT;
    struct tcp_end end;

    if (n == 0 || n >= sizeof host || port < 1 || port > 65535) {
        fprintf(stderr, "dunlin card: --vpcd takes HOST or HOST:PORT\n");
        return EXIT_USAGE;
    }
    memcpy(host, v->vpcd, n);
    host[n] = 0;
    if (tcp_connect(host, (uint16_t)port, 0, &end))
        return fail(v->vpcd, "nobody listens there");
    announce(v, &s->host, host, (uint16_t)port);
    serve_end(s, &end);
    return EXIT_DONE;
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

static int serve(const struct serving *v, struct card_stack *s)
{
    int status = host_open(&s->host, &v->what, HOST_EITHER);

    if (status < 0) {
        card_stack_build(s, v->traced ? v->stdio ? stderr : stdout : NULL, 0);
        status = v->stdio  ? serve_stdio(s)
                 : v->vpcd ? connect_to_vpcd(v, s)
                           : listen_for_readers(v, s, (uint16_t)v->tcp);
    }
    host_close(&s->host);
    return status;
}

int card_serve(int argc, char **argv, bool traced)
{
    struct serving v = { .what = { .dir = "var/card" }, .tcp = VPCD_PORT, .traced = traced };
    const struct option rows[] = {
        { "tcp", OPTION_INT, &v.tcp, 0, 65535, "PORT",
          "listen for a reader on 127.0.0.1 (default 35963; 0: any free port, told on output)" },
        { "vpcd", OPTION_TEXT, &v.vpcd, 0, 0, "HOST[:PORT]",
          "connect to a vpcd daemon and be the card in its reader" },
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
    struct card_stack *s;
    int status = options_parse(&o, argc, argv);

    if (status >= 0)
        return status;
    s = calloc(1, sizeof *s);
    if (!s)
        return fail("memory", err_text(E_MEMORY));
    status = serve(&v, s);
    free(s);
    return status;
}
