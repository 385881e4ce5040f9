/*
 * Associated eIMs (SGP.32 2.11.1.1.1, 3.5, 5.9.4, 5.9.18): one object each, which holds the members
 * of EimConfigurationData as they came, without counterValue and associationToken. These two, and
 * the key that the members give, stand in front of them in struct eim_head.
 */
#include "euicc/isdr/isdr_impl.h"

#include "pki/cert.h"
#include "rsp/sgp32.h"

#define EIM_SLOTS     16u
#define TOKEN_REQUEST (-1) /* the only value that a request may carry */
#define SPKI_MAX      160

enum { TAG_EIM_ID = 0x80, TAG_COUNTER = 0x83, TAG_TOKEN = 0x84, TAG_TLS = 0xA6 };

static slice eim_members(slice object)
{
    return slice_skip(object, sizeof(struct eim_head));
}

static slice member(slice members, uint32_t tag)
{
    struct der_reader r = der_reader(members);

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (t.tag == tag)
            return t.whole;
    }
    return SLICE_NONE;
}

static slice member_value(slice members, uint32_t tag)
{
    struct tlv t;
    slice whole = member(members, tag);

    return whole.p && !der_one(whole, &t) ? t.value : SLICE_NONE;
}

static bool eim_next(struct isdr *i, uint32_t *id, struct eim *out, slice *members)
{
    slice object;

    if (!objects_next(isdr_objects(i), id, OBJ_EIM + EIM_SLOTS - 1, &object))
        return false;
    out->object = (*id)++;
    memcpy(&out->head, object.p, sizeof out->head);
    *members = eim_members(object);
    return true;
}

bool eim_find(struct isdr *i, slice eim_id, struct eim *out)
{
    uint32_t id = OBJ_EIM;
    slice members;

    while (eim_next(i, &id, out, &members))
        if (slice_eq(member_value(members, TAG_EIM_ID), eim_id))
            return true;
    out->object = 0;
    return false;
}

slice eim_tls(struct isdr *i, slice eim_id)
{
    uint32_t id = OBJ_EIM;
    struct eim eim;
    slice members;

    while (eim_next(i, &id, &eim, &members))
        if (slice_eq(member_value(members, TAG_EIM_ID), eim_id))
            return member_value(members, TAG_TLS);
    return SLICE_NONE;
}

unsigned eim_count(struct isdr *i)
{
    uint32_t id = OBJ_EIM;
    struct eim eim;
    slice members;
    unsigned n = 0;

    while (eim_next(i, &id, &eim, &members))
        n++;
    return n;
}

enum err eim_put_counter(struct isdr *i, const struct eim *eim, int64_t counter)
{
    return objects_write(isdr_objects(i), eim->object, offsetof(struct eim_head, counter),
                         slice_of(&counter, sizeof counter));
}

slice token_do(int64_t token, uint8_t buf[TOKEN_DO_MAX])
{
    struct der_writer w = der_writer(buf, TOKEN_DO_MAX);
    slice out;

    der_put_int(&w, TAG_TOKEN, token);
    return der_written(&w, &out) ? SLICE_EMPTY : out;
}

/* ---- the eIM's key ---- */

static enum err key_of_spki(slice element, struct eim_head *head)
{
    uint8_t buf[SPKI_MAX];
    struct der_writer w = der_writer(buf, sizeof buf);
    enum curve curve = CURVE_NONE;
    slice spki;
    enum err err;

    der_put_rehead(&w, 0x30, element);
    err = der_written(&w, &spki);
    if (!err)
        err = spki_parse(spki, &curve, &head->key);
    head->curve = (uint8_t)curve;
    return err;
}

static enum err key_of_certificate(struct isdr *i, slice element, struct eim_head *head)
{
    size_t size = element.n + DER_HEAD_MAX;
    uint8_t *scratch = objects_lend(isdr_objects(i), size);
    struct der_writer w = der_writer(scratch, size);
    struct cert cert;
    slice der;
    enum err err;

