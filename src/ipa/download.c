/*
 * Profile download (SGP.32 3.2.3, SGP.22 3.1): mutual authentication, policy, preparation, loading
 * segment by segment, and what is told to whom at the end. The same phases serve a download
 * directly from the SM-DP+ and one that the eIM relays; wire.c knows the difference.
 */
#include "ipa/ipa_impl.h"

#include "rsp/sgp32.h"

#define INFO1_MAX 512

/* ---- trigger (SGP.32 2.11.1.3)
 * ------------------------------------------------------------------- */

/* The eIM's offer to relay counts where this device can do both. */
static bool goes_through_eim(const struct ipa *ipa)
{
    if (!(ipa->o.features & IPA_FEATURE_DIRECT))
        return true;
    return (ipa->o.features & IPA_FEATURE_INDIRECT) && ipa->eims[ipa->eim].indirect;
}

static enum phase unusable(struct ipa *ipa, int why)
{
    note(ipa, IPA_NOTE_TRIGGER_UNUSABLE, why);
    return PH_TRIGGER_RESULT;
}

static enum phase by_activation_code(struct ipa *ipa, slice code)
{
    struct download *d = &ipa->d;

    if (code.n > ACTIVATION_CODE_MAX)
        return unusable(ipa, 1);
    memcpy(d->text, code.p, code.n);
    if (activation_code_read(slice_of(d->text, code.n), &d->code))
        return unusable(ipa, 1);
    note_text(ipa, IPA_NOTE_TRIGGER, 0, d->code.address);
    return PH_INFO1;
}

/* Where the download goes, with an empty matching id. */
static bool address_taken(struct ipa *ipa, slice address)
{
    struct download *d = &ipa->d;

    if (!activation_is_host(address) || address.n > ACTIVATION_CODE_MAX)
        return false;
    memcpy(d->text, address.p, address.n);
    d->code.address = slice_of(d->text, address.n);
    d->code.matching_id = SLICE_EMPTY;
    note_text(ipa, IPA_NOTE_TRIGGER, 0, d->code.address);
    return true;
}

/* No data: an eIM that handles them itself is meant, and it knows this download by its id. */
static enum phase by_eim(struct ipa *ipa, slice tx)
{
    if (!(ipa->o.features & IPA_FEATURE_EIM_KEEPS_DATA) || !ipa->d.tx_n)
        return report_error(ipa, tx, 1);
    ipa->d.indirect = true;
    note(ipa, IPA_NOTE_TRIGGER, 0);
    return PH_INFO1;
}

/* SGP.32 3.2.3.1: the SM-DS of the trigger, or the root SM-DS of the eUICC. */
static enum phase by_smds(struct ipa *ipa, slice address)
{
    struct download *d = &ipa->d;

    d->smds = true;
    if (!address.n)
        return PH_ADDRESSES;
    return address_taken(ipa, address) ? PH_INFO1 : unusable(ipa, 3);
}

enum phase download_trigger(struct ipa *ipa, slice tx,
                            const struct profile_download_trigger_request *t)
{
    struct download *d = &ipa->d;

    memset(d, 0, sizeof *d);
    ipa->event = ipa->event_count = 0;
    d->indirect = goes_through_eim(ipa);
    d->tx_n = tx.n <= TX_MAX ? (uint8_t)tx.n : 0;
    if (d->tx_n)
        memcpy(d->tx, tx.p, d->tx_n);
    if (!t)
        return unusable(ipa, 1);
    switch (t->profile_download_data.which) {
    case profile_download_data_is_activation_code:
        return by_activation_code(ipa, t->profile_download_data.activation_code);
    case profile_download_data_is_contact_default_smdp:
        return PH_ADDRESSES;
    case profile_download_data_is_contact_smds:
        return by_smds(ipa, t->profile_download_data.contact_smds.smds_address);
    default:
        return by_eim(ipa, slice_of(d->tx, d->tx_n));
    }
}

