/*
 * COM-018. The schema engine under every table: the first octet picks a message, the rest is its
 * encoding. What decodes must encode again, that must decode, and both must print.
 */
#include "der/schema_print.h"
#include "rsp/registry.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(void *ctx, const char *text, size_t n)
{
    size_t *sum = ctx;

    for (size_t i = 0; i < n; i++)
        *sum += (unsigned char)text[i];
}

static void round_trip(const struct type *t, slice in)
{
    size_t size = in.n + t->size + 64;
    void *value = calloc(1, t->size + sizeof(slice));
    uint8_t *buf = malloc(size);
    struct der_writer w = der_writer(buf, size);
    size_t sum = 0;
    const struct text_sink sink = { put, &sum };
    slice again;

    if (value && buf && !schema_decode(t, in, value, NULL)) {
        if (schema_write(t, value, DIALECT_V13, &w, NULL) || der_written(&w, &again) ||
            schema_check(t, again, NULL) || schema_print_text(t, in, &sink, NULL) ||
            schema_print_json(t, in, &sink, NULL))
            abort();
    }
    free(value);
    free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault f;
    uint8_t *copy;

    if (size < 1)
        return 0;
    copy = malloc(size);
    if (!copy)
        return 0;
    memcpy(copy, data + 1, size - 1);
    round_trip(registry[data[0] % registry_count].type, slice_of(copy, size - 1));
    (void)!schema_check(&T_any, slice_of(copy, size - 1), &f);
    (void)registry_guess(slice_of(copy, size - 1));
    free(copy);
    return 0;
}
