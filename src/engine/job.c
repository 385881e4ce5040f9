/* The steps of one job. At most one thread has a job at a time. */
#include "engine/job.h"

#include <stddef.h>
#include <time.h>

/* ---- the end: a response ---- */

static void answer_status(struct job *j, int status)
{
    size_t n = 0;

    if (j->protocol.p)
        j->fields[n++] = (struct http_field){ SLICE_LIT("X-Admin-Protocol"), j->protocol };
    if (status == 503)
        j->fields[n++] = (struct http_field){ SLICE_LIT("Retry-After"), SLICE_LIT("2") };
    j->response = (struct http_response){
        .status = status,
        .fields = j->fields,
        .field_count = n,
    };
    j->step = JOB_END;
}

static int status_of(enum err err)
{
    if (err == E_LIMIT || err == E_MEMORY || err == E_CONFLICT)
        return 503;
    if (err == E_UNTRUSTED)
        return 403;
    return err_class(err) == ERR_PEER ? 400 : 500;
}

static void fail(struct job *j, enum err err)
{
    j->err = err;
    answer_status(j, status_of(err));
}

/* ---- steps ---- */

/* 400 names the offending field. Without room for the words it is a bare status. */
static void complain(struct job *j, const struct fault *fault)
{
    const struct engine_binding *b = j->route->binding;
    char what[200];
    slice body = SLICE_NONE;
    enum err err = E_OK;

    answer_status(j, 400);
    fault_print(fault, what, sizeof what);
    if (b->complain)
        err = b->complain(what, &j->request_arena, &body);
    else
        body = arena_printf(&j->request_arena, "%s\n", what);
    if (err || !body.p)
        return;
    j->response.content_type =
        b->complain ? slice_str(b->reply_type) : SLICE_LIT("text/plain;charset=UTF-8");
    j->response.body = body;
}

static void read_body(struct job *j)
{
    struct fault fault = { .err = E_OK };
    enum err err = j->route->binding->read(j->route, j->http->body, &j->request_arena,
                                           &j->call.message, &fault);

    j->step = JOB_DECIDE;
    if (!err)
        return;
    j->err = err;
    fault.err = err;
    if (err == E_MEMORY)
        answer_status(j, 503);
    else
        complain(j, &fault);
}

