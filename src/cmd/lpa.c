/* dunlin lpa: the Local Profile Assistant of a consumer device, on any card reader. */
#include "cmd/cmd.h"
#include "cmd/lpa_parts.h"
#include "cmd/options.h"

#include "base/text.h"
#include "ipa/activation.h"
#include "reader/pcsc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is said may come from a picture. */
int lpa_say(const char *what, const char *why)
{
    char text[300];

    fprintf(stderr, "dunlin lpa: %s: %s\n", text_printable(slice_str(what), text, sizeof text),
            why);
    return EXIT_FAILED;
}

int lpa_misused(const char *what)
{
    fprintf(stderr, "dunlin lpa: %s (see dunlin lpa --help)\n", what);
    return EXIT_USAGE;
}

/* ---- commands ---- */

static int download_one(struct assistant *s, const struct lpa_order *order)
{
    struct lpa_installed done;
    slice iccid = SLICE_OF(done.iccid);
    char digits[ICCID_DIGITS + 1] = "";

    if (lpa_download(s->lpa, order, &done))
        return lpa_failed(s->lpa);
    if (iccid_to_digits(iccid, digits))
        digits[0] = '\0';
    printf("installed %s%s\n", digits,
           done.notified ? "" : "; its server could not be told yet (dunlin lpa notifications)");
    return EXIT_DONE;
}

/* All events of the SM-DS; one that fails is said, and the next is tried. */
static int download_discovered(struct assistant *s, slice smds)
{
    struct lpa_event events[LPA_EVENTS_MAX];
    size_t count;
    int status = EXIT_DONE;

    if (lpa_discover(s->lpa, smds, events, &count))
        return lpa_failed(s->lpa);
    if (!count)
        printf("no profile waits\n");
    for (size_t i = 0; i < count; i++) {
        struct lpa_order order = { .address = slice_str(events[i].address),
                                   .matching_id = slice_str(events[i].id),
                                   .code = slice_str(s->a.code) };

        if (download_one(s, &order))
            status = EXIT_FAILED;
    }
    return status;
}

static int download_default(struct assistant *s)
{
    struct euicc_configured_addresses_response a;
    struct lpa_order order = { .code = slice_str(s->a.code) };
    char address[256];

    if (lpa_addresses(s->lpa, &a))
        return lpa_failed(s->lpa);
    if (!a.default_dp_address.n || a.default_dp_address.n >= sizeof address)
        return lpa_say("download", "an activation code is needed: the eUICC has no default SM-DP+");
    memcpy(address, a.default_dp_address.p, a.default_dp_address.n);
    order.address = slice_of(address, a.default_dp_address.n);
    return download_one(s, &order);
}

static int do_download(struct assistant *s)
{
    const char *text = s->a.words[1];
    struct lpa_order order = { .code = slice_str(s->a.code) };
    struct activation_code ac;
    char *read = NULL;
    int status;

    if (s->a.qr && !text) {
        text = read = lpa_qr_read(s->a.qr);
        if (!read)
            return EXIT_FAILED;
    }
    if (!text && !s->a.smdp)
        return download_default(s);
    if (text) {
        enum err e = activation_code_read(slice_str(text), &ac);

        if (e) {
            status = lpa_say(text, e == E_UNSUPPORTED ? "not an activation code of format 1"
                                                      : "not an activation code");
            free(read);
            return status;
        }
        order.address = ac.address;
        order.matching_id = ac.matching_id;
        order.oid = ac.oid;
    } else {
        order.address = slice_str(s->a.smdp);
        order.matching_id = s->a.matching_id ? slice_str(s->a.matching_id) : SLICE_NONE;
    }
    status = download_one(s, &order);
    free(read);
    return status;
}

static int do_discover(struct assistant *s)
{
    struct lpa_event events[LPA_EVENTS_MAX];
    slice smds = s->a.words[1] ? slice_str(s->a.words[1]) : SLICE_NONE;
    size_t count;

    if (s->a.yes)
        return download_discovered(s, smds);
    if (lpa_discover(s->lpa, smds, events, &count))
        return lpa_failed(s->lpa);
    return lpa_show_events(events, count, s->a.json);
}

/* An ICCID in digits, or an ISD-P AID in hexadecimal. */
static int read_profile(const char *word, uint8_t out[16], slice *which)
{
    size_t n = 0;

    if (!word)
        return lpa_misused("which profile? an ICCID or an ISD-P AID is needed");
    if (!iccid_from_digits(slice_str(word), out)) {
        *which = slice_of(out, ICCID_LEN);
        return EXIT_DONE;
    }
    if (hex_decode(slice_str(word), out, 16, &n) || n < 5)
        return lpa_say(word, "neither an ICCID (18 to 20 digits) nor an ISD-P AID (hexadecimal)");
    *which = slice_of(out, n);
    return EXIT_DONE;
}

