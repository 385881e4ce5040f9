/*
 * libdunlin-ipa: the IoT Profile Assistant of SGP.32 (IPAd) as a machine without heap and without
 * I/O. It asks for one thing at a time and is fed the answer:
 *
 *     struct ipa *ipa = ipa_init(memory, sizeof memory, &options);
 *     struct ipa_event e = { .kind = IPA_START, .now_ms = clock() };
 *     for (;;) {
 *         struct ipa_want w = ipa_step(ipa, &e);
 *         e = do_what_it_wants(&w);
 *     }
 *
 * All memory is the caller's: IPA_MEMORY octets, aligned for uint64_t, buffers included. A Bound
 * Profile Package is never held: it is cut into STORE DATA blocks as its octets arrive. Nothing
 * that matters is kept here: results and notifications stay in the eUICC until they are
 * acknowledged, so that the machine may be thrown away and started again at any moment.
 *
 * What it does: start (TERMINAL CAPABILITY, channel, ISD-R, EID, eIMs); for each eIM in turn the
 * retrieval loop (eUICC packages, eUICC data requests, download triggers), results with their
 * notifications, acknowledgements; downloads directly from the SM-DP+ (ES9+, JSON or ASN.1) or
 * relayed by the eIM; immediate enabling; notifications to their addresses; rollback when a result
 * cannot be delivered. What it does not do: injection (TransferEimPackage), confirmation codes
 * other than those the eIM supplies.
 */
#ifndef DUNLIN_IPA_H
#define DUNLIN_IPA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Octets for ipa_init: everything, with both buffers. The build prints what is used of it. */
#define IPA_MEMORY 15360

/* Limits. A message past them is refused, and reported. */
#define IPA_NET_MAX  6144 /* one message of a server (not a Bound Profile Package), or to it */
#define IPA_CARD_MAX 4096 /* one answer of the eUICC */
#define IPA_EIMS     4    /* associated eIMs that are polled */
#define IPA_NAME_MAX 128  /* octets of an eIM id or address */

struct ipa;

struct ipa_bytes {
    const uint8_t *p;
    size_t n;
};

/* ipaFeatures (SGP.32 2.11.2.2); bits 2 to 4 tell of work that the eIM does for this device. */
enum {
    IPA_FEATURE_DIRECT = 1 << 0,             /* this device reaches SM-DP+s itself */
    IPA_FEATURE_INDIRECT = 1 << 1,           /* downloads may be relayed by the eIM */
    IPA_FEATURE_EIM_KEEPS_DATA = 1 << 2,     /* eimDownloadDataHandling */
    IPA_FEATURE_EIM_MAKES_CTX = 1 << 3,      /* eimCtxParams1Generation */
    IPA_FEATURE_EIM_CHECKS_METADATA = 1 << 4 /* eimProfileMetadataVerification */
};

/* What happens, for logs and consoles. The number depends on the note. */
#define IPA_NOTES(X)                                                                               \
    X(STARTED, "ISD-R selected; number: eIMs configured")                                          \
    X(NO_EUICC, "no eUICC answers; number: status word")                                           \
    X(NO_EIM, "no eIM is configured")                                                              \
    X(CARD_ERROR, "the eUICC refused a command; number: status word, 0: answer unusable")          \
    X(CARD_LOST, "the card does not answer")                                                       \
    X(POLL, "asking an eIM for a package; text: its id")                                           \
    X(POLL_EMPTY, "no package waits")                                                              \
    X(POLL_ERROR, "the eIM refused; number: eimPackageError")                                      \
    X(NET_ERROR, "a server was not reached or its answer unusable; number: HTTP status")           \
    X(PACKAGE, "eUICC package loaded; number: 0 result, 1 error, 2 unsigned error")                \
    X(SWITCH, "a profile switch is due")                                                           \
    X(DELIVERED, "result accepted by the eIM; number: acknowledgements")                           \
    X(REFUSED, "result refused by the eIM; number: provideEimPackageResultError")                  \
    X(UNDELIVERED, "result kept in the eUICC for a later attempt")                                 \
    X(ROLLBACK, "profile rollback; number: cmdResult")                                             \
    X(DATA, "eUICC data requested; number: 0, or the error answered")                              \
    X(TRIGGER, "profile download triggered; text: address")                                        \
    X(TRIGGER_UNUSABLE, "download data unusable; number: 1 activation code, 2 no default SM-DP+, " \
                        "3 no SM-DS or no event of it")                                            \
    X(SERVER_REFUSED, "a server refused; text: subject/reason; number: error integer or 0")        \
    X(SERVER_MISMATCH, "the server is not the expected one, or its answer inconsistent")           \
    X(EUICC_REFUSED, "the eUICC refused the session; number: its error code")                      \
    X(CODE_REQUIRED, "a confirmation code is required and not at hand")                            \
    X(PPR_REFUSED, "policy rules of the profile are not allowed on this eUICC")                    \
    X(METADATA_MISMATCH, "the package announces another profile than the server did")              \
    X(LOADING, "Bound Profile Package: segments follow")                                           \
    X(INSTALLED, "profile installed; number: notification sequence number")                        \
    X(NOT_INSTALLED, "installation failed; number: errorReason")                                   \
    X(IMMEDIATE_ENABLE, "immediate enable; number: result, 1 means not configured")                \
    X(CANCELLED, "download session cancelled; number: reason")                                     \
    X(NOTIFIED, "notification delivered; number: sequence number")                                 \
    X(NOT_NOTIFIED, "notification kept for a later attempt; number: sequence number")              \
    X(PACKAGE_UNUSABLE, "unusable package; number: eimPackageResultErrorCode answered")

