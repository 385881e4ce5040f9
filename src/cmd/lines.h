/* Small text files of `name = value` lines; `#` begins a comment line. */
#ifndef DUNLIN_CMD_LINES_H
#define DUNLIN_CMD_LINES_H

/* Takes one line; returns NULL, or what is wrong with it. The texts end with the call. */
typedef const char *lines_taker(void *ctx, const char *name, const char *value);

/* An exit status: complaints name file, line and name. who: "dunlin profile batch". */
int lines_read(const char *who, const char *path, lines_taker *take, void *ctx);

#endif
