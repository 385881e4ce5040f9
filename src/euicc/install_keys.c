/* PINs and PUKs (SAIP 8.5), AKA parameters (SAIP 8.6), CDMA parameters (SAIP 8.7). */
#include "base/secret.h"
#include "crypto/aka.h"
#include "euicc/aka_object.h"
#include "euicc/install.h"
#include "euicc/pin.h"

/* ---- PIN, PUK ---- */

/* maxNumOfAttemps-retryNumLeft: high nibble the maximum, low nibble what is left. */
static bool tries(int64_t octet, uint8_t *max, uint8_t *left)
{
    *max = (uint8_t)(octet >> 4);
    *left = octet & 15;
    return *max >= 1 && *left <= *max;
}

static enum pe_status put_pin(struct install *in, const struct saip_pin_configuration *c)
{
    struct pin pin = { .attributes = (uint8_t)c->attributes };
    uint8_t reference = (uint8_t)c->key_reference;
    uint32_t root = in->tree.root;
    enum err err;

    if (!pin_reference_valid(reference) || c->attributes > 7 ||
        !tries(c->tries, &pin.max, &pin.left))
        return PE_STATUS_BAD_VALUES;
    /* SAIP 8.5: the MF has global references, other directories have local ones */
    if (pin_reference_local(reference) != (in->current_dir != TREE_MF))
        return PE_STATUS_BAD_VALUES;
    if (c->has_unblocking) {
        pin.puk = (uint8_t)c->unblocking;
        if (!objects_get(in->tree.objects, puk_object(root, pin.puk)).p)
            return PE_STATUS_PIN_MISSING;
    }
    memcpy(pin.value, c->pin_value.p, PIN_VALUE);
    err = objects_put(in->tree.objects, pin_object(root, in->current_dir, reference),
                      slice_of(&pin, sizeof pin));
    wipe(&pin, sizeof pin);
    return install_stored(err);
}

static enum pe_status share_pins(struct install *in, slice path)
{
    struct node node;
    uint8_t dir;

    if (!install_path(in, path, &node) || !node_is_dir(&node) ||
        dir_of_node(node.n) == in->current_dir)
        return PE_STATUS_PARAMETER;
    dir = dir_of_node(node.n);
    return install_stored(objects_put(
        in->tree.objects, pin_share_object(in->tree.root, in->current_dir), slice_of(&dir, 1)));
}

enum pe_status install_pin_codes(struct install *in, const struct package_element *e)
{
    struct saip_pin_codes codes;
    struct saip_pin_configuration c;
    enum pe_status status = PE_STATUS_OK;

    if (schema_decode(&T_saip_pin_codes, e->whole, &codes, NULL))
        return PE_STATUS_FORMAT;
    if (codes.pin_codes.which == saip_pin_codes_choice_is_file_path)
        return share_pins(in, codes.pin_codes.file_path);
    slice list = codes.pin_codes.pinconfig;
    while (status == PE_STATUS_OK && schema_next(&T_saip_pin_configuration, &list, &c))
        status = put_pin(in, &c);
    return status;
}

static enum pe_status put_puk(struct install *in, const struct saip_puk_configuration *c)
{
    struct pin puk = { 0 };
    enum err err;

    if (!tries(c->tries, &puk.max, &puk.left))
        return PE_STATUS_BAD_VALUES;
    memcpy(puk.value, c->puk_value.p, PIN_VALUE);
    err = objects_put(in->tree.objects, puk_object(in->tree.root, (uint8_t)c->key_reference),
                      slice_of(&puk, sizeof puk));
    wipe(&puk, sizeof puk);
    return install_stored(err);
}

enum pe_status install_puk_codes(struct install *in, const struct package_element *e)
{
    struct saip_puk_codes codes;
    struct saip_puk_configuration c;
    enum pe_status status = PE_STATUS_OK;

    if (schema_decode(&T_saip_puk_codes, e->whole, &codes, NULL))
        return PE_STATUS_FORMAT;
    while (status == PE_STATUS_OK && schema_next(&T_saip_puk_configuration, &codes.puk_codes, &c))
        status = put_puk(in, &c);
    return status;
}

