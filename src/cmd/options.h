/*
 * Options are rows: name, type, range, where the value goes, help. The parser, the usage text and
 * the configuration file all come from the same rows.
 */
#ifndef DUNLIN_CMD_OPTIONS_H
#define DUNLIN_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
    OPTION_FLAG, /* bool: --name */
    OPTION_INT,  /* long: --name=5 or --name 5, within min..max */
    OPTION_TEXT, /* const char *: borrowed from argv, or from the configuration file */
    OPTION_LIST, /* struct option_list: texts, one for each time that it is given */
};

struct option_list {
    const char **values;
    size_t max, count;
};

struct option {
    const char *name; /* without the dashes; the key in the configuration file */
    enum option_kind kind;
    void *to;
    long min, max;
    const char *meta; /* "N", "FILE" */
    const char *help;
};

struct options {
    const char *usage; /* "dunlin demo [OPTIONS]" */
    const char *about; /* one or more sentences, or NULL */
    const struct option *rows;
    size_t count;
    const char **words; /* what is not an option goes here, in order */
    size_t words_max, words_count;
};

/*
 * Returns -1 to go on, or an exit status: 0 after --help, 2 after a complaint on stderr that names
 * the option and the accepted form.
 */
int options_parse(struct options *o, int argc, char **argv);
/*
 * Reads `key = value` lines under [section] of a file; other sections are left alone; unknown keys
 * are errors that name file and line. Text values live until the program ends. Same returns.
 */
int options_read_file(const struct options *o, const char *path, const char *section);

#endif
