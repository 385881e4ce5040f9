/* ProvideEimPackageResult (SGP.32 6.3.2.7): what came of the packages. */
#include "eim/internal.h"

#include <inttypes.h>

/* ---- whose is it? --------------------------------------------------------------------------- */

/* The eimTransactionId in the message, absent when there is none. */
static slice transaction_of(const struct eim_package_result *r)
{
    struct euicc_package_result p;
    struct euicc_package_result_data_signed data;
    struct euicc_package_error_data_signed error;
    slice whole = r->which == eim_package_result_is_epr_and_notifications
                      ? r->epr_and_notifications.euicc_package_result
                      : r->euicc_package_result;

    switch (r->which) {
    case eim_package_result_is_ipa_euicc_data_response:
        return r->ipa_euicc_data_response.which == ipa_euicc_data_response_is_ipa_euicc_data
                   ? r->ipa_euicc_data_response.ipa_euicc_data.eim_transaction_id
                   : r->ipa_euicc_data_response.ipa_euicc_data_response_error.eim_transaction_id;
    case eim_package_result_is_profile_download_trigger_result:
        return r->profile_download_trigger_result.eim_transaction_id;
    case eim_package_result_is_eim_package_result_response_error:
        return r->eim_package_result_response_error.eim_transaction_id;
    default:
        break;
    }
    if (schema_decode(&T_euicc_package_result, whole, &p, NULL))
        return SLICE_NONE;
    if (p.which == euicc_package_result_is_euicc_package_error_unsigned)
        return p.euicc_package_error_unsigned.eim_transaction_id;
    if (p.which == euicc_package_result_is_euicc_package_error_signed)
        return schema_decode(&T_euicc_package_error_data_signed,
                             p.euicc_package_error_signed.euicc_package_error_data_signed, &error,
                             NULL)
                   ? SLICE_NONE
                   : error.eim_transaction_id;
    return schema_decode(&T_euicc_package_result_data_signed,
                         p.euicc_package_result_signed.euicc_package_result_data_signed, &data,
                         NULL)
               ? SLICE_NONE
               : data.eim_transaction_id;
}

/* X.509 wants the outer 30 back that the implicit tag replaced. Some peers leave it inside. */
static slice certificate_of(struct turn *t, slice element)
{
    uint8_t *buf = arena_alloc(t->arena, element.n + 8);
    struct der_writer w;
    struct tlv e, inner;
    slice out = SLICE_NONE;

    if (!buf || !element.p || der_one(element, &e))
        return SLICE_NONE;
    if (!der_one(e.value, &inner) && inner.tag == 0x30)
        return arena_copy(t->arena, inner.whole);
    w = der_writer(buf, element.n + 8);
    der_put_tlv(&w, 0x30, e.value);
    return der_written(&w, &out) ? SLICE_NONE : out;
}

/* The EID may be left out where it follows from the rest: the order, or the card's certificate. */
static enum err recover_eid(const struct eim_result_message *m, struct turn *t, slice *eid)
{
    slice transaction = transaction_of(&m->result);
    struct eim_order *o;
    struct cert cert;
    uint8_t *octets = arena_alloc(t->arena, EID_LEN);
    enum err err = octets ? E_NOTFOUND : E_MEMORY;

    if (octets && transaction.p)
        err = eim_find_order(t, EIM_ORDER_BY_TRANSACTION, STORE_KEY(store_blob(transaction)), &o);
    if (!err)
        *eid = o->eid;
    if (err != E_NOTFOUND || m->result.which != eim_package_result_is_ipa_euicc_data_response ||
        m->result.ipa_euicc_data_response.which != ipa_euicc_data_response_is_ipa_euicc_data)
        return err;
    if (cert_parse(
            certificate_of(t, m->result.ipa_euicc_data_response.ipa_euicc_data.euicc_certificate),
            &cert) ||
        cert_eid(&cert, octets))
        return E_NOTFOUND;
    *eid = slice_of(octets, EID_LEN);
    return E_OK;
}

