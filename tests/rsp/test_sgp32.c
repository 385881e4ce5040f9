/*
 * The reference encodings of SGP.32 v1.2, byte for byte both ways, from an independent ASN.1
 * compiler. Signatures are shortened to one or two octets.
 *
 * COM-003: every strict prefix of each is refused. COM-007: arms of untagged CHOICEs are A0, A1, ..
 * and 8x for INTEGER. COM-008: CHOICEs with a tagged arm keep universal tags. COM-009: counters.
 * COM-011: the sizes of EID and ICCID under the one tag 5A.
 */
#include "rsp/reencode.h"

#include "base/text.h"
#include "der/schema_print.h"
#include "rsp/registry.h"
#include "rsp/sgp32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EID_HEX   "89049032123451234512345678901235"
#define ICCID_HEX "98001032547698103214"

/* ---- helpers -------------------------------------------------------------------------------- */

static uint8_t store[8192];
static size_t used;

static slice hex(const char *text)
{
    size_t n = 0;

    assert_int_equal(hex_decode(slice_str(text), store + used, sizeof store - used, &n), E_OK);
    used += n;
    return slice_of(store + used - n, n);
}

/* An element of a list, or a part that is kept RAW. */
static slice part(const struct type *t, const void *value)
{
    static uint8_t buf[2048];
    slice out;

    assert_int_equal(schema_encode(t, value, buf, sizeof buf, &out, NULL), E_OK);
    assert_true(used + out.n <= sizeof store);
    memcpy(store + used, out.p, out.n);
    used += out.n;
    return slice_of(store + used - out.n, out.n);
}

static void count_octets(void *ctx, const char *text, size_t n)
{
    (void)text;
    *(size_t *)ctx += n;
}

/* Every strict prefix of it is refused, and so is an octet behind it (COM-003, COM-004). */
static void refuse_cut(const struct type *t, slice whole)
{
    for (size_t n = 0; n < whole.n; n++) {
        uint8_t *copy = malloc(n ? n : 1);

        memcpy(copy, whole.p, n);
        assert_int_not_equal(schema_check(t, slice_of(copy, n), NULL), E_OK);
        free(copy);
    }
    uint8_t *longer = malloc(whole.n + 1);

    memcpy(longer, whole.p, whole.n);
    longer[whole.n] = 0;
    assert_int_equal(schema_check(t, slice_of(longer, whole.n + 1), NULL), E_TRAILING);
    free(longer);
}

/* A value encodes to exactly these octets; they decode, encode again, print, and are not cut. */
static void is_encoded(const struct type *t, const void *value, const char *expected)
{
    uint8_t buf[2048];
    char text[4097];
    slice out, want = hex(expected);
    size_t printed = 0;
    const struct text_sink sink = { count_octets, &printed };
    struct fault f;

    if (schema_encode(t, value, buf, sizeof buf, &out, &f))
        fail_msg("%s: %s", t->name, fault_print(&f, text, sizeof text));
    assert_int_equal(hex_encode(out, text, sizeof text), E_OK);
    assert_string_equal(text, expected);
    assert_true(reencodes(t, want));
    assert_int_equal(schema_print_text(t, want, &sink, NULL), E_OK);
    assert_int_equal(schema_print_json(t, want, &sink, NULL), E_OK);
    assert_true(printed > 0);
    refuse_cut(t, want);
    used = 0;
}

/* The registry finds the type of a whole message by itself. */
static void is_guessed(const struct type *t, const char *text)
{
    assert_ptr_equal(registry_guess(hex(text)), t);
}

#define NOTHING(c) ((struct c){ 0 })

/* ---- eIM to IPA ----------------------------------------------------------------------------- */