    if (!scratch)
        return E_MEMORY;
    der_put_rehead(&w, 0x30, element);
    err = der_written(&w, &der);
    if (!err)
        err = cert_parse(der, &cert);
    if (!err) {
        head->curve = (uint8_t)cert.curve;
        head->key = cert.point;
    }
    objects_repay(isdr_objects(i), scratch);
    return err;
}

static enum err read_key(struct isdr *i, const struct eim_public_key_data *data,
                         struct eim_head *head)
{
    enum err err = E_MISSING;

    if (data->which == eim_public_key_data_is_eim_public_key)
        err = key_of_spki(data->eim_public_key, head);
    else if (data->which == eim_public_key_data_is_eim_certificate)
        err = key_of_certificate(i, data->eim_certificate, head);
    if (!err && head->curve != CURVE_P256 && head->curve != CURVE_BP256R1)
        err = E_UNSUPPORTED;
    return err ? err : crypto_point_check(isdr_crypto(i), (enum curve)head->curve, &head->key);
}

/* ---- writing ---- */

/* Members in the order of the type, without those that the head keeps. */
static const uint32_t kept[] = { 0x80, 0x81, 0x82, 0xA5, 0xA6, 0x87, 0x88, 0x89, 0xAA };

/* The head and the members of `fresh`; those that it lacks come from `old` (absent: none). */
static enum err write_eim(struct isdr *i, uint32_t object, const struct eim_head *head, slice fresh,
                          slice old)
{
    size_t room = sizeof *head + fresh.n + old.n;
    uint8_t *scratch = objects_lend(isdr_objects(i), room);
    struct der_writer w = der_writer(scratch, room);
    slice octets;
    enum err err = scratch ? E_OK : E_MEMORY;

    if (err)
        return err;
    if (old.p)
        old = eim_members(objects_get(isdr_objects(i), object));
    for (size_t n = COUNT(kept); n-- > 0;) {
        slice part = member(fresh, kept[n]);

        der_put(&w, part.p ? part : member(old, kept[n]));
    }
    der_put(&w, slice_of(head, sizeof *head));
    err = der_written(&w, &octets);
    if (!err)
        err = objects_put(isdr_objects(i), object, octets);
    objects_repay(isdr_objects(i), scratch);
    return err;
}

static uint32_t free_slot(struct isdr *i)
{
    for (uint32_t n = 0; n < i->p->eim_max && n < EIM_SLOTS; n++)
        if (!objects_get(isdr_objects(i), OBJ_EIM + n).p)
            return OBJ_EIM + n;
    return 0;
}

static bool counter_in_range(int64_t counter)
{
    return counter >= 0 && counter <= COUNTER_MAX;
}

/* A new value for every association, from one counter of the card (SGP.32 2.11.1.1). */
static enum err generate_token(struct isdr *i, int64_t *token)
{
    struct isdr_store s = isdr_store_get(i);

    *token = ++s.token;
    return store_put(i, &s);
}

int eim_add(struct isdr *i, const struct eim_configuration_data *d, slice members, int64_t *token)
{
    struct eim_head head = { .counter = d->has_counter_value ? d->counter_value : 0 };
    struct eim existing;
    uint32_t slot = free_slot(i);
    int ci =
        d->euicc_ci_pk_id.p ? ci_by_pkid(i->p, d->euicc_ci_pk_id, true) : (int)ci_default(i->p);
    enum err err;

    *token = 0;
    if (eim_find(i, d->eim_id, &existing))
        return ADD_EIM_EXISTS;
    if (!slot)
        return ADD_EIM_NO_MEMORY;
    if (ci < 0)
        return ADD_EIM_CI_UNKNOWN;
    if (d->has_association_token && d->association_token != TOKEN_REQUEST)
        return ADD_EIM_BAD_TOKEN;
    if (!counter_in_range(head.counter))
        return ADD_EIM_COUNTER_RANGE;
    err = read_key(i, &d->eim_public_key_data, &head);
    if (err)
        return err == E_MEMORY ? ADD_EIM_NO_MEMORY : ADD_EIM_COMMAND_ERROR;
    head.ci = (uint8_t)ci;
    err = d->has_association_token ? generate_token(i, &head.token) : E_OK;
    if (!err)
        err = write_eim(i, slot, &head, members, SLICE_NONE);
    if (err)
        return err == E_MEMORY ? ADD_EIM_NO_MEMORY : ADD_EIM_UNDEFINED_ERROR;
    *token = head.token;
    return ADD_EIM_OK;
}

