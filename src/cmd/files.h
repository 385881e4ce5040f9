/* Whole files, small ones: read, and written so that a crash leaves the old or the new. */
#ifndef DUNLIN_CMD_FILES_H
#define DUNLIN_CMD_FILES_H

#include "base/err.h"
#include "base/slice.h"

#define FILE_MAX ((size_t)16 << 20)

/* *owned is for free(). E_NOTFOUND, E_STORAGE, E_LIMIT (more than FILE_MAX octets), E_MEMORY. */
MUST_USE enum err file_read(const char *path, uint8_t **owned, slice *out);
/* By a temporary file beside it, synced and renamed. mode as for open(2). E_STORAGE. */
MUST_USE enum err file_write(const char *path, slice content, unsigned mode);

#endif