static int change(struct assistant *s, enum lpa_change what)
{
    uint8_t octets[16];
    slice which;
    int status = read_profile(s->a.words[1], octets, &which);

    if (status)
        return status;
    if (lpa_change(s->lpa, what, which, !s->a.no_refresh))
        return lpa_failed(s->lpa);
    printf("done\n");
    return EXIT_DONE;
}

static int do_enable(struct assistant *s)
{
    return change(s, LPA_ENABLE);
}

static int do_disable(struct assistant *s)
{
    return change(s, LPA_DISABLE);
}

static int do_delete(struct assistant *s)
{
    return change(s, LPA_DELETE);
}

static int do_nickname(struct assistant *s)
{
    uint8_t octets[16];
    slice which;
    int status = read_profile(s->a.words[1], octets, &which);

    if (status)
        return status;
    if (lpa_nickname(s->lpa, which, s->a.words[2] ? slice_str(s->a.words[2]) : SLICE_EMPTY))
        return lpa_failed(s->lpa);
    printf("done\n");
    return EXIT_DONE;
}

static int send_notifications(struct assistant *s, int64_t which)
{
    size_t sent, left;

    if (lpa_notify(s->lpa, which, s->a.keep, &sent, &left))
        return lpa_failed(s->lpa);
    printf("%zu delivered, %zu left\n", sent, left);
    return left ? lpa_failed(s->lpa) : EXIT_DONE;
}

static int do_notifications(struct assistant *s)
{
    const char *what = s->a.words[1], *number = s->a.words[2];
    char *end = NULL;
    int64_t seq = number ? strtoll(number, &end, 10) : -1;

    if (!what)
        return lpa_show_notifications(s->lpa, s->a.json);
    if (number && (*end || seq < 0))
        return lpa_say(number, "is not a sequence number");
    if (!strcmp(what, "send"))
        return send_notifications(s, seq);
    if (strcmp(what, "remove") != 0 || !number)
        return lpa_misused("notifications [send [NUMBER] | remove NUMBER]");
    if (lpa_notification_remove(s->lpa, seq))
        return lpa_failed(s->lpa);
    printf("done\n");
    return EXIT_DONE;
}

static int do_reset(struct assistant *s)
{
    char answer[16] = "";

    if (!s->a.yes && (!assistant_at_terminal() ||
                      !assistant_ask(s, "delete all operational and test profiles? type yes: ",
                                     false, answer, sizeof answer) ||
                      strcmp(answer, "yes") != 0))
        return lpa_say("reset", "not done (--yes does it without asking)");
    /* operational profiles, field loaded test profiles, default SM-DP+ (SGP.22 5.7.19) */
    if (lpa_memory_reset(s->lpa, 7))
        return lpa_failed(s->lpa);
    printf("done\n");
    return EXIT_DONE;
}

static int do_default_smdp(struct assistant *s)
{
    if (lpa_set_default_smdp(s->lpa, s->a.words[1] ? slice_str(s->a.words[1]) : SLICE_EMPTY))
        return lpa_failed(s->lpa);
    printf("done\n");
    return EXIT_DONE;
}

static int do_info(struct assistant *s)
{
    return lpa_show_info(s->lpa, s->a.json);
}

static int do_list(struct assistant *s)
{
    return lpa_show_profiles(s->lpa, s->a.json, s->a.all);
}

static const struct {
    const char *name;
    int (*run)(struct assistant *s);
} commands[] = {
    { "info", do_info },
    { "list", do_list },
    { "download", do_download },
    { "discover", do_discover },
    { "enable", do_enable },
    { "disable", do_disable },
    { "delete", do_delete },
    { "nickname", do_nickname },
    { "notifications", do_notifications },
    { "default-smdp", do_default_smdp },
    { "reset", do_reset },
};

static int run(struct assistant *s)
{
    int status;

    for (size_t i = 0; i < COUNT(commands); i++) {
        if (strcmp(s->a.words[0], commands[i].name) != 0)
            continue;
        status = assistant_open(s);
        return status ? status : commands[i].run(s);
    }
    return lpa_misused("no such command");
}

static int list_readers(void)
{
    char names[4096];
    size_t n;
    enum err e = pcsc_list(names, sizeof names, &n);

    if (e)
        return lpa_say("PC/SC", err_text(e));
    fwrite(names, 1, n, stdout);
    return EXIT_DONE;
}

