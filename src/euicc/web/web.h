/*
 * HTTPS out of the card: a name becomes an address (DNS over UDP), the address a connection (BIP,
 * euicc/bip.h), the connection TLS (crypto/tls_session.h), and on it goes one HTTP/1.1 POST at a
 * time. The connection is kept for the next exchange with the same host and the same trust.
 *
 * The struct lies in its user's own state and is prepared once, at boot. Each web_post that returns
 * E_OK leads to exactly one WEB_END or WEB_FAILED, which may come before it returns; the user's
 * function runs inside the transaction of the APDU that brought the news, and may call anything
 * here. The answer's body is not held: its octets are handed over as they arrive, and are all
 * taken.
 *
 * TLS keeps state outside of the card's block: the user's `close` handler (card.h) calls web_close.
 */
#ifndef DUNLIN_EUICC_WEB_WEB_H
#define DUNLIN_EUICC_WEB_WEB_H

#include "crypto/tls_session.h"
#include "euicc/bip.h"
#include "euicc/web/dns.h"
#include "euicc/web/http_answer.h"

#define WEB_HOST_MAX 255

enum web_event {
    WEB_STATUS, /* number: HTTP status. 100 and 1xx are passed over */
    WEB_HEADER, /* data: "Name: value" without line end, for each header field of the answer */
    WEB_DATA,   /* data: octets of the body, never none; chunks are taken apart */
    WEB_SENT,   /* the request is with the terminal: what web_request named is no more borrowed */
    WEB_END,    /* the answer is complete */
    WEB_FAILED  /* no whole answer: number is the enum err, web.why says at which step */
};

enum web_why {
    WEB_NAME,       /* DNS: see dns.h for the number */
    WEB_CONNECTION, /* E_REFUSED: web.bip.result and info say how; E_CLOSED: the link is gone */
    WEB_TLS,        /* see tls_session_feed */
    WEB_HTTP,       /* the answer is malformed, or ends too early: E_TRUNCATED */
    WEB_TIMEOUT,
    WEB_RESET /* the terminal began anew */
};

typedef void web_heard(struct card *card, void *ctx, enum web_event event, int number, slice data);

/*
 * How names are found and connections made. Borrowed for the life of the card; what is in it may
 * change while no exchange is under way. access_name: 100 octets at most, and 200 with user and
 * password.
 */
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
    /* Whom to believe. The same believe, ctx, identity and key: the same trust. name is filled in,
       ctx is borrowed as long as the connection is kept. believe calls nothing of this header. */
    struct tls_session_options tls;
};

enum web_state {
    WEB_IDLE,    /* no exchange; perhaps a connection */
    WEB_WAITING, /* for the connection before to be closed, or for room among the commands */
    WEB_ASKING,  /* DNS */
    WEB_LINKING, /* BIP */
    WEB_SHAKING, /* TLS */
    WEB_SENDING,
    WEB_HEARING
};

struct web {
    enum web_why why; /* valid in WEB_FAILED */
    struct bip bip;

    /* the rest is its own */
    const struct web_network *net;
    web_heard *heard;
    void *ctx;
    enum web_state state;
    uint32_t exchange; /* counts, so that a caller sees that its exchange is over */
    struct web_request request;
    size_t at;          /* octets of the request that TLS has */
    bool sent;          /* WEB_SENT was told */
    bool fresh;         /* the connection was made for this exchange */
    bool found;         /* `address` is that of `host` */
    bool known_name;    /* it is a resolver's word, and worth keeping */
    bool last_words;    /* bip is to be closed when all is sent */
    uint8_t tries;      /* of DNS */
    uint8_t strays;     /* datagrams that answered nothing of ours */
    enum dns_type type; /* asked for */
    uint16_t id, port;
    struct dns_address address;
    char host[WEB_HOST_MAX]; /* of the connection, or the address kept; with its port */
    uint8_t host_n;
    struct tls_session *tls;
    enum err (*believe)(void *ctx, const slice *chain, size_t count); /* of the connection */
    void *believe_ctx;
    uint8_t psk[DIGEST_LEN]; /* of identity and key */
    uint16_t datagram_n;
    union {
        uint8_t datagram[DNS_MESSAGE_MAX];
        struct http_answer answer;
    };
};

/* From an application's boot. E_LIMIT: see cat_watch. E_ARGUMENT: the network is none. */
MUST_USE enum err web_init(struct card *card, struct web *w, const struct web_network *net,
                           web_heard *heard, void *ctx);
/*
 * E_STATE: an exchange is under way, or there is no TERMINAL PROFILE. E_UNSUPPORTED: the terminal
 * has not what it takes. E_ARGUMENT: host, path, headers, trust or network are none. E_NOTFOUND: a
 * name, and no resolver.
 */
MUST_USE enum err web_post(struct card *card, struct web *w, const struct web_request *r);
/* Ends exchange and connection; WEB_FAILED does not follow. */
void web_close(struct card *card, struct web *w);
/* An exchange is under way. */
bool web_busy(const struct web *w);

#endif
