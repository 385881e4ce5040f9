/* The eIM side of the laboratory. */
#include "euicc/isdr/lab.h"

#include "pki/issue.h"

void lab_eim_open(struct bench *b, struct eim_side *e, const char *id, enum curve curve)
{
    memset(e, 0, sizeof *e);
    e->id = slice_str(id);
    e->curve = curve;
    assert_int_equal(crypto_key_pair(b->crypto, curve, &e->secret, &e->point), E_OK);
    assert_int_equal(signer_open(b->crypto, curve, &e->secret, &e->signer), E_OK);
}

void lab_eim_close(struct eim_side *e)
{
    signer_close(&e->signer);
}

const char *eim_members(struct eim_side *e, bool token)
{
    static char hex[1024];
    uint8_t buf[400], spki[160];
    struct der_writer w = der_writer(buf, sizeof buf), k = der_writer(spki, sizeof spki);
    slice out, key;

    der_put_spki(&k, e->curve, &e->point);
    assert_int_equal(der_written(&k, &key), E_OK);
    der_put_rehead(&w, 0xA0, key);
    der_wrap(&w, 0xA5, 0);
    if (token)
        der_put_int(&w, 0x84, -1);
    der_put_int(&w, 0x83, e->counter);
    der_put_tlv(&w, 0x80, e->id);
    assert_int_equal(der_written(&w, &out), E_OK);
    assert_int_equal(hex_encode(out, hex, sizeof hex), E_OK);
    return hex;
}

void eim_associate(struct bench *b, struct eim_side *e, bool token)
{
    slice members = bench_hex(b, "%s", eim_members(e, token));
    uint8_t buf[512];
    struct der_writer w = der_writer(buf, sizeof buf);
    struct add_initial_eim_response r;
    struct add_initial_eim_entry entry;
    slice request;

    der_put_tlv(&w, 0x30, members);
    der_wrap(&w, 0xA0, 0);
    der_wrap(&w, 0xBF57, 0);
    assert_int_equal(der_written(&w, &request), E_OK);
    assert_int_equal(schema_decode(&T_add_initial_eim_response, bench_es10(b, request), &r, NULL),
                     E_OK);
    assert_int_equal(r.which, add_initial_eim_response_is_add_initial_eim_ok);
    assert_true(schema_next(&T_add_initial_eim_entry, &r.add_initial_eim_ok, &entry));
    assert_int_equal(entry.which == add_initial_eim_entry_is_association_token, token);
    e->token = token ? entry.association_token : 0;
}

static slice token_part(const struct eim_side *e, uint8_t buf[16])
{
    struct der_writer w = der_writer(buf, 16);
    slice out;

    der_put_int(&w, 0x84, e->token);
    assert_int_equal(der_written(&w, &out), E_OK);
    return out;
}

static slice package(struct bench *b, struct eim_side *e, slice body)
{
    size_t size = body.n + 512;
    struct der_writer w = der_writer(arena_alloc(&b->arena, size), size);
    struct der_writer o = der_writer(arena_alloc(&b->arena, size), size);
    uint8_t token[16];
    struct ec_sig sig;
    slice parts[2], out;

    der_put(&w, body);
    if (e->tx.p)
        der_put_tlv(&w, 0x82, e->tx);
    der_put_int(&w, 0x81, ++e->counter);
    der_put_tlv(&w, 0x5A, e->eid.p ? e->eid : SLICE_OF(b->personality.eid));
    der_put_tlv(&w, 0x80, e->id);
    der_wrap(&w, 0x30, 0);
    assert_int_equal(der_written(&w, &parts[0]), E_OK);
    parts[1] = token_part(e, token);
    assert_int_equal(signer_sign(&e->signer, b->crypto, parts, e->omit_token ? 1 : 2, &sig), E_OK);
    if (e->break_signature)
        sig.b[10] ^= 4;
    e->last = sig;
    der_put_tlv(&o, 0x5F37, SLICE_OF(sig.b));
    der_put(&o, parts[0]);
    der_wrap(&o, 0xBF51, 0);
    assert_int_equal(der_written(&o, &out), E_OK);
    return out;
}

