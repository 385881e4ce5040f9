/*
 * A laboratory for the tests of ISD-R: a test hierarchy, a card in memory, and the other ends that
 * talk to it: an SM-DP+ that signs and binds, an eIM that signs packages. Each step of the servers
 * takes what it sends from fields that a test may change first, so that a negative test is a
 * passing one with one change.
 */
#ifndef DUNLIN_TESTS_ISDR_LAB_H
#define DUNLIN_TESTS_ISDR_LAB_H

#include "base/arena.h"
#include "crypto/bsp.h"
#include "euicc/isdr/isdr.h"
#include "euicc/isdr/personality_files.h"
#include "euicc/profiles.h"
#include "pki/testci.h"
#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- the hierarchy, made once per program for each curve ---- */

struct lab {
    const struct crypto *crypto;
    char dir[64];
    struct identity ci, eum, dp_auth, dp_pb, ds_auth;
    struct personality personality; /* EID 1, of this curve */
    struct personality_files files;
};

struct lab *lab_get(enum curve curve);
void lab_close_all(void);

/* ---- a card and what talks to it ---- */

#define BENCH_RESPONSE 65536
#define BENCH_HALF     400000u

/* One session of an SM-DP+, with everything that a test may change before it is sent. */
struct server {
    slice auth_certificate, pb_certificate;
    const struct signer *auth_signer, *pb_signer;
    slice ci_pkid; /* euiccCiPKIdToBeUsed, 20 octets */
    uint8_t tid[16];
    uint8_t challenge[16]; /* the card's, as put into serverSigned1 */
    uint8_t tid2[16];      /* in smdpSigned2 */
    uint8_t tid3[16];      /* in BF23 */
    slice address;
    bool cc_required;
    slice hash_cc;    /* of the LPA; absent: none */
    slice known_otpk; /* bppEuiccOtpk; absent: none */
    bool break_signature1, break_signature2, break_smdp_sign;

    /* binding */
    uint8_t remote_op, key_type, key_length;
    bool ppk;       /* random keys protect the profile elements (A2) */
    size_t cut;     /* octets of plaintext in a segment */
    slice metadata; /* BF25 */
    slice dp_data;  /* B8 for ConfigureISDP; absent: none */
    slice package;
    int flip_group; /* 0x87, 0x88, 0x86: a bit of the MAC of the first TLV is flipped */
    int leave_out;  /* tag of a group that is left out: A0, A1, A3 */

    /* learnt from the card */
    uint8_t euicc_signature1[SIG_LEN];
    uint8_t smdp_signature2[SIG_LEN];
    struct ec_point euicc_otpk;
};

struct eim_side {
    slice id;
    struct ec_scalar secret;
    struct ec_point point;
    struct signer signer;
    enum curve curve;
    int64_t counter; /* of the last package */
    int64_t token;   /* 0: none */
    slice tx;        /* eimTransactionId; absent: none */
    slice eid;       /* absent: the card's */
    bool break_signature;
    bool omit_token;    /* sign without the token DO */
    struct ec_sig last; /* of the last package: results of v1.0 cards are signed over it */
};

struct bench {
    struct lab *lab;
    const struct crypto *crypto;
    struct personality personality;
    struct card_personality card_personality;
    struct card_app_entry apps[2];
    struct nvm nvm;
    struct nvm_ram ram;
    uint8_t *octets; /* of the NVM */
    uint8_t *memory;
    size_t memory_size;
    struct card *card;

    size_t block; /* octets of a STORE DATA block */
    uint8_t *response;
    size_t n;
    uint16_t sw;

    struct server server;
    struct arena arena; /* for what a test builds */
};

/* A new card with ISD-R selected on channel 1; object_octets of room for its objects. */
void bench_open(struct bench *b, struct lab *lab, size_t object_octets);
void bench_close(struct bench *b);
/* Power off and on; then a channel to ISD-R. bench_power only powers, and says whether it boots. */
bool bench_power(struct bench *b);
void bench_boot(struct bench *b);
void bench_select(struct bench *b);
/* Warm reset; with a channel to ISD-R again. */
void bench_reset(struct bench *b);

