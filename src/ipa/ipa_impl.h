/*
 * The inside of the IPA: one struct, one phase at a time. Internal to src/ipa.
 *
 * A phase asks for one thing - an ES10 function, an exchange, time - in its `enter`, and its `done`
 * takes the outcome and says which phase is next (the table is in machine.c).
 *
 * Two buffers are shared by all phases:
 *
 *   card   the answer of the eUICC; also answers of the eIM to a result, so that the result itself
 *          stays in `net` until it is delivered
 *   net    requests and answers of servers; a result for the eIM is built at REPORT_AT, leaving
 *          room for the heads in front of it
 */
#ifndef DUNLIN_IPA_IPA_IMPL_H
#define DUNLIN_IPA_IPA_IMPL_H

#include "dunlin/ipa.h"
#include "ipa/activation.h"
#include "ipa/bpp_stream.h"
#include "ipa/es10.h"
#include "ipa/json_stream.h"
#include "ipa/policy.h"

#define REPORT_AT    64 /* octets for the heads of BF50, 5A, and 30 or BF54 */
#define SEQS_MAX     24 /* notifications listed at a time */
#define REPORTED_MAX 32 /* sequence numbers of a report that can be acknowledged; one bit each */
#define TX_MAX       16
#define ERROR_MAX    48 /* octets of a refusing answer that is quoted to the eIM */
#define EVENTS_MAX   4  /* events of one SM-DS answer; what is more comes with the next trigger */
#define EVENT_TEXT   64
#define SMDS_DEPTH   2 /* SM-DSs that events lead to, one behind the other */
#define CI_PK_ID_MAX 32

/* name, what it is for */
#define PHASES(X)                                                                                  \
    X(OFF, "off")                                                                                  \
    X(NO_CARD, "no-card")                                                                          \
    X(TERMINAL_CAPABILITY, "terminal-capability")                                                  \
    X(OPEN_CHANNEL, "open-channel")                                                                \
    X(SELECT, "select-isdr")                                                                       \
    X(EID, "read-eid")                                                                             \
    X(EIMS, "read-eims")                                                                           \
    X(ADD_EIM, "add-initial-eim")                                                                  \
    X(NOTIFY_LIST, "notifications-list")                                                           \
    X(NOTIFY_READ, "notification-read")                                                            \
    X(NOTIFY_SEND, "notification-send")                                                            \
    X(NOTIFY_REMOVE, "notification-remove")                                                        \
    X(NEXT_EIM, "next-eim")                                                                        \
    X(STORED_RESULTS, "stored-results")                                                            \
    X(POLL, "poll")                                                                                \
    X(LOAD_PACKAGE, "load-package")                                                                \
    X(SWITCH, "profile-switch")                                                                    \
    X(REPORT_LIST, "report-list")                                                                  \
    X(REPORT_READ, "report-read")                                                                  \
    X(PROVIDE, "provide-result")                                                                   \
    X(RETRY, "retry-result")                                                                       \
    X(ACKNOWLEDGED, "acknowledged")                                                                \
    X(ROLLBACK, "rollback")                                                                        \
    X(DATA, "euicc-data")                                                                          \
    X(ADDRESSES, "configured-addresses")                                                           \
    X(INFO1, "euicc-info1")                                                                        \
    X(CHALLENGE, "euicc-challenge")                                                                \
    X(INITIATE, "initiate-authentication")                                                         \
    X(AUTHENTICATE_SERVER, "authenticate-server")                                                  \
    X(AUTHENTICATE_CLIENT, "authenticate-client")                                                  \
    X(RULES, "rules-authorisation-table")                                                          \
    X(PREPARE, "prepare-download")                                                                 \
    X(LOAD_BPP, "load-bpp")                                                                        \
    X(IMMEDIATE_ENABLE, "immediate-enable")                                                        \
    X(PIR_SEND, "installation-result-send")                                                        \
    X(CANCEL, "cancel-session")                                                                    \
    X(CANCEL_SEND, "cancel-session-send")                                                          \
    X(NEXT_EVENT, "next-event")                                                                    \
    X(TRIGGER_RESULT, "trigger-result")                                                            \
    X(SLEEP, "sleep")

enum phase {
#define X(name, text) PH_##name,
    PHASES(X)
#undef X
        PH_COUNT
};

/* What ended a phase's wait. */
struct outcome {
    enum err err; /* E_REFUSED: a status word, or an HTTP status, said no */
    slice data;   /* answer of the eUICC or the server */
};

struct ipa;

