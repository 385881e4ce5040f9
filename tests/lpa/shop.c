#include "lpa/shop.h"

#include "euicc/card.h"
#include "pki/testci.h"
#include "profile/build.h"
#include "reader/in_process.h"
#include "rsp/json/json.h"

#include <jansson.h>
#include <time.h>

#define HALF    400000u
#define OBJECTS ((size_t)256 << 10)

/* ---- the servers ---- */

static void keep(char *out, size_t size, slice text)
{
    snprintf(out, size, "%.*s", (int)text.n, text.p ? (const char *)text.p : "");
}

static void handle(void *ctx, const struct http_request *request, struct http_exchange *x)
{
    struct shop *s = ctx;
    struct call *c = &s->calls[s->call_count++];
    struct answer a = { .content_type = SLICE_LIT(MEDIA_JSON) };
    char path[100];

    MUST(s->call_count < CALLS_MAX);
    keep(path, sizeof path, request->path);
    keep(c->host, sizeof c->host, http_request_field(request, "Host"));
    c->host[strcspn(c->host, ":")] = '\0';
    snprintf(c->function, sizeof c->function, "%.39s", strrchr(path, '/') + 1);
    keep(c->agent, sizeof c->agent, http_request_field(request, "User-Agent"));
    keep(c->protocol, sizeof c->protocol, http_request_field(request, "X-Admin-Protocol"));
    c->body = arena_copy(&s->arena, request->body);
    if (!strncmp(c->host, "smds", 4))
        shop_smds(s, c->host, c->function, c->body, &a);
    else
        a.status = server_post(&s->dp, path, request->body, &s->arena, &a.body);
    if (s->twist && !strcmp(s->function, c->function) &&
        (!s->twist_times || s->twisted < s->twist_times)) {
        s->twisted++;
        s->twist(s, &a);
    }
    c->status = a.status;
    http_reply(x, &(struct http_response){
                      .status = a.status,
                      .content_type = a.body.n ? a.content_type : SLICE_NONE,
                      .body = a.body,
                  });
}

static void listen_for(struct shop *s)
{
    char chain[100], key[100], row[40], path[KEYSTORE_PATH_MAX];
    struct tls_identity identity = { .chain_file = chain, .key_file = key };
    struct tls_server_options tls = { .identities = &identity, .identity_count = 1 };
    struct http_server_options o = { .handler = handle, .ctx = s };
    struct tls_trust_options trust = { 0 };
    uint8_t *owned;

    snprintf(chain, sizeof chain, "%s/dp-tls.pem", s->dp.pki);
    snprintf(key, sizeof key, "%s/dp-tls.key", s->dp.pki);
    MUST(!strcmp(role_facts(ROLE_DP_TLS)->file, "dp-tls"));
    MUST(tls_server_open(&tls, &s->tls) == E_OK);
    o.tls = s->tls;
    MUST(http_server_open(&o, &s->http) == E_OK);
    snprintf(row, sizeof row, "*=127.0.0.1:%u", http_server_port(s->http));
    MUST(hosts_open(&s->hosts) == E_OK);
    MUST(hosts_add(s->hosts, "nobody.example.com=127.0.0.1:1") == E_OK); /* nobody listens there */
    MUST(hosts_add(s->hosts, row) == E_OK);
    MUST(keystore_path(s->dp.pki, "dp-tls", "der", path, sizeof path) == E_OK);
    MUST(cert_read_file(path, &owned, &trust.pinned_leaf) == E_OK);
    MUST(tls_trust_open(&trust, &s->trust) == E_OK);
    free(owned);
}

/* ---- the card ---- */

static void note_function(struct shop *s, slice apdu)
{
    size_t n = strlen(s->functions);

    if (apdu.n < 7 || apdu.p[1] != 0xE2)
        return;
    if (apdu.p[3] == 0) {
        s->tag = apdu.p[5] == 0xBF || apdu.p[5] == 0x7F || apdu.p[5] == 0x5F
                     ? (unsigned)(apdu.p[5] << 8 | apdu.p[6])
                     : apdu.p[5];
        if (n < sizeof s->functions - 8)
            snprintf(s->functions + n, sizeof s->functions - n, " %X", s->tag);
    }
    s->segments += apdu.p[2] == 0x91;
}

