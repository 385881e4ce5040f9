/*
 * The subscribers of a batch: lines of a CSV file, or ranges of numbers. One pass, one line in
 * memory; what is kept of those before are 8 octets for each ICCID and each IMSI, to find doubles.
 */
#ifndef DUNLIN_CMD_BATCH_SOURCE_H
#define DUNLIN_CMD_BATCH_SOURCE_H

#include "profile/csv.h"
#include "profile/factory.h"

#include <stdio.h>

#define BATCH_LINE_MAX 16384

struct batch_ranges {
    const char *iccid, *imsi, *msisdn; /* the first ones; NULL: no range */
    long count;
};

struct seen {
    uint64_t *slots;
    size_t room, used;
};

struct batch_source {
    struct factory *factory;
    const struct value *constants;
    const char *path;
    FILE *file; /* NULL: ranges */
    struct csv csv;
    char *line;
    int columns[CSV_FIELDS_MAX]; /* number of the variable */
    size_t ncolumns;
    bool column[FACTORY_VARIABLES]; /* has a column */
    struct batch_ranges ranges;
    uint64_t number; /* lines read; of ranges: subscribers */
    uint64_t rows;   /* subscribers read */
    uint64_t octets; /* read so far, of `size` */
    uint64_t size;   /* of ranges: 0 */
    uint64_t digest; /* of the lines read */
    uint64_t seed;   /* of the sets */
    struct seen iccids, imsis;
};

/* An exit status; complaints name file, line and field. path NULL: ranges. */
int source_open(const char *who, const char *path, const struct batch_ranges *ranges,
                struct factory *f, const struct value *constants, struct batch_source *out);
void source_close(struct batch_source *s);

enum source_next { SOURCE_ROW, SOURCE_END, SOURCE_FAULT };
/*
 * The next subscriber's values, constants included, not settled. On a fault *where is the field, or
 * empty, and why says what is wrong; the next call goes on behind it.
 */
struct source_fault {
    char field[VARIABLE_NAME_MAX];
    char why[160];
};
enum source_next source_next(struct batch_source *s, struct value *values,
                             struct source_fault *fault);
/* "file.csv:17", or "subscriber 17" of ranges. */
const char *source_place(const struct batch_source *s, char *buf, size_t size);

#endif