/* ---- data ----------------------------------------------------------------------------------- */

/* The order that a result answers: by its transaction, else the one of this kind that is out. */
static enum err find_order(struct turn *t, const struct eim_device *d, slice transaction,
                           int kind /* -1: any */, struct eim_order **out)
{
    struct eim_order *open;
    size_t count;
    enum err err;

    *out = NULL;
    if (transaction.p) {
        err = eim_find_transaction(t, d->eid, transaction, out);
        if (!err && (!slice_eq((*out)->eid, d->eid) || (kind >= 0 && (*out)->kind != kind)))
            *out = NULL;
        if (err == E_NOTFOUND)
            *out = NULL;
        return err == E_NOTFOUND ? E_OK : err;
    }
    err = eim_open_orders(t, d->eid, &open, &count);
    for (size_t i = 0; !err && !*out && i < count; i++)
        if (open[i].state != EIM_QUEUED && (kind < 0 || open[i].kind == kind))
            *out = &open[i];
    return err;
}

static enum err end_order(struct eim_order *o, int64_t code, const char *outcome, bool retryable,
                          struct turn *t)
{
    if (!o || !o->open)
        return E_OK;
    o->state = code ? EIM_FAILED : EIM_DONE;
    o->code = code;
    o->retryable = retryable;
    o->outcome = slice_str(outcome);
    return eim_save_order(t, o);
}

static const char *print(struct turn *t, const char *what, const struct value_name *names,
                         int64_t code)
{
    const char *name = value_name(names, code);

    return (const char *)arena_printf(t->arena, "%s %s(%" PRId64 ")", what, name ? name : "?", code)
        .p;
}

/* Certificates are kept only when they are this card's under a trusted CI. */
static enum err take_certificates(struct eim *e, struct eim_device *d,
                                  const struct ipa_euicc_data *data, struct turn *t)
{
    slice euicc = certificate_of(t, data->euicc_certificate);
    slice eum = certificate_of(t, data->eum_certificate);
    struct chain_fault fault;
    struct chain chain;
    uint8_t eid[EID_LEN];
    enum err err;

    if (!euicc.p || !eum.p)
        return E_OK;
    err = eim_verify_euicc(e, euicc, eum, t->now_ms, &chain, eid, &fault);
    if (err && (err_class(err) == ERR_SYSTEM || err_class(err) == ERR_CALLER))
        return err;
    if (!err)
        chain_close(&chain);
    if (err || !slice_eq(slice_of(eid, EID_LEN), d->eid))
        return eim_tell_unproven(e, t, "eim.certificate.refused", d->eid,
                                 err ? fault.why : "it is for another EID", SLICE_NONE);
    d->euicc_certificate = euicc;
    d->eum_certificate = eum;
    return E_OK;
}

/* The highest SGP.32 version that the card supports. */
static int64_t iot_version(slice info2)
{
    struct euicc_info2 info;
    slice v, rest;
    int64_t best = 0;

    if (schema_decode(&T_euicc_info2, info2, &info, NULL) || !info.has_iot_specific_info)
        return 0;
    rest = info.iot_specific_info.iot_version;
    while (schema_next(&T_version_type, &rest, &v)) {
        int64_t n = v.p[0] << 16 | v.p[1] << 8 | v.p[2];

        best = n > best ? n : best;
    }
    return best;
}

static slice device_info_of(struct turn *t, slice element)
{
    struct tlv e;
    uint8_t *buf = arena_alloc(t->arena, element.n + 8);
    struct der_writer w;
    slice out = SLICE_NONE;

    if (!buf || der_one(element, &e))
        return SLICE_NONE;
    w = der_writer(buf, element.n + 8);
    der_put_tlv(&w, 0xA1, e.value); /* as it stands in ctxParams1 */
    return der_written(&w, &out) ? SLICE_NONE : out;
}

