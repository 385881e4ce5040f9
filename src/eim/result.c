/*
 * Results of packages (SGP.32 2.11.2.1, 3.3.1): is one genuine, whose order does it answer, has it
 * been applied already?
 */
#include "eim/internal.h"

#include <inttypes.h>

static enum err device_key(struct eim *e, const struct keyring *keys, const struct eim_device *d,
                           int64_t now_s, struct public_key **out)
{
    struct chain chain;
    uint8_t eid[EID_LEN];
    enum err err;

    *out = e->known ? known_key(e->known, d, keys->generation, now_s) : NULL;
    if (*out)
        return E_OK;
    err = chain_verify_euicc(&keys->trust, d->euicc_certificate, d->eum_certificate, SLICE_NONE,
                             now_s, &chain, eid, NULL);
    if (err)
        return err;
    if (slice_eq(slice_of(eid, EID_LEN), d->eid))
        *out = key_hold(chain.key);
    else
        err = E_BADCERT;
    if (!err && e->known)
        known_learn_key(e->known, d, keys->generation, &chain);
    chain_close(&chain);
    return err;
}

enum err eim_device_key(struct eim *e, const struct eim_device *d, int64_t now_ms,
                        struct public_key **out)
{
    struct keyring *keys;
    enum err err;

    if (!d->euicc_certificate.p || !d->eum_certificate.p)
        return E_NOTFOUND;
    keys = keyring_now(e->options.keys);
    err = device_key(e, keys, d, now_ms / 1000, out);
    keyring_drop(keys);
    return err;
}

/*
 * Signed is data || association token DO. Cards of v1.0 may have followed the text of that version,
 * data || eimSignature of the package that is answered; an IPA of v1.1 or later may stand before
 * such a card.
 */
static bool may_sign_as_v10(const struct eim_device *d)
{
    return d->wire == EIM_WIRE_V10 || d->iot_version < 0x010100; /* 0: not known */
}

static enum err verify(struct eim *e, const struct eim_device *d, const struct eim_order *o,
                       slice data, slice signature, struct turn *t)
{
    uint8_t token[TOKEN_DO_MAX];
    const slice parts[] = { data, eim_token_do(d, token) };
    struct euicc_package_request sent;
    struct public_key *key;
    enum err err = eim_device_key(e, d, t->now_ms, &key);

    if (err)
        return err;
    err = key_verify(key, parts, COUNT(parts), signature);
    if (err == E_BADSIG && may_sign_as_v10(d) && o->sent.p &&
        !schema_decode(&T_euicc_package_request, o->sent, &sent, NULL)) {
        const slice older[] = { data, SLICE_LIT("\x5F\x37\x40"), sent.eim_signature };

        err = key_verify(key, older, COUNT(older), signature);
    }
    key_drop(key);
    return err;
}

/* Not believed: nothing changes, nothing is acknowledged, but somebody should know. */
static enum err discard(struct eim *e, struct eim_device *d, slice result, const char *why,
                        struct turn *t)
{
    return eim_tell_unproven(e, t, "eim.result.discarded", d->eid, why, result);
}

/* Asks the IPA for data, unless that is queued already. */
static enum err queue_data(struct eim *e, const struct eim_device *d, slice tags, struct turn *t)
{
    struct eim_order *open, *o;
    size_t count;
    enum err err = eim_open_orders(t, d->eid, &open, &count);

    for (size_t i = 0; !err && i < count; i++)
        if (open[i].kind == EIM_ORDER_DATA && slice_eq(open[i].content, tags))
            return E_OK;
    if (!err)
        err = eim_new_order(e, d->eid, EIM_ORDER_DATA, t, &o);
    if (err)
        return err;
    o->content = tags;
    return turn_insert(t, &eim_order_table, o);
}

/* A certificate that is missing or outdated can be fetched; a bad signature stays bad. */
static enum err not_verified(struct eim *e, struct eim_device *d, slice result, enum err why,
                             struct turn *t)
{
    enum err err;

