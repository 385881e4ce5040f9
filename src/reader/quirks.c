#include "reader/quirks.h"

#include "base/secret.h"

#include <errno.h>
#include <time.h>

enum { INS_GET_RESPONSE = 0xC0, FETCHES_MAX = 512 };

static void wait_ms(uint32_t ms)
{
    struct timespec left = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

    while (ms && nanosleep(&left, &left) && errno == EINTR)
        ;
}

static void drop(struct quirk_link *q)
{
    wipe(q->answer, sizeof q->answer);
    q->n = q->at = 0;
    q->waits = false;
}

/* One exchange; the answer's data goes behind what is there. */
static enum err ask(struct quirk_link *q, slice command)
{
    size_t got = 0;
    enum err e =
        card_link_transmit(q->inner, command, q->answer + q->n, sizeof q->answer - q->n, &got);

    if (e)
        return e;
    if (got < 2)
        return E_TRUNCATED;
    q->n += got - 2;
    q->sw = (uint16_t)(q->answer[q->n] << 8 | q->answer[q->n + 1]);
    return E_OK;
}

/* The command again with the Le that the card named; of short commands the Le is the last octet. */
static enum err ask_again(struct quirk_link *q, slice command)
{
    uint8_t copy[5 + 255 + 1];
    enum err e;

    if (command.n < 5 || command.n > sizeof copy)
        return E_OK;
    memcpy(copy, command.p, command.n);
    copy[command.n - 1] = (uint8_t)q->sw;
    e = ask(q, slice_of(copy, command.n));
    wipe(copy, sizeof copy);
    return e;
}

static enum err fetch_all(struct quirk_link *q)
{
    enum err e = E_OK;

    for (unsigned i = 0; !e && q->sw >> 8 == 0x61 && i < FETCHES_MAX; i++) {
        uint8_t command[5] = { q->cla, INS_GET_RESPONSE, 0, 0, (uint8_t)q->sw };

        if (sizeof q->answer - q->n < CARD_RESPONSE_MAX)
            return E_OK; /* the terminal fetches what there is no room for */
        e = ask(q, slice_of(command, sizeof command));
    }
    return e;
}

static enum err ask_card(struct quirk_link *q, slice command)
{
    enum err e = ask(q, command);

    if (!e && q->sw >> 8 == 0x6C && q->quirks.wrong_le == WRONG_LE_ANSWERED)
        e = ask_again(q, command);
    if (!e && q->sw >> 8 == 0x6C && q->quirks.wrong_le == WRONG_LE_6700)
        q->sw = 0x6700;
    if (!e && q->quirks.more == MORE_FETCHED)
        e = fetch_all(q);
    return e;
}

/* At most `most` octets of what is left, with 61XX where more stays behind. */
static size_t send_part(struct quirk_link *q, size_t most, uint8_t *response)
{
    size_t left = q->n - q->at, take = left < most ? left : most;
    uint16_t sw = q->sw;

    if (q->quirks.response_max && take > q->quirks.response_max)
        take = q->quirks.response_max;
    if (take)
        memcpy(response, q->answer + q->at, take);
    q->at += take;
    left -= take;
    q->waits = left > 0;
    if (q->waits)
        sw = (uint16_t)(0x6100 | (left < 256 ? left : 0));
    response[take] = (uint8_t)(sw >> 8);
    response[take + 1] = (uint8_t)sw;
    if (!q->waits)
        drop(q);
    return take + 2;
}

static bool fetches_rest(const struct quirk_link *q, slice command)
{
    return q->waits && command.n == 5 && command.p[1] == INS_GET_RESPONSE && !command.p[2] &&
           !command.p[3] && ((command.p[0] ^ q->cla) & 0x7F) == 0;
}

static enum err transmit(void *ctx, slice command, uint8_t *response, size_t size, size_t *n)
{
    struct quirk_link *q = ctx;
    size_t most = size - 2;
    enum err e = E_OK;

    if (size < CARD_RESPONSE_MAX)
        return E_NOSPACE;
    wait_ms(q->quirks.delay_ms);
    if (fetches_rest(q, command)) {
        size_t le = command.p[4] ? command.p[4] : 256;

        most = le < most ? le : most;
    } else {
        drop(q);
        q->cla = command.n ? command.p[0] : 0;
        e = ask_card(q, command);
    }
    if (e) {
        drop(q);
        return e;
    }
    *n = send_part(q, most, response);
    return E_OK;
}

static enum err reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    struct quirk_link *q = ctx;

    drop(q);
    return card_link_reset(q->inner, atr, size, n);
}

static void close_link(void *ctx)
{
    struct quirk_link *q = ctx;

    drop(q);
    card_link_close(q->inner);
}

struct card_link quirk_link(struct quirk_link *q, const struct card_link *inner,
                            const struct quirks *quirks)
{
    q->inner = inner;
    q->quirks = *quirks;
    drop(q);
    return (struct card_link){ q, transmit, reset, close_link };
}