enum err enter_addresses(struct ipa *ipa)
{
    return ask_simple(ipa, SLICE_LIT("\xBF\x3C\x00"));
}

enum phase done_addresses(struct ipa *ipa, const struct outcome *o)
{
    struct euicc_configured_addresses_response r;
    bool smds = ipa->d.smds;

    if (o->err || schema_decode(&T_euicc_configured_addresses_response, o->data, &r, NULL) ||
        !address_taken(ipa, smds ? r.root_ds_address : r.default_dp_address))
        return unusable(ipa, smds ? 3 : 2);
    return PH_INFO1;
}

/* ---- common mutual authentication (SGP.22 3.0.1)
 * --------------------------------------------------- */

enum err enter_info1(struct ipa *ipa)
{
    return ask_simple(ipa, SLICE_LIT("\xBF\x20\x00"));
}

enum phase done_info1(struct ipa *ipa, const struct outcome *o)
{
    if (o->err || o->data.n > INFO1_MAX || schema_check(&T_euicc_info1, o->data, NULL))
        return PH_TRIGGER_RESULT;
    memcpy(ipa->net, o->data.p, o->data.n);
    ipa->d.euicc_info1 = (struct blob){ 0, (uint16_t)o->data.n };
    return PH_CHALLENGE;
}

enum err enter_challenge(struct ipa *ipa)
{
    return ask_simple(ipa, SLICE_LIT("\xBF\x2E\x00"));
}

enum phase done_challenge(struct ipa *ipa, const struct outcome *o)
{
    struct get_euicc_challenge_response r;

    if (o->err || schema_decode(&T_get_euicc_challenge_response, o->data, &r, NULL))
        return PH_TRIGGER_RESULT;
    memcpy(ipa->d.challenge, r.euicc_challenge.p, sizeof ipa->d.challenge);
    return PH_INITIATE;
}

enum err enter_initiate(struct ipa *ipa)
{
    return wire_initiate(ipa, blob_of(ipa, ipa->d.euicc_info1));
}

/* A transactionId that came twice must be the same; one that came once is taken. */
static bool transaction_agrees(struct download *d, slice id)
{
    if (!id.p)
        return d->transaction_id_n > 0;
    if (!d->transaction_id_n && id.n <= sizeof d->transaction_id) {
        memcpy(d->transaction_id, id.p, id.n);
        d->transaction_id_n = (uint8_t)id.n;
    }
    return slice_eq(id, slice_of(d->transaction_id, d->transaction_id_n));
}

/* SGP.22 3.0.1.2: this is the server that was meant. With eimDownloadDataHandling the eIM checked.
 */
static bool is_the_server(struct ipa *ipa)
{
    struct download *d = &ipa->d;
    struct server_signed1_esipa s;

    if (schema_decode(&T_server_signed1_esipa, blob_of(ipa, d->signed_part), &s, NULL) ||
        !slice_eq(s.euicc_challenge, SLICE_OF(d->challenge)) ||
        !transaction_agrees(d, s.transaction_id))
        return false;
    if (!d->code.address.p || (d->indirect && ipa->o.features & IPA_FEATURE_EIM_KEEPS_DATA))
        return true;
    if (!slice_eq_nocase(s.server_address, d->code.address))
        return false;
    return !d->code.oid.p || policy_certificate_is(blob_of(ipa, d->certificate), d->code.oid);
}

enum phase done_initiate(struct ipa *ipa, const struct outcome *o)
{
    if (wire_take_initiate(ipa, o))
        return PH_TRIGGER_RESULT;
    if (is_the_server(ipa))
        return PH_AUTHENTICATE_SERVER;
    note(ipa, IPA_NOTE_SERVER_MISMATCH, 0);
    return PH_TRIGGER_RESULT;
}

static size_t element_size(uint32_t tag, size_t content)
{
    return der_put_head(tag, content, NULL) + content;
}

