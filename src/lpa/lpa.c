/* Beginning and end, and what went wrong. */
#include "base/text.h"
#include "lpa/lpa_impl.h"
#include "rsp/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BODY_MAX  ((size_t)8 << 20) /* of one HTTP answer: a Bound Profile Package in base64 */
#define ARENA_MAX ((size_t)64 << 20)

static const char *const step_texts[] = {
#define X(name, text) text,
    LPA_STEPS(X)
#undef X
};

const char *lpa_step_text(enum lpa_step step)
{
    return (size_t)step < COUNT(step_texts) ? step_texts[step] : "?";
}

void lpa_fresh(struct lpa *l, enum lpa_step step)
{
    arena_reset(&l->arena);
    l->trouble = (struct lpa_trouble){ .step = step, .card_error = "" };
}

enum err lpa_begin(struct lpa *l, enum lpa_step step)
{
    if (l->busy)
        return E_STATE;
    lpa_fresh(l, step);
    return E_OK;
}

enum err lpa_begin_long(struct lpa *l, enum lpa_step step)
{
    enum err e = lpa_begin(l, step);

    l->busy = true;
    return e;
}

void lpa_end(struct lpa *l)
{
    l->busy = false;
}

void lpa_step(struct lpa *l, enum lpa_step step, size_t done, size_t all)
{
    if (!l->trouble.err)
        l->trouble.step = step;
    if (l->o.progress)
        l->o.progress(l->o.ctx, step, done, all);
}

enum err lpa_fail(struct lpa *l, enum err e)
{
    if (!l->trouble.err)
        l->trouble.err = e;
    return e;
}

enum err lpa_fail_because(struct lpa *l, enum err e, const char *why)
{
    if (!l->trouble.err)
        snprintf(l->trouble.message, sizeof l->trouble.message, "%s", why);
    return lpa_fail(l, e);
}

enum err lpa_card_refused(struct lpa *l, const struct value_name *names, int64_t code)
{
    const char *name = value_name(names, code);

    if (l->trouble.err)
        return E_REFUSED;
    l->trouble.card_error = name ? name : "unknown";
    l->trouble.card_code = code;
    return lpa_fail(l, E_REFUSED);
}

const struct lpa_trouble *lpa_trouble(const struct lpa *l)
{
    return &l->trouble;
}

const char *lpa_trouble_text(const struct lpa *l, char *buf, size_t size)
{
    const struct lpa_trouble *t = &l->trouble;
    const char *step = lpa_step_text(t->step);
    char sentence[200];

    if (t->card_error[0])
        snprintf(buf, size, "%s: the eUICC answers %s(%" PRId64 ")", step, t->card_error,
                 t->card_code);
    else if (t->sw)
        snprintf(buf, size, "%s: the card answers with status word %04X", step, t->sw);
    else if (t->subject[0])
        snprintf(
            buf, size, "%s: %s (%s/%s)%s%s", step,
            status_sentence(slice_str(t->subject), slice_str(t->reason), sentence, sizeof sentence),
            t->subject, t->reason, t->message[0] ? ": " : "", t->message);
    else if (t->http >= 300)
        snprintf(buf, size, "%s: the server answers HTTP %d", step, t->http);
    else if (t->message[0])
        snprintf(buf, size, "%s: %s", step, t->message);
    else
        snprintf(buf, size, "%s: %s", step, err_text(t->err));
    return buf;
}

const uint8_t *lpa_eid(const struct lpa *l)
{
    return l->eid;
}

/* ---- the way to ISD-R ---- */

/* TERMINAL CAPABILITY: this device has an LPAd (TS 102 221 11.1.19.2.4). Cards may refuse it. */
static enum err announce(struct lpa *l)
{
    static const uint8_t header[4] = { 0x80, 0xAA, 0x00, 0x00 };
    static const uint8_t data[] = { 0xA9, 0x08, 0x81, 0x00, 0x82, 0x01, 0x01, 0x83, 0x01, 0x07 };

    return terminal_send(&l->card, header, SLICE_OF(data), -1);
}

static enum err open_channel(struct lpa *l)
{
    static const uint8_t header[4] = { 0x00, 0x70, 0x00, 0x00 };
    enum err e = terminal_expect(&l->card, header, SLICE_NONE, 1);

    if (e)
        return e;
    if (l->card.n != 1 || l->card.data[0] < 1 || l->card.data[0] > 19)
        return E_SYNTAX;
    l->card.channel = l->card.data[0];
    return E_OK;
}

static enum err select_isdr(struct lpa *l)
{
    static const uint8_t header[4] = { 0x00, 0xA4, 0x04, 0x00 };
    static const uint8_t aid[] = { 0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                   0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x01, 0x00 };
    enum err e = terminal_send(&l->card, header, SLICE_OF(aid), -1);

    if (e)
        return e;
    return l->card.sw == 0x9000 || l->card.sw >> 8 == 0x62 ? E_OK : E_NOTFOUND;
}

static enum err read_eid(struct lpa *l)
{
    struct get_euicc_data_response r;
    slice answer;
    enum err e = lpa_call(l, SLICE_LIT("\xBF\x3E\x03\x5C\x01\x5A"), &answer);

    if (!e)
        e = schema_decode(&T_get_euicc_data_response, answer, &r, NULL);
    if (!e)
        memcpy(l->eid, r.eid_value.p, sizeof l->eid);
    return e;
}

static enum err reach(struct lpa *l)
{
    uint8_t atr[64];
    size_t n = 0;
    enum err e = card_link_reset(l->o.link, atr, sizeof atr, &n);

    if (!e)
        e = announce(l);
    if (!e)
        e = open_channel(l);
    if (!e)
        e = select_isdr(l);
    return e ? e : read_eid(l);
}

enum err lpa_open(const struct lpa_options *o, struct lpa **out)
{
    struct http_client_options http = { .hosts = o->hosts, .body = BODY_MAX };
    struct lpa *l = calloc(1, sizeof *l);
    enum err e;

    *out = l;
    if (!l)
        return E_MEMORY;
    l->o = *o;
    if (!l->o.block || l->o.block > 255)
        l->o.block = 120;
    arena_init(&l->arena, ARENA_MAX);
    lpa_fresh(l, LPA_CARD);
    l->answer = malloc(LPA_ANSWER_MAX);
    terminal_init(&l->card, o->link, 0);
    if (!l->answer)
        return lpa_fail(l, E_MEMORY);
    terminal_use(&l->card, l->answer, LPA_ANSWER_MAX);
    e = http_client_open(&http, &l->http);
    if (!e)
        e = reach(l);
    return e ? lpa_fail(l, e) : E_OK;
}

void lpa_close(struct lpa *l)
{
    uint8_t close[4] = { 0x00, 0x70, 0x80, 0x00 };

    if (!l)
        return;
    if (l->card.channel) {
        close[3] = l->card.channel;
        l->card.channel = 0;
        (void)!terminal_send(&l->card, close, SLICE_NONE, -1); /* the card may be gone */
    }
    if (l->http)
        http_client_close(l->http);
    arena_free(&l->arena);
    free(l->answer);
    free(l);
}
