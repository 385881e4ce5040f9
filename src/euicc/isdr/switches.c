/*
 * Changes of the enabled profile that the device asks for by itself (SGP.32 5.9.15-5.9.17,
 * 5.9.20-5.9.23): rollback, immediate enabling, fallback, emergency. Each takes back a rollback
 * permission, and each answers catBusy(5) while another change or a proactive command is under way.
 */
#include "euicc/isdr/package.h"

#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

enum err rollback_revoke(struct isdr *i)
{
    enum err err = objects_delete(isdr_objects(i), OBJ_ROLLBACK);

    return err == E_NOTFOUND ? E_OK : err;
}

static bool busy(struct isdr *i, bool refresh)
{
    return profile_switch_due(i->card) >= 0 || (refresh && cat_busy(i->card));
}

/* The answer of a switch whose state is in s: all of it in one transaction. */
static void switch_and_answer(struct isdr *i, uint32_t tag, const struct isdr_store *s, uint32_t to,
                              bool refresh, enum switch_cause cause, struct reply *out)
{
    enum err err = store_put(i, s);

    if (!err)
        err = rollback_revoke(i);
    if (!err)
        err = switch_profile(i, to, refresh, cause);
    if (err)
        reply_sw(out, sw_of(err));
    else
        answer_code(out, tag, 0);
}

/* ---- rollback ---- */

static void answer_rollback(struct reply *out, int code)
{
    const uint8_t answer[] = { 0xBF, 0x58, 0x03, 0x02, 0x01, (uint8_t)code };

    if (reply_put(out, SLICE_OF(answer)))
        out->sw = SW_OK;
}

/* A result of its own takes the place of the package's: same counter, next sequence number. */
static enum err put_rollback_result(struct isdr *i, const struct rollback *b, struct der_writer *w)
{
    static const uint8_t rollback_ok[] = { 0x8C, 0x01, ROLLBACK_OK };
    const struct note_head head = { NOTE_EPR, 0, b->ci, 0 };
    struct package_result r = { .counter = b->counter,
                                .token = b->token,
                                .ci = b->ci,
                                .eim_signature = SLICE_OF(b->eim_signature) };
    slice epr;
    enum err err = sequence_next(i, &r.sequence);

    r.eim_id = slice_of(b->eim_id, b->eim_id_n);
    r.eim_tx = b->eim_tx_n ? slice_of(b->eim_tx, b->eim_tx_n) : SLICE_NONE;
    r.results = SLICE_OF(rollback_ok);
    if (!err)
        err = put_package_result(i, &r, w);
    if (!err)
        err = der_written(w, &epr);
    if (!err)
        err = note_put(i, r.sequence, &head, epr);
    if (!err)
        err = note_remove(i, b->epr_sequence);
    return err == E_NOTFOUND ? E_OK : err;
}

static void roll_back(struct isdr *i, const struct rollback *b, bool refresh, struct reply *out)
{
    struct answer a;
    enum err err;

    if (!answer_begin(&a, i, PACKAGE_RESULT_ROOM + 16, out))
        return;
    err = put_rollback_result(i, b, &a.w);
    if (!err)
        err = rollback_revoke(i);
    if (!err)
        err = switch_profile(i, b->root, refresh, SWITCH_PLAIN);
    if (err) {
        answer_drop(&a, sw_of(err));
        return;
    }
    der_put_int(&a.w, 0x02, PROFILE_ROLLBACK_OK);
    der_wrap(&a.w, 0xBF58, 0);
    answer_end(&a);
}

