/* Inside of euicc/web, shared by the files that implement it. */
#ifndef DUNLIN_EUICC_WEB_WEB_IMPL_H
#define DUNLIN_EUICC_WEB_WEB_IMPL_H

#include "euicc/web/web.h"

/* ---- web_request.c ---- */

/* "name:port" in two; the port is 443 when there is none. False: this is neither. */
bool web_split_host(slice host, slice *name, uint16_t *port);
/* "192.0.2.1" */
bool web_is_ipv4(slice name, struct dns_address *out);
/* Nothing in it could be taken for something else on the wire. */
bool web_request_usable(const struct web_request *r);
/* The request as it goes over the wire: up to `size` octets from `at` on. 0: that is the end. */
size_t web_request_octets(const struct web_request *r, size_t at, uint8_t *out, size_t size);

/* ---- web_find.c ---- */

/* What the resolver's octets led to. */
enum web_found {
    WEB_FIND_ON,   /* no, not yet */
    WEB_FIND_DONE, /* w->address */
    WEB_FIND_FAILED
};

/* Opens the way to the resolver. As bip_open. */
MUST_USE enum err web_find_open(struct card *card, struct web *w);
/* The way is open: asks. */
MUST_USE enum err web_find_ask(struct card *card, struct web *w);
/* Octets from there. *why: of WEB_FIND_FAILED. */
enum web_found web_find_hear(struct card *card, struct web *w, slice octets, enum err *why);
/* It was silent for too long: may it be asked again? */
bool web_find_again(struct web *w);

#endif
