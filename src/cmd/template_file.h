/*
 * A template of `dunlin profile batch`: a profile package, or a text file that names one and gives
 * values that are the same for all subscribers:
 *
 *     package = base.der
 *     spn = Acme
 *     smsc = +491710760000
 *     op = CDC202D5123E20F62B6D676AC72CB318
 *     keep = pin1 adm1
 *     metadata = about.txt
 *
 * Paths are seen from the folder of the file. `keep` names what is not generated, but left as the
 * package has it.
 */
#ifndef DUNLIN_CMD_TEMPLATE_FILE_H
#define DUNLIN_CMD_TEMPLATE_FILE_H

#include "profile/factory.h"

struct template_file {
    struct arena arena;
    struct factory *factory;
    struct value constants[FACTORY_VARIABLES];
    slice metadata; /* BF25 with the package's ICCID; absent: none */
    uint8_t
        digest[DIGEST_LEN]; /* of all that makes profiles differ from those of other templates */
};

/* metadata: a file that goes before the template's own, or NULL. An exit status. */
int template_open(const char *who, const char *path, const char *metadata,
                  struct template_file *out);
void template_close(struct template_file *t);

#endif
