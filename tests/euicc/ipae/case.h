/*
 * Cards with an IPA of their own, each in a terminal (phone.h), and the orders that they get from
 * the servers of house.h.
 */
#ifndef DUNLIN_TESTS_IPAE_CASE_H
#define DUNLIN_TESTS_IPAE_CASE_H

#include "euicc/ipae/house.h"
#include "euicc/ipae/ipae.h"
#include "euicc/ipae/phone.h"
#include "euicc/isdr/personality_files.h"
#include "euicc/profiles.h"

#define CARD_HALF         400000u
#define CARD_OBJECTS_MOST (256u << 10)

struct card_case {
    struct house *house;
    struct personality personality;
    struct personality_files files;
    struct ipae_personality ipae;
    struct card_app_entry apps[3];
    struct card_personality card_personality;
    struct nvm nvm;
    struct nvm_ram ram;
    uint8_t *octets, *memory;
    size_t memory_size;
    struct card *card;
    struct phone phone;
};

/* A new card without power, whose IPA has the eIM to begin with, and which the eIM knows. */
void case_open(struct card_case *c, struct house *h, enum house_trust trust);
/* The same with less room for objects. */
void case_open_small(struct card_case *c, struct house *h, size_t object_octets);
void case_close(struct card_case *c);
/* Power on, reset by the terminal. False: the power went again meanwhile. */
bool case_power(struct card_case *c);
/* The IPA works until it sleeps; then it is woken, so often. Stops when the power goes. */
void case_run(struct card_case *c, unsigned sleeps);
/* The same until the order has ended. */
enum house_outcome case_order(struct card_case *c, int64_t id, unsigned sleeps);
/* An ES10 function of the device's own, on the basic channel: its answer, of one part, is in
 * phone.out. The last status word. */
uint16_t case_es10(struct card_case *c, slice request);
/* enum profile_state of an installed profile; -1: it is not there. */
int case_profile(struct card_case *c, const struct stock *s);

#endif
