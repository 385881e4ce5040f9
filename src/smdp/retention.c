/*
 * What an SM-DP+ forgets of what is over (store/retention.h): orders with their profiles, what
 * eUICCs told, reports that were given up. Transactions have an end of their own (smdp_tidy).
 */
#include "store/retention.h"
#include "smdp/internal.h"

static enum err find_transaction(struct turn *t, slice id, struct smdp_transaction **out)
{
    *out = ARENA_NEW(t->arena, struct smdp_transaction);
    if (!*out)
        return E_MEMORY;
    return store_get(t->store, &smdp_transaction_table, SMDP_BY_KEY, STORE_KEY(store_blob(id)),
                     *out, t->arena);
}

/* ---- profiles and their orders ---- */

static enum err delete_of(struct turn *t, const struct store_table *table, slice iccid)
{
    void *row = arena_alloc(t->arena, table->size);
    enum err err =
        row ? store_get(t->store, table, SMDP_BY_KEY, STORE_KEY(store_blob(iccid)), row, t->arena)
            : E_MEMORY;

    if (err)
        return err == E_NOTFOUND ? E_OK : err;
    return turn_delete(t, table, row);
}

/* While a result may still come the profile may be on an eUICC: then it is not over yet. */
static enum err forget_order(struct turn *t, void *row)
{
    static const struct store_table *const parts[] = { &smdp_profile_table, &smdp_package_table,
                                                       &smdp_protected_table };
    struct smdp_transaction *transaction;
    struct smdp_order *order = row;
    enum err err = E_NOTFOUND;

    if (order->bound_by.p)
        err = find_transaction(t, order->bound_by, &transaction);
    if (!err) {
        order->over_ms = transaction->expires_ms;
        return turn_update(t, &smdp_order_table, order);
    }
    if (err != E_NOTFOUND)
        return err;
    err = turn_delete(t, &smdp_order_table, order);
    for (size_t i = 0; i < COUNT(parts) && !err; i++)
        err = delete_of(t, parts[i], order->iccid);
    return err ? err : smdp_tell(t, "smdp.profile", order, "forgotten", SLICE_NONE);
}

/* ---- notifications ---- */

static bool goes_already(const struct turn *t, const struct smdp_transaction *row)
{
    for (size_t i = 0; i < t->change_count; i++) {
        const struct smdp_transaction *other = t->changes[i].row;

        if (t->changes[i].table == &smdp_transaction_table &&
            slice_eq(other->transaction_id, row->transaction_id))
            return true;
    }
    return false;
}

/* A copy of the result is then one of an unknown transaction. */
static enum err forget_transaction(struct turn *t, slice pending)
{
    struct pending_notification p;
    struct profile_installation_result_data data;
    struct smdp_transaction *row;
    enum err err = schema_decode(&T_pending_notification, pending, &p, NULL);

    if (err || p.which != pending_notification_is_profile_installation_result)
        return E_OK;
    err =
        schema_decode(&T_profile_installation_result_data,
                      p.profile_installation_result.profile_installation_result_data, &data, NULL);
    if (err)
        return E_OK;
    err = find_transaction(t, data.transaction_id, &row);
    if (err || goes_already(t, row))
        return err == E_NOTFOUND ? E_OK : err;
    return turn_delete(t, &smdp_transaction_table, row);
}

/* A copy of the notification is then one that the order knows to have forgotten. */
static enum err note_forgotten(struct turn *t, const struct smdp_notification *n)
{
    struct smdp_order *order;
    enum err err = n->iccid.p ? smdp_find_order(t, n->iccid, &order) : E_NOTFOUND;

    if (err)
        return err == E_NOTFOUND ? E_OK : err;
    if (!slice_eq(order->eid, n->eid) || order->forgotten_seq >= n->seq_number)
        return E_OK;
    order->forgotten_seq = n->seq_number;
    for (size_t i = 0; i < t->change_count; i++)
        if (t->changes[i].row == order)
            return E_OK;
    return turn_update(t, &smdp_order_table, order);
}

static enum err forget_notification(struct turn *t, void *row)
{
    const struct smdp_notification *n = row;
    enum err err = forget_transaction(t, n->data);

    if (!err)
        err = note_forgotten(t, n);
    return err ? err : turn_delete(t, &smdp_notification_table, row);
}

/* Results before the orders that wait for them. Packages are large. */
const struct retention_rule smdp_retention[] = {
    { .table = &smdp_notification_table,
      .index = SMDP_NOTIFICATION_BY_TIME,
      .batch = 100,
      .forget = forget_notification },
    { .table = &smdp_order_table, .index = SMDP_ORDER_BY_OVER, .batch = 4, .forget = forget_order },
    { .table = &smdp_report_table,
      .index = SMDP_REPORT_BY_DUE,
      .has_key = true, /* given up; what was delivered has gone */
      .key = { .kind = STORE_INT, .i = 0 },
      .batch = 100 },
    RETENTION_LOG,
};
const size_t smdp_retention_count = COUNT(smdp_retention);
