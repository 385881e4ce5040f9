/*
 * IPA eUICC Data (SGP.32 2.11.1.2, 5.3): the members that the eIM asks for, in the order of
 * IpaEuiccData, each fetched from the eUICC when its turn comes.
 */
#include "ipa/ipa_impl.h"

#include "rsp/sgp32.h"

enum source { NOTIFICATIONS, DEFAULT_DP, RESULTS, INFO1, INFO2, ROOT_DS, TOKEN, CERTS, OWN };

static const struct item {
    uint32_t tag; /* as in tagList */
    enum source source;
} items[] = {
    { 0xA0, NOTIFICATIONS }, { 0x81, DEFAULT_DP }, { 0xA2, RESULTS }, { 0xBF20, INFO1 },
    { 0xBF22, INFO2 },       { 0x83, ROOT_DS },    { 0x84, TOKEN },   { 0xA5, CERTS },
    { 0xA6, CERTS },         { 0xA8, OWN },        { 0xA9, OWN },
};
#define FIRST_BEHIND_TX 9 /* eimTransactionId 87 stands in front of this one */

/* ---- the request -------------------------------------------------------------------------------
 */

static size_t tag_length(slice s)
{
    size_t n = 1;

    if ((s.p[0] & 0x1F) == 0x1F)
        while (n < s.n && s.p[n++] & 0x80)
            ;
    return n;
}

/* False when the list names something that is not a member of IpaEuiccData. */
static bool read_tags(slice list, uint16_t *wanted)
{
    *wanted = 0;
    while (list.n) {
        size_t n = tag_length(list), i;
        uint32_t tag = 0;

        for (i = 0; i < n && i < 3; i++)
            tag = tag << 8 | list.p[i];
        for (i = 0; i < COUNT(items) && items[i].tag != tag; i++)
            ;
        if (i == COUNT(items))
            return false;
        *wanted |= (uint16_t)(1u << i);
        list = slice_skip(list, n);
    }
    return true;
}

static void keep_criterion(struct data_request *d, const struct search_notification *s)
{
    if (s->which == search_notification_is_seq_number) {
        uint8_t buf[12];
        struct der_writer w = der_writer(buf, sizeof buf);
        slice out;
        struct tlv e;

        der_put_int(&w, 0x80, s->seq_number);
        if (der_written(&w, &out) || der_one(out, &e))
            return;
        d->criterion = 0x80;
        d->criterion_n = (uint8_t)e.value.n;
        memcpy(d->criterion_value, e.value.p, e.value.n);
    } else if (s->which == search_notification_is_profile_management_operation &&
               s->profile_management_operation.n <= sizeof d->criterion_value) {
        d->criterion = 0x81;
        d->criterion_n = (uint8_t)s->profile_management_operation.n;
        memcpy(d->criterion_value, s->profile_management_operation.p, d->criterion_n);
    }
}

enum phase data_begin(struct ipa *ipa, const struct ipa_euicc_data_request *r)
{
    struct data_request *d = &ipa->data;

    *d = (struct data_request){ .error = 0 };
    d->tx_n = (uint8_t)r->eim_transaction_id.n;
    if (d->tx_n)
        memcpy(d->tx, r->eim_transaction_id.p, d->tx_n);
    if (!read_tags(r->tag_list, &d->wanted))
        d->error = IPA_DATA_BAD_TAG_LIST;
    else if (ipa->emergency)
        d->error = IPA_DATA_ECALL_ACTIVE;
    else if (r->euicc_ci_pk_identifier_to_be_used.n > CI_PK_ID_MAX)
        d->error = IPA_DATA_CI_NOT_FOUND;
    if (!d->error && r->euicc_ci_pk_identifier_to_be_used.n) {
        d->ci_pk_id_n = (uint8_t)r->euicc_ci_pk_identifier_to_be_used.n;
        memcpy(d->ci_pk_id, r->euicc_ci_pk_identifier_to_be_used.p, d->ci_pk_id_n);
    }
    keep_criterion(d, &r->search_criteria_notification);
    report_begin(ipa);
    return PH_DATA;
}

/* ---- the members -------------------------------------------------------------------------------
 */

