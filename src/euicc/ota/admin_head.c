/* Header fields of the administration protocol (Amendment B 3.4, TS 102 226 annex B). */
#include "base/text.h"
#include "euicc/ota/admin.h"

#define PROTOCOL "globalplatform-remote-admin/1.0"

static const struct {
    const char *command, *response;
} media[] = {
    [ADMIN_CARD_CONTENT] = { "application/vnd.globalplatform.card-content-mgt",
                             "application/"
                             "vnd.globalplatform.card-content-mgt-response;version=1.0" },
    [ADMIN_COMMAND_DATA] = { "application/vnd.etsi.scp.command-data",
                             "application/vnd.etsi.scp.response-data;version=1.0" },
};

static const char *const verdicts[] = {
    [ADMIN_SCRIPT_OK] = "ok",
    [ADMIN_UNKNOWN_APPLICATION] = "unknown-application",
    [ADMIN_NOT_A_DOMAIN] = "not-a-security-domain",
    [ADMIN_SECURITY_ERROR] = "security-error",
};

/* ---- what a server says ---- */

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static slice trim(slice s)
{
    while (s.n && blank(s.p[0]))
        s = slice_skip(s, 1);
    while (s.n && blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

static slice before(slice s, uint8_t mark)
{
    const uint8_t *at = s.n ? memchr(s.p, mark, s.n) : NULL;

    return at ? slice_head(s, (size_t)(at - s.p)) : s;
}

static bool starts_nocase(slice s, slice prefix)
{
    return s.n >= prefix.n && slice_eq_nocase(slice_head(s, prefix.n), prefix);
}

slice admin_path(slice uri, slice host)
{
    static const slice schemes[] = { { (const uint8_t *)"https://", 8 },
                                     { (const uint8_t *)"http://", 7 } };

    for (size_t i = 0; i < uri.n; i++)
        if (uri.p[i] <= ' ' || uri.p[i] >= 0x7F)
            return SLICE_NONE;
    for (size_t i = 0; i < COUNT(schemes); i++) {
        if (!starts_nocase(uri, schemes[i]))
            continue;
        uri = slice_skip(uri, schemes[i].n);
        slice authority = before(uri, '/');
        if (!slice_eq_nocase(authority, host) && !slice_eq_nocase(authority, before(host, ':')))
            return SLICE_NONE; /* the session is with this server */
        uri = slice_skip(uri, authority.n);
        return uri.n ? uri : SLICE_LIT("/");
    }
    return uri.n && uri.p[0] == '/' ? uri : SLICE_NONE;
}

static void take_next(struct admin_head *h, slice host, slice value)
{
    slice path = admin_path(value, host);

    if (!value.n)
        return;
    if (h->next.n || !path.p || path.n > sizeof h->next.p) {
        h->fault = true;
        return;
    }
    memcpy(h->next.p, path.p, path.n);
    h->next.n = (uint16_t)path.n;
}

/* "//aid/<RID>/<PIX>"; the second stroke may be missing. What is malformed is nobody's name. */
static void take_target(struct admin_head *h, slice value)
{
    static const slice scheme = { (const uint8_t *)"//aid/", 6 };
    uint8_t digits[2 * CARD_AID_MAX];
    slice name = slice_skip(value, scheme.n), rid = before(name, '/');
    slice pix = slice_skip(name, rid.n + 1);
    size_t n;

    h->fault = h->fault || h->targeted;
    h->targeted = true;
    if (!starts_nocase(value, scheme) || (rid.n < name.n && rid.n != 10) ||
        rid.n + pix.n > sizeof digits || rid.n + pix.n < 10)
        return;
    memcpy(digits, rid.p, rid.n);
    if (pix.n)
        memcpy(digits + rid.n, pix.p, pix.n);
    if (hex_decode(slice_of(digits, rid.n + pix.n), h->target.p, sizeof h->target.p, &n))
        return;
    h->target.n = (uint16_t)n;
    h->target_known = true;
}

/* Type and, if it is told, version 1.0. */
static void take_content(struct admin_head *h, slice value)
{
    slice type = trim(before(value, ';')),
          parameter = trim(slice_skip(value, before(value, ';').n + 1));

    h->fault = h->fault || h->content != ADMIN_NO_CONTENT;
    h->content = ADMIN_OTHER_CONTENT;
    if (parameter.n && !slice_eq_nocase(parameter, SLICE_LIT("version=1.0")))
        return;
    for (size_t i = ADMIN_CARD_CONTENT; i <= ADMIN_COMMAND_DATA; i++)
        if (slice_eq_nocase(type, slice_str(media[i].command)))
            h->content = (enum admin_content)i;
}

void admin_head_take(struct admin_head *h, slice host, slice field)
{
    slice name = before(field, ':'), value = trim(slice_skip(field, name.n + 1));

    if (slice_eq_nocase(name, SLICE_LIT("X-Admin-Protocol")))
        h->protocol = slice_eq_nocase(value, SLICE_LIT(PROTOCOL));
    else if (slice_eq_nocase(name, SLICE_LIT("X-Admin-Next-URI")))
        take_next(h, host, value);
    else if (slice_eq_nocase(name, SLICE_LIT("X-Admin-Targeted-Application")))
        take_target(h, value);
    else if (slice_eq_nocase(name, SLICE_LIT("Content-Type")))
        take_content(h, value);
}

/* ---- what the card says ---- */

static void put(uint8_t *out, size_t *n, slice s)
{
    if (s.n)
        memcpy(out + *n, s.p, s.n);
    *n += s.n;
}

static void line(uint8_t *out, size_t *n, const char *name, slice value)
{
    put(out, n, slice_str(name));
    put(out, n, SLICE_LIT(": "));
    put(out, n, value);
    put(out, n, SLICE_LIT("\r\n"));
}

size_t admin_head_put(const struct admin_request *r, uint8_t out[ADMIN_HEADERS_MAX])
{
    size_t n = 0;

    line(out, &n, "X-Admin-Protocol", SLICE_LIT(PROTOCOL));
    line(out, &n, "X-Admin-From", r->agent);
    if (r->resume)
        line(out, &n, "X-Admin-Resume", SLICE_LIT("true"));
    if (r->verdict != ADMIN_NO_SCRIPT)
        line(out, &n, "X-Admin-Script-Status", slice_str(verdicts[r->verdict]));
    if (r->verdict == ADMIN_SCRIPT_OK)
        line(out, &n, "Content-Type", slice_str(media[r->content].response));
    return n;
}