static void test_get_eim_package(void **state)
{
    struct get_eim_package_response none = {
        .which = get_eim_package_response_is_eim_package_error,
        .eim_package_error = GET_PACKAGE_NONE,
    };
    struct get_eim_package_request ask = {
        .eid_value = hex(EID_HEX),
        .notify_state_change = true,
        .state_change_cause = STATE_CHANGE_FALLBACK,
        .has_state_change_cause = true,
        .r_plmn = hex("62F210"),
    };

    (void)state;
    is_encoded(&T_get_eim_package_request, &ask, "BF4F1C5A10" EID_HEX "8000810101820362F210");
    is_encoded(&T_get_eim_package_response, &none, "BF4F03020101"); /* COM-008 */
    is_guessed(&T_get_eim_package_request, "BF4F1C5A10" EID_HEX "8000810101820362F210");
    is_guessed(&T_get_eim_package_response, "BF4F03020101");
    is_guessed(&T_v10_get_eim_package_request, "BF4F175A10" EID_HEX "810362F210");
}

static void test_provide_response(void **state)
{
    struct provide_eim_package_result_response r = {
        .which = provide_eim_package_result_response_is_empty_response,
        .empty_response = true,
    };

    (void)state;
    is_encoded(&T_provide_eim_package_result_response, &r, "BF50023000"); /* COM-008 */
    r.which = provide_eim_package_result_response_is_eim_acknowledgements;
    r.eim_acknowledgements = hex("8001078002012C");
    is_encoded(&T_provide_eim_package_result_response, &r, "BF500ABF53078001078002012C");
    r.which = provide_eim_package_result_response_is_provide_eim_package_result_error;
    r.provide_eim_package_result_error = PROVIDE_EID_NOT_FOUND;
    is_encoded(&T_provide_eim_package_result_response, &r, "BF5003020102");
    is_guessed(&T_provide_eim_package_result_response, "BF50023000");
    is_guessed(&T_provide_eim_package_result_response, "BF5003020102");
}

/* enable with rollbackFlag, list, getRAT, immediateEnable, default SM-DP+ address */
static slice some_psmos(uint8_t *to)
{
    struct psmo all[] = {
        { .which = psmo_is_enable, .enable = { hex(ICCID_HEX), true } },
        { .which = psmo_is_list_profile_info },
        { .which = psmo_is_get_rat, .get_rat = true },
        { .which = psmo_is_configure_immediate_enable,
          .configure_immediate_enable = { .immediate_enable_flag = true } },
        { .which = psmo_is_set_default_dp_address, .set_default_dp_address = { SLICE_LIT("a.b") } },
    };
    size_t n = 0;

    for (size_t i = 0; i < COUNT(all); i++) {
        slice one = part(&T_psmo, &all[i]);

        memcpy(to + n, one.p, one.n);
        n += one.n;
    }
    return slice_of(to, n);
}

#define PACKAGE_HEX                                                                                \
    "BF514A3043800465696D315A10" EID_HEX "810200808202A1B2A021A30E5A0A" ICCID_HEX                  \
    "0500BF2D00A600A7028000BF65058003612E625F3702AABB"

static void test_package(void **state)
{
    uint8_t list[100];
    struct euicc_package_signed inner = {
        .eim_id = SLICE_LIT("eim1"),
        .eid_value = hex(EID_HEX),
        .counter_value = 128,
        .has_counter_value = true,
        .eim_transaction_id = hex("A1B2"),
        .euicc_package = { .which = euicc_package_is_psmo_list, .psmo_list = some_psmos(list) },
    };
    struct euicc_package_request request = {
        .euicc_package_signed = part(&T_euicc_package_signed, &inner),
        .eim_signature = hex("AABB"),
    };

    (void)state;
    is_encoded(&T_euicc_package_request, &request, PACKAGE_HEX);
    is_guessed(&T_euicc_package_request, PACKAGE_HEX);
    assert_true(reencodes(&T_euicc_package_request_closed, hex(PACKAGE_HEX)));
}

static void test_add_eim(void **state)
{
    struct eco e = {
        .which = eco_is_add_eim,
        .add_eim = {
            .eim_id = SLICE_LIT("e2"),
            .eim_id_type = EIM_ID_FQDN,
            .has_eim_id_type = true,
            .has_counter_value = true,
            .association_token = -1,
            .has_association_token = true,
            .eim_public_key_data = { .which = eim_public_key_data_is_eim_public_key,
                                     .eim_public_key = hex("300F300906072A8648CE3D0201030207"
                                                           "80") },
            .eim_supported_protocol = hex("0780"),
            .indirect_profile_download = true,
        },
    };

    (void)state;
    is_encoded(&T_eco, &e,
               "A82680026532820102830100"
               "8401FFA511A00F300906072A8648CE3D02010302078087020780"
               "8900");
}

