/* Inside of the builder: the files of the project's own profile as tables. */
#ifndef DUNLIN_PROFILE_BUILD_FILES_H
#define DUNLIN_PROFILE_BUILD_FILES_H

#include "base/arena.h"
#include "profile/elements.h"

/* Content that differs from profile to profile. */
struct build_content {
    slice iccid, dir, rules;
    slice imsi, acc, ad, spn, hplmnwact, ehplmn, opl, ust;
    slice impi, impu, domain;
};

struct build_row {
    const char *field;  /* of the element */
    uint16_t size;      /* of the file; 0: as in the template, or as the content is long */
    uint8_t record_len; /* 0: as in the template */
    uint16_t varying; /* offset of the content in struct build_content, plus 1; 0: it is `fixed` */
    slice fixed;
    uint16_t fid;        /* of an ADF: its temporary FID */
    slice df_name, pins; /* of a directory */
};

struct build_element {
    const char *template_oid; /* what follows 2.23.143.1.2 */
    const struct build_row *rows;
    size_t count;
};

extern const struct build_element build_mf, build_telecom, build_usim, build_opt_usim;
extern const struct build_element build_gsm_access, build_df_5gs, build_isim;

#define BUILD_USIM_AID "\xA0\x00\x00\x00\x87\x10\x02\xFF\xFF\xFF\xFF\x89\x00\x00\x01\x00"
#define BUILD_ISIM_AID "\xA0\x00\x00\x00\x87\x10\x04\xFF\xFF\xFF\xFF\x89\x00\x00\x01\x00"

/* Services of EF.UST that these files make true (TS 31.102 4.2.8), closed by 0. */
extern const uint8_t build_services[];

/* EF.ARR with the rules of SAIP Annex A: BUILD_RULES records of BUILD_RULE_LEN octets. */
#define BUILD_RULES    14
#define BUILD_RULE_LEN 33
void build_access_rules(uint8_t out[BUILD_RULES * BUILD_RULE_LEN]);

/*
 * One element in the arena. Files get the smallest Fcp that says what the template does not, and
 * the runs of content that differ from the default.
 */
MUST_USE enum err build_file_element(struct arena *arena, const struct build_element *e,
                                     const struct build_content *content, unsigned id, slice *out);

#endif
