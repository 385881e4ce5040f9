/*
 * ISD-R's information functions, STORE DATA, and the RSP session up to a prepared download
 * (SGP.22 5.7.1-5.7.14). A negative case is the passing session with one change.
 */
#include "euicc/isdr/lab.h"

#include "crypto/kdf.h"
#include "pki/issue.h"

#include <time.h>

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    bench_open(b, lab_get(CURVE_P256), 60000);
    server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench_close(*state);
    free(*state);
    return 0;
}

/* ---- selection and information ---- */

/* EUC-001 */
static void EUC_001_select(void **state)
{
    struct bench *b = *state;

    bench_apdu(b, bench_hex(b, "01A40400 10 A0000005591010FFFFFFFF8900000100 00"));
    assert_int_equal(b->sw, 0x9000);
    assert_hex(slice_of(b->response, b->n),
               "6F24 8410A0000005591010FFFFFFFF8900000100 A5049F6501FF E0058203020500 E103800100");
}

/* EUC-002 IEU-041 */
static void EUC_002_IEU_041_information(void **state)
{
    struct bench *b = *state;
    struct euicc_info1 info1;
    struct euicc_info2 info2;
    slice answer;
    uint8_t version[3];

    answer = arena_copy(&b->arena, bench_es10_hex(b, "BF2000"));
    assert_int_equal(schema_decode(&T_euicc_info1, answer, &info1, NULL), E_OK);
    answer = bench_es10_hex(b, "BF2200");
    assert_int_equal(schema_decode(&T_euicc_info2, answer, &info2, NULL), E_OK);
    assert_true(slice_eq(info1.euicc_ci_pk_id_list_for_verification,
                         info2.euicc_ci_pk_id_list_for_verification));
    assert_true(
        slice_eq(info1.euicc_ci_pk_id_list_for_signing, info2.euicc_ci_pk_id_list_for_signing));
    assert_true(slice_eq(info1.svn, info2.svn));
    assert_int_equal(info1.euicc_ci_pk_id_list_for_signing.n, 22);
    assert_memory_equal(info1.euicc_ci_pk_id_list_for_signing.p + 2, b->lab->ci.cert.ski.p, 20);
    assert_true(info2.has_ipa_mode && info2.ipa_mode == 0);
    assert_true(info2.has_iot_specific_info);
    memcpy(version, info2.iot_specific_info.iot_version.p + 2, 3);
    assert_memory_equal(version, "\x01\x02\x00", 3);
    answer = bench_es10_hex(b, "BF3E 03 5C015A");
    assert_int_equal(answer.n, 21);
    assert_memory_equal(answer.p + 5, b->personality.eid, EID_LEN);
    assert_int_equal(
        schema_check(&T_euicc_configured_addresses_response, bench_es10_hex(b, "BF3C00"), NULL),
        E_OK);
    bench_expect_hex(b, "BF4300", "BF43 02 A000");
}

/* IEU-040 */
static void IEU_040_certificates(void **state)
{
    struct bench *b = *state;
    struct get_certs_response r;

    assert_int_equal(schema_decode(&T_get_certs_response, bench_es10_hex(b, "BF5600"), &r, NULL),
                     E_OK);
    assert_int_equal(r.which, get_certs_response_is_certs);
    assert_int_equal(r.certs.eum_certificate.n, b->lab->eum.cert.der.n);
    assert_memory_equal(r.certs.eum_certificate.p + 1, b->lab->eum.cert.der.p + 1,
                        b->lab->eum.cert.der.n - 1);
    assert_int_equal(r.certs.eum_certificate.p[0], 0xA5);
    assert_int_equal(r.certs.euicc_certificate.p[0], 0xA6);
    bench_expect_hex(b, "BF56 04 8002 0102", "BF56 03 8101 01");
    bench_expect_hex(b, "BF5F00", "BF5F 03 8101 01");
}

/* ---- STORE DATA ---- */

