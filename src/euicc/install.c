#include "euicc/install.h"

#include "base/secret.h"

/* ---- account ---- */

enum pe_status install_stored(enum err err)
{
    switch (err) {
    case E_OK:
        return PE_STATUS_OK;
    case E_MEMORY:
    case E_LIMIT:
        return PE_STATUS_NO_MEMORY;
    case E_EXISTS:
        return PE_STATUS_FILE_EXISTS;
    case E_STORAGE:
        return PE_STATUS_MEMORY_FAILURE;
    default:
        return PE_STATUS_PARAMETER;
    }
}

static void report(struct install *in, enum pe_status status, int32_t id)
{
    if (in->report_count < INSTALL_REPORTS)
        in->reports[in->report_count++] = (struct install_report){ (uint16_t)status, id };
}

static void fail(struct install *in, enum pe_status status, int32_t id, int reason)
{
    in->report_count = 0; /* what led to the end of the installation is what counts */
    report(in, status, id);
    in->failed = true;
    in->reason = reason;
}

static int reason_of(enum pe_status status)
{
    return status == PE_STATUS_NO_MEMORY ? INSTALL_NO_MEMORY : INSTALL_PE_ERROR;
}

void install_lost(struct card *card)
{
    if (card->install && !card->install->failed)
        fail(card->install, PE_STATUS_MEMORY_FAILURE, -1, INSTALL_PE_ERROR);
}

/* EUICCResponse, SAIP 8.11; one for the package. */
static slice response(struct card *card, const struct install *in)
{
    struct der_writer w = der_writer(card->sima, sizeof card->sima);
    struct install_report ok = { PE_STATUS_OK, -1 };
    unsigned count = in->report_count ? in->report_count : 1;
    const struct install_report *reports = in->report_count ? in->reports : &ok;
    slice out;

    if (in->failed)
        der_put_tlv(&w, 0x81, SLICE_EMPTY);
    size_t list = der_mark(&w);
    for (unsigned i = count; i-- > 0;) {
        size_t mark = der_mark(&w);

        if (reports[i].id >= 0)
            der_put_int(&w, 0x81, reports[i].id);
        der_put_int(&w, 0x80, reports[i].status);
        der_wrap(&w, 0x30, mark);
    }
    der_wrap(&w, 0xA0, list);
    der_wrap(&w, 0x30, 0);
    return der_written(&w, &out) ? SLICE_NONE : out;
}

/* ---- header and end ---- */

static bool same_iccid(slice digits, const uint8_t iccid[PROFILE_ICCID])
{
    for (unsigned i = 0; i < PROFILE_ICCID; i++)
        if ((uint8_t)(digits.p[i] << 4 | digits.p[i] >> 4) != iccid[i])
            return false;
    return true;
}

static enum pe_status check_header(struct install *in, const struct package_element *e)
{
    struct saip_header header;
    slice oid, rest;

    if (schema_decode(&T_saip_header, e->whole, &header, NULL))
        return PE_STATUS_FORMAT;
    if (header.major_version < 1 || header.major_version > 3)
        return PE_STATUS_VERSION;
    if (saip_required_capabilities(&header.services) & ~CARD_CAPABILITIES)
        return PE_STATUS_FEATURE;
    rest = header.gfste_list;
    while (schema_next(&T_saip_oid, &rest, &oid))
        if (!saip_template_by_oid(oid))
            return PE_STATUS_TEMPLATE;
    if (header.mandatory_aids.n)
        return PE_STATUS_LIBRARY;
    if (!same_iccid(header.iccid, in->iccid)) {
        fail(in, PE_STATUS_BAD_VALUES, -1, INSTALL_ICCID_MISMATCH);
        return PE_STATUS_BAD_VALUES;
    }
    if (header.connectivity_parameters.n)
        return install_stored(
            profile_set_connectivity(in->card, in->tree.root, header.connectivity_parameters));
    return PE_STATUS_OK;
}

static enum pe_status install_header(struct install *in, const struct package_element *e)
{
    if (in->header_seen)
        return PE_STATUS_FORMAT;
    in->header_seen = true;
    return check_header(in, e);
}

