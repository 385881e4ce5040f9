/*
 * The messages of SGP.22 (version 2.x wire format), as tables for der/schema.h. By subject:
 *
 *   sgp22_values.h   enumerations and named bits
 *   sgp22_common.h   eUICC and device information, metadata, notifications
 *   sgp22_es8.h      the Bound Profile Package
 *   sgp22_es10.h     functions of the eUICC
 *   sgp22_es9.h      functions of SM-DP+ and SM-DS
 *   sgp22_es2.h      functions of SM-DP+ and SM-DS that servers and operators call
 */
#ifndef DUNLIN_RSP_SGP22_H
#define DUNLIN_RSP_SGP22_H

#include "rsp/sgp22_common.h"
#include "rsp/sgp22_es10.h"
#include "rsp/sgp22_es2.h"
#include "rsp/sgp22_es8.h"
#include "rsp/sgp22_es9.h"
#include "rsp/sgp22_values.h"

#endif
