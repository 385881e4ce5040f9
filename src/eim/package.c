/* GetEimPackage (SGP.32 6.3.2.6): what a device is told next. */
#include "eim/internal.h"

/* How often an unsigned package is handed out before it counts as lost. */
#define DELIVERIES_MAX 10
/* An IPA that asks for packages this long after the last step of its download has given it up. */
#define STILL_MS 30000

static enum err refuse(struct turn *t, bool v10, enum get_eim_package_error code)
{
    const struct get_eim_package_response r = {
        .which = get_eim_package_response_is_eim_package_error,
        /* v1.0 knows the first and the last code only */
        .eim_package_error = v10 && code != GET_PACKAGE_NONE ? GET_PACKAGE_UNDEFINED_ERROR : code,
    };

    return eim_reply(t, &T_get_eim_package_response, &r, 16);
}

/* BF4F around an eIM Package that was stored as it leaves. */
static enum err hand_out(struct turn *t, slice package)
{
    size_t room = package.n + 16;
    uint8_t *buf = arena_alloc(t->arena, room);
    struct der_writer w;

    if (!buf)
        return E_MEMORY;
    w = der_writer(buf, room);
    der_put(&w, package);
    der_wrap(&w, 0xBF4F, 0);
    return der_written(&w, &t->reply);
}

static enum err encode(struct turn *t, const struct type *type, const void *value, size_t room,
                       slice *out)
{
    uint8_t *buf = arena_alloc(t->arena, room);

    return buf ? schema_encode(type, value, buf, room, out, NULL) : E_MEMORY;
}

/* Signs a queued package for its device, under its next counter. */
static enum err eim_sign_package(struct eim *e, struct eim_device *d, struct eim_order *o,
                                 struct turn *t)
{
    struct euicc_package_signed inner = {
        .eim_id = e->options.eim_id,
        .eid_value = d->eid,
        .counter_value = d->counter + 1,
        .has_counter_value = true,
        .eim_transaction_id = o->transaction_id,
    };
    struct euicc_package_request request;
    uint8_t token[TOKEN_DO_MAX];
    struct ec_sig sig;
    size_t room = o->content.n + 256;
    enum err err = schema_decode(&T_euicc_package, o->content, &inner.euicc_package, NULL);

    if (!err)
        err = encode(t, &T_euicc_package_signed, &inner, room, &request.euicc_package_signed);
    if (!err) {
        const slice parts[] = { request.euicc_package_signed, eim_token_do(d, token) };

        err = signer_sign(e->options.signer, e->options.crypto, parts, COUNT(parts), &sig);
    }
    request.eim_signature = SLICE_OF(sig.b);
    if (!err)
        err = encode(t, &T_euicc_package_request, &request, room + 128, &o->sent);
    if (err)
        return err;
    d->counter++;
    o->counter = d->counter;
    return E_OK;
}

static enum err write_data_request(const struct eim_device *d, struct eim_order *o, struct turn *t)
{
    const struct ipa_euicc_data_request r = {
        .tag_list = o->content.p ? o->content : eim_data_tags(d),
        .eim_transaction_id = d->wire == EIM_WIRE_V10 ? SLICE_NONE : o->transaction_id,
    };

    return encode(t, &T_ipa_euicc_data_request, &r, 320, &o->sent);
}

struct profile_download_trigger_request eim_trigger_of(const struct eim_order *o)
{
    struct profile_download_trigger_request r = { .eim_transaction_id = o->transaction_id };
    struct profile_download_data *data = &r.profile_download_data;

    switch (o->source) {
    case EIM_BY_DEFAULT_SMDP:
        data->which = profile_download_data_is_contact_default_smdp;
        data->contact_default_smdp = true;
        break;
    case EIM_BY_SMDS:
        data->which = profile_download_data_is_contact_smds;
        data->contact_smds.smds_address = o->smdp;
        break;
    default:
        data->which = profile_download_data_is_activation_code;
        data->activation_code = o->activation;
        break;
    }
    return r;
}

enum err eim_write_trigger(struct eim_order *o, struct turn *t)
{
    const struct profile_download_trigger_request r = eim_trigger_of(o);

    return encode(t, &T_profile_download_trigger_request, &r, 400, &o->sent);
}

static enum err send_first(struct eim *e, struct eim_device *d, struct eim_order *o, struct turn *t)
{
    enum err err = o->kind == EIM_ORDER_PACKAGE ? eim_sign_package(e, d, o, t)
                   : o->kind == EIM_ORDER_DATA  ? write_data_request(d, o, t)
                                                : eim_write_trigger(o, t);

    if (err)
        return err;
    o->state = EIM_SENT;
    o->sent_ms = t->now_ms;
    o->deliveries = 1;
    err = eim_save_order(t, o);
    return err ? err : hand_out(t, o->sent);
}

enum err eim_sign_ahead(struct eim *e, struct eim_device *d, struct turn *t)
{
    struct eim_order *open;
    size_t count;
    enum err err = d->associated ? eim_open_orders(t, d->eid, &open, &count) : E_NOTFOUND;

