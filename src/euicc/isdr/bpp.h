/*
 * A bound profile package as a stream (SGP.22 2.5.3, 2.5.4, 5.5, 5.7.6): octets in, cut anywhere;
 * deciphered commands out to a sink. At most one protected TLV is held at a time, BF36 never.
 *
 *     BF36 { BF23, A0 { 87.. }, A1 { 88.. }, [A2 { 87.. }], A3 { 86.. } }
 *
 * The stream checks structure, InitialiseSecureChannel, every MAC and the ReplaceSessionKeys; what
 * the commands say is for the sink. The first failure ends the stream: `reason` and `command` are
 * then what ProfileInstallationResult reports (SGP.22 2.5.6).
 */
#ifndef DUNLIN_EUICC_ISDR_BPP_H
#define DUNLIN_EUICC_ISDR_BPP_H

#include "base/text.h"
#include "crypto/bsp.h"
#include "rsp/sgp22_values.h"

/* errorReason of success, beside enum bpp_error_reason */
#define BPP_OK 0

/* What the session knows when the package comes. Borrowed until bpp_close. */
struct bpp_session {
    slice tid;
    uint8_t eid[EID_LEN];
    enum curve curve; /* of CERT.DPpb and both one-time keys */
    const struct ec_point *dppb;
    const struct ec_scalar *otsk;
    const struct ec_point *otpk;
};

/* Each answers BPP_OK or the errorReason. `last`: the group ends with these octets. */
struct bpp_sink {
    void *ctx;
    int (*secured)(void *ctx);                           /* BF23 is accepted */
    int (*configure_isdp)(void *ctx, slice request);     /* BF24, whole */
    int (*metadata)(void *ctx, slice octets, bool last); /* of BF25 */
    int (*elements)(void *ctx, slice octets, bool last); /* of the profile package */
};

#define BPP_COMMAND_MAX 160 /* octets of BF24 or BF26 */

struct bpp {
    const struct crypto *crypto;
    struct bpp_session session;
    struct bpp_sink sink;
    struct bsp bsp;
    uint8_t *buffer; /* one protected TLV, of size octets */
    size_t size, have;
    uint8_t step;
    bool inside;         /* in the group of this step */
    bool ended, failed;  /* no more octets are wanted; one of them is set */
    uint8_t command;     /* enum bpp_command_id in progress */
    uint8_t reason;      /* enum bpp_error_reason of the failure */
    size_t package_left; /* octets to come, as BF36 announced */
    size_t group_left;
    uint8_t request[BPP_COMMAND_MAX];
    size_t request_n;
};

/*
 * buffer holds one protected TLV and bounds it; 1020 octets are the size that SGP.22 2.5.3 allows.
 * It is used in place for deciphering. buffer, session's pointers and sink's ctx are borrowed.
 */
void bpp_open(struct bpp *b, const struct crypto *crypto, const struct bpp_session *session,
              const struct bpp_sink *sink, uint8_t *buffer, size_t size);
/*
 * The next octets. E_OK: go on, or the end is reached (b->ended). E_REFUSED: the stream failed, now
 * or before (b->failed). E_TRAILING: octets behind the end.
 */
MUST_USE enum err bpp_feed(struct bpp *b, slice octets);
/* Not in the middle of an element: a new command may begin here. */
static inline bool bpp_between(const struct bpp *b)
{
    return b->have == 0;
}
/* Wipes keys and plaintext. */
void bpp_close(struct bpp *b);

#endif
