/* The dialogue of an administration session (Amendment B 3.2 to 3.7). */
#include "euicc/ota/admin.h"

#include "base/secret.h"
#include "der/der.h"

enum { TAG_TRIGGER = 0x81, CONTENT = 200, NO_CONTENT = 204 };

struct admin_session {
    struct admin_terms terms;
    uint16_t domain;
    bool waiting;  /* for the timer, to try again */
    bool spoken;   /* the server has had a request of this session */
    bool repeated; /* the request under way was made before */
    uint8_t timer;

    /* the request: borrowed by web while it is under way */
    ADMIN_FIELD(path, ADMIN_URI_MAX);
    uint8_t headers[ADMIN_HEADERS_MAX];
    struct ota_key key;
    uint8_t *answer; /* scratch; NULL: nothing is answered */
    size_t answer_n;
    enum admin_verdict verdict;
    enum admin_content content;

    /* what comes back */
    struct admin_head head;
    uint8_t *script; /* scratch */
    size_t script_n; /* more than ADMIN_SCRIPT_MAX: it was too long, and is not held */
};

/* ---- begin and end ---- */

static void drop_script(struct card *card, struct admin_session *s)
{
    objects_repay(&card->objects, s->script);
    s->script = NULL;
    s->script_n = 0;
}

static void drop_answer(struct card *card, struct admin_session *s)
{
    objects_repay(&card->objects, s->answer);
    s->answer = NULL;
    s->answer_n = 0;
    s->verdict = ADMIN_NO_SCRIPT;
}

/* What the session says; what it leaves open, and between sessions, is as the card was given it. */
static void use_network(struct admin *a, const struct admin_terms *t)
{
    static const struct web_network none;

    a->network = a->given ? *a->given : none;
    if (!t)
        return;
    if (t->dns.n)
        a->network.dns = slice_of(t->dns.p, t->dns.n);
    if (!t->access_name.n && !t->user.n)
        return;
    a->network.access_name =
        t->access_name.n ? slice_of(t->access_name.p, t->access_name.n) : SLICE_NONE;
    a->network.user = t->user.n ? slice_of(t->user.p, t->user.n) : SLICE_NONE;
    a->network.password = t->user.n ? slice_of(t->password.p, t->password.n) : SLICE_NONE;
}

void admin_drop(struct card *card, struct admin *a)
{
    struct admin_session *s = a->session;

    if (!s)
        return;
    a->session = NULL;
    web_close(card, &a->web);
    if (s->waiting)
        cat_timer_stop(card, s->timer);
    drop_script(card, s);
    drop_answer(card, s);
    ram_drop(card, a->ram);
    objects_repay(&card->objects, s);
    use_network(a, NULL);
}

/* ---- a request ---- */

static enum err post(struct card *card, struct admin *a)
{
    struct admin_session *s = a->session;
    struct admin_terms *t = &s->terms;
    const struct admin_request head = { .agent = slice_of(t->agent.p, t->agent.n),
                                        .resume = s->repeated && s->spoken,
                                        .verdict = s->verdict,
                                        .content = s->content };
    enum err err;

    if (!admin_key(card, s->domain, t->version, t->identifier, &s->key))
        return E_NOTFOUND;
    struct web_request r = {
        .host = slice_of(t->host.p, t->host.n),
        .address = t->address.n ? slice_of(t->address.p, t->address.n) : SLICE_NONE,
        .path = slice_of(s->path.p, s->path.n),
        .headers = slice_of(s->headers, admin_head_put(&head, s->headers)),
        .body = s->answer_n ? slice_of(s->answer, s->answer_n) : SLICE_NONE,
        .tls = { .psk_identity = slice_of(t->identity.p, t->identity.n),
                 .psk = slice_of(s->key.octets, s->key.n) },
    };
    memset(&s->head, 0, sizeof s->head);
    err = web_post(card, &a->web, &r);
    if (err)
        wipe(&s->key, sizeof s->key);
    return err;
}

