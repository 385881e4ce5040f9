#include "base/err.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text;
    enum err_class who;
} errors[] = {
#define X(name, who, text) { "E_" #name, text, ERR_##who },
    ERRORS(X)
#undef X
};

const char *err_name(enum err e)
{
    return (unsigned)e < E__COUNT ? errors[e].name : "E_?";
}

const char *err_text(enum err e)
{
    return (unsigned)e < E__COUNT ? errors[e].text : "unknown error";
}

enum err_class err_class(enum err e)
{
    return (unsigned)e < E__COUNT ? errors[e].who : ERR_SYSTEM;
}

static size_t put(char *buf, size_t size, size_t at, const char *s)
{
    while (*s && at + 1 < size)
        buf[at++] = *s++;
    if (size)
        buf[at] = '\0';
    return at;
}

static size_t put_index(char *buf, size_t size, size_t at, int32_t index)
{
    char text[16];

    snprintf(text, sizeof text, "[%d]", (int)index);
    return put(buf, size, at, text);
}

static size_t put_path(const struct fault *f, char *buf, size_t size)
{
    size_t at = put(buf, size, 0, "");

    for (unsigned i = 0; i < f->depth && i < FAULT_DEPTH; i++) {
        if (f->path[i].name) {
            if (at)
                at = put(buf, size, at, ".");
            at = put(buf, size, at, f->path[i].name);
        }
        if (f->path[i].index >= 0)
            at = put_index(buf, size, at, f->path[i].index);
    }
    return at;
}

const char *fault_path(const struct fault *f, char *buf, size_t size)
{
    put_path(f, buf, size);
    return buf;
}

const char *fault_print(const struct fault *f, char *buf, size_t size)
{
    char octet[40];
    size_t at = put_path(f, buf, size);

    if (at)
        at = put(buf, size, at, ": ");
    at = put(buf, size, at, err_text(f->err));
    snprintf(octet, sizeof octet, " (octet %zu)", f->at);
    put(buf, size, at, octet);
    return buf;
}
