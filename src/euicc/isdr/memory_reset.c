/*
 * eUICCMemoryReset: BF34 of SGP.22 5.7.19 and BF64 of SGP.32 5.9.5. Rules, certificates,
 * notifications and the sequence counter survive. A profile that is enabled is disabled by a switch
 * with REFRESH and goes when that has taken place; PPR2 does not protect it.
 */
#include "euicc/isdr/isdr_impl.h"

#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

/* What is to go. */
struct reset {
    bool class[3]; /* by profileClass */
    bool smdp, eim, immediate;
    bool profiles_or_smdp; /* one of the options that share resetResult was given */
};

static bool concerns(struct isdr *i, const struct reset *r, uint32_t root)
{
    int class = profile_class(i, root);

    return class >= 0 && class <= PROFILE_CLASS_OPERATIONAL && r->class[class];
}

/* The enabled profile goes with its switch, which another one or a proactive command holds up. */
static bool busy(struct isdr *i, const struct reset *r)
{
    uint32_t enabled = profile_enabled(i->card);

    if (profile_switch_due(i->card) >= 0)
        return true;
    return enabled && concerns(i, r, enabled) && cat_busy(i->card);
}

/* Behind a test profile the card goes back to the profile before it, as when one is disabled. */
static enum err remove_enabled(struct isdr *i, const struct reset *r, uint32_t root)
{
    struct isdr_store s = isdr_store_get(i);
    uint32_t back = 0;
    enum err err;

    if (profile_class(i, root) == PROFILE_CLASS_TEST && !concerns(i, r, s.before_test))
        back = s.before_test;
    s.delete_after = root;
    err = store_put(i, &s);
    if (!err)
        err = rollback_revoke(i);
    return err ? err : switch_profile(i, back, true, SWITCH_PLAIN);
}

static enum err remove_profiles(struct isdr *i, const struct reset *r, bool *any)
{
    uint32_t enabled = profile_enabled(i->card), root = 0;
    struct card_profile profile;
    enum err err = E_OK;

    while (!err && profile_next(i->card, &root, &profile)) {
        if (!concerns(i, r, root))
            continue;
        *any = true;
        err = root == enabled ? remove_enabled(i, r, root) : remove_profile(i, root);
    }
    return err;
}

static enum err remove_object(struct isdr *i, uint32_t id, bool *any)
{
    enum err err = objects_delete(isdr_objects(i), id);

    if (!err)
        *any = true;
    return err == E_NOTFOUND ? E_OK : err;
}

/* resetResult; *err: the card failed and the transaction is to be dropped. */
static int reset_profiles(struct isdr *i, const struct reset *r, enum err *err)
{
    bool any = false;

    if (busy(i, r))
        return IOT_RESET_CAT_BUSY;
    *err = remove_profiles(i, r, &any);
    if (!*err && r->smdp)
        *err = remove_object(i, OBJ_SMDP, &any);
    return any || !r->profiles_or_smdp ? IOT_RESET_OK : IOT_RESET_NOTHING;
}

void es10_memory_reset_consumer(struct isdr *i, slice request, struct reply *out)
{
    struct euicc_memory_reset_request q;
    struct reset r = { .profiles_or_smdp = true };
    enum err err = E_OK;
    int code;

    if (schema_decode(&T_euicc_memory_reset_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    r.class[PROFILE_CLASS_OPERATIONAL] =
        der_bit(q.reset_options, RESET_DELETE_OPERATIONAL_PROFILES);
    r.class[PROFILE_CLASS_TEST] = der_bit(q.reset_options, RESET_DELETE_FIELD_LOADED_TEST_PROFILES);
    r.smdp = der_bit(q.reset_options, RESET_DEFAULT_SMDP_ADDRESS);
    code = reset_profiles(i, &r, &err);
    if (err)
        reply_sw(out, sw_of(err));
    else
        answer_code(out, 0xBF34, code);
}

/* ---- SGP.32: each group with its own result ---- */

static void read_options(slice options, struct reset *r)
{
    r->class[PROFILE_CLASS_OPERATIONAL] = der_bit(options, IOT_RESET_OPERATIONAL);
    r->class[PROFILE_CLASS_TEST] = der_bit(options, IOT_RESET_FIELD_TEST);
    r->class[PROFILE_CLASS_PROVISIONING] = der_bit(options, IOT_RESET_PROVISIONING);
    r->smdp = der_bit(options, IOT_RESET_DEFAULT_SMDP);
    r->eim = der_bit(options, IOT_RESET_EIM_CONFIG);
    r->immediate = der_bit(options, IOT_RESET_IMMEDIATE_ENABLE);
    /* no test profile of this card was loaded before the field: that option finds nothing */
    r->profiles_or_smdp = (der_bits(options) & 0x1F) != 0;
}

static int reset_eims(struct isdr *i, enum err *err)
{
    if (!i->p->eim_reset_supported)
        return RESET_EIM_NOT_SUPPORTED;
    if (eim_count(i) == 0)
        return RESET_EIM_NOTHING;
    *err = eim_delete_all(i);
    return RESET_EIM_OK;
}

static int reset_immediate(struct isdr *i, enum err *err)
{
    bool any = false;

    if (!i->p->immediate_enable_reset_supported)
        return RESET_IE_NOT_SUPPORTED;
    *err = remove_object(i, OBJ_IMMEDIATE, &any);
    return RESET_IE_OK;
}

void es10_memory_reset(struct isdr *i, slice request, struct reply *out)
{
    struct iot_memory_reset_request q;
    struct iot_memory_reset_response answer = { 0 };
    struct reset r = { 0 };
    uint8_t buf[32];
    slice octets;
    enum err err = E_OK;

    if (schema_decode(&T_iot_memory_reset_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    read_options(q.reset_options, &r);
    answer.has_reset_result = true;
    if (isdr_store_get(i).emergency)
        answer.reset_result = IOT_RESET_ECALL_ACTIVE;
    else
        answer.reset_result = reset_profiles(i, &r, &err);
    if (answer.reset_result == IOT_RESET_OK || answer.reset_result == IOT_RESET_NOTHING) {
        answer.has_reset_eim_result = r.eim;
        answer.has_reset_immediate_enable_config_result = r.immediate;
        if (!err && r.eim)
            answer.reset_eim_result = reset_eims(i, &err);
        if (!err && r.immediate)
            answer.reset_immediate_enable_config_result = reset_immediate(i, &err);
    }
    if (!err)
        err = schema_encode(&T_iot_memory_reset_response, &answer, buf, sizeof buf, &octets, NULL);
    if (err)
        reply_sw(out, sw_of(err));
    else if (reply_put(out, octets))
        out->sw = SW_OK;
}
