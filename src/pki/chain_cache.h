/* The cache of verified chains, seen from chain.c. */
#ifndef DUNLIN_PKI_CHAIN_CACHE_H
#define DUNLIN_PKI_CHAIN_CACHE_H

#include "pki/chain.h"

struct cache_entry {
    struct public_key *key; /* of the last certificate */
    int64_t from_s, to_s;   /* all certificates are valid between */
};

/*
 * The last certificate's key, held for the caller, or NULL when unknown or out of time. whole: not
 * only the issuers of a leaf; counts as a hit.
 */
struct public_key *chain_cache_find(struct chain_cache *cache, const uint8_t id[DIGEST_LEN],
                                    int64_t now_s, bool whole);
/* Holds entry->key. Replaces the entry of its row that was not asked for longest. */
void chain_cache_add(struct chain_cache *cache, const uint8_t id[DIGEST_LEN],
                     const struct cache_entry *entry);

#endif
