/* ESipa in the ASN.1 binding (SGP.32 6.3): reading a message in the version of its sender. */
#include "eim/internal.h"

#include "rsp/registry.h"

/* ---- v1.0 into the shape of later versions -------------------------------------------------- */

static void from_v10_data(const struct v10_ipa_euicc_data *in, struct ipa_euicc_data *out)
{
    const struct v10_retrieve_notifications_list_response *list = &in->notifications_list;

    *out = (struct ipa_euicc_data){
        .default_smdp_address = in->default_smdp_address,
        .euicc_info1 = in->euicc_info1,
        .euicc_info2 = in->euicc_info2,
        .root_smds_address = in->root_smds_address,
        .association_token = in->association_token,
        .has_association_token = in->has_association_token,
        .eum_certificate = in->eum_certificate,
        .euicc_certificate = in->euicc_certificate,
        .ipa_capabilities = in->ipa_capabilities,
        .has_ipa_capabilities = in->has_ipa_capabilities,
        .device_info = in->device_info,
    };
    if (list->which == v10_retrieve_notifications_list_response_is_notification_list) {
        out->notifications_list = list->notification_list;
    } else if (list->which ==
               v10_retrieve_notifications_list_response_is_euicc_package_result_list) {
        out->euicc_package_result_list = list->euicc_package_result_list;
    } else if (list->which ==
               v10_retrieve_notifications_list_response_is_notification_and_epr_list) {
        out->notifications_list = list->notification_and_epr_list.notification_list;
        out->euicc_package_result_list = list->notification_and_epr_list.euicc_package_result_list;
    }
}

static void from_v10_response(const struct v10_ipa_euicc_data_response *in,
                              struct ipa_euicc_data_response *out)
{
    if (in->which == v10_ipa_euicc_data_response_is_ipa_euicc_data) {
        out->which = ipa_euicc_data_response_is_ipa_euicc_data;
        from_v10_data(&in->ipa_euicc_data, &out->ipa_euicc_data);
    } else {
        out->which = ipa_euicc_data_response_is_ipa_euicc_data_response_error;
        out->ipa_euicc_data_response_error = (struct ipa_euicc_data_response_error){
            .ipa_euicc_data_error_code = in->ipa_euicc_data_error,
            .has_ipa_euicc_data_error_code = true,
        };
    }
}

static void from_v10_result(const struct v10_provide_eim_package_result *in,
                            struct eim_result_message *m)
{
    struct eim_package_result *out = &m->result;
    const struct v10_retrieve_notifications_list_response *list =
        &in->epr_and_notifications.notification_list;

    *m = (struct eim_result_message){ .v10 = true };
    switch (in->which) {
    case v10_provide_eim_package_result_is_euicc_package_result:
        out->which = eim_package_result_is_euicc_package_result;
        out->euicc_package_result = in->euicc_package_result;
        break;
    case v10_provide_eim_package_result_is_epr_and_notifications:
        out->which = eim_package_result_is_epr_and_notifications;
        out->epr_and_notifications.euicc_package_result =
            in->epr_and_notifications.euicc_package_result;
        if (list->which == v10_retrieve_notifications_list_response_is_notification_list)
            out->epr_and_notifications.notification_list = list->notification_list;
        break;
    case v10_provide_eim_package_result_is_ipa_euicc_data_response:
        out->which = eim_package_result_is_ipa_euicc_data_response;
        from_v10_response(&in->ipa_euicc_data_response, &out->ipa_euicc_data_response);
        break;
    case v10_provide_eim_package_result_is_profile_download_trigger_result:
        out->which = eim_package_result_is_profile_download_trigger_result;
        out->profile_download_trigger_result = in->profile_download_trigger_result;
        break;
    default:
        out->which = eim_package_result_is_eim_package_result_response_error;
        out->eim_package_result_response_error = (struct eim_package_result_response_error){
            .eim_package_result_error_code = in->eim_package_error,
            .has_eim_package_result_error_code = true,
        };
        break;
    }
}

/* ---- functions ------------------------------------------------------------------------------ */

static void from_result(const struct provide_eim_package_result *in, struct eim_result_message *m)
{
    *m = (struct eim_result_message){ .eid = in->eid_value, .result = in->eim_package_result };
}

/* The notification stands in the element [0]. */
static enum err take_pending(struct eim *e, slice element, struct turn *t)
{
    struct tlv outer;
    enum err err = der_one(element, &outer);

    return err ? err : eim_take_notification(e, NULL, outer.value, NULL, t);
}

static enum err handle_notification(struct eim *e, const struct handle_notification_esipa *r,
                                    struct turn *t)
{
    struct provide_eim_package_result in;
    struct eim_result_message m;
    enum err err;

    if (r->which == handle_notification_esipa_is_pending_notification)
        return take_pending(e, r->pending_notification, t);
    err = schema_decode(&T_provide_eim_package_result, r->provide_eim_package_result, &in, NULL);
    if (err)
        return err;
    from_result(&in, &m);
    return eim_provide_result(e, &m, false, t);
}

