/*
 * One question to a resolver and its answer (RFC 1035 4, RFC 3596): no cache, no recursion of our
 * own, no EDNS. Only the first matching address counts.
 */
#ifndef DUNLIN_EUICC_WEB_DNS_H
#define DUNLIN_EUICC_WEB_DNS_H

#include "base/err.h"
#include "base/slice.h"

#define DNS_NAME_MAX    253 /* as text, without a last dot */
#define DNS_MESSAGE_MAX 512
#define DNS_QUERY_MAX   (12 + DNS_NAME_MAX + 2 + 4)
#define DNS_CHAIN_MAX   8 /* aliases that one answer may lead through */
#define DNS_PORT        53

enum dns_type { DNS_A = 1, DNS_AAAA = 28 };

struct dns_address {
    uint8_t octets[16];
    uint8_t n; /* 4 or 16 */
};

/* E_ARGUMENT: this is no host name. */
MUST_USE enum err dns_put_query(uint16_t id, slice host, enum dns_type type,
                                uint8_t out[DNS_QUERY_MAX], size_t *n);

/*
 * The answer, or what has arrived of it.
 *   E_AGAIN      it ends too early
 *   E_CONFLICT   it answers something else: another id or question, or is no answer at all
 *   E_NOTFOUND   there is no such name
 *   E_MISSING    the name has no address of this type
 *   E_LIMIT      the resolver had to cut it (TC), or it leads through too many aliases
 *   E_REFUSED    the resolver could not, or would not
 *   E_SYNTAX     it is malformed
 */
MUST_USE enum err dns_read_answer(slice message, uint16_t id, slice host, enum dns_type type,
                                  struct dns_address *out);

#endif