/* ---- AKA ---- */

static const uint8_t default_window[AKA_SEQ_OCTETS] = { 0x00, 0x00, 0x10, 0x00, 0x00, 0x00 };

static struct aka_head head_of(const struct saip_aka_parameter *p)
{
    struct aka_head h = { .sqn_options = p->sqn_options.p ? p->sqn_options.p[0] : SQN_NO_WRAP };

    memcpy(h.delta, p->sqn_delta.p ? p->sqn_delta.p : default_window, AKA_SEQ_OCTETS);
    memcpy(h.age, p->sqn_age_limit.p ? p->sqn_age_limit.p : default_window, AKA_SEQ_OCTETS);
    return h;
}

/* The key of a test profile is public: SGP.22 2.4.5.3. All but its last octet are zero. */
static bool test_key(slice key)
{
    uint8_t any = 0;

    for (size_t i = 0; i + 1 < key.n; i++)
        any |= key.p[i];
    return any == 0;
}

static bool usable(const struct saip_algo_parameter *a, struct aka_params *p)
{
    if (a->key.n > sizeof p->key || a->opc.n > sizeof p->opc)
        return false;
    *p = (struct aka_params){ .algorithm = (enum aka_algorithm)a->algorithm_id,
                              .options = a->algorithm_options.p[0],
                              .key_len = (uint8_t)a->key.n,
                              .iterations = (uint8_t)a->number_of_keccak };
    memcpy(p->rotation, a->rotation_constants.p ? a->rotation_constants.p : AKA_DEFAULT_ROTATION,
           5);
    memcpy(p->xoring, a->xoring_constants.p ? a->xoring_constants.p : AKA_DEFAULT_XORING, 80);
    if (p->algorithm == AKA_MILENAGE && a->opc.n != 16)
        return false;
    if (p->algorithm == AKA_TUAK && a->opc.n != 32)
        return false;
    return aka_check(p) == E_OK;
}

static void append(uint8_t *octets, size_t *n, slice s)
{
    if (s.n)
        memcpy(octets + *n, s.p, s.n);
    *n += s.n;
}

static enum pe_status put_limit(struct install *in, struct aka_head *h, slice limit)
{
    if (!limit.p)
        return PE_STATUS_OK;
    h->limited = 1;
    return install_stored(objects_put(
        in->tree.objects, aka_left_object(in->tree.root, (uint8_t)in->last_aka_adf), limit));
}

static enum pe_status put_algorithm(struct install *in, const struct saip_algo_parameter *a,
                                    struct aka_head *h)
{
    uint8_t octets[AKA_OBJECT_MAX];
    struct aka_params params;
    enum pe_status status;
    size_t n = 0;

    if (a->algorithm_id < AKA_MILENAGE || a->algorithm_id > AKA_XOR)
        return PE_STATUS_FEATURE;
    bool ok = usable(a, &params);
    wipe(&params, sizeof params);
    if (!ok)
        return PE_STATUS_BAD_VALUES;
    if (in->test_profile && a->algorithm_id != AKA_XOR && !test_key(a->key)) {
        in->reason = INSTALL_TEST_KEY;
        return PE_STATUS_BAD_VALUES;
    }
    h->algorithm = (uint8_t)a->algorithm_id;
    h->options = a->algorithm_options.p[0];
    h->key_octets = (uint8_t)a->key.n;
    h->opc_octets = (uint8_t)a->opc.n;
    h->constants = a->rotation_constants.p || a->xoring_constants.p;
    h->iterations = (uint8_t)a->number_of_keccak;
    status = put_limit(in, h, a->auth_counter_max);
    if (status != PE_STATUS_OK)
        return status;
    append(octets, &n, slice_of(h, sizeof *h));
    append(octets, &n, a->key);
    append(octets, &n, a->opc);
    if (h->constants) {
        append(octets, &n,
               a->rotation_constants.p ? a->rotation_constants : slice_of(AKA_DEFAULT_ROTATION, 5));
        append(octets, &n,
               a->xoring_constants.p ? a->xoring_constants : slice_of(AKA_DEFAULT_XORING, 80));
    }
    status = install_stored(objects_put(in->tree.objects,
                                        aka_object(in->tree.root, (uint8_t)in->last_aka_adf),
                                        slice_of(octets, n)));
    wipe(octets, sizeof octets);
    return status;
}

