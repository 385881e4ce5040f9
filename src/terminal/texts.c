/* Addresses and places as people write them. */
#include "reader/tcp.h"
#include "terminal/mobile_impl.h"

#include <arpa/inet.h>
#include <stdio.h>

/* Port 0: none was given. */
static bool address_read(const char *text, struct mobile_address *out)
{
    char host[TCP_HOST_MAX + 1];

    *out = (struct mobile_address){ .n = 0 };
    if (tcp_place(text, 0, host, &out->port))
        return false;
    out->n = text[0] == '[' ? 16 : 4;
    return inet_pton(out->n == 16 ? AF_INET6 : AF_INET, host, out->octets) == 1;
}

enum err mobile_map_read(const char *text, struct mobile_map *out)
{
    const char *equals = strchr(text, '=');
    char from[TCP_HOST_MAX + 1];
    size_t n = equals ? (size_t)(equals - text) : 0;

    if (n == 0 || n > TCP_HOST_MAX)
        return E_SYNTAX;
    memcpy(from, text, n);
    from[n] = 0;
    return address_read(from, &out->from) && address_read(equals + 1, &out->to) ? E_OK : E_SYNTAX;
}

const char *mobile_address_print(const struct mobile_address *a, char buf[MOBILE_ADDRESS_TEXT])
{
    char host[INET6_ADDRSTRLEN];

    if (!inet_ntop(a->n == 16 ? AF_INET6 : AF_INET, a->octets, host, sizeof host))
        host[0] = 0;
    snprintf(buf, MOBILE_ADDRESS_TEXT, a->n == 16 ? "[%s]:%u" : "%s:%u", host, (unsigned)a->port);
    return buf;
}

enum err mobile_location_read(const char *text, struct mobile_location *out)
{
    struct mobile_location l = { .lac = 1, .cell = 1 };
    unsigned lac, cell;
    uint8_t octets[7];
    int end = 0;

    if (sscanf(text, "%3[0-9]-%3[0-9]%n", l.mcc, l.mnc, &end) != 2)
        return E_SYNTAX;
    if (text[end]) {
        int more = 0;

        if (sscanf(text + end, "-%4x-%4x%n", &lac, &cell, &more) != 2 || text[end + more] ||
            lac > 0xFFFF || cell > 0xFFFF)
            return E_SYNTAX;
        l.lac = (uint16_t)lac;
        l.cell = (uint16_t)cell;
    }
    if (location_octets(&l, octets))
        return E_SYNTAX;
    *out = l;
    return E_OK;
}
