/*
 * The file system templates of the interoperable profile package (SAIP Annex A; 2.23.143.1.2.x).
 *
 * A profile element of a file system (PE-MF, PE-USIM ...) names a template and gives one File per
 * row of it, under context tag [2] for the first row, [3] for the second and so on. What the File
 * leaves out is taken from the row. The card creates files from these rows, the validator and the
 * printer read packages by them, the builder leaves out what equals them.
 *
 * Templates with fewer rows (earlier versions) are prefixes of the later ones.
 *
 * A sub-directory row (FILE_DF, not the first) takes all rows behind it until the next FILE_DF; its
 * own parent is the directory of the element. In PE-MF and PE-IoT the MF is the first row.
 *
 * Static data; nothing here allocates or fails.
 */
#ifndef DUNLIN_PROFILE_TEMPLATES_H
#define DUNLIN_PROFILE_TEMPLATES_H

#include "base/slice.h"

enum saip_type {
    FILE_ANY, /* not in the template: the Fcp gives everything */
    FILE_TR,  /* transparent */
    FILE_LF,  /* linear fixed */
    FILE_CY,  /* cyclic */
    FILE_BT,  /* BER-TLV */
    FILE_DF,
    FILE_ADF,
    FILE_MF
};

static inline bool saip_type_is_df(uint8_t type)
{
    return type >= FILE_DF;
}

static inline bool saip_type_has_records(uint8_t type)
{
    return type == FILE_LF || type == FILE_CY;
}

/* How the default content of each record (or of the whole transparent file) is made from `fill`. */
enum saip_fill {
    FILL_NONE,   /* FF */
    FILL_PAT,    /* the octets, then the last one again and again */
    FILL_REP,    /* the octets again and again */
    FILL_TAIL,   /* as FILL_PAT, but the last tail_len octets of `fill` close the record */
    FILL_LITERAL /* the octets once, then FF */
};

enum saip_flag {
    FILE_REQUIRED = 1, /* the field of the element is not OPTIONAL */
    FILE_CONTENT = 2,  /* there is no default content: the element must give some */
    FILE_HOT = 4       /* high update activity */
};

/* How a file of MF, CD, TELECOM ... is found in its element, and what it is unless said there. */
struct saip_file {
    const char *name;       /* of the field: "ef-imsi" */
    uint16_t fid, fid_last; /* range; the Fcp picks one, else the first. 0: the Fcp says */
    uint16_t len;           /* record length, or size of a transparent file; 0: the Fcp says */
    uint8_t nrec;           /* records; 0: the Fcp says */
    uint8_t type;           /* enum saip_type */
    uint8_t sfi;            /* 0: none */
    uint8_t arr;            /* record of the implicit EF.ARR; 0: not known */
    uint8_t flags;          /* enum saip_flag */
    uint8_t fill_kind;      /* enum saip_fill */
    uint8_t fill_len, tail_len;
    uint16_t link; /* FID inside the USIM that TS.48 links this file to; 0: none. A hint only */
    const uint8_t *fill;
};

/* The directory in which an element creates its files. */
enum saip_base {
    BASE_MF,        /* the element creates the MF */
    BASE_UNDER_MF,  /* a DF under the MF */
    BASE_NEW_ADF,   /* a new ADF (row [2]) */
    BASE_LAST_USIM, /* the most recent ADF.USIM, whatever came between */
    BASE_LAST_ISIM,
    BASE_LAST_CSIM,
    BASE_LAST_ADF /* the most recent ADF of any kind (DF.EAP) */
};

/* The network access application that an element creates or extends. */
enum saip_naa { NAA_NONE, NAA_USIM, NAA_ISIM, NAA_CSIM };

struct saip_template {
    const char *name; /* of the element: "opt-usim" */
    uint32_t pe_tag;  /* 0xB0 ... 0xBF21 */
    uint8_t oid[2];   /* after 2.23.143.1.2; .4.2 is { 4, 2 } */
    uint8_t oid_len;  /* 1 or 2 */
    bool by_default;  /* every row is created, also those without a field */
    uint8_t base;     /* enum saip_base */
    uint8_t naa;      /* enum saip_naa */
    uint8_t since;    /* first SAIP version that has it, major << 4 | minor */
    uint8_t nfiles;
    const struct saip_file *files;
};

/* Content octets of the OID 2.23.143.1.2, the prefix of all templates. */
#define SAIP_TEMPLATE_ARC     "\x67\x81\x0F\x01\x02"
#define SAIP_TEMPLATE_OID_MAX 7

/* All of them, in the order of their OIDs; SAIP_TEMPLATES is their number. */
#define SAIP_TEMPLATES 28
extern const struct saip_template saip_templates[SAIP_TEMPLATES];

/* By content octets of templateID; NULL when it is not known. */
const struct saip_template *saip_template_by_oid(slice oid);
/* The version with the most rows of the element with this tag; NULL: not a file system element. */
const struct saip_template *saip_template_by_pe(uint32_t pe_tag);
/* Content octets of the template's OID; buf holds the result. */
slice saip_template_oid(const struct saip_template *t, uint8_t buf[SAIP_TEMPLATE_OID_MAX]);

/* The row of a field by its tag as it stands in the element (0xA2 = [2], 0xBF1F = [31]); or NULL.
 */
const struct saip_file *saip_file_by_tag(const struct saip_template *t, uint32_t tag);
/* By the name of the field; or NULL. */
const struct saip_file *saip_file_by_name(const struct saip_template *t, const char *name);
/* The tag of a row of the template. */
uint32_t saip_file_tag(const struct saip_template *t, const struct saip_file *f);
/* The row of the directory that a row lives in: the FILE_DF, FILE_ADF or FILE_MF row before it.
 * NULL: the directory is given by the template's base. */
const struct saip_file *saip_file_parent(const struct saip_template *t, const struct saip_file *f);

/* Default content of one record, or of a whole transparent file, of n octets. */
void saip_file_fill(const struct saip_file *f, uint8_t *out, size_t n);
/* Expands fillPattern (C1: FILL_PAT) or repeatPattern (C2: FILL_REP) over n octets. */
void saip_pattern_fill(enum saip_fill kind, slice pattern, uint8_t *out, size_t n);

#endif