    if (err_class(why) == ERR_SYSTEM || err_class(why) == ERR_CALLER)
        return why;
    err = discard(e, d, result, err_text(why), t);
    if (err || why != E_NOTFOUND)
        return err;
    return queue_data(e, d, SLICE_NONE, t);
}

/* Without its transaction a result can only answer the package that is out. */
static enum err find_outstanding(const struct eim_device *d, struct turn *t, struct eim_order **out)
{
    struct eim_order *open;
    size_t count;
    enum err err = eim_open_orders(t, d->eid, &open, &count);

    for (size_t i = 0; !err && i < count; i++) {
        if (eim_is_out(open[i].kind, open[i].state)) {
            *out = &open[i];
            return E_OK;
        }
    }
    return err ? err : E_NOTFOUND;
}

static enum err find_answered(const struct eim_device *d, int64_t counter, slice transaction,
                              struct turn *t, struct eim_order **out)
{
    enum err err = transaction.p ? eim_find_transaction(t, d->eid, transaction, out)
                                 : find_outstanding(d, t, out);

    if (err)
        return err;
    if ((*out)->kind != EIM_ORDER_PACKAGE || !(*out)->sent.p || (*out)->counter != counter ||
        !slice_eq((*out)->eid, d->eid))
        return E_NOTFOUND;
    return E_OK;
}

/* ---- a result ------------------------------------------------------------------------------- */

static bool is_rollback(slice results)
{
    struct euicc_result_data first;

    return schema_next(&T_euicc_result_data, &results, &first) &&
           first.which == euicc_result_data_is_rollback_result;
}

static enum err take_signed(struct eim *e, struct eim_device *d, slice whole,
                            const struct euicc_package_result_signed *r, struct acks *acks,
                            struct turn *t)
{
    struct euicc_package_result_data_signed data;
    struct eim_order *o;
    enum err err = schema_decode(&T_euicc_package_result_data_signed,
                                 r->euicc_package_result_data_signed, &data, NULL);

    if (err)
        return err;
    if (!slice_eq(data.eim_id, e->options.eim_id))
        return discard(e, d, whole, "eimId of another eIM", t);
    err = find_answered(d, data.counter_value, data.eim_transaction_id, t, &o);
    if (err)
        return err == E_NOTFOUND ? discard(e, d, whole, "answers no package of ours", t) : err;
    if (o->result.p && slice_eq(o->result, whole)) {
        eim_ack(acks, data.seq_number);
        return E_OK;
    }
    err = verify(e, d, o, r->euicc_package_result_data_signed, r->euicc_sign_epr, t);
    if (err)
        return not_verified(e, d, whole, err, t);
    eim_ack(acks, data.seq_number);
    /* After a rollback the card makes a second result for the same package (SGP.32 3.3.2). */
    if (o->seq_number && !(is_rollback(data.euicc_result) && data.seq_number > o->seq_number))
        return E_OK;
    o->verified = 1;
    o->seq_number = data.seq_number;
    o->result = arena_copy(t->arena, whole);
    err = eim_apply_results(e, d, o, data.euicc_result, t);
    return err ? err : eim_save_order(t, o);
}

/* ---- errors --------------------------------------------------------------------------------- */

static enum err fail_package(struct eim_order *o, slice whole, int64_t code, bool verified,
                             struct turn *t)
{
    const char *name = value_name(euicc_package_error_code_names, code);

    o->state = EIM_FAILED;
    o->code = code;
    o->verified = verified;
    o->retryable = verified && code == PACKAGE_ECALL_ACTIVE;
    o->result = arena_copy(t->arena, whole);
    o->outcome = arena_printf(t->arena, "%s %s(%" PRId64 ")",
                              verified ? "euiccPackageErrorCode" : "euiccPackageErrorUnsigned",
                              name ? name : "?", code);
    return eim_save_order(t, o);
}

