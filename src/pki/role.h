/*
 * The roles of RSP certificates (SGP.22 4.5.2, SGP.32 2.9): who one is for, how it says so, who may
 * issue it. Both generations of policy identifiers are known: 2.23.146.1.2.1.n of version 2, and
 * the nested ones of version 3. eIM certificates carry no policy.
 */
#ifndef DUNLIN_PKI_ROLE_H
#define DUNLIN_PKI_ROLE_H

#include "base/slice.h"

enum cert_role {
    ROLE_NONE, /* no role identifier of ours, or several that contradict */
    ROLE_CI,
    ROLE_CI_SUBCA,
    ROLE_EUM,
    ROLE_EUM_SUBCA,
    ROLE_EUICC,
    ROLE_DP_SUBCA,
    ROLE_DP_TLS,
    ROLE_DP_AUTH,
    ROLE_DP_PB,
    ROLE_DS_SUBCA,
    ROLE_DS_TLS,
    ROLE_DS_AUTH,
    ROLE_EIM_SIGN,
    ROLE_EIM_TLS,
    ROLE__COUNT
};

#define ROLE_BIT(role) (1u << (role))

struct role_facts {
    const char *name; /* "DPauth", as in CERT.DPauth.SIG */
    const char *file; /* stem of its file names in a key directory */
    slice policy;     /* version 2 identifier; absent: none */
    slice policy_v3;
    unsigned issuers; /* ROLE_BITs */
    bool ca;
    bool tls; /* needs extended key usage and a DNS name */
    bool rid; /* needs a registered ID in its subjectAltName */
};

/* Never NULL; ROLE_NONE for an unknown number. */
const struct role_facts *role_facts(enum cert_role role);
/* The role that a policy identifier stands for, or ROLE_NONE. */
enum cert_role role_of_policy(slice oid);

#endif
