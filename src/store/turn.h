/*
 * A turn: what one call of a role's handler sees and what it decides.
 *
 * The engine fills arena, now_ms and store, calls the handler on a decoded request, and then acts
 * on what the handler left: it commits the changes, and only then sends the reply or makes the
 * upstream call. On E_CONFLICT it clears the turn (turn_clear) and calls the handler again on fresh
 * state. A handler therefore writes nothing by itself; everything it leaves lives in the arena.
 *
 * What a role keeps in memory (an unfinished session) must follow the commit as well: a handler may
 * leave a `settle` function, which turn_commit calls when the outcome is known. So every handler
 * call that returned E_OK is followed by exactly one turn_commit, or turn_settle for an engine that
 * commits through store_commit.
 */
#ifndef DUNLIN_STORE_TURN_H
#define DUNLIN_STORE_TURN_H

#include "store/store.h"

enum turn_want {
    TURN_REPLY,    /* send `reply` (or the refusal in `status`) after the commit */
    TURN_UPSTREAM, /* after the commit, call `upstream`, then resume the role with the answer */
};

/*
 * functionExecutionStatus of the GSMA interfaces (SGP.22 5.2.6, SGP.02 5.1): subject NULL is
 * Executed-Success. Codes are static strings ("8.2.6", "3.8").
 */
struct turn_status {
    const char *subject;
    const char *reason;
    const char *message; /* for people, static; may be NULL */
};

#define TURN_HEADERS 4

/* A request that the engine makes on the role's behalf (for instance the eIM's ES9+'). */
struct turn_upstream {
    slice host; /* name, with ":port" when not 443 */
    slice path;
    slice content_type;
    struct {
        slice name, value;
    } headers[TURN_HEADERS];
    size_t header_count;
    slice body;
    slice trust;  /* name of the trust profile under which the server's certificate is checked */
    slice resume; /* handed back with the answer: how the role finds its place again */
};

/*
 * For logs: what the turn was about, as far as the role knew. Copies, so that they outlive the
 * turn; nothing secret (an activation code, a token) belongs here.
 */
#define TURN_OPERATOR_MAX 64
struct turn_about {
    uint8_t transaction_id[16], eid[16], iccid[10];
    uint8_t transaction_id_len; /* 0: not known */
    bool has_eid, has_iccid;
    char operator[TURN_OPERATOR_MAX]; /* cut where it is longer */
};

struct turn {
    /* given */
    struct arena *arena;
    int64_t now_ms; /* Unix time in milliseconds */
    struct store *store;

    /* decided */
    enum turn_want want;
    slice reply; /* encoded; absent = nothing to say (HTTP 204) */
    struct turn_status status;
    struct turn_upstream upstream;
    int http_status; /* for a reply that is HTTP's and nobody else's; 0: as the engine does */
    struct turn_about about;

    struct change *changes;
    size_t change_count, change_room;
    struct turn_found *found; /* rows as they were read */

    void (*settle)(struct turn *t, bool committed); /* may be NULL */
    void *settle_context;
};

void turn_init(struct turn *t, struct arena *arena, struct store *store, int64_t now_ms);
/* Forgets every decision; the arena is the caller's to reset. */
void turn_clear(struct turn *t);

/*
 * Adds a change. The row must live as long as the turn (in its arena, or copied there with
 * turn_row). E_MEMORY when the arena is full, E_LIMIT past CHANGES_MAX.
 */
MUST_USE enum err turn_insert(struct turn *t, const struct store_table *table, void *row);
MUST_USE enum err turn_update(struct turn *t, const struct store_table *table, void *row);
/*
 * The row is as it was read, and may be changed and then given to turn_update, which hands over how
 * it was, too: change.was. Only a help: without memory it does nothing.
 */
void turn_found(struct turn *t, const struct store_table *table, const void *row);
/* turn_update for a role that has another copy of the row as it was read; may be NULL. */
MUST_USE enum err turn_update_from(struct turn *t, const struct store_table *table, void *row,
                                   const void *was);
MUST_USE enum err turn_delete(struct turn *t, const struct store_table *table, void *row);
MUST_USE enum err turn_assume(struct turn *t, const struct store_table *table, void *row);

/* A copy of a row struct in the turn's arena (slices are not followed); NULL when full. */
void *turn_row(struct turn *t, const struct store_table *table, const void *row);

/* Refuses: sets the status and drops reply and upstream call; changes stay (a counted attempt). */
void turn_refuse(struct turn *t, const char *subject, const char *reason, const char *message);

/* The last that is said counts; what is absent or of another size is not taken. */
void turn_about_transaction(struct turn *t, slice transaction_id);
void turn_about_eid(struct turn *t, slice eid);
void turn_about_iccid(struct turn *t, slice iccid);
void turn_about_operator(struct turn *t, slice name);

/* Tells the role the outcome, once; later calls do nothing until the next handler call. */
void turn_settle(struct turn *t, bool committed);

/*
 * Commits the changes, waits until they are durable, and settles; E_OK at once when there are none.
 * Errors as store_apply.
 */
MUST_USE enum err turn_commit(struct turn *t);

/*
 * How long to wait before the next call to a server that did not take the last one: 10 seconds,
 * doubled each time, at most an hour. And how long a call may be under way before it counts as
 * lost, which is longer than any timeout of the client.
 */
int64_t turn_retry_ms(int64_t attempts);
#define TURN_CLAIM_MS ((int64_t)2 * 60 * 1000)

/* ---- events: what operators and the audit log learn, committed with its cause ---- */

/* clang-format off */
#define STORE_EVENT(C, T)                                                 \
    C(T, INT,  id,      STORE_SERIAL, 1, 0)                               \
    C(T, INT,  time_ms, 0,            1, 0)                               \
    C(T, TEXT, kind,    0,            1, 0) /* "smdp.installed" */        \
    C(T, BLOB, eid,     STORE_NULL,   1, 0)                               \
    C(T, BLOB, iccid,   STORE_NULL,   1, 0)                               \
    C(T, TEXT, detail,  STORE_NULL,   1, 0)                               \
    C(T, BLOB, data,    STORE_NULL,   1, 0)                               \
    C(T, INT,  behind,  STORE_CHAIN,  2, 0) /* the event before; 0: first */ \
    C(T, BLOB, chain,   STORE_NULL | STORE_CHAIN, 2, 0) /* row_chain.h */ \
    C(T, INT,  cut,     STORE_CUT,    3, 0) /* "log.cut": the last event that went; else 0 */
/* clang-format on */

STORE_ROW(store_event, STORE_EVENT);

extern const struct store_table store_event_table; /* index 0: id */
extern const struct store_schema store_event_schema;

/* Adds an event row; id and time_ms are filled in. Slices as for turn_insert. */
MUST_USE enum err turn_event(struct turn *t, const struct store_event *event);

#endif
