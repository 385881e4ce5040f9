/*
 * A profile package for people, or as one JSON object for programs: its elements, the tree of files
 * with what is in them, PINs, authentication, security domains, applications.
 *
 * Keys, PINs and PUKs are printed as their length, unless `secrets` is set.
 */
#ifndef DUNLIN_PROFILE_SHOW_H
#define DUNLIN_PROFILE_SHOW_H

#include "der/schema_print.h"
#include "profile/model.h"

struct show_options {
    bool json;
    bool secrets;
    bool content; /* whole bodies of files instead of their beginning */
};

void profile_show(const struct profile_model *m, const struct show_options *how,
                  const struct text_sink *to);

/* A finding as a JSON object. */
void finding_show_json(const struct finding *f, const struct text_sink *to);

#endif
