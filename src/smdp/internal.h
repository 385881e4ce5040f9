/* Shared by the files of the role only. */
#ifndef DUNLIN_SMDP_INTERNAL_H
#define DUNLIN_SMDP_INTERNAL_H

#include "smdp/session.h"
#include "smdp/smdp.h"
#include "smdp/status.h"

#define EID_SIZE   16
#define ICCID_SIZE 10
#define OID_MAX    64

struct smdp {
    struct smdp_options options; /* defaults filled in */
    uint8_t oid_octets[OID_MAX];
    slice oid; /* of the certificates: content of the OBJECT IDENTIFIER */
    struct cma cma;
};

/* ---- rows ---- */

/* E_NOTFOUND when there is none. The order is a copy in the arena, to be changed and committed. */
MUST_USE enum err smdp_find_order(struct turn *t, slice iccid, struct smdp_order **out);
/* The same by another index. */
MUST_USE enum err smdp_read_order(struct turn *t, unsigned index, const struct store_value *key,
                                  size_t key_count, struct smdp_order **out);
/* The order as the session left it, likewise a copy; NULL: the session has none, or no memory. */
struct smdp_order *smdp_session_order(struct turn *t, const struct session *session);
MUST_USE enum err smdp_find_profile(struct turn *t, slice iccid, struct smdp_profile *out);
/* Update with its time. */
MUST_USE enum err smdp_save_order(struct turn *t, struct smdp_order *order);
/* detail may be NULL */
MUST_USE enum err smdp_tell(struct turn *t, const char *kind, const struct smdp_order *order,
                            const char *detail, slice data);

/*
 * Steps of a download that operators hear of (SGP.22 5.3.5), also events "smdp.progress.<point>"
 * whose detail is "success" or "failed <subject>/<reason>".
 */
enum smdp_point {
    SMDP_POINT_ELIGIBILITY = 1,
    SMDP_POINT_CONFIRMATION = 2,
    SMDP_POINT_DOWNLOAD = 3,
    SMDP_POINT_INSTALLATION = 4,
};
/* The failure is that of turn.status. data: the installation result, or absent. */
MUST_USE enum err smdp_progress(struct turn *t, enum smdp_point point,
                                const struct smdp_order *order, slice data);

/*
 * report.c: tells the operator who ordered, when it wants to hear. failure: NULL, or the status
 * whose subject says that the step failed. All slices live as long as the turn.
 */
MUST_USE enum err smdp_report(struct turn *t, enum smdp_point point, const struct smdp_order *order,
                              const struct turn_status *failure, slice data);

/* ---- repeat.c: DownloadOrder asked again ---- */

#define SMDP_CALL_MS (INT64_C(30) * 24 * 60 * 60 * 1000)

/*
 * The row of r's functionCallIdentifier: *known, with the ICCID that it was answered; or a new one
 * for smdp_call_keep. NULL: r has none. Refused when something else was asked for under it.
 */
MUST_USE enum err smdp_call_find(struct smdp *s, const struct smdp_download_order *r,
                                 struct turn *t, struct smdp_call **call, bool *known);
MUST_USE enum err smdp_call_keep(struct turn *t, struct smdp_call *call,
                                 const uint8_t iccid[ICCID_SIZE]);
/* Forgets some whose time is over; *more is set when there may be others. */
MUST_USE enum err smdp_call_tidy(struct turn *t, size_t limit, bool *more);

/* ---- event.c: events at SM-DSs ---- */

/* Asks the SM-DS for an event of this order (refused when that cannot be), as the turn's call. */
MUST_USE enum err smdp_event_register(struct smdp *s, const struct smdp_order *order,
                                      struct turn *t);
/*
 * What the SM-DS answered. *row is the event, registered now and to be kept with the order's
 * release; NULL: the turn has been refused, and the event goes.
 */
MUST_USE enum err smdp_event_registered(slice resume, const struct es12_answer *answer,
                                        struct turn *t, struct smdp_ds_event **row);
/* The event of an order that is over goes; there may be none. */
MUST_USE enum err smdp_event_end(struct turn *t, const struct smdp_order *order);
MUST_USE enum err smdp_event_withdraw(struct turn *t, struct smdp_ds_event *row);
/* At start: see smdp_recover. */
MUST_USE enum err smdp_event_recover(struct turn *t, bool *more);

/* ---- sessions and turns ---- */

/* From here on the session follows the turn. */
struct smdp_hold {
    struct cma_hold cma;            /* first */
    struct session before;          /* as it was */
    const struct smdp_order *order; /* that the turn updates, for the next step; may be NULL */
};
MUST_USE enum err smdp_hold(struct smdp *s, struct session *session, struct turn *t,
                            struct smdp_hold **out);
/* What a session has beyond cma's part, freed; for the table. */
void smdp_drop_session(struct cma_session *s);

/* ---- what eUICCs sign ---- */

/* The eUICC signs what it saw together with the signature of the other side: 5F37 40 <signature>.
 */
#define SIGNATURE_HEAD SLICE_LIT("\x5F\x37\x40")

#endif
