#include "cmd/desk.h"

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "pki/keystore.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH_SIZE    1024
#define TOKEN_OCTETS 32
#define BODY_MAX     ((size_t)2 << 20)

/* ---- who may ---- */

static enum err digest(const struct desk *d, slice s, uint8_t out[32])
{
    return crypto_sha256(d->crypto, &s, 1, out);
}

/* Digests are compared, so that not even the length of the token shows. */
static bool knows_token(const struct desk *d, const struct http_request *r)
{
    slice said = http_request_field(r, "Authorization");
    uint8_t given[32];

    if (!slice_eq_nocase(slice_head(said, 7), SLICE_LIT("Bearer ")) ||
        digest(d, slice_skip(said, 7), given))
        return false;
    return ct_equal(given, d->token, sizeof given);
}

static bool shows_certificate(const struct desk *d, const struct http_request *r)
{
    uint8_t given[32];
    bool found = false;

    if (!r->tls.peer_cert.n || digest(d, r->tls.peer_cert, given))
        return false;
    for (size_t i = 0; i < d->certificate_count; i++)
        found |= ct_equal(given, d->certificates[i], sizeof given);
    return found;
}

static void turn_away(const struct desk *d, struct http_exchange *x)
{
    bool by_token = !d->certificate_count;
    const struct http_field challenge = { SLICE_LIT("WWW-Authenticate"), SLICE_LIT("Bearer") };

    http_reply(
        x, &(struct http_response){
               .status = by_token ? 401 : 403,
               .content_type = SLICE_LIT("application/problem+json"),
               .fields = &challenge,
               .field_count = by_token,
               .body = by_token ? SLICE_LIT("{\"type\":\"about:blank\",\"title\":\"Unauthorized\","
                                            "\"status\":401,\"field\":\"Authorization\","
                                            "\"detail\":\"the token is needed\"}\n")
                                : SLICE_LIT("{\"type\":\"about:blank\",\"title\":\"Forbidden\","
                                            "\"status\":403,\"detail\":\"this certificate is "
                                            "nobody's\"}\n"),
           });
}

/* ---- requests ---- */

static struct engine_site *site_of(const struct desk *d, slice path)
{
    if (slice_starts(path, SLICE_LIT("/v1/smdp/")))
        return d->smdp;
    if (slice_starts(path, SLICE_LIT("/v1/smds/")))
        return d->smds;
    if (slice_starts(path, SLICE_LIT("/v1/eim/")))
        return d->eim;
    return d->smdp ? d->smdp : d->smds ? d->smds : d->eim;
}

static void serve(void *ctx, const struct http_request *r, struct http_exchange *x)
{
    const struct desk *d = ctx;
    struct engine_site *site = site_of(d, r->path);

    if (d->certificate_count ? !shows_certificate(d, r) : !knows_token(d, r))
        turn_away(d, x);
    else if (!site)
        http_reply_status(x, 404);
    else
        engine_serve(site, r, x);
}

/* ---- opening ---- */

static enum err make_token(struct desk *d, const char *path)
{
    uint8_t octets[TOKEN_OCTETS];
    char text[2 * TOKEN_OCTETS + 2];
    enum err e = crypto_random(d->crypto, octets, sizeof octets);

    if (!e)
        e = hex_encode(SLICE_OF(octets), text, sizeof text);
    text[2 * TOKEN_OCTETS] = '\n';
    if (!e)
        e = file_create(path, slice_of(text, 2 * TOKEN_OCTETS + 1), 0600);
    wipe(octets, sizeof octets);
    wipe(text, sizeof text);
    return e == E_EXISTS ? E_OK : e;
}

/* White space around it is not part of it. */
static slice trimmed(slice s)
{
    while (s.n && s.p[s.n - 1] <= ' ')
        s.n--;
    while (s.n && *s.p <= ' ')
        s = slice_skip(s, 1);
    return s;
}

static enum err open_token(struct desk *d, const char *dir, struct reason *r)
{
    char path[PATH_SIZE];
    uint8_t *owned = NULL;
    slice text;
    enum err e;

    if ((size_t)snprintf(path, sizeof path, "%s/" DESK_TOKEN_FILE, dir) >= sizeof path)
        return because(r, E_ARGUMENT, "folder name %s is too long", dir);
    e = file_read(path, &owned, &text);
    if (e == E_NOTFOUND) {
        e = make_token(d, path);
        if (!e)
            e = file_read(path, &owned, &text);
    }
    if (!e && trimmed(text).n < 32)
        e = E_SIZE;
    if (!e)
        e = digest(d, trimmed(text), d->token);
    if (owned)
        wipe(owned, text.n);
    free(owned);
    return e ? because(r, e, "the token of the operator's desk, %s", path) : E_OK;
}

static enum err read_certificates(struct desk *d, const struct desk_options *o, struct reason *r)
{
    if (o->certificate_count > DESK_CERTIFICATES)
        return because(r, E_LIMIT, "more than %d certificates for the operator's desk",
                       DESK_CERTIFICATES);
    for (size_t i = 0; i < o->certificate_count; i++) {
        uint8_t *owned = NULL;
        slice der;
        enum err e = cert_read_file(o->certificates[i], &owned, &der);

        if (!e)
            e = digest(d, der, d->certificates[i]);
        free(owned);
        if (e)
            return because(r, e, "operator's certificate %s", o->certificates[i]);
        d->certificate_count++;
    }
    return E_OK;
}

enum err desk_open(struct desk *d, struct servers *s, const struct desk_options *o, char *why,
                   size_t why_size)
{
    struct reason r = { why, why_size };
    struct listener_options listener = {
        .keys = { .pki = o->pki,
                  .role = s->smdp   ? ROLE_DP_TLS
                          : s->smds ? ROLE_DS_TLS
                                    : ROLE_EIM_TLS,
                  .own = "admin-tls" },
        .bind = o->bind,
        .port = o->port,
        .client_certificates = o->certificate_count > 0,
        .handler = serve,
        .ctx = d,
        .body_max = BODY_MAX,
    };
    enum err e;

    *d = (struct desk){
        .crypto = s->crypto,
        .smdp = s->smdp ? &s->smdp_served.desk : NULL,
        .smds = s->smds ? &s->smds_served.desk : NULL,
        .eim = s->eim ? &s->eim_served.desk : NULL,
    };
    e = o->certificate_count ? read_certificates(d, o, &r) : open_token(d, o->dir, &r);
    if (!e)
        e = served_listen(&d->listener, &listener, &r);
    if (e)
        desk_close(d);
    else
        s->desk = &d->listener;
    return e;
}

void desk_close(struct desk *d)
{
    if (d->listener.http)
        http_server_drain(d->listener.http);
    http_server_close(d->listener.http);
    tls_server_close(d->listener.tls);
    wipe(d, sizeof *d);
}
