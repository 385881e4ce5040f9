/*
 * What an operator tells the eIM: devices, and orders for them. The order file, the demo and the
 * benchmark call these. Each leaves its changes in the turn; after turn_commit an order's id is
 * set.
 *
 * An error of the caller is E_ARGUMENT, E_NOTFOUND (the device), E_EXISTS or E_STATE, with
 * turn.status.message naming the field and what is wrong with it; nothing is queued then.
 */
#ifndef DUNLIN_EIM_ORDER_H
#define DUNLIN_EIM_ORDER_H

#include "eim/rows.h"
#include "rsp/sgp32.h"

struct eim;

struct eim_device_new {
    slice eid;   /* 16 octets */
    slice label; /* may be absent */
    /* The card has this eIM's configuration already, with this counter and (if any) token. */
    bool associated;
    int64_t counter;
    bool has_token;
    int64_t token;
    enum eim_wire wire; /* EIM_WIRE_V10 for an IPA of v1.0: not all of its messages show it */
    /* DER; absent: asked of the card before the first package. Given, they are validated. */
    slice euicc_certificate, eum_certificate;
};

/* E_EXISTS when the EID is there already; E_BADCERT and the like when the chain does not hold. */
MUST_USE enum err eim_device_add(struct eim *e, const struct eim_device_new *d, struct turn *t);
/*
 * Forgets a device and what is known of its profiles; its ended orders stay. E_STATE while an order
 * of it is open. Added again, it needs its counter and token: the card keeps its own.
 */
MUST_USE enum err eim_device_remove(struct eim *e, slice eid, struct turn *t);
MUST_USE enum err eim_device_get(struct turn *t, slice eid, struct eim_device *out);
/* Up to 1000 profiles in the turn's arena. */
MUST_USE enum err eim_device_profiles(struct turn *t, slice eid, struct eim_profile **out,
                                      size_t *count);

/*
 * Signed packages: any PSMOs, or any eCOs, in this order in one package. At most one enable and at
 * most one disable (SGP.32 2.11.1.1). What v1.0 cards do not know is refused for devices that are
 * known to be of v1.0.
 */
#define EIM_OPERATIONS_MAX 16
MUST_USE enum err eim_order_psmo(struct eim *e, slice eid, const struct psmo *operations,
                                 size_t count, struct turn *t, struct eim_order **out);
MUST_USE enum err eim_order_eco(struct eim *e, slice eid, const struct eco *operations,
                                size_t count, struct turn *t, struct eim_order **out);

/* The common ones: iccid is 10 octets as in EF_ICCID. */
MUST_USE enum err eim_order_enable(struct eim *e, slice eid, slice iccid, bool rollback,
                                   struct turn *t, struct eim_order **out);
MUST_USE enum err eim_order_disable(struct eim *e, slice eid, slice iccid, struct turn *t,
                                    struct eim_order **out);
MUST_USE enum err eim_order_delete(struct eim *e, slice eid, slice iccid, struct turn *t,
                                   struct eim_order **out);
MUST_USE enum err eim_order_list(struct eim *e, slice eid, struct turn *t, struct eim_order **out);

/* tags: the tagList (tags of IpaEuiccData); absent: everything that this eIM can use. */
MUST_USE enum err eim_order_data(struct eim *e, slice eid, slice tags, struct turn *t,
                                 struct eim_order **out);

/*
 * EIM_BY_EVENT and above: an SM-DS told of it, or an SM-DS behind that one, and so on; relayed, and
 * never ordered so.
 */
enum eim_source { EIM_BY_ACTIVATION_CODE, EIM_BY_DEFAULT_SMDP, EIM_BY_SMDS, EIM_BY_EVENT };

struct eim_download {
    enum eim_source source;
    slice activation_code;   /* "1$address$matching id[$oid[$1]]", "LPA:" tolerated */
    slice smds;              /* EIM_BY_SMDS: address, or absent for the root */
    slice confirmation_code; /* when the activation code asks for one */
    slice iccid;   /* 10 octets, as in EF_ICCID, of the profile that is meant; absent: not known */
    bool indirect; /* the eIM speaks with SM-DP+ and SM-DS, the IPA with the eIM */
};
MUST_USE enum err eim_order_download(struct eim *e, slice eid, const struct eim_download *d,
                                     struct turn *t, struct eim_order **out);

MUST_USE enum err eim_order_get(struct turn *t, int64_t id, struct eim_order *out);
/* Queues a failed order again, with a new package: only when it is `retryable`, else E_STATE. */
MUST_USE enum err eim_order_retry(struct eim *e, struct turn *t, int64_t id);
/*
 * Takes back an order that waits and has not been handed out: Failed, with the outcome "cancelled".
 * E_STATE when the card may have it already, or its package is signed: its counter value is spent.
 */
MUST_USE enum err eim_order_cancel(struct eim *e, struct turn *t, int64_t id);

#endif
