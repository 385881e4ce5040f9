/*
 * dunlin terminal: a mobile equipment with a card in it, at the end of a socket (--tcp) or of this
 * process (--dir). It performs what the card asks for, delivers short messages, and says what
 * happens, a line each.
 */
#include "cmd/card_parts.h"
#include "cmd/card_way.h"
#include "cmd/cmd.h"
#include "cmd/options.h"

#include "base/text.h"
#include "terminal/mobile.h"

#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAPS_MAX        64
#define SMS_MAX         256
#define TPDU_MAX        255
#define TURN_MS         50
#define SMS_PATIENCE_MS 10000

struct equipment {
    struct host_options card;
    const char *imei, *imeisv, *language, *location, *capability;
    struct option_list sms, map;
    const char *sms_texts[SMS_MAX], *map_texts[MAPS_MAX];
    long seconds, poll_s;
    bool once, mapped_only, traced, json;

    struct mobile_map maps[MAPS_MAX];
    uint8_t capability_octets[64];
    struct mobile_options o;
    struct card_stack *stack;
    struct card_way way;
    struct mobile *mobile;
    uint64_t end_ms; /* 0: none */
};

static volatile sig_atomic_t ended;

static void end_it(int signal_number)
{
    (void)signal_number;
    ended = 1;
}

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "dunlin terminal: %s: %s\n", what, why);
    return EXIT_FAILED;
}

static int misused(const char *option, const char *text, const char *form)
{
    fprintf(stderr, "dunlin terminal: --%s: '%s' is not %s\n", option, text, form);
    return EXIT_USAGE;
}

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- what happens ---- */

/* A line for people, or an object with the same in it. */
struct line {
    char text[1024];
    json_t *object;
};

static void line_hex(struct line *l, const char *key, slice octets)
{
    char hex[2 * 256 + 1];
    size_t n = strlen(l->text);

    if (hex_encode(octets, hex, sizeof hex))
        return;
    json_object_set_new(l->object, key, json_string(hex));
    snprintf(l->text + n, sizeof l->text - n, " %s", hex);
}

static void line_say(const struct equipment *q, struct line *l)
{
    if (q->json) {
        json_dumpf(l->object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar('\n');
    } else {
        printf("terminal: %s\n", l->text);
    }
    fflush(stdout);
    json_decref(l->object);
}

static struct line line_begin(const char *event)
{
    struct line l = { .object = json_pack("{s:s}", "event", event) };

    return l;
}

static void say_command(const struct equipment *q, const struct mobile_event *e)
{
    struct line l = line_begin("command");
    char asked[MOBILE_ADDRESS_TEXT], to[MOBILE_ADDRESS_TEXT];
    size_t n;

    n = (size_t)snprintf(l.text, sizeof l.text, "%s %02X: %s (%02X", mobile_command_name(e->type),
                         e->qualifier, mobile_result_name(e->result), e->result);
    json_object_set_new(l.object, "command", json_string(mobile_command_name(e->type)));
    json_object_set_new(l.object, "type", json_integer(e->type));
    json_object_set_new(l.object, "qualifier", json_integer(e->qualifier));
    json_object_set_new(l.object, "result", json_integer(e->result));
    if (e->info >= 0) {
        n += (size_t)snprintf(l.text + n, sizeof l.text - n, "%02X", (unsigned)e->info & 0xFF);
        json_object_set_new(l.object, "info", json_integer(e->info));
    }
    n += (size_t)snprintf(l.text + n, sizeof l.text - n, ")");
    if (e->channel) {
        n += (size_t)snprintf(l.text + n, sizeof l.text - n, ", channel %u", e->channel);
        json_object_set_new(l.object, "channel", json_integer(e->channel));
    }
    if (e->asked) {
        n += (size_t)snprintf(l.text + n, sizeof l.text - n, ", %s",
                              mobile_address_print(e->asked, asked));
        json_object_set_new(l.object, "asked", json_string(asked));
    }
    if (e->to) {
        mobile_address_print(e->to, to);
        json_object_set_new(l.object, "to", json_string(to));
        if (e->asked && strcmp(asked, to) != 0)
            snprintf(l.text + n, sizeof l.text - n, " at %s", to);
    }
    line_say(q, &l);
}

/* Eight bits a character, TS 23.038; others are shown as octets. */
static void say_text(const struct equipment *q, const struct mobile_event *e)
{
    struct line l = line_begin("text");
    char text[256];
    size_t n = 0;

    for (; n < e->data.n && n < sizeof text - 1; n++)
        text[n] = (char)(e->data.p[n] >= 0x20 && e->data.p[n] < 0x7F ? e->data.p[n] : '.');
    text[n] = 0;
    json_object_set_new(l.object, "dcs", json_integer(e->info));
    if ((e->info & 0x0C) == 0x04) {
        snprintf(l.text, sizeof l.text, "text \"%s\"", text);
        json_object_set_new(l.object, "text", json_string(text));
    } else {
        snprintf(l.text, sizeof l.text, "text, coding %02X:", (unsigned)e->info & 0xFF);
        line_hex(&l, "octets", e->data);
    }
    line_say(q, &l);
}

static void say_envelope(const struct equipment *q, const struct mobile_event *e)
{
    static const struct {
        uint8_t tag;
        const char *name;
    } names[] = { { 0xD1, "SMS-PP DOWNLOAD" },
                  { 0xD6, "EVENT DOWNLOAD" },
                  { 0xD7, "TIMER EXPIRATION" } };
    struct line l = line_begin("envelope");
    char sw[5];

    snprintf(sw, sizeof sw, "%04X", e->sw);
    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i].tag == e->type) {
            snprintf(l.text, sizeof l.text, "ENVELOPE (%s) %s:", names[i].name, sw);
            json_object_set_new(l.object, "envelope", json_string(names[i].name));
        }
    json_object_set_new(l.object, "sw", json_string(sw));
    line_hex(&l, "octets", e->data);
    line_say(q, &l);
}