struct phase_row {
    const char *name;
    /* Asks for something. E_OK without having asked: the outcome is E_OK at once; an error
     * likewise. */
    enum err (*enter)(struct ipa *);
    enum phase (*done)(struct ipa *, const struct outcome *);
    uint64_t leads_to;
};

enum need { NEED_NOTHING, NEED_CARD, NEED_STATUS, NEED_BODY, NEED_SWITCH, NEED_TIME, NEED_A_CARD };

/* Members of server answers that are kept, as elements in `net`. */
enum piece {
    PIECE_NONE,
    PIECE_STATUS,
    PIECE_SUBJECT,
    PIECE_REASON,
    PIECE_EVENT_ID, /* of the last one; all stand in exchange.events */
    PIECE_EVENT_ADDRESS,
    PIECE_TRANSACTION_ID, /* hex text in JSON, octets in ASN.1 */
    PIECE_SIGNED,         /* serverSigned1, smdpSigned2: 30 .. */
    PIECE_SIGNATURE,      /* 5F37 .. */
    PIECE_CI_PK_ID,       /* 04 .. */
    PIECE_CERTIFICATE,    /* 30 .. */
    PIECE_METADATA,       /* BF25 .. */
    PIECE_BPP,            /* goes to the card as it comes */
    PIECE_COUNT
};

struct blob {
    uint16_t at, n; /* in net; n 0: not there */
};

enum collect {
    COLLECT_NET,  /* whole, in net */
    COLLECT_CARD, /* whole, in card */
    COLLECT_JSON, /* members as pieces */
    COLLECT_BPP   /* the package to the card, the rest as COLLECT_JSON or COLLECT_NET */
};

struct exchange {
    enum ipa_interface interface; /* IPA_ES9PLUS for an SM-DS too: the messages are the same */
    bool smds, either;
    unsigned eim;
    slice host;
    const char *path;
    slice body;
    bool json;
    enum collect collect;
    int status;
    size_t n, max; /* octets collected, and room for them, in net or card */
    bool overflow;
    bool in_bpp; /* ASN.1: what comes belongs to the package */
    struct json_stream json_stream;
    uint8_t piece; /* the one that is being collected */
    struct blob pieces[PIECE_COUNT];
    struct {
        struct blob id, address;
    } events[EVENTS_MAX];
    uint8_t event_ids, event_addresses; /* how many of each came */
};

struct eim {
    uint8_t id[IPA_NAME_MAX], host[IPA_NAME_MAX];
    uint8_t id_n, host_n;
    int64_t token;
    bool has_token, retrieves, indirect;
    int16_t state_change; /* cause to report at the next poll; -1: none */
};

struct notice {
    int64_t seq;
    uint32_t address; /* hash of its recipient */
    bool failed;
};

/* An event of an SM-DS: a download that waits for its turn (SGP.22 3.6). */
struct event {
    uint8_t id[EVENT_TEXT], address[EVENT_TEXT];
    uint8_t id_n, address_n;
    uint8_t depth; /* as download.depth */
};

struct download {
    bool indirect;
    bool smds;     /* with an SM-DS: no profile but events come of it */
    uint8_t depth; /* SM-DSs that led here; 0: no event did, so an SM-DP+ is meant */
    char text[ACTIVATION_CODE_MAX + 1];
    struct activation_code code; /* into text; address absent: the eIM knows it */
    uint8_t tx[TX_MAX], transaction_id[TX_MAX];
    uint8_t tx_n, transaction_id_n;
    uint8_t challenge[16];
    struct blob signed_part, signature, ci_pk_id, certificate, matching_id, ctx_params1, metadata,
        hash_cc;
    struct blob euicc_info1;
    bool euicc_refused; /* its error goes to the server, then the session ends */
    int64_t refusal;    /* the server's error integer */
    bool installed, pir_is_report, pir_sent;
    int64_t pir_seq;
    uint8_t cancel_reason;
    uint8_t error[ERROR_MAX];
    uint8_t error_n;
    struct bpp_stream bpp;
};

struct data_request {
    uint16_t wanted; /* bits of the table in data.c */
    uint8_t item;    /* the one at work */
    uint8_t ci_pk_id[CI_PK_ID_MAX], ci_pk_id_n;
    uint8_t criterion; /* tag of searchCriteriaNotification's arm, or 0 */
    uint8_t criterion_value[8], criterion_n;
    uint8_t tx[TX_MAX], tx_n;
    int error;
};

