/* File system elements: templates (SAIP 8.4, 9) and generic file management (SAIP 8.3.3). */
#include "euicc/file_plan.h"
#include "euicc/install.h"

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* SAIP 9.4: 2F06 rules for the MF, ADFs and what lies right under the MF, else 6F06. */
static uint16_t implicit_arr(const struct node *node, uint8_t dir)
{
    return node->type == NODE_MF || node->type == NODE_ADF || dir == TREE_MF ? FID_ARR_MF
                                                                             : FID_ARR_DF;
}

/* ---- content ---- */

/* Offsets are relative to the end of the content before and run across records (SAIP 8.3.2). */
static enum pe_status fill(slice items, uint8_t *body, uint32_t octets)
{
    struct saip_file_item item;
    uint64_t at = 0;

    while (schema_next(&T_saip_file_item, &items, &item)) {
        if (item.which == saip_file_item_is_offset)
            at += (uint64_t)item.offset;
        if (item.which != saip_file_item_is_content)
            continue;
        if (at > octets || item.content.n > octets - at)
            return PE_STATUS_PARAMETER;
        memcpy(body + at, item.content.p, item.content.n);
        at += item.content.n;
    }
    return PE_STATUS_OK;
}

static enum pe_status write_content(struct install *in, const struct file_plan *p, slice items,
                                    uint16_t n)
{
    struct objects *objects = in->tree.objects;
    enum pe_status status;
    uint8_t *body;

    if (p->octets == 0)
        return PE_STATUS_OK;
    body = objects_lend(objects, p->octets);
    if (!body)
        return PE_STATUS_NO_MEMORY;
    file_plan_expand(p, body);
    status = fill(items, body, p->octets);
    if (status == PE_STATUS_OK)
        status = install_stored(objects_write(objects, tree_object(&in->tree, n), NODE_EF_HEAD,
                                              slice_of(body, p->octets)));
    objects_repay(objects, body);
    return status;
}

static enum pe_status write_objects(struct install *in, slice items, uint16_t n)
{
    enum pe_status status = PE_STATUS_OK;
    struct saip_file_item item;

    while (status == PE_STATUS_OK && schema_next(&T_saip_file_item, &items, &item)) {
        if (item.which == saip_file_item_is_offset && item.offset)
            status = PE_STATUS_PARAMETER;
        else if (item.which == saip_file_item_is_content)
            status = install_data_objects(in, n, item.content);
    }
    return status;
}

/* ---- links ---- */

/* The path of a link becomes the number of its target, which is no link itself. */
static enum pe_status link_target(const struct install *in, slice path, uint16_t *target)
{
    struct node node;

    if (!install_path(in, path, &node))
        return PE_STATUS_PARAMETER;
    if (node_is_dir(&node))
        return PE_STATUS_FEATURE;
    for (unsigned hops = 0; node.link && hops < 4; hops++) {
        if (node.details || !tree_node(&in->tree, get16(node.body.p), &node))
            return PE_STATUS_PARAMETER;
    }
    *target = node.n;
    return node.link ? PE_STATUS_PARAMETER : PE_STATUS_OK;
}

static enum pe_status create_link(struct install *in, uint8_t dir, struct file_plan *p, uint16_t *n)
{
    uint8_t number_octets[2];
    uint16_t target;
    enum pe_status status = link_target(in, p->node.body, &target);

    if (status == PE_STATUS_FEATURE)
        return status;
    if (status == PE_STATUS_OK) {
        number_octets[0] = (uint8_t)(target >> 8);
        number_octets[1] = (uint8_t)target;
        p->node.body = SLICE_OF(number_octets);
        p->node.details = 0;
    } else {
        p->node.details = 1;
        in->links_open = true;
    }
    return install_stored(tree_create_ef(&in->tree, dir, &p->node, 0, n));
}

/* Replaces the object of a link whose body is a path. */
static enum pe_status resolve(struct install *in, uint8_t dir, const struct node *link)
{
    struct node node = *link;
    uint8_t path[8], number_octets[2];
    uint16_t target, n;
    enum pe_status status;

