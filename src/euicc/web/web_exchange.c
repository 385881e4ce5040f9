/* An exchange on a connection: the request out, the answer in, and the end of both. */
#include "euicc/web/web_impl.h"

#include "base/secret.h"

enum {
    PIECE = 1024,                        /* octets of one TLS record of ours, at most */
    SPARE = BIP_SEND_MAX % CAT_SEND_MAX, /* so that each SEND DATA but the last is full */
    LAST_WORDS = 64
};

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

void web_drop_link(struct card *card, struct web *w)
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

void web_over(struct web *w)
{
    w->state = WEB_IDLE;
    w->exchange++;
    w->request = (struct web_request){ .host = SLICE_NONE };
}

void web_fail(struct card *card, struct web *w, enum web_why why, enum err err)
{
    if (w->state == WEB_LINKING || w->state == WEB_SHAKING)
        w->found = false; /* the name may lead elsewhere by now */
    web_over(w);
    web_drop_link(card, w);
    w->why = why;
    w->heard(card, w->ctx, WEB_FAILED, (int)err, SLICE_NONE);
}

void web_lost(struct card *card, struct web *w, enum web_why why, enum err err)
{
    if (w->state == WEB_IDLE) {
        web_drop_link(card, w);
    } else if (w->state == WEB_SENDING && !w->fresh && !w->sent) {
        w->state = WEB_WAITING;
        web_drop_link(card, w);
        web_begin(card, w);
    } else {
        web_fail(card, w, why, err);
    }
}

static void complete(struct card *card, struct web *w, bool exact)
{
    uint8_t more;
    bool keeps = exact && w->sent && w->answer.keeps && tls_session_read(w->tls, &more, 1) == 0 &&
                 tls_session_state(w->tls) == TLS_SESSION_OPEN;

    web_over(w);
    if (!keeps)
        web_drop_link(card, w);
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
        size_t room = bip_room(&w->bip) > SPARE ? bip_room(&w->bip) - SPARE : 0;
        size_t n = tls_session_drain(w->tls, octets, room < sizeof octets ? room : sizeof octets);

        if (n == 0)
            return true;
        bip_send(card, &w->bip, slice_of(octets, n));
    }
    return false;
}

void web_push(struct card *card, struct web *w)
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
            web_lost(card, w, WEB_TLS, err);
            return;
        }
    }
}

void web_start_sending(struct card *card, struct web *w)
{
    w->state = WEB_SENDING;
    w->at = 0;
    http_answer_init(&w->answer);
    web_push(card, w);
}

void web_bip_sent(struct card *card, struct web *w)
{
    if (w->last_words) {
        bip_close(card, &w->bip);
        return;
    }
    if (!w->tls)
        return;
    uint32_t exchange = w->exchange;
    web_push(card, w);
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
            web_fail(card, w, WEB_HTTP, w->answer.fault);
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
        web_lost(card, w, in_exchange(w) ? WEB_HTTP : WEB_TLS,
                 in_exchange(w) ? E_TRUNCATED : E_CLOSED);
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
            web_lost(card, w, WEB_HTTP, E_CONFLICT); /* nobody asked */
    }
    wipe(plain, sizeof plain);
    if (!w->tls || exchange != w->exchange)
        return;
    if (tls_session_state(w->tls) == TLS_SESSION_FAILED)
        web_lost(card, w, WEB_TLS, tls_session_fault(w->tls));
    else if (tls_session_state(w->tls) == TLS_SESSION_ENDED)
        server_ended(card, w);
}

void web_hear_server(struct card *card, struct web *w, slice octets)
{
    enum err err = tls_session_feed(w->tls, octets);
    uint32_t exchange = w->exchange;

    if (err) {
        web_lost(card, w, WEB_TLS, err);
        return;
    }
    if (w->state == WEB_SHAKING && tls_session_state(w->tls) == TLS_SESSION_OPEN)
        web_start_sending(card, w);
    if (exchange == w->exchange && w->tls)
        pull(card, w);
    if (w->tls)
        web_push(card, w);
}
