/*
 * Inside of the installer: from profile elements to objects of one root (SAIP chapter 8).
 *
 * install.c cuts the stream into elements and keeps the account; install_files.c makes files,
 * install_keys.c PINs, PUKs, AKA and CDMA data, install_apps.c security domains and applications.
 */
#ifndef DUNLIN_EUICC_INSTALL_H
#define DUNLIN_EUICC_INSTALL_H

#include "euicc/card_impl.h"
#include "profile/package.h"

/* Status of a profile element (EUICCResponse, SAIP 8.11). Values of 6000 and up are status words.
 */
enum pe_status {
    PE_STATUS_OK = 0,
    PE_STATUS_NOT_SUPPORTED = 1,
    PE_STATUS_MEMORY_FAILURE = 2,
    PE_STATUS_BAD_VALUES = 3,
    PE_STATUS_NO_MEMORY = 4,
    PE_STATUS_FORMAT = 5,
    PE_STATUS_PARAMETER = 6,
    PE_STATUS_RUNTIME = 7,
    PE_STATUS_LIBRARY = 8,
    PE_STATUS_TEMPLATE = 9,
    PE_STATUS_FEATURE = 10,
    PE_STATUS_PIN_MISSING = 11,
    PE_STATUS_VERSION = 31,
    PE_STATUS_FILE_EXISTS = 0x6A89
};

#define INSTALL_HEAD    8 /* octets of the longest head of an element */
#define INSTALL_REPORTS 12

struct install_report {
    uint16_t status;
    int32_t id; /* identification, -1: none */
};

struct install {
    struct card *card;
    struct tree tree;
    struct tree_fids fids; /* of it */
    uint8_t iccid[PROFILE_ICCID];
    bool test_profile;

    /* the element that is arriving */
    uint8_t head[INSTALL_HEAD];
    uint8_t head_n;
    uint8_t *element; /* scratch; NULL: its head is not complete yet */
    size_t element_n, element_size;

    /* what elements refer to: SAIP 8.3; directories, -1: none yet */
    uint8_t current_dir;
    int16_t last_adf, last_aka_adf;
    int16_t last_naa[4]; /* by enum saip_naa */
    uint16_t apps, keys; /* next numbers in PROFILE_APP and PROFILE_KEY */
    bool mno_sd;
    bool links_open; /* some link waits for its target */

    bool header_seen, end_seen;
    bool failed;
    int reason; /* INSTALL_... when failed */
    struct install_report reports[INSTALL_REPORTS];
    uint8_t report_count;
};

/* One kind of element. Returns its status. `e` lies in scratch or in the caller's octets. */
typedef enum pe_status install_element(struct install *in, const struct package_element *e);

install_element install_file_element, install_gfm;
install_element install_pin_codes, install_puk_codes, install_aka, install_cdma;
install_element install_security_domain, install_rfm, install_application;

/* Data objects for a BER-TLV structured file, behind those that it has. */
enum pe_status install_data_objects(struct install *in, uint16_t n, slice content);

/* Links whose targets came later. */
enum pe_status install_resolve_links(struct install *in);

/* Takes services that the card lacks out of the tables of USIMs and ISIMs. */
enum pe_status install_services(struct install *in);

/* What an error of the store is as a status. */
enum pe_status install_stored(enum err err);

/* Octets of a link path or filePath to a node: first FID may be a temporary one. */
static inline bool install_path(const struct install *in, slice path, struct node *out)
{
    return tree_path(&in->tree, path, out);
}

/* profiles.c */
MUST_USE enum err profile_record_put(struct card *card, uint32_t root,
                                     const struct profile_install *what, bool live);
MUST_USE enum err profile_record_set_live(struct card *card, uint32_t root);
MUST_USE enum err profile_remove(struct card *card, uint32_t root);
MUST_USE enum err profile_set_connectivity(struct card *card, uint32_t root, slice parameters);
/* 0: all roots are in use. */
uint32_t profile_free_root(struct card *card);

#endif