static void on_event(void *ctx, const struct mobile_event *e)
{
    const struct equipment *q = ctx;
    struct line l;

    switch (e->news) {
    case MOBILE_STARTED:
        l = line_begin("started");
        snprintf(l.text, sizeof l.text, "card started");
        line_say(q, &l);
        break;
    case MOBILE_COMMAND:
        say_command(q, e);
        break;
    case MOBILE_TEXT:
        say_text(q, e);
        break;
    case MOBILE_SHORT_MESSAGE:
        l = line_begin("message");
        snprintf(l.text, sizeof l.text, "message from the card:");
        line_hex(&l, "tpdu", e->data);
        line_say(q, &l);
        break;
    case MOBILE_ENVELOPE:
        say_envelope(q, e);
        break;
    case MOBILE_LINK:
        l = line_begin("link");
        snprintf(l.text, sizeof l.text, "channel %u: link %s", e->channel,
                 e->result ? "is gone" : "established");
        json_object_set_new(l.object, "channel", json_integer(e->channel));
        json_object_set_new(l.object, "established", json_boolean(!e->result));
        line_say(q, &l);
        break;
    }
}

/* ---- options ---- */

static int read_options(struct equipment *q)
{
    size_t n;

    q->o = (struct mobile_options){ .imei = q->imei,
                                    .imeisv = q->imeisv,
                                    .language = q->language,
                                    .maps = q->maps,
                                    .map_count = q->map.count,
                                    .mapped_only = q->mapped_only,
                                    .poll_ms = (uint32_t)q->poll_s * 1000,
                                    .event = on_event,
                                    .ctx = q };
    for (size_t i = 0; i < q->map.count; i++)
        if (mobile_map_read(q->map_texts[i], &q->maps[i]))
            return misused("map", q->map_texts[i], "ADDRESS[:PORT]=ADDRESS[:PORT]");
    if (q->location && mobile_location_read(q->location, &q->o.location))
        return misused("location", q->location, "MCC-MNC or MCC-MNC-LAC-CELL");
    if (q->capability) {
        if (hex_decode(slice_str(q->capability), q->capability_octets, sizeof q->capability_octets,
                       &n))
            return misused("capability", q->capability, "hexadecimal, of at most 64 octets");
        q->o.capability = slice_of(q->capability_octets, n);
    }
    if (card_way_given(&q->way) &&
        (q->card.dir || q->card.eid || q->card.pki || q->card.pki2 || q->card.personality)) {
        fprintf(stderr,
                "dunlin terminal: --tcp, --pcsc and --at are a card elsewhere: they take no "
                "options of one\n");
        return EXIT_USAGE;
    }
    return -1;
}