static void add_element(struct ipa *ipa, uint32_t tag, slice content)
{
    uint8_t head[DER_HEAD_MAX];
    size_t before = ipa->report_n, n = der_put_head(tag, content.n, head);

    if (report_add(ipa, slice_of(head, n)) && report_add(ipa, content))
        return;
    ipa->report_n = before;
    ipa->data.error = IPA_DATA_UNDEFINED_ERROR;
}

/* Their numbers, so that the eIM may acknowledge what it has got here. */
static void add_pending(struct ipa *ipa, uint32_t tag, slice list)
{
    struct notification_metadata m;

    add_element(ipa, tag, list);
    for (struct der_reader r = der_reader(list); !ipa->data.error && der_more(&r);) {
        struct tlv e = der_take(&r);

        if (tag == 0xA2)
            report_result_number(ipa, e.whole);
        else if (notification_read(e.whole, &m))
            report_number(ipa, m.seq_number);
    }
}

static void add_token(struct ipa *ipa)
{
    const struct eim *eim = &ipa->eims[ipa->eim];
    uint8_t buf[12];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice s;

    der_put_int(&w, 0x84, eim->token);
    if (eim->has_token && !der_written(&w, &s) && !report_add(ipa, s))
        ipa->data.error = IPA_DATA_UNDEFINED_ERROR;
}

/* A8 { 80 ipaFeatures, 81 ipaSupportedProtocols: ipaRetrieveHttps } */
static void add_capabilities(struct ipa *ipa)
{
    uint8_t features[DER_BITS_MAX], protocols[DER_BITS_MAX], buf[32];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice s;

    der_put_tlv(&w, 0x81, der_bits_make(1, protocols));
    der_put_tlv(&w, 0x80, der_bits_make(ipa->o.features, features));
    der_wrap(&w, 0xA8, 0);
    if (der_written(&w, &s) || !report_add(ipa, s))
        ipa->data.error = IPA_DATA_UNDEFINED_ERROR;
}

static void add_own(struct ipa *ipa, uint32_t tag)
{
    struct tlv e;

    if (tag == 0xA8)
        add_capabilities(ipa);
    else if (!der_one(slice_of(ipa->o.device_info.p, ipa->o.device_info.n), &e))
        add_element(ipa, 0xA9, e.value);
}

static enum err ask_notifications(struct ipa *ipa)
{
    const struct data_request *d = &ipa->data;

    es10_begin(&ipa->es);
    if (!d->criterion)
        return ask_simple(ipa, SLICE_LIT("\xBF\x2B\x00"));
    es10_add_head(&ipa->es, 0xBF2B, 4u + d->criterion_n);
    es10_add_head(&ipa->es, 0xA0, 2u + d->criterion_n);
    es10_add_head(&ipa->es, d->criterion, d->criterion_n);
    es10_add_copy(&ipa->es, slice_of(d->criterion_value, d->criterion_n));
    return ask_card(ipa);
}

static enum err ask_certs(struct ipa *ipa)
{
    const struct data_request *d = &ipa->data;

    if (!d->ci_pk_id_n)
        return ask_simple(ipa, SLICE_LIT("\xBF\x56\x00"));
    es10_begin(&ipa->es);
    es10_add_head(&ipa->es, 0xBF56, 2u + d->ci_pk_id_n);
    es10_add_head(&ipa->es, 0x80, d->ci_pk_id_n);
    es10_add_copy(&ipa->es, slice_of(d->ci_pk_id, d->ci_pk_id_n));
    return ask_card(ipa);
}

static enum err ask_item(struct ipa *ipa, enum source source)
{
    switch (source) {
    case NOTIFICATIONS:
        return ask_notifications(ipa);
    case RESULTS:
        return ask_simple(ipa, SLICE_LIT("\xBF\x2B\x04\xA0\x02\x82\x00"));
    case INFO1:
        return ask_simple(ipa, SLICE_LIT("\xBF\x20\x00"));
    case INFO2:
        return ask_simple(ipa, SLICE_LIT("\xBF\x22\x00"));
    case DEFAULT_DP:
    case ROOT_DS:
        return ask_simple(ipa, SLICE_LIT("\xBF\x3C\x00"));
    case CERTS:
        return ask_certs(ipa);
    default:
        return E_OK;
    }
}

