/* Handling of secrets: wiping and comparing. Nothing here allocates or logs. */
#ifndef DUNLIN_BASE_SECRET_H
#define DUNLIN_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Overwrites n octets with zeros; the compiler cannot remove it. */
void wipe(void *p, size_t n);

/* CT: time depends on n only. */
bool ct_equal(const void *a, const void *b, size_t n);

#endif
