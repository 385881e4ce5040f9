#include "euicc/web/web_impl.h"

#include "base/secret.h"

enum {
    PIECE = 1024, /* octets of one TLS record of ours, at most */
    LAST_WORDS = 64,
    CHANNEL_BUFFER = 1400,
    TIMEOUT_S = 60,
    NETWORK_MAX = 200 /* octets of access name, user and password: OPEN CHANNEL takes no more */
};

static void begin(struct card *card, struct web *w);

/* ---- the end of a connection, and of an exchange ---- */

/* The alert or close_notify that waits, if nothing else does. */
static bool send_last_words(struct card *card, struct web *w, struct tls_session *tls)
{
    uint8_t words[LAST_WORDS];
    size_t n = tls_session_waiting(tls);

    if (n == 0 || n > sizeof words || bip_room(&w->bip) != BIP_SEND_MAX)
        return false;
    n = tls_session_drain(tls, words, sizeof words);
    w->last_words = true; /* before bip_send, which may end it */
    return bip_send(card, &w->bip, slice_of(words, n)) == n;
}

/* BIP_CLOSED follows, at once or later, unless there is no connection. */
static void drop_link(struct card *card, struct web *w)
{
    struct tls_session *tls = w->tls;
    bool said = w->last_words;

    w->tls = NULL;
    if (tls) {
        tls_session_end(tls);
        said = send_last_words(card, w, tls);
    }
    tls_session_close(tls);
    if (!said)
        bip_close(card, &w->bip);
}

static void over(struct web *w)
{
    w->state = WEB_IDLE;
    w->exchange++;
    w->request = (struct web_request){ .host = SLICE_NONE };
}

static void fail(struct card *card, struct web *w, enum web_why why, enum err err)
{
    if (w->state == WEB_LINKING || w->state == WEB_SHAKING)
        w->found = false; /* the name may lead elsewhere by now */
    over(w);
    drop_link(card, w);
    w->why = why;
    w->heard(card, w->ctx, WEB_FAILED, (int)err, SLICE_NONE);
}

/*
 * The connection is of no use any more. One that was kept may have ended before the server saw the
 * whole request: then it cannot have acted on it, and gets it again on another.
 */
static void lost(struct card *card, struct web *w, enum web_why why, enum err err)
{
    if (w->state == WEB_IDLE) {
        drop_link(card, w);
    } else if (w->state == WEB_SENDING && !w->fresh && !w->sent) {
        w->state = WEB_WAITING;
        drop_link(card, w);
        begin(card, w);
    } else {
        fail(card, w, why, err);
    }
}

static void complete(struct card *card, struct web *w, bool exact)
{
    uint8_t more;
    bool keeps = exact && w->sent && w->answer.keeps && tls_session_read(w->tls, &more, 1) == 0 &&
                 tls_session_state(w->tls) == TLS_SESSION_OPEN;

    over(w);
    if (!keeps)
        drop_link(card, w);
    w->heard(card, w->ctx, WEB_END, 0, SLICE_NONE);
}

/* ---- out ---- */

static bool all_sent(const struct web *w)
{
    uint8_t octet;

    return web_request_octets(&w->request, w->at, &octet, 1) == 0 &&
           tls_session_waiting(w->tls) == 0 && bip_room(&w->bip) == BIP_SEND_MAX;
}

/* From TLS to BIP what fits. False: the exchange is over. */
static bool drain(struct card *card, struct web *w)
{
    uint32_t exchange = w->exchange;
    uint8_t octets[256];

    while (w->tls && exchange == w->exchange) {
        size_t room = bip_room(&w->bip);
        size_t n = tls_session_drain(w->tls, octets, room < sizeof octets ? room : sizeof octets);

        if (n == 0)
            return true;
        bip_send(card, &w->bip, slice_of(octets, n));
    }
    return false;
}

static void push(struct card *card, struct web *w)
{
    uint8_t piece[PIECE];
    enum err err = E_OK;

    while (drain(card, w) && w->state == WEB_SENDING && tls_session_waiting(w->tls) == 0) {
        size_t n = web_request_octets(&w->request, w->at, piece, sizeof piece);

        if (n == 0)
            break;
        w->at += n;
        err = tls_session_write(w->tls, slice_of(piece, n));
        wipe(piece, n);
        if (err) {
            lost(card, w, WEB_TLS, err);
            return;
        }
    }
}

static void start_sending(struct card *card, struct web *w)
{
    w->state = WEB_SENDING;
    w->at = 0;
    http_answer_init(&w->answer);
    push(card, w);
}

static void sent(struct card *card, struct web *w)
{
    if (w->last_words) {
        bip_close(card, &w->bip);
        return;
    }
    if (!w->tls)
        return;
    uint32_t exchange = w->exchange;
    push(card, w);
    if (exchange != w->exchange || w->state != WEB_SENDING || !all_sent(w))
        return;
    w->sent = true;
    w->state = WEB_HEARING;
    w->request = (struct web_request){ .host = SLICE_NONE };
    w->heard(card, w->ctx, WEB_SENT, 0, SLICE_NONE);
}

/* ---- in ---- */

static void hear_answer(struct card *card, struct web *w, slice in)
{
    uint32_t exchange = w->exchange;

    while (exchange == w->exchange) {
        slice data;

        switch (http_answer_next(&w->answer, &in, &data)) {
        case HTTP_MORE:
            return;
        case HTTP_STATUS:
            w->heard(card, w->ctx, WEB_STATUS, w->answer.status, SLICE_NONE);
            break;
        case HTTP_HEADER:
            w->heard(card, w->ctx, WEB_HEADER, 0, data);
            break;
        case HTTP_BODY:
            w->heard(card, w->ctx, WEB_DATA, 0, data);
            break;
        case HTTP_END:
            complete(card, w, in.n == 0);
            return;
        case HTTP_BAD:
            fail(card, w, WEB_HTTP, w->answer.fault);
            return;
        }
    }
}