/* ---- failure ---- */

static void time_to_retry(struct card *card, void *ctx, bool expired);

/* Retry policy: false when it is exhausted, or the terminal has no timer for it. */
static bool try_later(struct card *card, struct admin *a)
{
    struct admin_session *s = a->session;

    web_close(card, &a->web);
    drop_script(card, s);
    if (!s->terms.retries || cat_timer_start(card, s->terms.delay_s, time_to_retry, a, &s->timer))
        return false;
    s->terms.retries--;
    s->waiting = true;
    return true;
}

static void failed(struct card *card, struct admin *a)
{
    if (!try_later(card, a))
        admin_drop(card, a);
}

static void time_to_retry(struct card *card, void *ctx, bool expired)
{
    struct admin *a = ctx;

    a->session->waiting = false;
    a->session->repeated = true;
    if (!expired)
        admin_drop(card, a);
    else if (post(card, a))
        failed(card, a);
}

/* ---- a script ---- */

/*
 * Whom it is for: the domain itself, a domain below it, and with the content type of TS 102 226
 * also an instance for remote file management below it.
 */
static enum admin_verdict find_target(struct card *card, const struct admin_session *s,
                                      struct ota_target *out)
{
    slice aid = slice_of(s->head.target.p, s->head.target.n);
    struct registry_entry e;
    bool found = s->head.targeted ? s->head.target_known &&
                                        registry_by_aid(&card->objects, card->tree.root, aid, &e)
                                  : registry_get(card, s->domain, &e);

    if (!found)
        return ADMIN_UNKNOWN_APPLICATION;
    if (e.kind != REGISTRY_SECURITY_DOMAIN && s->head.content == ADMIN_CARD_CONTENT)
        return ADMIN_NOT_A_DOMAIN;
    if (!target_of(&e, out))
        return ADMIN_UNKNOWN_APPLICATION;
    if ((e.number != s->domain && e.domain != s->domain) || !level_reached(LEVEL_TLS, out->msl))
        return ADMIN_SECURITY_ERROR;
    out->domain = (uint8_t)s->domain;
    return ADMIN_SCRIPT_OK;
}

/* Where memory failed nothing holds: zero commands were done, the first one's status says why. */
static size_t memory_failure(uint8_t *out)
{
    static const uint8_t answer[] = { 0xAF, 0x80, 0x80, 0x01, 0x00, 0x23,
                                      0x02, 0x65, 0x81, 0x00, 0x00 };

    memcpy(out, answer, sizeof answer);
    return sizeof answer;
}

/* False: there is no memory to run it. */
static bool run(struct card *card, struct admin *a)
{
    struct admin_session *s = a->session;
    struct ota_session session;
    struct ota_target target;

    drop_answer(card, s);
    s->content = s->head.content;
    s->verdict =
        s->script_n > ADMIN_SCRIPT_MAX ? ADMIN_SECURITY_ERROR : find_target(card, s, &target);
    if (s->verdict != ADMIN_SCRIPT_OK)
        return true;
    s->answer = objects_lend(&card->objects, ADMIN_ANSWER_MAX);
    if (!s->answer)
        return false;
    session_begin(card, &target, a->ram, &session);
    session.version = s->terms.version;
    session.dek = KEY_PSK_DEK;
    if (!session_run(&session, script_run_expanded, slice_of(s->script, s->script_n), s->answer,
                     ADMIN_ANSWER_MAX, &s->answer_n))
        s->answer_n = memory_failure(s->answer);
    return true;
}

/* ---- an answer ---- */

/* The domain is still there, and not locked. */
static bool domain_lives(struct card *card, uint16_t domain)
{
    struct registry_entry e;
    struct ota_target target;

    return registry_get(card, domain, &e) && e.kind == REGISTRY_SECURITY_DOMAIN &&
           target_of(&e, &target);
}