/* EUC-039 */
static void EUC_039_block_order(void **state)
{
    struct bench *b = *state;

    /* GetEUICCData in two blocks passes; then each with one change */
    bench_apdu(b, bench_hex(b, "81E21100 03 BF3E03"));
    assert_int_equal(b->sw, 0x9000);
    bench_apdu(b, bench_hex(b, "81E29101 03 5C015A"));
    assert_int_equal(b->sw, 0x9000);
    assert_int_equal(b->n, 21);
    bench_apdu(b, bench_hex(b, "81E21100 03 BF3E03"));
    bench_apdu(b, bench_hex(b, "81E29102 03 5C015A")); /* one is skipped */
    assert_int_equal(b->sw, 0x6985);
    bench_apdu(b, bench_hex(b, "81E29101 03 5C015A")); /* the buffer is gone */
    assert_int_equal(b->sw, 0x6985);
    bench_apdu(b, bench_hex(b, "81E21100 03 BF3E03"));
    bench_apdu(b, bench_hex(b, "81E29001 03 5C015A")); /* P1 */
    assert_int_equal(b->sw, 0x6A86);
    bench_apdu(b, bench_hex(b, "81E21100 03 BF3E03"));
    bench_apdu(b, bench_hex(b, "81E29100 06 BF3E035C015A")); /* a new function begins */
    assert_int_equal(b->sw, 0x9000);
    assert_int_equal(b->n, 21);
    bench_apdu(b, bench_hex(b, "81E21100 03 BF3E03"));
    bench_select(b);
    bench_apdu(b, bench_hex(b, "81E29101 03 5C015A"));
    assert_int_equal(b->sw, 0x6985);
}

/* Agents fetch the answer with CLA 0X or 8X, or give an Le and get it at once. */
static void answers_either_way(void **state)
{
    struct bench *b = *state;
    uint8_t out[CARD_REPLY_MAX];
    slice command;
    size_t n;

    for (unsigned cla = 0x01; cla <= 0x81; cla += 0x80) {
        command = bench_hex(b, "81E29100 06 BF3E035C015A");
        n = card_apdu(b->card, command, out, sizeof out);
        assert_int_equal(n, 2);
        assert_memory_equal(out, "\x61\x15", 2);
        n = card_apdu(b->card, bench_hex(b, "%02XC0000015", cla), out, sizeof out);
        assert_int_equal(n, 23);
        assert_memory_equal(out + 21, "\x90\x00", 2);
    }
    n = card_apdu(b->card, bench_hex(b, "81E29100 06 BF3E035C015A 00"), out, sizeof out);
    assert_int_equal(n, 23);
    assert_memory_equal(out + 21, "\x90\x00", 2);
}

static void unknown_and_malformed(void **state)
{
    struct bench *b = *state;

    bench_store(b, bench_hex(b, "BF7000"));
    assert_int_equal(b->sw, 0x6A88);
    bench_store(b, bench_hex(b, "BF3E 05 5C015A")); /* shorter than it says */
    assert_int_equal(b->sw, 0x6A80);
    bench_store(b, bench_hex(b, "BF2000 00"));
    assert_int_equal(b->sw, 0x6A80);
    bench_store(b, bench_hex(b, "BF38 84 7FFFFFFF 30"));
    assert_int_equal(b->sw, 0x6A84);
    bench_apdu(b, bench_hex(b, "01E29100 03 BF2000"));
    assert_int_equal(b->sw, 0x6E00);
    bench_expect_hex(b, "BF4300", "BF43 02 A000");
}

