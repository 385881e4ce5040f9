/* Certificates, server, RSP servers. */
#include "smds/world.h"

#include "base/file.h"
#include "pki/lend.h"
#include "pki/testci.h"
#include "rsp/json/json.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void hierarchy_open(struct hierarchy *h)
{
    struct testci_plan plan = { .curve = CURVE_P256, .now_s = time(NULL) };

    *h = (struct hierarchy){ .crypto = crypto_openssl(), .now_ms = plan.now_s * 1000 };
    snprintf(h->dir, sizeof h->dir, "/tmp/dunlin-smds-XXXXXX");
    assert_non_null(mkdtemp(h->dir));
    snprintf(h->pki, sizeof h->pki, "%s/pki", h->dir);
    plan.dir = h->pki;
    assert_int_equal(testci_init(h->crypto, &plan, NULL), E_OK);
    assert_int_equal(identity_open_role(h->crypto, h->pki, ROLE_CI, &h->ci), E_OK);
    assert_int_equal(identity_open_role(h->crypto, h->pki, ROLE_EUM, &h->eum), E_OK);
    assert_int_equal(identity_open_role(h->crypto, h->pki, ROLE_DS_AUTH, &h->ds_auth), E_OK);
    keyring_place_open(&h->keys, lend_ci(h->crypto, h->ci.cert.der));
    lend_ds(h->keys.now, lent(&h->ds_auth.cert, &h->ds_auth.signer));
}

void hierarchy_close(struct hierarchy *h)
{
    keyring_place_close(&h->keys);
    identity_close(&h->ci);
    identity_close(&h->eum);
    identity_close(&h->ds_auth);
    folder_remove(h->dir);
}

static void open_server(struct world *w)
{
    const struct store_schema *const schemas[] = { &smds_schema, &store_event_schema };
    struct store_sqlite_options o = { .path = w->path,
                                      .schemas = schemas,
                                      .schema_count = COUNT(schemas),
                                      .volatile_commits = true };

    assert_int_equal(store_sqlite_open(&o, &w->store), E_OK);
    assert_int_equal(smds_open(&w->options, &w->smds), E_OK);
}

void world_open(struct world *w, struct hierarchy *h, const char *address, const char *root)
{
    *w = (struct world){ .h = h,
                         .options = { .crypto = h->crypto,
                                      .address = slice_str(address),
                                      .root = slice_str(root),
                                      .keys = &h->keys,
                                      .session_max = 64 } };
    snprintf(w->path, sizeof w->path, "%s/%s", h->dir, address);
    arena_init(&w->arena, 4 << 20);
    open_server(w);
}

static void shut(struct world *w)
{
    smds_close(w->smds);
    store_close(w->store);
}

void world_close(struct world *w)
{
    shut(w);
    arena_free(&w->arena);
}

static enum err recover(struct smds *s, const void *ctx, struct turn *t)
{
    bool more;
    enum err err = smds_recover(s, t, &more);

    (void)ctx;
    assert_false(more);
    return err;
}

void world_restart(struct world *w)
{
    shut(w);
    open_server(w);
    world_do(w, recover, NULL);
}

void world_do(struct world *w, operation *call, const void *ctx)
{
    enum err err = E_CONFLICT;

    for (w->conflicts = 0; err == E_CONFLICT && w->conflicts < 8;) {
        arena_reset(&w->arena);
        turn_init(&w->turn, &w->arena, w->store, w->h->now_ms);
        err = call(w->smds, ctx, &w->turn);
        if (!err)
            err = turn_commit(&w->turn);
        w->conflicts += err == E_CONFLICT;
    }
    assert_int_equal(err, E_OK);
}

static void *list(struct world *w, const struct store_table *table, struct arena *a, size_t *count)
{
    struct store_query q = { .limit = STORE_LIST_MAX };
    void *rows;

    assert_int_equal(store_list(w->store, table, &q, a, &rows, count), E_OK);
    return rows;
}

size_t world_rows(struct world *w, const struct store_table *table)
{
    struct arena a;
    size_t count;

    arena_init(&a, 4 << 20);
    list(w, table, &a, &count);
    arena_free(&a);
    return count;
}

size_t world_events(struct world *w, const char *kind)
{
    const struct store_event *rows;
    struct arena a;
    size_t count, n = 0;

    arena_init(&a, 4 << 20);
    rows = list(w, &store_event_table, &a, &count);
    for (size_t i = 0; i < count; i++)
        n += slice_eq_str(rows[i].kind, kind);
    arena_free(&a);
    return n;
}

/* ---- RSP servers ---- */

struct event_call {
    const char *owner;
    struct register_event_request add;
    struct delete_event_request del;
    slice resume;
    const struct es12_answer *answer;
};

