/*
 * The messages of SGP.32 (v1.2, with the members of v1.3), as tables for der/schema.h. By subject:
 *
 *   sgp32_esep.h     packages from eIM to eUICC and their results
 *   sgp32_compact.h  compact forms, and the answers of the eUICC in which they stand
 *   sgp32_esipa.h    what IPA and eIM say to each other
 *   sgp32_es10.h     functions of the IoT eUICC
 *   sgp32_v10.h      what version 1.0 says differently
 *
 * Clauses are of SGP.32. Types that SGP.32 takes over from SGP.22 stand in sgp22.h.
 */
#ifndef DUNLIN_RSP_SGP32_H
#define DUNLIN_RSP_SGP32_H

#include "rsp/sgp32_compact.h"
#include "rsp/sgp32_es10.h"
#include "rsp/sgp32_esep.h"
#include "rsp/sgp32_esipa.h"
#include "rsp/sgp32_v10.h"

#endif
