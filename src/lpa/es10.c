/* Functions of ISD-R over STORE DATA (SGP.22 5.7.2). */
#include "lpa/lpa_impl.h"

enum { MORE_BLOCKS = 0x11, LAST_BLOCK = 0x91 };

enum err lpa_block(struct lpa *l, slice block, uint8_t number, bool last, slice *answer)
{
    const uint8_t header[4] = { 0x80, 0xE2, last ? LAST_BLOCK : MORE_BLOCKS, number };
    enum err e = terminal_send(&l->card, header, block, -1);

    *answer = SLICE_NONE;
    if (e)
        return lpa_fail(l, e);
    if (l->card.sw != 0x9000) {
        if (!l->trouble.err)
            l->trouble.sw = l->card.sw;
        return lpa_fail(l, E_REFUSED);
    }
    if (!last || !l->card.n)
        return E_OK;
    *answer = arena_copy(&l->arena, slice_of(l->card.data, l->card.n));
    return answer->p ? E_OK : lpa_fail(l, E_MEMORY);
}

enum err lpa_call(struct lpa *l, slice request, slice *answer)
{
    size_t at = 0;
    uint8_t number = 0;
    enum err e;

    do {
        slice rest = slice_skip(request, at);
        slice block = slice_head(rest, rest.n < l->o.block ? rest.n : l->o.block);

        at += block.n;
        e = lpa_block(l, block, number++, at == request.n, answer);
        if (!e && number == 0 && at < request.n)
            e = lpa_fail(l, E_LIMIT); /* more than 256 blocks */
    } while (!e && at < request.n);
    if (!e && !answer->p)
        e = lpa_fail(l, E_TRUNCATED);
    return e;
}

enum err lpa_es10(struct lpa *l, const struct type *request, const void *value,
                  const struct type *response, void *out)
{
    size_t room = 1024; /* the longest has an address of 255 octets */
    uint8_t *buf = arena_alloc(&l->arena, room);
    slice encoded, answer;
    enum err e = buf ? schema_encode(request, value, buf, room, &encoded, NULL) : E_MEMORY;

    if (e)
        return lpa_fail(l, e);
    e = lpa_call(l, encoded, &answer);
    if (e)
        return e;
    e = schema_decode(response, answer, out, NULL);
    return e ? lpa_fail(l, e) : E_OK;
}

enum err lpa_ask(struct lpa *l, uint32_t tag, const struct type *response, void *out)
{
    uint8_t head[DER_HEAD_MAX];
    slice answer;
    enum err e = lpa_call(l, slice_of(head, der_put_head(tag, 0, head)), &answer);

    if (e)
        return e;
    e = schema_decode(response, answer, out, NULL);
    return e ? lpa_fail(l, e) : E_OK;
}
