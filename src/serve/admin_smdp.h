/* Stock and orders of the SM-DP+. Inside serve/. */
#ifndef DUNLIN_SERVE_ADMIN_SMDP_H
#define DUNLIN_SERVE_ADMIN_SMDP_H

#include "serve/admin_lists.h"

static inline struct smdp *admin_smdp_of(const struct admin_call *c)
{
    return c->admin->o.smdp;
}
static inline slice admin_or_else(slice given, slice otherwise)
{
    return given.p ? given : otherwise;
}
/* Of a list's selection: absent selects all. */
static inline bool admin_selected(slice wanted, slice stands)
{
    return !wanted.p || (stands.p && slice_eq(wanted, stands));
}

/* A problem when there is no such profile. */
enum err admin_smdp_order_row(struct admin_call *c, slice iccid, struct smdp_order *out);
/* The query's state by its name; -1: any. */
int64_t admin_smdp_state(struct admin_call *c);
/* Rows by ICCID from `after` on; the one of `after` itself comes first. */
enum err admin_smdp_rows(struct admin_call *c, const struct store_table *table, slice after,
                         void *rows, size_t *count);
slice admin_iccid_text(struct admin_call *c, slice iccid);

/* A member of the query with 1 to max octets. */
slice admin_query_text(struct admin_call *c, const char *name, size_t max);

/* ---- metadata (admin_metadata.c) ---- */

#define ADMIN_METADATA_MEMBERS                                                                     \
    " serviceProviderName profileName profileClass icon mccMnc gid1 gid2 policyRules "             \
    "notification "

/* What the query says of a profile; what it does not say is filled in. */
void admin_metadata(struct admin_call *c, struct metadata_input *about);
/* Of a StoreMetadataRequest, all but the octets of the icon; and these. */
void admin_put_metadata(json_t *v, slice metadata);
void admin_put_icon(json_t *v, slice metadata);

/* ---- orders (admin_smdp_order.c) ---- */

admin_run admin_smdp_orders, admin_smdp_order_add, admin_smdp_order_get, admin_smdp_order_confirm,
    admin_smdp_order_release, admin_smdp_order_cancel;
/* CancelOrder. */
enum err admin_smdp_end(struct admin_call *c, slice iccid, slice eid, bool unavailable);

#endif