/* A0 { 80 matchingId, A1 DeviceInfo }, or what the eIM made. */
static size_t ctx_params_size(const struct ipa *ipa, slice matching_id, slice device)
{
    slice made = blob_of(ipa, ipa->d.ctx_params1);
    size_t content = element_size(0xA1, device.n);

    if (made.p)
        return made.n;
    if (matching_id.p)
        content += element_size(0x80, matching_id.n);
    return element_size(0xA0, content);
}

static void add_ctx_params(struct ipa *ipa, slice matching_id, slice device)
{
    slice made = blob_of(ipa, ipa->d.ctx_params1);
    size_t content = element_size(0xA1, device.n);

    if (made.p) {
        es10_add(&ipa->es, made);
        return;
    }
    if (matching_id.p)
        content += element_size(0x80, matching_id.n);
    es10_add_head(&ipa->es, 0xA0, content);
    if (matching_id.p) {
        es10_add_head(&ipa->es, 0x80, matching_id.n);
        es10_add(&ipa->es, matching_id);
    }
    es10_add_head(&ipa->es, 0xA1, device.n);
    es10_add(&ipa->es, device);
}

enum err enter_authenticate_server(struct ipa *ipa)
{
    const struct download *d = &ipa->d;
    slice given = blob_of(ipa, d->matching_id);
    slice matching_id = given.p ? given : d->code.matching_id;
    slice signature = blob_of(ipa, d->signature), ci = blob_of(ipa, d->ci_pk_id);
    struct tlv device = { .value = SLICE_NONE };
    size_t n;

    if (!d->ctx_params1.n && der_one(slice_of(ipa->o.device_info.p, ipa->o.device_info.n), &device))
        return E_ARGUMENT;
    n = d->signed_part.n + element_size(0x5F37, signature.n) + element_size(0x04, ci.n) +
        d->certificate.n + ctx_params_size(ipa, matching_id, device.value);
    es10_begin(&ipa->es);
    es10_add_head(&ipa->es, 0xBF38, n);
    es10_add(&ipa->es, blob_of(ipa, d->signed_part));
    es10_add_head(&ipa->es, 0x5F37, signature.n);
    es10_add(&ipa->es, signature);
    es10_add_head(&ipa->es, 0x04, ci.n);
    es10_add(&ipa->es, ci);
    es10_add(&ipa->es, blob_of(ipa, d->certificate));
    add_ctx_params(ipa, matching_id, device.value);
    return ask_card(ipa);
}

/* The eUICC's refusal is passed on, so that the server can end its session too (SGP.22 App. A). */
static void euicc_refused(struct ipa *ipa, int64_t code, slice answer)
{
    struct download *d = &ipa->d;

    note(ipa, IPA_NOTE_EUICC_REFUSED, code);
    d->euicc_refused = true;
    if (answer.n > sizeof d->error)
        return;
    memcpy(d->error, answer.p, answer.n);
    d->error_n = (uint8_t)answer.n;
}

enum phase done_authenticate_server(struct ipa *ipa, const struct outcome *o)
{
    struct authenticate_server_response r;

    if (o->err || ipa->es.overflow ||
        schema_decode(&T_authenticate_server_response, o->data, &r, NULL))
        return PH_TRIGGER_RESULT;
    if (r.which == authenticate_server_response_is_authenticate_response_error)
        euicc_refused(ipa, r.authenticate_response_error.authenticate_error_code, o->data);
    return PH_AUTHENTICATE_CLIENT;
}

enum err enter_authenticate_client(struct ipa *ipa)
{
    return wire_authenticate(ipa, slice_of(ipa->card, ipa->es.answer_n));
}

static enum phase cancel(struct ipa *ipa, uint8_t reason)
{
    ipa->d.cancel_reason = reason;
    return PH_CANCEL;
}

/* ---- an SM-DS answered (SGP.22 3.6.2, SGP.32 3.9.2.2)
 * ------------------------------------------------ */

