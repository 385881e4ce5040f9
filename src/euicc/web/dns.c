#include "euicc/web/dns.h"

enum { HEAD = 12, LABEL_MAX = 63, WIRE_MAX = 255, CLASS_IN = 1, TYPE_CNAME = 5 };
enum { FLAG_RESPONSE = 0x80, OPCODE = 0x78, FLAG_CUT = 0x02, FLAG_RECURSE = 0x01, RCODE = 0x0F };
enum { NAME_ERROR = 3, POINTER = 0xC0 };

/* A name as on the wire, without compression. */
struct name {
    uint8_t octets[WIRE_MAX];
    size_t n;
};

/* ---- the question ---- */

static bool letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

static bool to_wire(slice host, struct name *out)
{
    size_t label = 0; /* where its length stands */

    if (host.n && host.p[host.n - 1] == '.')
        host.n--;
    if (!host.n || host.n > DNS_NAME_MAX)
        return false;
    out->n = 1;
    for (size_t i = 0; i <= host.n; i++) {
        if (i < host.n && host.p[i] != '.') {
            if (!letter(host.p[i]))
                return false;
            out->octets[out->n++] = host.p[i];
            continue;
        }
        size_t n = out->n - label - 1;
        if (n == 0 || n > LABEL_MAX)
            return false;
        out->octets[label] = (uint8_t)n;
        label = out->n;
        out->octets[out->n++] = 0;
    }
    return true;
}

enum err dns_put_query(uint16_t id, slice host, enum dns_type type, uint8_t out[DNS_QUERY_MAX],
                       size_t *n)
{
    const uint8_t head[HEAD] = { (uint8_t)(id >> 8), (uint8_t)id, FLAG_RECURSE, 0, 0, 1 };
    const uint8_t tail[] = { 0, (uint8_t)type, 0, CLASS_IN };
    struct name name;

    if (!to_wire(host, &name))
        return E_ARGUMENT;
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, name.octets, name.n);
    memcpy(out + sizeof head + name.n, tail, sizeof tail);
    *n = sizeof head + name.n + sizeof tail;
    return E_OK;
}

/* ---- the answer ---- */

struct reader {
    slice message;
    size_t at;
    enum err err;
};

static const uint8_t *take(struct reader *r, size_t n)
{
    if (!r->err && n > r->message.n - r->at)
        r->err = E_AGAIN;
    if (r->err)
        return NULL;
    r->at += n;
    return r->message.p + r->at - n;
}

static unsigned take16(struct reader *r)
{
    const uint8_t *p = take(r, 2);

    return p ? (unsigned)p[0] << 8 | p[1] : 0;
}

/* One label, with its length; false behind the last one. */
static bool take_label(struct reader *r, struct name *out)
{
    const uint8_t *length = take(r, 1);
    const uint8_t *label = length ? take(r, *length) : NULL;

    if (!label)
        return false;
    if (out->n + 1 + *length > WIRE_MAX) {
        r->err = E_SYNTAX;
        return false;
    }
    out->octets[out->n++] = *length;
    memcpy(out->octets + out->n, label, *length);
    out->n += *length;
    return *length > 0;
}

/* Every pointer leads before the one that led there, so that this ends (RFC 1035 4.1.4). */
static void take_name(struct reader *r, struct name *out)
{
    struct reader in = *r;
    size_t before = r->at, behind = 0;

    out->n = 0;
    for (;;) {
        if (in.err || in.at == in.message.n || in.message.p[in.at] < POINTER) {
            if (in.at < in.message.n && in.message.p[in.at] > LABEL_MAX)
                in.err = E_SYNTAX;
            if (take_label(&in, out))
                continue;
            break;
        }
        size_t to = take16(&in) & 0x3FFF;
        if (!behind)
            behind = in.at;
        if (!in.err && to >= before)
            in.err = E_SYNTAX;
        if (in.err)
            break;
        before = in.at = to;
    }
    r->err = in.err;
    r->at = behind ? behind : in.at;
}

