/*
 * HTTPS out of the card: a name becomes an address (DNS over UDP), the address a connection (BIP,
 * euicc/bip.h), the connection TLS (crypto/tls_session.h), and on it goes one HTTP/1.1 POST at a
 * time. The connection is kept for the next exchange with the same host and the same trust.
 *
 * The struct lies in its user's own state and is prepared once, at boot. Each web_post that returns
 * E_OK leads to exactly one WEB_END or WEB_FAILED; the user's function runs inside the transaction
 * of the APDU that brought the news, and may call anything here. The answer's body is not held: its
 * octets are handed over as they arrive, and are all taken.
 */
#ifndef DUNLIN_EUICC_WEB_WEB_H
#define DUNLIN_EUICC_WEB_WEB_H

#include "crypto/tls_session.h"
#include "euicc/bip.h"

#define WEB_HOST_MAX 255

enum web_event {
    WEB_STATUS, /* number: HTTP status. 100 and 1xx are passed over */
    WEB_HEADER, /* data: "Name: value" without line end, for each header field of the answer */
    WEB_DATA,   /* data: octets of the body, never none; chunks are taken apart */
    WEB_SENT,   /* the request is with the terminal: what web_request named is no more borrowed */
    WEB_END,    /* the answer is complete */
    WEB_FAILED  /* no whole answer: number is the enum err, web.why says at which step */
};

enum web_why { WEB_NAME, WEB_CONNECTION, WEB_TLS, WEB_HTTP, WEB_TIMEOUT, WEB_RESET };

typedef void web_heard(struct card *card, void *ctx, enum web_event event, int number, slice data);

/* How names are found and connections made. Borrowed for the life of the card. */
struct web_network {
    slice dns;         /* address of a resolver, 4 or 16 octets; absent: names cannot be found */
    slice access_name; /* of OPEN CHANNEL; absent: the terminal's default */
    slice user, password;
    uint16_t timeout_s; /* of silence, see bip_open; 0: 60 */
};

/* Octets are borrowed until WEB_SENT, WEB_END or WEB_FAILED, whichever comes first. */
struct web_request {
    slice host;    /* name or IPv4 address, perhaps with :port; default port 443 */
    slice address; /* 4 or 16 octets, when the address is known: then DNS is not asked */
    slice path;    /* "/gsma/rsp2/asn1" */
    slice headers; /* further lines, each with its CR LF */
    slice body;    /* absent: POST with Content-Length: 0 */
    /* Whom to believe. The same believe, ctx, identity and key: the same trust. */
    struct tls_session_options tls; /* name is filled in */
};

struct web; /* what is in it: below */

MUST_USE enum err web_init(struct card *card, struct web *w, const struct web_network *net,
                           web_heard *heard, void *ctx);
/* E_STATE: an exchange is under way. Others as bip_open; E_ARGUMENT: the host is none. */
MUST_USE enum err web_post(struct card *card, struct web *w, const struct web_request *r);
/* Ends exchange and connection; WEB_FAILED does not follow. */
void web_close(struct card *card, struct web *w);

#endif