/* The eIM asked the SM-DS and turned the event into a trigger. */
static enum phase relayed_event(struct ipa *ipa, const struct outcome *o)
{
    struct authenticate_client_response_esipa r;
    const struct authenticate_client_ok_ds_esipa *ok = &r.authenticate_client_ok_ds_esipa;
    const struct profile_download_trigger_request *t = &ok->profile_download_trigger;
    uint8_t tx[TX_MAX] = { 0 }, depth = (uint8_t)(ipa->d.depth + 1);
    slice id = slice_of(tx, ipa->d.tx_n);
    enum phase next;

    memcpy(tx, ipa->d.tx, ipa->d.tx_n);
    if (schema_decode(&T_authenticate_client_response_esipa, o->data, &r, NULL) ||
        r.which != authenticate_client_response_esipa_is_authenticate_client_ok_ds_esipa ||
        !ok->has_profile_download_trigger)
        return unusable(ipa, 3);
    next = download_trigger(ipa, t->eim_transaction_id.p ? t->eim_transaction_id : id, t);
    ipa->d.depth = depth;
    return next;
}

/* Events of an SM-DS that answered directly, behind those that wait already. */
static enum phase direct_events(struct ipa *ipa, const struct outcome *o)
{
    unsigned waiting = ipa->event_count - ipa->event;
    enum err e = wire_take_events(ipa, o);

    if (!e && ipa->event_count > waiting)
        return PH_NEXT_EVENT;
    ipa->event_count = waiting; /* of an answer that does not fit nothing is believed */
    if (!e)
        return unusable(ipa, 3);
    if (e != E_REFUSED)
        note(ipa, IPA_NOTE_SERVER_MISMATCH, 0);
    return PH_TRIGGER_RESULT;
}

/* The SM-DS that was asked, or one to which an event led. */
static enum phase smds_answered(struct ipa *ipa, const struct outcome *o)
{
    if (ipa->d.depth > SMDS_DEPTH)
        return unusable(ipa, 3);
    return ipa->d.indirect ? relayed_event(ipa, o) : direct_events(ipa, o);
}

enum err enter_next_event(struct ipa *ipa)
{
    (void)ipa;
    return E_OK;
}

/* Each event is a download of its own, with a result of its own under the same id. */
enum phase done_next_event(struct ipa *ipa, const struct outcome *o)
{
    struct download *d = &ipa->d;
    const struct event *e = &ipa->events[ipa->event];
    uint8_t tx[TX_MAX], tx_n = d->tx_n;

    (void)o;
    if (ipa->event == ipa->event_count)
        return PH_POLL;
    ipa->event++;
    memcpy(tx, d->tx, tx_n);
    memset(d, 0, sizeof *d);
    memcpy(d->tx, tx, tx_n);
    d->tx_n = tx_n;
    d->depth = e->depth;
    memcpy(d->text, e->address, e->address_n);
    memcpy(d->text + e->address_n, e->id, e->id_n);
    d->code.address = slice_of(d->text, e->address_n);
    d->code.matching_id = slice_of(d->text + e->address_n, e->id_n);
    note_text(ipa, IPA_NOTE_TRIGGER, 0, d->code.address);
    return PH_INFO1;
}

/* Where it goes on when the result of a download is with the eIM. */
static enum phase behind_download(const struct ipa *ipa)
{
    return ipa->event < ipa->event_count ? PH_NEXT_EVENT : PH_POLL;
}

enum phase done_authenticate_client(struct ipa *ipa, const struct outcome *o)
{
    struct download *d = &ipa->d;
    struct smdp_signed2 s;
    bool eim_checks = d->indirect && ipa->o.features & IPA_FEATURE_EIM_CHECKS_METADATA;
    enum err e;

