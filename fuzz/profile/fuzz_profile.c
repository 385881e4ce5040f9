/*
 * Any octets as a profile package: split, decoded, checked, printed both ways, encoded again,
 * personalised. What must hold: a package without errors gets a new ICCID and still has none.
 */
#include "profile/check.h"
#include "profile/identity.h"
#include "profile/show.h"
#include "profile/size.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_LIMIT ((size_t)8 << 20)

static void swallow(void *ctx, const char *text, size_t n)
{
    size_t *sum = ctx;

    for (size_t i = 0; i < n; i++)
        *sum += (unsigned char)text[i];
}

static void listen(void *ctx, const struct finding *f)
{
    struct text_sink to = { swallow, ctx };
    char text[300];

    finding_print(f, text, sizeof text);
    finding_show_json(f, &to);
}

static void show(const struct profile_model *m, size_t *sum)
{
    struct text_sink to = { swallow, sum };
    struct profile_identity who;

    profile_show(m, &(struct show_options){ .secrets = true }, &to);
    profile_show(m, &(struct show_options){ .json = true, .content = true }, &to);
    *sum += profile_size(m).installed;
    (void)!profile_identify(m, &who);
}

static void encode(slice package)
{
    struct package_reader r = package_reader(package);
    struct package_element e;

    while (package_next(&r, &e)) {
        size_t room = e.whole.n + 64;
        uint8_t *buf = malloc(room);
        struct der_writer w = der_writer(buf, room);

        if (!buf)
            abort();
        if (!element_check(&e, NULL) && element_encode(&e, &w))
            abort();
        free(buf);
    }
}

static void personalise(struct arena *a, slice package, bool sound)
{
    static const struct profile_change iccid = { .iccid = SLICE_LIT("8901001012345678903") };
    struct profile_change all = { .iccid = iccid.iccid,
                                  .imsi = SLICE_LIT("001010123456789"),
                                  .k = SLICE_LIT("0123456789abcdef"),
                                  .opc = SLICE_LIT("0123456789abcdef"),
                                  .pin1 = SLICE_LIT("1234"),
                                  .adm1 = SLICE_LIT("12345678") };
    struct findings f = { 0 };
    slice out;

    (void)!profile_personalise(a, package, &all, &out);
    if (!sound || profile_personalise(a, package, &iccid, &out))
        return;
    if (!profile_check(a, out, &f, NULL) && f.errors)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t sum = 0;
    struct findings f = { .put = listen, .ctx = &sum };
    struct profile_model *m;
    struct arena a;
    uint8_t *copy = malloc(size ? size : 1);
    slice package = slice_of(copy, size);

    if (!copy)
        abort();
    memcpy(copy, data, size);
    arena_init(&a, ARENA_LIMIT);
    encode(package);
    if (!profile_check(&a, package, &f, &m)) {
        show(m, &sum);
        personalise(&a, package, !f.errors);
    }
    arena_free(&a);
    free(copy);
    return sum == (size_t)-1;
}