/* EUC-040: a function in blocks on each of two channels, one RSP session. */
static void EUC_040_two_channels(void **state)
{
    struct bench *b = *state;
    slice request;

    bench_apdu(b, bench_hex(b, "0070000001"));
    bench_apdu(b, bench_hex(b, "02A40400 10 A0000005591010FFFFFFFF8900000100 00"));
    assert_int_equal(b->sw, 0x9000);
    bench_apdu(b, bench_hex(b, "81E21100 03 BF3E03"));
    bench_apdu(b, bench_hex(b, "82E21100 02 BF3E"));
    bench_apdu(b, bench_hex(b, "81E29101 03 5C015A"));
    assert_int_equal(b->n, 21);
    bench_apdu(b, bench_hex(b, "82E29101 04 035C015A"));
    assert_int_equal(b->n, 21);
    bench_apdu(b, bench_hex(b, "82E29100 03 BF2E00"));
    memcpy(b->server.challenge, b->response + 5, 16);
    request = server_authenticate(b);
    assert_int_equal(error_of(bench_es10(b, request)), 0);
}

/* Every one-octet change and every prefix of a request: an answer, never a fault. */
static void hostile_requests(void **state)
{
    struct bench *b = *state;
    slice good, copy;

    server_challenge(b);
    good = server_authenticate(b);
    for (size_t at = 0; at < good.n; at += 3) {
        server_challenge(b);
        copy = arena_copy(&b->arena, good);
        ((uint8_t *)(uintptr_t)copy.p)[at] ^= 0x20;
        bench_store(b, copy);
        bench_store(b, slice_head(good, at));
    }
    server_challenge(b);
    server_authenticated(b);
}

/* ---- mutual authentication ---- */

/* EUC-003 */
static void EUC_003_challenges(void **state)
{
    struct bench *b = *state;
    uint8_t first[16];

    server_challenge(b);
    memcpy(first, b->server.challenge, 16);
    server_challenge(b);
    assert_memory_not_equal(first, b->server.challenge, 16);
    memcpy(b->server.challenge, first, 16);
    assert_int_equal(error_of(bench_es10(b, server_authenticate(b))), 6);
}

static void authenticate_fails(struct bench *b, int code)
{
    assert_int_equal(error_of(bench_es10(b, server_authenticate(b))), code);
    /* the next valid request succeeds */
    server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
    server_challenge(b);
    server_authenticated(b);
}

static slice flipped(struct bench *b, slice certificate)
{
    slice copy = arena_copy(&b->arena, certificate);

    ((uint8_t *)(uintptr_t)copy.p)[copy.n - 1] ^= 1;
    return copy;
}

/* EUC-005 */
static void EUC_005_certificate_signature(void **state)
{
    struct bench *b = *state;

    server_challenge(b);
    b->server.auth_certificate = flipped(b, b->lab->dp_auth.cert.der);
    authenticate_fails(b, 1);
}

/* EUC-005 */
static void EUC_005_certificate_of_another_role(void **state)
{
    struct bench *b = *state;

    server_challenge(b);
    b->server.auth_certificate = b->lab->dp_pb.cert.der;
    b->server.auth_signer = &b->lab->dp_pb.signer;
    authenticate_fails(b, 5);
}

/* EUC-005 */
static void EUC_005_signature(void **state)
{
    struct bench *b = *state;

    server_challenge(b);
    b->server.break_signature1 = true;
    authenticate_fails(b, 2);
}

/* EUC-006 */
static void EUC_006_curve(void **state)
{
    struct bench *b = *state;

    server_challenge(b);
    b->server.auth_certificate = server_p384(b, &b->lab->dp_auth);
    authenticate_fails(b, 3);
}

/* EUC-006 */
static void EUC_006_no_challenge(void **state)
{
    authenticate_fails(*state, 4);
}

/* EUC-006 */
static void EUC_006_other_challenge(void **state)
{
    struct bench *b = *state;

    server_challenge(b);
    b->server.challenge[0] ^= 1;
    authenticate_fails(b, 6);
}

/* EUC-006 */
static void EUC_006_unknown_ci(void **state)
{
    struct bench *b = *state;

    server_challenge(b);
    b->server.ci_pkid = slice_head(b->lab->dp_auth.cert.ski, 20);
    authenticate_fails(b, 7);
}

/* EUC-006 */
static void EUC_006_certificate_of_unknown_ci(void **state)
{
    struct bench *b = *state;
    struct lab *other = lab_get(CURVE_BP256R1);

    server_challenge(b);
    b->server.auth_certificate = other->dp_auth.cert.der;
    b->server.auth_signer = &other->dp_auth.signer;
    authenticate_fails(b, 7);
}

