/*
 * Certificates as a peer sends them: parsed from a copy of exact size, asked everything, printed,
 * and judged as a chain of two under a CI whose key nobody has.
 */
#include "pki/chain.h"
#include "pki/show.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The CI that every chain names: any key will do, the signatures are never reached often. */
static struct trust *trust(slice aki)
{
    static struct trust t;
    static struct ec_point point;
    struct ec_scalar secret;

    if (!t.crypto) {
        trust_open(&t, crypto_openssl());
        if (!t.crypto || crypto_key_pair(t.crypto, CURVE_P256, &secret, &point))
            abort();
    }
    trust_close(&t);
    if (aki.n && aki.n <= KEY_ID_MAX && trust_add_key(&t, aki, CURVE_P256, &point))
        abort();
    return &t;
}

static void ask(const struct cert *cert, FILE *sink)
{
    uint8_t eid[EID_LEN];

    if (cert_print(sink, cert))

        abort();
    for (unsigned role = 0; role < ROLE__COUNT; role++)
        (void)!cert_check_role(cert, (enum cert_role)role, NULL);
    (void)!cert_eid(cert, eid);
    (void)!cert_within_eum(cert, cert);
    (void)cert_same_server(cert, cert);
    (void)cert_names_host(cert, SLICE_LIT("a.example.com"));
    (void)cert_self_issued(cert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *sink;
    uint8_t *copy = malloc(size ? size : 1);
    struct cert cert;
    struct chain chain;
    slice rest;

    if (!sink)
        sink = fopen("/dev/null", "w");
    if (!copy || !sink)
        abort();
    if (size)
        memcpy(copy, data, size);
    if (!cert_parse_first(slice_of(copy, size), &cert, &rest)) {
        slice ders[] = { cert.der, rest };
        struct cert second;

        ask(&cert, sink);
        if (!chain_verify(trust(cert.aki), ders, 1, cert.role, SLICE_NONE, NO_TIME, &chain, NULL))
            abort(); /* a forgery */
        if (rest.n && !cert_parse(rest, &second) &&
            !chain_verify(trust(second.aki), ders, 2, ROLE_EUICC, SLICE_NONE, NO_TIME, &chain,
                          NULL))
            abort();
    }
    free(copy);
    return 0;
}
