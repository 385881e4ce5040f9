/*
 * The private test CI: a whole hierarchy of the SGP.26 shape with fresh keys, in a directory laid
 * out as keystore.h says. It is for laboratories: keys lie there unencrypted.
 */
#ifndef DUNLIN_PKI_TESTCI_H
#define DUNLIN_PKI_TESTCI_H

#include "pki/issue.h"
#include "pki/keystore.h"

#define TESTCI_HOSTS_MAX 16

struct testci_plan {
    const char *dir; /* made when it does not exist */
    enum curve curve;
    size_t euiccs;      /* with the EIDs testci_eid(1), testci_eid(2) ... */
    const slice *hosts; /* DNS names of all TLS servers; none: the names of SGP.26 and localhost */
    size_t host_count;
    slice eim_id; /* common name of the eIM, at most 64 octets; absent: its host name */
    int64_t now_s;
};

/*
 * Makes everything. E_EXISTS when a hierarchy is there already (nothing is touched). On failure
 * `where` (may be NULL) is the file or certificate that it concerns.
 */
MUST_USE enum err testci_init(const struct crypto *c, const struct testci_plan *plan,
                              char where[KEYSTORE_PATH_MAX]);

/* The EID number n of this CI's EUM: 89049032 1234512345 and twelve digits, with check digits. */
void testci_eid(uint64_t n, uint8_t eid[EID_LEN]);

/*
 * Issues one more eUICC certificate in memory. eum is the identity of role EUM; key belongs to the
 * card. E_BADCERT when the EUM may not issue for this EID. CERT_ISSUE_MAX octets always suffice.
 */
MUST_USE enum err testci_issue_euicc(const struct crypto *c, const struct identity *eum,
                                     const uint8_t eid[EID_LEN], const struct ec_point *key,
                                     int64_t now_s, void *buf, size_t size, slice *out);
/* The same with a fresh key, as files in dir/euicc. */
MUST_USE enum err testci_add_euicc(const struct crypto *c, const struct identity *eum,
                                   const char *dir, const uint8_t eid[EID_LEN], int64_t now_s);

#endif