static enum pe_status install_end(struct install *in, const struct package_element *e)
{
    enum pe_status status = install_resolve_links(in);

    (void)e;
    in->end_seen = true;
    return status == PE_STATUS_OK ? install_services(in) : status;
}

/* Content of an issuer that this card does not know. */
static enum pe_status install_unknown(struct install *in, const struct package_element *e)
{
    (void)in;
    (void)e;
    return PE_STATUS_NOT_SUPPORTED;
}

/* ---- elements ---- */

static const struct {
    uint32_t tag;
    install_element *run;
} elements[] = {
    { PE_HEADER, install_header },
    { PE_GFM, install_gfm },
    { PE_PIN_CODES, install_pin_codes },
    { PE_PUK_CODES, install_puk_codes },
    { PE_AKA_PARAMETER, install_aka },
    { PE_CDMA_PARAMETER, install_cdma },
    { PE_SECURITY_DOMAIN, install_security_domain },
    { PE_RFM, install_rfm },
    { PE_APPLICATION, install_application },
    { PE_END, install_end },
};

static install_element *handler(const struct package_element *e)
{
    for (size_t i = 0; i < COUNT(elements); i++)
        if (elements[i].tag == e->tag)
            return elements[i].run;
    return e->file_system ? install_file_element : install_unknown;
}

/* A failed element that was not mandated is undone by itself: SAIP 8.11. */
static void run_element(struct install *in, const struct package_element *e)
{
    bool mandated = e->mandated || e->tag == PE_HEADER || e->tag == PE_END;
    enum pe_status status = PE_STATUS_OK;

    if (!mandated && objects_commit(&in->card->objects))
        status = PE_STATUS_MEMORY_FAILURE;
    if (status == PE_STATUS_OK)
        status = handler(e)(in, e);
    if (status == PE_STATUS_OK || in->failed)
        return;
    bool fatal = mandated || in->reason || status == PE_STATUS_NO_MEMORY ||
                 status == PE_STATUS_MEMORY_FAILURE || status == PE_STATUS_FORMAT;
    if (fatal) {
        fail(in, status, e->id, in->reason ? in->reason : reason_of(status));
        return;
    }
    objects_abort(&in->card->objects);
    report(in, status, e->id);
}

static void take_element(struct install *in, slice whole)
{
    struct package_element e;

    if (package_element(whole, &e) || in->end_seen || (e.tag != PE_HEADER) != in->header_seen ||
        (e.tag != PE_HEADER && !e.has_header)) {
        fail(in, PE_STATUS_FORMAT, -1, INSTALL_PE_ERROR);
        return;
    }
    run_element(in, &e);
}

/* ---- stream ---- */

static void drop_element(struct install *in)
{
    objects_repay(&in->card->objects, in->element);
    in->element = NULL;
    in->head_n = 0;
}

/* Head octets until they say how long the element is. Returns how many of `octets` were taken. */
static size_t take_head(struct install *in, slice octets)
{
    uint32_t tag;
    size_t head, content, taken = 0;
    enum err err = E_AGAIN;

    while (err == E_AGAIN && taken < octets.n && in->head_n < INSTALL_HEAD) {
        in->head[in->head_n++] = octets.p[taken++];
        err = der_head(slice_of(in->head, in->head_n), &tag, &head, &content);
    }
    if (err == E_AGAIN && in->head_n < INSTALL_HEAD)
        return taken;
    if (err || content > INT32_MAX) {
        fail(in, PE_STATUS_FORMAT, -1, INSTALL_PE_ERROR);
        return taken;
    }
    in->element_size = head + content;
    in->element_n = in->head_n;
    in->element = objects_lend(&in->card->objects, in->element_size);
    if (!in->element)
        fail(in, PE_STATUS_NO_MEMORY, -1, INSTALL_NO_MEMORY);
    else
        memcpy(in->element, in->head, in->head_n);
    return taken;
}

static size_t take_body(struct install *in, slice octets)
{
    size_t n = in->element_size - in->element_n;

    n = n < octets.n ? n : octets.n;
    memcpy(in->element + in->element_n, octets.p, n);
    in->element_n += n;
    return n;
}

