#include "net/tls_hello.h"

#include <string.h>

/* IANA's numbers, TLS parameters */
#define GROUP_P256        23
#define GROUP_BRAINPOOL   26 /* of TLS 1.2; those of TLS 1.3 are unknown to OpenSSL 3.0 */
#define SIGALG_ECDSA_P256 0x0403
#define VERSION_1_2       0x0303
#define VERSION_1_3       0x0304

static slice extension(SSL *ssl, unsigned type)
{
    const unsigned char *p;
    size_t n;

    return SSL_client_hello_get0_ext(ssl, type, &p, &n) ? slice_of(p, n) : SLICE_NONE;
}

/* RFC 6066 3: a list that holds one host_name. */
static void read_host(slice e, char host[TLS_HOST_MAX + 1])
{
    const unsigned char *p = e.p;

    if (e.n < 5 || (size_t)(p[0] << 8 | p[1]) + 2 != e.n || p[2] != TLSEXT_NAMETYPE_host_name ||
        (size_t)(p[3] << 8 | p[4]) + 5 != e.n || e.n - 5 > TLS_HOST_MAX ||
        memchr(p + 5, 0, e.n - 5))
        return;
    memcpy(host, p + 5, e.n - 5);
    host[e.n - 5] = 0;
}

/* Whether the extension is a vector of 16-bit numbers, behind `head` octets of its length. */
static bool is_list(slice e, size_t head)
{
    size_t said = 0;

    if (!e.p || e.n < head)
        return false;
    for (size_t i = 0; i < head; i++)
        said = said << 8 | e.p[i];
    return said == e.n - head && said % 2 == 0;
}

static bool lists(slice e, size_t head, unsigned number)
{
    for (size_t i = head; is_list(e, head) && i < e.n; i += 2)
        if ((unsigned)(e.p[i] << 8 | e.p[i + 1]) == number)
            return true;
    return false;
}

/*
 * Up to TLS 1.2 the groups also bind the curve of the certificate (RFC 8422 5.1), and none said
 * means any; TLS 1.3 asks the signature schemes alone (RFC 8446 4.2.3).
 */
struct tls_hello tls_hello_read(SSL *ssl)
{
    struct tls_hello h = { .host = "" };
    slice groups = extension(ssl, TLSEXT_TYPE_supported_groups);
    slice schemes = extension(ssl, TLSEXT_TYPE_signature_algorithms);
    slice versions = extension(ssl, TLSEXT_TYPE_supported_versions);
    bool any = !is_list(groups, 2), newest = lists(versions, 1, VERSION_1_3);
    bool before = !is_list(versions, 1) || lists(versions, 1, VERSION_1_2);

    read_host(extension(ssl, TLSEXT_TYPE_server_name), h.host);
    h.knows_p256 =
        any || lists(groups, 2, GROUP_P256) || (newest && lists(schemes, 2, SIGALG_ECDSA_P256));
    h.knows_brainpool = before && (any || lists(groups, 2, GROUP_BRAINPOOL));
    return h;
}