    if (link->body.n > sizeof path)
        return PE_STATUS_PARAMETER;
    memcpy(path, link->body.p, link->body.n);
    status = link_target(in, slice_of(path, link->body.n), &target);
    if (status != PE_STATUS_OK)
        return status;
    number_octets[0] = (uint8_t)(target >> 8);
    number_octets[1] = (uint8_t)target;
    node.body = SLICE_OF(number_octets);
    node.details = 0;
    status = install_stored(objects_delete(in->tree.objects, tree_object(&in->tree, link->n)));
    if (status == PE_STATUS_OK)
        status = install_stored(tree_create_ef(&in->tree, dir, &node, 0, &n));
    return status;
}

/* A pass resolves every link whose target is no open link; a chain needs as many as it is long. */
enum pe_status install_resolve_links(struct install *in)
{
    struct node dir, node;
    enum pe_status status = PE_STATUS_OK;

    for (unsigned pass = 0; in->links_open && pass < 4; pass++) {
        in->links_open = false;
        for (int32_t d = -1; tree_next_dir(&in->tree, &d, &dir);)
            for (int32_t n = -1; tree_next_ef(&in->tree, dir_of_node(dir.n), &n, &node);) {
                if (!node.link || !node.details)
                    continue;
                status = resolve(in, dir_of_node(dir.n), &node);
                in->links_open = in->links_open || status != PE_STATUS_OK;
                if (status != PE_STATUS_OK && status != PE_STATUS_PARAMETER)
                    return status;
            }
    }
    return in->links_open ? PE_STATUS_PARAMETER : PE_STATUS_OK;
}

/* ---- creating ---- */

static enum pe_status create_dir(struct install *in, uint8_t parent, struct file_plan *p,
                                 uint16_t *n)
{
    p->node.parent = parent;
    if (p->node.link)
        return PE_STATUS_FEATURE;
    if (p->node.type == NODE_ADF && p->node.aid.n == 0)
        return PE_STATUS_PARAMETER;
    if (p->node.type != NODE_MF && file_fid_reserved(p->node.fid))
        return PE_STATUS_PARAMETER;
    return install_stored(tree_create_dir(&in->tree, &p->node, n));
}

static enum pe_status create(struct install *in, uint8_t dir, struct file_plan *p, slice items,
                             uint16_t *n)
{
    enum pe_status status;

    if (p->node.arr_fid == 0)
        p->node.arr_fid = implicit_arr(&p->node, dir);
    if (node_is_dir(&p->node))
        return create_dir(in, p->node.type == NODE_DF ? dir : TREE_MF, p, n);
    if (file_fid_reserved(p->node.fid))
        return PE_STATUS_PARAMETER;
    if (p->node.link)
        return create_link(in, dir, p, n);
    if (!file_plan_settle(p))
        return PE_STATUS_PARAMETER;
    status = install_stored(tree_create_ef(&in->tree, dir, &p->node, p->octets, n));
    if (status != PE_STATUS_OK)
        return status;
    return p->node.type == NODE_BER_TLV ? write_objects(in, items, *n)
                                        : write_content(in, p, items, *n);
}

/* ---- elements with a template ---- */

struct file_element {
    const struct saip_template *table;
    uint8_t base;    /* directory the element begins in */
    int16_t dir;     /* directory of the row, -1: its DF was not created */
    int16_t created; /* directory of row 0 when that is one, else -1 */
};

/* Are the items of the field well formed: a descriptor first and once, or doNotCreate alone? */
static enum pe_status check_items(slice items, bool *do_not_create, struct saip_fcp *fcp,
                                  bool *has_fcp)
{
    struct der_reader r = der_reader(items);
    struct saip_file_item item;

    *do_not_create = *has_fcp = false;
    for (unsigned i = 0; der_more(&r); i++) {
        struct tlv t = der_take(&r);

        if (r.err || schema_decode(&T_saip_file_item, t.whole, &item, NULL))
            return PE_STATUS_FORMAT;
        if (item.which == saip_file_item_is_fcp) {
            if (i > 0)
                return PE_STATUS_PARAMETER;
            *fcp = item.fcp;
            *has_fcp = true;
        }
        if (item.which == saip_file_item_is_do_not_create)
            *do_not_create = true;
    }
    return r.err ? PE_STATUS_FORMAT : PE_STATUS_OK;
}

