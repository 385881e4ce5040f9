/*
 * An LPA between a card of this process and an SM-DP+ of this process (server.h), over TLS. In
 * between stand two places where a test changes one thing: twist, for what the server answers, and
 * card_fault, for what the card answers. A third server, smds.example.com, is an SM-DS whose events
 * the test writes down.
 */
#ifndef DUNLIN_TESTS_LPA_SHOP_H
#define DUNLIN_TESTS_LPA_SHOP_H

#include "base/text.h"
#include "euicc/isdr/isdr.h"
#include "euicc/isdr/personality_files.h"
#include "lpa/lpa.h"
#include "lpa/server.h"
#include "smdp/order.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SMDS_NAME  "smds.example.com"
#define OTHER_SMDS "smds2.example.com"
#define CALLS_MAX  64

/* What passed the server. */
struct call {
    char host[64], function[40];
    char agent[40], protocol[40];
    slice body; /* in the shop's arena */
    int status; /* that the LPA saw */
};

struct answer {
    int status;
    slice content_type, body; /* body in the shop's arena, or static */
};

struct shop {
    struct server dp;
    struct tls_server *tls;
    struct http_server *http;
    struct hosts *hosts;
    struct tls_trust *trust;
    struct arena arena;
    struct call calls[CALLS_MAX];
    size_t call_count;

    /* Before the answer of `function` leaves; NULL: none. */
    void (*twist)(struct shop *s, struct answer *a);
    const char *function;
    unsigned twist_times; /* 0: always */
    unsigned twisted;

    struct {
        const char *host, *address, *id;
    } events[4]; /* what SM-DS `host` knows */

    struct personality personality;
    struct personality_files files;
    struct card_app_entry apps[2];
    struct card_personality card_personality;
    struct nvm nvm;
    struct nvm_ram ram;
    uint8_t *octets, *memory;
    size_t memory_size;
    struct card *card;
    struct card_link link;
    /* The function with this tag (0xBF2D, 0x86 for package segments) is answered so, and does not
     * reach the card; 0: none. hex: data and status word; NULL: the link breaks,
     * until a reboot. */
    unsigned fault_tag, fault_skip;
    const char *fault_hex;
    bool broken;
    unsigned tag;         /* of the function under way */
    unsigned segments;    /* of STORE DATA: complete ones */
    char functions[2000]; /* tags, in order, each behind a space */

    struct lpa_options o;
    struct lpa *lpa;

    /* the user */
    enum lpa_consent consent;
    unsigned consents, codes;
    bool rules;
    const char *code[4]; /* what is typed, in order; NULL: nothing */
    bool again[4];
    void (*meanwhile)(struct shop *s); /* while the user is asked */
};

void shop_open(struct shop *s);
void shop_close(struct shop *s);
/* Power off and on: what is not in the card's memory is gone. */
void shop_reboot(struct shop *s);

struct ware {
    unsigned number;
    const char *code;   /* confirmation code */
    unsigned rules;     /* bits of PprIds */
    int class;          /* 0: operational */
    bool for_this_card; /* no matching id: found by the EID */

    uint8_t iccid[ICCID_LEN];
    char matching_id[24];
};
/* In stock, ordered, released. */
void shop_order(struct shop *s, struct ware *w);
enum err shop_download(struct shop *s, const struct ware *w, struct lpa_installed *out);
/* The faultless download that every other test begins with. */
void shop_succeeds(struct shop *s, struct ware *w);
enum smdp_state shop_state(struct shop *s, const struct ware *w);
/* The function names that the server heard, with a space before each. */
const char *shop_heard(struct shop *s);
const struct call *shop_last(struct shop *s, const char *function);
/* Why the last call failed, in words. */
const char *shop_said(struct shop *s);
void assert_contains(const char *text, const char *part);
/* The reason that the eUICC signed in the last cancelSession that the server heard; -1: none. */
int64_t shop_reason(struct shop *s);
/* Profiles on the card. */
size_t shop_profiles(struct shop *s);
size_t shop_notifications(struct shop *s);

/* body with one member set (json) or, NULL, left out; path "header.x" goes one level down */
slice shop_set(struct shop *s, slice body, const char *member, const char *json);
/* The same with base64 of octets; and the octets of a member. */
slice shop_set_octets(struct shop *s, slice body, const char *member, slice octets);
slice shop_octets(struct shop *s, slice body, const char *member);

/* What the SM-DS of this name answers; any thread. */
void shop_smds(struct shop *s, const char *host, const char *function, slice body,
               struct answer *a);

#endif
