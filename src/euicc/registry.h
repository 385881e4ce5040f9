/*
 * The GlobalPlatform registry of a profile: security domains, RFM instances, load files, instances.
 *
 * An entry is an object in PROFILE_APP, in the order of installation: one octet length of the AID,
 * the AID, kind, life cycle state, directory-independent number of its security domain (FF: none),
 * then the element that it came from (instance, rfm or loadBlock), for those who execute it.
 * A key of a security domain is an object in PROFILE_KEY: number of the domain, then the KeyObject.
 * Personalisation data of a domain: an object in PROFILE_MISC, REGISTRY_PERSO + number; parameters
 * of administration over HTTP that were stored since, one element: REGISTRY_ADMIN + number.
 */
#ifndef DUNLIN_EUICC_REGISTRY_H
#define DUNLIN_EUICC_REGISTRY_H

#include "euicc/profiles.h"

enum registry_kind {
    REGISTRY_SECURITY_DOMAIN = 1,
    REGISTRY_RFM = 2,
    REGISTRY_LOAD_FILE = 3,
    REGISTRY_INSTANCE = 4
};

#define REGISTRY_NO_DOMAIN 0xFF
#define REGISTRY_PERSO     0x1000u
#define REGISTRY_ADMIN     0x1100u

struct registry_entry {
    uint16_t number;
    enum registry_kind kind;
    uint8_t life_cycle;
    uint8_t domain;
    slice aid, element; /* borrowed from the store */
};

/* Walks the entries in order; *number is the last one seen, start with -1. */
bool registry_next(const struct objects *o, uint32_t root, int32_t *number,
                   struct registry_entry *out);
bool registry_by_aid(const struct objects *o, uint32_t root, slice aid, struct registry_entry *out);
/* Adds an entry; its element must not lie in the store. E_EXISTS: the AID is taken. E_MEMORY. */
MUST_USE enum err registry_add(struct objects *o, uint32_t root,
                               const struct registry_entry *entry);

#endif