/* EUC-007 */
static void EUC_007_no_second_answer(void **state)
{
    struct bench *b = *state;

    server_challenge(b);
    server_authenticated(b);
    assert_int_equal(error_of(bench_es10(b, server_authenticate(b))), 4);
}

/* SGP.22 5.7.7: a challenge is good for one AuthenticateServer, whatever became of it. */
static void EUC_007_challenge_is_used_up(void **state)
{
    struct bench *b = *state;

    server_challenge(b);
    b->server.break_signature1 = true;
    assert_int_equal(error_of(bench_es10(b, server_authenticate(b))), 2);
    b->server.break_signature1 = false;
    assert_int_equal(error_of(bench_es10(b, server_authenticate(b))), 4);
    server_challenge(b);
    server_authenticated(b);
}

/* A card of two CIs: verified under one, signed under the other. */
static void two_cis(void **state)
{
    struct bench *b = *state;
    struct lab *other = lab_get(CURVE_BP256R1);
    struct authenticate_server_response r;
    struct cert cert;

    b->personality.ci[1] = other->personality.ci[0];
    b->personality.ci_count = 2;
    server_challenge(b);
    b->server.ci_pkid = other->ci.cert.ski;
    assert_int_equal(schema_decode(&T_authenticate_server_response,
                                   bench_es10(b, server_authenticate(b)), &r, NULL),
                     E_OK);
    assert_int_equal(r.which, authenticate_server_response_is_authenticate_response_ok);
    assert_int_equal(cert_parse(r.authenticate_response_ok.euicc_certificate, &cert), E_OK);
    assert_int_equal(cert.curve, CURVE_BP256R1);
}

/* ---- preparation ---- */

/* EUC-010 */
static void EUC_010_hash_cc(void **state)
{
    struct bench *b = *state;
    uint8_t code[DIGEST_LEN], hash[DIGEST_LEN];

    b->server.cc_required = true;
    assert_int_equal(confirmation_code_hash(b->crypto, SLICE_LIT("1234"), code), E_OK);
    assert_int_equal(hash_cc(b->crypto, code, SLICE_OF(b->server.tid), hash), E_OK);
    b->server.hash_cc = SLICE_OF(hash);
    server_session(b); /* asserts the same value in euiccSigned2 */
}

/* EUC-008 */
static void EUC_008_fresh_key(void **state)
{
    struct bench *b = *state;
    struct ec_point first;

    server_session(b);
    first = b->server.euicc_otpk;
    assert_int_equal(crypto_point_check(b->crypto, CURVE_P256, &first), E_OK);
    server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
    server_session(b);
    assert_memory_not_equal(first.b, b->server.euicc_otpk.b, POINT_LEN);
}

/* EUC-011 */
static void EUC_011_key_of_an_earlier_binding(void **state)
{
    struct bench *b = *state;
    struct ec_point first, other;

    server_session(b);
    first = b->server.euicc_otpk;
    bench_boot(b);
    server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
    b->server.known_otpk = SLICE_OF(first.b);
    server_session(b);
    assert_memory_equal(first.b, b->server.euicc_otpk.b, POINT_LEN);
    other = b->lab->dp_pb.signer.point;
    server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
    b->server.known_otpk = SLICE_OF(other.b);
    server_session(b);
    assert_memory_not_equal(other.b, b->server.euicc_otpk.b, POINT_LEN);
    assert_memory_not_equal(first.b, b->server.euicc_otpk.b, POINT_LEN);
}

static void prepare_fails(struct bench *b, int code)
{
    assert_int_equal(error_of(bench_es10(b, server_prepare(b))), code);
    server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
    server_session(b);
}

static void authenticated(struct bench *b)
{
    server_challenge(b);
    server_authenticated(b);
}

