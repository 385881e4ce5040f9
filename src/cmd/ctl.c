/* dunlin ctl: the operator's desk of `dunlin serve` from a command line. */
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/ctl_parts.h"
#include "cmd/desk.h"
#include "cmd/options.h"
#include "net/http_client.h"
#include "pki/keystore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS_MAX 40
#define PATH_SIZE 1024

struct ctl_args {
    const char *dir, *pki, *host, *token_file, *cert, *key, *idempotency_key, *config;
    long port;
    bool json, follow;
};

struct ctl {
    const struct ctl_args *a;
    struct http_client *client;
    struct hosts *hosts;
    struct tls_trust *trust;
    struct arena arena;
    char authorization[300];
};

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "ctl: %s%s%s\n", what, why ? ": " : "", why ? why : "");
    return EXIT_FAILED;
}

/* ---- connection ---- */

static int read_token(struct ctl *c)
{
    char path[PATH_SIZE];
    uint8_t *owned = NULL;
    slice text;
    size_t n;
    enum err e;

    snprintf(path, sizeof path, "%s/" DESK_TOKEN_FILE, c->a->dir);
    e = file_read(c->a->token_file ? c->a->token_file : path, &owned, &text);
    if (e)
        return complain(c->a->token_file ? c->a->token_file : path, err_text(e));
    for (n = 0; n < text.n && text.p[n] > ' ' && text.p[n] <= '~'; n++)
        ;
    if (n && n < sizeof c->authorization - 8)
        snprintf(c->authorization, sizeof c->authorization, "Bearer %.*s", (int)n,
                 (const char *)text.p);
    wipe(owned, text.n);
    free(owned);
    return EXIT_DONE;
}

static int connect_to(struct ctl *c)
{
    char ca[PATH_SIZE], pki[PATH_SIZE];
    struct tls_trust_options trust = { .ca_file = ca,
                                       .chain_file = c->a->cert,
                                       .key_file = c->a->cert ? c->a->key : NULL };
    struct http_client_options client = { 0 };
    enum err e;

    snprintf(pki, sizeof pki, "%s/pki", c->a->dir);
    e = keystore_path(c->a->pki ? c->a->pki : pki, role_facts(ROLE_CI)->file, "pem", ca, sizeof ca);
    if (!e)
        e = tls_trust_open(&trust, &c->trust);
    if (e)
        return complain(ca, err_text(e));
    e = hosts_open(&c->hosts);
    /* a name of this machine needs nobody's help */
    if (!e)
        e = hosts_add(c->hosts, "localhost=127.0.0.1");
    client.hosts = c->hosts;
    if (!e)
        e = http_client_open(&client, &c->client);
    if (e)
        return complain("client", err_text(e));
    return c->a->cert ? EXIT_DONE : read_token(c);
}

static void disconnect(struct ctl *c)
{
    http_client_close(c->client);
    hosts_close(c->hosts);
    tls_trust_close(c->trust);
    wipe(c->authorization, sizeof c->authorization);
    arena_free(&c->arena);
}

static int fetch(struct ctl *c, const struct ctl_request *r, struct http_answer *answer)
{
    struct http_field fields[2];
    size_t n = 0;
    struct http_call call = { .host = c->a->host,
                              .port = (uint16_t)c->a->port,
                              .tls = c->trust,
                              .method = r->method,
                              .path = r->path,
                              .content_type = slice_str(r->content_type),
                              .fields = fields,
                              .body = r->body };
    enum err e;

    if (c->authorization[0])
        fields[n++] =
            (struct http_field){ SLICE_LIT("Authorization"), slice_str(c->authorization) };
    if (c->a->idempotency_key)
        fields[n++] =
            (struct http_field){ SLICE_LIT("Idempotency-Key"), slice_str(c->a->idempotency_key) };
    call.field_count = n;
    e = http_client_fetch(c->client, &call, &c->arena, answer);
    return e ? complain("the desk does not answer", err_text(e)) : EXIT_DONE;
}

/* ---- commands ---- */

