/*
 * Two recorded ES9+ downloads (pySim against osmo-smdpp), member by member: every element decodes
 * and encodes to the octets that were sent, also inside; JSON to struct to JSON gives equal
 * members.
 */
#include "rsp/json/json.h"
#include "rsp/json/recorded.h"
#include "rsp/sgp22.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const files[] = { "es9plus-osmo-nist.json", "es9plus-osmo-brainpool.json" };

/* clang-format off */
static const struct {
    const char *member;
    const struct type *type;
} elements[] = {
    { "euiccInfo1", &T_euicc_info1 },
    { "serverSigned1", &T_server_signed1 },
    { "serverSignature1", &T_signature },
    { "euiccCiPKIdToBeUsed", &T_subject_key_identifier },
    { "serverCertificate", &T_rsp_certificate },
    { "authenticateServerResponse", &T_authenticate_server_response },
    { "profileMetadata", &T_store_metadata_request },
    { "smdpSigned2", &T_smdp_signed2 },
    { "smdpSignature2", &T_signature },
    { "smdpCertificate", &T_rsp_certificate },
    { "prepareDownloadResponse", &T_prepare_download_response },
    { "boundProfilePackage", &T_bound_profile_package },
};
/* clang-format on */

static unsigned check_elements(const json_t *object)
{
    unsigned found = 0;

    for (size_t i = 0; i < COUNT(elements); i++) {
        const json_t *v = json_object_get(object, elements[i].member);
        size_t n;
        uint8_t *octets;

        if (!v)
            continue;
        octets = malloc(json_string_length(v));
        assert_int_equal(
            b64_decode(slice_str(json_string_value(v)), octets, json_string_length(v), &n), E_OK);
        assert_same_when_encoded(elements[i].type, slice_of(octets, n));
        free(octets);
        found++;
    }
    return found;
}

static void test_every_element_encodes_to_the_same_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        json_t *file = recorded_open(files[i]), *one;
        unsigned found = 0;
        size_t k;

        if (!file)
            continue;
        json_array_foreach(json_object_get(file, "exchanges"), k, one)
        {
            found += check_elements(json_object_get(one, "request"));
            found += check_elements(json_object_get(one, "response"));
        }
        assert_int_equal(found, COUNT(elements));
        json_decref(file);
    }
}

static slice text_of(const json_t *object, struct arena *a)
{
    char *text = json_dumps(object, JSON_COMPACT);
    slice s = arena_copy(a, slice_str(text));

    free(text);
    return s;
}

static void assert_equal_json(slice made, const json_t *recorded)
{
    json_t *again = json_loadb((const char *)made.p, made.n, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(again);
    assert_true(json_equal(again, recorded));
    json_decref(again);
}

static void check_exchange(const json_t *one, struct arena *a)
{
    const json_t *request = json_object_get(one, "request");
    const json_t *response = json_object_get(one, "response");
    const struct json_function *f =
        json_function_at(slice_str(json_string_value(json_object_get(one, "path"))), JSON_ES9PLUS);
    struct json_status status;
    void *value;
    slice made;

    assert_non_null(f);
    value = arena_alloc(a, f->request->size);
    assert_int_equal(json_read_request(f, text_of(request, a), a, value, NULL), E_OK);
    assert_int_equal(json_write_request(f, value, a, &made, NULL), E_OK);
    assert_equal_json(made, request);

    value = arena_alloc(a, f->response->size);
    assert_int_equal(json_read_response(f, text_of(response, a), a, value, &status, NULL), E_OK);
    assert_false(status.failed);
    assert_int_equal(json_write_response(f, value, NULL, a, &made, NULL), E_OK);
    assert_equal_json(made, response);
}

static void test_json_to_struct_to_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        json_t *file = recorded_open(files[i]), *one;
        struct arena a;
        size_t k;

        if (!file)
            continue;
        arena_init(&a, 16u << 20);
        json_array_foreach(json_object_get(file, "exchanges"), k, one) check_exchange(one, &a);
        arena_free(&a);
        json_decref(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_element_encodes_to_the_same_octets),
        cmocka_unit_test(test_json_to_struct_to_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
