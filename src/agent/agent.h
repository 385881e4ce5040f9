/*
 * The IPA in a Linux device: drives the machine of include/dunlin/ipa.h with a card behind a
 * card_link and servers behind an HTTPS client, and performs what the card asks of a terminal
 * (REFRESH). Blocking; one thread at a time.
 *
 * Nothing durable is kept here: after a crash the agent is opened again and finds in the card what
 * was not delivered.
 */
#ifndef DUNLIN_AGENT_AGENT_H
#define DUNLIN_AGENT_AGENT_H

#include "dunlin/ipa.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "reader/reader.h"

struct agent;

/* Borrowed until agent_close. */
struct agent_options {
    const struct card_link *link;
    const struct hosts *hosts; /* names to addresses before DNS is asked; NULL: none */

    /* CI certificates (DER) under which SM-DP+ servers are believed, with their role OID. */
    const slice *smdp_ca;
    size_t smdp_ca_count;
    /* For an eIM whose configuration on the card names no key or certificate (A6 absent): DER
       certificates that are believed; none: the machine's trust store. */
    const slice *eim_ca;
    size_t eim_ca_count;

    const struct tls_revocation *revocation; /* of servers' certificates; NULL: none */

    bool asn1_es9plus; /* ES9+ in its ASN.1 binding */
    bool direct;       /* this device reaches SM-DP+ servers itself; also when neither is set */
    bool indirect;     /* the eIM relays: downloads, and notifications unless direct */
    slice device_info; /* DeviceInfo 30..; absent: a TAC of zeros, LTE */
    slice initial_eim; /* AddInitialEimRequest BF57.., or absent */
    uint32_t poll_ms;  /* between polls; 0: an hour */
    uint32_t retry_ms; /* between attempts to deliver; 0: ten seconds */

    /* What happens; may be NULL. */
    void (*note)(void *ctx, enum ipa_note note, int64_t number, slice text);
    /* Each eIM as the card has it, EimConfigurationData 30.., before the first poll. */
    void (*eim)(void *ctx, slice configuration);
    void *ctx;
};

/* Resets the card and announces the terminal. Errors of the link, E_MEMORY, E_NETWORK. */
MUST_USE enum err agent_open(const struct agent_options *options, struct agent **out);

/*
 * Goes on until there is nothing to do before *wake_ms (agent_now_ms), or the card is gone for good
 * (E_CLOSED, E_NETWORK). To be called again then.
 */
MUST_USE enum err agent_run(struct agent *a, uint64_t *wake_ms);

/* Milliseconds of a clock that does not go back. */
uint64_t agent_now_ms(void);

/* NULL is allowed. */
void agent_close(struct agent *a);

#endif
