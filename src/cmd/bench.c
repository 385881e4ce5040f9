/* dunlin bench: every claim about speed, measured again. */
#include "cmd/bench.h"

#include "cmd/cmd.h"
#include "cmd/options.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(const struct bench_args *args);
} benches[] = {
    { "codec", bench_codec }, { "smdp", bench_smdp },       { "eim", bench_eim },
    { "card", bench_uicc },   { "profile", bench_profile },
};

void bench_line(const struct bench_args *args, const char *what, double per_second,
                double bound_per_second, const char *detail)
{
    double ratio = bound_per_second > 0 ? per_second / bound_per_second : 0;

    if (args->json)
        printf("{\"bench\":\"%s\",\"perSecondPerCore\":%.1f,\"bound\":%.1f,\"ratio\":%.3f,"
               "\"detail\":\"%s\"}\n",
               what, per_second, bound_per_second, ratio, detail);
    else
        printf("bench: %s: %.0f per second and core, bound %.0f, ratio %.2f (%s)\n", what,
               per_second, bound_per_second, ratio, detail);
    fflush(stdout);
}

int cmd_bench(int argc, char **argv)
{
    struct bench_args args = { .seconds = 3, .threads = 64 };
    const struct option rows[] = {
        { "seconds", OPTION_INT, &args.seconds, 1, 600, "S", "length of each measurement (3)" },
        { "clients", OPTION_INT, &args.threads, 1, 256, "N", "clients at the same time (64)" },
        { "tls", OPTION_FLAG, &args.tls, 0, 0, NULL, "over loopback TLS, connections kept" },
        { "fresh", OPTION_FLAG, &args.fresh, 0, 0, NULL,
          "smdp with --tls: a connection and a full handshake for each download" },
        { "sessions", OPTION_INT, &args.sessions, 1, 16000, "N",
          "smdp: so many open at the same time, and the memory that they take" },
        { "cards", OPTION_INT, &args.cards, 1, 1000000, "N",
          "card: so many at the same time, each with a profile of its own" },
        { "profile", OPTION_TEXT, &args.profile, 0, 0, "FILE",
          "card, smdp: a profile package with a USIM and Milenage, in place of the project's own" },
        { "beside", OPTION_TEXT, &args.beside.at, 0, 0, "HOST:PORT",
          "smdp: then the same at another SM-DP+, over HTTP without TLS" },
        { "process", OPTION_INT, &args.beside.process, 1, INT_MAX, "PID",
          "with --beside: its process, whose time counts" },
        { "pki", OPTION_TEXT, &args.beside.pki, 0, 0, "DIR",
          "with --beside: CI, EUM with its key, and DPauth that it works with" },
        { "matching-id", OPTION_TEXT, &args.beside.matching_id, 0, 0, "ID",
          "with --beside: what it lets every eUICC download" },
        { "json", OPTION_FLAG, &args.json, 0, 0, NULL, "one JSON object a line" },
    };
    const char *words[1] = { "all" };
    struct options o = {
        .usage = "dunlin bench [codec|smdp|eim|card|profile|all] [OPTIONS]",
        .about =
            "Each line ends with the ratio to a reference measured in the same run: for the\n"
            "servers and a card's downloads the cost of the bare cryptography that the flow needs.",
        .rows = rows,
        .count = sizeof rows / sizeof *rows,
        .words = words,
        .words_max = 1,
    };
    int status = options_parse(&o, argc, argv);
    bool found = false;

    if (status >= 0)
        return status;
    if (args.fresh && !args.tls) {
        fprintf(stderr, "bench: --fresh is for connections, and goes with --tls\n");
        return EXIT_USAGE;
    }
    if (args.beside.at && !(args.beside.process && args.beside.pki && args.beside.matching_id)) {
        fprintf(stderr, "bench: --beside goes with --process, --pki and --matching-id\n");
        return EXIT_USAGE;
    }
    status = EXIT_DONE;
    for (size_t i = 0; i < sizeof benches / sizeof *benches; i++) {
        if (strcmp(words[0], "all") != 0 && strcmp(words[0], benches[i].name) != 0)
            continue;
        found = true;
        if (benches[i].run(&args) != EXIT_DONE)
            status = EXIT_FAILED;
    }
    if (!found) {
        fprintf(stderr, "bench: no benchmark '%s' (codec, smdp, eim, card, profile, all)\n",
                words[0]);
        return EXIT_USAGE;
    }
    return status;
}