/* Goes through the members until one has to be asked of the eUICC. */
enum err enter_data(struct ipa *ipa)
{
    struct data_request *d = &ipa->data;

    for (; !d->error && d->item < COUNT(items); d->item++) {
        const struct item *i = &items[d->item];

        if (d->item == FIRST_BEHIND_TX && d->tx_n)
            add_element(ipa, 0x87, slice_of(d->tx, d->tx_n));
        if (!(d->wanted >> d->item & 1))
            continue;
        if (i->source == TOKEN)
            add_token(ipa);
        else if (i->source == OWN)
            add_own(ipa, i->tag);
        else
            return ask_item(ipa, i->source);
    }
    return E_OK;
}

static void take_address(struct ipa *ipa, slice answer, const struct item *i)
{
    struct euicc_configured_addresses_response r;
    slice s;

    if (schema_decode(&T_euicc_configured_addresses_response, answer, &r, NULL))
        return;
    s = i->source == DEFAULT_DP ? r.default_dp_address : r.root_ds_address;
    if (s.n)
        add_element(ipa, i->tag, s);
}

static void take_certificate(struct ipa *ipa, slice answer, const struct item *i)
{
    struct get_certs_response r;

    if (schema_decode(&T_get_certs_response, answer, &r, NULL))
        return;
    if (r.which == get_certs_response_is_get_certs_error) {
        ipa->data.error = r.get_certs_error == GET_CERTS_INVALID_CI ? IPA_DATA_CI_NOT_FOUND
                                                                    : IPA_DATA_UNDEFINED_ERROR;
        return;
    }
    for (struct der_reader in = der_reader(whole_elements(answer, 0xBF56, 0xA0)); der_more(&in);) {
        struct tlv e = der_take(&in);

        if (e.tag == i->tag)
            add_element(ipa, i->tag, e.value);
    }
}

/* Values that are not to be had are left out (SGP.32 5.3). */
static void take_item(struct ipa *ipa, slice answer, const struct item *i)
{
    switch (i->source) {
    case NOTIFICATIONS:
        add_pending(ipa, 0xA0, whole_elements(answer, 0xBF2B, 0xA0));
        break;
    case RESULTS:
        add_pending(ipa, 0xA2, whole_elements(answer, 0xBF2B, 0xA2));
        break;
    case DEFAULT_DP:
    case ROOT_DS:
        take_address(ipa, answer, i);
        break;
    case CERTS:
        take_certificate(ipa, answer, i);
        break;
    default:
        if (!schema_check(i->source == INFO1 ? &T_euicc_info1 : &T_euicc_info2, answer, NULL) &&
            !report_add(ipa, answer))
            ipa->data.error = IPA_DATA_UNDEFINED_ERROR;
        break;
    }
}

static void close_data(struct ipa *ipa)
{
    const struct data_request *d = &ipa->data;
    uint8_t buf[40];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice s;

    note(ipa, IPA_NOTE_DATA, d->error);
    if (!d->error) {
        report_wrap(ipa, 0xA0);
        report_wrap(ipa, 0xBF52);
        return;
    }
    der_put_int(&w, 0x02, d->error);
    if (d->tx_n)
        der_put_tlv(&w, 0x80, slice_of(d->tx, d->tx_n));
    der_wrap(&w, 0xA1, 0);
    der_wrap(&w, 0xBF52, 0);
    report_begin(ipa);
    if (!der_written(&w, &s))
        report_add(ipa, s);
}

enum phase done_data(struct ipa *ipa, const struct outcome *o)
{
    struct data_request *d = &ipa->data;

    if (!d->error && d->item < COUNT(items)) {
        if (!o->err)
            take_item(ipa, o->data, &items[d->item]);
        d->item++;
        return PH_DATA;
    }
    close_data(ipa);
    ipa->attempts = 0;
    ipa->rollback_permitted = false;
    ipa->after_report = PH_POLL;
    return PH_PROVIDE;
}