enum err eim_esipa_message(struct eim *e, const struct esipa_message_from_ipa_to_eim *in,
                           struct turn *t)
{
    struct eim_result_message m;
    enum err err = eim_watch(e, t);

    if (err)
        return err;
    switch (in->which) {
    case esipa_message_from_ipa_to_eim_is_initiate_authentication_request_esipa:
        return eim_initiate(e, &in->initiate_authentication_request_esipa, t);
    case esipa_message_from_ipa_to_eim_is_authenticate_client_request_esipa:
        return eim_client(e, &in->authenticate_client_request_esipa, t);
    case esipa_message_from_ipa_to_eim_is_get_bound_profile_package_request_esipa:
        return eim_package(e, &in->get_bound_profile_package_request_esipa, t);
    case esipa_message_from_ipa_to_eim_is_cancel_session_request_esipa:
        return eim_cancel(e, &in->cancel_session_request_esipa, t);
    case esipa_message_from_ipa_to_eim_is_handle_notification_esipa:
        return handle_notification(e, &in->handle_notification_esipa, t);
    case esipa_message_from_ipa_to_eim_is_get_eim_package_request:
        return eim_get_package(e, &in->get_eim_package_request, false, t);
    case esipa_message_from_ipa_to_eim_is_provide_eim_package_result:
        from_result(&in->provide_eim_package_result, &m);
        return eim_provide_result(e, &m, true, t);
    default: /* an answer to injection, which this eIM does not do */
        return E_UNSUPPORTED;
    }
}

/* A result inside HandleNotification: [1] stands where BF50 is elsewhere. */
static enum err handle_v10_result(struct eim *e, slice element, struct turn *t)
{
    struct v10_provide_eim_package_result in;
    struct eim_result_message m;
    uint8_t *buf = arena_alloc(t->arena, element.n + 8);
    struct der_writer w;
    slice own;
    enum err err;

    if (!buf)
        return E_MEMORY;
    w = der_writer(buf, element.n + 8);
    der_put_rehead(&w, 0xBF50, element);
    err = der_written(&w, &own);
    if (!err)
        err = schema_decode(&T_v10_provide_eim_package_result, own, &in, NULL);
    if (err)
        return err;
    from_v10_result(&in, &m);
    return eim_provide_result(e, &m, false, t);
}

/* Only the functions whose messages differ come here: see is_v10. */
static enum err handle_v10(struct eim *e, const struct v10_esipa_message_from_ipa_to_eim *in,
                           struct turn *t)
{
    const struct v10_get_eim_package_request *get = &in->get_eim_package_request;
    const struct v10_handle_notification_esipa *h = &in->handle_notification_esipa;
    struct get_eim_package_request request;
    struct eim_result_message m;

    switch (in->which) {
    case v10_esipa_message_from_ipa_to_eim_is_get_eim_package_request:
        request = (struct get_eim_package_request){ .eid_value = get->eid_value,
                                                    .notify_state_change = get->notify_state_change,
                                                    .r_plmn = get->r_plmn };
        return eim_get_package(e, &request, true, t);
    case v10_esipa_message_from_ipa_to_eim_is_provide_eim_package_result:
        from_v10_result(&in->provide_eim_package_result, &m);
        return eim_provide_result(e, &m, true, t);
    case v10_esipa_message_from_ipa_to_eim_is_handle_notification_esipa:
        if (h->which == v10_handle_notification_esipa_is_pending_notification)
            return take_pending(e, h->pending_notification, t);
        return handle_v10_result(e, h->provide_eim_package_result, t);
    default:
        return E_UNSUPPORTED;
    }
}

/*
 * Some messages are of v1.0 by their form alone, others say less in the tables of one version than
 * in those of the other: the one that leaves fewer elements unexplained is taken (SGP.32 v1.0).
 */
static bool is_v10(slice message, enum err v12)
{
    size_t strangers =
        v12 ? SIZE_MAX : registry_strangers(&T_esipa_message_from_ipa_to_eim, message);

    if (!strangers || schema_check(&T_v10_esipa_message_from_ipa_to_eim, message, NULL))
        return false;
    return v12 || registry_strangers(&T_v10_esipa_message_from_ipa_to_eim, message) < strangers;
}

enum err eim_esipa(struct eim *e, slice message, struct turn *t)
{
    struct esipa_message_from_ipa_to_eim v12;
    struct v10_esipa_message_from_ipa_to_eim v10;
    enum err err = schema_decode(&T_esipa_message_from_ipa_to_eim, message, &v12, NULL);

    if (is_v10(message, err)) {
        err = schema_decode(&T_v10_esipa_message_from_ipa_to_eim, message, &v10, NULL);
        if (!err)
            err = eim_watch(e, t);
        return err ? err : handle_v10(e, &v10, t);
    }
    return err ? err : eim_esipa_message(e, &v12, t);
}