static int run_once(struct ctl *c, const struct ctl_request *r, int64_t *last)
{
    struct http_answer answer;
    int status = fetch(c, r, &answer);

    if (status)
        return status;
    if (answer.status >= 400)
        return ctl_show_problem(answer.status, answer.body, c->a->json);
    return ctl_show(r, answer.body, c->a->json, last);
}

/* Events as they come, until somebody has seen enough. */
static int follow(struct ctl *c, struct ctl_request *r)
{
    const struct timespec a_second = { 1, 0 };
    char path[sizeof r->path];
    int64_t last = 0;
    int status;

    for (;;) {
        status = run_once(c, r, &last);
        fflush(stdout);
        if (status)
            return status;
        snprintf(path, sizeof path, "%.*s?after=%lld", (int)strcspn(r->path, "?"), r->path,
                 (long long)last);
        snprintf(r->path, sizeof r->path, "%s", path);
        r->quiet = true;
        arena_reset(&c->arena);
        nanosleep(&a_second, NULL);
    }
}

static int run(const struct ctl_args *a, const char **words, size_t count)
{
    struct ctl c = { .a = a };
    struct ctl_request *r = calloc(1, sizeof *r);
    int status;

    if (!r)
        return complain("memory", NULL);
    arena_init(&c.arena, (size_t)64 << 20);
    status = ctl_read(words, count, &c.arena, r);
    if (!status)
        status = connect_to(&c);
    if (!status)
        status = a->follow ? follow(&c, r) : run_once(&c, r, NULL);
    disconnect(&c);
    free(r->owned);
    free(r);
    return status;
}

int cmd_ctl(int argc, char **argv)
{
    const char *words[WORDS_MAX];
    struct ctl_args a = { .dir = "var", .host = "localhost", .port = 8450 };
    const struct option rows[] = {
        { "config", OPTION_TEXT, &a.config, 0, 0, "FILE", "read [ctl] of this file first" },
        { "dir", OPTION_TEXT, &a.dir, 0, 0, "DIR", "of the servers: token and certificates (var)" },
        { "pki", OPTION_TEXT, &a.pki, 0, 0, "DIR",
          "whose ci.pem the desk is believed by (DIR/pki)" },
        { "host", OPTION_TEXT, &a.host, 0, 0, "NAME", "of the desk (localhost)" },
        { "port", OPTION_INT, &a.port, 1, 65535, "PORT", "of the desk (8450)" },
        { "token-file", OPTION_TEXT, &a.token_file, 0, 0, "FILE", "(DIR/" DESK_TOKEN_FILE ")" },
        { "cert", OPTION_TEXT, &a.cert, 0, 0, "FILE", "a certificate instead of the token, PEM" },
        { "key", OPTION_TEXT, &a.key, 0, 0, "FILE", "its key" },
        { "idempotency-key", OPTION_TEXT, &a.idempotency_key, 0, 0, "KEY",
          "what was done under it is not done again" },
        { "follow", OPTION_FLAG, &a.follow, 0, 0, NULL, "events: go on as they come" },
        { "json", OPTION_FLAG, &a.json, 0, 0, NULL, "what the desk answers, as it is" },
    };
    struct options o = {
        .usage =
            "dunlin ctl [OPTIONS] COMMAND [MEMBER=TEXT | MEMBER:=JSON | MEMBER@FILE | MEMBER]...",
        .about = ctl_about(),
        .rows = rows,
        .count = sizeof rows / sizeof *rows,
        .words = words,
        .words_max = WORDS_MAX,
    };
    int status = options_parse(&o, argc, argv);

    if (status < 0 && a.config) {
        status = options_read_file(&o, a.config, "ctl");
        o.words_count = 0;
        if (status < 0)
            status = options_parse(&o, argc, argv);
    }
    if (status >= 0)
        return status;
    if (!a.cert != !a.key) {
        fprintf(stderr, "ctl: --cert, --key: both or none\n");
        return EXIT_USAGE;
    }
    return run(&a, words, o.words_count);
}
