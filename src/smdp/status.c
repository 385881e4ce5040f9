#include "smdp/status.h"

static const struct {
    const char *subject, *reason, *words;
} rows[] = {
#define X(name, subject, reason, words) { subject, reason, words },
    SMDP_REFUSALS(X)
#undef X
};

enum err smdp_refuse(struct turn *t, enum rsp_function f, enum smdp_refusal why)
{
    return cma_refuse(t, f, rows[why].subject, rows[why].reason, rows[why].words);
}

enum err smdp_refuse_order(struct turn *t, enum smdp_refusal why)
{
    turn_refuse(t, rows[why].subject, rows[why].reason, rows[why].words);
    return E_OK;
}
