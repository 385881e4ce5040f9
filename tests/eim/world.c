/* Certificates, eIM, turns, the SM-DP+. */
#include "eim/world.h"

#include "base/secret.h"
#include "pki/lend.h"

#include <stdlib.h>
#include <unistd.h>

static const slice iin = SLICE_LIT("89049032");

static void issue(struct world *w, enum cert_role role, const struct made_cert *issuer,
                  const uint8_t *eid, struct made_cert *out)
{
    char digits[EID_DIGITS + 1] = "";
    struct cert_issuer by = { .signer = &out->signer };
    struct cert_template t = {
        .role = role,
        .serial = SLICE_LIT("\x01\x00"),
        .org =
            role == ROLE_EUM || role == ROLE_EUICC ? SLICE_LIT("RSP Test EUM") : SLICE_LIT("ACME"),
        .common_name = slice_str(role_facts(role)->name),
        .rid = role == ROLE_EUICC ? SLICE_NONE : SLICE_LIT("\x88\x37\x0A"),
        .not_before_s = NOW_S - DAY_S,
        .not_after_s = NOW_S + 900 * DAY_S,
        .path_len = role == ROLE_EUM ? 0 : -1,
    };
    struct ec_scalar secret;
    struct ec_point point;

    if (role == ROLE_EUM) {
        t.iins = &iin;
        t.iin_count = 1;
    }
    if (eid) {
        eid_to_digits(eid, digits);
        t.serial_number = slice_str(digits);
    }
    assert_int_equal(crypto_key_pair(w->crypto, CURVE_P256, &secret, &point), E_OK);
    assert_int_equal(signer_open(w->crypto, CURVE_P256, &secret, &out->signer), E_OK);
    wipe(&secret, sizeof secret);
    if (issuer)
        by = (struct cert_issuer){ &issuer->signer, issuer->cert.subject, issuer->cert.ski };
    assert_int_equal(
        cert_issue(w->crypto, &t, CURVE_P256, &point, &by, out->buf, sizeof out->buf, &out->der),
        E_OK);
    assert_int_equal(cert_parse(out->der, &out->cert), E_OK);
}

static void open_eim(struct world *w)
{
    const struct store_schema *const schemas[] = { &eim_schema, &store_event_schema };
    const struct store_sqlite_options o = { .path = w->path[0] ? w->path : NULL,
                                            .schemas = schemas,
                                            .schema_count = COUNT(schemas),
                                            .volatile_commits = true };
    const struct eim_options options = { .crypto = w->crypto,
                                         .eim_id = SLICE_LIT(EIM_ID),
                                         .signer = &w->signer,
                                         .keys = &w->keys,
                                         .session_max = 256 };

    assert_int_equal(store_sqlite_open(&o, &w->store), E_OK);
    assert_int_equal(eim_open(&options, &w->eim), E_OK);
}

void world_open(struct world *w)
{
    struct ec_scalar secret;
    struct ec_point point;

    memset(w, 0, sizeof *w);
    w->crypto = crypto_openssl();
    w->now_ms = NOW_S * 1000;
    arena_init(&w->arena, 8 << 20);
    arena_init(&w->turn_arena, 4 << 20);
    issue(w, ROLE_CI, NULL, NULL, &w->ci);
    issue(w, ROLE_EUM, &w->ci, NULL, &w->eum);
    issue(w, ROLE_DP_AUTH, &w->ci, NULL, &w->dp);
    assert_int_equal(crypto_key_pair(w->crypto, CURVE_P256, &secret, &point), E_OK);
    assert_int_equal(signer_open(w->crypto, CURVE_P256, &secret, &w->signer), E_OK);
    assert_int_equal(key_open(w->crypto, CURVE_P256, &point, &w->key), E_OK);
    wipe(&secret, sizeof secret);
    keyring_place_open(&w->keys, lend_ci(w->crypto, w->ci.der));
    open_eim(w);
}

void world_close(struct world *w)
{
    eim_close(w->eim);
    store_close(w->store);
    keyring_place_close(&w->keys);
    key_drop(w->key);
    signer_close(&w->signer);
    signer_close(&w->ci.signer);
    signer_close(&w->eum.signer);
    signer_close(&w->dp.signer);
    arena_free(&w->arena);
    arena_free(&w->turn_arena);
    if (w->path[0]) {
        char side[80];

        unlink(w->path);
        snprintf(side, sizeof side, "%s-wal", w->path);
        unlink(side);
        snprintf(side, sizeof side, "%s-shm", w->path);
        unlink(side);
    }
}

void world_move_to_file(struct world *w)
{
    int fd;

    eim_close(w->eim);
    store_close(w->store);
    snprintf(w->path, sizeof w->path, "/tmp/dunlin-eim-XXXXXX");
    fd = mkstemp(w->path);
    assert_true(fd >= 0);
    close(fd);
    open_eim(w);
}

void world_restart(struct world *w)
{
    eim_close(w->eim);
    store_close(w->store);
    open_eim(w);
}

/* ---- turns ---------------------------------------------------------------------------------- */

struct turn *world_begin(struct world *w)
{
    arena_reset(&w->turn_arena);
    turn_init(&w->turn, &w->turn_arena, w->store, w->now_ms);
    return &w->turn;
}

void world_end(struct world *w)
{
    assert_int_equal(turn_commit(&w->turn), E_OK);
}

slice world_say(struct world *w, slice message)
{
    message = arena_copy(&w->arena, message);
    assert_int_equal(eim_esipa(w->eim, message, world_begin(w)), E_OK);
    world_end(w);
    return w->turn.reply;
}

