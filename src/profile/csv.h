/*
 * Rows of comma-separated values (RFC 4180), a line at a time: fields may be quoted, quotes inside
 * are doubled. The separator is a comma or a semicolon, whichever the first line has; a byte order
 * mark, blanks around fields and CR LF are tolerated. A quoted field may not run over lines.
 *
 * The line is cut in place: fields point into it. Nothing is allocated.
 */
#ifndef DUNLIN_PROFILE_CSV_H
#define DUNLIN_PROFILE_CSV_H

#include "base/err.h"
#include "base/slice.h"

#define CSV_FIELDS_MAX 128

struct csv {
    char separator; /* 0: not known yet */
};

/*
 * The fields of one line (without its line feed), *count of them; an empty line has none. E_SYNTAX:
 * a quote is not closed or something follows it; E_LIMIT: more than CSV_FIELDS_MAX.
 */
MUST_USE enum err csv_split(struct csv *c, char *line, size_t n, slice fields[CSV_FIELDS_MAX],
                            size_t *count);

#endif
