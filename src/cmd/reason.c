#include "cmd/reason.h"

#include <stdarg.h>
#include <stdio.h>

enum err because(struct reason *r, enum err e, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(r->text, r->size, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < r->size)
        snprintf(r->text + n, r->size - (size_t)n, ": %s", err_text(e));
    return e;
}
