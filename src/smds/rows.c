#include "smds/rows.h"

static const char *const state_names[] = {
#define X(name, text) text,
    SMDS_STATES(X)
#undef X
};

const char *smds_state_name(int64_t state)
{
    return state >= 0 && state < SMDS_STATE_COUNT ? state_names[state] : "?";
}

STORE_COLUMNS(smds_event, SMDS_EVENT);
STORE_COLUMNS(smds_removal, SMDS_REMOVAL);
STORE_COLUMNS(smds_caller, SMDS_CALLER);

static const struct store_index event_indexes[] = {
    { "id", { "id" }, true, 1, 0 },
    { "name", { "owner", "event_id" }, true, 1, 0 },
    { "eid", { "eid", "id" }, false, 1, 0 },
    { "root_id", { "root_id" }, true, 1, 0 },
    { "due", { "state", "due_ms" }, false, 1, 0 },
};
static const struct store_index removal_indexes[] = {
    { "root_id", { "root_id" }, true, 1, 0 },
    { "due", { "due_ms" }, false, 1, 0 },
};
static const struct store_index caller_indexes[] = {
    { "certificate", { "certificate" }, true, 1, 0 },
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

TABLE(smds_event, event_indexes);
TABLE(smds_removal, removal_indexes);
TABLE(smds_caller, caller_indexes);

static const struct store_table *const tables[] = {
    &smds_event_table,
    &smds_removal_table,
    &smds_caller_table,
};

const struct store_schema smds_schema = {
    .name = "smds", .version = 1, .tables = tables, .table_count = COUNT(tables)
};
