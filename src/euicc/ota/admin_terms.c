/*
 * Administration session parameters (Amendment B, table 3-3):
 *
 *   81 { 83 { 84 connection, 85 security, 86 retry policy, 89 { 8A host, 8B agent, 8C URI } }
 *        B3 { D6 name, FA connection to the resolver } }
 *
 * and the content of 83 under tag 85 or A5 in the domain's own data. What a message says goes
 * before what the domain has.
 */
#include "base/secret.h"
#include "der/der.h"
#include "euicc/isdr/isdr_impl.h"
#include "euicc/ota/admin.h"

enum { SESSION = 0x83, CONNECTION = 0x84, SECURITY = 0x85, RETRY = 0x86, HTTP_POST = 0x89 };
enum { HOST = 0x8A, AGENT = 0x8B, URI = 0x8C };
enum { RESOLUTION = 0xB3, RESOLVED_NAME = 0xD6, RESOLVER = 0xFA };
enum { TCP_CLIENT = 0x02, IPV4 = 0x21, IPV6 = 0x57, HTTPS_PORT = 443 };
enum { TIMER_VALUE = 0x25, COMPREHENSION = 0x80 };
enum { LOGIN_TOGETHER = 100 }; /* with their coding schemes: OPEN CHANNEL has to take them */

/* Elements as they were found last. */
struct parts {
    slice connection, security, retry, host, agent, uri, name, resolver;
};

static bool set(slice from, uint8_t *to, size_t size, uint16_t *n)
{
    if (from.n > size)
        return false;
    if (from.n)
        memcpy(to, from.p, from.n);
    *n = (uint16_t)from.n;
    return true;
}
#define SET(field, from) set(from, (field).p, sizeof(field).p, &(field).n)

/* ---- from elements to parts ---- */

struct member {
    uint32_t tag;
    slice *to;
};

/* Every element of `in` must be one of these. */
static bool members(slice in, const struct member *known, size_t count)
{
    struct der_reader r = der_reader(in);

    while (der_more(&r)) {
        struct tlv t = der_take(&r);
        size_t i = 0;

        while (i < count && known[i].tag != t.tag)
            i++;
        if (i == count)
            return false;
        *known[i].to = t.value;
    }
    return !r.err;
}

static bool session_members(slice in, struct parts *p)
{
    slice post = SLICE_NONE;
    const struct member known[] = { { CONNECTION, &p->connection },
                                    { SECURITY, &p->security },
                                    { RETRY, &p->retry },
                                    { HTTP_POST, &post } };
    const struct member post_known[] = { { HOST, &p->host },
                                         { AGENT, &p->agent },
                                         { URI, &p->uri } };

    return members(in, known, COUNT(known)) && members(post, post_known, COUNT(post_known));
}

static bool message_members(slice in, struct parts *p)
{
    slice session = SLICE_NONE, resolution = SLICE_NONE;
    const struct member known[] = { { SESSION, &session }, { RESOLUTION, &resolution } };
    const struct member dns_known[] = { { RESOLVED_NAME, &p->name }, { RESOLVER, &p->resolver } };

    return members(in, known, COUNT(known)) && session_members(session, p) &&
           members(resolution, dns_known, COUNT(dns_known));
}

/* ---- from parts to terms ---- */

static bool address_of(slice connection, slice *address)
{
    slice whole = cat_tlv(connection, CAT_TAG_OTHER_ADDRESS);

    *address = slice_skip(whole, 1);
    return !whole.n || (whole.p[0] == IPV4 && whole.n == 5) ||
           (whole.p[0] == IPV6 && whole.n == 17);
}

/* Login and password are the first two texts, each behind its coding scheme. */
static bool login(slice connection, struct admin_terms *out)
{
    slice user = cat_tlv(connection, CAT_TAG_TEXT), password;

    if (!user.p)
        return true;
    password =
        cat_tlv(slice_skip(connection, (size_t)(user.p + user.n - connection.p)), CAT_TAG_TEXT);
    return user.n && password.n && user.n + password.n <= LOGIN_TOGETHER &&
           SET(out->user, slice_skip(user, 1)) && SET(out->password, slice_skip(password, 1));
}

/*
 * The parameters of OPEN CHANNEL (TS 102 223 6.6.27). Bearer and buffer size are not followed: the
 * terminal's default bearer is opened.
 */
