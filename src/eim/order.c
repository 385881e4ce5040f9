/* Devices and orders, as operators give them. */
#include "eim/internal.h"

#include <stdio.h>

/* Nothing is queued; the message names the field. */
static enum err complain(struct turn *t, enum err e, const char *message)
{
    t->status.message = message;
    return e;
}

static enum err device_of(struct eim *e, struct turn *t, slice eid, struct eim_device **out)
{
    enum err err = eim_watch(e, t);

    if (err)
        return err;
    if (eid.n != EID_LEN)
        return complain(t, E_ARGUMENT, "eid: 32 digits are needed");
    err = eim_find_device(t, eid, out);
    return err == E_NOTFOUND ? complain(t, err, "eid: no such device") : err;
}

/* ---- devices -------------------------------------------------------------------------------- */

static enum err check_certificates(struct eim *e, const struct eim_device *d, struct turn *t)
{
    struct chain_fault fault;
    struct chain chain;
    uint8_t eid[EID_LEN];
    enum err err;

    if (!d->euicc_certificate.p != !d->eum_certificate.p)
        return complain(t, E_ARGUMENT, "euiccCertificate, eumCertificate: both or none");
    if (!d->euicc_certificate.p)
        return E_OK;
    err = eim_verify_euicc(e, d->euicc_certificate, d->eum_certificate, t->now_ms, &chain, eid,
                           &fault);
    if (err)
        return complain(t, err, fault.why);
    chain_close(&chain);
    if (!slice_eq(slice_of(eid, EID_LEN), d->eid))
        return complain(t, E_BADCERT, "euiccCertificate: is for another EID");
    return E_OK;
}

enum err eim_device_add(struct eim *e, const struct eim_device_new *n, struct turn *t)
{
    struct eim_device *d = ARENA_NEW(t->arena, struct eim_device), old;
    struct eim_order *fetch;
    enum err err;

    if (!d)
        return E_MEMORY;
    if (n->eid.n != EID_LEN || !eid_valid(n->eid.p))
        return complain(t, E_ARGUMENT, "eid: 32 digits with good check digits are needed");
    if (n->counter < 0)
        return complain(t, E_ARGUMENT, "counterValue: below zero");
    err = eim_watch(e, t);
    if (err)
        return err;
    err = store_get(t->store, &eim_device_table, EIM_BY_KEY, STORE_KEY(store_blob(n->eid)), &old,
                    t->arena);
    if (!err)
        return complain(t, E_EXISTS, "eid: is there already");
    if (err != E_NOTFOUND)
        return err;
    d->eid = arena_copy(t->arena, n->eid);
    d->label = arena_copy(t->arena, n->label);
    d->associated = n->associated;
    d->counter = n->counter;
    d->has_token = n->has_token;
    d->token = n->token;
    d->wire = n->wire;
    d->changed_cause = -1;
    d->euicc_certificate = arena_copy(t->arena, n->euicc_certificate);
    d->eum_certificate = arena_copy(t->arena, n->eum_certificate);
    d->added_ms = t->now_ms;
    err = check_certificates(e, d, t);
    if (!err)
        err = turn_insert(t, &eim_device_table, d);
    if (err || d->euicc_certificate.p)
        return err;
    /* without its certificate no result could be verified: ask before anything else */
    err = eim_new_order(e, d->eid, EIM_ORDER_DATA, t, &fetch);
    return err ? err : turn_insert(t, &eim_order_table, fetch);
}

enum err eim_device_remove(struct eim *e, slice eid, struct turn *t)
{
    struct eim_profile *profiles;
    struct eim_order *open;
    struct eim_device *d;
    size_t open_count, count;
    enum err err = device_of(e, t, eid, &d);

    if (!err)
        err = eim_open_orders(t, eid, &open, &open_count);
    if (!err && open_count)
        return complain(t, E_STATE, "eid: the device has open orders");
    if (!err)
        err = eim_device_profiles(t, eid, &profiles, &count);
    for (size_t i = 0; !err && i < count; i++)
        err = turn_delete(t, &eim_profile_table, &profiles[i]);
    if (!err)
        err = turn_delete(t, &eim_device_table, d);
    return err ? err : eim_tell(t, "eim.device", eid, SLICE_NONE, "removed", SLICE_NONE);
}

enum err eim_device_get(struct turn *t, slice eid, struct eim_device *out)
{
    return store_get(t->store, &eim_device_table, EIM_BY_KEY, STORE_KEY(store_blob(eid)), out,
                     t->arena);
}

