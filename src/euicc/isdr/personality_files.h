/* A personality from key directories: the part that needs files (hosts only). */
#ifndef DUNLIN_EUICC_ISDR_PERSONALITY_FILES_H
#define DUNLIN_EUICC_ISDR_PERSONALITY_FILES_H

#include "euicc/isdr/personality.h"
#include "pki/keystore.h"

/* What personality_load read from files, for as long as the personality is used. */
struct personality_files {
    size_t count;
    struct {
        struct identity euicc;
        uint8_t *ci, *eum; /* owned */
    } of[PERSONALITY_CI_MAX];
};

/*
 * Adds the CI of a key directory (pki/keystore.h) with CERT.EUM and this eUICC's certificate and
 * key; one directory has one curve, so a card of both curves is loaded from two. p->eid says which
 * eUICC. E_NOTFOUND, E_LIMIT, E_BADCERT when the certificate is not this EID's, or what reading
 * says; nothing is added then.
 */
MUST_USE enum err personality_load(struct personality *p, struct personality_files *files,
                                   const struct crypto *c, const char *dir);
/* Closes the signers and frees what was read; p must not be used any more. */
void personality_unload(struct personality_files *files);

#endif
