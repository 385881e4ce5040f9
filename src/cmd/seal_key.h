/* The transport key of an HLR file: 16 or 32 octets in hexadecimal, alone in a file. */
#ifndef DUNLIN_CMD_SEAL_KEY_H
#define DUNLIN_CMD_SEAL_KEY_H

#include <stddef.h>
#include <stdint.h>

struct seal_key {
    uint8_t b[32];
    size_t n;
};

/* An exit status; complaints are on stderr. The owner wipes it. */
int seal_key_read(const char *who, const char *path, struct seal_key *out);

#endif
