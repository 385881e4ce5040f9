/*
 * Any datagram as a resolver's answer. What must hold: cut anywhere it never becomes an answer that
 * it was not, and an address comes with success only.
 */
#include "euicc/web/dns.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const slice host = SLICE_LIT("smdp.example.test");
    uint16_t id = size >= 2 ? (uint16_t)(data[0] << 8 | data[1]) : 0;

    if (size > DNS_MESSAGE_MAX)
        return 0;
    for (unsigned i = 0; i < 2; i++) {
        enum dns_type type = i ? DNS_AAAA : DNS_A;
        struct dns_address whole, part;
        enum err err = dns_read_answer(slice_of(data, size), id, host, type, &whole);

        if ((err == E_OK) != (whole.n == (i ? 16 : 4)))
            abort();
        for (size_t n = 0; n < size; n++)
            if (dns_read_answer(slice_of(data, n), id, host, type, &part) == E_OK &&
                (err || memcmp(part.octets, whole.octets, sizeof part.octets) != 0))
                abort();
    }
    return 0;
}
