/*
 * What the files that make certificates and revocation lists share; nobody else needs this. All
 * write back to front.
 */
#ifndef DUNLIN_PKI_ISSUE_PARTS_H
#define DUNLIN_PKI_ISSUE_PARTS_H

#include "der/der.h"

/* RFC 5280 4.1.2.5: UTCTime until 2049, GeneralizedTime from 2050. */
void x509_put_time(struct der_writer *w, int64_t time_s);
/* AlgorithmIdentifier: ecdsa-with-SHA256. */
void x509_put_algorithm(struct der_writer *w);
/* What stands around the value of an extension, which began at mark. */
void x509_wrap_ext(struct der_writer *w, slice oid, bool critical, size_t mark);
/* The extension authorityKeyIdentifier. */
void x509_put_authority(struct der_writer *w, slice key_id);

#endif