static slice __attribute__((format(printf, 2, 0)))
formatted(struct bench *b, const char *fmt, va_list args)
{
    static char text[16384];

    assert_true((size_t)vsnprintf(text, sizeof text, fmt, args) < sizeof text);
    return bench_hex(b, "%s", text);
}

slice lab_eim_package(struct bench *b, struct eim_side *e, const char *fmt, ...)
{
    va_list args;
    slice body;

    va_start(args, fmt);
    body = formatted(b, fmt, args);
    va_end(args);
    return package(b, e, body);
}

static void verify(struct bench *b, const struct eim_side *e, slice data, slice signature)
{
    const struct cert *cert = &b->lab->files.of[0].euicc.cert;
    uint8_t token[16];
    slice parts[3] = { data, token_part(e, token), SLICE_EMPTY };
    struct public_key *key;

    if (b->personality.iot_version[1] == 0) {
        parts[1] = SLICE_LIT("\x5F\x37\x40");
        parts[2] = SLICE_OF(e->last.b);
    }

    assert_int_equal(key_open(b->crypto, cert->curve, &cert->point, &key), E_OK);
    assert_int_equal(key_verify(key, parts, 3, signature), E_OK);
    key_drop(key);
}

const char *eim_result(struct bench *b, struct eim_side *e, slice response, int64_t *sequence)
{
    static char hex[32768];
    struct euicc_package_result r;
    struct euicc_package_result_data_signed d;
    const struct euicc_package_result_signed *s = &r.euicc_package_result_signed;

    assert_int_equal(schema_decode(&T_euicc_package_result, response, &r, NULL), E_OK);
    assert_int_equal(r.which, euicc_package_result_is_euicc_package_result_signed);
    verify(b, e, s->euicc_package_result_data_signed, s->euicc_sign_epr);
    assert_int_equal(schema_decode(&T_euicc_package_result_data_signed,
                                   s->euicc_package_result_data_signed, &d, NULL),
                     E_OK);
    assert_true(slice_eq(d.eim_id, e->id));
    assert_int_equal(d.counter_value, e->counter);
    assert_true(slice_eq(d.eim_transaction_id, e->tx));
    if (sequence)
        *sequence = d.seq_number;
    assert_int_equal(hex_encode(d.euicc_result, hex, sizeof hex), E_OK);
    return hex;
}

int eim_error(struct bench *b, struct eim_side *e, slice response)
{
    struct euicc_package_result r;
    struct euicc_package_error_data_signed d;
    const struct euicc_package_error_signed *s = &r.euicc_package_error_signed;

    assert_int_equal(schema_decode(&T_euicc_package_result, response, &r, NULL), E_OK);
    if (r.which == euicc_package_result_is_euicc_package_error_unsigned) {
        assert_true(slice_eq(r.euicc_package_error_unsigned.eim_id, e->id));
        assert_int_equal(r.euicc_package_error_unsigned.has_association_token, e->token != 0);
        assert_int_equal(r.euicc_package_error_unsigned.association_token, e->token);
        return -1;
    }
    if (r.which != euicc_package_result_is_euicc_package_error_signed)
        return 0;
    verify(b, e, s->euicc_package_error_data_signed, s->euicc_sign_epe);
    assert_int_equal(schema_decode(&T_euicc_package_error_data_signed,
                                   s->euicc_package_error_data_signed, &d, NULL),
                     E_OK);
    assert_true(slice_eq(d.eim_id, e->id));
    assert_int_equal(d.counter_value, e->counter);
    return (int)d.euicc_package_error_code;
}

const char *eim_do(struct bench *b, struct eim_side *e, const char *fmt, ...)
{
    va_list args;
    slice body;

    va_start(args, fmt);
    body = formatted(b, fmt, args);
    va_end(args);
    return eim_result(b, e, bench_es10(b, package(b, e, body)), NULL);
}
