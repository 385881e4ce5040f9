#include "eim/rows.h"

static const char *const states[] = {
#define X(name, text) text,
    EIM_ORDER_STATES(X)
#undef X
};

const char *eim_order_state_name(int64_t state)
{
    return state >= 0 && state < (int64_t)COUNT(states) ? states[state] : "?";
}

STORE_COLUMNS(eim_device, EIM_DEVICE);
STORE_COLUMNS(eim_profile, EIM_PROFILE);
STORE_COLUMNS(eim_order, EIM_ORDER);
STORE_COLUMNS(eim_target, EIM_TARGET);
STORE_COLUMNS(eim_notification, EIM_NOTIFICATION);

static const struct store_index device_indexes[] = { { "eid", { "eid" }, true, 1, 0 } };
static const struct store_index profile_indexes[] = { { "eid", { "eid", "iccid" }, true, 1, 0 } };
static const struct store_index order_indexes[] = {
    { "id", { "id" }, true, 1, 0 },
    { "eid", { "eid", "open", "id" }, false, 1, 0 },
    { "transaction", { "transaction_id" }, true, 1, 0 },
    { "over", { "over_ms" }, false, 2, 0 },
};
static const struct store_index target_indexes[] = {
    { "transaction", { "transaction_id" }, true, 1, 0 },
    { "smdp", { "smdp", "created_ms" }, false, 1, 0 },
    { "rsp_id", { "rsp_id" }, false, 1, 0 },
};
static const struct store_index notification_indexes[] = {
    { "digest", { "digest" }, true, 1, 0 },
    { "due", { "pending", "due_ms", "seq_number" }, false, 1, 0 },
    { "eid", { "eid", "address", "pending", "seq_number" }, false, 1, 0 },
};

#define TABLE(T, indexes_)                                                                         \
    const struct store_table T##_table = {                                                         \
        .name = #T,                                                                                \
        .size = sizeof(struct T),                                                                  \
        .columns = T##_columns,                                                                    \
        .column_count = COUNT(T##_columns),                                                        \
        .indexes = indexes_,                                                                       \
        .index_count = COUNT(indexes_),                                                            \
        .since = 1,                                                                                \
    }

TABLE(eim_device, device_indexes);
TABLE(eim_profile, profile_indexes);
TABLE(eim_order, order_indexes);
TABLE(eim_target, target_indexes);
TABLE(eim_notification, notification_indexes);

static const struct store_table *const tables[] = {
    &eim_device_table, &eim_profile_table,      &eim_order_table,
    &eim_target_table, &eim_notification_table,
};

const struct store_schema eim_schema = {
    .name = "eim", .version = 2, .tables = tables, .table_count = COUNT(tables)
};