struct ipa {
    struct ipa_options o;
    uint64_t now_ms, wake_ms;
    enum need need;
    enum phase phase;
    bool outcome_ready;
    struct outcome outcome;

    uint8_t eid[16];
    bool has_eid, emergency;
    struct eim eims[IPA_EIMS];
    unsigned eim_count, eim; /* the present one */
    bool eims_read, initial_eim_tried;

    enum phase after_select, after_switch, after_report;
    unsigned packages; /* of the present eIM in this poll */
    unsigned failures; /* polls in a row in which something could not be delivered */
    bool trouble;      /* in this poll */
    bool changed;      /* notifications may have come up in this poll */
    bool closing;      /* the notification round at the end of the poll */

    /* the result on its way, at net + REPORT_AT */
    size_t report_n;
    size_t report_epr_n; /* of it: the package result, where notifications may follow */
    unsigned attempts;
    bool rollback_permitted;
    int64_t last_epr;    /* sequence number of the newest stored result tried in this poll */
    int64_t own_epr;     /* newest result made in this life: of these we know the rollbackFlag */
    struct blob package; /* an eUICC package request in net */
    bool eims_changed;   /* a package may have changed the configured eIMs */

    struct notice notices[SEQS_MAX];
    unsigned notice_count, notice;
    /*
     * The numbers of results and notifications that stand in the report. Nothing else is removed on
     * the word of the eIM, which could otherwise delete what is meant for others.
     */
    int64_t reported[REPORTED_MAX];
    unsigned reported_count, ack;
    uint32_t acknowledged; /* bit i: reported[i] may be removed */

    struct data_request data;
    struct event events[EVENTS_MAX];
    unsigned event_count, event; /* the next one */
    struct download d;
    struct exchange x;
    struct es10 es;
    uint8_t card[IPA_CARD_MAX];
    uint8_t net[IPA_NET_MAX];
};

_Static_assert(sizeof(struct ipa) <= IPA_MEMORY, "IPA_MEMORY holds the IPA");

/* ---- asking (machine.c) ---- */
enum err ask_card(struct ipa *ipa);                /* what es10_begin .. added, as STORE DATA */
enum err ask_simple(struct ipa *ipa, slice whole); /* an ES10 function in one piece; copied */
enum err ask_net(struct ipa *ipa, enum collect collect); /* x.interface, host, path, body are set */
enum err ask_time(struct ipa *ipa, uint64_t ms);
void note(struct ipa *ipa, enum ipa_note n, int64_t number);
void note_text(struct ipa *ipa, enum ipa_note n, int64_t number, slice text);

/* ---- helpers ---- */
static inline slice blob_of(const struct ipa *ipa, struct blob b)
{
    return b.n ? slice_of(ipa->net + b.at, b.n) : SLICE_NONE;
}
/* Where a slice into net lies. */
static inline struct blob blob_at(const struct ipa *ipa, slice s)
{
    return s.n ? (struct blob){ (uint16_t)(s.p - ipa->net), (uint16_t)s.n } : (struct blob){ 0, 0 };
}
/* The content of an outcome that is one element with this tag. E_TAG, and the outcome's error. */
enum err content_of(const struct ipa *ipa, const struct outcome *o, uint32_t tag, slice *content);
/*
 * The elements in tag { inner { .. } } as far as they are whole: an answer that was larger than the
 * buffer still gives its first elements. Absent when it is not of that shape.
 */
slice whole_elements(slice answer, uint32_t tag, uint32_t inner);
static inline uint8_t *report(struct ipa *ipa)
{
    return ipa->net + REPORT_AT;
}

/* ---- reports for the eIM (report.c) ---- */
/* Empty, with nothing to acknowledge. */
void report_begin(struct ipa *ipa);
/* What was added to the report can be acknowledged under this number. */
void report_number(struct ipa *ipa, int64_t seq);
/* Likewise a package result, when it is meant for the present eIM. */
void report_result_number(struct ipa *ipa, slice bf51);
/* EimPackageResultResponseError: A0{[80 tx],02 code}; then PH_PROVIDE. */
enum phase report_error(struct ipa *ipa, slice tx, int code);
/* Puts a head in front of report[0 .. report_n). */
void report_wrap(struct ipa *ipa, uint32_t tag);
/* Appends; false when it does not fit. */
bool report_add(struct ipa *ipa, slice octets);

/* A package result, with BF51 around it also where the card keeps it bare. */
bool report_add_result(struct ipa *ipa, slice result);

