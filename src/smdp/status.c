#include "smdp/status.h"

#include "der/der.h"

static const struct {
    const char *subject, *reason, *words;
} rows[] = {
#define X(name, subject, reason, words) { subject, reason, words },
    SMDP_REFUSALS(X)
#undef X
};

static const uint32_t response_tags[RSP_FUNCTIONS] = {
    [ES9_INITIATE_AUTHENTICATION] = 0xBF39,
    [ES9_AUTHENTICATE_CLIENT] = 0xBF3B,
    [ES9_GET_BOUND_PROFILE_PACKAGE] = 0xBF3A,
    [ES9_CANCEL_SESSION] = 0xBF41,
};

enum err smdp_refuse(struct turn *t, enum rsp_function f, enum smdp_refusal why)
{
    uint8_t octets[16];
    struct der_writer w = der_writer(octets, sizeof octets);
    slice response;
    enum err err;

    der_put_int(&w, 0x81,
                status_to_code(f, slice_str(rows[why].subject), slice_str(rows[why].reason)));
    der_wrap(&w, response_tags[f], 0);
    err = der_written(&w, &response);
    if (err)
        return err;
    turn_refuse(t, rows[why].subject, rows[why].reason, rows[why].words);
    t->reply = arena_copy(t->arena, response);
    return t->reply.p ? E_OK : E_MEMORY;
}

enum err smdp_refuse_order(struct turn *t, enum smdp_refusal why)
{
    turn_refuse(t, rows[why].subject, rows[why].reason, rows[why].words);
    return E_OK;
}