/* A card that meets an operation it does not know still reads the others. */
static void test_unknown_operation(void **state)
{
    slice m = hex("BF512E3027800465696D315A10" EID_HEX "810101A00AA600BF7F03020101A6005F3702AABB");
    struct euicc_package_request_closed request;
    struct euicc_package_signed_closed inner;
    struct fault f;
    char where[200];

    (void)state;
    assert_int_equal(schema_check(&T_euicc_package_request, m, &f), E_CHOICE);
    assert_string_equal(fault_path(&f, where, sizeof where),
                        "euiccPackageSigned.euiccPackage.psmoList[1]");
    assert_int_equal(schema_decode(&T_euicc_package_request_closed, m, &request, NULL), E_OK);
    assert_int_equal(
        schema_decode(&T_euicc_package_signed_closed, request.euicc_package_signed, &inner, NULL),
        E_OK);
    assert_int_equal(inner.euicc_package.psmo_list.n, 10);
    used = 0;
}

/* ---- results -------------------------------------------------------------------------------- */

static slice some_results(uint8_t *to)
{
    struct eim_id_info ids[] = {
        { .eim_id = SLICE_LIT("a"), .eim_id_type = EIM_ID_FQDN, .has_eim_id_type = true },
    };
    struct euicc_result_data all[] = {
        { .which = euicc_result_data_is_enable_result, .enable_result = ENABLE_OK },
        { .which = euicc_result_data_is_list_profile_info_result,
          .list_profile_info_result = { .which =
                                            iot_profile_info_list_response_is_profile_info_list_error,
                                        .profile_info_list_error = PROFILE_LIST_CHANGE_ONGOING } },
        { .which = euicc_result_data_is_add_eim_result,
          .add_eim_result = { .which = add_eim_result_is_association_token,
                              .association_token = 5 } },
        { .which = euicc_result_data_is_add_eim_result,
          .add_eim_result = { .which = add_eim_result_is_add_eim_result_code,
                              .add_eim_result_code = ADD_EIM_OK } },
        { .which = euicc_result_data_is_list_eim_result,
          .list_eim_result = { .which = list_eim_result_is_eim_id_list,
                               .eim_id_list = part(&T_eim_id_info, &ids[0]) } },
        { .which = euicc_result_data_is_processing_terminated,
          .processing_terminated = TERMINATED_BAD_COMMAND },
        { .which = euicc_result_data_is_set_default_dp_address_result,
          .set_default_dp_address_result = { .has_set_default_dp_address_result = true } },
    };
    size_t n = 0;

    for (size_t i = 0; i < COUNT(all); i++) {
        slice one = part(&T_euicc_result_data, &all[i]);

        memcpy(to + n, one.p, one.n);
        n += one.n;
    }
    return slice_of(to, n);
}

static void test_result(void **state)
{
    uint8_t list[100];
    struct euicc_package_result_data_signed data = {
        .eim_id = SLICE_LIT("eim1"),
        .counter_value = 1,
        .has_counter_value = true,
        .seq_number = 9,
        .has_seq_number = true,
        .euicc_result = some_results(list),
    };
    struct euicc_package_result r = {
        .which = euicc_package_result_is_euicc_package_result_signed,
        .euicc_package_result_signed = { .euicc_package_result_data_signed =
                                             part(&T_euicc_package_result_data_signed, &data),
                                         .euicc_sign_epr = hex("AA") },
    };
    static const char expected[] =
        "BF513EA03C3036800465696D318101018301093028"
        "830100BF2D0381010BA803840105A803020100AB0AA0083006800161820102020102BF6503800100"
        "5F3701AA";

    (void)state;
    is_encoded(&T_euicc_package_result, &r, expected); /* COM-007: A0 */
    is_guessed(&T_euicc_package_result, expected);
}

