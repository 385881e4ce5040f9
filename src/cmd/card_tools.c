/* dunlin card new and apdu: a card that nobody serves, for as long as the command takes. */
#include "cmd/card_parts.h"
#include "cmd/cmd.h"
#include "cmd/options.h"

#include "base/secret.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define APDUS_MAX 4096

/* ---- new ---- */

static void say_new(const struct card_host *h, bool json)
{
    json_t *line;

    if (!json) {
        printf("made card %s in %s, keys in %s\n", h->eid, h->dir, h->pki);
        return;
    }
    line = json_pack("{s:s,s:s,s:s}", "eid", h->eid, "dir", h->dir, "pki", h->pki);
    json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(line);
}

int card_new(int argc, char **argv)
{
    struct host_options what = { .dir = "var/card" };
    bool json = false;
    const struct option rows[] = {
        { "dir", OPTION_TEXT, &what.dir, 0, 0, "DIR", "state of the card (default var/card)" },
        { "eid", OPTION_TEXT, &what.eid, 0, 0, "EID",
          "whose card it is (default: the first of `dunlin pki init`)" },
        { "pki", OPTION_TEXT, &what.pki, 0, 0, "DIR",
          "keys made by `dunlin pki init` (default var/pki)" },
        { "pki2", OPTION_TEXT, &what.pki2, 0, 0, "DIR",
          "keys under a second CI, such as one of the other curve" },
        { "personality", OPTION_TEXT, &what.personality, 0, 0, "FILE",
          "what the card is: lines name = value (docs/card.md)" },
        { "json", OPTION_FLAG, &json, 0, 0, NULL, "say what was made as JSON" },
    };
    struct options o = {
        .usage = "dunlin card new [OPTIONS]",
        .about =
            "Makes a card: a directory with its EID and its memory. A key and certificate that "
            "--pki\ndoes not have are made there, where the EUM's key is.",
        .rows = rows,
        .count = COUNT(rows),
    };
    struct card_host *h = malloc(sizeof *h);
    int status = options_parse(&o, argc, argv);

    if (!h)
        return EXIT_FAILED;
    if (status < 0) {
        status = host_open(h, &what, HOST_NEW);
        if (status < 0) {
            say_new(h, json);
            status = EXIT_DONE;
        }
        host_close(h);
    }
    free(h);
    return status;
}

/* ---- apdu ---- */

struct command {
    uint8_t octets[QUIRK_ANSWER_MAX];
    uint8_t answer[QUIRK_ANSWER_MAX];
    char hex[2 * QUIRK_ANSWER_MAX + 1];
};

static void say_answer(struct command *c, const char *sent, size_t n, bool json)
{
    uint16_t sw = (uint16_t)(c->answer[n - 2] << 8 | c->answer[n - 1]);
    char text[SW_TEXT_MAX], word[5];
    json_t *line;

    if (hex_encode(slice_of(c->answer, n - 2), c->hex, sizeof c->hex))
        c->hex[0] = 0;
    snprintf(word, sizeof word, "%04X", sw);
    sw_text(sw, text);
    if (!json) {
        printf("%s%s%s  %s\n", c->hex, c->hex[0] ? " " : "", word, text);
        return;
    }
    line = json_pack("{s:s,s:s,s:s,s:s}", "command", sent, "data", c->hex, "sw", word, "meaning",
                     text);
    json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(line);
}

static int send_one(const struct card_link *link, struct command *c, const char *hex, bool json)
{
    size_t n = 0;
    enum err e = hex_decode(slice_str(hex), c->octets, sizeof c->octets, &n);

    if (e) {
        fprintf(stderr, "dunlin card apdu: '%s' is not hexadecimal\n", hex);
        return EXIT_USAGE;
    }
    e = card_link_transmit(link, slice_of(c->octets, n), c->answer, sizeof c->answer, &n);
    if (e) {
        fprintf(stderr, "dunlin card apdu: %s: %s\n", hex, err_text(e));
        return EXIT_FAILED;
    }
    say_answer(c, hex, n, json);
    return -1;
}

static int send_all(const struct card_link *link, const struct options *o, bool json)
{
    struct command *c = malloc(sizeof *c);
    uint8_t atr[64];
    size_t n;
    int status = c && !card_link_reset(link, atr, sizeof atr, &n) ? -1 : EXIT_FAILED;

    for (size_t i = 0; status < 0 && i < o->words_count; i++)
        status = send_one(link, c, o->words[i], json);
    if (c)
        wipe(c, sizeof *c);
    free(c);
    return status < 0 ? EXIT_DONE : status;
}

int card_apdu_command(int argc, char **argv)
{
    static const char *words[APDUS_MAX];
    struct host_options what = { .dir = "var/card" };
    bool json = false, traced = false;
    const struct option rows[] = {
        { "dir", OPTION_TEXT, &what.dir, 0, 0, "DIR", "the card (default var/card)" },
        { "trace", OPTION_FLAG, &traced, 0, 0, NULL, "decode what passes, on standard error" },
        { "json", OPTION_FLAG, &json, 0, 0, NULL, "one line of JSON for each answer" },
    };
    struct options o = {
        .usage = "dunlin card apdu HEX... [OPTIONS]",
        .about = "Powers the card on, sends it the commands in turn, and prints each answer: data, "
                 "status word\nand what it means. 61XX and 6CXX are left to you.",
        .rows = rows,
        .count = COUNT(rows),
        .words = words,
        .words_max = APDUS_MAX,
    };
    struct card_stack *s = calloc(1, sizeof *s);
    int status = options_parse(&o, argc, argv);

    if (status < 0 && !o.words_count) {
        fprintf(stderr, "dunlin card apdu: which command? see --help\n");
        status = EXIT_USAGE;
    }
    if (status < 0 && !s)
        status = EXIT_FAILED;
    if (status < 0) {
        status = host_open(&s->host, &what, HOST_PRESENT);
        if (status < 0) {
            card_stack_build(s, traced ? stderr : NULL, 0);
            status = send_all(s->top, &o, json);
        }
        card_stack_close(s);
    }
    free(s);
    return status;
}