static enum err do_register(struct smds *s, const void *ctx, struct turn *t)
{
    const struct event_call *c = ctx;

    return smds_register_event(s, slice_str(c->owner), &c->add, t);
}

static enum err do_delete(struct smds *s, const void *ctx, struct turn *t)
{
    const struct event_call *c = ctx;

    return smds_delete_event(s, slice_str(c->owner), &c->del, t);
}

void event_register(struct world *w, const char *owner, const uint8_t eid[EID_LEN], const char *id,
                    const char *address, bool forward)
{
    struct event_call c = { .owner = owner,
                            .add = { .eid = slice_of(eid, EID_LEN),
                                     .rsp_server_address = slice_str(address),
                                     .event_id = slice_str(id),
                                     .forwarding_indicator = forward } };

    world_do(w, do_register, &c);
}

void event_delete(struct world *w, const char *owner, const uint8_t eid[EID_LEN], const char *id)
{
    struct event_call c = { .owner = owner,
                            .del = { .eid = slice_of(eid, EID_LEN), .event_id = slice_str(id) } };

    world_do(w, do_delete, &c);
}

static enum err do_register_answered(struct smds *s, const void *ctx, struct turn *t)
{
    const struct event_call *c = ctx;

    return smds_register_resumed(s, c->resume, c->answer, t);
}

static enum err do_delete_answered(struct smds *s, const void *ctx, struct turn *t)
{
    const struct event_call *c = ctx;

    return smds_delete_resumed(s, c->resume, c->answer, t);
}

static enum err do_removal_answered(struct smds *s, const void *ctx, struct turn *t)
{
    const struct event_call *c = ctx;

    return smds_removal_answered(s, c->resume, c->answer, t);
}

void event_register_answered(struct world *w, slice resume, const struct es12_answer *answer)
{
    world_do(w, do_register_answered, &(struct event_call){ .resume = resume, .answer = answer });
    assert_int_equal(w->turn.want, TURN_REPLY);
}

void event_delete_answered(struct world *w, slice resume, const struct es12_answer *answer)
{
    world_do(w, do_delete_answered, &(struct event_call){ .resume = resume, .answer = answer });
    assert_int_equal(w->turn.want, TURN_REPLY);
}

void removal_answered(struct world *w, slice resume, const struct es12_answer *answer)
{
    world_do(w, do_removal_answered, &(struct event_call){ .resume = resume, .answer = answer });
}

static enum err do_removal(struct smds *s, const void *ctx, struct turn *t)
{
    (void)ctx;
    return smds_removal_due(s, t);
}

bool removal_due(struct world *w)
{
    world_do(w, do_removal, NULL);
    return w->turn.want == TURN_UPSTREAM;
}

/* ---- between two SM-DSs: what serve/es12.c and TLS do ---- */

static bool is_path(slice path, const char *name)
{
    char whole[64];

    snprintf(whole, sizeof whole, "/gsma/rsp2/es15/%s", name);
    return slice_eq_str(path, whole);
}

static void ask_root(struct world *root, slice path, slice body, struct arena *a)
{
    struct event_call c = { .owner = ALTERNATIVE };
    bool add = is_path(path, "registerEvent");
    const struct json_function *f =
        json_function_find(JSON_ES12, slice_str(add ? "registerEvent" : "deleteEvent"));
    const struct function_header *header = add ? &c.add.header : &c.del.header;
    void *request = add ? (void *)&c.add : (void *)&c.del;

    assert_true(add || is_path(path, "deleteEvent"));
    assert_int_equal(json_read_request(f, body, a, request, NULL), E_OK);
    assert_true(slice_eq_str(header->function_requester_identifier, ALTERNATIVE));
    world_do(root, add ? do_register : do_delete, &c);
}

struct es12_answer carry(struct world *w, struct world *root, struct arena *a, slice *resume)
{
    const struct json_function *f = json_function_find(JSON_ES12, SLICE_LIT("deleteEvent"));
    const struct header_response ok = { .which = header_response_is_ok, .ok = true };
    const struct turn_upstream *u = &w->turn.upstream;
    struct es12_answer answer = { .reached = true, .status = 200 };
    struct json_status status = { .failed = true };

    assert_int_equal(w->turn.want, TURN_UPSTREAM);
    assert_true(slice_eq_str(u->host, ROOT));
    assert_true(slice_eq_str(u->trust, "es15"));
    *resume = arena_copy(a, u->resume);
    ask_root(root, u->path, u->body, a);
    status.subject = slice_str(root->turn.status.subject);
    status.reason = slice_str(root->turn.status.reason);
    if (root->turn.status.subject)
        assert_int_equal(json_write_failure(&status, a, &answer.body), E_OK);
    else
        assert_int_equal(json_write_response(f, &ok, NULL, a, &answer.body, NULL), E_OK);
    return answer;
}
