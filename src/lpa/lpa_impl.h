/* What the files of this room share. See lpa.h for the outside. */
#ifndef DUNLIN_LPA_LPA_IMPL_H
#define DUNLIN_LPA_LPA_IMPL_H

#include "base/arena.h"
#include "lpa/lpa.h"
#include "net/http_client.h"
#include "reader/terminal.h"
#include "rsp/json/json.h"

#define LPA_ANSWER_MAX ((size_t)1 << 20) /* octets of one answer of the eUICC */

struct lpa {
    struct lpa_options o;
    struct terminal card;
    uint8_t *answer; /* LPA_ANSWER_MAX octets, of `card` */
    struct http_client *http;
    struct arena arena; /* of the running call */
    uint8_t eid[16];
    struct lpa_trouble trouble;
    bool busy; /* a call that asks back is under way */
};

/* ---- lpa.c ---- */

/*
 * What every function begins with. E_STATE, with nothing changed: called from within a callback,
 * while another one is under way.
 */
MUST_USE enum err lpa_begin(struct lpa *l, enum lpa_step step);
/* The same for one that asks back; lpa_end follows. */
MUST_USE enum err lpa_begin_long(struct lpa *l, enum lpa_step step);
void lpa_end(struct lpa *l);
/* Forgets what came before: arena and trouble. */
void lpa_fresh(struct lpa *l, enum lpa_step step);
void lpa_step(struct lpa *l, enum lpa_step step, size_t done, size_t all);
/* Keeps the first trouble of a call; returns e. */
enum err lpa_fail(struct lpa *l, enum err e);
/* The same, with a sentence of ours that says why; the first counts. */
enum err lpa_fail_because(struct lpa *l, enum err e, const char *why);
/* The eUICC's own code. */
enum err lpa_card_refused(struct lpa *l, const struct value_name *names, int64_t code);

/* ---- es10.c ---- */

/* request and *answer are whole elements; the answer is in the arena. */
enum err lpa_call(struct lpa *l, slice request, slice *answer);
/* Encodes, calls, decodes. */
enum err lpa_es10(struct lpa *l, const struct type *request, const void *value,
                  const struct type *response, void *out);
/* A request without members: its tag alone. */
enum err lpa_ask(struct lpa *l, uint32_t tag, const struct type *response, void *out);
/* One STORE DATA block of a longer request; `answer` is set when it is the last. */
enum err lpa_block(struct lpa *l, slice block, uint8_t number, bool last, slice *answer);

/* ---- es9.c ---- */

/*
 * One function of ES9+ or ES11 at host; with no response in the interface any status of 2xx is
 * E_OK, whatever its body. A refusal is E_REFUSED.
 */
enum err lpa_es9(struct lpa *l, enum json_interface interface, const char *function, slice host,
                 const void *request, void *response);

/* ---- session.c: common mutual authentication (SGP.22 3.1.2) ---- */

struct lpa_session {
    enum json_interface interface;
    slice address;        /* as dialled */
    slice transaction_id; /* from the server */
    slice server_certificate;
    slice authenticate_response; /* BF38, for AuthenticateClient */
    bool open;                   /* the eUICC and the server have a session */
};

/* Up to the eUICC's signature. oid: that the server's certificate must carry, or absent. */
enum err lpa_authenticate(struct lpa *l, enum json_interface interface, slice address,
                          slice matching_id, slice oid, struct lpa_session *s);
/* The transactionId of an answer is still the session's. */
enum err lpa_continues(struct lpa *l, const struct lpa_session *s, slice transaction_id);
/*
 * Ends an open session at the eUICC and, with `tell`, at the SM-DP+; keeps the trouble that led
 * here.
 */
void lpa_cancel(struct lpa *l, struct lpa_session *s, int64_t reason, bool tell);

/* ---- notify.c ---- */

/* One notification (BF37 or 30) to its server; removed from the eUICC when that has it. */
enum err lpa_notify_one(struct lpa *l, int64_t seq_number, slice address, slice pending, bool keep);

/* AuthenticateClient at an SM-DS: *entries is a LIST of event_entries. */
enum err lpa_ask_smds(struct lpa *l, const struct lpa_session *s, slice *entries);
/* false: it names no server. */
bool lpa_event_read(const struct event_entries *entry, struct lpa_event *out);

#endif