static void test_unsigned_error(void **state)
{
    struct euicc_package_result r = {
        .which = euicc_package_result_is_euicc_package_error_unsigned,
        .euicc_package_error_unsigned = { .eim_id = SLICE_LIT("eim1"),
                                          .association_token = 5,
                                          .has_association_token = true },
    };
    struct profile_rollback_response rollback = { .has_cmd_result = true };
    uint8_t buf[64];
    slice out;

    (void)state;
    is_encoded(&T_euicc_package_result, &r, "BF510BA209800465696D31840105"); /* COM-007: A2 */
    rollback.euicc_package_result = hex("BF510BA209800465696D31840105");
    is_encoded(&T_profile_rollback_response, &rollback, "BF5811020100BF510BA209800465696D31840105");
    /* a member of v1.3 leaves only in that dialect */
    r.euicc_package_error_unsigned.has_euicc_package_unsigned_error_code = true;
    r.euicc_package_error_unsigned.euicc_package_unsigned_error_code = UNSIGNED_SIZE_OVERFLOW;
    is_encoded(&T_euicc_package_result, &r, "BF510BA209800465696D31840105");
    struct der_writer w = der_writer(buf, sizeof buf);
    assert_int_equal(schema_write(&T_euicc_package_result, &r, DIALECT_V13, &w, NULL), E_OK);
    assert_int_equal(der_written(&w, &out), E_OK);
    assert_true(slice_eq(out, hex("BF510EA20C800465696D318401058F010F")));
    used = 0;
}

static void test_signed_error(void **state)
{
    struct euicc_package_error_data_signed data = {
        .eim_id = SLICE_LIT("eim1"),
        .counter_value = 1,
        .has_counter_value = true,
        .euicc_package_error_code = PACKAGE_REPLAY,
        .has_euicc_package_error_code = true,
    };
    struct euicc_package_result r = {
        .which = euicc_package_result_is_euicc_package_error_signed,
        .euicc_package_error_signed = { .euicc_package_error_data_signed =
                                            part(&T_euicc_package_error_data_signed, &data),
                                        .euicc_sign_epe = hex("AA") },
    };

    (void)state;
    is_encoded(&T_euicc_package_result, &r, /* COM-007: A1 */
               "BF5114A112300C800465696D318101010201045F3701AA");
}

static void test_result_refused(void **state)
{
    struct provide_eim_package_result r = {
        .eim_package_result = { .which = eim_package_result_is_eim_package_result_response_error,
                                .eim_package_result_response_error = { .eim_transaction_id =
                                                                           hex("01"),
                                                                       .eim_package_result_error_code =
                                                                           EIM_RESULT_INVALID_FORMAT,
                                                                       .has_eim_package_result_error_code =
                                                                           true } },
    };

    (void)state;
    is_encoded(&T_provide_eim_package_result, &r, "BF5008A006800101020101");
    is_guessed(&T_provide_eim_package_result, "BF5008A006800101020101");
}

/* ---- data request and trigger --------------------------------------------------------------- */

static void test_data_request(void **state)
{
    struct ipa_euicc_data_request ask = {
        .tag_list = hex("BF20BF228384A5A6A8A9"),
        .search_criteria_notification = { .which = search_notification_is_seq_number,
                                          .seq_number = 5 },
        .search_criteria_euicc_package_result = { .which =
                                                      search_euicc_package_result_is_seq_number,
                                                  .seq_number = 6 },
        .eim_transaction_id = hex("01"),
    };
    struct ipa_euicc_data_response refused = {
        .which = ipa_euicc_data_response_is_ipa_euicc_data_response_error,
        .ipa_euicc_data_response_error = { .ipa_euicc_data_error_code = IPA_DATA_BAD_TAG_LIST,
                                           .has_ipa_euicc_data_error_code = true },
    };

    (void)state;
    is_encoded(&T_ipa_euicc_data_request, &ask,
               "BF52195C0ABF20BF228384A5A6A8A9A103800105A203800106830101");
    is_encoded(&T_ipa_euicc_data_response, &refused, "BF5205A103020101"); /* COM-007: A1 */
    is_guessed(&T_ipa_euicc_data_request,
               "BF52195C0ABF20BF228384A5A6A8A9A103800105A203800106830101");
    is_guessed(&T_ipa_euicc_data_response, "BF5205A103020101");
}

