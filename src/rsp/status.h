/*
 * Status codes of the JSON bindings (SGP.22 5.2.6, 6.5.1.4): a subject and a reason, each a dotted
 * number that is compared as text (3.10 is not 3.1). And their twins, the error integers of the
 * ASN.1 bindings (SGP.22 6.6.2, SGP.32 6.4): one list of rows per function serves both directions.
 */
#ifndef DUNLIN_RSP_STATUS_H
#define DUNLIN_RSP_STATUS_H

#include "base/slice.h"

/* Functions whose errors have twins. */
enum rsp_function {
    ES9_INITIATE_AUTHENTICATION,
    ES9_AUTHENTICATE_CLIENT,
    ES9_GET_BOUND_PROFILE_PACKAGE,
    ES9_CANCEL_SESSION,
    ES9_HANDLE_NOTIFICATION, /* has no errors */
    ES11_INITIATE_AUTHENTICATION,
    ES11_AUTHENTICATE_CLIENT,
    ESIPA_INITIATE_AUTHENTICATION,
    ESIPA_AUTHENTICATE_CLIENT,
    ESIPA_GET_BOUND_PROFILE_PACKAGE,
    ESIPA_CANCEL_SESSION,
    ESIPA_GET_EIM_PACKAGE,
    ESIPA_PROVIDE_EIM_PACKAGE_RESULT,
    ESIPA_HANDLE_NOTIFICATION, /* has no errors */
    ES2_FUNCTION,              /* any of ES2+, ES12 and ES15: JSON only, so no integers */
    RSP_FUNCTIONS
};

/* undefinedError in every function that has errors. */
#define STATUS_UNDEFINED 127

/* Both NULL: no error. Static storage, as all texts here. */
struct status {
    const char *subject;
    const char *reason;
};

/* The subject and reason for an error integer; for one without a twin, those of undefinedError. */
struct status status_of_code(enum rsp_function f, int64_t code);

/*
 * The integer for what an upstream server or a role answered. A pair that is not in the list goes
 * by its subject where the specification does (8.8.5 with any reason is downloadOrderExpired), else
 * it is undefinedError. The ESipa functions know the rows of ES9+ as well (SGP.32 3.2.3.2).
 */
int64_t status_to_code(enum rsp_function f, slice subject, slice reason);

/* "matchingId", "refused"; NULL for a code that the specifications do not have. */
const char *status_subject_text(slice subject);
const char *status_reason_text(slice reason);
/*
 * What happened and whom it concerns, as a sentence for an operator: "The matching id is unknown or
 * was refused." Falls back on "<subject text>: <reason text>" in buf; unknown codes are shown as
 * they are. Returns text that lives as long as buf.
 */
const char *status_sentence(slice subject, slice reason, char *buf, size_t size);

#endif
