/*
 * One walk, two forms: names and values as indented lines, or as JSON. An object or array that is
 * opened as a line is printed as one line of text.
 *
 *     emit_object(e, "pin");  emit_int(e, "tries", 3);  emit_close(e);
 *
 * The text goes piece by piece to the sink; nothing is allocated.
 */
#ifndef DUNLIN_PROFILE_EMIT_H
#define DUNLIN_PROFILE_EMIT_H

#include "base/slice.h"
#include "der/schema_print.h"

#define EMIT_DEPTH 24

struct emit {
    const struct text_sink *to;
    bool json;
    unsigned depth;  /* open objects and arrays */
    unsigned indent; /* of text */
    bool array[EMIT_DEPTH], line[EMIT_DEPTH], used[EMIT_DEPTH];
};

/* name is NULL inside an array and for the outermost value. */
void emit_object(struct emit *e, const char *name);
void emit_array(struct emit *e, const char *name);
/* The same, in text one line. */
void emit_line(struct emit *e, const char *name);
void emit_list(struct emit *e, const char *name);
void emit_close(struct emit *e);

/* UTF-8; control characters are escaped. */
void emit_text(struct emit *e, const char *name, slice text);
void emit_str(struct emit *e, const char *name, const char *text);
void emit_int(struct emit *e, const char *name, int64_t value);
void emit_bool(struct emit *e, const char *name, bool value);
void emit_hex(struct emit *e, const char *name, slice octets);

#endif
