/*
 * A terminal with a network behind it for tests: it takes the card's proactive commands, performs
 * BIP, and plays the resolver and the HTTPS server at the other end.
 */
#ifndef DUNLIN_TESTS_WEB_LAB_H
#define DUNLIN_TESTS_WEB_LAB_H

#include "crypto/tls_peer.h"
#include "euicc/uicc_terminal.h"

struct lab_dns {
    slice a, aaaa;     /* addresses; absent: none */
    const char *alias; /* what the name stands for, as a CNAME */
    uint8_t rcode;
    bool cut;        /* TC */
    unsigned silent; /* so many questions stay without answer */
    bool wrong_id;   /* another answer arrives first */
    bool garbage;    /* sixteen of them, and nothing else */
    unsigned asked, octets;
    char name[260]; /* the last one asked for */
};

struct lab_server {
    struct tls_peer tls;
    slice answer; /* to each request, as it goes over the wire */
    bool ends;    /* close_notify behind it */
    bool drops;   /* and the link goes */
    bool early;   /* answers when it has the head */
    unsigned requests, connections;
    uint8_t request[70000]; /* the last one */
    size_t n;
};

struct lab {
    struct uicc u;
    struct lab_dns dns;
    struct lab_server server;

    bool open, udp;
    uint8_t address[16];
    size_t address_n;
    uint16_t port;
    unsigned opened, closed, sent, received, timers;
    const char *refuse;    /* result of the next OPEN CHANNEL */
    uint8_t pieces;        /* of RECEIVE DATA at most; 0: what is asked for */
    size_t break_at;       /* this octet of the server's is flipped; SIZE_MAX: none */
    size_t from_server;    /* octets */
    uint8_t datagram[600]; /* stored by SEND DATA */
    size_t datagram_n;
    uint8_t rx[200000];
    size_t rx_n;
    bool dropped;         /* the link is gone: said when rx is empty */
    bool gone;            /* it was said */
    size_t datagrams[20]; /* of UDP: the octets of each in rx */
    size_t datagram_count;
    bool signalled;
    bool may_fail; /* the power may go while the card takes an answer */
};

void lab_open(struct lab *lab, const struct tls_peer_options *server);
/* The card is closed by the test before. */
void lab_close(struct lab *lab);
/* One command of the card's, or one event for it. False: neither. */
bool lab_step(struct lab *lab);
/* Until nothing happens any more. */
void lab_run(struct lab *lab);
/* A timer expires. */
void lab_expire(struct lab *lab, uint8_t id);
/* The link is gone. */
void lab_drop(struct lab *lab);

#endif
