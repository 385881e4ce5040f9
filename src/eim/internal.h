/* Shared by the files of the role only. */
#ifndef DUNLIN_EIM_INTERNAL_H
#define DUNLIN_EIM_INTERNAL_H

#include "eim/eim.h"
#include "eim/known.h"
#include "eim/relays.h"

#include "base/text.h"
#include "rsp/json/json.h"
#include "rsp/sgp22.h"
#include "rsp/sgp32.h"
#include "rsp/status.h"

#define EIM_TRANSACTION_LEN 8 /* octets of the eimTransactionIds that we make */

struct eim {
    struct eim_options options; /* defaults filled in */
    struct relay_table relays;
    struct known_table *known;      /* NULL: the store is shared */
    _Atomic int64_t discard_minute; /* Unix time in minutes */
    _Atomic unsigned discards;      /* told in that minute */
};

/* First thing in every call that may change devices or orders: lets the turn use and keep what is
   known in memory. E_MEMORY. */
MUST_USE enum err eim_watch(struct eim *e, struct turn *t);

/*
 * CERT.EUICC under CERT.EUM, by the CIs now in force: as chain_verify_euicc, and out->ci is NULL,
 * for the CIs may go. fault may be NULL.
 */
MUST_USE enum err eim_verify_euicc(struct eim *e, slice euicc, slice eum, int64_t now_ms,
                                   struct chain *out, uint8_t eid[EID_LEN],
                                   struct chain_fault *fault);

/* ---- rows: copies in the arena, to be changed and handed to turn_update ---- */

MUST_USE enum err eim_find_device(struct turn *t, slice eid, struct eim_device **out);
MUST_USE enum err eim_find_order(struct turn *t, unsigned index, const struct store_value *key,
                                 size_t key_count, struct eim_order **out);
/* The row that this turn is about to write, so that two changes of one order become one; or NULL.
 */
struct eim_order *eim_order_in_turn(struct turn *t, int64_t id);
/* The order of this device with this transaction, open or not. */
MUST_USE enum err eim_find_transaction(struct turn *t, slice eid, slice transaction,
                                       struct eim_order **out);
/* The open orders of a device, oldest first. */
MUST_USE enum err eim_open_orders(struct turn *t, slice eid, struct eim_order **out, size_t *count);
/* Update with its time; `open` follows from the state. */
MUST_USE enum err eim_save_order(struct turn *t, struct eim_order *order);
/* A fresh order row, not yet inserted. */
MUST_USE enum err eim_new_order(struct eim *e, slice eid, enum eim_order_kind kind, struct turn *t,
                                struct eim_order **out);
/* Makes a new download order findable; tells which session of the SM-DP+ is its. */
MUST_USE enum err eim_insert_target(struct turn *t, const struct eim_order *order);
MUST_USE enum err eim_set_session(struct turn *t, struct eim_order *order, slice rsp_id);
/* E_NOTFOUND. */
MUST_USE enum err eim_find_session(struct turn *t, slice rsp_id, struct eim_order **out);
/* An open download order for this SM-DP+; E_NOTFOUND. */
MUST_USE enum err eim_find_host(struct turn *t, slice smdp, struct eim_order **out);
MUST_USE enum err eim_tell(struct turn *t, const char *kind, slice eid, slice iccid,
                           const char *detail, slice data);
/*
 * Tells of something that arrived and is not believed, or that nobody signed. Whoever likes can
 * send such things, so what is kept of them is bounded: the first DISCARD_DATA octets, and
 * DISCARDS_MINUTE a minute.
 */
#define DISCARD_DATA    1024u
#define DISCARDS_MINUTE 60u
MUST_USE enum err eim_tell_unproven(struct eim *e, struct turn *t, const char *kind, slice eid,
                                    const char *why, slice data);
/*
 * The package that waits behind an order that has ended is signed in the same commit, so that the
 * next GetEimPackage writes nothing.
 */
MUST_USE enum err eim_sign_ahead(struct eim *e, struct eim_device *d, struct turn *t);
/* Everything that the eIM wants to know of a device, in the tags of its version. */
slice eim_data_tags(const struct eim_device *d);

/* ---- replies ---- */

/* Encodes a reply into the arena. */
MUST_USE enum err eim_reply(struct turn *t, const struct type *type, const void *value,
                            size_t room);

/* ---- what arrived, in the shape of v1.1 and later ---- */

struct eim_result_message {
    slice eid; /* absent: not said */
    bool v10;
    struct eim_package_result result;
};

MUST_USE enum err eim_get_package(struct eim *e, const struct get_eim_package_request *r, bool v10,
                                  struct turn *t);
MUST_USE enum err eim_provide_result(struct eim *e, const struct eim_result_message *m, bool answer,
                                     struct turn *t);
/* The association token DO: 84 01 00 when there is none (SGP.32 2.11.1.1). */
#define TOKEN_DO_MAX 10
slice eim_token_do(const struct eim_device *d, uint8_t buf[TOKEN_DO_MAX]);

