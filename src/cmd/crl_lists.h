/*
 * The revocation lists of --crl, as servers and clients of the program take them: for chains
 * (struct trust) and for TLS. They are read from files, and anew while they are asked.
 */
#ifndef DUNLIN_CMD_CRL_LISTS_H
#define DUNLIN_CMD_CRL_LISTS_H

#include "cmd/reason.h"
#include "net/tls.h"
#include "pki/revocation.h"

#define CRL_PATHS_MAX 16 /* --crl on one command line */

/* Borrowed until crl_lists_close. */
struct crl_lists_options {
    const char *who; /* "serve": begins what is said on stderr of lists that are not used */
    const char *const *paths; /* files and folders */
    size_t path_count;
    const slice *ca;     /* one certificate that TLS believes, DER; NULL: none */
    const char *ca_file; /* PEM, of any number; NULL: none */
};

struct crl_lists {
    struct crl_lists_options options;
    struct revocations *now;   /* NULL: there is no --crl; else it stays where it is */
    struct revocations *fresh; /* NULL: nothing is prepared */
    struct tls_revocation tls;
};

/* Nothing is read yet. */
MUST_USE enum err crl_lists_open(const struct crl_lists_options *o, struct crl_lists *out,
                                 struct reason *r);
/* Reads all of them, for the CIs of the trust too; then they are put in force, or dropped. */
MUST_USE enum err crl_lists_prepare(struct crl_lists *l, const struct trust *trust,
                                    struct reason *r);
void crl_lists_settle(struct crl_lists *l, bool take);
/* Both at once, for who believes options.ca alone. On a failure those in force stay. */
MUST_USE enum err crl_lists_reload(struct crl_lists *l, struct reason *r);
void crl_lists_close(struct crl_lists *l);

/* For tls_trust_options; NULL when there is no --crl. */
const struct tls_revocation *crl_lists_tls(const struct crl_lists *l);

#endif
