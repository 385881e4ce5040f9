/*
 * A scripted world around an IPA: a card and servers that answer by rules, a clock, and a log of
 * what was asked, which the tests compare with what the specification wants.
 *
 * The log has one entry per ES10 function ("BF3E"), per segment of a package ("[BF36", "[87"), per
 * exchange ("POST eim.example BF4F", "POST dp.example initiateAuthentication"), and "SWITCH".
 */
#ifndef DUNLIN_TESTS_IPA_WORLD_H
#define DUNLIN_TESTS_IPA_WORLD_H

#include "base/arena.h"
#include "der/der.h"
#include "dunlin/ipa.h"

#define RULES_MAX 64

struct rule {
    char match[64]; /* of the card: hex prefix of the function; of a server: as in the log */
    slice answer;
    unsigned sw; /* card: 0 is 9000; server: HTTP status, 0 is 200; -1 no answer */
    int uses;    /* left; -1 any number */
};

struct world {
    struct ipa *ipa;
    uint64_t memory[IPA_MEMORY / 8];
    struct arena arena;
    uint64_t now_ms, wake_ms;

    struct rule card[RULES_MAX], net[RULES_MAX];
    unsigned card_n, net_n;
    size_t chunk; /* octets of an answer fed at a time; 0: all */

    char log[16384];
    slice bodies[64]; /* of the exchanges, in order */
    unsigned body_n;
    slice functions[256]; /* ES10 functions as the card put them together */
    unsigned function_n;
    slice apdus[512];
    unsigned apdu_n;
    char notes[4096];

    uint8_t chain[70000]; /* STORE DATA blocks so far */
    size_t chain_n;
    unsigned next_p2;
    uint8_t pending[8192]; /* answer not yet fetched */
    size_t pending_n;
    unsigned pending_sw;
    slice cut; /* card_lost_at: an answer to make the power fail */
};

void world_open(struct world *w, const struct ipa_options *o);
void world_close(struct world *w);
/* The same card and servers, a fresh IPA: power was cut. */
void world_restart(struct world *w, const struct ipa_options *o);

/* Rules are tried in order; those without uses left are passed over. */
void card_says(struct world *w, const char *match, slice answer, unsigned sw, int uses);
void server_says(struct world *w, const char *match, slice answer, int status, int uses);
/* Forgets a rule. */
void card_forgets(struct world *w, const char *match);
void server_forgets(struct world *w, const char *match);

/* Runs until the IPA wants to sleep (or `steps` are over, which fails the test). */
void run(struct world *w);
/* Lets time pass to the wake time, and runs. */
void wake(struct world *w);

/* Elements: children one after another; in the world's arena. */
slice tlv(struct world *w, uint32_t tag, unsigned n, ...);
slice hex(struct world *w, const char *digits);
slice text(const char *s);

/* Does the log have these entries, in this order, and nothing in between? */
void assert_log_has(const struct world *w, const char *entries);
unsigned log_count(const struct world *w, const char *entry);
void clear_log(struct world *w);
/* The last function of the card that begins so. */
slice last_function(const struct world *w, const char *prefix);
slice last_body(const struct world *w);
void assert_octets(slice is, slice should);

/* The card of the tests: EID, one eIM "eim1" at eim.example, nothing pending. */
void usual_card(struct world *w);
extern const uint8_t world_eid[16];
/* BF2F .. of a notification; a whole otherSignedNotification with it. */
slice notification_metadata(struct world *w, int seq, const char *address);
slice notification(struct world *w, int seq, const char *address);
/* 30 { 30, 30, 03 }: has the outer shape of a certificate. */
slice certificate(struct world *w);
slice signature(struct world *w);

#endif
