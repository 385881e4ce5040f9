/*
 * Software eUICCs for measuring, and the other side of each: an LPA with an SM-DP+ and an eIM
 * behind it, whose keys and signatures are real. Only the card's processor time counts.
 *
 * All cards of a ground lie in one reservation of address space: the card's block and the two
 * halves of its NVM. Pages become memory when a card touches them.
 */
#ifndef DUNLIN_CMD_BENCH_EUICC_H
#define DUNLIN_CMD_BENCH_EUICC_H

#include "cmd/bench_nvm.h"
#include "cmd/bench_server.h"
#include "euicc/isdr/isdr.h"
#include "euicc/ota/ota.h"
#include "profile/identity.h"
#include "reader/terminal.h"

struct bench_euicc {
    struct personality personality;
    struct card_personality card_personality;
    struct card_app_entry apps[3];
    uint8_t *certificate; /* CERT.EUICC, owned */
    struct bench_nvm nvm;
    struct nvm nvm_interface;
    uint8_t *memory;
    size_t size;
    struct card *card;
};

struct bench_ground {
    struct bench_server keys; /* the hierarchy; no server is started */
    struct identity dp_pb;
    uint8_t *base;
    size_t stride, memory, total;
    uint32_t half;
    struct bench_euicc *cards;
    unsigned count;
};

/* Room for `count` cards of so many octets of objects and of each NVM half. Complains on stderr. */
MUST_USE bool bench_ground_open(struct bench_ground *g, unsigned count, size_t object_octets,
                                size_t half_octets);
/* Closes the cards, too. */
void bench_ground_close(struct bench_ground *g);

/* Card i (from 0) with an EID, key and CERT.EUICC of its own and an empty NVM, powered on. */
MUST_USE bool bench_euicc_open(struct bench_ground *g, unsigned i);
/* Power off and on: the block begins anew, what stands in the NVM remains. */
MUST_USE bool bench_euicc_power(struct bench_euicc *e);
/* Octets of the card's block in use, and what of it are objects. */
size_t bench_euicc_used(const struct bench_euicc *e, size_t *objects);

/* ---- who talks to the card ---- */

struct bench_lpa {
    struct bench_ground *ground;
    struct bench_euicc *e;
    struct card_link link;
    struct terminal t; /* ISD-R on channel 1 */
    struct arena arena;
    double card_us;   /* processor time of the card since the last download began */
    unsigned apdus;   /* since then */
    int64_t sequence; /* of the last installation result */

    /* the eIM */
    struct signer eim;
    int64_t counter;
};

void bench_lpa_init(struct bench_lpa *l, struct bench_ground *g);
void bench_lpa_close(struct bench_lpa *l);
/* Opens channel 1 with ISD-R on this card. */
MUST_USE bool bench_lpa_take(struct bench_lpa *l, struct bench_euicc *e);
/* A whole download with mutual authentication, up to the installation result of success. */
MUST_USE bool bench_lpa_download(struct bench_lpa *l, slice package, slice metadata);

/* RemoveNotificationFromList for its result, as when the SM-DP+ has it. */
MUST_USE bool bench_lpa_acknowledge(struct bench_lpa *l);

enum bench_state { BENCH_ENABLE = 0x31, BENCH_DISABLE = 0x32, BENCH_DELETE = 0x33 };
/* EnableProfile, DisableProfile or DeleteProfile of ES10c, without refresh; ok(0) is expected. */
MUST_USE bool bench_lpa_set(struct bench_lpa *l, enum bench_state to,
                            const uint8_t iccid[ICCID_LEN]);
/* AddInitialEim for this LPA's eIM. */
MUST_USE bool bench_lpa_associate(struct bench_lpa *l);
/* A package of that eIM, signed outside of the card's time, which enables the profile. */
MUST_USE bool bench_lpa_package(struct bench_lpa *l, const uint8_t iccid[ICCID_LEN]);

/* ---- profiles ---- */

struct bench_profile {
    slice package, metadata;
    struct profile_identity who;
};
/*
 * Profile number n with numbers and keys of its own, the same at each call but for PINs: a copy of
 * `from`, or where it is absent the project's test profile. In the arena.
 */
MUST_USE enum err bench_profile_make(const struct crypto *c, slice from, unsigned n,
                                     struct arena *a, struct bench_profile *out);

/* Many cards at the same time, each with a profile made from `from`; prints its lines. */
MUST_USE bool bench_cards(const struct bench_args *args, slice from);

#endif
