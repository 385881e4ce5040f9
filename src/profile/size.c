#include "profile/size.h"

/* Objects that an element makes beside files: PINs, keys, authentication, applications. */
static uint64_t octets_of_part(const struct model_part *p)
{
    const struct saip_application *a = p->element->tag == PE_APPLICATION ? p->application : NULL;
    size_t code = a && a->has_load_block ? a->load_block.load_block.n : 0;

    return SIZE_PER_OBJECT + p->element->value.n - code;
}

static void count_file(const struct model_file *f, struct profile_size *s)
{
    if (saip_type_is_df(f->facts.type)) {
        s->directories++;
        return;
    }
    s->files++;
    s->links += f->facts.link.p != NULL;
    s->content += f->facts.size;
}

struct profile_size profile_size(const struct profile_model *m)
{
    struct profile_size s = { 0 };

    for (unsigned i = 0; i < m->nfiles; i++)
        count_file(&m->files[i], &s);
    s.installed = s.content + (uint64_t)s.files * SIZE_PER_FILE +
                  (uint64_t)s.directories * SIZE_PER_DIRECTORY;
    for (unsigned i = 0; i < m->nparts; i++) {
        const struct model_part *p = &m->parts[i];

        s.installed += octets_of_part(p);
        if (p->element->tag == PE_APPLICATION && p->application->has_load_block)
            s.code += p->application->load_block.load_block.n;
    }
    return s;
}

enum err card_resource(slice ext_card_resource, uint32_t tag, uint64_t *out)
{
    struct der_reader r = der_reader(ext_card_resource);

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (r.err || t.tag != tag)
            continue;
        if (!t.value.n || t.value.n > 8)
            return E_SYNTAX;
        *out = 0;
        for (size_t i = 0; i < t.value.n; i++)
            *out = *out << 8 | t.value.p[i];
        return E_OK;
    }
    return r.err ? E_SYNTAX : E_MISSING;
}