static enum err take_error_signed(struct eim *e, struct eim_device *d, slice whole,
                                  const struct euicc_package_error_signed *r, struct turn *t)
{
    struct euicc_package_error_data_signed data;
    struct eim_order *o;
    enum err err = schema_decode(&T_euicc_package_error_data_signed,
                                 r->euicc_package_error_data_signed, &data, NULL);

    if (err)
        return err;
    if (!slice_eq(data.eim_id, e->options.eim_id))
        return discard(e, d, whole, "eimId of another eIM", t);
    err = find_answered(d, data.counter_value, data.eim_transaction_id, t, &o);
    if (err)
        return err == E_NOTFOUND ? discard(e, d, whole, "answers no package of ours", t) : err;
    err = verify(e, d, o, r->euicc_package_error_data_signed, r->euicc_sign_epe, t);
    if (err)
        return not_verified(e, d, whole, err, t);
    if (!o->open)
        return E_OK;
    err = fail_package(o, whole, data.euicc_package_error_code, true, t);
    /* It may have been executed and its result got lost: the card still keeps that. */
    if (!err && data.euicc_package_error_code == PACKAGE_REPLAY && d->wire != EIM_WIRE_V10)
        err = queue_data(e, d, SLICE_LIT("\xA2"), t);
    return err;
}

/* Anybody could have made it: the order ends, and everything else stays as it is. */
static enum err take_error_unsigned(struct eim *e, struct eim_device *d, slice whole,
                                    const struct euicc_package_error_unsigned *r, struct turn *t)
{
    struct eim_order *open, *o = NULL;
    size_t count;
    enum err err;

    if (!slice_eq(r->eim_id, e->options.eim_id))
        return discard(e, d, whole, "eimId of another eIM", t);
    err = eim_open_orders(t, d->eid, &open, &count);
    if (err)
        return err;
    for (size_t i = 0; !o && i < count; i++)
        if (eim_is_out(open[i].kind, open[i].state))
            o = &open[i];
    if (!o || (r->eim_transaction_id.p && !slice_eq(r->eim_transaction_id, o->transaction_id)))
        return discard(e, d, whole, "answers no package of ours", t);
    return fail_package(o, whole,
                        r->has_euicc_package_unsigned_error_code
                            ? r->euicc_package_unsigned_error_code
                            : PACKAGE_UNDEFINED_ERROR,
                        false, t);
}

enum err eim_take_package_result(struct eim *e, struct eim_device *d, slice whole,
                                 struct acks *acks, struct turn *t)
{
    struct euicc_package_result r;
    struct tlv element;
    /* in an item of v1.0's lists the arm stands without BF51 around it */
    const struct type *type = &T_euicc_package_result;
    enum err err = der_one(whole, &element);

    if (!err && element.tag != 0xBF51)
        type = &T_v10_euicc_package_result;
    if (!err && type == &T_euicc_package_result) {
        err = schema_decode(type, whole, &r, NULL);
    } else if (!err) {
        struct v10_euicc_package_result v10;

        err = schema_decode(type, whole, &v10, NULL);
        r.which = v10.which; /* the same arms */
        if (!err && v10.which == v10_euicc_package_result_is_euicc_package_result_signed)
            r.euicc_package_result_signed = v10.euicc_package_result_signed;
        else if (!err && v10.which == v10_euicc_package_result_is_euicc_package_error_signed)
            r.euicc_package_error_signed = v10.euicc_package_error_signed;
        else if (!err)
            r.euicc_package_error_unsigned = v10.euicc_package_error_unsigned;
    }
    if (err)
        return err;
    switch (r.which) {
    case euicc_package_result_is_euicc_package_result_signed:
        return take_signed(e, d, whole, &r.euicc_package_result_signed, acks, t);
    case euicc_package_result_is_euicc_package_error_signed:
        return take_error_signed(e, d, whole, &r.euicc_package_error_signed, t);
    default:
        return take_error_unsigned(e, d, whole, &r.euicc_package_error_unsigned, t);
    }
}
