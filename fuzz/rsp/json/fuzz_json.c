/*
 * The JSON bindings: the first octet picks function and direction, the rest is the text. What reads
 * must write, and that must read again.
 */
#include "rsp/json/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "initiateAuthentication", "authenticateClient",
                                     "getBoundProfilePackage", "cancelSession",
                                     "handleNotification",     "getEimPackage",
                                     "provideEimPackageResult" };

static void request(const struct json_function *f, slice text, struct arena *a)
{
    void *value = arena_alloc(a, f->request->size);
    slice again;

    if (!value || json_read_request(f, text, a, value, NULL))
        return;
    if (json_write_request(f, value, a, &again, NULL) ||
        json_read_request(f, again, a, value, NULL))
        abort();
}

static void response(const struct json_function *f, slice text, struct arena *a)
{
    void *value = f->response ? arena_alloc(a, f->response->size) : NULL;
    struct json_status status;
    slice again;

    if (!value || json_read_response(f, text, a, value, &status, NULL))
        return;
    if (json_write_response(f, value, &status, a, &again, NULL) ||
        json_read_response(f, again, a, value, &status, NULL))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct json_function *f;
    struct arena a;

    if (size < 1 || size > 65536)
        return 0;
    f = json_function_find((enum json_interface)(data[0] & 3),
                           slice_str(names[(data[0] >> 2 & 31) % COUNT(names)]));
    if (!f)
        return 0;
    arena_init(&a, 4u << 20);
    if (data[0] & 0x80)
        request(f, slice_of(data + 1, size - 1), &a);
    else
        response(f, slice_of(data + 1, size - 1), &a);
    arena_free(&a);
    return 0;
}