/* ---- the card ---- */

static int reach_card(struct equipment *q)
{
    int status;

    status = card_way_open(&q->way, "dunlin terminal");
    if (status)
        return status;
    card_stack_build_over(q->stack, &q->way.link, q->traced ? stderr : NULL);
    return -1;
}

static int open_card(struct equipment *q)
{
    int status;

    q->stack = calloc(1, sizeof *q->stack);
    if (!q->stack)
        return fail("memory", err_text(E_MEMORY));
    q->stack->host.lock = q->stack->host.file.fd = -1;
    if (card_way_given(&q->way))
        return reach_card(q);
    if (!q->card.dir)
        q->card.dir = "var/card";
    status = host_open(&q->stack->host, &q->card, HOST_EITHER);
    if (status < 0)
        card_stack_build(q->stack, q->traced ? stderr : NULL, 0);
    return status;
}

/* ---- its life ---- */

static bool time_is_up(const struct equipment *q)
{
    return ended || (q->end_ms && now_ms() >= q->end_ms);
}

static void say_report(const struct equipment *q, uint16_t sw, slice report)
{
    struct line l = line_begin("report");
    char word[5];

    snprintf(word, sizeof word, "%04X", sw);
    snprintf(l.text, sizeof l.text, "answer to the message: %s", word);
    json_object_set_new(l.object, "sw", json_string(word));
    line_hex(&l, "report", report);
    line_say(q, &l);
}

/* A busy card is asked again for a while. */
static int deliver(struct equipment *q, const char *hex)
{
    uint64_t until = now_ms() + SMS_PATIENCE_MS;
    uint8_t tpdu[TPDU_MAX], answer[256];
    size_t n = 0, got;
    uint16_t sw;
    enum err e, run = E_OK;

    if (hex_decode(slice_str(hex), tpdu, sizeof tpdu, &n))
        return misused("sms", hex, "an SMS-DELIVER in hexadecimal");
    do {
        e = mobile_sms(q->mobile, slice_of(tpdu, n), answer, sizeof answer, &got, &sw);
        if (e == E_AGAIN)
            run = mobile_run(q->mobile, TURN_MS);
    } while (e == E_AGAIN && !run && now_ms() < until && !time_is_up(q));
    if (e == E_SIZE)
        return misused("sms", hex, "a TPDU that an ENVELOPE can hold");
    if (e && e != E_REFUSED)
        return fail("message", err_text(run ? run : e));
    say_report(q, sw, slice_of(answer, got));
    return e ? EXIT_FAILED : -1;
}

/* With --once the end is when the card wants nothing more; what it began must be over in time. */
static int live(struct equipment *q)
{
    enum err e = mobile_run(q->mobile, TURN_MS);
    int status = -1, one;

    for (size_t i = 0; !e && i < q->sms.count && status != EXIT_USAGE; i++) {
        one = deliver(q, q->sms_texts[i]);
        status = one < 0 ? status : one;
        e = mobile_run(q->mobile, TURN_MS);
    }
    if (status == EXIT_USAGE)
        return status;
    while (!e && !time_is_up(q)) {
        if (q->once && mobile_idle(q->mobile))
            return status < 0 ? EXIT_DONE : status;
        e = mobile_run(q->mobile, TURN_MS);
    }
    if (e)
        return fail("card", err_text(e));
    if (q->once && !ended)
        return fail("time", "is up, and the card is not done");
    return status < 0 ? EXIT_DONE : status;
}