/* Lengths of labels are below any letter. */
static bool same(const struct name *a, const struct name *b)
{
    return slice_eq_nocase(slice_of(a->octets, a->n), slice_of(b->octets, b->n));
}

struct record {
    struct name owner;
    unsigned type, class;
    size_t data_at, data_n;
};

static bool take_record(struct reader *r, struct record *out)
{
    take_name(r, &out->owner);
    out->type = take16(r);
    out->class = take16(r);
    take(r, 4); /* how long it may be kept: no longer than the session with the terminal */
    out->data_n = take16(r);
    out->data_at = r->at;
    return take(r, out->data_n) != NULL;
}

static bool is_answer(struct reader *r, uint16_t id)
{
    const uint8_t *head = take(r, 4);

    if (!head || (head[0] << 8 | head[1]) != id || !(head[2] & FLAG_RESPONSE) ||
        (head[2] & OPCODE)) {
        r->err = head ? E_CONFLICT : r->err;
        return false;
    }
    return true;
}

static void check_question(struct reader *r, slice host, enum dns_type type)
{
    struct name asked, got;

    take_name(r, &got);
    unsigned got_type = take16(r), got_class = take16(r);
    if (!r->err && (!to_wire(host, &asked) || !same(&asked, &got) || got_type != type ||
                    got_class != CLASS_IN))
        r->err = E_CONFLICT;
}

/* An alias' name in place of the one looked for. */
static void follow(struct reader *r, const struct record *alias, struct name *wanted)
{
    struct reader data = { { r->message.p, alias->data_at + alias->data_n }, alias->data_at, E_OK };

    take_name(&data, wanted);
    if (data.err || data.at != data.message.n)
        r->err = E_SYNTAX;
}

/* One pass over the answers: the address, or the next alias. E_MISSING: neither. */
static enum err look(struct reader r, unsigned answers, enum dns_type type, struct name *wanted,
                     struct dns_address *out)
{
    size_t size = type == DNS_A ? 4 : 16;
    struct record record, alias = { .type = 0 };

    for (unsigned i = 0; i < answers && take_record(&r, &record); i++) {
        if (record.class != CLASS_IN || !same(&record.owner, wanted))
            continue;
        if (record.type == TYPE_CNAME && !alias.type)
            alias = record;
        if (record.type != (unsigned)type)
            continue;
        if (record.data_n != size)
            return E_SYNTAX;
        memcpy(out->octets, r.message.p + record.data_at, size);
        out->n = (uint8_t)size;
        return E_OK;
    }
    if (!r.err && !alias.type)
        return E_MISSING;
    if (!r.err)
        follow(&r, &alias, wanted);
    return r.err ? r.err : E_EXISTS;
}

enum err dns_read_answer(slice message, uint16_t id, slice host, enum dns_type type,
                         struct dns_address *out)
{
    struct reader r = { .message = message };
    unsigned questions, answers;
    struct name wanted;
    enum err err = E_EXISTS;

    *out = (struct dns_address){ .n = 0 };
    if (!is_answer(&r, id))
        return r.err;
    questions = take16(&r);
    answers = take16(&r);
    take(&r, 4); /* authority and additional records are not looked at */
    if (r.err)
        return r.err;
    if (questions != 1)
        return E_CONFLICT;
    check_question(&r, host, type);
    if (r.err)
        return r.err;
    if (message.p[2] & FLAG_CUT)
        return E_LIMIT;
    if (message.p[3] & RCODE)
        return (message.p[3] & RCODE) == NAME_ERROR ? E_NOTFOUND : E_REFUSED;
    if (!to_wire(host, &wanted))
        return E_ARGUMENT;
    for (unsigned hops = 0; hops <= DNS_CHAIN_MAX && err == E_EXISTS; hops++)
        err = look(r, answers, type, &wanted, out);
    return err == E_EXISTS ? E_LIMIT : err;
}