static bool nothing_to_change(slice members)
{
    struct der_reader r = der_reader(members);

    while (der_more(&r))
        if (der_take(&r).tag != TAG_EIM_ID)
            return false;
    return true;
}

int eim_update(struct isdr *i, const struct eim_configuration_data *d, slice members,
               const struct eim *self)
{
    struct eim eim;
    bool fresh_key = d->eim_public_key_data.which != 0;
    int64_t counter;
    enum err err = E_OK;
    int ci;

    if (!eim_find(i, d->eim_id, &eim))
        return UPDATE_EIM_NOT_FOUND;
    counter = self->object == eim.object ? self->head.counter : eim.head.counter;
    if (d->has_association_token || nothing_to_change(members) ||
        (d->has_counter_value && counter_in_range(d->counter_value) && d->counter_value < counter &&
         !fresh_key))
        return UPDATE_EIM_COMMAND_ERROR;
    ci = d->euicc_ci_pk_id.p ? ci_by_pkid(i->p, d->euicc_ci_pk_id, true) : eim.head.ci;
    if (ci < 0)
        return UPDATE_EIM_CI_UNKNOWN;
    if (d->has_counter_value && !counter_in_range(d->counter_value))
        return UPDATE_EIM_COUNTER_RANGE;
    if (fresh_key)
        err = read_key(i, &d->eim_public_key_data, &eim.head);
    if (err)
        return UPDATE_EIM_COMMAND_ERROR;
    eim.head.ci = (uint8_t)ci;
    if (d->has_counter_value)
        eim.head.counter = d->counter_value;
    err = write_eim(i, eim.object, &eim.head, members, objects_get(isdr_objects(i), eim.object));
    return err ? UPDATE_EIM_UNDEFINED_ERROR : UPDATE_EIM_OK;
}

int eim_delete(struct isdr *i, slice eim_id)
{
    struct eim eim;

    if (!eim_find(i, eim_id, &eim))
        return DELETE_EIM_NOT_FOUND;
    if (objects_delete(isdr_objects(i), eim.object))
        return DELETE_EIM_UNDEFINED_ERROR;
    return eim_count(i) ? DELETE_EIM_OK : DELETE_EIM_LAST;
}

enum err eim_delete_all(struct isdr *i)
{
    return objects_delete_range(isdr_objects(i), OBJ_EIM, OBJ_EIM + EIM_SLOTS - 1);
}

/* ---- listing ---- */

static size_t all_eims(struct isdr *i, uint32_t objects[EIM_SLOTS])
{
    uint32_t id = OBJ_EIM;
    struct eim eim;
    slice members;
    size_t n = 0;

    while (eim_next(i, &id, &eim, &members))
        objects[n++] = eim.object;
    return n;
}

static void eim_at(struct isdr *i, uint32_t object, struct eim *eim, slice *members)
{
    uint32_t id = object;

    if (!eim_next(i, &id, eim, members))
        *members = SLICE_NONE;
}

/* The type is told where it is an OID or an FQDN. */
static void put_eim_id_info(const struct isdr *i, slice members, struct der_writer *w)
{
    size_t mark = der_mark(w);
    slice type = member_value(members, 0x82);

    if (type.n == 1 && (type.p[0] == EIM_ID_OID || type.p[0] == EIM_ID_FQDN))
        der_put_tlv(w, is_v10(i) ? 0x84 : 0x82, type);
    der_put(w, member(members, TAG_EIM_ID));
    der_wrap(w, 0x30, mark);
}

void put_eim_list(struct isdr *i, struct der_writer *w)
{
    uint32_t objects[EIM_SLOTS];
    size_t n = all_eims(i, objects), mark = der_mark(w);
    struct eim eim;
    slice members;

    while (n-- > 0) {
        eim_at(i, objects[n], &eim, &members);
        put_eim_id_info(i, members, w);
    }
    der_wrap(w, 0xA0, mark);
    der_wrap(w, 0xAB, mark);
}

