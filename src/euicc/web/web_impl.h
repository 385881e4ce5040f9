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

/* ---- web.c ---- */

/* WEB_WAITING: the next way, as soon as the one before is closed and the queue has room. */
void web_begin(struct card *card, struct web *w);

/* ---- web_exchange.c ---- */

/* TLS ends; BIP_CLOSED follows, at once or later, unless there is no connection. */
void web_drop_link(struct card *card, struct web *w);
/* Nothing is under way and nothing borrowed any more. */
void web_over(struct web *w);
/* WEB_FAILED */
void web_fail(struct card *card, struct web *w, enum web_why why, enum err err);
/*
 * The connection is of no use any more. One that was kept may have ended before the server saw the
 * whole request: then it cannot have acted on it, and gets it again on another.
 */
void web_lost(struct card *card, struct web *w, enum web_why why, enum err err);
/* TLS is open. */
void web_start_sending(struct card *card, struct web *w);
/* What can go out now goes to BIP. */
void web_push(struct card *card, struct web *w);
/* BIP_SENT */
void web_bip_sent(struct card *card, struct web *w);
/* BIP_DATA of the server */
void web_hear_server(struct card *card, struct web *w, slice octets);

#endif