static enum err transmit(void *ctx, slice command, uint8_t *response, size_t size, size_t *n)
{
    struct shop *s = ctx;

    if (s->broken)
        return E_CLOSED;
    note_function(s, command);
    if (s->fault_tag && command.n > 5 && command.p[1] == 0xE2 && command.p[2] == 0x91 &&
        s->tag == s->fault_tag && !s->fault_skip--) {
        s->fault_tag = s->fault_skip = 0;
        s->broken = !s->fault_hex;
        if (s->broken)
            return E_CLOSED;
        MUST(hex_decode(slice_str(s->fault_hex), response, size, n) == E_OK);
        return E_OK;
    }
    *n = card_apdu(s->card, command, response, size);
    return E_OK;
}

static enum err reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    struct shop *s = ctx;

    (void)atr;
    (void)size;
    card_reset(s->card);
    *n = 0;
    return E_OK;
}

static void close_link(void *ctx)
{
    (void)ctx;
}

static void power(struct shop *s)
{
    enum err why;

    if (s->card)
        card_close(s->card);
    s->card =
        card_boot(s->memory, s->memory_size, &s->nvm, s->dp.crypto, &s->card_personality, &why);
    MUST(s->card);
}

static void make_card(struct shop *s)
{
    struct personality *p = &s->personality;

    personality_defaults(p);
    testci_eid(1, p->eid);
    p->root_smds = SLICE_LIT(SMDS_NAME);
    MUST(testci_add_euicc(s->dp.crypto, &s->dp.eum, s->dp.pki, p->eid, time(NULL)) == E_OK);
    MUST(personality_load(p, &s->files, s->dp.crypto, s->dp.pki) == E_OK);
    s->apps[0] = (struct card_app_entry){ &isdr_app, p };
    s->apps[1] = (struct card_app_entry){ &ecasd_app, p };
    s->card_personality = (struct card_personality){ .apps = s->apps, .app_count = 2 };
    s->memory_size = card_size(&s->card_personality, OBJECTS);
    s->memory = malloc(s->memory_size);
    s->octets = malloc((size_t)NVM_HALVES * HALF);
    MUST(s->memory && s->octets);
    nvm_ram_init(&s->ram, s->octets, HALF, &s->nvm);
    s->link = (struct card_link){ s, transmit, reset, close_link };
    power(s);
}

/* ---- the user ---- */

static enum lpa_consent consent(void *ctx, const struct store_metadata_request *m, bool rules)
{
    struct shop *s = ctx;

    (void)m;
    s->consents++;
    s->rules = rules;
    if (s->meanwhile)
        s->meanwhile(s);
    return s->consent;
}

static bool type_code(void *ctx, bool again, uint8_t *buf, size_t size, size_t *n)
{
    struct shop *s = ctx;
    const char *code;

    MUST(s->codes < COUNT(s->code));
    s->again[s->codes] = again;
    code = s->code[s->codes++];
    if (!code)
        return false;
    *n = strlen(code);
    MUST(*n <= size);
    memcpy(buf, code, *n);
    return true;
}

/* ---- ---- */

static void open_lpa(struct shop *s)
{
    s->o = (struct lpa_options){ .crypto = s->dp.crypto,
                                 .link = &s->link,
                                 .hosts = s->hosts,
                                 .tls = s->trust,
                                 .block = 255,
                                 .consent = consent,
                                 .code = type_code,
                                 .ctx = s };
    MUST(lpa_open(&s->o, &s->lpa) == E_OK);
}

void shop_open(struct shop *s)
{
    *s = (struct shop){ .consent = LPA_YES };
    arena_init(&s->arena, (size_t)64 << 20);
    server_open(&s->dp);
    listen_for(s);
    make_card(s);
    open_lpa(s);
}