/* ---- packages ------------------------------------------------------------------------------- */

/* The operations as the list that stands in the package: A0 or A1, whole. */
static enum err write_list(const struct type *element, uint32_t tag, const void *operations,
                           size_t count, struct turn *t, slice *out)
{
    enum { ROOM = 16384 }; /* far more than a card takes */
    uint8_t *buf = arena_alloc(t->arena, ROOM);
    struct der_writer w;
    struct fault f;
    char why[200];
    enum err err;

    if (!buf)
        return E_MEMORY;
    w = der_writer(buf, ROOM);
    for (size_t i = count; i-- > 0;) {
        const uint8_t *one = (const uint8_t *)operations + i * element->size;

        err = schema_write(element, one, DIALECT_BASE, &w, &f);
        if (err)
            return complain(t, E_ARGUMENT,
                            (const char *)arena_printf(t->arena, "operation %zu: %s", i + 1,
                                                       fault_print(&f, why, sizeof why))
                                .p);
    }
    der_wrap(&w, tag, 0);
    return der_written(&w, out);
}

static enum err order_package(struct eim *e, const struct eim_device *d, slice content,
                              struct turn *t, struct eim_order **out)
{
    enum err err = eim_new_order(e, d->eid, EIM_ORDER_PACKAGE, t, out);

    if (err)
        return err;
    (*out)->content = content;
    return turn_insert(t, &eim_order_table, *out);
}

static enum err check_count(size_t count, struct turn *t)
{
    if (count < 1 || count > EIM_OPERATIONS_MAX)
        return complain(t, E_ARGUMENT, "operations: between 1 and 16 are needed");
    return E_OK;
}

enum err eim_order_psmo(struct eim *e, slice eid, const struct psmo *operations, size_t count,
                        struct turn *t, struct eim_order **out)
{
    struct eim_device *d;
    unsigned enables = 0, disables = 0;
    slice content;
    enum err err = device_of(e, t, eid, &d);

    if (!err)
        err = check_count(count, t);
    if (err)
        return err;
    for (size_t i = 0; i < count; i++) {
        int which = operations[i].which;
        bool newer = which == psmo_is_set_fallback_attribute ||
                     which == psmo_is_unset_fallback_attribute ||
                     which == psmo_is_set_default_dp_address;

        enables += which == psmo_is_enable;
        disables += which == psmo_is_disable;
        if (newer && (d->iot_version ? d->iot_version < 0x010100 : d->wire == EIM_WIRE_V10))
            return complain(t, E_STATE, "psmo: the device's version 1.0 does not have it");
    }
    if (enables > 1)
        return complain(t, E_ARGUMENT, "psmo.enable: at most one in a package");
    if (disables > 1)
        return complain(t, E_ARGUMENT, "psmo.disable: at most one in a package");
    err = write_list(&T_psmo, 0xA0, operations, count, t, &content);
    return err ? err : order_package(e, d, content, t, out);
}

enum err eim_order_eco(struct eim *e, slice eid, const struct eco *operations, size_t count,
                       struct turn *t, struct eim_order **out)
{
    struct eim_device *d;
    slice content;
    enum err err = device_of(e, t, eid, &d);

    if (!err)
        err = check_count(count, t);
    for (size_t i = 0; !err && i < count; i++) {
        const struct eco *o = &operations[i];

        if (o->which == eco_is_add_eim && !o->add_eim.eim_public_key_data.which)
            err = complain(t, E_ARGUMENT, "eco.addEim.eimPublicKeyData: is needed");
        if (o->which == eco_is_delete_eim && !o->delete_eim.eim_id.p)
            err = complain(t, E_ARGUMENT, "eco.deleteEim.eimId: is needed");
        if (o->which == eco_is_update_eim && o->update_eim.has_association_token)
            err = complain(t, E_ARGUMENT, "eco.updateEim.associationToken: must be absent");
    }
    if (!err)
        err = write_list(&T_eco, 0xA1, operations, count, t, &content);
    return err ? err : order_package(e, d, content, t, out);
}

static enum err check_iccid(slice iccid, struct turn *t)
{
    return iccid.n == ICCID_LEN ? E_OK : complain(t, E_ARGUMENT, "iccid: 10 octets are needed");
}

enum err eim_order_enable(struct eim *e, slice eid, slice iccid, bool rollback, struct turn *t,
                          struct eim_order **out)
{
    const struct psmo p = { .which = psmo_is_enable, .enable = { iccid, rollback } };
    enum err err = check_iccid(iccid, t);

