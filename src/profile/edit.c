#include "profile/edit.h"

/* Elements nest this deep in profile packages at the most (keyComponents: 5). */
#define DEPTH_MAX 12

struct editor {
    const struct edit *edits;
    size_t count;
    size_t done;
    enum err err;
};

/*
 * An element's content begins at an octet where no other element's content begins: at least a tag
 * and a length lie between them. So the address alone names it, also when it is empty.
 */
static const struct edit *edit_of(const struct editor *x, slice content)
{
    for (size_t i = 0; i < x->count; i++)
        if (x->edits[i].content.p == content.p)
            return &x->edits[i];
    return NULL;
}

static bool edits_inside(const struct editor *x, slice content)
{
    for (size_t i = 0; i < x->count; i++)
        if (x->edits[i].content.p > content.p && x->edits[i].content.p <= content.p + content.n)
            return true;
    return false;
}

static size_t copy(uint8_t *out, slice s)
{
    if (out && s.n)
        memcpy(out, s.p, s.n);
    return s.n;
}

/* Octets of the run after the edits; written when out is not NULL. */
static size_t rewrite(struct editor *x, slice run, uint8_t *out, unsigned depth)
{
    struct der_reader r = der_reader(run);
    size_t n = 0;

    while (der_more(&r)) {
        struct tlv t = der_take(&r);
        const struct edit *e = edit_of(x, t.value);
        size_t content;

        if (r.err || depth > DEPTH_MAX) {
            x->err = r.err ? r.err : E_LIMIT;
            return n;
        }
        if (e) {
            x->done++;
            n += der_put_head(t.tag, e->by.n, out ? out + n : NULL);
            n += copy(out ? out + n : NULL, e->by);
        } else if (tag_constructed(t.tag) && edits_inside(x, t.value)) {
            content = rewrite(x, t.value, NULL, depth + 1);
            n += der_put_head(t.tag, content, out ? out + n : NULL);
            n += out ? rewrite(x, t.value, out + n, depth + 1) : content;
        } else {
            n += copy(out ? out + n : NULL, t.whole);
        }
    }
    return n;
}

enum err edit_apply(struct arena *arena, slice in, const struct edit *edits, size_t count,
                    slice *out)
{
    struct editor x = { edits, count, 0, E_OK };
    size_t n = rewrite(&x, in, NULL, 0);
    uint8_t *p;

    if (x.err)
        return x.err;
    if (x.done != count)
        return E_NOTFOUND;
    p = arena_alloc(arena, n ? n : 1);
    if (!p)
        return E_MEMORY;
    (void)rewrite(&x, in, p, 0);
    *out = slice_of(p, n);
    return E_OK;
}
