#include "cmd/batch_source.h"

#include "base/secret.h"
#include "base/text.h"
#include "cmd/cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BATCH_BUFFER ((size_t)1 << 16) /* of the file; wiped as the line is */

/* ---- doubles -------------------------------------------------------------------------------- */

/* FNV-1a; the seed differs from run to run, so that nobody can choose numbers that collide. */
static uint64_t hash_on(uint64_t h, slice s)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * 0x100000001B3u;
    return h;
}

static uint64_t hash_of(uint64_t seed, slice s)
{
    uint64_t h = hash_on(0xCBF29CE484222325u ^ seed, s);

    h = (h ^ h >> 31) * 0x9E3779B97F4A7C15u;
    h ^= h >> 29;
    return h ? h : 1; /* 0 is an empty slot */
}

static void put_slot(struct seen *s, uint64_t h)
{
    size_t at = h & (s->room - 1);

    while (s->slots[at])
        at = (at + 1) & (s->room - 1);
    s->slots[at] = h;
    s->used++;
}

static bool grow(struct seen *s)
{
    struct seen more = { .room = s->room ? 2 * s->room : 4096 };

    if (4 * s->used < 3 * s->room)
        return true;
    more.slots = calloc(more.room, sizeof *more.slots);
    if (!more.slots)
        return false;
    for (size_t i = 0; i < s->room; i++)
        if (s->slots[i])
            put_slot(&more, s->slots[i]);
    free(s->slots);
    *s = more;
    return true;
}

