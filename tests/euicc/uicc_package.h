/*
 * A small profile package of our own for tests and fuzzing: MF, PINs, one USIM with the algorithm
 * that the test wants. Written out as elements, so that a test can change one of them.
 */
#ifndef DUNLIN_TESTS_UICC_PACKAGE_H
#define DUNLIN_TESTS_UICC_PACKAGE_H

#include "base/slice.h"

#define UICC_PACKAGE_MAX 4096

/* algoConfiguration and what follows it in akaParameter, in the notation of
 * uicc_package.c. */
extern const char UICC_MILENAGE[]; /* TS 35.208 set 1; no delta check */
extern const char UICC_TUAK[];     /* TS 35.233 set 1; no delta check */

/*
 * Builds the package into buf (UICC_PACKAGE_MAX). aka: see above. extra: hex of a whole element put
 * before "end" in the notation of uicc_package.c, or NULL.
 */
slice uicc_package(const char *aka, const char *extra, uint8_t *buf);

#endif
