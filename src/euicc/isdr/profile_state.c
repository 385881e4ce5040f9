/*
 * Enable, disable, delete and name profiles (SGP.22 5.7.16-5.7.18, 5.7.21), and what a change of
 * the enabled profile brings with it: notifications, the deletion that waited for it.
 */
#include "euicc/isdr/isdr_impl.h"

#include "rsp/sgp22.h"

/* ---- switching ---- */

enum err switch_profile(struct isdr *i, uint32_t to, bool refresh, enum switch_cause cause)
{
    struct isdr_store s = isdr_store_get(i);
    enum err err;

    if (refresh && cat_busy(i->card))
        return E_CONFLICT;
    if (profile_switch_due(i->card) >= 0)
        return E_CONFLICT;
    s.cause = cause;
    err = store_put(i, &s);
    return err ? err : profile_switch(i->card, to, refresh);
}

/* Every reference to a profile that goes. */
static enum err forget_profile(struct isdr *i, uint32_t root)
{
    struct isdr_store s = isdr_store_get(i);
    slice rollback = objects_get(isdr_objects(i), OBJ_ROLLBACK);
    uint32_t *references[] = { &s.fallback,         &s.fallback_return, &s.emergency,
                               &s.emergency_return, &s.delete_after,    &s.before_test };
    uint32_t target = 0;
    bool known = false;
    enum err err;

    for (size_t n = 0; n < COUNT(references); n++)
        if (*references[n] == root) {
            *references[n] = 0;
            known = true;
        }
    if (i->fresh_root == root)
        i->fresh_root = 0;
    if (rollback.n >= sizeof target)
        memcpy(&target, rollback.p + offsetof(struct rollback, root), sizeof target);
    err = known ? store_put(i, &s) : E_OK; /* a full card deletes as well */
    return !err && target == root ? rollback_revoke(i) : err;
}

enum err remove_profile(struct isdr *i, uint32_t root)
{
    enum err err = notify(i, root, NOTIFICATION_DELETE, 0);

    /* deleting makes room: it must not fail for the lack of it */
    if (!err || err == E_MEMORY)
        err = forget_profile(i, root);
    return err ? err : profile_delete(i->card, root);
}

static bool is_test(struct isdr *i, uint32_t root)
{
    return root && profile_class(i, root) == PROFILE_CLASS_TEST;
}

/*
 * What a change means for the profiles that the card would go back to, whoever asked for it: the
 * one before the test profiles (SGP.22 5.7.16), the one before the fallback, the emergency. The
 * emergency's own switches are silent and keep the way back from the Fallback Profile.
 */
static void follow_switch(struct isdr *i, struct isdr_store *s, uint32_t from, uint32_t to)
{
    if (!is_test(i, to))
        s->before_test = 0;
    else if (!is_test(i, from))
        s->before_test = from;
    if (s->cause == SWITCH_SILENT || !from)
        return;
    if (from == s->fallback)
        s->fallback_return = 0;
    if (from == s->emergency)
        s->emergency = s->emergency_return = 0;
}

/*
 * Inside the transaction of the change. Test mode is no operator's concern: neither the way to a
 * test profile nor the way back is notified (SGP.21 TPRO, SGP.22 5.7.16, 5.7.17). A notification
 * that cannot be stored is lost, as when the store is full (SGP.22 3.5); the change itself stands.
 */
void isdr_switched(struct card *card, void *state, uint32_t from, uint32_t to)
{
    struct isdr *i = state;
    struct isdr_store s = isdr_store_get(i);
    bool silent = s.cause == SWITCH_SILENT || is_test(i, from) || is_test(i, to);
    bool remove = from && s.delete_after == from;
    enum err err;

    (void)card;
    follow_switch(i, &s, from, to);
    s.cause = SWITCH_PLAIN;
    s.delete_after = 0;
    err = store_put(i, &s);
    if (!err && from && !silent)
        err = notify(i, from, NOTIFICATION_DISABLE, 0);
    if (!err && to && !silent)
        err = notify(i, to, NOTIFICATION_ENABLE, 0);
    if (!err && remove)
        err = remove_profile(i, from);
    (void)err;
}

/* ---- ES10c ---- */

static bool find_profile(struct isdr *i, const struct profile_identifier *id,
                         struct card_profile *out)
{
    if (id->which == profile_identifier_is_isdp_aid)
        return !profile_by_aid(i->card, id->isdp_aid, out);
    return !profile_by_iccid(i->card, id->iccid, out);
}

/*
 * While a test profile is enabled, the way back is to another test profile or to the operational
 * one that was enabled before it (SGP.22 5.7.16).
 */
static bool wrong_reenabling(struct isdr *i, uint32_t enabled, uint32_t to)
{
    struct isdr_store s = isdr_store_get(i);

    return is_test(i, enabled) && !is_test(i, to) && s.before_test != to;
}

static int enable_check(struct isdr *i, const struct profile_identifier *id, bool refresh,
                        struct card_profile *p)
{
    uint32_t enabled = profile_enabled(i->card);

    if (!find_profile(i, id, p))
        return ENABLE_PROFILE_ICCID_OR_AID_NOT_FOUND;
    if (p->state != PROFILE_DISABLED)
        return ENABLE_PROFILE_PROFILE_NOT_IN_DISABLED_STATE;
    if (enabled && profile_pprs(i, enabled) & PPR1 && !is_test(i, p->root))
        return ENABLE_PROFILE_DISALLOWED_BY_POLICY;
    if (wrong_reenabling(i, enabled, p->root))
        return ENABLE_PROFILE_WRONG_PROFILE_REENABLING;
    return refresh && cat_busy(i->card) ? ENABLE_PROFILE_CAT_BUSY : ENABLE_PROFILE_OK;
}

