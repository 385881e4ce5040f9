#include "euicc/web/web_impl.h"

enum {
    CHANNEL_BUFFER = 1400,
    TIMEOUT_S = 60,
    NETWORK_MAX = 200 /* octets of access name, user and password: OPEN CHANNEL takes no more */
};

/* ---- ways ---- */

static enum err open_server(struct card *card, struct web *w)
{
    struct cat_channel to = { .transport = CAT_TCP_CLIENT,
                              .address = slice_of(w->address.octets, w->address.n),
                              .port = w->port,
                              .buffer = CHANNEL_BUFFER,
                              .access_name = w->net->access_name,
                              .user = w->net->user,
                              .password = w->net->password };

    w->fresh = true;
    return bip_open(card, &w->bip, &to, w->net->timeout_s ? w->net->timeout_s : TIMEOUT_S);
}

/* The next way of this exchange, when the one before is closed. E_OK also where it has to wait. */
static enum err go_on(struct card *card, struct web *w)
{
    enum web_state next = w->found ? WEB_LINKING : WEB_ASKING;
    enum err err;

    w->state = WEB_WAITING;
    if (w->bip.state != BIP_IDLE)
        return E_OK;
    err = w->found ? open_server(card, w) : web_find_open(card, w);
    if (err == E_OK)
        w->state = next;
    return err == E_LIMIT || err == E_CONFLICT ? E_OK : err; /* CAT_NEWS_ROOM: again */
}

void web_begin(struct card *card, struct web *w)
{
    enum err err;

    if (w->state != WEB_WAITING)
        return;
    err = go_on(card, w);
    if (err)
        web_fail(card, w, err == E_STATE ? WEB_RESET : WEB_CONNECTION, err);
}

static void shake(struct card *card, struct web *w)
{
    struct tls_session_options o = w->request.tls;
    struct dns_address numeric;
    slice name;
    uint16_t port;
    enum err err = E_ARGUMENT;

    if (web_split_host(w->request.host, &name, &port)) {
        if (name.p[name.n - 1] == '.')
            name.n--;
        o.name = web_is_ipv4(name, &numeric) ? SLICE_NONE : name;
        err = tls_session_open(card_crypto(card), &o, &w->tls);
    }
    w->state = WEB_SHAKING;
    if (err)
        web_fail(card, w, WEB_TLS, err);
    else
        web_push(card, w);
}

static void opened(struct card *card, struct web *w)
{
    enum err err;

    if (w->state == WEB_LINKING) {
        shake(card, w);
    } else if (w->state == WEB_ASKING) {
        err = web_find_ask(card, w);
        if (err)
            web_fail(card, w, WEB_NAME, err);
    }
}

static void asking_closed(struct card *card, struct web *w)
{
    if (w->bip.why == BIP_TIMEOUT && web_find_again(w)) {
        w->state = WEB_WAITING;
        web_begin(card, w);
    } else if (w->bip.why == BIP_TIMEOUT) {
        web_fail(card, w, WEB_NAME, E_TIMEOUT);
    } else {
        web_fail(card, w, WEB_CONNECTION, w->bip.why == BIP_REFUSED ? E_REFUSED : E_CLOSED);
    }
}

static void closed(struct card *card, struct web *w)
{
    struct tls_session *tls = w->tls;

    w->tls = NULL;
    w->last_words = false;
    tls_session_close(tls);
    if (w->state == WEB_IDLE)
        return;
    if (w->bip.why == BIP_RESET)
        web_fail(card, w, WEB_RESET, E_CLOSED);
    else if (w->state == WEB_WAITING)
        web_begin(card, w);
    else if (w->state == WEB_ASKING)
        asking_closed(card, w);
    else if (w->bip.why == BIP_TIMEOUT)
        web_lost(card, w, WEB_TIMEOUT, E_TIMEOUT);
    else
        web_lost(card, w, WEB_CONNECTION, w->bip.why == BIP_REFUSED ? E_REFUSED : E_CLOSED);
}

static void hear_resolver(struct card *card, struct web *w, slice octets)
{
    enum err why;

    switch (web_find_hear(card, w, octets, &why)) {
    case WEB_FIND_ON:
        return;
    case WEB_FIND_FAILED:
        web_fail(card, w, WEB_NAME, why);
        return;
    case WEB_FIND_DONE:
        w->found = w->known_name = true;
        w->state = WEB_WAITING;
        bip_close(card, &w->bip);
    }
}