static bool connection_of(slice in, struct admin_terms *out)
{
    slice transport = cat_tlv(in, CAT_TAG_TRANSPORT), address;

    if (transport.p) {
        if (transport.n != 3 || transport.p[0] != TCP_CLIENT)
            return false;
        out->port = (uint16_t)(transport.p[1] << 8 | transport.p[2]);
        if (!out->port)
            return false;
    }
    return address_of(in, &address) && SET(out->address, address) &&
           SET(out->access_name, cat_tlv(in, CAT_TAG_ACCESS_NAME)) && login(in, out);
}

/* Length and PSK identity, length (2 or 3), key version, key identifier, hash algorithm. */
static bool security_of(slice in, struct admin_terms *out)
{
    size_t identity = in.n ? in.p[0] : 0;
    slice key = slice_skip(in, 1 + identity);

    if (!in.p)
        return true;
    if (in.n < 1 + identity + 3 || (key.p[0] != 2 && key.p[0] != 3) || key.n != 1u + key.p[0])
        return false;
    out->version = key.p[1];
    out->identifier = key.p[2];
    return SET(out->identity, slice_of(in.p + 1, identity));
}

static bool swapped_bcd(uint8_t octet, unsigned below, uint32_t *seconds)
{
    unsigned tens = octet & 15, ones = octet >> 4;

    *seconds = *seconds * 60 + tens * 10 + ones;
    return tens <= 9 && ones <= 9 && tens * 10 + ones < below;
}

/* Counter, timer value (TS 102 223 8.38), and perhaps how a failure is to be reported: it is not.
 */
static bool retry_of(slice in, struct admin_terms *out)
{
    if (!in.p)
        return true;
    if (in.n < 2)
        return false;
    out->retries = (uint16_t)(in.p[0] << 8 | in.p[1]);
    if (in.n < 7 || (in.p[2] & ~COMPREHENSION) != TIMER_VALUE || in.p[3] != 3)
        return out->retries == 0 && in.n == 2;
    return swapped_bcd(in.p[4], 24, &out->delay_s) && swapped_bcd(in.p[5], 60, &out->delay_s) &&
           swapped_bcd(in.p[6], 60, &out->delay_s) && (out->delay_s || !out->retries);
}

static bool graphic(slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] >= 0x7F)
            return false;
    return true;
}

/* Printable, and spaces inside. */
static bool field_value(slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] >= 0x7F)
            return false;
    return true;
}

static size_t put_text(uint8_t *out, size_t at, const char *text)
{
    size_t n = strlen(text);

    memcpy(out + at, text, n);
    return at + n;
}

static size_t put_number(uint8_t *out, size_t at, unsigned number)
{
    uint8_t digits[5];
    size_t n = 0;

    do
        digits[n++] = (uint8_t)('0' + number % 10);
    while (number /= 10);
    while (n)
        out[at++] = digits[--n];
    return at;
}

static size_t put_hex(uint8_t *out, size_t at, slice octets)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < octets.n; i++) {
        out[at++] = (uint8_t)digits[octets.p[i] >> 4];
        out[at++] = (uint8_t)digits[octets.p[i] & 15];
    }
    return at;
}

/* A port of the connection goes before one in the name. Without a name: the address. */
static bool host_of(slice name, struct admin_terms *out)
{
    uint8_t *p = out->host.p;
    size_t n = 0;

    if (!graphic(name) || name.n > ADMIN_HOST_MAX - 6)
        return false;
    if (!name.n) {
        if (out->address.n != 4)
            return false;
        for (unsigned i = 0; i < 4; i++) {
            if (i)
                p[n++] = '.';
            n = put_number(p, n, out->address.p[i]);
        }
    }
    for (; n < name.n && !(out->port && name.p[n] == ':'); n++)
        p[n] = name.p[n];
    if (n == 0)
        return false;
    if (out->port && out->port != HTTPS_PORT) {
        p[n++] = ':';
        n = put_number(p, n, out->port);
    }
    out->host.n = (uint16_t)n;
    return true;
}

/* ---- what both leave open ---- */

static const uint8_t *eid_of(struct card *card)
{
    const struct isdr *i = card_app_state(card, &isdr_app);

    return i ? i->p->eid : NULL;
}

/* "//se-id/eid/<EID>;" where the card has one, "//aa-id/aid/<RID>/<PIX>" (SGP.02 2.4.3.2). */
static size_t agent_default(struct card *card, slice aid, uint8_t *out)
{
    const uint8_t *eid = eid_of(card);
    size_t n = 0;

    if (eid) {
        n = put_text(out, n, "//se-id/eid/");
        n = put_hex(out, n, slice_of(eid, EID_LEN));
        n = put_text(out, n, ";");
    }
    n = put_text(out, n, "//aa-id/aid/");
    n = put_hex(out, n, slice_head(aid, 5));
    n = put_text(out, n, "/");
    return put_hex(out, n, slice_skip(aid, 5));
}