enum ipa_note {
#define X(name, text) IPA_NOTE_##name,
    IPA_NOTES(X)
#undef X
        IPA_NOTE_COUNT
};
/* The sentence of the list; never NULL. */
const char *ipa_note_text(enum ipa_note n);

/* Everything is borrowed until the last step. A zero takes the default behind it. */
struct ipa_options {
    unsigned features;                /* IPA_FEATURE_DIRECT ..; 0: IPA_FEATURE_DIRECT */
    bool asn1_es9plus;                /* ES9+ in its ASN.1 binding; default JSON */
    struct ipa_bytes device_info;     /* DeviceInfo, DER 30..; needed for downloads */
    struct ipa_bytes r_plmn;          /* 3 octets, or none */
    struct ipa_bytes add_initial_eim; /* AddInitialEimRequest BF57.., sent when no eIM is known */
    const char *user_agent;           /* "gsma-rsp-ipad" */
    uint32_t poll_ms;                 /* 3600000 between polls */
    uint32_t retry_ms;                /* 10000 between attempts to deliver a result */
    unsigned attempts;                /* 3, then rollback where permitted */
    unsigned block;    /* 255 octets of data in a STORE DATA; fewer for poor modems */
    unsigned packages; /* 16 packages of one eIM in a poll, then the next eIM */

    void (*note)(void *ctx, enum ipa_note note, int64_t number, struct ipa_bytes text);
    /* Each eIM read from the eUICC, as EimConfigurationData 30..: for its TLS trust. */
    void (*eim)(void *ctx, unsigned index, struct ipa_bytes configuration);
    void *ctx;
};

/* NULL: size too small. Wipes the memory first. */
struct ipa *ipa_init(void *memory, size_t size, const struct ipa_options *options);

enum ipa_event_kind {
    IPA_START,       /* once; the card has been powered or reset */
    IPA_CARD_ANSWER, /* data: a response APDU with its status word */
    IPA_CARD_LOST,   /* the card could not be reached */
    IPA_CARD_RESET,  /* the card has been reset; at any time */
    IPA_NET_STATUS,  /* number: HTTP status of the answer */
    IPA_NET_DATA,    /* data: octets of the answer's body */
    IPA_NET_END,     /* the body is complete */
    IPA_NET_FAILED,  /* no answer, or not a complete one */
    IPA_TIME         /* time passed; number 1: do not wait any longer */
};

struct ipa_event {
    enum ipa_event_kind kind;
    struct ipa_bytes data;
    int number;
    uint64_t now_ms; /* a clock that does not go back */
};

enum ipa_want_kind {
    IPA_WANT_APDU,     /* transmit data; then IPA_CARD_ANSWER or IPA_CARD_LOST */
    IPA_WANT_EXCHANGE, /* POST; then IPA_NET_STATUS, or IPA_NET_FAILED */
    IPA_WANT_DATA,     /* IPA_NET_DATA, IPA_NET_END or IPA_NET_FAILED */
    /*
     * Let the card switch its profile: fetch and perform pending proactive commands (REFRESH), come
     * back with IPA_CARD_RESET when the card was reset and connectivity tried; IPA_TIME when there
     * was nothing to do.
     */
    IPA_WANT_SWITCH,
    IPA_WANT_CARD, /* the card is gone: IPA_CARD_RESET when there is one again */
    IPA_WANT_TIME  /* nothing before wake_ms; then IPA_TIME */
};

/*
 * Who is called: an eIM, an SM-DP+, an SM-DS; or where an event leads, an SM-DP+ or another SM-DS.
 * Their certificates say so by their role.
 */
enum ipa_interface { IPA_ESIPA, IPA_ES9PLUS, IPA_ES11, IPA_ES9PLUS_OR_ES11 };

struct ipa_want {
    enum ipa_want_kind kind;
    /*
     * Octets of the event's data that were taken. Where fewer than n, the rest belongs to the next
     * IPA_NET_DATA; it can be dropped when the next want is neither IPA_WANT_APDU nor
     * IPA_WANT_DATA.
     */
    size_t used;
    struct ipa_bytes data; /* the command APDU */
    uint64_t wake_ms;

    /* Of an exchange. Valid until its answer is fed. */
    struct {
        enum ipa_interface interface;
        unsigned eim;          /* index of the eIM (IPA_ESIPA) */
        struct ipa_bytes host; /* name, perhaps with :port */
        const char *path;      /* "/gsma/rsp2/asn1" */
        const char *content_type;
        const char *protocol; /* X-Admin-Protocol */
        const char *user_agent;
        struct ipa_bytes body;
    } http;
};

struct ipa_want ipa_step(struct ipa *ipa, const struct ipa_event *event);

/* The name of the present phase, for logs. */
const char *ipa_phase(const struct ipa *ipa);
/* The EID, 16 octets; absent before it was read. */
struct ipa_bytes ipa_eid(const struct ipa *ipa);
/* Tells all eIMs at their next poll that profiles changed (stateChangeCause, SGP.32 6.3.2.6). */
void ipa_state_changed(struct ipa *ipa, int cause);
/* While the Emergency Profile is on, data requests are answered ecallActive. */
void ipa_emergency(struct ipa *ipa, bool on);

#ifdef __cplusplus
}
#endif

#endif