static int64_t now_ms(const struct engine *e)
{
    struct timespec t;

    if (e->o.clock)
        return e->o.clock(e->o.ctx);
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Counts a conflict; true: the handler runs again, on fresh state. */
static bool may_try_again(struct job *j)
{
    j->conflicts++;
    engine_count_conflict(j->engine);
    j->step = JOB_DECIDE;
    return j->tries < ENGINE_TRIES;
}

/* All reads of one decision see the same state of the store. */
static enum err run_on_one_state(struct job *j, void *role)
{
    struct store *store = j->engine->o.store;
    enum err err = store ? store_read_begin(store) : E_OK;

    if (err)
        return err;
    err = j->handler(role, &j->call, &j->turn);
    if (store)
        store_read_end(store);
    return err;
}

static void decide(struct job *j)
{
    void *role = j->route ? j->route->role : j->chore->chore->role;
    enum err err;

    j->tries++;
    j->more = false;
    arena_reset(&j->turn_arena);
    turn_init(&j->turn, &j->turn_arena, j->engine->o.store, now_ms(j->engine));
    err = run_on_one_state(j, role);
    if (err == E_CONFLICT && may_try_again(j))
        return;
    if (err)
        fail(j, err);
    else
        j->step = JOB_COMMIT;
}

static void on_committed(struct store_job *commit)
{
    engine_continue(commit->context);
}

/* False: the store has it now. */
static bool commit(struct job *j)
{
    j->step = JOB_COMMITTED;
    j->commit = (struct store_job){
        .changes = j->turn.changes,
        .count = j->turn.change_count,
        .done = on_committed,
        .context = j,
    };
    if (!j->commit.count)
        return true;
    if (j->own_thread) {
        j->commit.err = store_apply(j->engine->o.store, j->commit.changes, j->commit.count, NULL);
        return true;
    }
    store_commit(j->engine->o.store, &j->commit);
    return false;
}

static void after_commit(struct job *j)
{
    enum err err = j->commit.err;

    turn_settle(&j->turn, err == E_OK);
    if (err == E_CONFLICT && may_try_again(j))
        return;
    if (err) {
        fail(j, err);
        return;
    }
    if (j->more)
        engine_chore_again(j->engine, j->chore);
    j->step = j->turn.want == TURN_UPSTREAM ? JOB_CALL : JOB_ANSWER;
}

/* The answer is copied into the job, which nobody else has meanwhile. */
static void keep_answer(struct job *j, const struct engine_answer *a)
{
    j->answer = *a;
    j->answer.body = arena_copy(&j->request_arena, a->body);
    j->answer.content_type = arena_copy(&j->request_arena, a->content_type);
    if (arena_failed(&j->request_arena))
        j->answer = (struct engine_answer){ .err = E_MEMORY };
}

static void on_answer(void *token, const struct engine_answer *a)
{
    struct job *j = token;
    struct engine *e = j->engine;

    keep_answer(j, a);
    engine_upstream_left(e);
    if (!j->own_thread) {
        engine_continue(j);
        return;
    }
    pthread_mutex_lock(&e->lock);
    j->answered = true;
    pthread_cond_broadcast(&e->moved);
    pthread_mutex_unlock(&e->lock);
}

static void wait_for_answer(struct job *j)
{
    pthread_mutex_lock(&j->engine->lock);
    while (!j->answered)
        pthread_cond_wait(&j->engine->moved, &j->engine->lock);
    j->answered = false;
    pthread_mutex_unlock(&j->engine->lock);
}

/* False: the upstream has it now. */
static bool call_upstream(struct job *j)
{
    struct engine *e = j->engine;
    engine_handler *resume = j->route ? j->route->resume : j->chore->chore->resume;
    bool own_thread = j->own_thread; /* once called, the job may be anywhere */

    if (!resume || ++j->hops > ENGINE_HOPS) {
        fail(j, E_INTERNAL);
        return true;
    }
    j->handler = resume;
    j->step = JOB_RESUME;
    j->call.resume = arena_copy(&j->request_arena, j->turn.upstream.resume);
    if (!e->o.upstream.call) {
        j->answer = (struct engine_answer){ .err = E_UNSUPPORTED };
        return true;
    }
    if (!engine_upstream_enter(e)) {
        j->answer = (struct engine_answer){ .err = E_LIMIT };
        return true;
    }
    e->o.upstream.call(e->o.upstream.ctx, &j->turn.upstream, on_answer, j);
    if (own_thread)
        wait_for_answer(j);
    return own_thread;
}

static void resume(struct job *j)
{
    j->call.answer = &j->answer;
    j->tries = 0;
    j->step = JOB_DECIDE;
    if (arena_failed(&j->request_arena))
        fail(j, E_MEMORY);
}

static const char *reply_type(const struct job *j)
{
    const struct engine_binding *b = j->route->binding;

    return b->problem_type && j->response.status >= 400 ? b->problem_type : b->reply_type;
}

static void answer(struct job *j)
{
    slice body = SLICE_NONE;
    enum err err = E_OK;

    if (j->route)
        err = j->route->binding->write(j->route, &j->turn, &j->turn_arena, &body);
    if (err) {
        /* committed already: what failed is only the telling */
        fail(j, err_class(err) == ERR_PEER ? E_INTERNAL : err);
        return;
    }
    answer_status(j, j->turn.http_status ? j->turn.http_status : body.p ? 200 : 204);
    if (body.p && j->route) {
        j->response.content_type = slice_str(reply_type(j));
        j->response.body = body;
    }
}

void job_run(struct job *j, bool *finished)
{
    *finished = false;
    for (;;) {
        switch (j->step) {
        case JOB_READ:
            read_body(j);
            break;
        case JOB_DECIDE:
            decide(j);
            break;
        case JOB_COMMIT:
            if (!commit(j))
                return;
            break;
        case JOB_COMMITTED:
            after_commit(j);
            break;
        case JOB_CALL:
            if (!call_upstream(j))
                return;
            break;
        case JOB_RESUME:
            resume(j);
            break;
        case JOB_ANSWER:
            answer(j);
            break;
        case JOB_END:
            *finished = true;
            return;
        }
    }
}
