#include "euicc/ipae/house.h"

#include "base/file.h"
#include "cmd/place.h"
#include "eim/order.h"
#include "pki/testci.h"
#include "profile/build.h"
#include "profile/identity.h"
#include "rsp/sgp32.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- servers ---- */

void house_open(struct house *h)
{
    static const slice hosts[] = { SLICE_LIT(HOUSE_SMDP), SLICE_LIT(HOUSE_EIM) };
    struct testci_plan plan = { .curve = CURVE_P256,
                                .hosts = hosts,
                                .host_count = COUNT(hosts),
                                .eim_id = SLICE_LIT(HOUSE_EIM),
                                .now_s = time(NULL) };
    struct servers_options o = { .bind = "127.0.0.1",
                                 .smdp_name = HOUSE_SMDP,
                                 .eim_name = HOUSE_EIM,
                                 .workers = 1,
                                 .download_attempts = 1000,
                                 .volatile_store = true };
    char why[300] = "", db[80];

    *h = (struct house){ .crypto = crypto_openssl() };
    arena_init(&h->arena, (size_t)64 << 20);
    snprintf(h->dir, sizeof h->dir, "/tmp/dunlin-ipae-XXXXXX");
    assert_non_null(mkdtemp(h->dir));
    snprintf(h->pki, sizeof h->pki, "%s/pki", h->dir);
    snprintf(db, sizeof db, "%s/db", h->dir);
    plan.dir = h->pki;
    assert_int_equal(testci_init(h->crypto, &plan, NULL), E_OK);
    o.pki = h->pki;
    o.dir = db;
    h->servers = calloc(1, sizeof *h->servers);
    assert_non_null(h->servers);
    if (servers_open(h->servers, &o, why, sizeof why))
        fail_msg("%s", why);
    h->smdp_port = h->servers->smdp_served.agents.port;
    h->eim_port = h->servers->eim_served.agents.port;
}

void house_close(struct house *h)
{
    servers_close(h->servers);
    free(h->servers);
    folder_remove(h->dir);
    arena_free(&h->arena);
}

void house_profile(struct house *h, struct stock *s)
{
    char digits[ICCID_DIGITS + 1] = "", matching[24];
    struct build_input in = { .iccid = slice_of(digits, 19) };
    struct placed placed;
    slice package;

    snprintf(digits, sizeof digits, "8999970%011u", ++h->profiles);
    digits[18] = luhn_digit(slice_of(digits, 18));
    snprintf(matching, sizeof matching, "MATCH-%u", h->profiles);
    assert_int_equal(profile_build(&h->arena, h->crypto, &in, &package, NULL), E_OK);
    if (!place_profile(h->servers, package, slice_str(matching), SLICE_NONE, s->iccid,
                       s->activation, &placed))
        fail_msg("%s", placed.why);
}

bool house_profile_of(struct house *h, const char *name, struct stock *s)
{
    char path[300], matching[24], digits[ICCID_DIGITS + 1] = "";
    struct profile_change change = { .iccid = slice_of(digits, 19) };
    struct placed placed;
    uint8_t *owned;
    slice package;

    snprintf(path, sizeof path, "../shared/data/%s", name);
    if (file_read(path, &owned, &package)) {
        print_message("%s is not there: left out\n", path);
        return false;
    }
    snprintf(matching, sizeof matching, "MATCH-%u", ++h->profiles);
    snprintf(digits, sizeof digits, "8999970%011u", h->profiles);
    digits[18] = luhn_digit(slice_of(digits, 18));
    assert_int_equal(profile_personalise(&h->arena, package, &change, &package), E_OK);
    free(owned);
    if (!place_profile(h->servers, package, slice_str(matching), SLICE_NONE, s->iccid,
                       s->activation, &placed))
        fail_msg("%s", placed.why);
    return true;
}

