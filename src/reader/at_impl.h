/* Shared by the files of the modem: at.c reads lines, the others do what they say. */
#ifndef DUNLIN_READER_AT_IMPL_H
#define DUNLIN_READER_AT_IMPL_H

#include "reader/at.h"

/* TS 27.007 9.2: what follows +CME ERROR. 0 is OK; AT_ERROR is ERROR whatever +CMEE says. */
enum at_result {
    AT_OK = 0,
    AT_NOT_ALLOWED = 3,
    AT_NOT_SUPPORTED = 4,
    AT_PIN_REQUIRED = 11,
    AT_PUK_REQUIRED = 12,
    AT_SIM_FAILURE = 13,
    AT_WRONG_PASSWORD = 16,
    AT_NOT_FOUND = 22,
    AT_PARAMETERS = 50,
    AT_ERROR = -1
};

#define AT_ARGS_MAX 8

/* Values between commas, quotes taken off. An omitted value is absent. */
struct at_args {
    slice value[AT_ARGS_MAX];
    size_t count;
};

/* Decimal digits only, at most `max`. */
bool at_number(slice text, unsigned max, unsigned *out);

void at_put(const struct at *at, const char *text);
void at_put_hex(const struct at *at, slice octets);

/* at_card.c and at_access.c. Each prints its information response; the result code is the caller's.
 */
typedef enum at_result at_run(struct at *at, const struct at_args *args);

at_run at_cpin_read, at_cpin_set, at_cimi, at_ccid, at_iccid;
at_run at_csim, at_crsm, at_ccho, at_cgla, at_cchc;

/*
 * The modem's own exchange on the basic channel: the answer is in at->card.data, its status word in
 * at->card.sw.
 */
enum err at_own(struct at *at, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, slice data,
                int le);
enum err at_select_fid(struct at *at, uint16_t fid);
enum err at_select_usim(struct at *at);
bool at_selected(const struct at *at);
/* A command of the terminal equipment as it is; 91XX is the modem's business and given as 9000. */
enum err at_pass(struct at *at, slice command, slice *response);
/* After a failed exchange: powers the card on again, as a modem does that lost its card. */
enum at_result at_lost(struct at *at);

/* Powers the card on, sends TERMINAL PROFILE. Sessions are over. */
enum err at_power_on(struct at *at);
/* FETCHes and answers what waits, with its unsolicited lines. */
void at_proactive(struct at *at);

#endif