/* An element that arrived in one piece needs no copy. */
static bool whole_element(struct install *in, slice octets, slice *whole)
{
    uint32_t tag;
    size_t head, content;

    if (in->head_n || in->element || der_head(octets, &tag, &head, &content) ||
        content > octets.n - head)
        return false;
    *whole = slice_head(octets, head + content);
    return true;
}

static slice feed_some(struct install *in, slice octets)
{
    slice whole;

    if (whole_element(in, octets, &whole)) {
        take_element(in, whole);
        return slice_skip(octets, whole.n);
    }
    if (!in->element)
        octets = slice_skip(octets, take_head(in, octets));
    if (!in->element)
        return octets;
    octets = slice_skip(octets, take_body(in, octets));
    if (in->element_n == in->element_size) {
        take_element(in, slice_of(in->element, in->element_size));
        drop_element(in);
    }
    return octets;
}

/* ---- the functions of profiles.h ---- */

static void release(struct card *card)
{
    struct install *in = card->install;

    if (in->element)
        drop_element(in);
    card->install = NULL;
    objects_repay(&card->objects, in);
}

void profile_install_abort(struct card *card)
{
    if (!card->install)
        return;
    uint32_t root = card->install->tree.root;
    release(card);
    if (profile_remove(card, root)) /* what cannot be removed now is swept away at the next boot */
        objects_abort(&card->objects);
}

static bool iccid_known(struct card *card, slice iccid)
{
    struct card_profile profile;

    return profile_by_iccid(card, iccid, &profile) == E_OK;
}

enum err profile_install_begin(struct card *card, const struct profile_install *what)
{
    enum err err;

    profile_install_abort(card);
    if (what->iccid.n != PROFILE_ICCID || what->isdp_aid.n != CARD_AID_MAX)
        return E_ARGUMENT;
    if (iccid_known(card, what->iccid))
        return E_EXISTS;
    uint32_t root = profile_free_root(card);
    if (root == 0)
        return E_MEMORY;
    struct install *in = objects_lend(&card->objects, sizeof *in);
    if (!in)
        return E_MEMORY;
    *in = (struct install){ .card = card,
                            .tree = { &card->objects, root, &in->fids },
                            .test_profile = what->test_profile,
                            .last_adf = -1,
                            .last_aka_adf = -1,
                            .last_naa = { -1, -1, -1, -1 } };
    memcpy(in->iccid, what->iccid.p, PROFILE_ICCID);
    card->install = in;
    card->sima_n = 0;
    err = profile_record_put(card, root, what, false);
    if (!err && what->metadata.p)
        err = profile_set_metadata(card, root, what->metadata);
    if (err)
        profile_install_abort(card);
    return err;
}

enum err profile_install_feed(struct card *card, slice octets)
{
    struct install *in = card->install;

    if (!in)
        return E_STATE;
    while (octets.n > 0 && !in->failed)
        octets = feed_some(in, octets);
    return in->failed ? E_REFUSED : E_OK;
}

enum err profile_install_finish(struct card *card, struct profile_outcome *out)
{
    struct install *in = card->install;
    struct node mf;

    if (!in)
        return E_STATE;
    if (!in->failed && (!in->end_seen || in->head_n))
        fail(in, PE_STATUS_FORMAT, -1, INSTALL_PE_ERROR);
    if (!in->failed && !tree_node(&in->tree, TREE_MF, &mf)) /* no profile is without one */
        fail(in, PE_STATUS_FORMAT, -1, INSTALL_PE_ERROR);
    if (!in->failed && profile_record_set_live(card, in->tree.root))
        fail(in, PE_STATUS_MEMORY_FAILURE, -1, INSTALL_PE_ERROR);
    *out = (struct profile_outcome){ .reason = in->failed ? in->reason : INSTALL_OK,
                                     .root = in->tree.root,
                                     .sima_response = response(card, in) };
    if (in->failed)
        profile_install_abort(card);
    else
        release(card);
    return E_OK;
}
