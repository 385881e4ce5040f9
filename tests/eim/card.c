/* Cards and the IPAs that carry their words; orders. */
#include "eim/world.h"

const uint8_t iccid_a[10] = { 0x98, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x14 };
const uint8_t iccid_b[10] = { 0x98, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x24 };

static slice encode(struct world *w, const struct type *t, const void *value)
{
    uint8_t *buf = arena_alloc(&w->arena, 8192);
    struct fault f;
    slice out;
    char why[200];

    if (schema_encode(t, value, buf, 8192, &out, &f))
        fail_msg("%s: %s", t->name, fault_print(&f, why, sizeof why));
    return out;
}

static slice join(struct world *w, slice a, slice b)
{
    const slice parts[] = { a, b };

    return arena_concat(&w->arena, parts, 2);
}

static slice wrap(struct world *w, uint32_t tag, slice content)
{
    uint8_t *buf = arena_alloc(&w->arena, content.n + 16);
    struct der_writer d = der_writer(buf, content.n + 16);
    slice out;

    der_put_tlv(&d, tag, content);
    assert_int_equal(der_written(&d, &out), E_OK);
    return out;
}

static slice sign(struct card *c, slice data, bool with_token)
{
    const struct card *signer = c->change.other ? c->change.other : c;
    uint8_t *token = arena_alloc(&c->world->arena, 16);
    struct der_writer d = der_writer(token, 16);
    struct ec_sig *sig = arena_alloc(&c->world->arena, sizeof *sig);
    slice parts[2] = { data };

    der_put_int(&d, 0x84, c->has_token ? c->token : 0);
    assert_int_equal(der_written(&d, &parts[1]), E_OK);
    assert_int_equal(
        signer_sign(&signer->own.signer, c->world->crypto, parts, with_token ? 2 : 1, sig), E_OK);
    if (c->change.break_signature)
        sig->b[40] ^= 1;
    return slice_of(sig->b, SIG_LEN);
}

static slice eid_of(struct card *c)
{
    return c->change.eid.p ? c->change.eid : SLICE_OF(c->eid);
}

/* ---- polling -------------------------------------------------------------------------------- */

slice card_polls(struct card *c)
{
    const struct get_eim_package_request r = { .eid_value = eid_of(c) };

    return world_say(c->world, encode(c->world, &T_get_eim_package_request, &r));
}

slice card_gets_package(struct card *c)
{
    struct world *w = c->world;
    struct get_eim_package_response r;
    struct euicc_package_request request;
    slice reply = arena_copy(&w->arena, card_polls(c)), parts[2];
    uint8_t token[16];
    struct der_writer d = der_writer(token, sizeof token);

    assert_int_equal(schema_decode(&T_get_eim_package_response, reply, &r, NULL), E_OK);
    assert_int_equal(r.which, get_eim_package_response_is_euicc_package_request);
    assert_int_equal(
        schema_decode(&T_euicc_package_request, r.euicc_package_request, &request, NULL), E_OK);
    assert_int_equal(
        schema_decode(&T_euicc_package_signed, request.euicc_package_signed, &c->package, NULL),
        E_OK);
    der_put_int(&d, 0x84, c->has_token ? c->token : 0);
    parts[0] = request.euicc_package_signed;
    assert_int_equal(der_written(&d, &parts[1]), E_OK);
    assert_int_equal(key_verify(w->key, parts, 2, request.eim_signature), E_OK);
    assert_true(slice_eq_str(c->package.eim_id, EIM_ID));
    assert_true(slice_eq(c->package.eid_value, SLICE_OF(c->eid)));
    c->eim_signature = request.eim_signature;
    return reply;
}

/* ---- results -------------------------------------------------------------------------------- */

static slice eim_id_of(const struct card *c)
{
    return c->change.eim_id.p ? c->change.eim_id : SLICE_LIT(EIM_ID);
}

slice card_result(struct card *c, const char *results)
{
    struct world *w = c->world;
    struct euicc_package_result_data_signed data = {
        .eim_id = eim_id_of(c),
        .counter_value = c->package.counter_value + c->change.counter_by,
        .has_counter_value = true,
        .eim_transaction_id = c->change.no_transaction ? SLICE_NONE : c->package.eim_transaction_id,
        .seq_number = ++c->seq,
        .has_seq_number = true,
        .euicc_result = world_hex(w, results),
    };
    struct euicc_package_result r = {
        .which = euicc_package_result_is_euicc_package_result_signed,
    };

    r.euicc_package_result_signed.euicc_package_result_data_signed =
        encode(w, &T_euicc_package_result_data_signed, &data);
    r.euicc_package_result_signed.euicc_sign_epr =
        sign(c, r.euicc_package_result_signed.euicc_package_result_data_signed, true);
    return encode(w, &T_euicc_package_result, &r);
}

slice card_error(struct card *c, int64_t code)
{
    struct world *w = c->world;
    struct euicc_package_error_data_signed data = {
        .eim_id = eim_id_of(c),
        .counter_value = c->package.counter_value,
        .has_counter_value = true,
        .eim_transaction_id = c->package.eim_transaction_id,
        .euicc_package_error_code = code,
        .has_euicc_package_error_code = true,
    };
    struct euicc_package_result r = {
        .which = euicc_package_result_is_euicc_package_error_signed,
    };

    r.euicc_package_error_signed.euicc_package_error_data_signed =
        encode(w, &T_euicc_package_error_data_signed, &data);
    r.euicc_package_error_signed.euicc_sign_epe =
        sign(c, r.euicc_package_error_signed.euicc_package_error_data_signed, true);
    return encode(w, &T_euicc_package_result, &r);
}

