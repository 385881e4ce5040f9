/*
 * What the files of this room share. See ipae.h for the outside.
 *
 * The machine's wish stands in `want` until it is done. Nothing is done inside a function that the
 * terminal's news call: what they bring is put down here, and `work` takes it up when the
 * terminal's command is settled.
 */
#ifndef DUNLIN_EUICC_IPAE_IPAE_IMPL_H
#define DUNLIN_EUICC_IPAE_IPAE_IMPL_H

#include "dunlin/ipa.h"
#include "euicc/ipae/ipae.h"
#include "euicc/profiles.h"

#include <stdalign.h>

struct ipae;

/* ---- the card's side: ISD-R (isdr_side.c) ---- */

struct isdr_side {
    struct reply pending; /* what GET RESPONSE takes; card NULL: nothing */
    size_t at;
    uint8_t buffer[CARD_REPLY_MAX]; /* replies up to this size need no scratch */
    uint8_t answer[CARD_REPLY_MAX]; /* the response APDU */
};

/* A command APDU of the machine; its response, borrowed until the next. */
slice isdr_side_transmit(struct ipae *e, slice command);
void isdr_side_drop(struct ipae *e);

/* ---- the network's side (exchange.c) ---- */

enum exchange_state {
    EXCHANGE_NONE,
    EXCHANGE_ASKED,  /* the request is on its way */
    EXCHANGE_STATUS, /* the answer's head has come */
    EXCHANGE_ENDED,  /* the answer is whole */
    EXCHANGE_FAILED
};

/* Whom to believe: an eIM, or the servers under the card's CIs. */
struct believer {
    struct ipae *ipae;
    uint8_t eim_id[IPA_NAME_MAX];
    uint8_t eim_id_n;
};

struct exchange {
    enum exchange_state state;
    int status;
    /* octets of the body that the machine has not taken; scratch, NULL: none */
    uint8_t *body;
    size_t at, n, size;
    char headers[192];
    char host[WEB_HOST_MAX + 8];
};

/* web.h calls it. */
void exchange_heard(struct card *card, void *ctx, enum web_event event, int number, slice data);
/* What the machine is told; false: nothing yet. */
bool exchange_event(struct ipae *e, struct ipa_event *out);
/* The machine took so many octets of the last IPA_NET_DATA. */
void exchange_taken(struct ipae *e, size_t used);
/* The machine has turned to something else. */
void exchange_forget(struct ipae *e);

/* ---- trust.c ---- */

enum err believe_eim(void *ctx, const slice *chain, size_t count);
enum err believe_smdp(void *ctx, const slice *chain, size_t count);

/* ---- the device (device.c) ---- */

#define IMEI_LEN 8

enum device_state { DEVICE_UNKNOWN, DEVICE_ASKED, DEVICE_KNOWN };

struct device {
    enum device_state state;
    bool changed;           /* it is another than the one that the eIMs know of */
    uint8_t imei[IMEI_LEN]; /* TBCD; zeros: the terminal does not tell */
    uint8_t info[40];       /* DeviceInfo */
    uint8_t info_n;
};

/* Asks the terminal who it is; false: the answer is not there yet. */
bool device_known(struct ipae *e);
/* The device itself had another profile enabled: part of that transaction. */
void change_happened(struct ipae *e, int cause);
/* stateChangeCause that the eIMs are to be told; -1: none. */
int change_to_report(struct ipae *e);
/* They have been told; of this device too, which a later one is compared with. */
void change_reported(struct ipae *e);

/* ---- the whole ---- */

struct ipae {
    struct card *card;
    const struct ipae_personality *p;
    struct ipa *ipa; /* NULL: it does not work */
    struct ipa_options options;
    struct ipa_want want;
    uint64_t now_ms; /* of timers that expired */

    uint32_t sleep_s; /* of the timer that runs; 0: none does */
    uint8_t timer;    /* its number */
    bool slept;       /* it expired */
    bool hurry;       /* the machine is not to sleep on */
    bool no_timers;   /* the terminal refused one */
    bool own_switch;  /* the reset that is under way brings the machine's own switch */
    bool switched;    /* another profile was enabled since the machine wanted it */
    bool trouble;     /* some server was not reached since the machine slept */
    bool waiting;     /* it sleeps because of that */
    bool listening;   /* location status is in the event list, or cannot be */
    bool more_time;   /* MORE TIME is in the queue */

    struct device device;
    struct isdr_side isdr;
    struct exchange exchange;
    struct believer eims[IPA_EIMS], smdp;
    struct web web;
    alignas(uint64_t) uint8_t memory[IPA_MEMORY];
};

static inline slice slice_of_bytes(struct ipa_bytes b)
{
    return (slice){ b.p, b.n };
}
static inline struct ipa_bytes bytes_of_slice(slice s)
{
    return (struct ipa_bytes){ s.p, s.n };
}

#endif
