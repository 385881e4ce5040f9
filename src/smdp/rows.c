#include "smdp/rows.h"

static const char *const state_names[] = {
#define X(name, text) text,
    SMDP_STATES(X)
#undef X
};

const char *smdp_state_name(int64_t state)
{
    return state >= 0 && state < SMDP_STATE_COUNT ? state_names[state] : "?";
}

STORE_COLUMNS(smdp_profile, SMDP_PROFILE);
STORE_COLUMNS(smdp_package, SMDP_PACKAGE);
STORE_COLUMNS(smdp_protected, SMDP_PROTECTED);
STORE_COLUMNS(smdp_order, SMDP_ORDER);
STORE_COLUMNS(smdp_transaction, SMDP_TRANSACTION);
STORE_COLUMNS(smdp_notification, SMDP_NOTIFICATION);
STORE_COLUMNS(smdp_operator, SMDP_OPERATOR);
STORE_COLUMNS(smdp_report, SMDP_REPORT);
STORE_COLUMNS(smdp_ds_event, SMDP_DS_EVENT);
STORE_COLUMNS(smdp_call, SMDP_CALL);

static const struct store_index by_iccid[] = { { "iccid", { "iccid" }, true, 1, 0 } };
static const struct store_index profile_indexes[] = {
    { "iccid", { "iccid" }, true, 1, 0 },
    { "type", { "profile_type" }, false, 1, 0 },
};
static const struct store_index order_indexes[] = {
    { "iccid", { "iccid" }, true, 1, 0 },
    { "matching_id", { "matching_id" }, true, 1, 0 },
    { "waiting_eid", { "waiting_eid", "ordered_ms" }, false, 1, 0 },
    { "stock_type", { "stock_type" }, false, 1, 0 },
    { "over", { "over_ms" }, false, 4, 0 },
};
static const struct store_index transaction_indexes[] = {
    { "id", { "transaction_id" }, true, 1, 0 },
};
static const struct store_index notification_indexes[] = {
    { "eid", { "eid", "seq_number", "digest" }, true, 1, 0 },
    { "iccid", { "iccid", "received_ms" }, false, 1, 0 },
    { "time", { "received_ms" }, false, 4, 0 },
};

static const struct store_index operator_indexes[] = {
    { "certificate", { "certificate" }, true, 2, 0 },
    { "name", { "name", "added_ms" }, false, 2, 0 },
};
static const struct store_index report_indexes[] = {
    { "id", { "id" }, true, 2, 0 },
    { "due", { "waiting", "due_ms" }, false, 2, 0 },
};

static const struct store_index event_indexes[] = {
    { "place", { "smds", "event_id" }, true, 3, 0 },
    { "due", { "state", "due_ms" }, false, 3, 0 },
};

static const struct store_index call_indexes[] = {
    { "call", { "requester", "call_id" }, true, 5, 0 },
    { "end", { "expires_ms" }, false, 5, 0 },
};

#define TABLE(T, indexes_, since_)                                                                 \
    const struct store_table T##_table = {                                                         \
        .name = #T,                                                                                \
        .size = sizeof(struct T),                                                                  \
        .columns = T##_columns,                                                                    \
        .column_count = COUNT(T##_columns),                                                        \
        .indexes = indexes_,                                                                       \
        .index_count = COUNT(indexes_),                                                            \
        .since = since_,                                                                           \
    }

TABLE(smdp_profile, profile_indexes, 1);
TABLE(smdp_package, by_iccid, 1);
TABLE(smdp_protected, by_iccid, 1);
TABLE(smdp_order, order_indexes, 1);
TABLE(smdp_transaction, transaction_indexes, 1);
TABLE(smdp_notification, notification_indexes, 1);
TABLE(smdp_operator, operator_indexes, 2);
TABLE(smdp_report, report_indexes, 2);
TABLE(smdp_ds_event, event_indexes, 3);
TABLE(smdp_call, call_indexes, 5);

static const struct store_table *const tables[] = {
    &smdp_profile_table,     &smdp_package_table,      &smdp_protected_table, &smdp_order_table,
    &smdp_transaction_table, &smdp_notification_table, &smdp_operator_table,  &smdp_report_table,
    &smdp_ds_event_table,    &smdp_call_table,
};

const struct store_schema smdp_schema = {
    .name = "smdp", .version = 5, .tables = tables, .table_count = COUNT(tables)
};
