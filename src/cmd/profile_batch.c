/* dunlin profile batch: a template and a list of subscribers become profiles and rows for an HLR.
 */
#include "cmd/batch_sink.h"
#include "cmd/batch_source.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/profile_parts.h"
#include "cmd/seal_key.h"
#include "cmd/template_file.h"
#include "profile/hlr.h"
#include "profile/metadata.h"

#include "base/secret.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WHO        "dunlin profile batch"
#define CHECK_FULL 100 /* faults that --check prints */
#define MADE_LIMIT (4 * PACKAGE_MAX)
#define BAR        30

struct batch_texts {
    const char *template, *csv, *out, *hlr, *seal_key, *metadata;
    struct batch_ranges ranges;
    long checkpoint;
    bool resume, check, plain, quiet;
};

struct batch {
    const struct batch_texts *texts;
    struct template_file template;
    struct batch_source source;
    struct sink sink;
    struct seal_key key;
    struct hlr hlr;
    struct arena made; /* one profile at a time */
    struct value values[FACTORY_VARIABLES];
    char row[HLR_ROW_MAX];
    double started, told;
    uint64_t rows_before; /* of an earlier run */
    bool warned_home;
};

/* ---- progress ------------------------------------------------------------------------------- */

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double share_done(const struct batch_source *s)
{
    if (!s->file)
        return s->ranges.count ? (double)s->number / (double)s->ranges.count : 1;
    return s->size ? (double)s->octets / (double)s->size : 0;
}

/* A bar where somebody looks, else a line now and then. */
static void tell(struct batch *b, bool over)
{
    bool live = isatty(STDERR_FILENO);
    double now = now_s(), share = over ? 1 : share_done(&b->source);
    double rate = (double)(b->source.rows - b->rows_before) / (now - b->started + 1e-9);
    int filled = (int)(share * BAR);

    if (b->texts->quiet || (!over && now - b->told < (live ? 0.2 : 5)))
        return;
    b->told = now;
    if (live)
        fprintf(stderr, "\r[%.*s%*s] %3.0f %%  %llu profiles, %.0f a second%s", filled,
                "##############################", BAR - filled, "", share * 100,
                (unsigned long long)b->source.rows, rate, over ? "\n" : "");
    else if (!over)
        fprintf(stderr, WHO ": %3.0f %%, %llu profiles, %.0f a second\n", share * 100,
                (unsigned long long)b->source.rows, rate);
    fflush(stderr);
}

/* ---- one subscriber ------------------------------------------------------------------------- */