/* EUC-009 */
static void EUC_009_certificate(void **state)
{
    struct bench *b = *state;

    authenticated(b);
    b->server.pb_certificate = flipped(b, b->lab->dp_pb.cert.der);
    prepare_fails(b, 1);
}

/* EUC-009 */
static void EUC_009_certificate_of_another_role(void **state)
{
    struct bench *b = *state;

    authenticated(b);
    b->server.pb_certificate = b->lab->dp_auth.cert.der;
    b->server.pb_signer = &b->lab->dp_auth.signer;
    prepare_fails(b, 1);
}

/* The same CI, another SM-DP+. */
/* EUC-009 */
static void EUC_009_certificate_of_another_server(void **state)
{
    struct bench *b = *state;
    const struct cert *like = &b->lab->dp_pb.cert;
    struct cert_template t = { .role = ROLE_DP_PB,
                               .serial = SLICE_LIT("\x05"),
                               .org = SLICE_LIT("ACME"),
                               .common_name = SLICE_LIT("other"),
                               .not_before_s = (int64_t)time(NULL) - 100,
                               .not_after_s = (int64_t)time(NULL) + 100000,
                               .path_len = -1,
                               .rid = SLICE_LIT("\x88\x37\x0C") };
    struct cert_issuer issuer = { &b->lab->ci.signer, b->lab->ci.cert.subject,
                                  b->lab->ci.cert.ski };
    uint8_t buf[CERT_ISSUE_MAX];

    authenticated(b);
    assert_int_equal(cert_issue(b->crypto, &t, like->curve, &like->point, &issuer, buf, sizeof buf,
                                &b->server.pb_certificate),
                     E_OK);
    prepare_fails(b, 1);
}

/* EUC-009 */
static void EUC_009_signature(void **state)
{
    struct bench *b = *state;

    authenticated(b);
    b->server.break_signature2 = true;
    prepare_fails(b, 2);
}

/* EUC-009 */
static void EUC_009_curve(void **state)
{
    struct bench *b = *state;

    authenticated(b);
    b->server.pb_certificate = server_p384(b, &b->lab->dp_pb);
    prepare_fails(b, 3);
}

/* EUC-009 */
static void EUC_009_no_session(void **state)
{
    prepare_fails(*state, 4);
}

/* EUC-009 */
static void EUC_009_after_an_smds(void **state)
{
    struct bench *b = *state;

    b->server.auth_certificate = b->lab->ds_auth.cert.der;
    b->server.auth_signer = &b->lab->ds_auth.signer;
    authenticated(b);
    prepare_fails(b, 4);
}

/* EUC-009 */
static void EUC_009_transaction_id(void **state)
{
    struct bench *b = *state;

    authenticated(b);
    b->server.tid2[3] ^= 1;
    prepare_fails(b, 5);
}

/* ---- cancellation ---- */

/* EUC-036 */
static void EUC_036_cancel(void **state)
{
    struct bench *b = *state;
    const struct cert *cert = &b->lab->files.of[0].euicc.cert;
    struct cancel_session_response r;
    struct euicc_cancel_session_signed s;
    struct public_key *key;
    char tid[33];
    slice answer;

    assert_int_equal(hex_encode(SLICE_OF(b->server.tid), tid, sizeof tid), E_OK);
    assert_hex(bench_es10_hex(b, "BF41 15 8010 %s 8101 01", tid), "BF4103810105");
    server_session(b);
    assert_hex(bench_es10_hex(b, "BF41 08 8003 010203 8101 01"), "BF4103810105");
    answer = bench_es10_hex(b, "BF41 15 8010 %s 8101 01", tid);
    assert_int_equal(schema_decode(&T_cancel_session_response, answer, &r, NULL), E_OK);
    assert_int_equal(r.which, cancel_session_response_is_cancel_session_response_ok);
    assert_int_equal(schema_decode(&T_euicc_cancel_session_signed,
                                   r.cancel_session_response_ok.euicc_cancel_session_signed, &s,
                                   NULL),
                     E_OK);
    assert_true(slice_eq(s.smdp_oid, b->lab->dp_auth.cert.rid));
    assert_int_equal(s.reason, 1);
    assert_int_equal(key_open(b->crypto, cert->curve, &cert->point, &key), E_OK);
    assert_int_equal(key_verify(key, &r.cancel_session_response_ok.euicc_cancel_session_signed, 1,
                                r.cancel_session_response_ok.euicc_cancel_session_signature),
                     E_OK);
    key_drop(key);
    assert_hex(bench_es10_hex(b, "BF41 15 8010 %s 8101 01", tid), "BF4103810105");
}