static void test_trigger(void **state)
{
    struct profile_download_trigger_request t = {
        .profile_download_data = { .which = profile_download_data_is_activation_code,
                                   .activation_code = SLICE_LIT("1$a.b$M") },
        .eim_transaction_id = hex("01"),
    };

    (void)state;
    is_encoded(&T_profile_download_trigger_request, &t,
               "BF540EA009800731"
               "24612E62244D820101");
    t = NOTHING(profile_download_trigger_request);
    t.profile_download_data.which = profile_download_data_is_contact_smds;
    t.profile_download_data.contact_smds.smds_address = SLICE_LIT("a.b");
    is_encoded(&T_profile_download_trigger_request, &t, "BF5409A007A2058003612E62");
    t = NOTHING(profile_download_trigger_request);
    t.profile_download_data.which = profile_download_data_is_contact_default_smdp;
    t.profile_download_data.contact_default_smdp = true;
    is_encoded(&T_profile_download_trigger_request, &t, "BF5404A0028100");
    is_guessed(&T_profile_download_trigger_request, "BF5404A0028100");
}

/* ---- relayed session and compact forms ------------------------------------------------------ */

static void test_cancel(void **state)
{
    struct cancel_session_response_esipa ok = {
        .which = cancel_session_response_esipa_is_cancel_session_ok,
        .cancel_session_ok = true,
    };
    struct iot_cancel_session_response compact = {
        .which = iot_cancel_session_response_is_compact_cancel_session_response_ok,
        .compact_cancel_session_response_ok = { .compact_euicc_cancel_session_signed = { .reason =
                                                                                             3,
                                                                                         .has_reason =
                                                                                             true },
                                                .has_compact_euicc_cancel_session_signed = true,
                                                .euicc_cancel_session_signature = hex("AA") },
    };
    struct cancel_session_request_esipa request = { .transaction_id = hex("01") };

    (void)state;
    is_encoded(&T_cancel_session_response_esipa, &ok, "BF4102A000");
    compact.compact_cancel_session_response_ok.euicc_cancel_session_signature = hex("AA");
    request.transaction_id = hex("01");
    request.cancel_session_response = part(&T_iot_cancel_session_response, &compact);
    is_encoded(&T_cancel_session_request_esipa, &request, "BF4110800101A10BA20930038001035F3701AA");
    is_guessed(&T_cancel_session_request_esipa, "BF4110800101A10BA20930038001035F3701AA");
}

static void test_compact_requests(void **state)
{
    struct iot_prepare_download_response prepared = {
        .which = iot_prepare_download_response_is_compact_download_response_ok,
        .compact_download_response_ok = { .compact_euicc_signed2 = { .euicc_otpk = hex("AA") },
                                          .has_compact_euicc_signed2 = true,
                                          .euicc_signature2 = hex("AA") },
    };
    struct get_bound_profile_package_request_esipa get = {
        .transaction_id = hex("01"),
        .prepare_download_response = part(&T_iot_prepare_download_response, &prepared),
    };

    (void)state;
    is_encoded(&T_get_bound_profile_package_request_esipa, &get,
               "BF3A12800101BF210CA20A30045F4901AA5F3701AA");

    struct iot_authenticate_server_response authenticated = {
        .which = iot_authenticate_server_response_is_compact_authenticate_response_ok,
        .compact_authenticate_response_ok = { .signed_data = { .which =
                                                                   compact_signed_data_is_compact_euicc_signed1,
                                                               .compact_euicc_signed1 = { .ext_card_resource =
                                                                                              hex("810"
                                                                                                  "1") } },
                                              .euicc_signature1 = hex("AA") },
    };
    struct authenticate_client_request_esipa client = {
        .transaction_id = hex("01"),
        .authenticate_server_response = part(&T_iot_authenticate_server_response, &authenticated),
    };

    is_encoded(&T_authenticate_client_request_esipa, &client,
               "BF3B12800101BF380CA20AA004840281015F3701AA");
    is_guessed(&T_authenticate_client_request_esipa, "BF3B12800101BF380CA20AA004840281015F3701AA");
}