/* ---- results ---- */

/* Sequence numbers to acknowledge. */
#define ACKS_MAX 256
struct acks {
    int64_t seq[ACKS_MAX];
    size_t count;
};
void eim_ack(struct acks *a, int64_t seq);

/*
 * The certified key of the device, prepared; E_NOTFOUND when its certificates are not known. The
 * holder drops it.
 */
MUST_USE enum err eim_device_key(struct eim *e, const struct eim_device *d, int64_t now_ms,
                                 struct public_key **out);
/* A signed or unsigned result of a package. E_OK also when it is discarded: then nothing is acked.
 */
MUST_USE enum err eim_take_package_result(struct eim *e, struct eim_device *d, slice result,
                                          struct acks *acks, struct turn *t);
/* What the operations of a package did to the card, from its verified result. */
MUST_USE enum err eim_apply_results(struct eim *e, struct eim_device *d, struct eim_order *o,
                                    slice results, struct turn *t);
/* Rolled back: the card is as it was before; the inventory is read again. */
MUST_USE enum err eim_queue_list(struct eim *e, struct eim_device *d, struct turn *t);
MUST_USE enum err eim_set_profile(struct turn *t, slice eid, slice iccid, bool enabled);

/* ---- notifications ---- */

/*
 * Stores one for its SM-DP+ when it is genuine; acks may be NULL. d is NULL when the sender did not
 * say whose it is. Takes an installation result as the outcome of its download order.
 */
MUST_USE enum err eim_take_notification(struct eim *e, const struct eim_device *d, slice pending,
                                        struct acks *acks, struct turn *t);
/* The outcome of a download, from a verified installation result. */
MUST_USE enum err eim_finish_download(struct eim *e, struct eim_order *o, slice pir_data,
                                      struct turn *t);

/* ---- relayed download ---- */

enum eim_step { STEP_INITIATE = 1, STEP_CLIENT, STEP_PACKAGE, STEP_CANCEL, STEP_NOTIFY };

/* How an upstream call finds its place again: what turn.upstream.resume holds. */
struct eim_place {
    enum eim_step step;
    int64_t order_id; /* 0: none */
    slice id;         /* transactionId, or digest of a notification */
    slice host;
};
/* A host name or address with an optional port, and nothing that could mean more in a URL. */
bool eim_is_address(slice a);

/* What the IPA is told of a download order; its trigger anew, for this time and later ones. */
struct profile_download_trigger_request eim_trigger_of(const struct eim_order *o);
MUST_USE enum err eim_write_trigger(struct eim_order *o, struct turn *t);

/*
 * What a server said, as the C struct of its response: *code is 0, or the ESipa integer for its
 * refusal; undefinedError when it gave no usable answer.
 */
MUST_USE enum err eim_read_answer(enum json_interface interface, const char *function,
                                  enum rsp_function twin, const struct eim_answer *a,
                                  struct turn *t, void *response, int64_t *code);

/* ---- by way of an SM-DS (events.c) ---- */

/* Whom to believe where this order goes next; o may be NULL. */
slice eim_trust_of(const struct eim *e, const struct eim_order *o);
/*
 * What AuthenticateClient was answered: *of_smds when by an SM-DS. Then *code is the refusal; 0:
 * the order is for the first event, the others are ordered, and the IPA's trigger is the reply.
 */
MUST_USE enum err eim_take_events(struct eim *e, struct eim_order *o, slice transaction_id,
                                  const struct eim_answer *a, struct turn *t, bool *of_smds,
                                  int64_t *code);

/* An ES9+' call in the JSON binding. request: the C struct of the function's request. */
MUST_USE enum err eim_call(struct eim *e, const char *function, slice host, const void *request,
                           const struct eim_place *place, struct turn *t);

MUST_USE enum err eim_initiate(struct eim *e, const struct initiate_authentication_request_esipa *r,
                               struct turn *t);
MUST_USE enum err eim_client(struct eim *e, const struct authenticate_client_request_esipa *r,
                             struct turn *t);
MUST_USE enum err
eim_package(struct eim *e, const struct get_bound_profile_package_request_esipa *r, struct turn *t);
MUST_USE enum err eim_cancel(struct eim *e, const struct cancel_session_request_esipa *r,
                             struct turn *t);
MUST_USE enum err eim_answer_initiate(struct eim *e, const struct eim_place *p,
                                      const struct eim_answer *a, struct turn *t);
MUST_USE enum err eim_answer_client(struct eim *e, const struct eim_place *p,
                                    const struct eim_answer *a, struct turn *t);
MUST_USE enum err eim_answer_package(struct eim *e, const struct eim_place *p,
                                     const struct eim_answer *a, struct turn *t);
MUST_USE enum err eim_answer_cancel(struct eim *e, const struct eim_place *p,
                                    const struct eim_answer *a, struct turn *t);
MUST_USE enum err eim_answer_notify(struct eim *e, const struct eim_place *p,
                                    const struct eim_answer *a, struct turn *t);

#endif