/* One APDU, GET RESPONSE included; the reply is b->response[0 .. n), b->sw. */
uint16_t bench_apdu(struct bench *b, slice command);
/* One ES10 function in STORE DATA blocks. */
uint16_t bench_store(struct bench *b, slice request);
/* The same, with 9000 or 91XX expected; the response is valid until the next command. */
slice bench_es10(struct bench *b, slice request);
/* From hex, printf-like. */
slice bench_hex(struct bench *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
slice bench_es10_hex(struct bench *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Asserts that the function of this request (hex) answers this (hex). */
void bench_expect_hex(struct bench *b, const char *request, const char *response);
void assert_hex(slice got, const char *hex);

/* TERMINAL PROFILE with REFRESH, so that proactive commands leave. */
void bench_terminal_profile(struct bench *b);
/* FETCH and TERMINAL RESPONSE ok, when a proactive command waits (b->sw 91XX). */
void bench_fetch(struct bench *b);

/* ---- the SM-DP+ side ---- */

void server_defaults(struct bench *b, slice package, slice metadata);
/* GetEuiccChallenge; fills in server.challenge. */
void server_challenge(struct bench *b);
/* BF38 and BF21 as the fields say; in the bench's arena. */
slice server_authenticate(struct bench *b);
slice server_prepare(struct bench *b);
/* The certificate, by the CI, for a key of a curve that is none of ours (P-384). */
slice server_p384(struct bench *b, const struct identity *like);
/* Sends them, asserts success, verifies the card's signatures and chain. */
void server_authenticated(struct bench *b);
void server_prepared(struct bench *b);
/* All up to a prepared download. */
void server_session(struct bench *b);
/* BF36. */
slice server_bind(struct bench *b);
/* Loads BF36 in the segments of SGP.22 2.5.5; the response that ends it (empty: none came). */
slice bench_load(struct bench *b, slice bpp);
/* Whole download; the PIR. */
slice bench_download(struct bench *b, slice package, slice metadata);
/* Error code of a BF38/BF21 answer of the error arm, 0: it is not one. */
int error_of(slice response);

struct pir {
    int reason, command; /* reason 0: success */
    slice aid, sima;
    struct notification_metadata metadata;
    struct profile_installation_result_data data;
};
/* Decodes and verifies a PIR of the session in server. */
struct pir pir_read(struct bench *b, slice response);

/* ---- profiles ---- */

slice lab_data(const char *name); /* ../shared/data; absent, with a message: not there */
#define LAB_PROFILE "ts48/ts48-v3-saip23-nobertlv.der"
/* A copy of the package with this ICCID (digits) and its metadata. In the bench's arena. */
slice bench_package(struct bench *b, const char *iccid);
struct meta {
    int class;
    uint64_t events; /* notifications to notify.example.com; 0: none */
    uint64_t pprs;
    bool owner;        /* 001/01 */
    const char *extra; /* more members behind, hex */
};
slice bench_metadata(struct bench *b, const char *iccid, const struct meta *m);
/* Hex of the 10 octets. */
const char *iccid_hex(const char *digits);
/* Downloads a profile with metadata. */
void bench_install(struct bench *b, const char *iccid, const struct meta *m);
/* Installs without a download, by the installer itself: fast, without notifications. */
void bench_plant(struct bench *b, const char *iccid, const struct meta *m);
/* ICCID digits of the enabled profile, "" for none. */
const char *bench_enabled(struct bench *b);
/* Enabled without notification, by the card's own function. */
void bench_enable(struct bench *b, const char *iccid);

/* ---- the eIM side ---- */

void lab_eim_open(struct bench *b, struct eim_side *e, const char *id, enum curve curve);
void lab_eim_close(struct eim_side *e);
/* Members of EimConfigurationData (hex): eimId, counter, [token -1], key. */
const char *eim_members(struct eim_side *e, bool token);
/* AddInitialEim with this eIM; takes its token. */
void eim_associate(struct bench *b, struct eim_side *e, bool token);
/* A signed package with the next counter; body is A0 or A1 (hex, printf-like). */
slice lab_eim_package(struct bench *b, struct eim_side *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The results (hex) of a signed result: verified, with the counter and id of e. */
const char *eim_result(struct bench *b, struct eim_side *e, slice response, int64_t *sequence);
/* Code of a signed error, verified; 0: not one. -1: an unsigned error. */
int eim_error(struct bench *b, struct eim_side *e, slice response);
/* Package in, results (hex) out. */
const char *eim_do(struct bench *b, struct eim_side *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
