/* Orders of every kind for a device of the eIM. Inside serve/. */
#ifndef DUNLIN_SERVE_ADMIN_EIM_H
#define DUNLIN_SERVE_ADMIN_EIM_H

#include "serve/admin_lists.h"

/*
 * POST of {"kind": ...}: "download", "data", "package" with its list "operations", or the name of
 * one operation, whose members then stand beside "kind".
 */
enum err admin_eim_order(struct admin_call *c);

#define ADMIN_EIM_OPERATION                                                                        \
    " iccid rollback immediateEnable smdpOid smdpAddress profileClass tags eimId configuration "
#define ADMIN_EIM_MEMBERS                                                                          \
    " kind operations activationCode confirmationCode defaultSmdp smds "                           \
    "indirect" ADMIN_EIM_OPERATION

#endif