    for (size_t i = 0; !err && i < count; i++) {
        struct eim_order *changed = eim_order_in_turn(t, open[i].id);
        struct eim_order *o = changed ? changed : &open[i];

        if (!o->open)
            continue;
        if (o->kind != EIM_ORDER_PACKAGE || o->state != EIM_QUEUED)
            break;
        o->state = EIM_SIGNED;
        o->sent_ms = t->now_ms;
        err = eim_sign_package(e, d, o, t);
        return err ? err : eim_save_order(t, o);
    }
    return err == E_NOTFOUND ? E_OK : err;
}

/* The same octets again: a package whose answer got lost may have been executed. */
static enum err send_again(struct eim_order *o, struct turn *t)
{
    enum err err = E_OK;

    if (o->kind != EIM_ORDER_PACKAGE) {
        o->deliveries++;
        o->state = EIM_SENT;
        err = eim_save_order(t, o);
    }
    return err ? err : hand_out(t, o->sent);
}

/* An unsigned package must not stop the queue for ever. A signed one waits for its result. */
static bool is_lost(const struct eim *e, const struct eim_order *o, int64_t now_ms)
{
    return o->kind != EIM_ORDER_PACKAGE && o->state != EIM_QUEUED &&
           (o->deliveries >= DELIVERIES_MAX || now_ms - o->sent_ms > e->options.unanswered_ms);
}

/*
 * The IPA is amid the relayed download of this order, as far as is known: it may work on another
 * one beside. After a restart of the eIM or of the device that download does not go on.
 */
static bool goes_on(struct eim *e, const struct eim_order *o, int64_t now_ms)
{
    return o->state == EIM_STARTED && relay_moved(&e->relays, o->rsp_id, now_ms, now_ms - STILL_MS);
}

static enum err give_up(struct eim_order *o, struct turn *t)
{
    o->state = EIM_FAILED;
    o->code = 127;
    o->retryable = 1;
    o->outcome = SLICE_LIT("no answer");
    return eim_save_order(t, o);
}

static enum err next_package(struct eim *e, struct eim_device *d, bool v10, struct turn *t)
{
    struct eim_order *open;
    size_t count;
    enum err err = eim_open_orders(t, d->eid, &open, &count);

    for (size_t i = 0; !err && i < count; i++) {
        struct eim_order *o = &open[i];

        if (is_lost(e, o, t->now_ms)) {
            err = give_up(o, t);
            continue;
        }
        if (o->state == EIM_CHECKING || goes_on(e, o, t->now_ms) ||
            (o->kind == EIM_ORDER_PACKAGE && !d->associated))
            continue;
        return o->state == EIM_QUEUED ? send_first(e, d, o, t) : send_again(o, t);
    }
    return err ? err : refuse(t, v10, GET_PACKAGE_NONE);
}

/* The same cause again within this time is not worth a row and an event. */
#define SAME_CHANGE_MS 60000

/*
 * notifyStateChange is signed by nobody. What is written for it is bounded, but the profiles are
 * asked for each time: no two such orders wait, and a change that was not asked for would be
 * missed.
 */
static enum err take_state_change(struct eim *e, struct eim_device *d, int64_t cause,
                                  struct turn *t)
{
    enum err err = E_OK;

    if (cause != d->changed_cause || t->now_ms - d->changed_ms >= SAME_CHANGE_MS) {
        d->changed_ms = t->now_ms;
        d->changed_cause = cause;
        err = eim_tell_unproven(e, t, "eim.state_changed", d->eid,
                                value_name(state_change_cause_names, cause), SLICE_NONE);
    }
    if (!err && d->associated)
        err = eim_queue_list(e, d, t);
    return err;
}

/* What the request tells of the device. Nothing is written for a poll that tells nothing new. */
static enum err take_news(struct eim *e, struct eim_device *d,
                          const struct get_eim_package_request *r, bool v10, struct turn *t)
{
    if (v10)
        d->wire = EIM_WIRE_V10;
    else if (r->has_state_change_cause || r->r_plmn.p)
        d->wire = EIM_WIRE_V11;
    if (r->r_plmn.p && !slice_eq(r->r_plmn, d->r_plmn))
        d->r_plmn = arena_copy(t->arena, r->r_plmn);
    if (!r->notify_state_change)
        return E_OK;
    return take_state_change(
        e, d, r->has_state_change_cause ? r->state_change_cause : STATE_CHANGE_UNDEFINED, t);
}

enum err eim_get_package(struct eim *e, const struct get_eim_package_request *r, bool v10,
                         struct turn *t)
{
    struct eim_device *d, before;
    enum err err;

    if (!r->eid_value.p)
        return refuse(t, v10, GET_PACKAGE_MISSING_EID);
    if (r->eid_value.n != EID_LEN)
        return refuse(t, v10, GET_PACKAGE_INVALID_EID);
    err = eim_find_device(t, r->eid_value, &d);
    if (err == E_NOTFOUND)
        return refuse(t, v10,
                      eid_valid(r->eid_value.p) ? GET_PACKAGE_EID_NOT_FOUND
                                                : GET_PACKAGE_INVALID_EID);
    if (err)
        return err;
    memcpy(&before, d, sizeof before);
    err = take_news(e, d, r, v10, t);
    if (!err)
        err = next_package(e, d, v10, t);
    if (!err && memcmp(&before, d, sizeof before) != 0)
        err = turn_update(t, &eim_device_table, d);
    return err;
}