slice card_unsigned_error(struct card *c)
{
    const struct euicc_package_result r = {
        .which = euicc_package_result_is_euicc_package_error_unsigned,
        .euicc_package_error_unsigned = { .eim_id = eim_id_of(c),
                                          .eim_transaction_id = c->package.eim_transaction_id },
    };

    return encode(c->world, &T_euicc_package_result, &r);
}

slice card_provides(struct card *c, slice arm)
{
    slice content = c->change.no_eid ? arm : join(c->world, wrap(c->world, 0x5A, eid_of(c)), arm);

    return world_say(c->world, wrap(c->world, 0xBF50, content));
}

slice ack_of(struct world *w, const int64_t *seq, size_t count)
{
    uint8_t *buf = arena_alloc(&w->arena, 16 * count + 16);
    struct der_writer d = der_writer(buf, 16 * count + 16);
    slice out;

    for (size_t i = count; i-- > 0;)
        der_put_int(&d, 0x80, seq[i]);
    der_wrap(&d, 0xBF53, 0);
    der_wrap(&d, 0xBF50, 0);
    assert_int_equal(der_written(&d, &out), E_OK);
    return out;
}

/* ---- notifications -------------------------------------------------------------------------- */

static slice metadata(struct card *c, unsigned event, const char *address)
{
    uint8_t bits[DER_BITS_MAX];
    const struct notification_metadata m = {
        .seq_number = ++c->seq,
        .has_seq_number = true,
        .profile_management_operation = der_bits_make(UINT64_C(1) << event, bits),
        .notification_address = slice_str(address),
        .iccid = SLICE_OF(iccid_a),
    };

    return encode(c->world, &T_notification_metadata, &m);
}

slice card_notification(struct card *c, unsigned event, const char *address)
{
    struct other_signed_notification n = {
        .tbs_other_notification = metadata(c, event, address),
        .euicc_certificate = c->own.der,
        .eum_certificate = c->world->eum.der,
    };

    n.euicc_notification_signature = sign(c, n.tbs_other_notification, false);
    return encode(c->world, &T_other_signed_notification, &n);
}

slice card_installation(struct card *c, slice transaction, int64_t reason)
{
    struct profile_installation_result_data data = {
        .transaction_id = transaction,
        .notification_metadata = metadata(c, 0, SMDP),
        .smdp_oid = SLICE_LIT("\x88\x37\x0A"),
    };
    struct profile_installation_result r;

    if (reason) {
        data.final_result.which = final_result_is_error_result;
        data.final_result.error_result = (struct error_result){ .bpp_command_id = 5,
                                                                .has_bpp_command_id = true,
                                                                .error_reason = reason,
                                                                .has_error_reason = true };
    } else {
        data.final_result.which = final_result_is_success_result;
        data.final_result.success_result.aid = SLICE_LIT("\xA0\x00\x00\x05\x59\x10\x10\xFF\xFF");
        data.final_result.success_result.sima_response =
            SLICE_LIT("\x30\x07\xA0\x05\x30\x03\x80\x01\x00");
    }
    r.profile_installation_result_data =
        encode(c->world, &T_profile_installation_result_data, &data);
    r.euicc_sign_pir = sign(c, r.profile_installation_result_data, false);
    return encode(c->world, &T_profile_installation_result, &r);
}

/* ---- orders --------------------------------------------------------------------------------- */

static int64_t placed(struct world *w, enum err err, struct eim_order **o)
{
    if (err)
        fail_msg("%s: %s", err_name(err), w->turn.status.message);
    world_end(w);
    return (*o)->id;
}

int64_t order_psmo(struct card *c, const struct psmo *p)
{
    struct world *w = c->world;
    struct eim_order *o;

    return placed(w, eim_order_psmo(w->eim, SLICE_OF(c->eid), p, 1, world_begin(w), &o), &o);
}

int64_t order_eco(struct card *c, const struct eco *e)
{
    struct world *w = c->world;
    struct eim_order *o;

    return placed(w, eim_order_eco(w->eim, SLICE_OF(c->eid), e, 1, world_begin(w), &o), &o);
}

int64_t order_enable(struct card *c, const uint8_t *iccid)
{
    const struct psmo p = { .which = psmo_is_enable, .enable = { slice_of(iccid, 10), false } };

    return order_psmo(c, &p);
}

int64_t order_download(struct card *c, const char *code)
{
    struct world *w = c->world;
    const struct eim_download d = { .activation_code = slice_str(code), .indirect = true };
    struct eim_order *o;

    return placed(w, eim_order_download(w->eim, SLICE_OF(c->eid), &d, world_begin(w), &o), &o);
}

/* In an arena of its own kind: the last turn stays as it is. */
static void reader(struct world *w, struct turn *t)
{
    turn_init(t, &w->arena, w->store, w->now_ms);
}

struct eim_order order_get(struct world *w, int64_t id)
{
    struct eim_order o;
    struct turn t;

    reader(w, &t);
    assert_int_equal(eim_order_get(&t, id, &o), E_OK);
    return o;
}

struct eim_device device_get(struct card *c)
{
    struct eim_device d;
    struct turn t;

    reader(c->world, &t);
    assert_int_equal(eim_device_get(&t, SLICE_OF(c->eid), &d), E_OK);
    return d;
}

int profile_state(struct card *c, const uint8_t *iccid)
{
    struct eim_profile *p;
    struct turn t;
    size_t count;

    reader(c->world, &t);
    assert_int_equal(eim_device_profiles(&t, SLICE_OF(c->eid), &p, &count), E_OK);
    for (size_t i = 0; i < count; i++)
        if (slice_eq(p[i].iccid, slice_of(iccid, 10)))
            return p[i].enabled ? 1 : 0;
    return -1;
}
