/*
 * A profile package as a tree: every file that installing it creates, with its facts and content,
 * and beside it the PINs, authentication parameters, security domains and applications, each with
 * the directory that it belongs to (SAIP 8; the order of elements is their context).
 *
 * The model is read by the validator, the printer, the size estimate, the personaliser and the
 * builder's tests. It lives in the caller's arena, its slices in the package or the arena.
 */
#ifndef DUNLIN_PROFILE_MODEL_H
#define DUNLIN_PROFILE_MODEL_H

#include "base/arena.h"
#include "profile/file.h"
#include "profile/findings.h"

/* Limits of ours: past them the package is refused (E_LIMIT). */
#define PACKAGE_ELEMENTS_MAX 1024
#define PACKAGE_FILES_MAX    4096
#define PACKAGE_GFM_MAX      16384 /* items of genericFileManagement */
/* An arena of this size holds the model of any package that a card could take. */
#define MODEL_ARENA_LIMIT ((size_t)32 << 20)

struct model_file {
    struct file_facts facts;
    const struct package_element *element;
    const char *field; /* of the element: "ef-imsi", or "fileManagementCMD[0]" */
    int parent;        /* number of the directory, -1 for the MF */
    int target;        /* of a link: number of its target; -1: none, or not found */
    enum saip_naa naa; /* of an ADF */
    slice items;       /* content of the File in the package; absent for defaults and GFM */
    slice body;        /* content when installed; absent for directories and links */
    unsigned nitems;   /* content items that filled it */
};

/* Key references that have a PIN in a directory or above it, a bit each. */
struct model_pins {
    uint8_t bits[32];
};

static inline bool model_has_pin(const struct model_pins *p, uint8_t reference)
{
    return p->bits[reference / 8] >> reference % 8 & 1;
}

/* An element that is not about files, decoded. */
struct model_part {
    const struct package_element *element;
    int directory; /* that a PIN element belongs to; ADF of an AKA or CDMA element; else -1 */
    union {
        const void *value; /* the C struct of the element's type in elements.h */
        const struct saip_pin_codes *pin_codes;
        const struct saip_puk_codes *puk_codes;
        const struct saip_aka_parameter *aka;
        const struct saip_cdma_parameter *cdma;
        const struct saip_security_domain *security_domain;
        const struct saip_rfm *rfm;
        const struct saip_application *application;
        const struct saip_non_standard *non_standard;
    };
};

struct profile_model {
    slice package;
    struct package_element *elements;
    unsigned nelements;
    const struct saip_header *header; /* NULL: there is none */
    struct model_file *files;
    unsigned nfiles;
    struct model_part *parts;
    unsigned nparts;
    struct model_pins *pins; /* by number of the file; of directories only */
    struct model_pins any;   /* of all directories */
};

/*
 * Builds as much of the tree as the package allows; faults become findings, and what depends on
 * them is left out. Fails only when nothing can be read at all (E_TRUNCATED ...), with E_LIMIT, or
 * E_MEMORY when the arena's limit is reached.
 */
MUST_USE enum err model_build(struct arena *arena, slice package, struct findings *findings,
                              struct profile_model **out);

/* The child with this FID, else -1. An ADF is a child of the MF under its temporary FID. */
int model_child(const struct profile_model *m, int directory, uint16_t fid);
/* By a path of FIDs from the MF downward, the MF itself omitted; -1: there is none. */
int model_resolve(const struct profile_model *m, slice path);
/* The file's body, or that of the link's target; absent when there is none. */
slice model_body(const struct profile_model *m, int file);
/* The nearest file of this FID in the directory or above it, up to its ADF or the MF; -1. */
int model_find_above(const struct profile_model *m, int directory, uint16_t fid);
/* The PINs of an element; those of the directory that lends them where it says filePath. */
slice model_pinconfig(const struct profile_model *m, const struct model_part *pins);
/* "3F00/7FD0/6F07"; cuts what does not fit. */
const char *model_path(const struct profile_model *m, int file, char *buf, size_t size);
/* The ADF with this AID, or -1. */
int model_adf(const struct profile_model *m, slice aid);
/* The first ADF of a kind of application, or -1. */
int model_naa(const struct profile_model *m, enum saip_naa naa);

#endif
