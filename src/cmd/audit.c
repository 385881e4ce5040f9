/* dunlin audit: the log of events that the servers keep in their databases, and whether it holds.
 */
#include "cmd/cmd.h"

#include "base/text.h"
#include "cmd/options.h"
#include "crypto/crypto.h"
#include "store/row_chain.h"
#include "store/sqlite.h"
#include "store/turn.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PAGE 200u

struct audit_args {
    const char *db, *head;
    long from;
    const char *words[2];
};

static int open_log(const char *path, struct store **out)
{
    static const struct store_schema *const schemas[] = { &store_event_schema };
    const struct store_sqlite_options o = {
        .path = path, .schemas = schemas, .schema_count = COUNT(schemas), .read_only = true
    };
    enum err e = store_sqlite_open(&o, out);

    if (!e)
        return EXIT_DONE;
    fprintf(stderr, "audit: %s: %s\n", path,
            e == E_UNSUPPORTED ? "not a database of this version of dunlin serve" : err_text(e));
    return EXIT_FAILED;
}

/* ---- verify ---- */

static void print_fault(void *ctx, enum row_chain_fault fault, int64_t id)
{
    static const char *const texts[] = {
        [ROW_CHANGED] = "is not as it was written",
        [ROW_INSERTED] = "was not written by the server",
        [ROW_REMOVED] = "was removed",
        [ROW_UNCHAINED] = "has lost its place in the chain",
        [ROW_CUT] = "was the last, and the end is cut off",
        [ROW_UNTOLD] = "was removed with all before it, and the log does not say so",
    };

    (void)ctx;
    if (fault == ROW_ANCHOR)
        printf("the head of --head is not in this log: it was written anew, or is older than the "
               "log\n");
    else if (!id)
        printf("an event %s\n", texts[fault]);
    else
        printf("event %lld %s\n", (long long)id, texts[fault]);
}

static int verify(struct store *s, const struct audit_args *a)
{
    char hex[2 * DIGEST_LEN + 1];
    uint8_t anchor[DIGEST_LEN];
    struct row_chain_verdict v;
    size_t n = 0;
    enum err e;

    if (a->head && (hex_decode(slice_str(a->head), anchor, sizeof anchor, &n) || n != DIGEST_LEN)) {
        fprintf(stderr, "audit: --head: '%s' is not 64 hexadecimal digits\n", a->head);
        return EXIT_USAGE;
    }
    e = row_chain_verify(s, crypto_openssl(), &store_event_table, a->head ? anchor : NULL,
                         print_fault, NULL, &v);
    if (!e)
        e = hex_encode(SLICE_OF(v.head.hash), hex, sizeof hex);
    if (e) {
        fprintf(stderr, "audit: %s: %s\n", a->db, err_text(e));
        return EXIT_FAILED;
    }
    if (v.before)
        printf("%lld events are older than the chain\n", (long long)v.before);
    if (v.floor.count)
        printf("%lld events up to %lld were removed by retention\n", (long long)v.floor.count,
               (long long)v.floor.last);
    printf("%lld events, %lld faults, head %s\n", (long long)(v.head.count - v.floor.count),
           (long long)v.faults, hex);
    return v.faults ? EXIT_FAILED : EXIT_DONE;
}

/* ---- show ---- */

/* What stands in rows may come from a peer: nothing of it reaches the terminal as control. */
static void print_text(slice s)
{
    for (size_t i = 0; i < s.n; i++)
        putchar(s.p[i] < ' ' || s.p[i] > '~' ? '?' : s.p[i]);
}

static void print_event(const struct store_event *e)
{
    time_t seconds = (time_t)(e->time_ms / 1000);
    char when[40] = "?", eid[EID_DIGITS + 1], iccid[ICCID_DIGITS + 1];
    struct tm tm;

    if (gmtime_r(&seconds, &tm))
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
    printf("%lld %s.%03dZ ", (long long)e->id, when, (int)((e->time_ms % 1000 + 1000) % 1000));
    print_text(e->kind);
    if (e->eid.n == EID_LEN) {
        eid_to_digits(e->eid.p, eid);
        printf(" eid %s", eid);
    }
    if (e->iccid.n == ICCID_LEN && !iccid_to_digits(e->iccid, iccid))
        printf(" iccid %s", iccid);
    if (e->detail.n) {
        printf(" ");
        print_text(e->detail);
    }
    putchar('\n');
}

static int show(struct store *s, const struct audit_args *a)
{
    struct store_query q = { .limit = PAGE, .from_given = true, .from = store_int(a->from) };
    size_t count = PAGE;
    struct arena arena;
    enum err e = E_OK;

    arena_init(&arena, (size_t)256 << 20);
    while (!e && count == PAGE) {
        struct store_event *events;

        arena_reset(&arena);
        e = store_list(s, &store_event_table, &q, &arena, &events, &count);
        for (size_t i = 0; i < count && !e; i++)
            print_event(&events[i]);
        if (count && !e)
            q.from = store_int(events[count - 1].id + 1);
    }
    arena_free(&arena);
    if (e)
        fprintf(stderr, "audit: %s: %s\n", a->db, err_text(e));
    return e ? EXIT_FAILED : EXIT_DONE;
}

int cmd_audit(int argc, char **argv)
{
    struct audit_args a = { .db = "var/smdp.db" };
    const struct option rows[] = {
        { "db", OPTION_TEXT, &a.db, 0, 0, "FILE", "the server's database (var/smdp.db)" },
        { "head", OPTION_TEXT, &a.head, 0, 0, "HEX",
          "verify: a head noted earlier, which must be in the log" },
        { "from", OPTION_INT, &a.from, 0, 0x7FFFFFFFFFFFFFFF, "N", "show: from this event on" },
    };
    struct options o = {
        .usage = "dunlin audit verify|show [OPTIONS]",
        .about =
            "The log of events of a server: verify says whether it is as the server wrote it,\n"
            "names what is not, and prints its head; show prints the events. The server may\n"
            "run meanwhile.",
        .rows = rows,
        .count = COUNT(rows),
        .words = a.words,
        .words_max = COUNT(a.words),
    };
    struct store *s;
    int status = options_parse(&o, argc, argv);
    bool verifies;

    if (status >= 0)
        return status;
    verifies = o.words_count == 1 && !strcmp(a.words[0], "verify");
    if (!verifies && (o.words_count != 1 || strcmp(a.words[0], "show") != 0)) {
        fprintf(stderr, "usage: %s\n", o.usage);
        return EXIT_USAGE;
    }
    status = open_log(a.db, &s);
    if (status == EXIT_DONE)
        status = verifies ? verify(s, &a) : show(s, &a);
    store_close(s);
    return status;
}