/* Hexadecimal text of 80 version 02, 81 EID, 4F AID, 82 key identifier, 83 key version (SGP.02). */
static size_t identity_default(struct card *card, slice aid, const struct ota_key *key,
                               uint8_t *out)
{
    const uint8_t *eid = eid_of(card);
    uint8_t octets[ADMIN_IDENTITY_MAX / 2];
    struct der_writer w = der_writer(octets, sizeof octets);
    slice written;

    if (!eid)
        return 0;
    der_put_tlv(&w, 0x83, slice_of(&key->version, 1));
    der_put_tlv(&w, 0x82, slice_of(&key->identifier, 1));
    der_put_tlv(&w, 0x4F, aid);
    der_put_tlv(&w, 0x81, slice_of(eid, EID_LEN));
    der_put_tlv(&w, 0x80, SLICE_LIT("\x02"));
    return der_written(&w, &written) ? 0 : put_hex(out, 0, written);
}

bool admin_key(struct card *card, uint16_t domain, uint8_t version, uint8_t identifier,
               struct ota_key *out)
{
    for (int32_t n = -1; key_next(card, (uint8_t)domain, &n, out);)
        if (out->type == KEY_TYPE_PSK && out->n >= KEY_PSK_MIN &&
            out->version >= PSK_VERSION_FIRST && out->version <= PSK_VERSION_LAST &&
            (!version || (out->version == version && out->identifier == identifier)))
            return true;
    wipe(out, sizeof *out);
    return false;
}

static uint16_t complete(struct card *card, uint16_t domain, struct admin_terms *out)
{
    struct registry_entry e;
    struct ota_key key;

    if (!registry_get(card, domain, &e) ||
        !admin_key(card, domain, out->version, out->identifier, &key))
        return SW_REFERENCE;
    out->version = key.version;
    out->identifier = key.identifier;
    if (!out->agent.n)
        out->agent.n = (uint16_t)agent_default(card, e.aid, out->agent.p);
    if (!out->identity.n)
        out->identity.n = (uint16_t)identity_default(card, e.aid, &key, out->identity.p);
    if (!out->uri.n)
        out->uri.n = (uint16_t)put_text(out->uri.p, 0, "/");
    wipe(&key, sizeof key);
    return out->identity.n ? SW_OK : SW_DATA;
}

static bool parts_sound(const struct parts *p, struct admin_terms *out)
{
    return connection_of(p->connection, out) && security_of(p->security, out) &&
           retry_of(p->retry, out) && field_value(p->agent) && SET(out->agent, p->agent);
}

/* What is not there may come with a message. */
bool admin_terms_sound(slice session)
{
    struct parts p = { .host = SLICE_NONE };
    struct admin_terms t = { .port = 0 };

    return session_members(session, &p) && parts_sound(&p, &t) &&
           (!p.host.n || host_of(p.host, &t)) &&
           (!p.uri.n || admin_path(p.uri, slice_of(t.host.p, t.host.n)).p);
}

static slice own_terms(struct card *card, uint16_t domain)
{
    slice own = ram_personal(card, domain, TAG_ADMIN);

    return own.p ? own : ram_personal(card, domain, TAG_ADMIN_CONSTRUCTED);
}

uint16_t admin_terms(struct card *card, uint16_t domain, slice message, struct admin_terms *out)
{
    struct parts p = { .host = SLICE_NONE };
    struct der_reader stored = der_reader(own_terms(card, domain));
    slice own = der_take(&stored).value, resolver;

    memset(out, 0, sizeof *out);
    if (!session_members(own, &p) || !message_members(message, &p))
        return SW_DATA;
    if (!parts_sound(&p, out) || !host_of(p.host.n ? p.host : p.name, out))
        return SW_DATA;
    /* one name is asked for and shown: two that differ cannot be */
    if (p.name.p && p.host.n && !slice_eq_nocase(p.name, p.host))
        return SW_DATA;
    slice path = admin_path(p.uri, slice_of(out->host.p, out->host.n));
    if (!address_of(p.resolver, &resolver) || !SET(out->dns, resolver) || (p.uri.n && !path.p) ||
        !SET(out->uri, path))
        return SW_DATA;
    return complete(card, domain, out);
}