/* NULL, or what is wrong. */
static const char *remember(struct seen *s, uint64_t h)
{
    if (!grow(s))
        return "out of memory";
    for (size_t at = h & (s->room - 1); s->slots[at]; at = (at + 1) & (s->room - 1))
        if (s->slots[at] == h)
            return "stands on an earlier line already";
    put_slot(s, h);
    return NULL;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static enum source_next wrong(struct source_fault *f, const char *field, const char *why)
{
    snprintf(f->field, sizeof f->field, "%s", field);
    snprintf(f->why, sizeof f->why, "%s", why);
    return SOURCE_FAULT;
}

/* The next line that is not empty, cut into fields. */
static enum source_next read_fields(struct batch_source *s, slice *fields, size_t *count,
                                    struct source_fault *fault)
{
    for (*count = 0; !*count;) {
        size_t n;
        enum err e;

        if (!fgets(s->line, BATCH_LINE_MAX, s->file))
            return ferror(s->file) ? wrong(fault, "", strerror(errno)) : SOURCE_END;
        n = strlen(s->line);
        s->number++;
        s->octets += n;
        s->digest = hash_on(s->digest, slice_of(s->line, n));
        if (!n || (s->line[n - 1] != '\n' && !feof(s->file)))
            return wrong(fault, "", "the line is longer than 16,382 octets, or holds a NUL");
        n -= s->line[n - 1] == '\n';
        e = csv_split(&s->csv, s->line, n, fields, count);
        if (e)
            return wrong(fault, "",
                         e == E_LIMIT ? "there are more than 128 fields" : "quotes do not match");
    }
    return SOURCE_ROW;
}

static enum source_next read_header(struct batch_source *s, struct source_fault *fault)
{
    slice fields[CSV_FIELDS_MAX];
    enum source_next next = read_fields(s, fields, &s->ncolumns, fault);

    if (next != SOURCE_ROW)
        return next == SOURCE_END ? wrong(fault, "", "there is no line with names") : next;
    for (size_t i = 0; i < s->ncolumns; i++) {
        char name[VARIABLE_NAME_MAX];
        int v;

        snprintf(name, sizeof name, "%.*s", (int)fields[i].n, (const char *)fields[i].p);
        v = factory_variable(s->factory, name);
        if (v < 0)
            return wrong(
                fault, name,
                "the template has no such variable ('dunlin profile template' lists them)");
        if (s->column[v])
            return wrong(fault, name, "stands twice");
        s->columns[i] = v;
        s->column[v] = true;
    }
    if (!s->column[0])
        return wrong(fault, "iccid", "the column is missing");
    return SOURCE_ROW;
}

static enum source_next read_values(struct batch_source *s, const slice *fields,
                                    struct value *values, struct source_fault *fault)
{
    for (size_t i = 0; i < s->ncolumns; i++) {
        const struct variable *v = &s->factory->variables[s->columns[i]];
        char why[VALUE_WHY];

        if (!fields[i].n)
            continue; /* as if it were not there: the constant, or generated */
        if (value_read(v, fields[i], &values[s->columns[i]], why))
            return wrong(fault, v->name, why);
    }
    return SOURCE_ROW;
}

static enum source_next next_line(struct batch_source *s, struct value *values,
                                  struct source_fault *fault)
{
    slice fields[CSV_FIELDS_MAX];
    size_t count;
    enum source_next next = read_fields(s, fields, &count, fault);
    char why[100];

    if (next != SOURCE_ROW)
        return next;
    if (count != s->ncolumns) {
        snprintf(why, sizeof why, "%zu fields are needed, here are %zu", s->ncolumns, count);
        return wrong(fault, "", why);
    }
    return read_values(s, fields, values, fault);
}

/* ---- ranges --------------------------------------------------------------------------------- */

/* Adds n to a run of digits, in place; false when it overflows. */
static bool add_to(char *digits, size_t length, uint64_t n)
{
    for (size_t i = length; i-- && n; n /= 10) {
        n += (uint64_t)(digits[i] - '0');
        digits[i] = (char)('0' + n % 10);
    }
    return !n;
}

/* The number n behind the first one; an ICCID's check digit is computed anew. */
static enum source_next from_range(struct batch_source *s, const char *name, const char *first,
                                   struct value *values, struct source_fault *fault)
{
    int v = factory_variable(s->factory, name);
    char text[40], why[VALUE_WHY];
    size_t n = strlen(first), front = first[0] == '+';
    bool iccid = !strcmp(name, "iccid");

    if (v < 0)
        return wrong(fault, name, "the template has no such variable");
    if (value_read(&s->factory->variables[v], slice_str(first), &values[v], why))
        return wrong(fault, name, why);
    n = iccid && n > 18 ? n - 1 : n;
    memcpy(text, first, n);
    if (!add_to(text + front, n - front, s->number))
        return wrong(fault, name, "the range ends here: there are no more digits");
    if (iccid) {
        text[n] = luhn_digit(slice_of(text, n));
        n++;
    }
    return value_read(&s->factory->variables[v], slice_of(text, n), &values[v], why)
               ? wrong(fault, name, why)
               : SOURCE_ROW;
}

static enum source_next next_number(struct batch_source *s, struct value *values,
                                    struct source_fault *fault)
{
    enum source_next next;

    if (s->number == (uint64_t)s->ranges.count)
        return SOURCE_END;
    next = from_range(s, "iccid", s->ranges.iccid, values, fault);
    if (next == SOURCE_ROW && s->ranges.imsi)
        next = from_range(s, "imsi", s->ranges.imsi, values, fault);
    if (next == SOURCE_ROW && s->ranges.msisdn)
        next = from_range(s, "msisdn", s->ranges.msisdn, values, fault);
    s->number++;
    return next;
}

/* ---- both ----------------------------------------------------------------------------------- */

static enum source_next check_doubles(struct batch_source *s, const struct value *values,
                                      struct source_fault *fault)
{
    int imsi = factory_variable(s->factory, "imsi");
    const char *why = NULL;

    if (!values[0].given)
        return wrong(fault, "iccid", "is missing");
    why = remember(&s->iccids, hash_of(s->seed, value_slice(&values[0])));
    if (why)
        return wrong(fault, "iccid", why);
    if (imsi >= 0 && values[imsi].given)
        why = remember(&s->imsis, hash_of(s->seed, value_slice(&values[imsi])));
    return why ? wrong(fault, "imsi", why) : SOURCE_ROW;
}

enum source_next source_next(struct batch_source *s, struct value *values,
                             struct source_fault *fault)
{
    enum source_next next;

    *fault = (struct source_fault){ 0 };
    memcpy(values, s->constants, s->factory->nvariables * sizeof *values);
    next = s->file ? next_line(s, values, fault) : next_number(s, values, fault);
    if (next == SOURCE_ROW)
        next = check_doubles(s, values, fault);
    s->rows += next == SOURCE_ROW;
    return next;
}

const char *source_place(const struct batch_source *s, char *buf, size_t size)
{
    if (s->file)
        snprintf(buf, size, "%s:%llu", s->path, (unsigned long long)s->number);
    else
        snprintf(buf, size, "subscriber %llu", (unsigned long long)s->number);
    return buf;
}

static bool open_file(struct batch_source *s)
{
    struct stat st;

    s->file = fopen(s->path, "rb");
    if (!s->file)
        return false;
    s->line = malloc(BATCH_LINE_MAX + BATCH_BUFFER);
    if (!s->line || setvbuf(s->file, s->line + BATCH_LINE_MAX, _IOFBF, BATCH_BUFFER))
        return false;
    if (!fstat(fileno(s->file), &st) && S_ISREG(st.st_mode))
        s->size = (uint64_t)st.st_size;
    return true;
}

/* The first number of each range tells whether it can be used at all. */
static int open_ranges(const char *who, struct batch_source *s)
{
    struct value values[FACTORY_VARIABLES] = { { 0 } };
    struct source_fault fault = { 0 };
    int v;

    s->column[0] = true;
    v = s->ranges.imsi ? factory_variable(s->factory, "imsi") : -1;
    if (v >= 0)
        s->column[v] = true;
    v = s->ranges.msisdn ? factory_variable(s->factory, "msisdn") : -1;
    if (v >= 0)
        s->column[v] = true;
    if (next_number(s, values, &fault) == SOURCE_FAULT) {
        fprintf(stderr, "%s: --%s-from: %s\n", who, fault.field, fault.why);
        return EXIT_FAILED;
    }
    s->number = 0;
    return EXIT_DONE;
}

int source_open(const char *who, const char *path, const struct batch_ranges *ranges,
                struct factory *f, const struct value *constants, struct batch_source *out)
{
    struct source_fault fault = { 0 };
    char place[1100];

    *out = (struct batch_source){ .factory = f, .constants = constants, .path = path };
    out->ranges = *ranges;
    if (crypto_random(f->crypto, &out->seed, sizeof out->seed))
        return EXIT_FAILED;
    if (!path)
        return open_ranges(who, out);
    if (!open_file(out)) {
        fprintf(stderr, "%s: %s: %s\n", who, path, strerror(errno));
        source_close(out);
        return EXIT_FAILED;
    }
    if (read_header(out, &fault) == SOURCE_ROW)
        return EXIT_DONE;
    fprintf(stderr, "%s: %s: %s%s%s\n", who, source_place(out, place, sizeof place), fault.field,
            fault.field[0] ? ": " : "", fault.why);
    source_close(out);
    return EXIT_FAILED;
}

void source_close(struct batch_source *s)
{
    if (s->file)
        fclose(s->file);
    if (s->line)
        wipe(s->line, BATCH_LINE_MAX + BATCH_BUFFER);
    free(s->line);
    free(s->iccids.slots);
    free(s->imsis.slots);
    *s = (struct batch_source){ 0 };
}