/* What a package result says. */
struct epr_view {
    slice eim_id;
    int kind; /* 0 result, 1 error, 2 unsigned error */
    int64_t seq;
    bool has_seq;
    bool switches; /* enable, disable or rollback went well: the profile changes */
};
/* In BF51, or bare as cards of SGP.32 v1.0 keep it. */
enum err epr_read(slice result, struct epr_view *out);

/* ---- wire.c: the download functions on ESipa or ES9+, as ipa->d.indirect says ---- */
enum err wire_initiate(struct ipa *ipa, slice info1);
enum err wire_authenticate(struct ipa *ipa, slice response);
enum err wire_get_bpp(struct ipa *ipa, slice response);
enum err wire_cancel(struct ipa *ipa, slice response);
/* To a server's HandleNotification; `at` is free space in net. */
enum err wire_notify(struct ipa *ipa, slice address, slice notification, size_t at);
/*
 * The answers: E_OK with the pieces in d; E_REFUSED: the server said no (noted, quoted in d.error);
 * E_UNSUPPORTED of authenticateClient: an SM-DS answered; others: unusable.
 */
enum err wire_take_initiate(struct ipa *ipa, const struct outcome *o);
enum err wire_take_authenticate(struct ipa *ipa, const struct outcome *o);
/* Behind the events that wait. */
enum err wire_take_events(struct ipa *ipa, const struct outcome *o);
enum err wire_take_refusal(struct ipa *ipa,
                           const struct outcome *o); /* of getBoundProfilePackage */
/* Octets of an answer whose collect is COLLECT_BPP and whose binding is ASN.1. */
enum err wire_bpp_octet(struct ipa *ipa, uint8_t octet);
extern const struct json_sink wire_json_sink;

/* ---- notify.c ---- */
struct notification_metadata;
/* The metadata of a pending notification of either kind, into its octets; false when unreadable. */
bool notification_read(slice notification, struct notification_metadata *out);

/* ---- poll.c ---- */
/* A new round over all eIMs. */
void poll_begin(struct ipa *ipa);

/* ---- download.c ---- */
struct profile_download_trigger_request;
/* t NULL: a trigger that could not be read. */
enum phase download_trigger(struct ipa *ipa, slice tx,
                            const struct profile_download_trigger_request *t);

/* ---- data.c ---- */
struct ipa_euicc_data_request;
enum phase data_begin(struct ipa *ipa, const struct ipa_euicc_data_request *r);

/* ---- phases ---- */
#define PHASE_FUNCTIONS(name)                                                                      \
    enum err enter_##name(struct ipa *ipa);                                                        \
    enum phase done_##name(struct ipa *ipa, const struct outcome *o);
PHASE_FUNCTIONS(no_card)
PHASE_FUNCTIONS(terminal_capability)
PHASE_FUNCTIONS(open_channel)
PHASE_FUNCTIONS(select)
PHASE_FUNCTIONS(eid)
PHASE_FUNCTIONS(eims)
PHASE_FUNCTIONS(add_eim)
PHASE_FUNCTIONS(notify_list)
PHASE_FUNCTIONS(notify_read)
PHASE_FUNCTIONS(notify_send)
PHASE_FUNCTIONS(notify_remove)
PHASE_FUNCTIONS(next_eim)
PHASE_FUNCTIONS(stored_results)
PHASE_FUNCTIONS(poll)
PHASE_FUNCTIONS(load_package)
PHASE_FUNCTIONS(switch)
PHASE_FUNCTIONS(report_list)
PHASE_FUNCTIONS(report_read)
PHASE_FUNCTIONS(provide)
PHASE_FUNCTIONS(retry)
PHASE_FUNCTIONS(acknowledged)
PHASE_FUNCTIONS(rollback)
PHASE_FUNCTIONS(data)
PHASE_FUNCTIONS(addresses)
PHASE_FUNCTIONS(info1)
PHASE_FUNCTIONS(challenge)
PHASE_FUNCTIONS(initiate)
PHASE_FUNCTIONS(authenticate_server)
PHASE_FUNCTIONS(authenticate_client)
PHASE_FUNCTIONS(rules)
PHASE_FUNCTIONS(prepare)
PHASE_FUNCTIONS(load_bpp)
PHASE_FUNCTIONS(immediate_enable)
PHASE_FUNCTIONS(pir_send)
PHASE_FUNCTIONS(cancel)
PHASE_FUNCTIONS(cancel_send)
PHASE_FUNCTIONS(next_event)
PHASE_FUNCTIONS(trigger_result)
PHASE_FUNCTIONS(sleep)

#endif