void shop_close(struct shop *s)
{
    lpa_close(s->lpa);
    card_close(s->card);
    free(s->memory);
    free(s->octets);
    personality_unload(&s->files);
    http_server_close(s->http);
    tls_server_close(s->tls);
    tls_trust_close(s->trust);
    hosts_close(s->hosts);
    server_close(&s->dp);
    arena_free(&s->arena);
}

void shop_reboot(struct shop *s)
{
    lpa_close(s->lpa);
    s->broken = false;
    power(s);
    open_lpa(s);
}

static enum err place(struct shop *s, struct ware *w, slice package, struct turn *t, unsigned step)
{
    struct smdp_new_profile n = { .package = package,
                                  .protection = SMDP_SESSION_KEYS,
                                  .about.service_provider = SLICE_LIT("Dunlin"),
                                  .about.profile_name = SLICE_LIT("Test"),
                                  .about.profile_class = w->class ? w->class : 2,
                                  .about.mcc_mnc =
                                      w->rules ? SLICE_LIT("\x00\xF1\x10") : SLICE_NONE,
                                  .about.policy_rules = w->rules };
    struct smdp_download_order o = { .iccid = SLICE_OF(w->iccid) };
    struct smdp_confirm_order c = {
        .iccid = SLICE_OF(w->iccid),
        .eid = w->for_this_card ? SLICE_OF(s->personality.eid) : SLICE_NONE,
        .matching_id = w->for_this_card ? SLICE_EMPTY : slice_str(w->matching_id),
        .confirmation_code = w->code ? slice_str(w->code) : SLICE_NONE,
        .release = true
    };
    struct smdp_confirmed confirmed;
    uint8_t iccid[ICCID_LEN];

    return step == 0   ? smdp_profile_add(s->dp.smdp, &n, t, iccid)
           : step == 1 ? smdp_download_order(s->dp.smdp, &o, t, iccid)
                       : smdp_confirm_order(s->dp.smdp, &c, t, &confirmed);
}

void shop_order(struct shop *s, struct ware *w)
{
    char digits[ICCID_DIGITS + 1];
    struct build_input in = { .iccid = slice_of(digits, 19) };
    slice package;

    snprintf(digits, sizeof digits, "8999970%011u", w->number);
    digits[18] = luhn_digit(slice_of(digits, 18));
    if (!w->for_this_card)
        snprintf(w->matching_id, sizeof w->matching_id, "MATCH-%u", w->number);
    MUST(iccid_from_digits(in.iccid, w->iccid) == E_OK);
    MUST(profile_build(&s->arena, s->dp.crypto, &in, &package, NULL) == E_OK);
    for (unsigned step = 0; step < 3; step++) {
        struct turn t;

        turn_init(&t, &s->arena, s->dp.store, (int64_t)time(NULL) * 1000);
        MUST(place(s, w, package, &t, step) == E_OK && !t.status.subject &&
             turn_commit(&t) == E_OK);
    }
}

enum err shop_download(struct shop *s, const struct ware *w, struct lpa_installed *out)
{
    struct lpa_order order = { .address = SLICE_LIT(SMDP_NAME),
                               .matching_id = slice_str(w->matching_id) };

    s->call_count = 0;
    s->twisted = s->consents = s->codes = 0;
    s->functions[0] = '\0';
    return lpa_download(s->lpa, &order, out);
}

enum smdp_state shop_state(struct shop *s, const struct ware *w)
{
    struct smdp_order row;

    MUST(store_get(s->dp.store, &smdp_order_table, SMDP_BY_KEY,
                   STORE_KEY(store_blob(SLICE_OF(w->iccid))), &row, &s->arena) == E_OK);
    return row.state;
}

const char *shop_heard(struct shop *s)
{
    char *text = arena_alloc(&s->arena, CALLS_MAX * 42);
    size_t n = 0;

    MUST(text);
    for (size_t i = 0; i < s->call_count; i++)
        n += (size_t)snprintf(text + n, 42, " %s", s->calls[i].function);
    return text;
}

