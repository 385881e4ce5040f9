/*
 * What a reader of a profile package finds wrong: errors (the card may refuse the package) and
 * warnings (it will load, but somebody should look), each with its element and field.
 */
#ifndef DUNLIN_PROFILE_FINDINGS_H
#define DUNLIN_PROFILE_FINDINGS_H

#include "profile/package.h"

enum finding_level { FINDING_ERROR, FINDING_WARNING };

struct finding {
    enum finding_level level;
    const struct package_element *element; /* NULL: the package as a whole */
    const char *field;                     /* "ef-imsi[1].fillFileContent"; "" for the element */
    const char *text;
};

/* Counts, and hands each finding on while it is valid; put may be NULL. */
struct findings {
    void (*put)(void *ctx, const struct finding *f);
    void *ctx;
    unsigned errors, warnings;
};

/* Of what is about one field; the text is printf's. Long texts are cut. */
void finding_add(struct findings *to, enum finding_level level, const struct package_element *e,
                 const char *field, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* A fault of the decoder, under its path. */
void finding_fault(struct findings *to, const struct package_element *e, const struct fault *f);

/* "usim (PE 6, identification 4): ef-imsi: ..." without the level; cuts what does not fit. */
const char *finding_print(const struct finding *f, char *buf, size_t size);

#endif
