/* A pack (profile/pack.h) in a file. */
#ifndef DUNLIN_CMD_PACK_FILE_H
#define DUNLIN_CMD_PACK_FILE_H

#include "profile/pack.h"

struct pack_file {
    int fd;
    struct pack pack;
};

/* NULL: done; else what went wrong. */
const char *pack_file_open(const char *path, struct pack_file *out);
void pack_file_close(struct pack_file *p);

#endif
