#include "reader/address_text.h"

#include <arpa/inet.h>
#include <string.h>

enum err address_read(slice text, uint8_t out[16], size_t *n)
{
    char buf[INET6_ADDRSTRLEN];

    if (!text.n || text.n >= sizeof buf)
        return E_SYNTAX;
    memcpy(buf, text.p, text.n);
    buf[text.n] = 0;
    *n = inet_pton(AF_INET, buf, out) == 1 ? 4 : inet_pton(AF_INET6, buf, out) == 1 ? 16 : 0;
    return *n ? E_OK : E_SYNTAX;
}

/* ":" and 1 to 65535; nothing: 0. */
static enum err read_port(slice text, uint16_t *port)
{
    uint32_t v = 0;

    *port = 0;
    if (!text.n)
        return E_OK;
    if (text.p[0] != ':' || text.n < 2 || text.n > 6)
        return E_SYNTAX;
    for (size_t i = 1; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return E_SYNTAX;
        v = v * 10 + (uint32_t)(text.p[i] - '0');
    }
    *port = (uint16_t)v;
    return v && v <= 65535 ? E_OK : E_RANGE;
}

enum err address_read_port(slice text, uint8_t out[16], size_t *n, uint16_t *port)
{
    bool bracket = text.n && text.p[0] == '[';
    const uint8_t *end = text.n ? memchr(text.p, bracket ? ']' : ':', text.n) : NULL;
    size_t at = end ? (size_t)(end - text.p) : text.n;
    enum err e;

    if (bracket && !end)
        return E_SYNTAX;
    if (!bracket && end && memchr(end + 1, ':', text.n - at - 1))
        at = text.n; /* several colons: IPv6, without a port */
    e = read_port(slice_skip(text, at + bracket), port);
    return e ? e : address_read(slice_of(text.p + bracket, at - bracket), out, n);
}
