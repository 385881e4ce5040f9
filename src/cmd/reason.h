/* A sentence about what could not be done, for people. */
#ifndef DUNLIN_CMD_REASON_H
#define DUNLIN_CMD_REASON_H

#include "base/err.h"

#include <stddef.h>

struct reason {
    char *text;
    size_t size;
};
/* The sentence, with what err says behind it; returns e. */
__attribute__((format(printf, 3, 4))) enum err because(struct reason *r, enum err e,
                                                       const char *fmt, ...);

#endif
