/*
 * Personalised profiles by the thousand: a package becomes a template once, and each subscriber's
 * profile is a copy of it with some octets replaced.
 *
 * factory_open finds every variable that the package has (variables.h) and every place where it
 * lies, and gives the files among them a body of their full size, so that a value of any length
 * fits where it is written. What does not fit so (another length of a key, a larger
 * EF.SUCI_Calc_Info) goes through edit.h, which computes lengths anew.
 *
 * Per subscriber: values are read by value_read, what is missing is generated (factory_settle), and
 * factory_make gives the package. A factory belongs to one thread.
 *
 * Only files of templates' elements have variables; a file that genericFileManagement makes or
 * writes stays as it is, and so does what a CSIM has for itself.
 */
#ifndef DUNLIN_PROFILE_FACTORY_H
#define DUNLIN_PROFILE_FACTORY_H

#include "profile/identity.h"
#include "profile/variables.h"

#define FACTORY_VARIABLES 96
#define FACTORY_PLACES    256

/* How a value becomes octets at its place. */
enum place_form {
    PLACE_HEADER_ICCID,
    PLACE_ICCID,
    PLACE_IMSI,
    PLACE_ACC,
    PLACE_IMPI,
    PLACE_IMPU,
    PLACE_DOMAIN,
    PLACE_OCTETS, /* the whole content, as long as the value */
    PLACE_PIN,
    PLACE_MSISDN,
    PLACE_SMSC,
    PLACE_SPN,
    PLACE_GID1,
    PLACE_GID2,
    PLACE_ROUTING,
    PLACE_SUCI,
    PLACE_SERVICE,
};

struct place {
    enum place_form form;
    unsigned variable;
    uint32_t at, n;                 /* octets of the package that are written */
    uint32_t content_at, content_n; /* of the element that another length would replace */
    uint32_t element;               /* number of the package's element, for people */
    int file;                       /* number in the model; -1: not in a file */
};

/* EF.UST of an application: where services lie. */
struct service_table {
    uint32_t at, n;
    int file;
};

struct factory {
    const struct crypto *crypto;
    slice package; /* the template */
    const struct profile_model *model;
    uint8_t mnc_len;
    char home[7];  /* MCC and MNC of the template's IMSI, "" without one */
    bool imsi;     /* there is a USIM */
    int algorithm; /* enum aka_algorithm; 0: the package has none */
    uint8_t key_len;
    uint8_t iterations; /* TUAK */
    struct variable variables[FACTORY_VARIABLES];
    unsigned nvariables;
    struct place places[FACTORY_PLACES];
    unsigned nplaces;
    struct service_table tables[8];
    unsigned ntables;
    uint8_t pool[1024]; /* random octets not yet used */
    size_t pool_left;
};

/* What is wrong with a subscriber's values. */
struct factory_fault {
    const char *variable; /* name; NULL: the template as a whole */
    char why[VALUE_WHY];
};

/*
 * The template is compiled in the arena, which keeps it. E_MISSING without header, E_UNSUPPORTED
 * with two algorithms that differ, E_REFUSED where genericFileManagement makes or writes EF.ICCID
 * or EF.IMSI, E_LIMIT past the limits above; fault->why says it.
 */
MUST_USE enum err factory_open(struct arena *arena, const struct crypto *crypto, slice package,
                               struct factory **out, struct factory_fault *fault);
/* Wipes what is random; the rest is the arena's. */
void factory_close(struct factory *f);

/*
 * The number of the variable with this name in either case, negative when the package has none.
 * "ki" is k; "kic", "kid" and "kik" mean the key of the lowest SCP80 version of the first security
 * domain; "service-N" becomes a variable when it is asked for.
 */
int factory_variable(struct factory *f, const char *name);

/*
 * Fills in what is not given: OPc from OP, random keys, PINs, PUKs and ADMs. values has one entry a
 * variable. E_MISSING, E_ARGUMENT with fault; E_RANDOM, E_CRYPTO.
 */
MUST_USE enum err factory_settle(struct factory *f, struct value *values,
                                 struct factory_fault *fault);

/*
 * The profile of settled values, in the arena. by_edits: also what keeps its length goes through
 * edit.h (for tests: the octets are the same).
 */
MUST_USE enum err factory_make(const struct factory *f, const struct value *values, bool by_edits,
                               struct arena *arena, slice *out, struct factory_fault *fault);

/* "3F00/7FD0/6F07", or the name of the element; for people. */
const char *place_name(const struct factory *f, const struct place *p, char *buf, size_t size);

#endif
