/*
 * A pack: many profile packages in one file, each with its metadata, found by number or ICCID.
 *
 *     head     "DUNLINPK" 00000001
 *     entry    "ENTR" ICCID(10) package length(4) metadata length(4) package metadata digest(8)
 *     index    ICCID(10) offset(8) of each entry, in the order of the entries
 *     foot     offset of the index(8) number of entries(8) digest of the index(8) "DUNLINPX"
 *
 * Numbers are big-endian; the ICCID is as in EF.ICCID. An entry's digest is the first 8 octets of
 * SHA-256 over what stands before it in the entry; that of the index is the first 8 octets of a
 * chain of SHA-256, from 32 octets 00 on, each over the one before and the next 18 octets. Entries
 * follow one another from the head on. Only a whole pack has a foot. Packages hold keys: so does
 * the file.
 *
 * The reader believes nothing: every length is checked against the file's, every digest is
 * computed.
 */
#ifndef DUNLIN_PROFILE_PACK_H
#define DUNLIN_PROFILE_PACK_H

#include "base/arena.h"
#include "base/text.h"
#include "crypto/crypto.h"

#define PACK_HEAD_LEN     12
#define PACK_ENTRY_LEN    22 /* of an entry in front of the package */
#define PACK_DIGEST_LEN   8
#define PACK_INDEX_LEN    18
#define PACK_FOOT_LEN     32
#define PACK_PACKAGE_MAX  ((uint32_t)4 << 20)
#define PACK_METADATA_MAX ((uint32_t)4096)

extern const uint8_t PACK_HEAD[PACK_HEAD_LEN];

/* ---- writing ---- */

/* What stands in front of and behind the octets of an entry. metadata may be absent. */
MUST_USE enum err pack_entry(const struct crypto *c, const uint8_t iccid[ICCID_LEN], slice package,
                             slice metadata, uint8_t front[PACK_ENTRY_LEN],
                             uint8_t digest[PACK_DIGEST_LEN]);
void pack_index(const uint8_t iccid[ICCID_LEN], uint64_t offset, uint8_t out[PACK_INDEX_LEN]);
/* The index' digest: begin with zeros, and one call for each entry of the index. */
MUST_USE enum err pack_index_digest(const struct crypto *c, uint8_t chain[DIGEST_LEN],
                                    const uint8_t entry[PACK_INDEX_LEN]);
void pack_foot(uint64_t index, uint64_t count, const uint8_t chain[DIGEST_LEN],
               uint8_t out[PACK_FOOT_LEN]);

/* ---- reading ---- */

/* Where the octets are: reads exactly n of them from an offset. */
struct pack_source {
    void *ctx;
    enum err (*read)(void *ctx, uint64_t at, void *out, size_t n);
    uint64_t size;
};

/* The fields of an entry's front; E_SYNTAX, E_LIMIT. */
struct pack_front {
    uint8_t iccid[ICCID_LEN];
    uint32_t package, metadata;
};
MUST_USE enum err pack_front(const uint8_t front[PACK_ENTRY_LEN], struct pack_front *out);

struct pack {
    struct pack_source source;
    uint64_t index, count;
};

/* E_TRUNCATED: no foot, the pack was not finished; E_SYNTAX, E_BADMAC; the source's errors. */
MUST_USE enum err pack_open(const struct crypto *c, const struct pack_source *source,
                            struct pack *out);
/* The ICCID of entry i, without reading it. E_NOTFOUND. */
MUST_USE enum err pack_iccid(const struct pack *p, uint64_t i, uint8_t iccid[ICCID_LEN]);
/* Entry i in the arena; *metadata is absent when it has none. */
MUST_USE enum err pack_read(const struct crypto *c, const struct pack *p, uint64_t i,
                            struct arena *arena, slice *package, slice *metadata);

#endif
