/*
 * The subcommands of the program, one file each. Each takes its own argument vector (argv[0] is its
 * name) and returns the exit status: 0 ok, 1 failed, 2 usage.
 */
#ifndef DUNLIN_CMD_CMD_H
#define DUNLIN_CMD_CMD_H

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

int cmd_audit(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_card(int argc, char **argv);
int cmd_ctl(int argc, char **argv);
int cmd_decode(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_ipa(int argc, char **argv);
int cmd_lpa(int argc, char **argv);
int cmd_pki(int argc, char **argv);
int cmd_profile(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_terminal(int argc, char **argv);
int cmd_vault(int argc, char **argv);

#endif