/* Nobody signs for these: they are taken as the answer to our question, and at no other time. */
static enum err take_data(struct eim *e, struct eim_device *d, const struct ipa_euicc_data *data,
                          struct turn *t)
{
    if (data->euicc_info1.p)
        d->euicc_info1 = arena_copy(t->arena, data->euicc_info1);
    if (data->euicc_info2.p) {
        d->euicc_info2 = arena_copy(t->arena, data->euicc_info2);
        d->iot_version = iot_version(data->euicc_info2);
    }
    if (data->default_smdp_address.p)
        d->default_smdp = arena_copy(t->arena, data->default_smdp_address);
    if (data->root_smds_address.p)
        d->root_smds = arena_copy(t->arena, data->root_smds_address);
    if (data->has_association_token) {
        d->has_token = 1;
        d->token = data->association_token;
    }
    if (data->has_ipa_capabilities) {
        d->features = (int64_t)der_bits(data->ipa_capabilities.ipa_features);
        d->protocols = data->ipa_capabilities.ipa_supported_protocols.p
                           ? (int64_t)der_bits(data->ipa_capabilities.ipa_supported_protocols)
                           : 0;
    }
    if (data->device_info.p)
        d->device_info = device_info_of(t, data->device_info);
    return take_certificates(e, d, data, t);
}

static enum err take_notifications(struct eim *e, const struct eim_device *d, slice list,
                                   struct acks *acks, struct turn *t)
{
    struct der_reader r = der_reader(list);
    enum err err = E_OK;

    while (!err && der_more(&r))
        err = eim_take_notification(e, d, der_take(&r).whole, acks, t);
    return err;
}

static enum err take_data_response(struct eim *e, struct eim_device *d,
                                   const struct eim_package_result *m, struct acks *acks,
                                   struct turn *t)
{
    const struct ipa_euicc_data_response *r = &m->ipa_euicc_data_response;
    const struct ipa_euicc_data *data = &r->ipa_euicc_data;
    struct eim_order *o;
    enum err err = find_order(t, d, transaction_of(m), EIM_ORDER_DATA, &o);

    if (err)
        return err;
    if (r->which == ipa_euicc_data_response_is_ipa_euicc_data_response_error) {
        int64_t code = r->ipa_euicc_data_response_error.ipa_euicc_data_error_code;

        return end_order(o, code,
                         print(t, "ipaEuiccDataErrorCode", ipa_euicc_data_error_code_names, code),
                         code == IPA_DATA_ECALL_ACTIVE, t);
    }
    if (o && o->open)
        err = take_data(e, d, data, t);
    if (!err)
        err = take_notifications(e, d, data->notifications_list, acks, t);
    if (!err) {
        struct der_reader results = der_reader(data->euicc_package_result_list);

        while (!err && der_more(&results))
            err = eim_take_package_result(e, d, der_take(&results).whole, acks, t);
    }
    return err ? err : end_order(o, 0, "ok", false, t);
}

/* ---- downloads and refusals ----------------------------------------------------------------- */

/*
 * The eIM of a direct download does not know the transactionId of the SM-DP+, and the IPA alone
 * says which order a result is for. The card's sequence numbers only rise (SGP.22 4.1.1.8): a
 * result that is not newer than one that was here before the order was made cannot be of that
 * order.
 */
static enum err is_older(struct turn *t, const struct eim_order *o, int64_t seq_number, bool *older)
{
    const struct store_query q = {
        .index = EIM_ORDER_BY_EID,
        .key = { store_blob(o->eid), store_int(0) },
        .key_count = 2,
        .descending = true,
        .limit = 64,
    };
    struct eim_order *ended;
    size_t count;
    enum err err = store_list(t->store, &eim_order_table, &q, t->arena, &ended, &count);

    *older = false;
    for (size_t i = 0; !err && i < count; i++)
        *older |= ended[i].id < o->id && ended[i].verified && ended[i].seq_number >= seq_number;
    return err;
}