static void ecasd_tells_the_eid(void **state)
{
    struct bench *b = *state;

    bench_apdu(b, bench_hex(b, "01A40400 10 A0000005591010FFFFFFFF8900000200 00"));
    assert_int_equal(b->sw, 0x9000);
    bench_apdu(b, bench_hex(b, "81CA005A00"));
    assert_int_equal(b->sw, 0x9000);
    assert_int_equal(b->n, 18);
    assert_memory_equal(b->response + 2, b->personality.eid, EID_LEN);
    bench_apdu(b, bench_hex(b, "81CA006600"));
    assert_int_equal(b->sw, 0x6A88);
}

/* Addresses by either function, and what this card says it has not. */
static void addresses_and_what_is_absent(void **state)
{
    struct bench *b = *state;

    bench_expect_hex(b, "BF65 05 8003 612E62", "BF65 03 8001 00");
    bench_es10_hex(b, "BF3C00");
    assert_hex(slice_of(b->response + 3, 5), "8003612E62");
    bench_expect_hex(b, "BF3F 04 8002 632E", "BF3F 03 8001 00");
    bench_es10_hex(b, "BF3C00");
    assert_hex(slice_of(b->response + 3, 4), "8002632E");
    bench_expect_hex(b, "BF65 02 8000", "BF65 03 8001 00"); /* none */
    bench_es10_hex(b, "BF3C00");
    assert_int_equal(b->response[3], 0x81);
    bench_expect_hex(b, "BF42 04 8002 0780", "BF42 03 8001 01");
    /* malformed ones */
    assert_int_equal(bench_store(b, bench_hex(b, "BF65 00")), 0x6A80);
    assert_int_equal(bench_store(b, bench_hex(b, "BF3F 00")), 0x6A80);
    assert_int_equal(bench_store(b, bench_hex(b, "BF3E 03 5C015B")), 0x6A80);
}

/* ipaMode of EUICCInfo2, 90. */
static int ipa_mode(struct bench *b)
{
    struct euicc_info2 info;

    assert_int_equal(schema_decode(&T_euicc_info2, bench_es10_hex(b, "BF2200"), &info, NULL), E_OK);
    assert_true(info.has_ipa_mode);
    return (int)info.ipa_mode;
}

/* E1 in the answer of SELECT: its bit string. */
static uint64_t isdr_template(struct bench *b)
{
    struct tlv fci, t = { 0 };

    bench_apdu(b, bench_hex(b, "01A40400 10 A0000005591010FFFFFFFF8900000100 00"));
    assert_int_equal(der_one(slice_of(b->response, b->n), &fci), E_OK);
    for (struct der_reader r = der_reader(fci.value); der_more(&r) && t.tag != 0xE1;)
        t = der_take(&r);
    assert_int_equal(der_one(t.value, &t), E_OK);
    return der_bits(t.value);
}