static int complain(struct batch *b, const char *field, const char *why)
{
    char place[1100];

    if (!b->texts->quiet && isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    fprintf(stderr, WHO ": %s: %s%s%s\n", source_place(&b->source, place, sizeof place), field,
            *field ? ": " : "", why);
    return EXIT_FAILED;
}

/* EF.HPLMNwAcT, EF.EHPLMN and others name the template's network and stay as they are. */
static void warn_of_home(struct batch *b)
{
    const struct factory *f = b->template.factory;
    size_t n = strlen(f->home);
    int imsi = factory_variable(b->template.factory, "imsi");
    char why[120];

    if (b->warned_home || imsi < 0 || !n || !memcmp(b->values[imsi].b, f->home, n))
        return;
    b->warned_home = true;
    snprintf(why, sizeof why,
             "warning: the network is not the template's (%s), whose files of home networks stay",
             f->home);
    complain(b, "imsi", why);
}

static enum err metadata_of(const struct batch *b, const uint8_t iccid[ICCID_LEN],
                            struct arena *arena, slice *out)
{
    slice at = metadata_iccid(b->template.metadata);

    *out = arena_copy(arena, b->template.metadata);
    if (!b->template.metadata.p)
        return E_OK;
    if (!out->p || !at.p)
        return E_MEMORY;
    memcpy((uint8_t *)(uintptr_t)out->p + (at.p - b->template.metadata.p), iccid, ICCID_LEN);
    return E_OK;
}

static enum err put_made(struct batch *b, slice package)
{
    uint8_t iccid[ICCID_LEN];
    slice metadata = SLICE_NONE;
    size_t n = 0;
    enum err e = iccid_from_digits(value_slice(&b->values[0]), iccid);

    if (!e)
        e = metadata_of(b, iccid, &b->made, &metadata);
    if (!e)
        e = hlr_row(&b->hlr, b->template.factory, b->values, b->row, sizeof b->row, &n);
    return e ? e : sink_put(&b->sink, iccid, package, metadata, b->row, n);
}

static int make(struct batch *b)
{
    struct factory_fault fault = { 0 };
    slice package;
    enum err e = factory_settle(b->template.factory, b->values, &fault);

    if (!e)
        e = factory_make(b->template.factory, b->values, false, &b->made, &package, &fault);
    if (e)
        return complain(b, fault.variable ? fault.variable : "", fault.why);
    warn_of_home(b);
    e = b->texts->check ? E_OK : put_made(b, package);
    arena_reset(&b->made);
    return e ? complain(b, "", err_text(e)) : EXIT_DONE;
}

/* ---- all of them ---------------------------------------------------------------------------- */

/* The last line behind which everything is in order. */
struct good {
    uint64_t rows, number, digest;
};

static struct good good_now(const struct batch_source *s)
{
    return (struct good){ s->rows, s->number, s->digest };
}

static int checkpoint(struct batch *b, const struct good *g)
{
    enum err e = sink_checkpoint(&b->sink, g->rows, g->number, g->digest);

    return e ? profile_fail(b->texts->out, err_text(e)) : EXIT_DONE;
}

/* Reads what an earlier run has done, so that doubles are found and the input is the same. */
static int skip_done(struct batch *b)
{
    const struct sink_state *t = &b->sink.state;
    struct source_fault fault;

    while (b->source.number < t->number)
        if (source_next(&b->source, b->values, &fault) != SOURCE_ROW)
            break;
    if (b->source.number != t->number || b->source.rows != t->rows ||
        (b->source.file && b->source.digest != t->input))
        return profile_fail(b->texts->csv ? b->texts->csv : "ranges",
                            "differs in front of the line where the batch stopped");
    b->rows_before = t->rows;
    return EXIT_DONE;
}

static int make_all(struct batch *b)
{
    struct good good = good_now(&b->source);
    struct source_fault fault;
    enum source_next next;
    int status = EXIT_DONE;

    while (status == EXIT_DONE &&
           (next = source_next(&b->source, b->values, &fault)) != SOURCE_END) {
        status = next == SOURCE_FAULT ? complain(b, fault.field, fault.why) : make(b);
        if (status != EXIT_DONE)
            break;
        good = good_now(&b->source);
        if (good.rows % (uint64_t)b->texts->checkpoint == 0)
            status = checkpoint(b, &good);
        if (good.rows % 64 == 0)
            tell(b, false);
    }
    if (checkpoint(b, &good) != EXIT_DONE)
        status = EXIT_FAILED;
    if (status != EXIT_DONE)
        fprintf(stderr, WHO ": %llu profiles are kept; --resume goes on behind them\n",
                (unsigned long long)b->sink.state.rows);
    return status;
}

/* All faults of the input, nothing written. */
static int check_all(struct batch *b)
{
    struct source_fault fault;
    enum source_next next;
    unsigned faults = 0;

    while (faults < CHECK_FULL &&
           (next = source_next(&b->source, b->values, &fault)) != SOURCE_END) {
        if (next == SOURCE_FAULT)
            complain(b, fault.field, fault.why);
        faults += next == SOURCE_FAULT || make(b) != EXIT_DONE;
        tell(b, false);
    }
    printf("%llu subscribers, %u fault%s%s\n", (unsigned long long)b->source.rows, faults,
           faults == 1 ? "" : "s", faults == CHECK_FULL ? ", and perhaps more" : "");
    return faults ? EXIT_FAILED : EXIT_DONE;
}

static int write_header(struct batch *b)
{
    size_t n = 0;
    enum err e = hlr_header(&b->hlr, b->template.factory, b->row, sizeof b->row, &n);

    if (!e)
        e = sink_header(&b->sink, b->row, n);
    if (!e) /* from here on it is a batch that can go on */
        e = sink_checkpoint(&b->sink, 0, b->source.number, b->source.digest);
    return e ? profile_fail(b->texts->hlr, err_text(e)) : EXIT_DONE;
}

static int finish(struct batch *b)
{
    enum err e = sink_finish(&b->sink);

    if (e)
        return profile_fail(b->texts->out, err_text(e));
    tell(b, true);
    printf("%llu profiles in %s, rows in %s, %.1f s\n", (unsigned long long)b->sink.state.rows,
           b->sink.out, b->sink.hlr, now_s() - b->started);
    return EXIT_DONE;
}

static int run_opened(struct batch *b)
{
    int status = EXIT_DONE;

    if (!b->sink.state.whole) {
        status = b->sink.state.number ? skip_done(b) : EXIT_DONE;
        if (status == EXIT_DONE && !b->sink.state.hlr)
            status = write_header(b);
        if (status == EXIT_DONE)
            status = make_all(b);
    }
    return status == EXIT_DONE ? finish(b) : status;
}

/* Template, key and ranges: a batch goes on only with the same. */
static enum err digest_of(const struct batch *b, uint8_t out[DIGEST_LEN])
{
    const struct batch_ranges *r = &b->texts->ranges;
    const slice parts[] = {
        SLICE_OF(b->template.digest), b->hlr.key.p ? b->hlr.key : SLICE_LIT("plain"),
        slice_str(r->iccid),          SLICE_LIT("/"),
        slice_str(r->imsi),           SLICE_LIT("/"),
        slice_str(r->msisdn),         SLICE_OF(b->hlr.column)
    };

    return crypto_sha256(b->template.factory->crypto, parts, COUNT(parts), out);
}

/* Every variable that is given or generated has a column; OP belongs to nobody. */
static void choose_columns(struct batch *b)
{
    const struct factory *f = b->template.factory;

    for (unsigned i = 0; i < f->nvariables; i++) {
        const struct variable *v = &f->variables[i];
        bool made =
            v->what == VARIABLE_K || v->what == VARIABLE_OPC ||
            ((v->what == VARIABLE_PIN || v->what == VARIABLE_PUK || v->what == VARIABLE_KEY) &&
             !v->keep);

        b->hlr.column[i] = v->what != VARIABLE_OP &&
                           (made || b->source.column[i] || b->template.constants[i].given);
    }
}

static int run_with_source(struct batch *b)
{
    uint8_t digest[DIGEST_LEN];
    enum sink_open opened;
    int status;

    b->hlr.crypto = b->template.factory->crypto;
    choose_columns(b);
    if (b->texts->check)
        return check_all(b);
    if (digest_of(b, digest))
        return profile_fail("OpenSSL", "failed");
    opened = sink_open(WHO, b->hlr.crypto, b->texts->out, b->texts->hlr, b->texts->resume, digest,
                       &b->sink);
    if (opened == SINK_DONE_ALREADY)
        printf("%s is done already\n", b->texts->out);
    if (opened != SINK_READY)
        return opened == SINK_FAILED ? EXIT_FAILED : EXIT_DONE;
    status = run_opened(b);
    sink_close(&b->sink);
    return status;
}

static int run(struct batch *b)
{
    const struct batch_texts *t = b->texts;
    int status = EXIT_DONE;

    if (t->seal_key)
        status = seal_key_read(WHO, t->seal_key, &b->key);
    if (status == EXIT_DONE)
        status = template_open(WHO, t->template, t->metadata, &b->template);
    if (status != EXIT_DONE)
        return status;
    if (t->seal_key)
        b->hlr.key = slice_of(b->key.b, b->key.n);
    arena_init(&b->made, MADE_LIMIT);
    b->started = b->told = now_s();
    status = source_open(WHO, t->csv, &t->ranges, b->template.factory, b->template.constants,
                         &b->source);
    if (status == EXIT_DONE) {
        status = run_with_source(b);
        source_close(&b->source);
    }
    arena_free(&b->made);
    template_close(&b->template);
    return status;
}

static const char *wrong_use(const struct batch_texts *t)
{
    if (!t->template)
        return "a template is needed";
    if (!t->csv == !t->ranges.iccid)
        return "either --csv or --iccid-from is needed";
    if (t->ranges.iccid && !t->ranges.count)
        return "--iccid-from needs --count";
    if (t->csv && (t->ranges.imsi || t->ranges.msisdn || t->ranges.count))
        return "--imsi-from, --msisdn-from and --count belong to --iccid-from";
    if (t->check)
        return NULL;
    if (!t->out || !t->hlr)
        return "--out and --hlr are needed";
    if (!strcmp(t->out, t->hlr))
        return "--out and --hlr are two files";
    if (!t->seal_key == !t->plain)
        return "either --seal-key or --plain-keys is needed";
    return NULL;
}

int profile_batch(int argc, char **argv)
{
    struct batch_texts t = { .checkpoint = 10000 };
    const struct option rows[] = {
        { "csv", OPTION_TEXT, &t.csv, 0, 0, "FILE", "a subscriber a line; line 1 names variables" },
        { "iccid-from", OPTION_TEXT, &t.ranges.iccid, 0, 0, "DIGITS",
          "a range instead: first one" },
        { "imsi-from", OPTION_TEXT, &t.ranges.imsi, 0, 0, "DIGITS", "and the first IMSI" },
        { "msisdn-from", OPTION_TEXT, &t.ranges.msisdn, 0, 0, "DIGITS", "and the first MSISDN" },
        { "count", OPTION_INT, &t.ranges.count, 1, 100000000, "N", "subscribers of the range" },
        { "out", OPTION_TEXT, &t.out, 0, 0, "FILE|DIR/", "a pack, or a folder of packages" },
        { "hlr", OPTION_TEXT, &t.hlr, 0, 0, "FILE", "rows for HLR or UDM (CSV)" },
        { "seal-key", OPTION_TEXT, &t.seal_key, 0, 0, "FILE",
          "transport key for the rows' secrets" },
        { "plain-keys", OPTION_FLAG, &t.plain, 0, 0, NULL, "secrets in the rows as they are" },
        { "metadata", OPTION_TEXT, &t.metadata, 0, 0, "FILE", "names, icon, owner, rules ..." },
        { "check", OPTION_FLAG, &t.check, 0, 0, NULL, "only look for faults; write nothing" },
        { "resume", OPTION_FLAG, &t.resume, 0, 0, NULL, "go on with a batch that stopped" },
        { "checkpoint", OPTION_INT, &t.checkpoint, 1, 10000000, "N",
          "how many profiles may have to be made again (10000)" },
        { "quiet", OPTION_FLAG, &t.quiet, 0, 0, NULL, "no progress" },
    };
    struct options o = { .usage = "dunlin profile batch TEMPLATE [OPTIONS]",
                         .about = "Personalises a profile for each subscriber. Keys, PINs and OTA "
                                  "keys that are not\ngiven are generated.",
                         .rows = rows,
                         .count = COUNT(rows),
                         .words = &t.template,
                         .words_max = 1 };
    int status = options_parse(&o, argc, argv);
    struct batch *b;
    const char *why;

    if (status >= 0)
        return status;
    why = wrong_use(&t);
    if (why) {
        fprintf(stderr, WHO ": %s\nusage: %s\n", why, o.usage);
        return EXIT_USAGE;
    }
    b = calloc(1, sizeof *b);
    if (!b)
        return profile_fail("memory", "is short");
    b->texts = &t;
    status = run(b);
    wipe(b, sizeof *b);
    free(b);
    return status;
}