/* The eIM passes notifications on when it has the time. */
bool house_enabled(struct house *h, const struct stock *s)
{
    const struct timespec pause = { .tv_nsec = 20000000 };

    for (unsigned i = 0; i < 500; i++) {
        if (placed_profile_state(h->servers, s->iccid) == SMDP_ENABLED)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

/* ---- what the card knows of the eIM ---- */

slice house_certificate(struct house *h, const char *stem)
{
    char path[KEYSTORE_PATH_MAX];
    uint8_t *owned;
    slice der;

    assert_int_equal(keystore_path(h->pki, stem, "der", path, sizeof path), E_OK);
    assert_int_equal(cert_read_file(path, &owned, &der), E_OK);
    der = arena_copy(&h->arena, der);
    free(owned);
    return der;
}

static enum cert_role server_of(enum house_trust trust)
{
    switch (trust) {
    case TRUST_CA:
        return ROLE_CI;
    case TRUST_OTHER_CA:
        return ROLE_EUM;
    case TRUST_OTHER_KEY:
    case TRUST_OTHER_LEAF:
        return ROLE_DP_TLS;
    default:
        return ROLE_EIM_TLS;
    }
}

static void set_trust(struct house *h, enum house_trust trust, struct eim_configuration_data *eim)
{
    struct trusted_public_key_data_tls *tls = &eim->trusted_public_key_data_tls;
    slice der = trust == TRUST_LEAF && h->tls_certificate.p
                    ? h->tls_certificate
                    : house_certificate(h, role_facts(server_of(trust))->file);
    struct cert cert;

    if (trust == TRUST_NONE)
        return;
    assert_int_equal(cert_parse(der, &cert), E_OK);
    if (trust == TRUST_KEY || trust == TRUST_OTHER_KEY) {
        tls->which = trusted_public_key_data_tls_is_trusted_eim_pk_tls;
        tls->trusted_eim_pk_tls = cert.spki;
    } else {
        tls->which = trusted_public_key_data_tls_is_trusted_certificate_tls;
        tls->trusted_certificate_tls = der;
    }
}

slice house_initial_eim(struct house *h, enum house_trust trust)
{
    const struct servers *s = h->servers;
    uint8_t spki[120], *buf = arena_alloc(&h->arena, 4096), *item = arena_alloc(&h->arena, 2048);
    struct der_writer w = der_writer(spki, sizeof spki);
    struct eim_configuration_data eim = {
        .eim_id = SLICE_LIT(HOUSE_EIM),
        .eim_fqdn = SLICE_LIT(HOUSE_EIM),
        .eim_id_type = 2,
        .has_eim_id_type = true,
        .has_counter_value = true,
        .eim_public_key_data = { .which = eim_public_key_data_is_eim_public_key },
        .eim_supported_protocol = SLICE_LIT("\x07\x80"),
        .euicc_ci_pk_id = slice_of(servers_ci(s)->id, servers_ci(s)->id_n),
        .indirect_profile_download = true,
    };
    struct add_initial_eim_request request;
    slice out;

    set_trust(h, trust, &eim);
    der_put_spki(&w, s->eim_sign.signer.curve, &s->eim_sign.signer.point);
    assert_int_equal(der_written(&w, &eim.eim_public_key_data.eim_public_key), E_OK);
    assert_int_equal(schema_encode(&T_eim_configuration_data, &eim, item, 2048,
                                   &request.eim_configuration_data_list, NULL),
                     E_OK);
    assert_int_equal(schema_encode(&T_add_initial_eim_request, &request, buf, 4096, &out, NULL),
                     E_OK);
    return out;
}

/* ---- devices and orders ---- */

void house_device(struct house *h, uint8_t eid[EID_LEN])
{
    struct identity eum;
    struct placed placed;

    testci_eid(++h->cards, eid);
    assert_int_equal(identity_open_role(h->crypto, h->pki, ROLE_EUM, &eum), E_OK);
    assert_int_equal(testci_add_euicc(h->crypto, &eum, h->pki, eid, time(NULL)), E_OK);
    identity_close(&eum);
    if (!place_device(h->servers, eid, -1, &placed))
        fail_msg("%s", placed.why);
}

int64_t house_psmo(struct house *h, const uint8_t eid[EID_LEN], enum house_order what,
                   const struct stock *s)
{
    static const enum place_psmo psmo[] = { PLACE_LIST, PLACE_ENABLE, PLACE_ENABLE, PLACE_DISABLE,
                                            PLACE_DELETE };
    struct placed placed;
    int64_t id;

    if (!place_psmo(h->servers, eid, psmo[what], s ? SLICE_OF(s->iccid) : SLICE_NONE,
                    what == ORDER_ENABLE_ROLLBACK, &id, &placed))
        fail_msg("%s", placed.why);
    return id;
}

int64_t house_download(struct house *h, const uint8_t eid[EID_LEN], const struct stock *s,
                       bool indirect)
{
    struct placed placed;
    int64_t id;

    if (!place_download(h->servers, eid, slice_str(s->activation), indirect, SLICE_OF(s->iccid),
                        &id, &placed))
        fail_msg("%s", placed.why);
    return id;
}

struct fallback {
    slice eid;
    struct psmo psmo;
    struct eim_order *order;
};

static enum err set_fallback(void *role, void *ctx, struct turn *t)
{
    struct fallback *f = ctx;

    return eim_order_psmo(role, f->eid, &f->psmo, 1, t, &f->order);
}

int64_t house_fallback(struct house *h, const uint8_t eid[EID_LEN], const struct stock *s)
{
    struct fallback f = { .eid = slice_of(eid, EID_LEN),
                          .psmo = { .which = psmo_is_set_fallback_attribute,
                                    .set_fallback_attribute = { SLICE_OF(s->iccid) } } };
    struct arena a;
    int64_t id;

    arena_init(&a, (size_t)1 << 20);
    assert_int_equal(
        servers_operate(h->servers->eim_served.store, &a, set_fallback, h->servers->eim, &f, NULL),
        E_OK);
    id = f.order->id;
    arena_free(&a);
    return id;
}

enum house_outcome house_outcome(struct house *h, int64_t id)
{
    struct eim_order order;
    struct arena a;
    enum house_outcome outcome;

    arena_init(&a, (size_t)1 << 20);
    assert_true(placed_order(h->servers, id, &a, &order));
    outcome = order.state == EIM_FAILED ? ORDER_FAILED
              : order.state != EIM_DONE ? ORDER_OPEN
              : order.verified          ? ORDER_DONE
                                        : ORDER_UNSIGNED;
    arena_free(&a);
    return outcome;
}

int house_state_change(struct house *h, const uint8_t eid[EID_LEN])
{
    struct eim_device d;
    struct arena a;
    struct turn t;
    int cause;

    arena_init(&a, (size_t)1 << 20);
    turn_init(&t, &a, h->servers->eim_served.store, (int64_t)time(NULL) * 1000);
    assert_int_equal(eim_device_get(&t, slice_of(eid, EID_LEN), &d), E_OK);
    cause = d.changed_ms ? (int)d.changed_cause : -1;
    arena_free(&a);
    return cause;
}
