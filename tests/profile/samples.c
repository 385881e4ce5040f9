#include "profile/samples.h"

#include <stdio.h>
#include <stdlib.h>

const char *const ts48_names[TS48_COUNT] = {
    "ts48-v2-saip21-bertlv",        "ts48-v3-saip23-nobertlv", "ts48-v7-bertlv-suci",
    "ts48-v7-bertlv-suci-noramrfm", "ts48-v7-nobertlv",        "ts48-v7-nobertlv-noramrfm",
};

slice sample_read(const char *name, const char *suffix)
{
    char path[200];
    uint8_t *octets;
    long size;
    FILE *f;

    snprintf(path, sizeof path, "../shared/data/ts48/%s%s", name, suffix);
    f = fopen(path, "rb");
    if (!f) {
        printf("%s is not there: skipped\n", path);
        return SLICE_NONE;
    }
    fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    octets = malloc((size_t)size);
    if (!octets || fread(octets, 1, (size_t)size, f) != (size_t)size)
        abort();
    fclose(f);
    return slice_of(octets, (size_t)size);
}

void sample_free(slice s)
{
    free((void *)(uintptr_t)s.p);
}

void sample_print(void *ctx, const struct finding *f)
{
    char text[400];

    (void)ctx;
    printf("%s: %s\n", f->level == FINDING_ERROR ? "error" : "warning",
           finding_print(f, text, sizeof text));
}
