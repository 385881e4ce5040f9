/* A name becomes an address: questions to a resolver over BIP. */
#include "euicc/web/web_impl.h"

enum { TIMEOUT_S = 5, TRIES = 2, STRAYS_MAX = 16 };

enum err web_find_open(struct card *card, struct web *w)
{
    struct cat_channel to = { .transport = CAT_UDP_CLIENT,
                              .address = w->net->dns,
                              .port = DNS_PORT,
                              .buffer = DNS_MESSAGE_MAX,
                              .access_name = w->net->access_name,
                              .user = w->net->user,
                              .password = w->net->password };

    return bip_open(card, &w->bip, &to, TIMEOUT_S);
}

enum err web_find_ask(struct card *card, struct web *w)
{
    uint8_t query[DNS_QUERY_MAX], id[2];
    slice name;
    uint16_t port;
    size_t n;
    enum err err;

    if (!web_split_host(w->request.host, &name, &port))
        return E_ARGUMENT;
    err = crypto_random(card_crypto(card), id, sizeof id);
    if (err)
        return err;
    w->id = (uint16_t)(id[0] << 8 | id[1]);
    w->datagram_n = 0;
    err = dns_put_query(w->id, name, w->type, query, &n);
    if (err)
        return err;
    return bip_send(card, &w->bip, slice_of(query, n)) == n ? E_OK : E_CLOSED;
}

static enum err read_on(struct web *w)
{
    slice name;
    uint16_t port;

    if (!web_split_host(w->request.host, &name, &port))
        return E_ARGUMENT;
    return dns_read_answer(slice_of(w->datagram, w->datagram_n), w->id, name, w->type, &w->address);
}

/* Where a datagram begins is not told: behind one that is none of ours, or too long, another may.
 */
static enum err take_in(struct web *w, slice octets)
{
    enum err err = E_CONFLICT;

    if (w->datagram_n && octets.n <= sizeof w->datagram - w->datagram_n) {
        memcpy(w->datagram + w->datagram_n, octets.p, octets.n);
        w->datagram_n = (uint16_t)(w->datagram_n + octets.n);
        err = read_on(w);
    }
    if (err == E_CONFLICT && octets.n <= sizeof w->datagram) {
        memcpy(w->datagram, octets.p, octets.n);
        w->datagram_n = (uint16_t)octets.n;
        err = read_on(w);
    }
    if (err == E_CONFLICT)
        w->datagram_n = 0;
    return err;
}

enum web_found web_find_hear(struct card *card, struct web *w, slice octets, enum err *why)
{
    *why = take_in(w, octets);
    if (*why == E_OK)
        return WEB_FIND_DONE;
    if (*why == E_AGAIN)
        return WEB_FIND_ON;
    if (*why == E_CONFLICT && ++w->strays < STRAYS_MAX)
        return WEB_FIND_ON;
    if (*why == E_MISSING && w->type == DNS_A) {
        w->type = DNS_AAAA;
        *why = web_find_ask(card, w);
        return *why ? WEB_FIND_FAILED : WEB_FIND_ON;
    }
    return WEB_FIND_FAILED;
}

bool web_find_again(struct web *w)
{
    return ++w->tries < TRIES;
}