    e = wire_take_authenticate(ipa, o);
    if (d->euicc_refused || e == E_NETWORK)
        return PH_TRIGGER_RESULT;
    if (e == E_UNSUPPORTED && (d->smds || d->depth || d->indirect))
        return smds_answered(ipa, o);
    if (d->smds) /* it refused, or is none */
        return PH_TRIGGER_RESULT;
    if (e == E_REFUSED) /* the eIM found the policy rules not allowed: SGP.32 3.2.3.2 */
        return d->indirect && d->refusal == 50 ? cancel(ipa, CANCEL_SESSION_PPR_NOT_ALLOWED)
                                               : PH_TRIGGER_RESULT;
    if (e || schema_decode(&T_smdp_signed2, blob_of(ipa, d->signed_part), &s, NULL) ||
        !transaction_agrees(d, s.transaction_id)) {
        note(ipa, IPA_NOTE_SERVER_MISMATCH, 0);
        return cancel(ipa, CANCEL_SESSION_UNDEFINED_REASON);
    }
    if (s.cc_required_flag && !d->hash_cc.n) {
        note(ipa, IPA_NOTE_CODE_REQUIRED, 0);
        return cancel(ipa, CANCEL_SESSION_UNDEFINED_REASON);
    }
    return !eim_checks && policy_has_rules(blob_of(ipa, d->metadata)) ? PH_RULES : PH_PREPARE;
}

enum err enter_rules(struct ipa *ipa)
{
    return ask_simple(ipa, SLICE_LIT("\xBF\x43\x00"));
}

enum phase done_rules(struct ipa *ipa, const struct outcome *o)
{
    if (!o->err && !ipa->es.overflow && policy_allows(blob_of(ipa, ipa->d.metadata), o->data))
        return PH_PREPARE;
    note(ipa, IPA_NOTE_PPR_REFUSED, 0);
    return cancel(ipa, CANCEL_SESSION_PPR_NOT_ALLOWED);
}

/* ---- preparation and package (SGP.22 3.1.3)
 * --------------------------------------------------------- */

enum err enter_prepare(struct ipa *ipa)
{
    const struct download *d = &ipa->d;
    slice signature = blob_of(ipa, d->signature), hash = blob_of(ipa, d->hash_cc);
    size_t n = d->signed_part.n + element_size(0x5F37, signature.n) + d->certificate.n;

    if (hash.p)
        n += element_size(0x04, hash.n);
    es10_begin(&ipa->es);
    es10_add_head(&ipa->es, 0xBF21, n);
    es10_add(&ipa->es, blob_of(ipa, d->signed_part));
    es10_add_head(&ipa->es, 0x5F37, signature.n);
    es10_add(&ipa->es, signature);
    if (hash.p) {
        es10_add_head(&ipa->es, 0x04, hash.n);
        es10_add(&ipa->es, hash);
    }
    es10_add(&ipa->es, blob_of(ipa, d->certificate));
    return ask_card(ipa);
}

enum phase done_prepare(struct ipa *ipa, const struct outcome *o)
{
    struct prepare_download_response r;

    if (o->err || ipa->es.overflow ||
        schema_decode(&T_prepare_download_response, o->data, &r, NULL))
        return PH_TRIGGER_RESULT;
    if (r.which == prepare_download_response_is_download_response_error)
        euicc_refused(ipa, r.download_response_error.download_error_code, o->data);
    return PH_LOAD_BPP;
}

/* The announced metadata go to the end of the buffer: they are compared while the package passes.
 */
enum err enter_load_bpp(struct ipa *ipa)
{
    struct download *d = &ipa->d;
    slice metadata = blob_of(ipa, d->metadata);
    uint16_t at = (uint16_t)(sizeof ipa->net - metadata.n);

    if (metadata.p) {
        memmove(ipa->net + at, metadata.p, metadata.n);
        d->metadata.at = at;
    }
    bpp_stream_init(&d->bpp, (uint8_t)ipa->o.block, blob_of(ipa, d->metadata));
    note(ipa, IPA_NOTE_LOADING, 0);
    return wire_get_bpp(ipa, slice_of(ipa->card, ipa->es.answer_n));
}