static bool in_exchange(const struct web *w)
{
    return w->state == WEB_SENDING || w->state == WEB_HEARING;
}

/* close_notify: in good order, or too early. */
static void server_ended(struct card *card, struct web *w)
{
    uint32_t exchange = w->exchange;

    if (in_exchange(w) && http_answer_closed(&w->answer))
        hear_answer(card, w, SLICE_NONE);
    if (exchange == w->exchange)
        lost(card, w, in_exchange(w) ? WEB_HTTP : WEB_TLS, in_exchange(w) ? E_TRUNCATED : E_CLOSED);
}

static void pull(struct card *card, struct web *w)
{
    uint32_t exchange = w->exchange;
    uint8_t plain[512];
    size_t n;

    while (w->tls && exchange == w->exchange &&
           (n = tls_session_read(w->tls, plain, sizeof plain)) > 0) {
        if (in_exchange(w))
            hear_answer(card, w, slice_of(plain, n));
        else
            lost(card, w, WEB_HTTP, E_CONFLICT); /* nobody asked */
    }
    wipe(plain, sizeof plain);
    if (!w->tls || exchange != w->exchange)
        return;
    if (tls_session_state(w->tls) == TLS_SESSION_FAILED)
        lost(card, w, WEB_TLS, tls_session_fault(w->tls));
    else if (tls_session_state(w->tls) == TLS_SESSION_ENDED)
        server_ended(card, w);
}

static void hear_server(struct card *card, struct web *w, slice octets)
{
    enum err err = tls_session_feed(w->tls, octets);
    uint32_t exchange = w->exchange;

    if (err) {
        lost(card, w, WEB_TLS, err);
        return;
    }
    if (w->state == WEB_SHAKING && tls_session_state(w->tls) == TLS_SESSION_OPEN)
        start_sending(card, w);
    if (exchange == w->exchange && w->tls)
        pull(card, w);
    if (w->tls)
        push(card, w);
}

static void hear_resolver(struct card *card, struct web *w, slice octets)
{
    enum err why;

    switch (web_find_hear(card, w, octets, &why)) {
    case WEB_FIND_ON:
        return;
    case WEB_FIND_FAILED:
        fail(card, w, WEB_NAME, why);
        return;
    case WEB_FIND_DONE:
        w->found = w->known_name = true;
        w->state = WEB_WAITING;
        bip_close(card, &w->bip);
    }
}

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

static void begin(struct card *card, struct web *w)
{
    enum err err;

    if (w->state != WEB_WAITING)
        return;
    err = go_on(card, w);
    if (err)
        fail(card, w, err == E_STATE ? WEB_RESET : WEB_CONNECTION, err);
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
        fail(card, w, WEB_TLS, err);
    else
        push(card, w);
}

static void opened(struct card *card, struct web *w)
{
    enum err err;

    if (w->state == WEB_LINKING) {
        shake(card, w);
    } else if (w->state == WEB_ASKING) {
        err = web_find_ask(card, w);
        if (err)
            fail(card, w, WEB_NAME, err);
    }
}

static void asking_closed(struct card *card, struct web *w)
{
    if (w->bip.why == BIP_TIMEOUT && web_find_again(w)) {
        w->state = WEB_WAITING;
        begin(card, w);
    } else if (w->bip.why == BIP_TIMEOUT) {
        fail(card, w, WEB_NAME, E_TIMEOUT);
    } else {
        fail(card, w, WEB_CONNECTION, w->bip.why == BIP_REFUSED ? E_REFUSED : E_CLOSED);
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
        fail(card, w, WEB_RESET, E_CLOSED);
    else if (w->state == WEB_WAITING)
        begin(card, w);
    else if (w->state == WEB_ASKING)
        asking_closed(card, w);
    else if (w->bip.why == BIP_TIMEOUT)
        lost(card, w, WEB_TIMEOUT, E_TIMEOUT);
    else
        lost(card, w, WEB_CONNECTION, w->bip.why == BIP_REFUSED ? E_REFUSED : E_CLOSED);
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
            hear_server(card, w, data);
        break;
    case BIP_SENT:
        sent(card, w);
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
            fail(card, w, WEB_RESET, E_CLOSED);
    } else if (news == CAT_NEWS_ROOM) {
        begin(card, w);
    }
}

/* ---- for its user ---- */

enum err web_init(struct card *card, struct web *w, const struct web_network *net, web_heard *heard,
                  void *ctx)
{
    enum err err;

    if ((net->dns.p && net->dns.n != 4 && net->dns.n != 16) || net->access_name.n > 100 ||
        !net->user.p != !net->password.p ||
        net->access_name.n + net->user.n + net->password.n > NETWORK_MAX)
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
    if (!web_request_usable(r) || !tls_session_usable(&r->tls) ||
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
        start_sending(card, w);
        return E_OK;
    }
    drop_link(card, w);
    set_host(w, r, name);
    w->believe = r->tls.believe;
    w->believe_ctx = r->tls.ctx;
    memcpy(w->psk, psk, sizeof w->psk);
    if (!w->found && !w->net->dns.p)
        err = E_NOTFOUND;
    else
        err = go_on(card, w);
    if (err)
        over(w);
    return err;
}

void web_close(struct card *card, struct web *w)
{
    if (w->state != WEB_IDLE)
        over(w);
    drop_link(card, w);
}

bool web_busy(const struct web *w)
{
    return w->state != WEB_IDLE;
}