static enum err take_installed(struct eim *e, struct eim_device *d, struct eim_order *o,
                               slice whole, struct acks *acks, struct turn *t)
{
    struct profile_installation_result r;
    struct profile_installation_result_data data;
    struct notification_metadata m;
    struct public_key *key;
    bool older;
    enum err err;

    /* After a relayed download the eIM carries the result to the SM-DP+ as well. */
    if (!o || o->rsp_id.p)
        return eim_take_notification(e, d, whole, acks, t);
    err = schema_decode(&T_profile_installation_result, whole, &r, NULL);
    if (!err)
        err = schema_decode(&T_profile_installation_result_data, r.profile_installation_result_data,
                            &data, NULL);
    if (!err)
        err = schema_decode(&T_notification_metadata, data.notification_metadata, &m, NULL);
    if (err)
        return err;
    err = eim_device_key(e, d, t->now_ms, &key);
    if (!err) {
        err = key_verify(key, &r.profile_installation_result_data, 1, r.euicc_sign_pir);
        key_drop(key);
    }
    if (err_class(err) == ERR_SYSTEM || err_class(err) == ERR_CALLER)
        return err;
    if (err)
        return eim_tell_unproven(e, t, "eim.result.discarded", d->eid, err_text(err), whole);
    eim_ack(acks, m.seq_number);
    err = is_older(t, o, m.seq_number, &older);
    if (err)
        return err;
    if (older && o->open)
        return eim_tell_unproven(e, t, "eim.result.discarded", d->eid, "of an earlier download",
                                 whole);
    return eim_finish_download(e, o, r.profile_installation_result_data, t);
}

/*
 * A device that lost power between its installation and the result has nothing to tell when it is
 * triggered again but that the SM-DP+ refuses. So a failure after a repeated trigger is not
 * believed before the card has listed its profiles.
 */
static enum err take_failed(struct eim *e, struct eim_device *d, struct eim_order *o, int64_t code,
                            struct turn *t)
{
    const char *outcome =
        print(t, "profileDownloadError", profile_download_error_reason_names, code);
    enum err err = E_OK;

    if (!o || !o->open || o->deliveries < 2 || !d->associated)
        return end_order(o, code, outcome, code == TRIGGER_ECALL_ACTIVE, t);
    if (o->iccid.p) {
        o->state = EIM_CHECKING;
        o->code = code;
        o->outcome = slice_str(outcome);
        err = eim_save_order(t, o);
    } else {
        err = end_order(o, code, outcome, code == TRIGGER_ECALL_ACTIVE, t);
    }
    return err ? err : eim_queue_list(e, d, t);
}

static enum err take_trigger_result(struct eim *e, struct eim_device *d,
                                    const struct profile_download_trigger_result *r,
                                    struct acks *acks, struct turn *t)
{
    const struct profile_download_trigger_result_data *data =
        &r->profile_download_trigger_result_data;
    const struct profile_download_error *failed = &data->profile_download_error;
    struct eim_order *o;
    enum err err = find_order(t, d, r->eim_transaction_id, EIM_ORDER_DOWNLOAD, &o);
    int64_t code;

    if (err)
        return err;
    if (data->which == profile_download_trigger_result_data_is_profile_installation_result)
        return take_installed(e, d, o, data->profile_installation_result, acks, t);
    code = failed->has_profile_download_error_reason ? failed->profile_download_error_reason
                                                     : TRIGGER_UNDEFINED_ERROR;
    if (o && o->open)
        o->result = arena_copy(t->arena, failed->error_response);
    return take_failed(e, d, o, code, t);
}

/* The IPA could do nothing with the package. */
static enum err take_refusal(const struct eim_device *d,
                             const struct eim_package_result_response_error *r, struct turn *t)
{
    int64_t code = r->eim_package_result_error_code;
    struct eim_order *o;
    enum err err = find_order(t, d, r->eim_transaction_id, -1, &o);

    return err ? err
               : end_order(o, code,
                           print(t, "eimPackageResultErrorCode",
                                 eim_package_result_error_code_names, code),
                           false, t);
}

