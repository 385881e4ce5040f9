/* Pages of rows, and what selects them. Inside serve/. */
#ifndef DUNLIN_SERVE_ADMIN_LISTS_H
#define DUNLIN_SERVE_ADMIN_LISTS_H

#include "serve/admin_parts.h"

/* Digits of the query as octets. */
slice admin_given_eid(struct admin_call *c, slice digits, const char *name);
slice admin_given_iccid(struct admin_call *c, slice digits, const char *name);

enum err admin_events(struct admin_call *c);
/* admin_census.c: how many orders are in which state */
enum err admin_states(struct admin_call *c);

/* admin_callers.c: of the SM-DP+ */
enum err admin_operators(struct admin_call *c);
enum err admin_operator_add(struct admin_call *c);
enum err admin_operator_remove(struct admin_call *c);
/* and of the SM-DS */
enum err admin_rsp_servers(struct admin_call *c);
enum err admin_rsp_server_add(struct admin_call *c);
enum err admin_rsp_server_remove(struct admin_call *c);

#endif
