/*
 * Command APDUs, parsed, and the reply that a handler fills (ISO 7816-4, TS 102 221 10).
 */
#ifndef DUNLIN_EUICC_APDU_H
#define DUNLIN_EUICC_APDU_H

#include "base/err.h"
#include "base/slice.h"

#define APDU_SHORT_NE 256

struct apdu {
    uint8_t cla, ins, p1, p2; /* cla as received, channel bits included */
    uint8_t channel;          /* 0..19 */
    bool gp;                  /* CLA 8X, CX or EX: proprietary class */
    bool secure;              /* GlobalPlatform secure messaging: CLA 84..87, E0..EF */
    slice data;               /* absent in cases 1 and 2; borrowed from the command */
    uint32_t ne;              /* octets expected: 0 without Le, 256 for Le = 00 */
};

/*
 * Short APDUs of all four cases and, with `extended`, extended ones. Sets *sw to the status word of
 * the first fault (6700, 6E00, 6881, 6882) and returns false.
 */
MUST_USE bool apdu_parse(slice command, bool extended, struct apdu *out, uint16_t *sw);

/* Status words, TS 102 221 10.2.1; names follow its tables. */
enum {
    SW_OK = 0x9000,
    SW_PROACTIVE = 0x9100, /* plus the length of the command that waits */
    SW_MORE = 0x6100,
    SW_WARNING_NO_INFO = 0x6200,
    SW_END_OF_FILE = 0x6282,
    SW_DEACTIVATED = 0x6283,
    SW_TERMINATED = 0x6285,
    SW_MORE_DATA = 0x62F1,
    SW_TRIES = 0x63C0,
    SW_MORE_EXPECTED = 0x63F1,
    SW_MEMORY = 0x6581,
    SW_LENGTH = 0x6700,
    SW_CHANNEL = 0x6881,
    SW_SECURE_MESSAGING = 0x6882,
    SW_FILE_STRUCTURE = 0x6981,
    SW_SECURITY = 0x6982,
    SW_BLOCKED = 0x6983,
    SW_INVALIDATED = 0x6984,
    SW_CONDITIONS = 0x6985,
    SW_NO_EF = 0x6986,
    SW_DATA = 0x6A80,
    SW_FUNCTION = 0x6A81,
    SW_NOT_FOUND = 0x6A82,
    SW_RECORD = 0x6A83,
    SW_NO_SPACE = 0x6A84,
    SW_P1P2 = 0x6A86,
    SW_LC = 0x6A87,
    SW_REFERENCE = 0x6A88,
    SW_FILE_EXISTS = 0x6A89,
    SW_AID_EXISTS = 0x6A8A,
    SW_WRONG_P1P2 = 0x6B00,
    SW_WRONG_LE = 0x6C00,
    SW_INS = 0x6D00,
    SW_CLA = 0x6E00,
    SW_UNKNOWN = 0x6F00,
    SW_TOOLKIT_BUSY = 0x9300,
    SW_MAX_VALUE = 0x9850,
    SW_AUTH_MAC = 0x9862,
    SW_AUTH_CONTEXT = 0x9864
};

struct card;

/*
 * What a handler answers. The octets gather in the card's own buffer; when that is too small they
 * move to scratch, so `p` may change with every call. Only the card keeps or sends them.
 */
struct reply {
    struct card *card;
    uint8_t *p;
    size_t n, room;
    void *scratch; /* what p lies in, when not the card's own buffer */
    uint16_t sw;
};

/*
 * n more octets at the end, to be filled by the caller; NULL when there is no memory: sw is 6A84
 * then. Calls that follow put their octets behind them.
 */
uint8_t *reply_reserve(struct reply *r, size_t n);
/* Both return false, with sw 6A84, when there is no memory. The octets may lie in an object. */
bool reply_put(struct reply *r, slice octets);
bool reply_put_octet(struct reply *r, uint8_t octet);
/*
 * Gives a scratch block of objects_lend to the reply, which answers its octets at .. at + n and
 * repays it. What was put before is dropped. For answers that are encoded back to front.
 */
void reply_take(struct reply *r, void *scratch, size_t at, size_t n);
/* Drops the octets and answers sw alone. */
void reply_sw(struct reply *r, uint16_t sw);

#endif
