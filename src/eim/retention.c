/*
 * What an eIM forgets of what is over (store/retention.h): orders that are done or failed, and
 * notifications that their SM-DP+ has.
 */
#include "store/retention.h"
#include "eim/internal.h"

static enum err forget_order(struct turn *t, void *row)
{
    const struct eim_order *order = row;
    struct eim_target *target = ARENA_NEW(t->arena, struct eim_target);
    enum err err = target ? E_OK : E_MEMORY;

    if (!err)
        err = store_get(t->store, &eim_target_table, EIM_BY_KEY,
                        STORE_KEY(store_blob(order->transaction_id)), target, t->arena);
    if (!err)
        err = turn_delete(t, &eim_target_table, target);
    if (err && err != E_NOTFOUND) /* of a download alone */
        return err;
    return turn_delete(t, &eim_order_table, row);
}

const struct retention_rule eim_retention[] = {
    { .table = &eim_order_table, .index = EIM_ORDER_BY_OVER, .batch = 100, .forget = forget_order },
    { .table = &eim_notification_table,
      .index = EIM_NOTIFICATION_BY_DUE,
      .has_key = true, /* not pending */
      .key = { .kind = STORE_INT, .i = 0 },
      .batch = 100 },
    RETENTION_LOG,
};
const size_t eim_retention_count = COUNT(eim_retention);
