/*
 * Operators of an SM-DP+: who may call ES2+, known by the certificate that their client shows, and
 * where they want to hear what becomes of their orders (SGP.22 5.3.5). Turns as in smdp.h.
 */
#ifndef DUNLIN_SMDP_OPERATOR_H
#define DUNLIN_SMDP_OPERATOR_H

#include "smdp/rows.h"

struct smdp;

struct smdp_new_operator {
    slice name;        /* functionRequesterIdentifier of its calls, 1..255 octets of UTF-8 */
    slice certificate; /* of its TLS client, DER: this very one. Its dates do not count */
    slice notify;      /* "host[:port]" that answers ES2+ reports; absent: none are sent */
};

/*
 * An operator may have several certificates, also while one takes the place of another; the newest
 * row says where reports go. E_EXISTS: there is this certificate with this name; the address is
 * changed where it differs. Refused with 1.1/3.3 when the certificate is another operator's;
 * E_ARGUMENT names without characters, or an address that is none.
 */
MUST_USE enum err smdp_operator_add(struct smdp *s, const struct smdp_new_operator *o,
                                    struct turn *t);
/* Takes the certificate away; its calls are refused from the commit on. E_NOTFOUND. */
MUST_USE enum err smdp_operator_remove(struct smdp *s, slice certificate, struct turn *t);
/* The same by the certificate's SHA-256. */
MUST_USE enum err smdp_operator_forget(slice digest, struct turn *t);

/*
 * Whose certificate (DER) it is: `name` is in the arena. E_UNTRUSTED: nobody's; E_REFUSED: the call
 * names somebody else.
 */
MUST_USE enum err smdp_operator_of(struct smdp *s, slice certificate, slice requester,
                                   struct turn *t, slice *name);

/*
 * Sends one report that is due, as an upstream call of the turn; the trust profile is "es2".
 * *next_ms: when the next is due, INT64_MAX: none waits. A report is tried for three days.
 */
MUST_USE enum err smdp_report_due(struct smdp *s, struct turn *t, int64_t *next_ms);
/* How that call ended: status is HTTP's, 0 when there was no whole answer. */
MUST_USE enum err smdp_report_answered(struct smdp *s, slice resume, int status, struct turn *t);
/* At start, before anybody else: what the process before was sending is due at once. */
MUST_USE enum err smdp_recover(struct smdp *s, struct turn *t, bool *more);

#endif
