/*
 * A profile package is a bare run of DER profile elements: "header" first, "end" last, no count, no
 * checksum (SAIP 8.1). This file cuts it into elements, whatever they hold.
 *
 * Slices point into the package. Nothing is allocated.
 */
#ifndef DUNLIN_PROFILE_PACKAGE_H
#define DUNLIN_PROFILE_PACKAGE_H

#include "profile/elements.h"

struct package_element {
    uint32_t tag;
    slice whole, value;
    size_t at;                         /* octets from the start of the package */
    unsigned index;                    /* 0 = the first element */
    const char *name;                  /* "usim"; NULL for a tag that is not known */
    bool has_header;                   /* PEHeader is there (every element but "header" has one) */
    bool mandated;                     /* false without a header */
    int32_t id;                        /* identification; -1 without a header */
    bool file_system;                  /* one of mf, cd, telecom, usim ... */
    slice template_id;                 /* content of the OID; absent unless file_system */
    const struct saip_template *table; /* its template; NULL when there is none or the OID is new */
};

struct package_reader {
    struct der_reader in;
    const uint8_t *start;
    unsigned index;
};

static inline struct package_reader package_reader(slice package)
{
    return (struct package_reader){ der_reader(package), package.p, 0 };
}

/*
 * The next element, false at the end or when the octets are no element: then r->in.err says why.
 * Only the head of the element and its first two members are looked at.
 */
bool package_next(struct package_reader *r, struct package_element *out);
/* Fills *out from one whole element (as the installer has it). E_TRUNCATED, E_TRAILING ... */
MUST_USE enum err package_element(slice whole, struct package_element *out);

/*
 * Decodes an element of a file system. One whose OID is new is read by the newest template of its
 * tag, which names its fields. E_UNSUPPORTED for other elements.
 */
MUST_USE enum err element_files(const struct package_element *e, struct saip_file_pe *out,
                                struct fault *f);
/* The template by which element_files names the fields. NULL for other elements. */
const struct saip_template *element_template(const struct package_element *e);

/* Is every octet of the element as its type demands? E_UNSUPPORTED when the tag is not known. */
MUST_USE enum err element_check(const struct package_element *e, struct fault *f);

/*
 * The element again, decoded and encoded; lists are written as they arrived, unknown extensions are
 * left out. Goes in front of what *w holds. E_UNSUPPORTED when the tag is not known.
 */
MUST_USE enum err element_encode(const struct package_element *e, struct der_writer *w);

#endif
