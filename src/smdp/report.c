/*
 * ES2+.HandleDownloadProgressInfo (SGP.22 5.3.5): what became of an order is told to the operator
 * who placed it. A report is a row, committed with what it reports, and goes when a server answers
 * it with success; so it survives every crash, and may come twice.
 */
#include "smdp/internal.h"
#include "smdp/operator.h"

#include "base/text.h"
#include "rsp/json/json.h"

#include <inttypes.h>
#include <time.h>

/* In one set of changes: each row may hold some KB. */
#define RECOVER_ROWS 256
#define GIVE_UP_MS   ((int64_t)3 * 24 * 60 * 60 * 1000)

/* ---- what happened ---- */

static enum err newest_address(struct turn *t, slice name, slice *out)
{
    const struct store_query q = {
        .index = SMDP_OPERATOR_BY_NAME,
        .key = { store_text(name) },
        .key_count = 1,
        .limit = STORE_LIST_MAX,
    };
    struct smdp_operator *rows;
    size_t count;
    enum err err = store_list(t->store, &smdp_operator_table, &q, t->arena, &rows, &count);

    *out = SLICE_NONE;
    for (size_t i = 0; !err && i < count; i++)
        if (rows[i].notify.p)
            *out = rows[i].notify;
    return err;
}

enum err smdp_report(struct turn *t, enum smdp_point point, const struct smdp_order *order,
                     const struct turn_status *failure, slice data)
{
    struct smdp_report *row;
    struct smdp_profile profile;
    slice address = SLICE_NONE;
    enum err err;

    if (!order->requester.p)
        return E_OK;
    err = newest_address(t, order->requester, &address);
    if (err || !address.p)
        return err;
    err = smdp_find_profile(t, order->iccid, &profile);
    row = ARENA_NEW(t->arena, struct smdp_report);
    if (err || !row)
        return err ? err : E_MEMORY;
    *row = (struct smdp_report){
        .waiting = 1,
        .operator= order->requester,
        .point = point,
        .iccid = order->iccid,
        .eid = order->session_eid.p ? order->session_eid : order->eid,
        .profile_type = profile.profile_type,
        .happened_ms = t->now_ms,
        .due_ms = t->now_ms,
        .data = data,
    };
    if (failure && failure->subject) {
        row->subject = slice_str(failure->subject);
        row->reason = slice_str(failure->reason);
        row->message = slice_str(failure->message);
    }
    return turn_insert(t, &smdp_report_table, row);
}

/* ---- sending ---- */

static slice timestamp(struct arena *a, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm))
        return SLICE_NONE;
    return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                        tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static enum err write_body(struct smdp *s, struct turn *t, const struct smdp_report *row,
                           slice *body)
{
    const struct json_function *f =
        json_function_find(JSON_ES2PLUS, SLICE_LIT("handleDownloadProgressInfo"));
    struct function_status status = { .status = SLICE_LIT("Executed-Success") };
    struct handle_download_progress_info_request r = {
        .has_header = true,
        .header = { .function_requester_identifier = s->options.address,
                    .function_call_identifier = arena_printf(t->arena, "%" PRId64, row->id) },
        .eid = row->eid,
        .iccid = row->iccid,
        .profile_type = row->profile_type.p ? row->profile_type : SLICE_EMPTY,
        .timestamp = timestamp(t->arena, row->happened_ms),
        .has_notification_point_id = true,
        .notification_point_id = row->point,
        .result_data = row->data,
    };

    if (row->subject.p) {
        status.status = SLICE_LIT("Failed");
        status.has_status_code_data = true;
        status.status_code_data = (struct status_code_data){ .subject_code = row->subject,
                                                             .reason_code = row->reason,
                                                             .message = row->message };
    }
    r.has_notification_point_status = true;
    r.notification_point_status = status;
    if (arena_failed(t->arena))
        return E_MEMORY;
    return json_write_request(f, &r, t->arena, body, NULL);
}

