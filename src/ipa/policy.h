/*
 * What an assistant checks by itself: profile policy rules against the Rules Authorisation Table
 * (SGP.22 2.9.2.4), and the identity of a server against the OID of an activation code (4.1).
 */
#ifndef DUNLIN_IPA_POLICY_H
#define DUNLIN_IPA_POLICY_H

#include "base/err.h"
#include "base/slice.h"

/* Are all policy rules of this metadata (BF25) allowed by this RAT (value of BF43, whole)? */
bool policy_allows(slice metadata, slice rat);
/* Does the metadata carry rules at all? */
bool policy_has_rules(slice metadata);
/* Is the OID a registeredID in the subjectAltName of this certificate? */
bool policy_certificate_is(slice certificate, slice oid_text);

#endif