static enum err take(struct eim *e, struct eim_device *d, const struct eim_package_result *r,
                     struct acks *acks, struct turn *t)
{
    enum err err;

    switch (r->which) {
    case eim_package_result_is_euicc_package_result:
        return eim_take_package_result(e, d, r->euicc_package_result, acks, t);
    case eim_package_result_is_epr_and_notifications:
        err = eim_take_package_result(e, d, r->epr_and_notifications.euicc_package_result, acks, t);
        return err ? err
                   : take_notifications(e, d, r->epr_and_notifications.notification_list, acks, t);
    case eim_package_result_is_ipa_euicc_data_response:
        return take_data_response(e, d, r, acks, t);
    case eim_package_result_is_profile_download_trigger_result:
        return take_trigger_result(e, d, &r->profile_download_trigger_result, acks, t);
    default:
        return take_refusal(d, &r->eim_package_result_response_error, t);
    }
}

/* ---- the function --------------------------------------------------------------------------- */

static enum err reply_error(struct turn *t, bool v10, bool answer, int64_t code)
{
    const struct provide_eim_package_result_response r = {
        .which = provide_eim_package_result_response_is_provide_eim_package_result_error,
        .provide_eim_package_result_error = code,
    };

    if (!answer)
        return E_OK;
    if (v10) { /* has no error here */
        t->reply = SLICE_LIT("\xBF\x50\x00");
        return E_OK;
    }
    return eim_reply(t, &T_provide_eim_package_result_response, &r, 16);
}

static enum err reply_acks(struct turn *t, bool v10, const struct acks *acks)
{
    struct provide_eim_package_result_response r = {
        .which = provide_eim_package_result_response_is_eim_acknowledgements,
    };
    size_t room = acks->count * 12 + 32;
    uint8_t *buf = arena_alloc(t->arena, room);
    struct der_writer w;
    enum err err;

    if (!acks->count) {
        t->reply = v10 ? SLICE_LIT("\xBF\x50\x00") : SLICE_LIT("\xBF\x50\x02\x30\x00");
        return E_OK;
    }
    if (!buf)
        return E_MEMORY;
    w = der_writer(buf, room);
    for (size_t i = acks->count; i-- > 0;)
        der_put_int(&w, 0x80, acks->seq[i]);
    err = der_written(&w, &r.eim_acknowledgements);
    return err ? err : eim_reply(t, &T_provide_eim_package_result_response, &r, room);
}

enum err eim_provide_result(struct eim *e, const struct eim_result_message *m, bool answer,
                            struct turn *t)
{
    struct eim_device *d, before;
    struct acks acks = { .count = 0 };
    slice eid = m->eid;
    enum err err = E_OK;

    if (!eid.p)
        err = recover_eid(m, t, &eid);
    if (err == E_NOTFOUND)
        return reply_error(t, m->v10, answer, PROVIDE_MISSING_EID);
    if (!err && eid.n != EID_LEN)
        return reply_error(t, m->v10, answer, PROVIDE_INVALID_EID);
    if (!err)
        err = eim_find_device(t, eid, &d);
    if (err == E_NOTFOUND)
        return reply_error(t, m->v10, answer,
                           eid_valid(eid.p) ? PROVIDE_EID_NOT_FOUND : PROVIDE_INVALID_EID);
    if (err)
        return err;
    memcpy(&before, d, sizeof before);
    d->wire = m->v10 ? EIM_WIRE_V10 : m->eid.p ? EIM_WIRE_V11 : d->wire;
    err = take(e, d, &m->result, &acks, t);
    if (!err && acks.count)
        err = eim_sign_ahead(e, d, t);
    if (!err && memcmp(&before, d, sizeof before) != 0)
        err = turn_update(t, &eim_device_table, d);
    return err || !answer ? err : reply_acks(t, m->v10, &acks);
}