static void test_compact_notifications(void **state)
{
    struct iot_pending_notification pir = {
        .which = iot_pending_notification_is_compact_profile_installation_result,
        .compact_profile_installation_result = { .compact_profile_installation_result_data = { .transaction_id =
                                                                                                   hex("01"),
                                                                                               .seq_number =
                                                                                                   5,
                                                                                               .has_seq_number =
                                                                                                   true,
                                                                                               .iccid_present =
                                                                                                   true,
                                                                                               .has_iccid_present =
                                                                                                   true,
                                                                                               .compact_final_result = { .which =
                                                                                                                             compact_final_result_is_compact_success_result,
                                                                                                                         .compact_success_result = { .compact_aid = hex(
                                                                                                                                                         "1100") } } },
                                                 .has_compact_profile_installation_result_data =
                                                     true,
                                                 .euicc_sign_pir = hex("AA") },
    };
    struct handle_notification_esipa h = {
        .which = handle_notification_esipa_is_pending_notification,
    };
    slice inner = part(&T_iot_pending_notification, &pir);
    uint8_t buf[64];
    struct der_writer w = der_writer(buf, sizeof buf);

    (void)state;
    der_put_tlv(&w, 0xA0, inner);
    assert_int_equal(der_written(&w, &h.pending_notification), E_OK);
    is_encoded(&T_handle_notification_esipa, &h,
               "BF3D18A016A014A00E800101020105A206A0044F0211005F3701AA");

    struct notification_metadata metadata = {
        .seq_number = 5,
        .has_seq_number = true,
        .profile_management_operation = hex("0640"),
        .notification_address = SLICE_LIT("a.b"),
    };
    struct iot_pending_notification other = {
        .which = iot_pending_notification_is_compact_other_signed_notification,
        .compact_other_signed_notification = { .tbs_other_notification =
                                                   part(&T_notification_metadata, &metadata),
                                               .euicc_notification_signature = hex("AA") },
    };

    inner = part(&T_iot_pending_notification, &other);
    w = der_writer(buf, sizeof buf);
    der_put_tlv(&w, 0xA0, inner);
    assert_int_equal(der_written(&w, &h.pending_notification), E_OK);
    is_encoded(&T_handle_notification_esipa, &h,
               "BF3D17A015A113BF2F0C800105810206400C03612E625F3701AA");
    is_guessed(&T_handle_notification_esipa,
               "BF3D17A015A113BF2F0C800105810206400C03612E625F3701AA");
}

/* ---- ES10 ----------------------------------------------------------------------------------- */

static void test_es10(void **state)
{
    struct add_initial_eim_response added = {
        .which = add_initial_eim_response_is_add_initial_eim_ok,
        .add_initial_eim_ok = hex("8401050500"),
    };
    struct iot_memory_reset_request reset = { .reset_options = hex("01A6") };
    struct iot_memory_reset_response was_reset = { .has_reset_result = true,
                                                   .has_reset_eim_result = true };
    struct iot_retrieve_notifications_list_request list = {
        .search_criteria = { .which = iot_notifications_search_is_euicc_package_results,
                             .euicc_package_results = true },
    };
    struct isdr_proprietary_application_template_iot isdr;
    struct immediate_enable_request enable = { .refresh_flag = true, .has_refresh_flag = true };

    (void)state;
    is_encoded(&T_add_initial_eim_response, &added, "BF5707A0058401050500"); /* COM-007: A0 */
    reset.reset_options = hex("01A6");
    is_encoded(&T_iot_memory_reset_request, &reset, "BF6404820201A6");
    is_encoded(&T_iot_memory_reset_response, &was_reset, "BF6406800100810100");
    is_encoded(&T_iot_retrieve_notifications_list_request, &list, "BF2B04A0028200");
    isdr.euicc_configuration = hex("06C0");
    is_encoded(&T_isdr_proprietary_application_template_iot, &isdr, "E104800206C0");
    is_encoded(&T_immediate_enable_request, &enable, "BF5A038001FF");
    is_guessed(&T_iot_memory_reset_response, "BF6406800100810100");
}