static void row_created(struct install *in, struct file_element *fe, const struct saip_file *row,
                        uint16_t n)
{
    if (!saip_type_is_df(row->type))
        return;
    fe->dir = dir_of_node(n);
    if (row == fe->table->files)
        fe->created = fe->dir;
    if (row->type != FILE_ADF)
        return;
    in->last_adf = fe->dir;
    in->last_naa[fe->table->naa] = fe->dir;
    if (fe->table->naa == NAA_USIM || fe->table->naa == NAA_ISIM)
        in->last_aka_adf = fe->dir;
    fe->created = fe->dir; /* PE-IoT begins with the MF and goes on in its ADF */
}

/* May a row without a field be made from the template alone? */
static bool defaultable(const struct file_element *fe, const struct saip_file *row)
{
    if (!fe->table->by_default || saip_type_is_df(row->type) || row->type == FILE_ANY)
        return fe->table->by_default && row->type == FILE_MF;
    return row->len && (row->nrec || !saip_type_has_records(row->type));
}

/* An IoT minimal profile leaves EF_ICCID to the card: the header has it. */
static enum pe_status default_iccid(struct install *in, const struct file_element *fe,
                                    const struct saip_file *row, uint16_t n)
{
    struct node node;

    if (row->fid != FID_ICCID || fe->table->base != BASE_MF || fe->table->naa != NAA_USIM)
        return PE_STATUS_OK;
    return tree_node(&in->tree, n, &node)
               ? install_stored(tree_write(&in->tree, &node, 0, SLICE_OF(in->iccid)))
               : PE_STATUS_MEMORY_FAILURE;
}

static enum pe_status create_row(struct install *in, struct file_element *fe,
                                 const struct saip_file *row, slice items)
{
    struct file_plan p = file_plan_of_row(row);
    struct saip_fcp fcp;
    bool do_not_create = false, has_fcp = false;
    enum pe_status status = PE_STATUS_OK;
    uint16_t n;

    if (row->type == FILE_DF) /* the first is the element's own, the others lie in it */
        fe->dir = fe->created >= 0 ? fe->created : fe->base;
    else if (saip_type_is_df(row->type))
        fe->dir = TREE_MF;
    if (items.p)
        status = check_items(items, &do_not_create, &fcp, &has_fcp);
    if (status != PE_STATUS_OK)
        return status;
    if (items.p ? do_not_create && fe->table->base != BASE_MF : !defaultable(fe, row)) {
        if (saip_type_is_df(row->type))
            fe->dir = -1;
        return row->flags & FILE_REQUIRED && saip_type_is_df(row->type) ? PE_STATUS_PARAMETER
                                                                        : PE_STATUS_OK;
    }
    if (fe->dir < 0)
        return PE_STATUS_PARAMETER;
    if (has_fcp && !file_plan_apply(&p, &fcp))
        return PE_STATUS_PARAMETER;
    status = create(in, (uint8_t)fe->dir, &p, items.p ? items : SLICE_EMPTY, &n);
    if (status == PE_STATUS_OK && !items.p)
        status = default_iccid(in, fe, row, n);
    if (status == PE_STATUS_OK)
        row_created(in, fe, row, n);
    return status;
}

static int16_t base_dir(const struct install *in, const struct saip_template *t)
{
    switch (t->base) {
    case BASE_LAST_USIM:
        return in->last_naa[NAA_USIM];
    case BASE_LAST_ISIM:
        return in->last_naa[NAA_ISIM];
    case BASE_LAST_CSIM:
        return in->last_naa[NAA_CSIM];
    case BASE_LAST_ADF:
        return in->last_adf;
    default:
        return TREE_MF;
    }
}

/* PIN elements that follow belong to the DF or ADF that the element is about (SAIP 8.5). */
static void set_current(struct install *in, const struct file_element *fe)
{
    bool own = fe->table->base == BASE_UNDER_MF || fe->table->base == BASE_NEW_ADF ||
               fe->table->base == BASE_MF;

    in->current_dir = own && fe->created >= 0 ? (uint8_t)fe->created : fe->base;
}

enum pe_status install_file_element(struct install *in, const struct package_element *e)
{
    struct der_reader r = der_reader(e->value);
    struct node mf;

