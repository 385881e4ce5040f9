/*
 * Any octets as an HTTP answer, whole and in pieces: the first octet says how long these are. What
 * must hold: both ways the same is heard.
 */
#include "euicc/web/http_answer.h"

#include <stdlib.h>

struct heard {
    uint64_t sum;
    size_t octets, parts;
    bool ended, failed;
};

static void add(struct heard *h, slice data)
{
    for (size_t i = 0; i < data.n; i++)
        h->sum = (h->sum ^ data.p[i]) * UINT64_C(0x100000001B3);
    h->octets += data.n;
}

static void hear(struct heard *h, struct http_answer *a, slice in)
{
    slice data;

    while (!h->ended && !h->failed) {
        switch (http_answer_next(a, &in, &data)) {
        case HTTP_MORE:
            if (in.n)
                abort();
            return;
        case HTTP_STATUS:
        case HTTP_HEADER:
            h->parts++;
            add(h, data);
            break;
        case HTTP_BODY:
            if (!data.n)
                abort();
            add(h, data);
            break;
        case HTTP_END:
            h->ended = true;
            break;
        case HTTP_BAD:
            if (!a->fault)
                abort();
            h->failed = true;
        }
    }
}

static struct heard listen(slice in, size_t piece)
{
    struct heard h = { .sum = UINT64_C(0xCBF29CE484222325) };
    struct http_answer a;

    http_answer_init(&a);
    for (; in.n; in = slice_skip(in, piece)) {
        slice part = slice_head(in, piece);
        uint8_t *copy = malloc(part.n);

        if (!copy)
            abort();
        memcpy(copy, part.p, part.n);
        hear(&h, &a, slice_of(copy, part.n));
        free(copy);
    }
    if (http_answer_closed(&a) && (h.ended || h.failed))
        abort();
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    slice in = slice_of(data + 1, size - 1);
    struct heard whole = listen(in, SIZE_MAX), pieces = listen(in, data[0] ? data[0] : 1);

    if (whole.sum != pieces.sum || whole.octets != pieces.octets || whole.parts != pieces.parts ||
        whole.ended != pieces.ended || whole.failed != pieces.failed)
        abort();
    return 0;
}
