/*
 * What a file of a profile package is: its template's row, overridden by its Fcp (SAIP 8.3).
 *
 * Nothing is allocated; slices point into the package.
 */
#ifndef DUNLIN_PROFILE_FILE_H
#define DUNLIN_PROFILE_FILE_H

#include "profile/elements.h"

#define FID_MF      0x3F00
#define FID_ARR_MF  0x2F06 /* EF.ARR under the MF */
#define FID_ARR_DF  0x6F06 /* EF.ARR in an ADF or DF */
#define FID_CURRENT 0x7FFF /* the current ADF */

struct file_facts {
    const struct saip_file *row; /* NULL: made by genericFileManagement */
    uint8_t type;                /* enum saip_type, never FILE_ANY */
    uint16_t fid;                /* of an ADF: the temporary one; 0: none given */
    uint16_t record_len;         /* linear fixed and cyclic */
    uint32_t records;            /* linear fixed and cyclic */
    uint32_t size;               /* octets of the body; reserved octets of a BER-TLV file */
    uint32_t max_size;           /* BER-TLV: maximumFileSize; 0: size */
    uint8_t file_details;        /* BER-TLV */
    uint8_t sfi;                 /* 0: none */
    uint16_t arr_fid;            /* 0: no access rule is known */
    uint8_t arr_record;
    uint8_t lcsi; /* 05 activated, 04 deactivated */
    uint8_t
        special;   /* specialFileInformation: b8 high update activity, b7 readable if deactivated */
    bool hot;      /* high update activity */
    slice df_name; /* AID of an ADF */
    slice pins;    /* pinStatusTemplateDO: key references in the order of the PS_DO bits */
    slice link;    /* path of the link's target; absent: no link */
    slice pattern; /* of the Fcp */
    uint8_t fill_kind; /* FILL_PAT or FILL_REP when pattern is present */
};

/*
 * row NULL: a file of genericFileManagement; fcp NULL: only the template's row. `arr_fid` is the
 * EF.ARR that a record number alone means at this place (see file_implicit_arr).
 *
 * E_MISSING, E_RANGE, E_SYNTAX or E_REFUSED; *field (may be NULL) then names the field of the Fcp.
 * The file is sound in itself afterwards: sizes fit, links have neither size nor pattern.
 */
MUST_USE enum err file_resolve(const struct saip_file *row, const struct saip_fcp *fcp,
                               uint16_t arr_fid, struct file_facts *out, const char **field);

/* 2F06 for the MF, ADFs and files directly under the MF, else 6F06. */
uint16_t file_implicit_arr(uint8_t type, bool parent_is_mf);

/* The body before any content item: patterns are applied to each record alone. out: size octets. */
void file_default_body(const struct file_facts *f, uint8_t *out);

/*
 * fillFileOffset and fillFileContent in their order: an offset counts from the end of the content
 * before it and may run across records.
 */
struct file_filler {
    uint8_t *body;
    uint32_t size, at;
};
/* E_RANGE: it would leave the file. */
MUST_USE enum err file_fill_skip(struct file_filler *f, int64_t octets);
MUST_USE enum err file_fill_put(struct file_filler *f, slice content);

#endif