    if (!e->table)
        return e->template_id.p ? PE_STATUS_TEMPLATE : PE_STATUS_FORMAT;
    int16_t base = base_dir(in, e->table);
    if (base < 0 || (e->table->base != BASE_MF && !tree_node(&in->tree, TREE_MF, &mf)))
        return PE_STATUS_PARAMETER;
    struct file_element fe = {
        .table = e->table, .base = (uint8_t)base, .dir = base, .created = -1
    };
    der_expect(&r, 0xA0);
    der_expect(&r, 0x81);
    for (unsigned i = 0; i < e->table->nfiles; i++) {
        const struct saip_file *row = &e->table->files[i];
        struct tlv field = der_maybe(&r, saip_file_tag(e->table, row));
        enum pe_status status = create_row(in, &fe, row, field.value);

        if (status != PE_STATUS_OK)
            return status;
    }
    while (der_more(&r)) /* fields of later versions of the template; none of ours again */
        if (saip_file_by_tag(e->table, der_take(&r).tag))
            return PE_STATUS_PARAMETER;
    set_current(in, &fe);
    return r.err ? PE_STATUS_FORMAT : PE_STATUS_OK;
}

/* ---- generic file management ---- */

struct gfm {
    uint8_t dir;
    struct node file; /* the one that fill items go to */
    bool has_file;
    uint64_t at;
};

static enum pe_status gfm_path(struct install *in, struct gfm *g, slice path)
{
    struct node node;

    if (!install_path(in, path, &node))
        return PE_STATUS_PARAMETER;
    g->at = 0;
    g->has_file = !node_is_dir(&node);
    g->file = node;
    g->dir = dir_of_node(node.n);
    if (!g->has_file)
        in->current_dir = g->dir;
    return PE_STATUS_OK;
}

static enum pe_status gfm_create(struct install *in, struct gfm *g, const struct saip_fcp *fcp)
{
    struct file_plan p = { .node = { .lcs = LCS_ACTIVATED, .details = 1 } };
    enum pe_status status;
    uint16_t n;

    if (!fcp->file_descriptor.p && !fcp->link_path.n)
        return PE_STATUS_PARAMETER;
    if (!fcp->file_id.p)
        return PE_STATUS_PARAMETER;
    if (!file_plan_apply(&p, fcp))
        return PE_STATUS_PARAMETER;
    status = create(in, g->dir, &p, SLICE_EMPTY, &n);
    if (status != PE_STATUS_OK)
        return status;
    g->at = 0;
    g->has_file = !node_is_dir(&p.node) && !p.node.link;
    if (p.node.type == NODE_ADF)
        in->last_adf = dir_of_node(n);
    return tree_node(&in->tree, n, &g->file) ? PE_STATUS_OK : PE_STATUS_MEMORY_FAILURE;
}

static enum pe_status gfm_content(struct install *in, struct gfm *g, slice content)
{
    struct node file;

    if (!g->has_file)
        return g->file.link ? PE_STATUS_OK : PE_STATUS_PARAMETER;
    if (!tree_node(&in->tree, g->file.n, &file))
        return PE_STATUS_PARAMETER;
    if (file.type == NODE_BER_TLV)
        return g->at ? PE_STATUS_PARAMETER : install_data_objects(in, file.n, content);
    if (g->at > file.body.n || content.n > file.body.n - g->at)
        return PE_STATUS_PARAMETER;
    enum pe_status status = install_stored(tree_write(&in->tree, &file, (uint32_t)g->at, content));
    g->at += content.n;
    return status;
}

static enum pe_status gfm_item(struct install *in, struct gfm *g, const struct saip_gfm_item *item)
{
    switch (item->which) {
    case saip_gfm_item_is_file_path:
        return gfm_path(in, g, item->file_path);
    case saip_gfm_item_is_create_fcp:
        return gfm_create(in, g, &item->create_fcp);
    case saip_gfm_item_is_offset:
        g->at += (uint64_t)item->offset;
        return PE_STATUS_OK;
    case saip_gfm_item_is_content:
        return gfm_content(in, g, item->content);
    default:
        return PE_STATUS_OK; /* an extension: skipped */
    }
}

enum pe_status install_gfm(struct install *in, const struct package_element *e)
{
    struct gfm g = { .dir = in->current_dir };
    struct saip_gfm_item item;
    struct saip_gfm gfm;
    slice list, items;

    if (schema_decode(&T_saip_gfm, e->whole, &gfm, NULL))
        return PE_STATUS_FORMAT;
    for (list = gfm.commands; schema_next(&T_saip_file_management, &list, &items);)
        while (schema_next(&T_saip_gfm_item, &items, &item)) {
            enum pe_status status = gfm_item(in, &g, &item);

            if (status != PE_STATUS_OK)
                return status;
        }
    return PE_STATUS_OK;
}