const struct call *shop_last(struct shop *s, const char *function)
{
    for (size_t i = s->call_count; i-- > 0;)
        if (!strcmp(s->calls[i].function, function))
            return &s->calls[i];
    return NULL;
}

int64_t shop_reason(struct shop *s)
{
    const struct json_function *f = json_function_find(JSON_ES9PLUS, SLICE_LIT("cancelSession"));
    const struct call *c = shop_last(s, "cancelSession");
    struct cancel_session_request_es9 q;
    struct cancel_session_response r;
    struct euicc_cancel_session_signed signed_part;
    uint8_t buf[512];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice whole;

    if (!c)
        return -1;
    MUST(json_read_request(f, c->body, &s->arena, &q, NULL) == E_OK);
    der_put_rehead(&w, 0xBF41, q.cancel_session_response);
    MUST(der_written(&w, &whole) == E_OK);
    MUST(schema_decode(&T_cancel_session_response, whole, &r, NULL) == E_OK);
    MUST(r.which == cancel_session_response_is_cancel_session_response_ok);
    MUST(schema_decode(&T_euicc_cancel_session_signed,
                       r.cancel_session_response_ok.euicc_cancel_session_signed, &signed_part,
                       NULL) == E_OK);
    return signed_part.reason;
}

static size_t count(const struct type *t, slice list)
{
    union {
        struct profile_info profile;
        struct notification_metadata notification;
    } row;
    size_t n = 0;

    while (schema_next(t, &list, &row))
        n++;
    return n;
}

const char *shop_said(struct shop *s)
{
    static char text[400];

    return lpa_trouble_text(s->lpa, text, sizeof text);
}

void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in '%s'", part, text);
}

size_t shop_profiles(struct shop *s)
{
    slice list;

    MUST(lpa_profiles(s->lpa, &list) == E_OK);
    return count(&T_profile_info, list);
}

size_t shop_notifications(struct shop *s)
{
    slice list;

    MUST(lpa_notifications(s->lpa, &list) == E_OK);
    return count(&T_notification_metadata, list);
}

/* ---- JSON ---- */

slice shop_set(struct shop *s, slice body, const char *member, const char *json)
{
    json_t *o = json_loadb((const char *)body.p, body.n, 0, NULL);
    char *text;
    slice out;

    MUST(o && json_object_get(o, member));
    if (json)
        json_object_set_new(o, member, json_loads(json, JSON_DECODE_ANY, NULL));
    else
        json_object_del(o, member);
    text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    out = arena_copy(&s->arena, slice_str(text));
    free(text);
    return out;
}

slice shop_set_octets(struct shop *s, slice body, const char *member, slice octets)
{
    size_t n, room = B64_LEN(octets.n) + 3;
    char *text = arena_alloc(&s->arena, room);

    MUST(text && b64_encode(octets, text + 1, room - 2, &n) == E_OK);
    text[0] = text[n + 1] = '"';
    return shop_set(s, body, member, text);
}

slice shop_octets(struct shop *s, slice body, const char *member)
{
    json_t *o = json_loadb((const char *)body.p, body.n, 0, NULL);
    const char *text = json_string_value(json_object_get(o, member));
    uint8_t *buf = arena_alloc(&s->arena, body.n + 1);
    size_t n;

    MUST(text && buf && b64_decode(slice_str(text), buf, body.n, &n) == E_OK);
    json_decref(o);
    return slice_of(buf, n);
}

void shop_succeeds(struct shop *s, struct ware *w)
{
    struct lpa_installed done;

    s->twist = NULL;
    s->fault_tag = 0;
    s->consent = LPA_YES;
    if (shop_download(s, w, &done))
        fail_msg("%s", shop_said(s));
    assert_memory_equal(done.iccid, w->iccid, ICCID_LEN);
    assert_true(done.notified);
    assert_int_equal(shop_state(s, w), SMDP_INSTALLED);
    assert_int_equal(shop_notifications(s), 0);
}
