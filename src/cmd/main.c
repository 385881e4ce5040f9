/* dunlin: Remote SIM Provisioning, whole. This file only finds the subcommand. */
#include "cmd/cmd.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    { "demo", cmd_demo,
      "servers and a small fleet: a profile ordered, downloaded, enabled, verified" },
    { "serve", cmd_serve, "run servers: SM-DP+ and eIM, in one process" },
    { "ctl", cmd_ctl, "the operator's desk of the servers: profiles, orders, devices, events" },
    { "card", cmd_card, "a software eUICC behind a socket" },
    { "terminal", cmd_terminal, "a mobile equipment that performs what a card asks of it" },
    { "ipa", cmd_ipa, "the IoT Profile Assistant of a device" },
    { "lpa", cmd_lpa, "the Local Profile Assistant of a consumer device, on any reader" },
    { "decode", cmd_decode, "print any message of the specifications" },
    { "profile", cmd_profile, "show, check and build profile packages" },
    { "pki", cmd_pki, "make and show a private certificate hierarchy" },
    { "audit", cmd_audit, "show and verify the log of a server's events" },
    { "vault", cmd_vault, "the master key that seals secrets in databases" },
    { "bench", cmd_bench, "measure against the bare cryptography" },
};

static int usage(FILE *to)
{
    fprintf(to, "usage: dunlin COMMAND [ARGUMENTS]   (dunlin COMMAND --help tells more)\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].help);
    fprintf(to, "  %-8s every check of the project (a command of the launcher ./dunlin)\n", "test");
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return usage(stderr);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))
        return usage(stdout);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "dunlin: no command '%s'\n", argv[1]);
    return usage(stderr);
}