void es10_rollback(struct isdr *i, slice request, struct reply *out)
{
    slice granted = objects_get(isdr_objects(i), OBJ_ROLLBACK);
    struct profile_rollback_request q;
    struct rollback b;

    if (schema_decode(&T_profile_rollback_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (granted.n != sizeof b) {
        answer_rollback(out, PROFILE_ROLLBACK_NOT_ALLOWED);
        return;
    }
    memcpy(&b, granted.p, sizeof b);
    if (busy(i, q.refresh_flag))
        answer_rollback(out, PROFILE_ROLLBACK_CAT_BUSY);
    else
        roll_back(i, &b, q.refresh_flag, out);
}

/* ---- immediate enabling ---- */

int configure_immediate(struct isdr *i, const struct configure_immediate_enable *c)
{
    struct configure_immediate_profile_enabling_request stored = {
        .immediate_enable_flag = true,
        .default_smdp_oid = c->default_smdp_oid,
        .default_smdp_address = c->default_smdp_address,
    };
    uint8_t buf[64 + ADDRESS_MAX + 32];
    slice octets;
    enum err err;

    if (!c->immediate_enable_flag) {
        err = objects_delete(isdr_objects(i), OBJ_IMMEDIATE);
        return err && err != E_NOTFOUND ? CONFIGURE_IE_UNDEFINED_ERROR : CONFIGURE_IE_OK;
    }
    err = schema_encode(&T_configure_immediate_profile_enabling_request, &stored, buf, sizeof buf,
                        &octets, NULL);
    if (!err)
        err = objects_put(isdr_objects(i), OBJ_IMMEDIATE, octets);
    if (err)
        return err == E_MEMORY ? CONFIGURE_IE_NO_MEMORY : CONFIGURE_IE_UNDEFINED_ERROR;
    return CONFIGURE_IE_OK;
}

/* By the IPA only while no eIM is there to do it. */
void es10_configure_immediate(struct isdr *i, slice request, struct reply *out)
{
    struct configure_immediate_profile_enabling_request q;
    struct configure_immediate_enable c;

    if (schema_decode(&T_configure_immediate_profile_enabling_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    c.immediate_enable_flag = q.immediate_enable_flag;
    c.default_smdp_oid = q.default_smdp_oid;
    c.default_smdp_address = q.default_smdp_address;
    answer_code(out, 0xBF59,
                eim_count(i) ? CONFIGURE_IMMEDIATE_EIM_EXISTS : configure_immediate(i, &c));
}

static int immediate_check(struct isdr *i, bool refresh)
{
    uint32_t enabled = profile_enabled(i->card);
    struct card_profile fresh;

    if (!objects_get(isdr_objects(i), OBJ_IMMEDIATE).p)
        return IMMEDIATE_ENABLE_NOT_AVAILABLE;
    if (!i->fresh_root || profile_get(i->card, i->fresh_root, &fresh))
        return IMMEDIATE_ENABLE_NO_SESSION;
    if (!i->fresh_from_default || fresh.state != PROFILE_DISABLED ||
        (enabled && profile_pprs(i, enabled) & PPR1))
        return IMMEDIATE_ENABLE_NOT_AVAILABLE;
    return busy(i, refresh) ? IMMEDIATE_ENABLE_CAT_BUSY : IMMEDIATE_ENABLE_OK;
}

void es10_immediate_enable(struct isdr *i, slice request, struct reply *out)
{
    struct immediate_enable_request q = { .refresh_flag = false };
    struct isdr_store s = isdr_store_get(i);
    int code;
    enum err err = is_v10(i) ? schema_check(&T_v10_enable_using_dd_request, request, NULL)
                             : schema_decode(&T_immediate_enable_request, request, &q, NULL);

    if (err) {
        reply_sw(out, SW_DATA);
        return;
    }
    code = immediate_check(i, q.refresh_flag);
    if (code) {
        answer_code(out, 0xBF5A, code);
        return;
    }
    switch_and_answer(i, 0xBF5A, &s, i->fresh_root, q.refresh_flag, SWITCH_PLAIN, out);
    i->fresh_root = 0;
}

/* ---- fallback ---- */

void es10_execute_fallback(struct isdr *i, slice request, struct reply *out)
{
    struct execute_fallback_mechanism_request q;
    struct isdr_store s = isdr_store_get(i);
    uint32_t enabled = profile_enabled(i->card);
    int code = EXECUTE_FALLBACK_OK;

    if (schema_decode(&T_execute_fallback_mechanism_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (!enabled)
        code = EXECUTE_FALLBACK_COMMAND_ERROR;
    else if (!s.fallback)
        code = EXECUTE_FALLBACK_NOT_AVAILABLE;
    else if (s.emergency)
        code = EXECUTE_FALLBACK_ECALL_ACTIVE;
    else if (s.fallback == enabled)
        code = EXECUTE_FALLBACK_NOT_DISABLED;
    else if (busy(i, q.refresh_flag))
        code = EXECUTE_FALLBACK_CAT_BUSY;
    if (code) {
        answer_code(out, 0xBF5D, code);
        return;
    }
    s.fallback_return = enabled;
    switch_and_answer(i, 0xBF5D, &s, s.fallback, q.refresh_flag, SWITCH_PLAIN, out);
}

void es10_return_from_fallback(struct isdr *i, slice request, struct reply *out)
{
    struct return_from_fallback_request q;
    struct isdr_store s = isdr_store_get(i);
    uint32_t to = s.fallback_return;
    int code = RETURN_FALLBACK_OK;

    if (schema_decode(&T_return_from_fallback_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (!s.fallback || s.fallback != profile_enabled(i->card) || !to)
        code = RETURN_FALLBACK_NOT_AVAILABLE;
    else if (busy(i, q.refresh_flag))
        code = RETURN_FALLBACK_CAT_BUSY;
    if (code) {
        answer_code(out, 0xBF5E, code);
        return;
    }
    s.fallback_return = 0;
    switch_and_answer(i, 0xBF5E, &s, to, q.refresh_flag, SWITCH_PLAIN, out);
}

/* ---- emergency: without notifications, in both directions ---- */

static uint32_t emergency_profile(struct isdr *i)
{
    struct card_profile profile;
    uint32_t root = 0;

    while (i->p->emergency_supported && profile_next(i->card, &root, &profile))
        if (metadata_flag(profile_metadata(i->card, root), 0x9F7B))
            return root;
    return 0;
}

void es10_enable_emergency(struct isdr *i, slice request, struct reply *out)
{
    struct enable_emergency_profile_request q;
    struct isdr_store s = isdr_store_get(i);
    uint32_t root = emergency_profile(i);
    int code = ENABLE_EMERGENCY_OK;

    if (schema_decode(&T_enable_emergency_profile_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (!root)
        code = ENABLE_EMERGENCY_NOT_AVAILABLE;
    else if (s.emergency || profile_enabled(i->card) == root)
        code = ENABLE_EMERGENCY_NOT_DISABLED;
    else if (busy(i, q.refresh_flag))
        code = ENABLE_EMERGENCY_CAT_BUSY;
    if (code) {
        answer_code(out, 0xBF5B, code);
        return;
    }
    s.emergency = root;
    s.emergency_return = profile_enabled(i->card);
    switch_and_answer(i, 0xBF5B, &s, root, q.refresh_flag, SWITCH_SILENT, out);
}

void es10_disable_emergency(struct isdr *i, slice request, struct reply *out)
{
    struct disable_emergency_profile_request q;
    struct isdr_store s = isdr_store_get(i);
    uint32_t to = s.emergency_return;
    int code = DISABLE_EMERGENCY_OK;

    if (schema_decode(&T_disable_emergency_profile_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (!s.emergency)
        code = DISABLE_EMERGENCY_NOT_ENABLED;
    else if (busy(i, q.refresh_flag))
        code = DISABLE_EMERGENCY_CAT_BUSY;
    if (code) {
        answer_code(out, 0xBF5C, code);
        return;
    }
    s.emergency = 0;
    s.emergency_return = 0;
    switch_and_answer(i, 0xBF5C, &s, to, q.refresh_flag, SWITCH_SILENT, out);
}
