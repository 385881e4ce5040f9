/* What the operations of the operator's surface share. Inside serve/. */
#ifndef DUNLIN_SERVE_ADMIN_PARTS_H
#define DUNLIN_SERVE_ADMIN_PARTS_H

#include "base/text.h"
#include "serve/admin.h"

#include <jansson.h>

#define ADMIN_BODY_MAX    (64u << 10)
#define ADMIN_PACKAGE_MAX ((size_t)1 << 20)
#define ADMIN_PAGE        100 /* items, when nobody says how many */
#define ADMIN_PAGE_MAX    500

/* Of one walk over the orders; only its chore looks at it. */
#define CENSUS_STATES 16
struct admin_census {
    int64_t rests_until_ms;
    uint8_t iccid[ICCID_LEN]; /* the last that was counted; SM-DP+ */
    bool iccid_known;
    int64_t id; /* the same; SM-DS and eIM */
    uint64_t counts[CENSUS_STATES];
};

struct admin {
    struct admin_options o;
    struct admin_route *routes;
    struct admin_census census;
    struct retention keys;
};

/* One operation under way. */
struct admin_call {
    struct admin *admin;
    const struct engine_call *call; /* its answer: that of the upstream call which the turn made */
    const struct http_request *http;
    slice octets; /* the body, where it is no JSON */
    json_t *body; /* an object, maybe empty */
    struct turn *t;
    json_t *reply; /* owned; NULL: 204 */
    /* Asked again under its key while its upstream call has not ended well: the reply of then. */
    json_t *begun; /* owned; NULL: not so */
    struct admin_key *kept;
    int status; /* of a success: 200 unless said */
    /* The first problem counts. */
    int problem; /* HTTP status; 0: none */
    const char *field, *detail;
};

/*
 * Leaves the reply, or a problem. Errors of the role are translated (admin.c); its refusals stand
 * in the turn. Where the turn makes an upstream call, what the role changed and the reply so far
 * are kept, and the operation is run again with the answer.
 */
typedef enum err admin_run(struct admin_call *c);

enum admin_takes { TAKES_NOTHING, TAKES_JSON, TAKES_OCTETS };

struct admin_operation {
    const char *method, *path;
    admin_run *run;
    enum admin_takes takes;
    const char *members; /* of the JSON object, or of the query: " eid iccid " */
};

extern const struct admin_operation admin_common[], admin_smdp[], admin_smds[], admin_eim[];
extern const size_t admin_common_count, admin_smdp_count, admin_smds_count, admin_eim_count;

/* ---- reading (admin_fields.c): a problem is latched, and the value is as if absent ---- */

/* E_REFUSED: a problem has been left. */
enum err admin_problem(struct admin_call *c, int status, const char *field, const char *detail);
/* Has a problem been left? */
enum err admin_checked(const struct admin_call *c);

/* The i-th part of the path, from 0; as hex, EID or ICCID octets in the arena. */
slice admin_part(const struct admin_call *c, unsigned i);
slice admin_path_eid(struct admin_call *c, unsigned i);
slice admin_path_iccid(struct admin_call *c, unsigned i);
slice admin_path_hex(struct admin_call *c, unsigned i, size_t octets);
/* A row's number, from 1; 0 with a problem. */
int64_t admin_path_number(struct admin_call *c, unsigned i);

/* Members of the body; copied into the arena; absent when not given. */
slice admin_text(struct admin_call *c, const char *name, size_t max);
slice admin_eid(struct admin_call *c, const char *name);
slice admin_iccid(struct admin_call *c, const char *name);
slice admin_base64(struct admin_call *c, const char *name);
slice admin_hex(struct admin_call *c, const char *name, size_t max);
bool admin_flag(struct admin_call *c, const char *name);
int64_t admin_number(struct admin_call *c, const char *name, int64_t min, int64_t max,
                     int64_t otherwise);
bool admin_has(const struct admin_call *c, const char *name);
/* A problem when it is not given. */
void admin_need(struct admin_call *c, const char *name);
/* No members but those of the list " a b ". */
void admin_only(struct admin_call *c, json_t *object, const char *members);

/* The query, likewise; percent-decoded. */
slice admin_query(struct admin_call *c, const char *name);
/* The i-th of that name, from 0. */
slice admin_query_at(struct admin_call *c, const char *name, size_t i);
slice admin_query_base64(struct admin_call *c, const char *name);
int64_t admin_query_number(struct admin_call *c, const char *name, int64_t min, int64_t max,
                           int64_t otherwise);
void admin_query_only(struct admin_call *c, const char *names);

/* ---- writing: what is absent is left out ---- */

void admin_put(json_t *o, const char *name, json_t *value);
void admin_put_text(json_t *o, const char *name, slice s);
void admin_put_int(json_t *o, const char *name, int64_t value);
void admin_put_flag(json_t *o, const char *name, bool value);
void admin_put_hex(json_t *o, const char *name, slice s);
void admin_put_base64(json_t *o, const char *name, slice s);
void admin_put_eid(json_t *o, const char *name, slice s);
void admin_put_iccid(json_t *o, const char *name, slice s);
/* RFC 3339 in UTC; 0 is left out. */
void admin_put_time(json_t *o, const char *name, int64_t ms);
/* {"items": [...], "next": "..."} */
json_t *admin_page(struct admin_call *c, json_t *items, slice next);

/* ---- doing things once (admin_once.c) ---- */

#define ADMIN_KEY(C, T)                                                                            \
    C(T, TEXT, key, 0, 1, 0)                                                                       \
    C(T, BLOB, digest, 0, 1, 0) /* of the request */                                               \
    C(T, INT, status, 0, 1, 0)  /* 0: an upstream call is to end first */                          \
    C(T, BLOB, reply, STORE_NULL | STORE_SECRET, 1, 0)                                             \
    C(T, INT, made_ms, 0, 1, 0)

STORE_ROW(admin_key, ADMIN_KEY);

extern const struct store_table admin_key_table;
extern const struct retention admin_key_retention;

/*
 * *done: it has been; reply and status stand in the turn. E_REFUSED with a problem. What has only
 * begun stands in the call.
 */
enum err admin_once(struct admin_call *c, bool *done);
/* The reply that stands in the turn is what will be told again. */
enum err admin_keep(struct admin_call *c);
/* Chores: of old answers, and of the orders' states (admin_census.c). */
enum err admin_count_orders(void *admin, const struct engine_call *call, struct turn *t);
enum err admin_forget(void *admin, const struct engine_call *call, struct turn *t);

#endif