/* BF54 { [82 tx], BF37 .. } for the eIM. */
static enum phase installation_ended(struct ipa *ipa, slice pir,
                                     const struct profile_installation_result_data *data)
{
    struct download *d = &ipa->d;
    struct notification_metadata m;
    uint8_t head[2] = { 0x82, d->tx_n };

    if (schema_decode(&T_notification_metadata, data->notification_metadata, &m, NULL))
        return cancel(ipa, CANCEL_SESSION_LOAD_BPP_EXECUTION_ERROR);
    d->pir_seq = m.seq_number;
    d->installed = data->final_result.which == final_result_is_success_result;
    if (d->installed)
        note(ipa, IPA_NOTE_INSTALLED, d->pir_seq);
    else
        note(ipa, IPA_NOTE_NOT_INSTALLED, data->final_result.error_result.error_reason);
    report_begin(ipa);
    if (d->tx_n) {
        report_add(ipa, SLICE_OF(head));
        report_add(ipa, slice_of(d->tx, d->tx_n));
    }
    report_add(ipa, pir);
    report_number(ipa, d->pir_seq);
    report_wrap(ipa, 0xBF54);
    d->pir_is_report = true;
    ipa->changed = true;
    ipa->attempts = 0;
    ipa->rollback_permitted = false;
    ipa->after_report = behind_download(ipa);
    if (d->installed)
        return PH_IMMEDIATE_ENABLE;
    return d->indirect ? PH_PROVIDE : PH_PIR_SEND;
}

static enum phase card_ended_load(struct ipa *ipa, slice answer)
{
    struct profile_installation_result r;
    struct profile_installation_result_data data;

    if (ipa->es.overflow || schema_decode(&T_profile_installation_result, answer, &r, NULL) ||
        schema_decode(&T_profile_installation_result_data, r.profile_installation_result_data,
                      &data, NULL))
        return cancel(ipa, CANCEL_SESSION_LOAD_BPP_EXECUTION_ERROR);
    return installation_ended(ipa, answer, &data);
}

enum phase done_load_bpp(struct ipa *ipa, const struct outcome *o)
{
    const struct download *d = &ipa->d;
    bool started = d->bpp.segments || d->bpp.block_n || d->bpp.block_no;

    if (d->euicc_refused)
        return PH_TRIGGER_RESULT;
    if (!o->err && o->data.p == ipa->card)
        return card_ended_load(ipa, o->data);
    if (o->err == E_CONFLICT) {
        note(ipa, IPA_NOTE_METADATA_MISMATCH, 0);
        return cancel(ipa, CANCEL_SESSION_METADATA_MISMATCH);
    }
    if (started)
        return cancel(ipa, CANCEL_SESSION_LOAD_BPP_EXECUTION_ERROR);
    if (!o->err)
        wire_take_refusal(ipa, o);
    return d->indirect && d->refusal == 50 ? cancel(ipa, CANCEL_SESSION_METADATA_MISMATCH)
                                           : PH_TRIGGER_RESULT;
}

/* ---- behind the installation (SGP.32 3.2.3.1, 5.9.15)
 * --------------------------------------------- */

enum err enter_immediate_enable(struct ipa *ipa)
{
    return ask_simple(ipa, SLICE_LIT("\xBF\x5A\x03\x80\x01\xFF"));
}

enum phase done_immediate_enable(struct ipa *ipa, const struct outcome *o)
{
    struct immediate_enable_response r;
    enum phase next = ipa->d.indirect ? PH_PROVIDE : PH_PIR_SEND;

    if (o->err || schema_decode(&T_immediate_enable_response, o->data, &r, NULL))
        return next;
    note(ipa, IPA_NOTE_IMMEDIATE_ENABLE, r.immediate_enable_result);
    if (r.immediate_enable_result)
        return next;
    ipa_state_changed(ipa, STATE_CHANGE_IMMEDIATE_ENABLE);
    ipa->after_switch = next;
    return PH_SWITCH;
}