    return err ? err : eim_order_psmo(e, eid, &p, 1, t, out);
}

enum err eim_order_disable(struct eim *e, slice eid, slice iccid, struct turn *t,
                           struct eim_order **out)
{
    const struct psmo p = { .which = psmo_is_disable, .disable = { iccid } };
    enum err err = check_iccid(iccid, t);

    return err ? err : eim_order_psmo(e, eid, &p, 1, t, out);
}

enum err eim_order_delete(struct eim *e, slice eid, slice iccid, struct turn *t,
                          struct eim_order **out)
{
    const struct psmo p = { .which = psmo_is_delete, .delete = { iccid } };
    enum err err = check_iccid(iccid, t);

    return err ? err : eim_order_psmo(e, eid, &p, 1, t, out);
}

enum err eim_order_list(struct eim *e, slice eid, struct turn *t, struct eim_order **out)
{
    const struct psmo p = { .which = psmo_is_list_profile_info };

    return eim_order_psmo(e, eid, &p, 1, t, out);
}

#define LIST_CONTENT SLICE_LIT("\xA0\x03\xBF\x2D\x00")

enum err eim_queue_list(struct eim *e, struct eim_device *d, struct turn *t)
{
    struct eim_order *open, *out;
    size_t count;
    enum err err = eim_open_orders(t, d->eid, &open, &count);

    for (size_t i = 0; !err && i < count; i++)
        if (open[i].state == EIM_QUEUED && slice_eq(open[i].content, LIST_CONTENT))
            return E_OK;
    return err ? err : order_package(e, d, LIST_CONTENT, t, &out);
}

/* ---- data ----------------------------------------------------------------------------------- */

/* Only tags of IpaEuiccData may stand in a tagList (SGP.32 2.11.1.2): no EID, no profile list. */
static bool tags_fit(const struct eim_device *d, slice tags)
{
    slice known = d->wire == EIM_WIRE_V10
                      ? SLICE_LIT("\x80\xBF\x20\xBF\x22\x83\x84\xA5\xA6\x88\xA9\xBF\x2B")
                      : SLICE_LIT("\xA0\x81\xA2\xBF\x20\xBF\x22\x83\x84\xA5\xA6\xA8\xA9");

    for (size_t i = 0; i < tags.n;) {
        size_t n = tags.p[i] == 0xBF ? 2 : 1;
        bool found = false;

        for (size_t k = 0; k + n <= known.n && i + n <= tags.n; k += known.p[k] == 0xBF ? 2 : 1)
            found = found || !memcmp(known.p + k, tags.p + i, n);
        if (!found)
            return false;
        i += n;
    }
    return tags.n > 0;
}

enum err eim_order_data(struct eim *e, slice eid, slice tags, struct turn *t,
                        struct eim_order **out)
{
    struct eim_device *d;
    enum err err = device_of(e, t, eid, &d);

    if (err)
        return err;
    if (tags.p && !tags_fit(d, tags))
        return complain(t, E_ARGUMENT, "tagList: only tags of IpaEuiccData are possible");
    err = eim_new_order(e, eid, EIM_ORDER_DATA, t, out);
    if (err)
        return err;
    (*out)->content = arena_copy(t->arena, tags);
    return turn_insert(t, &eim_order_table, *out);
}

/* ---- downloads ------------------------------------------------------------------------------ */

/* Takes what stands before the next '$'. */
static slice next_part(slice *rest)
{
    slice part = *rest;

    for (size_t i = 0; i < rest->n; i++) {
        if (rest->p[i] == '$') {
            part.n = i;
            *rest = slice_skip(*rest, i + 1);
            return part;
        }
    }
    *rest = slice_of(rest->p + rest->n, 0);
    return part;
}

/* SGP.22 4.1: 1$address$matching id[$oid[$1]] */
static enum err read_activation_code(slice code, struct turn *t, struct eim_order *o, bool *asks)
{
    static const char prefix[] = "LPA:";
    slice rest = code, format, oid;
    uint8_t buf[64];
    size_t n;

    if (slice_eq_nocase(slice_head(code, 4), slice_str(prefix)))
        rest = slice_skip(code, 4);
    o->activation = rest;
    if (rest.n > 255)
        return complain(t, E_ARGUMENT, "activationCode: longer than 255 characters");
    format = next_part(&rest);
    o->smdp = next_part(&rest);
    o->matching_id = next_part(&rest);
    oid = next_part(&rest);
    *asks = slice_eq_str(next_part(&rest), "1");
    if (!slice_eq_str(format, "1"))
        return complain(t, E_ARGUMENT, "activationCode: format 1 is needed");
    if (!o->smdp.n)
        return complain(t, E_ARGUMENT, "activationCode: the SM-DP+ address is missing");
    if (oid.n && der_oid_from_text(oid, buf, sizeof buf, &n))
        return complain(t, E_ARGUMENT, "activationCode: the SM-DP+ OID is malformed");
    if (oid.n)
        o->smdp_oid = arena_copy(t->arena, slice_of(buf, n));
    return E_OK;
}