int cmd_lpa(int argc, char **argv)
{
    static struct assistant s;
    static const char *crls[CRL_PATHS_MAX];
    struct lpa_args *a = &s.a;
    const struct option rows[] = {
        { "card", OPTION_TEXT, &s.way.tcp, 0, 0, "HOST[:PORT]",
          "a card's socket, as `dunlin card` opens it (127.0.0.1:35963)" },
        CARD_WAY_ROWS(&s.way),
        { "stdio", OPTION_FLAG, &a->stdio, 0, 0, NULL,
          "a card at the end of two pipes, as lpac's stdio driver asks it" },
        { "dir", OPTION_TEXT, &a->dir, 0, 0, "DIR",
          "a card in this process, with its state here (dunlin card new)" },
        { "ca", OPTION_TEXT, &a->ca, 0, 0, "FILE",
          "whom to believe as SM-DP+ and SM-DS (var/pki/ci.der)" },
        { "system-ca", OPTION_FLAG, &a->system_ca, 0, 0, NULL, "or this machine's trust store" },
        { "server-cert", OPTION_TEXT, &a->server_cert, 0, 0, "FILE",
          "or this very TLS certificate, whatever its name and dates" },
        { "crl", OPTION_LIST, &a->crls, 0, 0, "FILE",
          "revocation lists of that CI, or a folder of them; may be given again" },
        { "hosts", OPTION_TEXT, &a->hosts, 0, 0, "ROWS",
          "name[:port]=address[:port],... that DNS is not asked for" },
        { "smdp", OPTION_TEXT, &a->smdp, 0, 0, "NAME", "download: instead of an activation code" },
        { "matching-id", OPTION_TEXT, &a->matching_id, 0, 0, "ID", "with --smdp" },
        { "code", OPTION_TEXT, &a->code, 0, 0, "CODE", "download: the confirmation code" },
        { "qr", OPTION_TEXT, &a->qr, 0, 0, "FILE", "download: a picture of the activation code" },
        { "imei", OPTION_TEXT, &a->imei, 0, 0, "DIGITS", "of the device" },
        { "block", OPTION_INT, &a->block, 32, 255, "N", "octets in a STORE DATA (120)" },
        { "yes", OPTION_FLAG, &a->yes, 0, 0, NULL, "do not ask" },
        { "keep", OPTION_FLAG, &a->keep, 0, 0, NULL, "notifications: send, but do not remove" },
        { "all", OPTION_FLAG, &a->all, 0, 0, NULL, "list: provisioning profiles too" },
        { "no-refresh", OPTION_FLAG, &a->no_refresh, 0, 0, NULL,
          "enable, disable: without REFRESH" },
        { "json", OPTION_FLAG, &a->json, 0, 0, NULL, "print JSON" },
    };
    struct options o = {
        .usage = "dunlin lpa [OPTIONS] COMMAND",
        .about = "The Local Profile Assistant of a consumer device (SGP.22). Commands:\n"
                 "  info                       what the eUICC tells of itself\n"
                 "  list                       profiles\n"
                 "  download [CODE]            by activation code; without one: default SM-DP+\n"
                 "  discover [SM-DS]           events of the SM-DS; with --yes downloads them\n"
                 "  enable|disable|delete WHO  WHO is an ICCID or an ISD-P AID\n"
                 "  nickname WHO [NAME]\n"
                 "  notifications [send [N]|remove N]\n"
                 "  default-smdp [NAME]        sets it; without a name takes it away\n"
                 "  reset                      deletes all profiles that may be deleted\n"
                 "  qr CODE [FILE]             prints an activation code as QR code, or draws it\n"
                 "  readers                    lists PC/SC readers",
        .rows = rows,
        .count = COUNT(rows),
        .words = a->words,
        .words_max = LPA_WORDS - 1,
    };
    int status;

    s = (struct assistant){ .a = { .block = 120, .crls = { crls, CRL_PATHS_MAX, 0 } },
                            .host = { .lock = -1, .file = { .fd = -1 } } };
    status = options_parse(&o, argc, argv);
    if (status >= 0)
        return status;
    if (!o.words_count)
        return lpa_misused("a command is needed");
    if (!strcmp(a->words[0], "readers"))
        return list_readers();
    if (!strcmp(a->words[0], "qr"))
        return !a->words[1]  ? lpa_misused("qr CODE [FILE]")
               : a->words[2] ? lpa_qr_draw(a->words[1], a->words[2])
                             : lpa_qr_print(a->words[1]);
    status = run(&s);
    assistant_close(&s);
    return status;
}
