/* File control parameters of CREATE FILE and RESIZE FILE (TS 102 222 6.3.2.2, 6.10.2.2). */
#ifndef DUNLIN_EUICC_FILE_FCP_H
#define DUNLIN_EUICC_FILE_FCP_H

#include "profile/package.h"

#define FCP_KEYS_MAX 26

struct file_fcp {
    struct saip_fcp fcp;        /* borrowed, but for what lies in keys */
    slice total_size;           /* 81, of a directory */
    uint8_t keys[FCP_KEYS_MAX]; /* key references of the PIN status template */
    uint8_t key_count;
    bool dir;
};

/*
 * Reads the template 62 for a new file: every field once, in any order, none that is unknown, each
 * with a value that means something. False: 6A80. *out must stay where it is.
 */
bool file_fcp_create(slice data, struct file_fcp *out);
/* The same for another size: file identifier and size, or capacity, and nothing else. */
bool file_fcp_resize(slice data, struct file_fcp *out);

#endif