/* The PIR inside the report, and to whom it goes. */
static bool find_pir(const struct ipa *ipa, slice *pir, slice *address)
{
    struct profile_installation_result r;
    struct profile_installation_result_data data;
    struct notification_metadata m;
    struct tlv e;
    struct der_reader in;

    if (der_one(slice_of(ipa->net + REPORT_AT, ipa->report_n), &e))
        return false;
    in = der_reader(e.value);
    der_maybe(&in, 0x82);
    *pir = der_expect(&in, 0xBF37).whole;
    if (in.err || schema_decode(&T_profile_installation_result, *pir, &r, NULL) ||
        schema_decode(&T_profile_installation_result_data, r.profile_installation_result_data,
                      &data, NULL) ||
        schema_decode(&T_notification_metadata, data.notification_metadata, &m, NULL))
        return false;
    *address = m.notification_address;
    return true;
}

enum err enter_pir_send(struct ipa *ipa)
{
    slice pir, address;

    if (!find_pir(ipa, &pir, &address))
        return E_INTERNAL;
    return wire_notify(ipa, address, pir, REPORT_AT + ipa->report_n);
}

/* Not delivered: it is a notification like others and comes up in the next round. */
enum phase done_pir_send(struct ipa *ipa, const struct outcome *o)
{
    ipa->d.pir_sent = !o->err;
    if (o->err)
        ipa->trouble = true;
    note(ipa, o->err ? IPA_NOTE_NOT_NOTIFIED : IPA_NOTE_NOTIFIED, ipa->d.pir_seq);
    return PH_PROVIDE;
}

/* ---- cancelled (SGP.22 5.7.14, 3.0.2)
 * --------------------------------------------------------------- */

enum err enter_cancel(struct ipa *ipa)
{
    const struct download *d = &ipa->d;
    struct cancel_session_request r = {
        .transaction_id = slice_of(d->transaction_id, d->transaction_id_n),
        .reason = d->cancel_reason,
        .has_reason = true,
    };
    uint8_t buf[40];
    slice request;
    enum err e = schema_encode(&T_cancel_session_request, &r, buf, sizeof buf, &request, NULL);

    return e ? e : ask_simple(ipa, request);
}

enum phase done_cancel(struct ipa *ipa, const struct outcome *o)
{
    if (o->err || schema_check(&T_cancel_session_response, o->data, NULL))
        return PH_TRIGGER_RESULT;
    note(ipa, IPA_NOTE_CANCELLED, ipa->d.cancel_reason);
    return PH_CANCEL_SEND;
}

enum err enter_cancel_send(struct ipa *ipa)
{
    return wire_cancel(ipa, slice_of(ipa->card, ipa->es.answer_n));
}

enum phase done_cancel_send(struct ipa *ipa, const struct outcome *o)
{
    (void)ipa, (void)o; /* a server that was not reached lets its session expire */
    return PH_TRIGGER_RESULT;
}

/* ---- a download that did not come to a result of the eUICC
 * ------------------------------------------- */

enum err enter_trigger_result(struct ipa *ipa)
{
    (void)ipa;
    return E_OK;
}

/* BF54 { [82 tx], 30 { 80 undefinedError, [04 errorResponse] } } */
enum phase done_trigger_result(struct ipa *ipa, const struct outcome *o)
{
    const struct download *d = &ipa->d;
    uint8_t buf[ERROR_MAX + 48];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice s;

    (void)o;
    if (d->error_n)
        der_put_tlv(&w, 0x04, slice_of(d->error, d->error_n));
    der_put_int(&w, 0x80, TRIGGER_UNDEFINED_ERROR);
    der_wrap(&w, 0x30, 0);
    if (d->tx_n)
        der_put_tlv(&w, 0x82, slice_of(d->tx, d->tx_n));
    der_wrap(&w, 0xBF54, 0);
    report_begin(ipa);
    if (!der_written(&w, &s))
        report_add(ipa, s);
    ipa->attempts = 0;
    ipa->rollback_permitted = false;
    ipa->after_report = behind_download(ipa);
    return PH_PROVIDE;
}
