/*
 * One eUICC package on its way through the card (SGP.32 3.3.1), shared by euicc_package.c (accept,
 * sign, store) and the operations in psmo.c and eco.c.
 */
#ifndef DUNLIN_EUICC_ISDR_PACKAGE_H
#define DUNLIN_EUICC_ISDR_PACKAGE_H

#include "euicc/isdr/isdr_impl.h"

#define RESULT_SMALL 16 /* a result that is one number always fits into this */

struct package {
    struct isdr *isdr;
    struct eim eim; /* as before the package: its key and token also sign for an eIM that deletes
                       or changes itself */
    slice eim_id, eim_tx; /* eim_tx may be absent */
    slice eim_signature;  /* SIG_LEN octets, once verified */
    int64_t counter;

    uint8_t *results; /* scratch: EuiccResultData, one after another */
    size_t used, size;

    /* changes that take place after the result is stored */
    bool changing; /* an enable or disable is marked */
    uint32_t to;   /* then: root to be enabled, 0: none */
    bool rollback; /* the eIM grants a rollback */
    uint32_t delete_after;
};

/* What an operation says to the list: go on, stop after this result, or the card failed. */
enum op_end { OP_NEXT, OP_STOP, OP_FAILED };

/* One operation, undecoded. Each appends exactly one result. */
typedef enum op_end package_op(struct package *p, slice element);
package_op psmo_execute, eco_execute;

/* Room for a result is made sure of before an operation changes anything. */
static inline bool result_fits(const struct package *p, size_t n)
{
    return n <= p->size - p->used;
}
/* tag INTEGER; code 0 goes on, any other stops. */
enum op_end result_code(struct package *p, uint32_t tag, int code);
/* processingTerminated: always the last. */
enum op_end result_terminated(struct package *p, int code);
/* What the writer holds, which was given the rest of p->results. */
enum op_end result_written(struct package *p, struct der_writer *w, enum op_end end);
struct der_writer result_writer(struct package *p);

/*
 * The result of a package, or of its rollback: BF51 { A0 { data, 5F37 } }, into the writer. Signed
 * under `ci` with `token`, in v1.0 with eim_signature (SGP.32 2.11.2.1).
 */
struct package_result {
    slice eim_id, eim_tx;
    int64_t counter, token;
    uint32_t sequence;
    uint8_t ci;
    slice eim_signature; /* of the package */
    slice results;       /* EuiccResultData, one after another */
};
#define PACKAGE_RESULT_ROOM 320 /* beyond the results */
MUST_USE enum err put_package_result(struct isdr *i, const struct package_result *r,
                                     struct der_writer *w);

#endif
