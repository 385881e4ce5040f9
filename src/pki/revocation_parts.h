/* What the files that read revocation lists share; nobody else needs this. */
#ifndef DUNLIN_PKI_REVOCATION_PARTS_H
#define DUNLIN_PKI_REVOCATION_PARTS_H

#include "pki/cert.h"
#include "pki/crl.h"
#include "pki/revocation.h"

/* One element of one file. */
struct revocation_blob {
    char *file;
    uint8_t *owned; /* *der points into it */
    slice der;
};

struct revocation_blobs {
    struct revocation_blob *blobs;
    size_t count, size;
};

/* Every list and certificate of the path, which may be a folder. On an error `where` names the
 * file.
 */
MUST_USE enum err revocation_read(struct revocation_blobs *b, const char *path, char *where,
                                  size_t where_size);
void revocation_blobs_free(struct revocation_blobs *b);

struct revoked_serial {
    uint32_t issuer;
    slice octets;
};

struct revocation_issuer {
    struct ec_point key;
    bool has_list;
};

/* What is in force: made by one reading, and not changed any more. */
struct revocation_table {
    struct revocation_blobs blobs;
    struct revocation_issuer *issuers; /* one key may stand there twice, under two names */
    size_t issuer_count;
    struct revoked_serial *serials; /* sorted */
    size_t count;
};

/* For sorting: by issuer first. */
int revoked_serial_compare(const void *a, const void *b);

/* Fills *t, which is empty; the caller frees it, also after an error, of which `where` is the file.
 */
MUST_USE enum err revocation_table_read(const struct revocation_sources *s,
                                        struct revocation_table *t, char *where, size_t where_size);

#endif
