#include "profile/findings.h"

#include <stdarg.h>
#include <stdio.h>

void finding_add(struct findings *to, enum finding_level level, const struct package_element *e,
                 const char *field, const char *fmt, ...)
{
    char text[240];
    struct finding f = { level, e, field ? field : "", text };
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (level == FINDING_ERROR)
        to->errors++;
    else
        to->warnings++;
    if (to->put)
        to->put(to->ctx, &f);
}

void finding_fault(struct findings *to, const struct package_element *e, const struct fault *f)
{
    char path[200];

    finding_add(to, FINDING_ERROR, e, fault_path(f, path, sizeof path), "%s", err_text(f->err));
}

const char *finding_print(const struct finding *f, char *buf, size_t size)
{
    const char *name = f->element && f->element->name ? f->element->name : "unknown element";
    const char *colon = *f->field ? ": " : "";

    if (!f->element)
        snprintf(buf, size, "package%s%s: %s", colon, f->field, f->text);
    else if (f->element->id < 0)
        snprintf(buf, size, "%s (PE %u)%s%s: %s", name, f->element->index, colon, f->field,
                 f->text);
    else
        snprintf(buf, size, "%s (PE %u, identification %d)%s%s: %s", name, f->element->index,
                 (int)f->element->id, colon, f->field, f->text);
    return buf;
}
