/*
 * A profile's metadata as a text file: what a StoreMetadataRequest says beside the ICCID.
 * docs/profile.md lists the names.
 */
#ifndef DUNLIN_CMD_METADATA_FILE_H
#define DUNLIN_CMD_METADATA_FILE_H

#include "base/arena.h"
#include "base/text.h"

/*
 * The request for an ICCID, in the arena. An exit status; complaints are on stderr. who: the
 * command, for complaints.
 */
int metadata_file(const char *who, const char *path, const uint8_t iccid[ICCID_LEN],
                  struct arena *arena, slice *out);

#endif