/* As stored, with the token in its place; the counter is never told. */
static void put_eim(const struct eim *eim, slice members, struct der_writer *w)
{
    uint8_t token[TOKEN_DO_MAX];
    size_t mark = der_mark(w);

    for (size_t n = COUNT(kept); n-- > 0;) {
        der_put(w, member(members, kept[n]));
        if (kept[n] == 0xA5 && eim->head.token)
            der_put(w, token_do(eim->head.token, token));
    }
    der_wrap(w, 0x30, mark);
}

void es10_eim_configuration(struct isdr *i, slice request, struct reply *out)
{
    struct get_eim_configuration_data_request q;
    uint32_t objects[EIM_SLOTS];
    size_t n, room = 32;
    struct answer a;
    struct eim eim;
    slice members;

    if (schema_decode(&T_get_eim_configuration_data_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    n = all_eims(i, objects);
    for (size_t k = 0; k < n; k++)
        room += objects_get(isdr_objects(i), objects[k]).n + 16;
    if (!answer_begin(&a, i, room, out))
        return;
    while (n-- > 0) {
        eim_at(i, objects[n], &eim, &members);
        if (!q.search_criteria.which ||
            slice_eq(q.search_criteria.eim_id, member_value(members, TAG_EIM_ID)))
            put_eim(&eim, members, &a.w);
    }
    der_wrap(&a.w, 0xA0, 0);
    der_wrap(&a.w, 0xBF55, 0);
    answer_end(&a);
}

/* ---- AddInitialEim ---- */

static int add_initial(struct isdr *i, slice list, int64_t *tokens, size_t *count)
{
    struct der_reader r = der_reader(list);
    struct eim_configuration_data d;
    int code = ADD_EIM_OK;

    for (*count = 0; !code && der_more(&r); (*count)++) {
        struct tlv t = der_take(&r);

        if (*count == i->p->eim_max)
            return ADD_EIM_NO_MEMORY;
        if (r.err || t.tag != 0x30 || schema_decode(&T_eim_configuration_data, t.whole, &d, NULL))
            return ADD_EIM_COMMAND_ERROR;
        code = eim_add(i, &d, t.value, &tokens[*count]);
    }
    return r.err ? ADD_EIM_COMMAND_ERROR : code;
}

static void answer_initial(struct isdr *i, const int64_t *tokens, size_t count, struct reply *out)
{
    struct answer a;

    if (!answer_begin(&a, i, count * TOKEN_DO_MAX + 16, out))
        return;
    while (count-- > 0) {
        if (tokens[count])
            der_put_int(&a.w, TAG_TOKEN, tokens[count]);
        else
            der_put_tlv(&a.w, 0x05, SLICE_EMPTY);
    }
    der_wrap(&a.w, 0xA0, 0);
    der_wrap(&a.w, 0xBF57, 0);
    answer_end(&a);
}

/* All or nothing: a failure takes back what the list added before, tokens included. */
void es10_add_initial_eim(struct isdr *i, slice request, struct reply *out)
{
    static const uint8_t head[] = { 0xBF, 0x57, 0x03, 0x81, 0x01 };
    struct isdr_store before = isdr_store_get(i);
    int64_t tokens[EIM_SLOTS];
    struct tlv whole;
    struct der_reader r;
    slice list;
    size_t count;
    int code = ADD_EIM_EXISTS;

    if (der_one(request, &whole)) {
        reply_sw(out, SW_DATA);
        return;
    }
    r = der_reader(whole.value);
    list = der_expect(&r, 0xA0).value;
    if (r.err) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (eim_count(i) == 0) {
        code = add_initial(i, list, tokens, &count);
        if (code && (eim_delete_all(i) || store_put(i, &before))) {
            reply_sw(out, SW_NO_SPACE);
            return;
        }
    }
    if (code == ADD_EIM_COMMAND_ERROR && is_v10(i)) /* commandError came with v1.1 */
        code = ADD_EIM_UNDEFINED_ERROR;
    if (!code)
        answer_initial(i, tokens, count, out);
    else if (reply_put(out, SLICE_OF(head)) && reply_put_octet(out, (uint8_t)code))
        out->sw = SW_OK;
}