/* IpaeActivation, E1 and ipaMode as SGP.32 5.6 has them: until the reset, or always. */
static void ipae_is_announced_and_activated(void **state)
{
    struct bench *b = *state;

    assert_int_equal(isdr_template(b), 0);
    assert_int_equal(ipa_mode(b), IPA_MODE_IPAD);
    b->personality.ipae = IPAE_ON_DEMAND;
    assert_int_equal(isdr_template(b), 1u << ISDR_IPAE_SUPPORTED);
    assert_int_equal(ipa_mode(b), IPA_MODE_IPAD);
    bench_expect_hex(b, "BF42 04 8002 0700", "BF42 03 8001 00"); /* nothing is asked for */
    assert_int_equal(ipa_mode(b), IPA_MODE_IPAD);
    assert_int_equal(bench_store(b, bench_hex(b, "BF42 00")), 0x6A80);
    bench_expect_hex(b, "BF42 04 8002 0780", "BF42 03 8001 00");
    assert_int_equal(ipa_mode(b), IPA_MODE_IPAE);
    bench_reset(b);
    assert_int_equal(ipa_mode(b), IPA_MODE_IPAD);
    b->personality.ipae = IPAE_ALWAYS;
    bench_reset(b);
    assert_int_equal(ipa_mode(b), IPA_MODE_IPAE);
}

/* GetConnectivityParameters with what the personality holds. */
static void connectivity_parameters(void **state)
{
    struct bench *b = *state;

    b->personality.http_params = SLICE_LIT("\x30\x00");
    bench_boot(b);
    bench_expect_hex(b, "BF5F00", "BF5F 06 A004 8102 3000");
}

/*
 * From a card that can hardly boot to one that has the room: a function answers or says 6A84, the
 * card goes on answering, and what was refused for want of room passes on a larger card.
 */
static void little_memory(void **state)
{
    static const char *const requests[] = { "BF2000", "BF2200", "BF5600",  "BF4300",
                                            "BF3C00", "BF5500", "BF2B 00", "BF2E00" };
    unsigned refused = 0, answered = 0;

    (void)state;
    for (size_t octets = 1024; octets <= 12288; octets += 64) {
        struct bench *b = calloc(1, sizeof *b);
        bool all = true;

        bench_open(b, lab_get(CURVE_P256), octets);
        server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
        for (size_t n = 0; n <= COUNT(requests); n++) {
            slice request =
                n < COUNT(requests) ? bench_hex(b, "%s", requests[n]) : server_authenticate(b);
            uint16_t sw = bench_store(b, request);

            assert_true(sw == 0x9000 || sw == 0x6A84);
            all = all && sw == 0x9000;
            bench_es10_hex(b, "BF3E035C015A");
            assert_int_equal(b->n, 21);
        }
        refused += !all;
        answered += all;
        bench_close(b);
        free(b);
    }
    assert_true(refused > 0 && answered > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(EUC_001_select),
        TEST(EUC_002_IEU_041_information),
        TEST(IEU_040_certificates),
        TEST(addresses_and_what_is_absent),
        TEST(ipae_is_announced_and_activated),
        TEST(connectivity_parameters),
        cmocka_unit_test(little_memory),
        TEST(EUC_039_block_order),
        TEST(answers_either_way),
        TEST(unknown_and_malformed),
        TEST(EUC_040_two_channels),
        TEST(hostile_requests),
        TEST(EUC_003_challenges),
        TEST(EUC_005_certificate_signature),
        TEST(EUC_005_certificate_of_another_role),
        TEST(EUC_005_signature),
        TEST(EUC_006_curve),
        TEST(EUC_006_no_challenge),
        TEST(EUC_006_other_challenge),
        TEST(EUC_006_unknown_ci),
        TEST(EUC_006_certificate_of_unknown_ci),
        TEST(EUC_007_no_second_answer),
        TEST(EUC_007_challenge_is_used_up),
        TEST(two_cis),
        TEST(EUC_008_fresh_key),
        TEST(EUC_010_hash_cc),
        TEST(EUC_011_key_of_an_earlier_binding),
        TEST(EUC_009_certificate),
        TEST(EUC_009_certificate_of_another_role),
        TEST(EUC_009_certificate_of_another_server),
        TEST(EUC_009_signature),
        TEST(EUC_009_curve),
        TEST(EUC_009_no_session),
        TEST(EUC_009_after_an_smds),
        TEST(EUC_009_transaction_id),
        TEST(EUC_036_cancel),
        TEST(ecasd_tells_the_eid),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