static void hear(struct card *card, void *ctx, enum bip_event event, slice data)
{
    struct web *w = ctx;

    switch (event) {
    case BIP_OPENED:
        opened(card, w);
        break;
    case BIP_DATA:
        if (w->state == WEB_ASKING)
            hear_resolver(card, w, data);
        else if (w->tls)
            web_hear_server(card, w, data);
        break;
    case BIP_SENT:
        web_bip_sent(card, w);
        break;
    case BIP_CLOSED:
        closed(card, w);
        break;
    }
}

static void hear_news(struct card *card, void *ctx, enum cat_news news, uint8_t event, slice body)
{
    struct web *w = ctx;

    (void)event;
    (void)body;
    if (news == CAT_NEWS_ENDED) {
        w->found = false;
        if (w->state != WEB_IDLE)
            web_fail(card, w, WEB_RESET, E_CLOSED);
    } else if (news == CAT_NEWS_ROOM) {
        web_begin(card, w);
    }
}

/* ---- for its user ---- */

/* What is longer would never find room in the queue. */
static bool usable_network(const struct web_network *net)
{
    return (!net->dns.p || net->dns.n == 4 || net->dns.n == 16) && net->access_name.n <= 100 &&
           !net->user.p == !net->password.p &&
           net->access_name.n + net->user.n + net->password.n <= NETWORK_MAX;
}

enum err web_init(struct card *card, struct web *w, const struct web_network *net, web_heard *heard,
                  void *ctx)
{
    enum err err;

    if (!usable_network(net))
        return E_ARGUMENT;
    *w = (struct web){ .net = net, .heard = heard, .ctx = ctx };
    err = bip_init(card, &w->bip, hear, w);
    return err ? err : cat_watch(card, hear_news, w);
}

static bool same_host(const struct web *w, slice host)
{
    return slice_eq_nocase(slice_of(w->host, w->host_n), host);
}

static enum err digest_psk(struct card *card, const struct tls_session_options *o,
                           uint8_t out[DIGEST_LEN])
{
    uint8_t n = (uint8_t)o->psk_identity.n;
    const slice parts[] = { slice_of(&n, 1), o->psk_identity, o->psk };

    return crypto_sha256(card_crypto(card), parts, COUNT(parts), out);
}

/* An address that was given, is the host's own name, or was found before. */
static void set_host(struct web *w, const struct web_request *r, slice name)
{
    bool kept = w->found && w->known_name && same_host(w, r->host) && !r->address.p;

    memcpy(w->host, r->host.p, r->host.n);
    w->host_n = (uint8_t)r->host.n;
    if (kept)
        return;
    w->known_name = false;
    if (r->address.p) {
        w->address.n = (uint8_t)r->address.n;
        memcpy(w->address.octets, r->address.p, r->address.n);
        w->found = true;
    } else {
        w->found = web_is_ipv4(name, &w->address);
    }
}

static bool reusable(const struct web *w, const struct web_request *r,
                     const uint8_t psk[DIGEST_LEN])
{
    return w->tls && tls_session_state(w->tls) == TLS_SESSION_OPEN && bip_room(&w->bip) &&
           same_host(w, r->host) && w->believe == r->tls.believe && w->believe_ctx == r->tls.ctx &&
           memcmp(w->psk, psk, DIGEST_LEN) == 0;
}

enum err web_post(struct card *card, struct web *w, const struct web_request *r)
{
    uint8_t psk[DIGEST_LEN];
    slice name;
    enum err err;

    if (w->state != WEB_IDLE || !card_terminal_profile(card).p)
        return E_STATE;
    if (!usable_network(w->net) || !web_request_usable(r) || !tls_session_usable(&r->tls) ||
        !web_split_host(r->host, &name, &w->port))
        return E_ARGUMENT;
    err = digest_psk(card, &r->tls, psk);
    if (err)
        return err;
    w->request = *r;
    w->sent = false;
    w->tries = w->strays = 0;
    w->type = DNS_A;
    if (reusable(w, r, psk)) {
        w->fresh = false;
        web_start_sending(card, w);
        return E_OK;
    }
    web_drop_link(card, w);
    set_host(w, r, name);
    w->believe = r->tls.believe;
    w->believe_ctx = r->tls.ctx;
    memcpy(w->psk, psk, sizeof w->psk);
    if (!w->found && !w->net->dns.p)
        err = E_NOTFOUND;
    else
        err = go_on(card, w);
    if (err)
        web_over(w);
    return err;
}

void web_close(struct card *card, struct web *w)
{
    if (w->state != WEB_IDLE)
        web_over(w);
    web_drop_link(card, w);
}

bool web_busy(const struct web *w)
{
    return w->state != WEB_IDLE;
}