/* ---- COM-009, COM-011 ----------------------------------------------------------------------- */

static void test_counters(void **state)
{
    static const struct {
        int64_t value;
        const char *encoded;
    } rows[] = {
        { 127, "81017F" },          { 128, "81020080" },          { 65536, "8103010000" },
        { 0x7FFFFF, "81037FFFFF" }, { 0x800000, "810400800000" }, { 0, "810100" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct euicc_package_signed s = {
            .eim_id = SLICE_LIT("e"),
            .eid_value = hex(EID_HEX),
            .counter_value = rows[i].value,
            .has_counter_value = true,
            .euicc_package = { .which = euicc_package_is_psmo_list, .psmo_list = SLICE_EMPTY },
        };
        slice out = part(&T_euicc_package_signed, &s), want = hex(rows[i].encoded);

        assert_memory_equal(out.p + 2 + 3 + 18, want.p, want.n);
        assert_int_equal(schema_decode(&T_euicc_package_signed, out, &s, NULL), E_OK);
        assert_int_equal(s.counter_value, rows[i].value);
        used = 0;
    }
}

static void test_eid_and_iccid_sizes(void **state)
{
    static const struct {
        const char *package;
        enum err expected;
    } rows[] = {
        { "301A8001655A10" EID_HEX "810101A000", E_OK },
        { "30198001655A0F890490321234512345123456789012810101A000", E_SIZE },
        { "301B8001655A11" EID_HEX "00810101A000", E_SIZE },
        { "30288001655A10" EID_HEX "810101A00EA30C5A0A" ICCID_HEX, E_OK },
        { "30278001655A10" EID_HEX "810101A00DA30B5A09980010325476981032", E_SIZE },
        { "30298001655A10" EID_HEX "810101A00FA30D5A0B" ICCID_HEX "00", E_SIZE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(schema_check(&T_euicc_package_signed, hex(rows[i].package), NULL),
                         rows[i].expected);
    used = 0;
}

struct page {
    char text[2000];
    size_t n;
};

static void put_page(void *ctx, const char *text, size_t n)
{
    struct page *p = ctx;

    assert_true(p->n + n < sizeof p->text);
    memcpy(p->text + p->n, text, n);
    p->n += n;
}

/* Fields under their specification names, values and bits by their names. */
static void test_printed(void **state)
{
    static const struct {
        const char *message, *text;
    } rows[] = {
        { "BF4F03020101", "GetEimPackageResponse\n  eimPackageError: noEimPackageAvailable(1)\n" },
        { "BF4F1C5A10" EID_HEX "8000810101820362F210",
          "GetEimPackageRequest\n  eidValue: " EID_HEX "\n  notifyStateChange: present\n"
          "  stateChangeCause: fallback(1)\n  rPLMN: 62F210\n" },
        { "BF6404820201A6",
          "EuiccMemoryResetRequest\n  resetOptions: {deleteOperationalProfiles, "
          "resetDefaultSmdpAddress, resetEimConfigData, resetImmediateEnableConfig}\n" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct page p = { .n = 0 };
        const struct text_sink to = { put_page, &p };
        slice m = hex(rows[i].message);

        assert_int_equal(schema_print_text(registry_guess(m), m, &to, NULL), E_OK);
        assert_string_equal(p.text, rows[i].text);
        used = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_eim_package),
        cmocka_unit_test(test_provide_response),
        cmocka_unit_test(test_package),
        cmocka_unit_test(test_add_eim),
        cmocka_unit_test(test_unknown_operation),
        cmocka_unit_test(test_result),
        cmocka_unit_test(test_unsigned_error),
        cmocka_unit_test(test_signed_error),
        cmocka_unit_test(test_result_refused),
        cmocka_unit_test(test_data_request),
        cmocka_unit_test(test_trigger),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_compact_requests),
        cmocka_unit_test(test_compact_notifications),
        cmocka_unit_test(test_es10),
        cmocka_unit_test(test_printed),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_eid_and_iccid_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
