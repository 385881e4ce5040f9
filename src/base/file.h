/*
 * Whole files, small ones. What is written is there whole or not at all, also after kill -9 or a
 * power cut. Only servers, tools and hosts use files; the device libraries do not.
 */
#ifndef DUNLIN_BASE_FILE_H
#define DUNLIN_BASE_FILE_H

#include "base/err.h"
#include "base/slice.h"

#define FILE_READ_MAX ((size_t)16 << 20)

/* *owned is for free(). E_NOTFOUND, E_STORAGE, E_LIMIT (more than FILE_READ_MAX octets), E_MEMORY.
 */
MUST_USE enum err file_read(const char *path, uint8_t **owned, slice *out);
/* Makes the file, or puts it in the place of an older one. mode as for open(2). E_STORAGE. */
MUST_USE enum err file_replace(const char *path, slice content, unsigned mode);
/* Makes the file; never overwrites: E_EXISTS. */
MUST_USE enum err file_create(const char *path, slice content, unsigned mode);

/* The folder with all that is in it; links are removed, not followed. False: some of it is left. */
bool folder_remove(const char *path);

#endif
