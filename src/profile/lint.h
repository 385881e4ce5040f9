/*
 * What a card would take, but should not leave a laboratory: known or trivial keys, default PINs,
 * remote management that asks for nothing, files that anybody may write, services that EF.UST
 * promises without their files, a package too large for a card. Errors are what makes a profile
 * unsafe or useless; warnings are what somebody should have meant.
 *
 * check.h says whether the package is well made; this file does not repeat it.
 */
#ifndef DUNLIN_PROFILE_LINT_H
#define DUNLIN_PROFILE_LINT_H

#include "profile/model.h"

struct lint_options {
    uint64_t card_memory; /* free octets of the card that is meant; 0: not asked */
};

void profile_lint_model(const struct profile_model *m, const struct lint_options *o,
                        struct findings *to);

/*
 * Keys of several profiles beside each other: subscribers should share none. The set keeps copies,
 * up to LINT_KEYS of them; its owner wipes it.
 */
#define LINT_KEYS 4096
struct lint_keys {
    struct {
        uint8_t key[32];
        uint8_t n;
        const char *name;
        char package[80];
    } keys[LINT_KEYS];
    unsigned count;
};
/* K and the keys of security domains; findings about those that an earlier package has. */
void lint_shared(struct lint_keys *set, const struct profile_model *m, const char *package,
                 struct findings *to);

/* The part about files. */
void lint_files(const struct profile_model *m, struct findings *to);

#endif
