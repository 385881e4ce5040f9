/* An HTTP request of what web_post was given. */
#include "euicc/web/web_impl.h"

enum { HTTPS_PORT = 443 };

static bool digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* 1 .. max, without leading zeros; 0 .. where `zero`. */
static bool number(slice text, unsigned max, bool zero, unsigned *out)
{
    unsigned n = 0;

    if (text.n < 1 || text.n > 5 || (text.p[0] == '0' && (text.n > 1 || !zero)))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (!digit(text.p[i]))
            return false;
        n = n * 10 + (text.p[i] - '0');
    }
    *out = n;
    return n <= max;
}

bool web_split_host(slice host, slice *name, uint16_t *port)
{
    const uint8_t *colon = host.n ? memchr(host.p, ':', host.n) : NULL;
    uint8_t query[DNS_QUERY_MAX];
    unsigned n = HTTPS_PORT;
    size_t size;

    *name = colon ? slice_head(host, (size_t)(colon - host.p)) : host;
    if (colon && !number(slice_skip(host, name->n + 1), UINT16_MAX, false, &n))
        return false;
    *port = (uint16_t)n;
    return host.n <= WEB_HOST_MAX && dns_put_query(0, *name, DNS_A, query, &size) == E_OK;
}

bool web_is_ipv4(slice name, struct dns_address *out)
{
    struct dns_address address = { .n = 4 };

    for (unsigned i = 0; i < 4; i++) {
        const uint8_t *dot = name.n ? memchr(name.p, '.', name.n) : NULL;
        slice part = dot ? slice_head(name, (size_t)(dot - name.p)) : name;
        unsigned n;

        if (!dot != (i == 3) || !number(part, 255, true, &n))
            return false;
        address.octets[i] = (uint8_t)n;
        name = slice_skip(name, part.n + 1);
    }
    *out = address;
    return true;
}

static bool path_usable(slice path)
{
    if (!path.n || path.p[0] != '/')
        return false;
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] <= ' ' || path.p[i] >= 0x7F)
            return false;
    return true;
}

/* Whole lines, none of them empty. */
static bool lines_usable(slice lines)
{
    size_t n = 0; /* of the line */

    for (size_t i = 0; i < lines.n; i++) {
        uint8_t c = lines.p[i];

        if (c == '\r') {
            if (n == 0 || i + 1 == lines.n || lines.p[i + 1] != '\n')
                return false;
            i++;
            n = 0;
        } else if ((c < ' ' && c != '\t') || c == 0x7F || (n == 0 && (c == ' ' || c == '\t'))) {
            return false;
        } else {
            n++;
        }
    }
    return n == 0;
}

bool web_request_usable(const struct web_request *r)
{
    slice name;
    uint16_t port;

    return web_split_host(r->host, &name, &port) && path_usable(r->path) &&
           lines_usable(r->headers) && (!r->address.p || r->address.n == 4 || r->address.n == 16) &&
           r->body.n <= UINT32_MAX;
}

static slice decimal(size_t n, uint8_t text[20])
{
    size_t at = 20;

    do {
        text[--at] = (uint8_t)('0' + n % 10);
        n /= 10;
    } while (n);
    return slice_of(text + at, 20 - at);
}

size_t web_request_octets(const struct web_request *r, size_t at, uint8_t *out, size_t size)
{
    uint8_t text[20];
    const slice parts[] = {
        slice_str("POST "),
        r->path,
        slice_str(" HTTP/1.1\r\nHost: "),
        r->host,
        slice_str("\r\nContent-Length: "),
        decimal(r->body.n, text),
        slice_str("\r\n"),
        r->headers,
        slice_str("\r\n"),
        r->body,
    };
    size_t n = 0;

    for (size_t i = 0; i < COUNT(parts); i++) {
        slice rest = slice_head(slice_skip(parts[i], at), size - n);

        at -= at < parts[i].n ? at : parts[i].n;
        if (rest.n)
            memcpy(out + n, rest.p, rest.n);
        n += rest.n;
    }
    return n;
}
