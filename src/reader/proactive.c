#include "reader/proactive.h"

enum { TAG_PROACTIVE = 0xD0, COMPREHENSION = 0x80 };

enum err proactive_parse(slice in, struct proactive *out)
{
    slice value;
    uint32_t tag;
    size_t head = in.n >= 3 && in.p[1] == 0x81 ? 3 : 2;

    *out = (struct proactive){ .tlvs = SLICE_EMPTY };
    if (in.n < head || in.p[0] != TAG_PROACTIVE || in.p[head - 1] != in.n - head ||
        (head == 2 && in.p[1] >= 0x80))
        return E_SYNTAX;
    in = slice_skip(in, head);
    if (!cat_next(&in, &tag, &value) || tag != CAT_TAG_DETAILS || value.n != 3)
        return E_SYNTAX;
    out->number = value.p[0];
    out->type = value.p[1];
    out->qualifier = value.p[2];
    out->tlvs = in;
    value = cat_tlv(in, CAT_TAG_DEVICES);
    if (value.n == 2) {
        out->source = value.p[0];
        out->destination = value.p[1];
    }
    return E_OK;
}

bool proactive_resets(const struct proactive *c)
{
    return c->type == CAT_REFRESH && c->qualifier == CAT_REFRESH_UICC_RESET;
}

void proactive_answer_put(struct proactive_answer *a, uint8_t tag, slice value)
{
    size_t head = value.n < 0x80 ? 2 : 3;

    if (value.n > 0xFF || head + value.n > sizeof a->octets - a->n)
        return;
    a->octets[a->n++] = COMPREHENSION | tag;
    if (head == 3)
        a->octets[a->n++] = 0x81;
    a->octets[a->n++] = (uint8_t)value.n;
    if (value.n)
        memcpy(a->octets + a->n, value.p, value.n);
    a->n += value.n;
}

void proactive_answer(struct proactive_answer *a, const struct proactive *c, uint8_t result,
                      int info)
{
    const uint8_t details[] = { c->number, c->type, c->qualifier };
    const uint8_t devices[] = { CAT_TERMINAL, CAT_UICC };
    const uint8_t results[] = { result, (uint8_t)info };

    a->n = 0;
    proactive_answer_put(a, CAT_TAG_DETAILS, SLICE_OF(details));
    proactive_answer_put(a, CAT_TAG_DEVICES, SLICE_OF(devices));
    proactive_answer_put(a, CAT_TAG_RESULT, slice_of(results, info < 0 ? 1 : 2));
}

void proactive_answer_refresh_only(struct proactive_answer *a, const struct proactive *c)
{
    proactive_answer(
        a, c, c->type == CAT_REFRESH ? PROACTIVE_PERFORMED : PROACTIVE_BEYOND_CAPABILITIES, -1);
}
