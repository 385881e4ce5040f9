/*
 * The HTTP parser on anything. The first octet chooses what the rest is: a request, a response, or
 * a chunked body that comes in two pieces cut at the second octet.
 */
#include "net/http.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(slice s, slice in)
{
    if (s.n && (s.p < in.p || s.p + s.n > in.p + in.n))
        abort();
}

static void check_head(const struct http_head *h, slice in)
{
    check_inside(h->method, in);
    check_inside(h->path, in);
    check_inside(h->query, in);
    for (size_t i = 0; i < h->field_count; i++) {
        check_inside(h->fields[i].name, in);
        check_inside(h->fields[i].value, in);
    }
}

static void fuzz_head(slice in, bool request)
{
    struct http_head h;
    size_t seen = 0, n = http_head_length(in, &seen);

    if (n > in.n)
        abort();
    if (n)
        in.n = n;
    if (request ? http_parse_request(in, &h) == 0 : http_parse_response(in, &h) == E_OK)
        check_head(&h, in);
}

static void fuzz_chunks(uint8_t *buf, size_t n, size_t cut)
{
    struct http_chunks c = { .state = CHUNK_SIZE };
    size_t raw = 0, plain = 0, first = cut < n ? cut : n;
    enum err err = http_chunks_decode(&c, buf, first, 0, &raw, &plain, 1000);

    if (err == E_AGAIN) {
        memmove(buf + plain, buf + first, n - first);
        raw = plain;
        err = http_chunks_decode(&c, buf, plain + n - first, 0, &raw, &plain, 1000);
    }
    if (plain > raw || plain > 1000)
        abort();
    (void)err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy;

    if (size < 2)
        return 0;
    /* of exact size, so that one octet too far is seen */
    copy = malloc(size - 2 ? size - 2 : 1);
    memcpy(copy, data + 2, size - 2);
    if (data[0] % 3 == 2)
        fuzz_chunks(copy, size - 2, data[1]);
    else
        fuzz_head(slice_of(copy, size - 2), data[0] % 3 == 0);
    free(copy);
    return 0;
}
