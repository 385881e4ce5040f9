/*
 * The terminal's side of the toolkit for tests: FETCH, the command taken apart, TERMINAL RESPONSE
 * with whatever result, ENVELOPEs.
 */
#ifndef DUNLIN_TESTS_UICC_TERMINAL_H
#define DUNLIN_TESTS_UICC_TERMINAL_H

#include "euicc/cat.h"
#include "euicc/uicc_card.h"

/* All commands and events of cat.h, TCP and UDP; mode 09 of REFRESH. */
#define TERMINAL_ALL                                                                               \
    "80100000 22 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"

struct fetched {
    uint8_t number, type, qualifier, device;
    slice tlvs; /* behind the device identities; in u->reply */
};

/* A STATUS, which must say that a command waits; FETCH; its fixed part is checked. */
struct fetched terminal_fetch(struct uicc *u);
/* Same, and the type must be this one. */
struct fetched terminal_fetch_type(struct uicc *u, uint8_t type);
/* Nothing waits. */
void terminal_idle(struct uicc *u);
/* TERMINAL RESPONSE with the result TLV's value and further TLVs, both in hex. Its status word. */
uint16_t terminal_respond(struct uicc *u, const struct fetched *f, const char *result,
                          const char *tlvs);
/* terminal_fetch_type and terminal_respond. */
void terminal_do(struct uicc *u, uint8_t type, const char *result, const char *tlvs);
/* ENVELOPE with this BER-TLV's content. */
uint16_t terminal_envelope(struct uicc *u, uint8_t tag, const char *tlvs);

#endif
