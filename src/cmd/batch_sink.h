/*
 * Where a batch's profiles and rows go, so that nothing is lost or doubled when it stops.
 *
 * Pack and HLR file grow under a name of their own (.part) and get theirs when they are whole.
 * From time to time everything written is brought to the disk and a state file says how far the
 * batch is: OUT.state. A batch that goes on cuts the files back to that. In a folder each profile
 * is a file ICCID.der (with ICCID.metadata); they count once the HLR file has its name.
 */
#ifndef DUNLIN_CMD_BATCH_SINK_H
#define DUNLIN_CMD_BATCH_SINK_H

#include "base/text.h"
#include "crypto/crypto.h"

#include <stdio.h>

#define SINK_PATH 1024

/* How far a batch is: what the state file says. */
struct sink_state {
    uint8_t digest[DIGEST_LEN]; /* of template, seal key and kind of output */
    uint64_t rows;              /* subscribers that are done */
    uint64_t number;            /* lines of the input, or numbers of the range, behind the last */
    uint64_t input;             /* digest of these lines */
    uint64_t pack, hlr;         /* octets of the files */
    bool whole;                 /* all subscribers are done; files are being named */
};

struct sink {
    const struct crypto *crypto;
    const char *who;
    char out[SINK_PATH], out_part[SINK_PATH], hlr[SINK_PATH], hlr_part[SINK_PATH];
    char state_path[SINK_PATH];
    bool folder;
    bool torn; /* a profile or row was not written whole: no state may cover it */
    FILE *pack_file, *hlr_file;
    void *buffers;
    struct sink_state state; /* as far as it is written */
};

enum sink_open { SINK_READY, SINK_DONE_ALREADY, SINK_FAILED };
/*
 * digest: what must be the same when a batch goes on. Without `resume` nothing may be there yet.
 * Complaints are on stderr. SINK_READY with state.rows > 0 or state.whole: it goes on there.
 */
enum sink_open sink_open(const char *who, const struct crypto *c, const char *out, const char *hlr,
                         bool resume, const uint8_t digest[DIGEST_LEN], struct sink *s);
/* The octets of the HLR file's first line, once, where state.rows is 0. */
MUST_USE enum err sink_header(struct sink *s, const char *line, size_t n);
MUST_USE enum err sink_put(struct sink *s, const uint8_t iccid[ICCID_LEN], slice package,
                           slice metadata, const char *row, size_t n);
/* To the disk; the rest goes into the state file. E_STORAGE also after a sink_put that failed. */
MUST_USE enum err sink_checkpoint(struct sink *s, uint64_t rows, uint64_t number, uint64_t input);
/* Behind the last checkpoint: the pack's index, the names; the state file goes. */
MUST_USE enum err sink_finish(struct sink *s);
/* Closes files; what is not behind a checkpoint is cut off by the batch that goes on. */
void sink_close(struct sink *s);

#endif
