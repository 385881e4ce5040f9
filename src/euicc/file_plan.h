/*
 * A file in the making, from a template's row and file control parameters: for the installer of
 * profile packages (SAIP 8.3) and for CREATE FILE (TS 102 222), whose parameters are the same ones.
 */
#ifndef DUNLIN_EUICC_FILE_PLAN_H
#define DUNLIN_EUICC_FILE_PLAN_H

#include "euicc/tree.h"
#include "profile/package.h"

#define FILE_RECORD_MAX  255
#define FILE_RECORDS_MAX 254
#define FILE_OCTETS_MAX  32767 /* what READ BINARY can address */

struct file_plan {
    struct node node;
    const struct saip_file *row; /* NULL: no template */
    uint32_t octets;             /* of the body */
    uint8_t records;             /* of the template; 0: not given */
    bool sized;
    enum saip_fill fill; /* FILL_PAT or FILL_REP of the parameters, else FILL_NONE */
    slice pattern;
};

struct file_plan file_plan_of_row(const struct saip_file *row);
/* Parameters override what is there. False: one of them has no meaning. Slices stay borrowed. */
bool file_plan_apply(struct file_plan *p, const struct saip_fcp *fcp);
/* Of an EF that is no link: sizes fit its type and each other. */
bool file_plan_settle(struct file_plan *p);
/* FIDs that no file of a profile may have. */
bool file_fid_reserved(uint16_t fid);
/* The default content of each record, or of the whole file: p->octets of it. */
void file_plan_expand(const struct file_plan *p, uint8_t *body);

#endif
