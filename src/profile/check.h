/*
 * The validator: would a card take this profile package, and will the profile make sense there?
 *
 * Errors are what SAIP forbids or what makes an installation fail; warnings are what installs and
 * then surprises. Each names its element and field. See docs/profile.md for the list.
 *
 * Not checked: the code of applications (loadBlockObject and its hash), the content of data that
 * applications and security domains interpret themselves.
 */
#ifndef DUNLIN_PROFILE_CHECK_H
#define DUNLIN_PROFILE_CHECK_H

#include "profile/model.h"

/*
 * Builds the model and checks it. E_OK also with findings: see findings->errors. Fails like
 * model_build when the package cannot be read at all; *out is not set then. out may be NULL.
 */
MUST_USE enum err profile_check(struct arena *arena, slice package, struct findings *findings,
                                struct profile_model **out);

/* Parts of it, for a model that exists. */
void check_package(const struct profile_model *m, struct findings *to);
void check_files(const struct profile_model *m, struct findings *to);
void check_content(const struct profile_model *m, struct findings *to);
void check_secrets(const struct profile_model *m, struct findings *to);
void check_applications(const struct profile_model *m, struct findings *to);

#endif
