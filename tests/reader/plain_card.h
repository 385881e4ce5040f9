/* A card in static memory with ISD-R and ECASD, an EID and no keys; and a link whose answers are
 * written down beforehand. */
#ifndef DUNLIN_TESTS_PLAIN_CARD_H
#define DUNLIN_TESTS_PLAIN_CARD_H

#include "base/text.h"
#include "crypto/crypto.h"
#include "euicc/card.h"
#include "euicc/isdr/isdr.h"
#include "reader/in_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PLAIN_EID "89049032123451234500000000000186"

/* Power on; `fresh` forgets what the last one wrote. */
struct card *plain_card(bool fresh);

/* ---- answers written down ---- */

#define SCRIPT_MAX 32

struct script {
    struct {
        const char *command, *response; /* hex; NULL response: E_CLOSED */
    } step[SCRIPT_MAX];
    size_t count, at;
    unsigned resets;
};

void script_add(struct script *s, const char *command, const char *response);
/* Asserts that the commands come as written. */
struct card_link script_link(struct script *s);

/* One exchange in hex: asserts the whole response. */
void exchange(const struct card_link *link, const char *command, const char *response);

#endif
