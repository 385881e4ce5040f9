/* JSON text beside jansson: both take a text or both refuse it, but for numbers that jansson cannot
 * hold and for our limits; and both find the same strings. */
#include "rsp/json/json_text.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct jtext *ours, const json_t *theirs)
{
    const struct jtext *inner = ours->first;

    if (json_is_string(theirs) != (ours->kind == JTEXT_STRING) ||
        json_is_object(theirs) != (ours->kind == JTEXT_OBJECT) ||
        json_is_array(theirs) != (ours->kind == JTEXT_ARRAY) ||
        json_is_number(theirs) != (ours->kind == JTEXT_NUMBER))
        abort();
    if (json_is_string(theirs) &&
        !slice_eq(ours->text, slice_of(json_string_value(theirs), json_string_length(theirs))))
        abort();
    for (size_t i = 0; i < json_array_size(theirs); i++, inner = inner->next)
        compare(inner, json_array_get(theirs, i));
    for (; json_is_object(theirs) && inner; inner = inner->next) {
        char name[256] = "";

        if (inner->name.n >= sizeof name)
            return;
        memcpy(name, inner->name.p, inner->name.n);
        compare(inner, json_object_get(theirs, name));
    }
}

static bool number_too_large(const json_error_t *error)
{
    return json_error_code(error) == json_error_numeric_overflow;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jtext *ours;
    json_error_t error;
    json_t *theirs;
    struct arena a;
    size_t at;
    enum err e;

    if (memchr(data, 0, size))
        return 0; /* jansson takes NUL for the end of the text */
    arena_init(&a, 4u << 20);
    e = jtext_parse(slice_of(data, size), &a, &ours, &at);
    theirs = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (at > size || (e == E_OK && !theirs && !number_too_large(&error)) ||
        (e == E_SYNTAX && theirs))
        abort();
    if (e == E_OK && theirs)
        compare(ours, theirs);
    json_decref(theirs);
    arena_free(&a);
    return 0;
}