static void answer_switch(struct reply *out, uint32_t tag, enum err err)
{
    if (err == E_CONFLICT)
        answer_code(out, tag, ENABLE_PROFILE_CAT_BUSY);
    else if (err)
        reply_sw(out, sw_of(err));
    else
        answer_code(out, tag, 0);
}

void es10_enable(struct isdr *i, slice request, struct reply *out)
{
    struct enable_profile_request q;
    struct card_profile p;
    enum err err;
    int code;

    if (schema_decode(&T_enable_profile_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    code = enable_check(i, &q.profile_identifier, q.refresh_flag, &p);
    if (code) {
        answer_code(out, 0xBF31, code);
        return;
    }
    err = rollback_revoke(i);
    if (!err)
        err = switch_profile(i, p.root, q.refresh_flag, SWITCH_PLAIN);
    answer_switch(out, 0xBF31, err);
}

static int disable_check(struct isdr *i, const struct profile_identifier *id, bool refresh,
                         struct card_profile *p)
{
    if (!find_profile(i, id, p))
        return DISABLE_PROFILE_ICCID_OR_AID_NOT_FOUND;
    if (p->state != PROFILE_ENABLED)
        return DISABLE_PROFILE_PROFILE_NOT_IN_ENABLED_STATE;
    if (profile_pprs(i, p->root) & PPR1)
        return DISABLE_PROFILE_DISALLOWED_BY_POLICY;
    return refresh && cat_busy(i->card) ? DISABLE_PROFILE_CAT_BUSY : DISABLE_PROFILE_OK;
}

void es10_disable(struct isdr *i, slice request, struct reply *out)
{
    struct disable_profile_request q;
    struct card_profile p;
    uint32_t back = 0;
    enum err err;
    int code;

    if (schema_decode(&T_disable_profile_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    code = disable_check(i, &q.profile_identifier, q.refresh_flag, &p);
    if (code) {
        answer_code(out, 0xBF32, code);
        return;
    }
    if (is_test(i, p.root))
        back = isdr_store_get(i).before_test;
    err = rollback_revoke(i);
    if (!err)
        err = switch_profile(i, back, q.refresh_flag, SWITCH_PLAIN);
    answer_switch(out, 0xBF32, err);
}

void es10_delete(struct isdr *i, slice request, struct reply *out)
{
    struct profile_identifier id;
    struct card_profile p;
    int code = DELETE_PROFILE_OK;
    enum err err;

    if (schema_decode(&T_delete_profile_request, request, &id, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (!find_profile(i, &id, &p))
        code = DELETE_PROFILE_ICCID_OR_AID_NOT_FOUND;
    else if (p.state != PROFILE_DISABLED || profile_switch_due(i->card) == (int32_t)p.root)
        code = DELETE_PROFILE_PROFILE_NOT_IN_DISABLED_STATE;
    else if (profile_pprs(i, p.root) & PPR2)
        code = DELETE_PROFILE_DISALLOWED_BY_POLICY;
    err = code ? E_OK : remove_profile(i, p.root);
    if (err)
        reply_sw(out, sw_of(err));
    else
        answer_code(out, 0xBF33, code);
}

/* ---- nickname ---- */

/* The metadata with another nickname; an empty one is left out. */
static enum err put_nickname(struct isdr *i, uint32_t root, slice nickname)
{
    size_t size = profile_metadata(i->card, root).n + nickname.n + 8;
    uint8_t *scratch = objects_lend(isdr_objects(i), size);
    struct der_writer w = der_writer(scratch, size);
    struct der_reader r;
    slice old, part;
    enum err err = scratch ? E_OK : E_MEMORY;

    if (err)
        return err;
    old = profile_metadata(i->card, root);
    metadata_extra(old, 0xC1, &part);
    der_put(&w, part);
    metadata_extra(old, 0xB8, &part);
    der_put(&w, part);
    if (nickname.n)
        der_put_tlv(&w, 0x90, nickname);
    r = der_reader(old);
    der_put(&w, der_expect(&r, 0xBF25).whole);
    err = der_written(&w, &part);
    if (!err)
        err = profile_set_metadata(i->card, root, part);
    objects_repay(isdr_objects(i), scratch);
    return err;
}

/* Of a request that may be too long in another place. */
static slice nickname_iccid(slice request)
{
    struct der_reader r = der_reader(request);

    r = der_reader(der_expect(&r, 0xBF29).value);
    return der_expect(&r, 0x5A).value;
}

void es10_set_nickname(struct isdr *i, slice request, struct reply *out)
{
    struct set_nickname_request q;
    struct card_profile p;
    int code = SET_NICKNAME_OK;
    enum err err = schema_decode(&T_set_nickname_request, request, &q, NULL);

    if (err && err != E_SIZE) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (profile_by_iccid(i->card, nickname_iccid(request), &p))
        code = SET_NICKNAME_ICCID_NOT_FOUND;
    else if (err)
        code = SET_NICKNAME_UNDEFINED_ERROR;
    err = code ? E_OK : put_nickname(i, p.root, q.profile_nickname);
    if (err)
        reply_sw(out, sw_of(err));
    else
        answer_code(out, 0xBF29, code);
}
