/*
 * The baseline of the rows about profiles: A enabled, B and C disabled, eIM E1 with counter 4, and
 * the packages that most of them send.
 */
#ifndef DUNLIN_TESTS_ISDR_BASELINE_H
#define DUNLIN_TESTS_ISDR_BASELINE_H

#include "euicc/isdr/lab.h"

#define A "8900000000000000012"
#define B "8900000000000000020"
#define C "8900000000000000038"
#define X "8900000000000000095" /* not installed */

#define ALL_EVENTS 0xF

struct fixture {
    struct bench b;
    struct eim_side e1;
};

/* A card with its eIM and no profile. */
struct fixture *open_card(void **state);
/* Set-up and teardown functions of tests. */
int setup(void **state);
int setup_notifying(void **state); /* all events of all profiles */
int setup_rules(void **state);     /* A may not be disabled, B may not be deleted */
int setup_special(void **state);   /* B may be the Fallback Profile, C is an Emergency Profile */
int setup_classes(void **state);   /* B is a test profile, C a provisioning one */
int teardown(void **state);

/* One package with one operation; the results as hex. */
const char *enable(struct fixture *f, const char *iccid);
const char *enable_with_rollback(struct fixture *f, const char *iccid);
const char *disable(struct fixture *f, const char *iccid);
const char *delete_it(struct fixture *f, const char *iccid);
const char *set_fallback(struct fixture *f, const char *iccid);

/* A proactive command is outstanding: the terminal profile is given and a REFRESH waits. */
void make_busy(struct bench *b);

/* The elements of a GetProfilesInfo answer, and how many they are. */
slice profile_list(struct bench *b, slice answer);
unsigned profile_count(slice list);

#define TEST(f)      cmocka_unit_test_setup_teardown(f, setup, teardown)
#define NOTIFYING(f) cmocka_unit_test_setup_teardown(f, setup_notifying, teardown)
#define RULES(f)     cmocka_unit_test_setup_teardown(f, setup_rules, teardown)
#define SPECIAL(f)   cmocka_unit_test_setup_teardown(f, setup_special, teardown)
#define CLASSES(f)   cmocka_unit_test_setup_teardown(f, setup_classes, teardown)

#endif
