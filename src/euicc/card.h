/*
 * A card: bytes in, bytes out (TS 102 221), in one block of memory that the caller hands in.
 *
 * One APDU is one transaction: its changes are durable before the reply leaves, or not made. Any
 * byte string gets a status word. A card is not thread safe; different cards share nothing.
 *
 * Two kinds of things answer. *Applications* (struct card_app: ISD-R, ECASD) are part of the card
 * and selectable in any state. Everything else - MF, files, NAAs, security domains - is looked up
 * in the enabled profile only (profiles.h); without one there is a minimal MF.
 */
#ifndef DUNLIN_EUICC_CARD_H
#define DUNLIN_EUICC_CARD_H

#include "euicc/apdu.h"
#include "euicc/objects.h"

struct crypto;
struct card;

#define CARD_CHANNELS  20
#define CARD_PRIVATE   CARD_CHANNELS /* the channel of card_command_app */
#define CARD_APPS      4
#define CARD_REPLY_MAX 258 /* a short reply with its status word */
#define CARD_AID_MAX   16

/* Object ids: who owns which (objects.h). 0 is nobody's. */
enum {
    CARD_OBJECTS = 0x00000001, /* .. 00FFFFFF the UICC half, card-wide */
    ISDR_OBJECTS = 0x01000000, /* .. 0FFFFFFF ISD-R: eIMs, notifications, counters, keys */
    ISDR_OBJECTS_LAST = 0x0FFFFFFF,
    IPAE_OBJECTS = 0x10000000,        /* .. 1FFFFFFF the IPA in the card */
    PROFILE_OBJECTS = (int)0x80000000 /* .. EFFFFFFF profile trees, see profiles.h */
};

/*
 * An application that is part of the card; without an AID it cannot be selected. `state` is
 * state_octets of zeroed memory in the card's block, aligned for uint64_t. Handlers change durable
 * state through card_objects() only; the card commits after they return, unless the reply is 6581,
 * 6A84 or 6F00: then it aborts. Every handler but `boot` may be NULL. A reply comes empty, with sw
 * 9000.
 */
struct card_app {
    slice aid;
    const char *name;
    size_t state_octets;

    /* Once, after power-on: check and mend what the objects say. Changes are committed. */
    enum err (*boot)(struct card *card, void *state, const void *config);
    /* SELECT by AID on this channel: fill in the FCI. The channel belongs to the application
       unless sw says otherwise (not 9000, 61XX, 62XX). */
    void (*select)(struct card *card, void *state, const struct apdu *apdu, struct reply *out);
    /* Any command on a channel that the application owns, except MANAGE CHANNEL, SELECT and
       GET RESPONSE. Commands it does not know: sw 6D00. */
    void (*command)(struct card *card, void *state, const struct apdu *apdu, struct reply *out);
    /* The channel is closed or another application is selected on it. */
    void (*deselect)(struct card *card, void *state, uint8_t channel);
    /* Reset: sessions and block chains are void. Objects are not touched by the card. */
    void (*reset)(struct card *card, void *state);
    /* card_close: what lies outside of the block (TLS in the provider) is given back. */
    void (*close)(struct card *card, void *state);
    /*
     * The enabled profile changed from one root to another (0: none), by card_profile_switch of
     * profiles.h at its due time, inside the transaction of the change: durable state that goes
     * with it (notifications, rollback) is written here.
     */
    void (*switched)(struct card *card, void *state, uint32_t from, uint32_t to);

    /*
     * ENVELOPE (SMS-PP DOWNLOAD), TS 31.111 7.1.1: its value. The reply's octets become the user
     * data of the SMS-DELIVER-REPORT. The first application that has this handler gets it.
     */
    void (*sms_pp)(struct card *card, void *state, slice tlvs, struct reply *out);
    /*
     * A command, also under GlobalPlatform's secure messaging, on a channel on which a security
     * domain of the enabled profile is selected: its number in registry.h. domain_left: it is no
     * more selected there. The first application that has this handler gets both.
     */
    void (*domain)(struct card *card, void *state, uint16_t number, const struct apdu *apdu,
                   struct reply *out);
    void (*domain_left)(struct card *card, void *state, uint8_t channel);

    /*
     * What the application does by itself: after every command of the terminal but GET RESPONSE,
     * when that one's transaction is settled and before its answer leaves. What it changes through
     * card_command_app is settled there, each command by itself; other changes are settled when
     * it returns.
     */
    void (*work)(struct card *card, void *state);
};

/* An application and what it is configured with (card certificates, EID ...; its own type). */
struct card_app_entry {
    const struct card_app *app;
    const void *config;
};

/* What distinguishes this card from others. Borrowed for the life of the card. */
struct card_personality {
    slice atr; /* absent: that of TS 102 221 with eUICC bits, see card_atr */
    bool extended_apdu;
    uint8_t channels;         /* 1..20; 0: all 20 */
    uint16_t poll_interval_s; /* asked for by POLL INTERVAL after TERMINAL PROFILE; 0: not */
    const struct card_app_entry *apps;
    size_t app_count; /* at most CARD_APPS */
};

/*
 * Octets that `mem` needs for a card that is to hold `object_octets` of objects and scratch. Size
 * of the object part for one TS.48 profile: 40 KB.
 */
size_t card_size(const struct card_personality *personality, size_t object_octets);

/*
 * Power on. mem (aligned for uint64_t), nvm, crypto and personality are borrowed until the last
 * use of the card. What an earlier power cut left of an installation is swept away, a profile
 * switch that waited for a reset is done. NULL when mem is too small or the NVM fails: *why says.
 */
struct card *card_boot(void *mem, size_t size, const struct nvm *nvm, const struct crypto *crypto,
                       const struct card_personality *personality, enum err *why);

/* Warm reset: channels, PIN status, proactive commands and pending replies are cleared. */
void card_reset(struct card *card);

/*
 * One command APDU, one response with its status word in out[0 .. n). Returns n >= 2. cap is at
 * least CARD_REPLY_MAX (65538 where personality->extended_apdu).
 */
size_t card_apdu(struct card *card, slice command, uint8_t *out, size_t cap);

slice card_atr(const struct card *card);

/* Applications close, and the whole block is wiped; the NVM keeps what was committed. */
void card_close(struct card *card);

/* ---- for applications ---- */

struct objects *card_objects(struct card *card);
const struct crypto *card_crypto(const struct card *card);
const struct card_personality *card_personality(const struct card *card);
/* The state of one of personality->apps; NULL when it is not there. */
void *card_app_state(struct card *card, const struct card_app *app);

/*
 * A command of the card's own to one of its applications, only from `work`: on CARD_PRIVATE, which
 * is none of the terminal's channels, and a transaction of its own. out: empty, with sw 9000 and a
 * buffer of the caller's. E_NOTFOUND: the card does not have the application.
 */
MUST_USE enum err card_select_app(struct card *card, const struct card_app *app, struct reply *out);
MUST_USE enum err card_command_app(struct card *card, const struct card_app *app,
                                   const struct apdu *apdu, struct reply *out);

/* The value of the last TERMINAL CAPABILITY (tag A9) since reset; absent when none came. */
slice card_terminal_capability(const struct card *card);
/* The last TERMINAL PROFILE since reset; absent when none came: then no proactive command leaves.
 */
slice card_terminal_profile(const struct card *card);

/* A proactive command waits or is with the terminal (cat.h): profile switches with refresh answer
 * catBusy(5). */
bool cat_busy(const struct card *card);

#endif
