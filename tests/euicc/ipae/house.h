/*
 * An SM-DP+ and an eIM with their listeners on this machine, and their operators. What fails and is
 * not under test ends the test.
 */
#ifndef DUNLIN_TESTS_IPAE_HOUSE_H
#define DUNLIN_TESTS_IPAE_HOUSE_H

#include "base/arena.h"
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOUSE_SMDP "testsmdpplus1.example.com"
#define HOUSE_EIM  "testeim.example.com"

struct house {
    char dir[64], pki[80];
    const struct crypto *crypto;
    struct servers *servers;
    struct arena arena;
    uint16_t smdp_port, eim_port;
    unsigned cards, profiles; /* made so far */
    slice tls_certificate;    /* what TRUST_LEAF names instead; absent: the server's */
};

void house_open(struct house *h);
void house_close(struct house *h);

struct stock {
    uint8_t iccid[10];
    char activation[300];
};
/* A profile in stock, released. */
void house_profile(struct house *h, struct stock *s);
/* Of the package in this file of ../shared/data, with an ICCID of its own. False, with a message:
 * it is not there. */
bool house_profile_of(struct house *h, const char *name, struct stock *s);
/* The SM-DP+ has a notification that it was enabled. */
bool house_enabled(struct house *h, const struct stock *s);

/* How a card knows the eIM's TLS server. */
enum house_trust {
    TRUST_CA,         /* the CI's certificate, which stands above the server's */
    TRUST_LEAF,       /* the server's own */
    TRUST_KEY,        /* its key */
    TRUST_OTHER_KEY,  /* that of another server */
    TRUST_OTHER_LEAF, /* the certificate of another server */
    TRUST_OTHER_CA,   /* a CA's that has issued something else */
    TRUST_NONE
};
/* A certificate or key file of the hierarchy, by the file's name without its end. */
slice house_certificate(struct house *h, const char *stem);
/* AddInitialEimRequest; in the arena. */
slice house_initial_eim(struct house *h, enum house_trust trust);

/* Keys for the next EID, which the eIM then knows. */
void house_device(struct house *h, uint8_t eid[16]);

enum house_order { ORDER_LIST, ORDER_ENABLE, ORDER_ENABLE_ROLLBACK, ORDER_DISABLE, ORDER_DELETE };
int64_t house_psmo(struct house *h, const uint8_t eid[16], enum house_order what,
                   const struct stock *s);
int64_t house_download(struct house *h, const uint8_t eid[16], const struct stock *s,
                       bool indirect);

/* setFallbackAttribute (SGP.32 2.11.1.1.3). */
int64_t house_fallback(struct house *h, const uint8_t eid[16], const struct stock *s);

enum house_outcome { ORDER_OPEN, ORDER_FAILED, ORDER_DONE, ORDER_UNSIGNED /* done, unproven */ };
enum house_outcome house_outcome(struct house *h, int64_t id);
/* The last stateChangeCause that the eIM was told by this device; -1: none. */
int house_state_change(struct house *h, const uint8_t eid[16]);

#endif