/* Nobody to tell any more, or nobody listened for too long: the event stays in the log. */
static enum err give_up(struct smdp_report *row, const char *why, struct turn *t)
{
    struct store_event event = {
        .kind = SLICE_LIT("smdp.report.given-up"),
        .eid = row->eid,
        .iccid = row->iccid,
        .detail = slice_str(why),
    };
    enum err err = turn_event(t, &event);

    row->waiting = 0;
    return err ? err : turn_update(t, &smdp_report_table, row);
}

static enum err send(struct smdp *s, struct smdp_report *row, slice address, struct turn *t)
{
    struct turn_upstream *u = &t->upstream;
    enum err err = write_body(s, t, row, &u->body);

    if (err && err != E_MEMORY)
        return give_up(row, "report cannot be written", t);
    if (err)
        return err;
    row->attempts++;
    row->due_ms = t->now_ms + TURN_CLAIM_MS;
    u->host = address;
    u->path = SLICE_LIT("/gsma/rsp2/es2plus/handleDownloadProgressInfo");
    u->content_type = SLICE_LIT("application/json;charset=UTF-8");
    u->headers[0].name = SLICE_LIT("X-Admin-Protocol");
    u->headers[0].value = SLICE_LIT("gsma/rsp/v2.2.2");
    u->header_count = 1;
    u->trust = SLICE_LIT("es2");
    u->resume = arena_printf(t->arena, "%" PRId64, row->id);
    t->want = TURN_UPSTREAM;
    return u->resume.p ? turn_update(t, &smdp_report_table, row) : E_MEMORY;
}

enum err smdp_report_due(struct smdp *s, struct turn *t, int64_t *next_ms)
{
    const struct store_query q = {
        .index = SMDP_REPORT_BY_DUE,
        .key = { store_int(1) },
        .key_count = 1,
        .limit = 1,
    };
    struct smdp_report *row;
    slice address;
    size_t count;
    enum err err = store_list(t->store, &smdp_report_table, &q, t->arena, &row, &count);

    *next_ms = !err && count ? row->due_ms : INT64_MAX;
    if (err || !count || row->due_ms > t->now_ms)
        return err;
    err = newest_address(t, row->operator, & address);
    if (err)
        return err;
    if (!address.p)
        return give_up(row, "operator has no address", t);
    if (row->attempts && t->now_ms - row->happened_ms > GIVE_UP_MS)
        return give_up(row, "operator did not answer", t);
    return send(s, row, address, t);
}

enum err smdp_report_answered(struct smdp *s, slice resume, int status, struct turn *t)
{
    struct smdp_report *row = ARENA_NEW(t->arena, struct smdp_report);
    int64_t id;
    enum err err = row ? E_OK : E_MEMORY;

    (void)s;
    t->want = TURN_REPLY;
    if (decimal_decode(resume, &id))
        return E_ARGUMENT;
    if (!err)
        err = store_get(t->store, &smdp_report_table, SMDP_BY_KEY, STORE_KEY(store_int(id)), row,
                        t->arena);
    if (err || !row->waiting)
        return err == E_NOTFOUND ? E_OK : err;
    if (status >= 200 && status <= 299)
        return turn_delete(t, &smdp_report_table, row);
    row->due_ms = t->now_ms + turn_retry_ms(row->attempts);
    return turn_update(t, &smdp_report_table, row);
}

enum err smdp_recover(struct smdp *s, struct turn *t, bool *more)
{
    const struct store_query q = {
        .index = SMDP_REPORT_BY_DUE,
        .key = { store_int(1) },
        .key_count = 1,
        .from_given = true,
        .from = store_int(t->now_ms + 1),
        .limit = RECOVER_ROWS,
    };
    struct smdp_report *rows;
    size_t count = 0;
    enum err err = store_list(t->store, &smdp_report_table, &q, t->arena, &rows, &count);

    (void)s;
    for (size_t i = 0; !err && i < count; i++) {
        rows[i].due_ms = t->now_ms;
        err = turn_update(t, &smdp_report_table, &rows[i]);
    }
    *more = !err && count == RECOVER_ROWS;
    return err ? err : smdp_event_recover(t, more);
}