void world_say_nonsense(struct world *w, slice message)
{
    message = arena_copy(&w->arena, message);
    assert_int_equal(err_class(eim_esipa(w->eim, message, world_begin(w))), ERR_PEER);
    assert_int_equal(w->turn.change_count, 0);
}

slice world_hex(struct world *w, const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *buf = arena_alloc(&w->arena, n + 1);

    assert_int_equal(hex_decode(slice_str(hex), buf, n + 1, &n), E_OK);
    return slice_of(buf, n);
}

void assert_octets(struct world *w, slice got, slice expected)
{
    char *a = arena_alloc(&w->arena, 2 * got.n + 1),
         *b = arena_alloc(&w->arena, 2 * expected.n + 1);

    assert_int_equal(hex_encode(got, a, 2 * got.n + 1), E_OK);
    assert_int_equal(hex_encode(expected, b, 2 * expected.n + 1), E_OK);
    assert_string_equal(a, b);
}

/* ---- the SM-DP+ ----------------------------------------------------------------------------- */

static const struct json_function *function_of(const char *name)
{
    return json_function_find(JSON_ES9PLUS, slice_str(name));
}

void smdp_called(struct world *w, const char *function, void *request)
{
    const struct turn_upstream *u = &w->turn.upstream;
    struct fault f;

    assert_int_equal(w->turn.want, TURN_UPSTREAM);
    assert_true(slice_eq(slice_skip(u->path, 19), slice_str(function)));
    assert_int_equal(json_read_request(function_of(function), u->body, &w->arena, request, &f),
                     E_OK);
}

static void resume(struct world *w, const struct eim_answer *a)
{
    slice place = arena_copy(&w->arena, w->turn.upstream.resume);

    assert_int_equal(w->turn.want, TURN_UPSTREAM);
    assert_int_equal(eim_resume(w->eim, place, a, world_begin(w)), E_OK);
    assert_int_equal(w->turn.want, TURN_REPLY);
    world_end(w);
}

void smdp_answers(struct world *w, const char *function, const void *response)
{
    struct eim_answer a = { true, 200, SLICE_NONE };
    struct fault f;

    assert_int_equal(
        json_write_response(function_of(function), response, NULL, &w->arena, &a.body, &f), E_OK);
    resume(w, &a);
}

void smds_answers(struct world *w, slice transaction, const char *const (*events)[2], size_t n)
{
    struct eim_answer a = { true, 200, SLICE_NONE };
    uint8_t *buf = arena_alloc(&w->arena, 8192);
    struct der_writer d = der_writer(buf, 8192);
    struct authenticate_client_response_es11 r = {
        .which = authenticate_client_response_es11_is_authenticate_client_ok,
        .authenticate_client_ok = { .transaction_id = transaction },
    };
    struct fault f;

    for (size_t i = n; i-- > 0;) {
        const struct event_entries e = { .event_id = slice_str(events[i][0]),
                                         .rsp_server_address = slice_str(events[i][1]) };

        assert_int_equal(schema_write(&T_event_entries, &e, DIALECT_BASE, &d, &f), E_OK);
    }
    assert_int_equal(der_written(&d, &r.authenticate_client_ok.event_entries), E_OK);
    assert_int_equal(
        json_write_response(json_function_find(JSON_ES11, SLICE_LIT("authenticateClient")), &r,
                            NULL, &w->arena, &a.body, &f),
        E_OK);
    resume(w, &a);
}

void smdp_refuses(struct world *w, const char *function, const char *subject, const char *reason)
{
    const struct json_status s = { .failed = true,
                                   .subject = slice_str(subject),
                                   .reason = slice_str(reason) };
    struct eim_answer a = { true, 200, SLICE_NONE };

    (void)function;
    assert_int_equal(json_write_failure(&s, &w->arena, &a.body), E_OK);
    resume(w, &a);
}

void smdp_http(struct world *w, int status)
{
    const struct eim_answer a = { true, status, SLICE_EMPTY };

    resume(w, &a);
}

void smdp_down(struct world *w)
{
    const struct eim_answer a = { false, 0, SLICE_NONE };

    resume(w, &a);
}

/* ---- devices -------------------------------------------------------------------------------- */

void world_stranger(struct world *w, unsigned number, struct card *c)
{
    memset(c, 0, sizeof *c);
    c->world = w;
    c->seq = 100 * number;
    /* check digits: the number modulo 97 becomes 1 (SGP.29) */
    memcpy(c->eid, "\x89\x04\x90\x32\x12\x34\x51\x23\x45\x12\x34\x56\x78\x00\x00\x00", 16);
    c->eid[12] = (uint8_t)(number / 100);
    c->eid[13] = (uint8_t)((number / 10 % 10) << 4 | number % 10);
    for (unsigned check = 0; check < 100 && !eid_valid(c->eid); check++)
        c->eid[15] = (uint8_t)((check / 10) << 4 | check % 10);
    assert_true(eid_valid(c->eid));
    issue(w, ROLE_EUICC, &w->eum, c->eid, &c->own);
}

void world_card(struct world *w, unsigned number, struct card *c)
{
    struct eim_device_new n = { .associated = true };

    world_stranger(w, number, c);
    n.eid = SLICE_OF(c->eid);
    n.euicc_certificate = c->own.der;
    n.eum_certificate = w->eum.der;
    assert_int_equal(eim_device_add(w->eim, &n, world_begin(w)), E_OK);
    world_end(w);
}

void card_close(struct card *c)
{
    signer_close(&c->own.signer);
}
