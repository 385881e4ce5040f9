/*
 * The card's side of a download, as cheap as it can be: real keys and signatures, and nothing else.
 * It is the client of the SM-DP+ benchmark, so that what is measured is the server.
 */
#ifndef DUNLIN_CMD_BENCH_CARD_H
#define DUNLIN_CMD_BENCH_CARD_H

#include "base/text.h"
#include "pki/testci.h"
#include "rsp/json/json.h"

struct bench_card {
    const struct crypto *crypto;
    const struct cert *ci; /* borrowed */
    slice eum;             /* CERT.EUM, borrowed */
    uint8_t eid[EID_LEN];
    struct signer signer;
    uint8_t memory[CERT_ISSUE_MAX];
    slice certificate; /* CERT.EUICC, in memory */
    slice smdp_oid;    /* content of the OID, borrowed */

    uint8_t tid[16];
    size_t tid_n;
    struct ec_sig signature1;
    long seq; /* of the last notification */
};

/* Card number n of the hierarchy whose EUM is given. */
MUST_USE enum err bench_card_open(struct bench_card *card, const struct crypto *crypto,
                                  const struct cert *ci, const struct identity *eum, uint64_t n);
void bench_card_close(struct bench_card *card);

/* The JSON bodies of the four ES9+ calls, in the arena; each takes the answer to the one before. */
MUST_USE enum err bench_card_initiate(struct bench_card *card, slice address, struct arena *a,
                                      slice *body);
MUST_USE enum err bench_card_authenticate(struct bench_card *card, slice answer, slice matching_id,
                                          struct arena *a, slice *body);
MUST_USE enum err bench_card_prepare(struct bench_card *card, slice answer, struct arena *a,
                                     slice *body);
/* E_REFUSED when the answer is not a bound package. */
MUST_USE enum err bench_card_notify(struct bench_card *card, slice answer, slice address,
                                    const uint8_t iccid[10], struct arena *a, slice *body);

#endif