/* False: the answer cannot be followed. */
static bool understood(const struct admin_session *s)
{
    const struct admin_head *h = &s->head;

    if (h->fault || (h->status != CONTENT && h->status != NO_CONTENT))
        return false;
    return !s->script_n ||
           (h->protocol && (h->content == ADMIN_CARD_CONTENT || h->content == ADMIN_COMMAND_DATA));
}

static void answered(struct card *card, struct admin *a)
{
    struct admin_session *s = a->session;

    if (!domain_lives(card, s->domain)) {
        admin_drop(card, a);
        return;
    }
    if (!understood(s) || (s->script_n && !run(card, a))) {
        failed(card, a);
        return;
    }
    if (!s->script_n)
        drop_answer(card, s);
    drop_script(card, s);
    if (!s->head.next.n) {
        admin_drop(card, a);
        return;
    }
    memcpy(s->path.p, s->head.next.p, s->head.next.n);
    s->path.n = s->head.next.n;
    s->repeated = false;
    if (post(card, a))
        failed(card, a);
}

static void gather(struct card *card, struct admin_session *s, slice data)
{
    if (s->head.status != CONTENT || s->script_n > ADMIN_SCRIPT_MAX)
        return;
    if (!s->script)
        s->script = objects_lend(&card->objects, ADMIN_SCRIPT_MAX);
    if (!s->script || data.n > ADMIN_SCRIPT_MAX - s->script_n) {
        s->head.fault = s->head.fault || !s->script;
        drop_script(card, s);
        s->script_n = ADMIN_SCRIPT_MAX + 1;
        return;
    }
    memcpy(s->script + s->script_n, data.p, data.n);
    s->script_n += data.n;
}

void admin_heard(struct card *card, void *ctx, enum web_event event, int number, slice data)
{
    struct admin *a = ctx;
    struct admin_session *s = a->session;

    if (!s || s->waiting)
        return;
    if (event == WEB_SENT || event == WEB_END || event == WEB_FAILED)
        wipe(&s->key, sizeof s->key);
    switch (event) {
    case WEB_STATUS:
        s->head = (struct admin_head){ .status = number };
        break;
    case WEB_HEADER:
        admin_head_take(&s->head, slice_of(s->terms.host.p, s->terms.host.n), data);
        break;
    case WEB_DATA:
        gather(card, s, data);
        break;
    case WEB_SENT:
        s->spoken = true;
        break;
    case WEB_END:
        s->spoken = true;
        answered(card, a);
        break;
    case WEB_FAILED:
        failed(card, a);
        break;
    }
}

/* ---- for the application ---- */

enum err admin_init(struct card *card, struct admin *a, const struct web_network *given,
                    struct ram_state *ram)
{
    a->given = given;
    a->ram = ram;
    use_network(a, NULL);
    return web_init(card, &a->web, &a->network, admin_heard, a);
}

bool admin_is_trigger(slice data)
{
    return data.n && data.p[0] == TAG_TRIGGER;
}

uint16_t admin_trigger(struct card *card, struct admin *a, uint16_t domain, slice data)
{
    struct admin_session *s;
    struct tlv message;
    uint16_t sw;

    if (der_one(data, &message))
        return SW_DATA;
    if (a->session && !a->session->waiting)
        return SW_TOOLKIT_BUSY;
    s = objects_lend(&card->objects, sizeof *s);
    if (!s)
        return SW_NO_SPACE;
    memset(s, 0, sizeof *s);
    s->domain = domain;
    sw = admin_terms(card, domain, message.value, &s->terms);
    if (sw != SW_OK) {
        objects_repay(&card->objects, s);
        return sw;
    }
    admin_drop(card, a); /* one that waits gives way */
    a->session = s;
    use_network(a, &s->terms);
    memcpy(s->path.p, s->terms.uri.p, s->terms.uri.n);
    s->path.n = s->terms.uri.n;
    if (post(card, a) && !try_later(card, a)) {
        admin_drop(card, a);
        return SW_CONDITIONS;
    }
    return SW_OK;
}
