/* The cache of verified chains, seen from chain.c. */
#ifndef DUNLIN_PKI_CHAIN_CACHE_H
#define DUNLIN_PKI_CHAIN_CACHE_H

#include "pki/chain.h"

struct cache_entry {
    struct public_key *key; /* of the leaf */
    int64_t from_s, to_s;   /* all certificates are valid between */
};

/* The leaf's key, held for the caller, or NULL when unknown or out of time. */
struct public_key *chain_cache_find(struct chain_cache *cache, const uint8_t id[DIGEST_LEN],
                                    int64_t now_s);
/* Holds entry->key. Replaces the entry of its row that was not asked for longest. */
void chain_cache_add(struct chain_cache *cache, const uint8_t id[DIGEST_LEN],
                     const struct cache_entry *entry);

#endif