static enum pe_status put_mapping(struct install *in, const struct saip_mapping_parameter *m,
                                  struct aka_head *h)
{
    uint32_t root = in->tree.root;
    struct node adf;

    if (!tree_by_aid(&in->tree, m->source, 0, &adf) || adf.aid.n != m->source.n ||
        dir_of_node(adf.n) == in->last_aka_adf)
        return PE_STATUS_PARAMETER;
    h->source = dir_of_node(adf.n);
    h->mapping = m->options.p[0];
    slice source = objects_get(in->tree.objects, aka_object(root, h->source));
    if (source.n < sizeof *h || source.p[0] == 0) /* nothing there, or a mapping itself */
        return PE_STATUS_PARAMETER;
    return install_stored(objects_put(in->tree.objects, aka_object(root, (uint8_t)in->last_aka_adf),
                                      slice_of(h, sizeof *h)));
}

static enum pe_status put_sequence(struct install *in, const struct saip_aka_parameter *p,
                                   const struct aka_head *h)
{
    uint8_t octets[AKA_SEQ_COUNT * AKA_SEQ_OCTETS] = { 0 };
    slice list = p->sqn_init, one;
    size_t n = 0;

    if (h->algorithm == 0 && (h->mapping & MAP_SHARE_SEQ))
        return PE_STATUS_OK;
    while (n < sizeof octets && schema_next(&T_saip_sqn, &list, &one)) {
        if (one.p[0] & 0xF8) /* 43 bits */
            return PE_STATUS_BAD_VALUES;
        append(octets, &n, one);
    }
    if (h->algorithm == 0 && (h->mapping & MAP_COPY_SEQ)) {
        slice source = objects_get(in->tree.objects, aka_seq_object(in->tree.root, h->source));

        if (source.n == sizeof octets)
            memcpy(octets, source.p, sizeof octets);
    }
    return install_stored(objects_put(in->tree.objects,
                                      aka_seq_object(in->tree.root, (uint8_t)in->last_aka_adf),
                                      SLICE_OF(octets)));
}

enum pe_status install_aka(struct install *in, const struct package_element *e)
{
    struct saip_aka_parameter p;
    struct aka_head head;
    enum pe_status status;

    if (schema_decode(&T_saip_aka_parameter, e->whole, &p, NULL))
        return PE_STATUS_FORMAT;
    if (in->last_aka_adf < 0)
        return PE_STATUS_PARAMETER;
    head = head_of(&p);
    if (p.configuration.which == saip_algo_configuration_is_mapping)
        status = put_mapping(in, &p.configuration.mapping, &head);
    else if (p.configuration.which == saip_algo_configuration_is_algo)
        status = put_algorithm(in, &p.configuration.algo, &head);
    else
        status = PE_STATUS_FEATURE;
    return status == PE_STATUS_OK ? put_sequence(in, &p, &head) : status;
}

/* ---- CDMA: kept as it came, for CAVE and HRPD authentication ---- */

enum pe_status install_cdma(struct install *in, const struct package_element *e)
{
    struct saip_cdma_parameter p;

    if (schema_decode(&T_saip_cdma_parameter, e->whole, &p, NULL))
        return PE_STATUS_FORMAT;
    if (in->last_naa[NAA_CSIM] < 0)
        return PE_STATUS_PARAMETER;
    return install_stored(objects_put(
        in->tree.objects,
        profile_object(in->tree.root, PROFILE_MISC, (uint32_t)in->last_naa[NAA_CSIM]), e->value));
}
