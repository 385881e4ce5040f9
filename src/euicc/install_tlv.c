/*
 * Content of BER-TLV structured files in a profile package (SAIP 8.3.2, 8.3.3): each fill item
 * holds whole data objects, which join those that the file has. An offset has no meaning there.
 */
#include "euicc/install.h"

/* Whole data objects, each with a tag that stands nowhere before. */
static bool sound(slice objects)
{
    struct der_reader r = der_reader(objects);

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (r.err)
            return false;
        for (struct der_reader before =
                 der_reader(slice_of(objects.p, (size_t)(t.whole.p - objects.p)));
             der_more(&before);)
            if (der_take(&before).tag == t.tag)
                return false;
    }
    return true;
}

enum pe_status install_data_objects(struct install *in, uint16_t n, slice content)
{
    struct objects *objects = in->tree.objects;
    enum pe_status status = PE_STATUS_PARAMETER;
    struct node file;
    uint8_t *joined;
    size_t had;

    if (!tree_node(&in->tree, n, &file) || content.n > file.max_octets ||
        file.body.n > file.max_octets - content.n)
        return PE_STATUS_PARAMETER;
    had = file.body.n;
    joined = objects_lend(objects, had + content.n + 1);
    if (!joined || !tree_node(&in->tree, n, &file)) { /* the loan may have moved it */
        objects_repay(objects, joined);
        return PE_STATUS_NO_MEMORY;
    }
    memcpy(joined, file.body.p, had);
    if (content.n)
        memcpy(joined + had, content.p, content.n);
    if (sound(slice_of(joined, had + content.n)))
        status =
            install_stored(tree_replace_body(&in->tree, &file, slice_of(joined, had + content.n)));
    objects_repay(objects, joined);
    return status;
}
