/*
 * An operator's orders, each applied once however often it is placed: what is there already is
 * found and left alone. The demo and the order file of `dunlin serve` go through here; a process
 * that was killed starts again with the same calls.
 */
#ifndef DUNLIN_CMD_PLACE_H
#define DUNLIN_CMD_PLACE_H

#include "cmd/servers.h"
#include "profile/pack.h"

#define ACTIVATION_MAX 300

/* Why a call failed, for people: the role's own words, or those of the error. */
struct placed {
    enum err err;
    char why[240];
};

/*
 * Puts a profile package in stock at the SM-DP+ and releases it. matching_id absent: one is
 * generated. metadata: StoreMetadataRequest with the package's ICCID, or absent. iccid (10 octets
 * as in EF_ICCID) and activation ("1$address$matching id") are filled in, also when it was there
 * already.
 */
MUST_USE bool place_profile(struct servers *s, slice package, slice matching_id, slice metadata,
                            uint8_t iccid[10], char activation[ACTIVATION_MAX], struct placed *p);

/*
 * The same without an order: operators take it from stock. type and owner (the operator that alone
 * may order it) may be absent.
 */
MUST_USE bool place_stock(struct servers *s, slice package, slice type, slice owner, slice metadata,
                          uint8_t iccid[10], struct placed *p);
/*
 * Orders a profile in stock, as the operator of the server itself: DownloadOrder and ConfirmOrder
 * in one. What stands already is left alone. activation is filled in, with the flag of the
 * confirmation code. True also when an order with an smdsAddress is Confirmed, but its SM-DS does
 * not take the event: p->why says so then.
 */
MUST_USE bool place_smdp_order(struct servers *s, const struct smdp_confirm_order *order,
                               char activation[ACTIVATION_MAX], struct placed *p);
/* A whole pack, many profiles a commit; *added are those that were not there yet. */
MUST_USE bool place_pool(struct servers *s, const struct pack *pack, slice type, slice owner,
                         uint64_t *added, struct placed *p);
/* An operator: certificate is DER, notify "host[:port]" or absent (smdp/operator.h). */
MUST_USE bool place_operator(struct servers *s, slice name, slice certificate, slice notify,
                             struct placed *p);

/* An RSP server that may register events at the SM-DS (smds/smds.h). */
MUST_USE bool place_rsp_server(struct servers *s, slice name, slice certificate, struct placed *p);

/* The eIM's device; certificates may be absent. token < 0: none. */
MUST_USE bool place_device(struct servers *s, const uint8_t eid[EID_LEN], int64_t token,
                           struct placed *p);

/* Orders of the eIM; *id is the order, new or found. iccid as in EF_ICCID, or absent. */
MUST_USE bool place_download(struct servers *s, const uint8_t eid[EID_LEN], slice activation,
                             bool indirect, slice iccid, int64_t *id, struct placed *p);
/* The same by way of an SM-DS; address absent: the root of the card. */
MUST_USE bool place_smds_download(struct servers *s, const uint8_t eid[EID_LEN], slice address,
                                  bool indirect, int64_t *id, struct placed *p);
enum place_psmo { PLACE_ENABLE, PLACE_DISABLE, PLACE_DELETE, PLACE_LIST };
MUST_USE bool place_psmo(struct servers *s, const uint8_t eid[EID_LEN], enum place_psmo what,
                         slice iccid, bool rollback, int64_t *id, struct placed *p);

/* The order as it stands; its slices are in the arena. */
MUST_USE bool placed_order(struct servers *s, int64_t id, struct arena *a, struct eim_order *out);
/* The profile's order at the SM-DP+ as it stands: enum smdp_state, negative when there is none. */
int64_t placed_profile_state(struct servers *s, const uint8_t iccid[10]);

#endif
