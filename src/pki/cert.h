/*
 * X.509 certificates as RSP uses them (SGP.22 4.5, RFC 5280): parsing, and the questions that
 * other rooms ask of one certificate. Chains are judged in chain.h.
 *
 * cert_parse copies nothing: every slice of `struct cert` points into the DER that it was given,
 * which must outlive it. It takes hostile input and allocates nothing. A certificate that parses is
 * well formed; it is not trusted for anything yet.
 */
#ifndef DUNLIN_PKI_CERT_H
#define DUNLIN_PKI_CERT_H

#include "base/text.h"
#include "crypto/crypto.h"
#include "der/der.h"
#include "pki/role.h"

#define CERT_MAX 8192u /* octets; longer ones are E_LIMIT */

/* keyUsage as der_bits gives it */
#define KU_DIGITAL_SIGNATURE 0x01u
#define KU_CERT_SIGN         0x20u
#define KU_CRL_SIGN          0x40u

#define EKU_SERVER_AUTH 0x01u
#define EKU_CLIENT_AUTH 0x02u

/* GeneralName alternatives */
#define NAME_DNS       0x82
#define NAME_DIRECTORY 0xA4
#define NAME_URI       0x86
#define NAME_IP        0x87
#define NAME_RID       0x88

struct cert {
    slice der;
    slice tbs; /* what the signature covers */
    slice serial;
    slice issuer, subject; /* whole Name elements */
    int64_t not_before_s;  /* seconds since 1970; year 9999 fits */
    int64_t not_after_s;
    slice spki;            /* whole SubjectPublicKeyInfo */
    enum curve curve;      /* CURVE_OTHER: a key that is none of ours */
    struct ec_point point; /* valid for our curves; its place on the curve is not checked yet */
    bool ecdsa_sha256;     /* the algorithm of the signature is ecdsa-with-SHA256 */
    slice signature;       /* in its X.509 form */

    /* attributes of the subject, the first of each; absent if not there */
    slice country, org, org_unit, common_name, serial_number;

    slice extensions;      /* for cert_ext_next */
    bool unknown_critical; /* a critical extension that we do not know */
    enum cert_role role;
    slice ski, aki;
    slice policies;    /* content: PolicyInformation elements */
    slice alt_names;   /* content: GeneralName elements */
    slice rid;         /* the first registered ID there, content of the OID */
    slice constraints; /* content of NameConstraints */
    slice eins;        /* content of permittedEins: PrintableStrings */
    uint64_t key_usage;
    uint8_t purposes; /* EKU_ bits */
    bool has_key_usage, has_purposes, purposes_critical;
    bool is_ca;
    int32_t path_len; /* -1: no limit */
};

/* E_LIMIT, E_BADKEY (a point that has not 65 octets), or what the DER reader found. */
MUST_USE enum err cert_parse(slice der, struct cert *out);
/* The certificate at the front of der; *rest is what follows it. */
MUST_USE enum err cert_parse_first(slice der, struct cert *out, slice *rest);

struct cert_ext {
    slice oid;
    bool critical;
    slice value; /* content of extnValue */
};
/* Walks cert.extensions; false at the end. */
bool cert_ext_next(slice *rest, struct cert_ext *out);

struct name_attr {
    slice oid;
    uint32_t tag; /* of its string type */
    slice value;
};
/*
 * Walks the attributes of a Name: begin with name_attrs(name). False at the end, which a damaged
 * Name reaches early; cert_parse refuses those.
 */
struct name_walk {
    struct der_reader rdns, attrs;
};
struct name_walk name_attrs(slice name);
bool name_next(struct name_walk *walk, struct name_attr *out);
/* Same attributes in the same order; PrintableString and UTF8String of equal text are equal. */
bool name_equal(slice a, slice b);

/* A SubjectPublicKeyInfo. curve CURVE_OTHER: a key that is none of ours, *point is not set. */
MUST_USE enum err spki_parse(slice spki, enum curve *curve, struct ec_point *point);

/* Self-signed form: issuer equals subject. */
bool cert_self_issued(const struct cert *cert);
/* Signature only: made with this key over the certificate. E_UNSUPPORTED, E_BADSIG. */
MUST_USE enum err cert_verify_signature(const struct cert *cert, const struct public_key *issuer);
/* Raw r || s of an X.509 signature; strict DER. E_BADSIG. */
MUST_USE enum err sig_from_der(slice der, enum curve curve, struct ec_sig *out);

/*
 * Whether the certificate may be used in this role by its own content: policy, keyUsage, CA or not,
 * extended key usage, names, a curve of ours, no unknown critical extension. E_BADCERT, or
 * E_UNSUPPORTED for the curve; *why (static text, may be NULL) says which.
 */
MUST_USE enum err cert_check_role(const struct cert *cert, enum cert_role role, const char **why);
/* E_EXPIRED unless not_before <= now <= not_after. */
MUST_USE enum err cert_check_time(const struct cert *cert, int64_t now_s);

/*
 * The EID of an eUICC certificate: 32 digits, else E_BADCERT. Its check digits (SGP.29) are not
 * judged: the EUM's signature stands for it, and laboratories have EIDs without good ones.
 */
MUST_USE enum err cert_eid(const struct cert *cert, uint8_t eid[EID_LEN]);
/*
 * Whether the EUM may issue for this eUICC: nameConstraints read as an organisation that is equal
 * and a serial number that begins so (SGP.22 4.5.2.1.0.2), or permittedEins of version 3. An EUM
 * that states neither may issue nothing. E_BADCERT.
 */
MUST_USE enum err cert_within_eum(const struct cert *eum, const struct cert *euicc);
/* CERT.DPpb belongs to the CERT.DPauth of this session: same issuer key, same registered ID. */
bool cert_same_server(const struct cert *a, const struct cert *b);
/* A dNSName is this host; "*.example.com" covers one label. */
bool cert_names_host(const struct cert *cert, slice host);

#endif