static enum err hash_code(struct eim *e, slice code, struct turn *t, struct eim_order *o)
{
    uint8_t *hash = arena_alloc(t->arena, DIGEST_LEN);

    if (!hash)
        return E_MEMORY;
    o->code_hash = slice_of(hash, DIGEST_LEN);
    return crypto_sha256(e->options.crypto, &code, 1, hash);
}

static enum err fill_download(struct eim *e, const struct eim_device *d,
                              const struct eim_download *n, struct turn *t, struct eim_order *o)
{
    bool asks = false;
    enum err err = E_OK;

    if (n->iccid.p && n->iccid.n != ICCID_LEN)
        return complain(t, E_ARGUMENT, "iccid: 10 octets are needed");
    o->iccid = arena_copy(t->arena, n->iccid);
    o->source = n->source;
    o->indirect = n->indirect;
    switch (n->source) {
    case EIM_BY_ACTIVATION_CODE:
        err = read_activation_code(arena_copy(t->arena, n->activation_code), t, o, &asks);
        break;
    case EIM_BY_DEFAULT_SMDP:
        o->smdp = d->default_smdp;
        o->matching_id = SLICE_EMPTY;
        break;
    default:
        if (n->indirect && d->wire == EIM_WIRE_V10)
            return complain(t, E_UNSUPPORTED, "contactSmds: an IPA of v1.0 has it not relayed");
        o->smdp = arena_copy(t->arena, n->smds);
        o->matching_id = SLICE_EMPTY;
        /* how it is known again when it has become that of an event */
        if (n->indirect)
            o->content = n->smds.n ? o->smdp : SLICE_LIT("root");
        break;
    }
    if (!err && asks && n->indirect && !n->confirmation_code.n)
        return complain(t, E_ARGUMENT, "confirmationCode: the activation code asks for one");
    if (!err && n->confirmation_code.n)
        err = hash_code(e, n->confirmation_code, t, o);
    return err;
}

enum err eim_order_download(struct eim *e, slice eid, const struct eim_download *n, struct turn *t,
                            struct eim_order **out)
{
    struct eim_device *d;
    enum err err = device_of(e, t, eid, &d);

    if (!err)
        err = eim_new_order(e, eid, EIM_ORDER_DOWNLOAD, t, out);
    if (!err)
        err = fill_download(e, d, n, t, *out);
    if (!err)
        err = eim_insert_target(t, *out);
    return err ? err : turn_insert(t, &eim_order_table, *out);
}

/* ---- afterwards ----------------------------------------------------------------------------- */

enum err eim_order_get(struct turn *t, int64_t id, struct eim_order *out)
{
    return store_get(t->store, &eim_order_table, EIM_BY_KEY, STORE_KEY(store_int(id)), out,
                     t->arena);
}

enum err eim_order_retry(struct eim *e, struct turn *t, int64_t id)
{
    struct eim_order *o;
    enum err err = eim_watch(e, t);

    if (!err)
        err = eim_find_order(t, EIM_BY_KEY, STORE_KEY(store_int(id)), &o);
    if (err)
        return err;
    if (o->state != EIM_FAILED || !o->retryable)
        return complain(t, E_STATE, "order: cannot be tried again");
    o->state = EIM_QUEUED;
    o->sent = o->result = o->outcome = o->rsp_id = SLICE_NONE;
    o->counter = o->sent_ms = o->deliveries = o->code = o->verified = o->retryable = 0;
    return eim_save_order(t, o);
}

enum err eim_order_cancel(struct eim *e, struct turn *t, int64_t id)
{
    struct eim_order *o;
    enum err err = eim_watch(e, t);

    if (!err)
        err = eim_find_order(t, EIM_BY_KEY, STORE_KEY(store_int(id)), &o);
    if (err)
        return err;
    if (o->state != EIM_QUEUED)
        return complain(t, E_STATE, "order: does not wait any more");
    o->state = EIM_FAILED;
    o->outcome = SLICE_LIT("cancelled");
    return eim_save_order(t, o);
}