static int run(struct equipment *q)
{
    int status = read_options(q);
    enum err e;

    if (status < 0)
        status = open_card(q);
    if (status >= 0)
        return status;
    q->o.link = q->stack->top;
    q->end_ms = q->seconds ? now_ms() + (uint64_t)q->seconds * 1000 : 0;
    e = mobile_open(&q->o, &q->mobile);
    if (e == E_ARGUMENT) {
        fprintf(stderr, "dunlin terminal: --imei takes 15 digits, --imeisv 16, --language two "
                        "letters\n");
        return EXIT_USAGE;
    }
    if (e)
        return fail("card", err_text(e));
    status = live(q);
    mobile_close(q->mobile);
    return status;
}

int cmd_terminal(int argc, char **argv)
{
    static struct equipment q;
    const struct option rows[] = {
        { "tcp", OPTION_TEXT, &q.way.tcp, 0, 0, "HOST[:PORT]",
          "a card at a socket, as `dunlin card` serves it (default port 35963)" },
        CARD_WAY_ROWS(&q.way),
        { "dir", OPTION_TEXT, &q.card.dir, 0, 0, "DIR",
          "without these: a card of its own, with its state here (default var/card)" },
        { "eid", OPTION_TEXT, &q.card.eid, 0, 0, "EID",
          "whose card it is (default: the first of `dunlin pki init`)" },
        { "pki", OPTION_TEXT, &q.card.pki, 0, 0, "DIR",
          "keys made by `dunlin pki init` (default var/pki)" },
        { "pki2", OPTION_TEXT, &q.card.pki2, 0, 0, "DIR", "keys under a second CI" },
        { "personality", OPTION_TEXT, &q.card.personality, 0, 0, "FILE",
          "what the card is: lines name = value (docs/card.md)" },
        { "sms", OPTION_LIST, &q.sms, 0, 0, "HEX",
          "deliver this SMS-DELIVER TPDU at the start; may be repeated" },
        { "map", OPTION_LIST, &q.map, 0, 0, "A[:P]=B[:Q]",
          "channels to address A (port P) go to B (port Q); may be repeated" },
        { "mapped-only", OPTION_FLAG, &q.mapped_only, 0, 0, NULL,
          "refuse channels to what no --map names" },
        { "imei", OPTION_TEXT, &q.imei, 0, 0, "DIGITS", "15 digits (default 004999010640000)" },
        { "imeisv", OPTION_TEXT, &q.imeisv, 0, 0, "DIGITS",
          "16 digits (default 0049990106400001)" },
        { "language", OPTION_TEXT, &q.language, 0, 0, "XX", "two letters (default en)" },
        { "location", OPTION_TEXT, &q.location, 0, 0, "PLACE",
          "where it is: MCC-MNC or MCC-MNC-LAC-CELL (default 001-01-0001-0001)" },
        { "capability", OPTION_TEXT, &q.capability, 0, 0, "HEX",
          "send TERMINAL CAPABILITY with this data, such as A903830107" },
        { "poll", OPTION_INT, &q.poll_s, 1, 86400, "S",
          "seconds between two STATUS, until the card asks otherwise (default 30)" },
        { "for", OPTION_INT, &q.seconds, 1, 10000000, "S", "end after so many seconds" },
        { "once", OPTION_FLAG, &q.once, 0, 0, NULL,
          "end when nothing is under way any more; exit 1 when --for comes first" },
        { "trace", OPTION_FLAG, &q.traced, 0, 0, NULL,
          "print and decode every APDU, on standard error" },
        { "json", OPTION_FLAG, &q.json, 0, 0, NULL, "one line of JSON for each event" },
    };
    struct options o = {
        .usage = "dunlin terminal [OPTIONS]",
        .about = "A mobile equipment around a card: performs its proactive commands (TS 102 223), "
                 "with sockets\nof this machine for its channels, and prints a line for each thing "
                 "that happens.",
        .rows = rows,
        .count = COUNT(rows),
    };
    int status;

    q = (struct equipment){ .poll_s = 30 };
    q.sms = (struct option_list){ q.sms_texts, SMS_MAX, 0 };
    q.map = (struct option_list){ q.map_texts, MAPS_MAX, 0 };
    status = options_parse(&o, argc, argv);
    if (status >= 0)
        return status;
    signal(SIGINT, end_it);
    signal(SIGTERM, end_it);
    status = run(&q);
    if (q.stack)
        card_stack_close(q.stack);
    free(q.stack);
    return status;
}
