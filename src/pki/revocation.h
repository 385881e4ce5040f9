/*
 * What is revoked, by lists that were read from files (RFC 5280 5): for servers and for clients of
 * TLS, which may read them anew while they run. Cards keep what LoadCRL brings them by themselves.
 *
 * A list counts when its signature verifies under its issuer, and then for certificates of this
 * issuer alone. Issuers are the CIs of a trust, further CA certificates that the caller believes,
 * and the CAs below those CIs whose certificates lie among the lists. Such a CA must be allowed to
 * sign lists (cRLSign); an EUM need not, for SGP.22 gives CERT.EUM no such usage and names nobody
 * else who could revoke a CERT.EUICC.
 *
 * What a list says of a certificate holds on after its nextUpdate: to forget it would be to believe
 * the certificate again. Nobody is refused for the lack of a list.
 */
#ifndef DUNLIN_PKI_REVOCATION_H
#define DUNLIN_PKI_REVOCATION_H

#include "pki/chain.h"

#define REVOCATION_FILES_MAX 1024 /* lists and certificates, of one reading */

/* What becomes of a list that was read, when it is not simply in force. */
enum revocation_note {
    REVOCATION_LATE,      /* in force, but its nextUpdate is over */
    REVOCATION_STRANGER,  /* not in force: none of the issuers has its key identifier and name */
    REVOCATION_FORGED,    /* not in force: its signature does not verify */
    REVOCATION_DELTA,     /* not in force: a delta; a complete list comes with each of them */
    REVOCATION_SUPERSEDED /* not in force: there is a later one of the same issuer and scope */
};
/* A sentence; never NULL. */
const char *revocation_note_text(enum revocation_note note);

struct revocation_sources {
    /*
     * Files, and folders of which every *.crl, *.der and *.pem is read: lists, and certificates of
     * those who sign them, in DER or any number of them in PEM.
     */
    const char *const *paths;
    size_t path_count;
    const struct trust *trust;
    const slice *issuers; /* DER: CAs that are believed beside the trust's CIs */
    size_t issuer_count;
    const char *issuer_file; /* PEM: likewise, any number; NULL: none */
    int64_t now_s;
    void (*note)(void *ctx, const char *file, enum revocation_note note); /* may be NULL */
    void *ctx;
};

/* Any number of threads may ask while one replaces what there is. */
struct revocations;

/* Nothing is revoked yet. NULL: out of memory. */
struct revocations *revocations_open(void);
/* On an error, which is one of a file that cannot be read or understood, `where` says which. */
MUST_USE enum err revocations_read(const struct revocation_sources *s, struct revocations **out,
                                   char *where, size_t where_size);
/* From now on r knows what `fresh` does, which is closed. */
void revocations_replace(struct revocations *r, struct revocations *fresh);
/* NULL is allowed. */
void revocations_close(struct revocations *r);

/* Certificates that are revoked, for statistics. */
size_t revocations_count(const struct revocations *r);
/*
 * Grows with every replacement: what was verified before an edition may be revoked in it. To be
 * asked before what is to be remembered is verified.
 */
uint64_t revocations_edition(const struct revocations *r);

/* Whether the issuer with this key has revoked the certificate. False for NULL. */
bool revocations_name(const struct revocations *r, const struct ec_point *issuer, slice serial);
/* The same of two certificates, as TLS has them. One that is no certificate of ours is revoked when
 * its issuer has a list: its number cannot be looked up. ctx: struct revocations. */
bool revocations_name_der(void *ctx, slice certificate, slice issuer);

#endif
