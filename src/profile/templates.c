#include "profile/templates.h"

/*
 * Columns: name, FID (first and last of the range), type, records, length, SFI, record of EF.ARR,
 * flags (R required, C content needed, H high update activity), default content.
 */
enum { R = FILE_REQUIRED, C = FILE_CONTENT, H = FILE_HOT };

/* clang-format off */
#define F(n, first, last, t, records, length, short_id, rule, flag_bits, content)                  \
    { .name = (n), .fid = (first), .fid_last = (last), .type = FILE_##t, .nrec = (records),        \
      .len = (length), .sfi = (short_id), .arr = (rule), .flags = (flag_bits), content }
#define NONE        .fill_kind = FILL_NONE
#define CONTENT(s)  .fill = (const uint8_t *)(s), .fill_len = sizeof(s) - 1
#define PAT(s)      .fill_kind = FILL_PAT, CONTENT(s)
#define REP(s)      .fill_kind = FILL_REP, CONTENT(s)
#define LIT(s)      .fill_kind = FILL_LITERAL, CONTENT(s)
#define TAIL(s, e)  .fill_kind = FILL_TAIL, CONTENT(s e), .tail_len = sizeof(e) - 1
#define LINK(to)    .link = (to)

/* PE-MF */
static const struct saip_file mf_files[] = {
    F("mf",       0x3F00, 0x3F00, MF, 0,  0,    0, 14, R,     NONE),
    F("ef-pl",    0x2F05, 0x2F05, TR, 0,  2, 0x05,  1, 0,     NONE),
    F("ef-iccid", 0x2FE2, 0x2FE2, TR, 0, 10,    0, 11, R | C, NONE),
    F("ef-dir",   0x2F00, 0x2F00, LF, 0,  0, 0x1E, 10, R | C, NONE),
    F("ef-arr",   0x2F06, 0x2F06, LF, 0,  0,    0, 10, R | C, NONE),
    F("ef-umpc",  0x2F08, 0x2F08, TR, 0,  5, 0x08, 10, C,     NONE),
};

/* PE-CD */
static const struct saip_file cd_files[] = {
    F("df-cd",        0x7F11, 0x7F11, DF, 0, 0, 0, 14, R, NONE),
    F("ef-launchpad", 0x6F01, 0x6F01, TR, 0, 0, 0,  2, C, NONE),
    F("ef-icon",      0x6F40, 0x6F7F, TR, 0, 0, 0,  2, C, NONE),
};

/* PE-TELECOM. Version 1 ends with ef-mmssmode. */
static const struct saip_file telecom_files[] = {
    F("df-telecom",      0x7F10, 0x7F10, DF,  0,  0,    0, 14, R, NONE),
    F("ef-arr",          0x6F06, 0x6F06, LF,  0,  0,    0, 10, C, NONE),
    F("ef-rma",          0x6F53, 0x6F53, LF,  0,  0,    0,  3, C, NONE),
    F("ef-sume",         0x6F54, 0x6F54, TR,  0, 22,    0,  3, C, NONE),
    F("ef-ice-dn",       0x6FE0, 0x6FE0, LF, 50, 24,    0,  9, 0, NONE),
    F("ef-ice-ff",       0x6FE1, 0x6FE1, LF,  0,  0,    0,  9, 0, NONE),
    F("ef-psismsc",      0x6FE5, 0x6FE5, LF,  0,  0,    0,  5, C, NONE),
    F("df-graphics",     0x5F50, 0x5F50, DF,  0,  0,    0, 14, 0, NONE),
    F("ef-img",          0x4F20, 0x4F20, LF,  0,  0,    0,  2, 0, PAT("\x00\xFF")),
    F("ef-iidf",         0x4F40, 0x4F7F, TR,  0,  0,    0,  2, 0, NONE),
    F("ef-ice-graphics", 0x4F21, 0x4F21, BT,  0,  0,    0,  9, C, NONE),
    F("ef-launch-scws",  0x4F01, 0x4F01, TR,  0,  0,    0, 10, C, NONE),
    F("ef-icon",         0x4F80, 0x4FBF, TR,  0,  0,    0, 10, C, NONE),
    F("df-phonebook",    0x5F3A, 0x5F3A, DF,  0,  0,    0, 14, 0, NONE),
    F("ef-pbr",          0x4F30, 0x4F30, LF,  0,  0,    0,  2, C, NONE),
    F("ef-ext1",         0x4F38, 0x4F3F, LF,  0, 13,    0,  5, 0, PAT("\x00\xFF")),
    F("ef-aas",          0x4F40, 0x4F47, LF,  0,  0,    0,  5, 0, NONE),
    F("ef-gas",          0x4F48, 0x4F4F, LF,  0,  0,    0,  5, 0, NONE),
    F("ef-psc",          0x4F22, 0x4F22, TR,  0,  4,    0,  5, 0, PAT("\x00")),
    F("ef-cc",           0x4F23, 0x4F23, TR,  0,  2,    0,  5, H, PAT("\x00")),
    F("ef-puid",         0x4F24, 0x4F24, TR,  0,  2,    0,  5, H, PAT("\x00")),
    F("ef-iap",          0x4F50, 0x4F57, LF,  0,  0,    0,  5, 0, NONE),
    F("ef-adn",          0x4F58, 0x4F5F, LF,  0,  0,    0,  5, 0, NONE),
    F("ef-pbc",          0x4F60, 0x4F67, LF,  0,  2,    0,  5, 0, PAT("\x00")),
    F("ef-anr",          0x4F68, 0x4F6F, LF,  0,  0,    0,  5, 0, NONE),
    F("ef-puri",         0x4F70, 0x4F77, LF,  0,  0,    0,  5, C, NONE),
    F("ef-email",        0x4F78, 0x4F7F, LF,  0,  0,    0,  5, 0, NONE),
    F("ef-sne",          0x4F80, 0x4F87, LF,  0,  0,    0,  5, 0, NONE),
    F("ef-uid",          0x4F88, 0x4F8F, LF,  0,  2,    0,  5, 0, PAT("\x00")),
    F("ef-grp",          0x4F90, 0x4F97, LF,  0,  0,    0,  5, 0, PAT("\x00")),
    F("ef-ccp1",         0x4F98, 0x4F9F, LF,  0,  0,    0,  5, 0, NONE),
    F("df-multimedia",   0x5F3B, 0x5F3B, DF,  0,  0,    0, 14, 0, NONE),
    F("ef-mml",          0x4F47, 0x4F47, BT,  0,  0,    0,  5, C, NONE),
    F("ef-mmdf",         0x4F48, 0x4F48, BT,  0,  0,    0,  5, C, NONE),
    F("df-mmss",         0x5F3C, 0x5F3C, DF,  0,  0,    0, 14, 0, NONE),
    F("ef-mlpl",         0x4F20, 0x4F20, TR,  0,  0, 0x01,  2, C, NONE),
    F("ef-mspl",         0x4F21, 0x4F21, TR,  0,  0, 0x02,  2, C, NONE),
    F("ef-mmssmode",     0x4F22, 0x4F22, TR,  0,  1, 0x03,  2, C, NONE),
    F("df-mcs",          0x5F3D, 0x5F3D, DF,  0,  0,    0, 14, 0, NONE),
    F("ef-mst",          0x4F01, 0x4F01, TR,  0,  0, 0x01,  2, C, NONE),
    F("ef-mcs-config",   0x4F02, 0x4F02, BT,  0,  0, 0x02,  2, C, NONE),
    F("df-v2x",          0x5F3E, 0x5F3E, DF,  0,  0,    0, 14, 0, NONE),
    F("ef-vst",          0x4F01, 0x4F01, TR,  0,  0, 0x01,  2, C, NONE),
    F("ef-v2x-config",   0x4F02, 0x4F02, BT,  0,  0, 0x02,  2, C, NONE),
    F("ef-v2xp-pc5",     0x4F03, 0x4F03, TR,  0,  0,    0,  2, C, NONE),
    F("ef-v2xp-Uu",      0x4F04, 0x4F04, TR,  0,  0,    0,  2, C, NONE),
};

/* PE-PHONEBOOK, in the USIM. */
static const struct saip_file phonebook_files[] = {
    F("df-phonebook", 0x5F3A, 0x5F3A, DF, 0,  0, 0, 14, R, NONE),
    F("ef-pbr",       0x4F30, 0x4F30, LF, 0,  0, 0,  2, C, NONE),
    F("ef-ext1",      0x4F38, 0x4F3F, LF, 0, 13, 0,  5, 0, PAT("\x00\xFF")),
    F("ef-aas",       0x4F40, 0x4F47, LF, 0,  0, 0,  5, 0, NONE),
    F("ef-gas",       0x4F48, 0x4F4F, LF, 0,  0, 0,  5, 0, NONE),
    F("ef-psc",       0x4F22, 0x4F22, TR, 0,  4, 0,  5, 0, PAT("\x00")),
    F("ef-cc",        0x4F23, 0x4F23, TR, 0,  2, 0,  5, H, PAT("\x00")),
    F("ef-puid",      0x4F24, 0x4F24, TR, 0,  2, 0,  5, H, PAT("\x00")),
    F("ef-iap",       0x4F50, 0x4F57, LF, 0,  0, 0,  5, 0, NONE),
    F("ef-adn",       0x4F58, 0x4F5F, LF, 0,  0, 0,  5, 0, NONE),
    F("ef-pbc",       0x4F60, 0x4F67, LF, 0,  2, 0,  5, 0, PAT("\x00")),
    F("ef-anr",       0x4F68, 0x4F6F, LF, 0,  0, 0,  5, 0, NONE),
    F("ef-puri",      0x4F70, 0x4F77, LF, 0,  0, 0,  5, C, NONE),
    F("ef-email",     0x4F78, 0x4F7F, LF, 0,  0, 0,  5, 0, NONE),
    F("ef-sne",       0x4F80, 0x4F87, LF, 0,  0, 0,  5, 0, NONE),
    F("ef-uid",       0x4F88, 0x4F8F, LF, 0,  2, 0,  5, 0, PAT("\x00")),
    F("ef-grp",       0x4F90, 0x4F97, LF, 0,  0, 0,  5, 0, PAT("\x00")),
    F("ef-ccp1",      0x4F98, 0x4F9F, LF, 0,  0, 0,  5, 0, NONE),
};

/* PE-USIM. EF.UST has 14 octets in version 1 and 17 in version 2. */
#define USIM_FILES(ust_len)                                                                        \
    F("adf-usim",          0,      0, ADF,  0,       0,    0, 14, R,     NONE),                    \
    F("ef-imsi",      0x6F07, 0x6F07, TR,   0,       9, 0x07,  2, R | C, NONE),                    \
    F("ef-arr",       0x6F06, 0x6F06, LF,   0,       0, 0x17, 10, R | C, NONE),                    \
    F("ef-keys",      0x6F08, 0x6F08, TR,   0,      33, 0x08,  5, H,     PAT("\x07\xFF")),         \
    F("ef-keysPS",    0x6F09, 0x6F09, TR,   0,      33, 0x09,  5, H,     PAT("\x07\xFF")),         \
    F("ef-hpplmn",    0x6F31, 0x6F31, TR,   0,       1, 0x12,  2, 0,     PAT("\x0A")),             \
    F("ef-ust",       0x6F38, 0x6F38, TR,   0, ust_len, 0x04,  2, R | C, NONE),                    \
    F("ef-fdn",       0x6F3B, 0x6F3B, LF,  20,      26,    0,  8, 0,     NONE),                    \
    F("ef-sms",       0x6F3C, 0x6F3C, LF,  10,     176,    0,  5, 0,     PAT("\x00\xFF")),         \
    F("ef-smsp",      0x6F42, 0x6F42, LF,   1,      38,    0,  5, 0,     NONE),                    \
    F("ef-smss",      0x6F43, 0x6F43, TR,   0,       2,    0,  5, 0,     NONE),                    \
    F("ef-spn",       0x6F46, 0x6F46, TR,   0,      17,    0, 10, R | C, NONE),                    \
    F("ef-est",       0x6F56, 0x6F56, TR,   0,       1, 0x05,  8, R | C, NONE),                    \
    F("ef-start-hfn", 0x6F5B, 0x6F5B, TR,   0,       6, 0x0F,  5, H,                               \
      LIT("\xF0\x00\x00\xF0\x00\x00")),                                                            \
    F("ef-threshold", 0x6F5C, 0x6F5C, TR,   0,       3, 0x10,  2, 0,     NONE),                    \
    F("ef-psloci",    0x6F73, 0x6F73, TR,   0,      14, 0x0C,  5, H,                               \
      TAIL("\xFF", "\x00\x00\xFF\x01")),                                                           \
    F("ef-acc",       0x6F78, 0x6F78, TR,   0,       2, 0x06,  2, R | C, NONE),                    \
    F("ef-fplmn",     0x6F7B, 0x6F7B, TR,   0,      12, 0x0D,  5, 0,     NONE),                    \
    F("ef-loci",      0x6F7E, 0x6F7E, TR,   0,      11, 0x0B,  5, H,                               \
      TAIL("\xFF", "\x00\x00\xFF\x01")),                                                           \
    F("ef-ad",        0x6FAD, 0x6FAD, TR,   0,       4, 0x03, 10, 0,     LIT("\x00\x00\x00\x02")), \
    F("ef-ecc",       0x6FB7, 0x6FB7, LF,   1,       4, 0x01, 10, R | C, NONE),                    \
    F("ef-netpar",    0x6FC4, 0x6FC4, TR,   0,     128,    0,  5, H,     NONE),                    \
    F("ef-epsloci",   0x6FE3, 0x6FE3, TR,   0,      18, 0x1E,  5, H,                               \
      TAIL("\xFF", "\x00\x00\x01")),                                                               \
    F("ef-epsnsc",    0x6FE4, 0x6FE4, LF,   1,      80, 0x18,  5, H,     NONE),

static const struct saip_file usim_files[] = { USIM_FILES(14) };
static const struct saip_file usim_2_files[] = { USIM_FILES(17) };

/* PE-OPT-USIM. Version 1 ends with ef-ipd, version 2 with ef-mudmidconfigdata. */
static const struct saip_file opt_usim_files[] = {
    F("ef-li",                       0x6F05, 0x6F05, TR,  0,   6, 0x02,  1, 0, NONE),
    F("ef-acmax",                    0x6F37, 0x6F37, TR,  0,   3,    0,  5, 0, PAT("\x00")),
    F("ef-acm",                      0x6F39, 0x6F39, CY,  1,   3,    0,  7, H, PAT("\x00")),
    F("ef-gid1",                     0x6F3E, 0x6F3E, TR,  0,   8,    0,  2, C, NONE),
    F("ef-gid2",                     0x6F3F, 0x6F3F, TR,  0,   8,    0,  2, C, NONE),
    F("ef-msisdn",                   0x6F40, 0x6F40, LF,  1,  24,    0,  2, 0, NONE),
    F("ef-puct",                     0x6F41, 0x6F41, TR,  0,   5,    0,  5, 0,
      LIT("\xFF\xFF\xFF\x00\x00")),
    F("ef-cbmi",                     0x6F45, 0x6F45, TR,  0,  10,    0,  5, 0, NONE),
    F("ef-cbmid",                    0x6F48, 0x6F48, TR,  0,  10, 0x0E,  2, 0, NONE),
    F("ef-sdn",                      0x6F49, 0x6F49, LF, 10,  24,    0,  2, 0, NONE),
    F("ef-ext2",                     0x6F4B, 0x6F4B, LF, 10,  13,    0,  8, 0, PAT("\x00\xFF")),
    F("ef-ext3",                     0x6F4C, 0x6F4C, LF, 10,  13,    0,  2, 0, PAT("\x00\xFF")),
    F("ef-cbmir",                    0x6F50, 0x6F50, TR,  0,  20,    0,  5, 0, NONE),
    F("ef-plmnwact",                 0x6F60, 0x6F60, TR,  0,  40, 0x0A,  5, 0,
      REP("\xFF\xFF\xFF\x00\x00")),
    F("ef-oplmnwact",                0x6F61, 0x6F61, TR,  0,  40, 0x11,  2, 0,
      REP("\xFF\xFF\xFF\x00\x00")),
    F("ef-hplmnwact",                0x6F62, 0x6F62, TR,  0,   5, 0x13,  2, 0,
      LIT("\xFF\xFF\xFF\x00\x00")),
    F("ef-dck",                      0x6F2C, 0x6F2C, TR,  0,  16,    0,  5, 0, NONE),
    F("ef-cnl",                      0x6F32, 0x6F32, TR,  0,  30,    0,  2, 0, NONE),
    F("ef-smsr",                     0x6F47, 0x6F47, LF, 10,  30,    0,  5, 0, PAT("\x00\xFF")),
    F("ef-bdn",                      0x6F4D, 0x6F4D, LF, 10,  25,    0,  8, 0, NONE),
    F("ef-ext5",                     0x6F4E, 0x6F4E, LF, 10,  13,    0,  5, 0, PAT("\x00\xFF")),
    F("ef-ccp2",                     0x6F4F, 0x6F4F, LF,  5,  15, 0x16,  5, 0, NONE),
    F("ef-ext4",                     0x6F55, 0x6F55, LF, 10,  13,    0,  8, 0, PAT("\x00\xFF")),
    F("ef-acl",                      0x6F57, 0x6F57, TR,  0, 101,    0,  8, 0, PAT("\x00\xFF")),
    F("ef-cmi",                      0x6F58, 0x6F58, LF, 10,  11,    0,  2, 0, NONE),
    F("ef-ici",                      0x6F80, 0x6F80, CY, 20,  38, 0x14,  5, H,
      TAIL("\xFF", "\x00\x00\x00\x00\x01\xFF\xFF")),
    F("ef-oci",                      0x6F81, 0x6F81, CY, 20,  37, 0x15,  5, H,
      TAIL("\xFF", "\x00\x00\x00\x01\xFF\xFF")),
    F("ef-ict",                      0x6F82, 0x6F82, CY,  1,   3,    0,  7, H, PAT("\x00")),
    F("ef-oct",                      0x6F83, 0x6F83, CY,  1,   3,    0,  7, H, PAT("\x00")),
    F("ef-vgcs",                     0x6FB1, 0x6FB1, TR,  0,  20,    0,  2, C, NONE),
    F("ef-vgcss",                    0x6FB2, 0x6FB2, TR,  0,   7,    0,  5, C, NONE),
    F("ef-vbs",                      0x6FB3, 0x6FB3, TR,  0,  20,    0,  2, C, NONE),
    F("ef-vbss",                     0x6FB4, 0x6FB4, TR,  0,   7,    0,  5, C, NONE),
    F("ef-emlpp",                    0x6FB5, 0x6FB5, TR,  0,   2,    0,  2, C, NONE),
    F("ef-aaem",                     0x6FB6, 0x6FB6, TR,  0,   1,    0,  5, 0, PAT("\x00")),
    F("ef-hiddenkey",                0x6FC3, 0x6FC3, TR,  0,   4,    0,  5, 0, NONE),
    F("ef-pnn",                      0x6FC5, 0x6FC5, LF, 10,  16, 0x19, 10, C, NONE),
    F("ef-opl",                      0x6FC6, 0x6FC6, LF,  5,   8, 0x1A, 10, C, NONE),
    F("ef-mbdn",                     0x6FC7, 0x6FC7, LF,  3,  24,    0,  5, C, NONE),
    F("ef-ext6",                     0x6FC8, 0x6FC8, LF, 10,  13,    0,  5, 0, PAT("\x00\xFF")),
    F("ef-mbi",                      0x6FC9, 0x6FC9, LF, 10,   5,    0,  5, C, NONE),
    F("ef-mwis",                     0x6FCA, 0x6FCA, LF, 10,   6,    0,  5, H, PAT("\x00")),
    F("ef-cfis",                     0x6FCB, 0x6FCB, LF, 10,  16,    0,  5, 0,
      PAT("\x01\x00\xFF")),
    F("ef-ext7",                     0x6FCC, 0x6FCC, LF, 10,  13,    0,  5, 0, PAT("\x00\xFF")),
    F("ef-spdi",                     0x6FCD, 0x6FCD, TR,  0,  17, 0x1B,  2, C, NONE),
    F("ef-mmsn",                     0x6FCE, 0x6FCE, LF, 10,   6,    0,  5, 0,
      PAT("\x00\x00\x00\xFF")),
    F("ef-ext8",                     0x6FCF, 0x6FCF, LF, 10,  13,    0,  5, 0, PAT("\x00\xFF")),
    F("ef-mmsicp",                   0x6FD0, 0x6FD0, TR,  0, 100,    0,  2, 0, NONE),
    F("ef-mmsup",                    0x6FD1, 0x6FD1, LF,  0,   0,    0,  5, 0, NONE),
    F("ef-mmsucp",                   0x6FD2, 0x6FD2, TR,  0, 100,    0,  5, 0, NONE),
    F("ef-nia",                      0x6FD3, 0x6FD3, LF,  5,  11,    0,  2, 0, NONE),
    F("ef-vgcsca",                   0x6FD4, 0x6FD4, TR,  0,   0,    0,  2, 0, PAT("\x00")),
    F("ef-vbsca",                    0x6FD5, 0x6FD5, TR,  0,   0,    0,  2, 0, PAT("\x00")),
    F("ef-gbabp",                    0x6FD6, 0x6FD6, TR,  0,   0,    0,  5, 0, NONE),
    F("ef-msk",                      0x6FD7, 0x6FD7, LF,  0,   0,    0,  2, H, NONE),
    F("ef-muk",                      0x6FD8, 0x6FD8, LF,  0,   0,    0,  2, 0, NONE),
    F("ef-ehplmn",                   0x6FD9, 0x6FD9, TR,  0,  15, 0x1D,  2, 0, NONE),
    F("ef-gbanl",                    0x6FDA, 0x6FDA, LF,  0,   0,    0,  2, 0, NONE),
    F("ef-ehplmnpi",                 0x6FDB, 0x6FDB, TR,  0,   1,    0,  2, 0, PAT("\x00")),
    F("ef-lrplmnsi",                 0x6FDC, 0x6FDC, TR,  0,   1,    0,  2, 0, PAT("\x00")),
    F("ef-nafkca",                   0x6FDD, 0x6FDD, LF,  0,   0,    0,  2, 0, NONE),
    F("ef-spni",                     0x6FDE, 0x6FDE, TR,  0,   0,    0, 10, 0, PAT("\x00\xFF")),
    F("ef-pnni",                     0x6FDF, 0x6FDF, LF,  0,   0,    0, 10, 0, PAT("\x00\xFF")),
    F("ef-ncp-ip",                   0x6FE2, 0x6FE2, LF,  0,   0,    0,  2, C, NONE),
    F("ef-ufc",                      0x6FE6, 0x6FE6, TR,  0,  30,    0, 10, 0,
      LIT("\x80\x1E\x60\xC0\x1E\x90\x00\x80\x04\x00\x00\x00\x00\x00\x00"
          "\x00\x00\xF0\x00\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x80")),
    F("ef-nasconfig",                0x6FE8, 0x6FE8, TR,  0,  18,    0,  2, C, NONE),
    F("ef-uicciari",                 0x6FE7, 0x6FE7, LF,  0,   0,    0,  2, C, NONE),
    F("ef-pws",                      0x6FEC, 0x6FEC, TR,  0,   0,    0, 10, C, NONE),
    F("ef-fdnuri",                   0x6FED, 0x6FED, LF,  0,   0,    0,  8, 0, NONE),
    F("ef-bdnuri",                   0x6FEE, 0x6FEE, LF,  0,   0,    0,  8, 0, NONE),
    F("ef-sdnuri",                   0x6FEF, 0x6FEF, LF,  0,   0,    0,  2, 0, NONE),
    F("ef-ial",                      0x6FF0, 0x6FF0, LF,  0,   0,    0,  3, 0, NONE),
    F("ef-ips",                      0x6FF1, 0x6FF1, CY,  0,   4,    0, 10, H, NONE),
    F("ef-ipd",                      0x6FF2, 0x6FF2, LF,  0,   0,    0,  3, H, NONE),
    F("ef-epdgid",                   0x6FF3, 0x6FF3, TR,  0,   0,    0,  2, C, NONE),
    F("ef-epdgselection",            0x6FF4, 0x6FF4, TR,  0,   0,    0,  2, C, NONE),
    F("ef-epdgidem",                 0x6FF5, 0x6FF5, TR,  0,   0,    0,  2, C, NONE),
    F("ef-epdgselectionem",          0x6FF6, 0x6FF6, TR,  0,   0,    0,  2, C, NONE),
    F("ef-frompreferred",            0x6FF7, 0x6FF7, TR,  0,   1,    0,  2, 0, PAT("\x00")),
    F("ef-imsconfigdata",            0x6FF8, 0x6FF8, BT,  0,   0,    0,  2, C, NONE),
    F("ef-3gpppsdataoff",            0x6FF9, 0x6FF9, TR,  0,   4,    0,  2, C, NONE),
    F("ef-3gpppsdataoffservicelist", 0x6FFA, 0x6FFA, LF,  0,   0,    0,  2, C, NONE),
    F("ef-xcapconfigdata",           0x6FFC, 0x6FFC, BT,  0,   0,    0,  2, C, NONE),
    F("ef-earfcnlist",               0x6FFD, 0x6FFD, TR,  0,   0,    0, 10, C, NONE),
    F("ef-mudmidconfigdata",         0x6FFE, 0x6FFE, BT,  0,   0,    0,  2, C, NONE),
    F("ef-eaka",                     0x6F01, 0x6F01, TR,  0,   1,    0,  3, C, NONE),
};

/* PE-GSM-ACCESS */
static const struct saip_file gsm_access_files[] = {
    F("df-gsm-access", 0x5F3B, 0x5F3B, DF, 0,  0,    0, 14, R, NONE),
    F("ef-kc",         0x4F20, 0x4F20, TR, 0,  9, 0x01,  5, H, TAIL("\xFF", "\x07")),
    F("ef-kcgprs",     0x4F52, 0x4F52, TR, 0,  9, 0x02,  5, H, TAIL("\xFF", "\x07")),
    F("ef-cpbcch",     0x4F63, 0x4F63, TR, 0, 10,    0,  5, H, NONE),
    F("ef-invscan",    0x4F64, 0x4F64, TR, 0,  1,    0,  2, 0, PAT("\x00")),
};

/* PE-DF-5GS. Version 1 ends with ef-routing-indicator, 2 and 3 with ef-tn3gppsnn; the NAS security
 * context files and the default Routing Indicator changed on the way. */
#define DF_5GS_FILES(nsc_n, nsc_len, routing)                                                      \
    F("df-df-5gs",            0x5FC0, 0x5FC0, DF,     0,       0,    0, 14, R,     NONE),          \
    F("ef-5gs3gpploci",       0x4F01, 0x4F01, TR,     0,      20, 0x01,  5, H,                     \
      TAIL("\xFF", "\x00\x00\x00\x01")),                                                           \
    F("ef-5gsn3gpploci",      0x4F02, 0x4F02, TR,     0,      20, 0x02,  5, H,                     \
      TAIL("\xFF", "\x00\x00\x00\x01")),                                                           \
    F("ef-5gs3gppnsc",        0x4F03, 0x4F03, LF, nsc_n, nsc_len, 0x03,  5, H,     NONE),          \
    F("ef-5gsn3gppnsc",       0x4F04, 0x4F04, LF, nsc_n, nsc_len, 0x04,  5, H,     NONE),          \
    F("ef-5gauthkeys",        0x4F05, 0x4F05, TR,     0,     110, 0x05,  5, H | C, NONE),          \
    F("ef-uac-aic",           0x4F06, 0x4F06, TR,     0,       4, 0x06,  2, C,     NONE),          \
    F("ef-suci-calc-info",    0x4F07, 0x4F07, TR,     0,       0, 0x07,  2, 0,     NONE),          \
    F("ef-opl5g",             0x4F08, 0x4F08, LF,     0,      10, 0x08, 10, 0,     NONE),          \
    F("ef-supinai",           0x4F09, 0x4F09, TR,     0,       0, 0x09,  2, C,     NONE),          \
    F("ef-routing-indicator", 0x4F0A, 0x4F0A, TR,     0,       4, 0x0A,  2, 0, LIT(routing)),      \
    F("ef-ursp",              0x4F0B, 0x4F0B, BT,     0,       0,    0,  2, C,     NONE),          \
    F("ef-tn3gppsnn",         0x4F0C, 0x4F0C, TR,     0,       1, 0x0C,  2, 0,     PAT("\x00")),   \
    F("ef-cag",               0x4F0D, 0x4F0D, TR,     0,       2, 0x0D,  2, C,     NONE),          \
    F("ef-sor-cmci",          0x4F0E, 0x4F0E, TR,     0,       0, 0x0E,  2, C,     NONE),          \
    F("ef-dri",               0x4F0F, 0x4F0F, TR,     0,       7, 0x0F,  2, C,     NONE),          \
    F("ef-5gsedrx",           0x4F10, 0x4F10, TR,     0,       2, 0x10,  2, C,     NONE),          \
    F("ef-5gnswo-conf",       0x4F11, 0x4F11, TR,     0,       1, 0x11,  2, C,     NONE),          \
    F("ef-mchpplmn",          0x4F15, 0x4F15, TR,     0,       1, 0x15,  2, C,     NONE),          \
    F("ef-kausf-derivation",  0x4F16, 0x4F16, TR,     0,       1, 0x16,  2, C,     NONE),

static const struct saip_file df_5gs_files[] = {
    DF_5GS_FILES(1, 57, "\xF0\xFF\xFF\xFF")
};
static const struct saip_file df_5gs_3_files[] = {
    DF_5GS_FILES(2, 62, "\xF0\xFF\xFF\xFF")
};
static const struct saip_file df_5gs_4_files[] = {
    DF_5GS_FILES(2, 62, "\xF0\xFF\x00\x00")
};

/* PE-DF-SAIP */
static const struct saip_file df_saip_files[] = {
    F("df-df-saip",             0x5FD0, 0x5FD0, DF, 0, 0, 0, 14, R, NONE),
    F("ef-suci-calc-info-usim", 0x4F01, 0x4F01, TR, 0, 0, 0,  3, 0, NONE),
};

/* PE-DF-SNPN */
static const struct saip_file df_snpn_files[] = {
    F("df-df-snpn",  0x5FE0, 0x5FE0, DF, 0, 0, 0, 14, R, NONE),
    F("ef-pws-snpn", 0x4F01, 0x4F01, TR, 0, 1, 0, 10, C, NONE),
};

/* PE-DF-5GPROSE */
static const struct saip_file df_5gprose_files[] = {
    F("df-df-5g-prose",    0x5FF0, 0x5FF0, DF, 0,  0,    0, 14, R, NONE),
    F("ef-5g-prose-st",    0x4F01, 0x4F01, TR, 0,  1, 0x01,  2, C, NONE),
    F("ef-5g-prose-dd",    0x4F02, 0x4F02, TR, 0, 26, 0x02,  2, C, NONE),
    F("ef-5g-prose-dc",    0x4F03, 0x4F03, TR, 0, 12, 0x03,  2, C, NONE),
    F("ef-5g-prose-u2nru", 0x4F04, 0x4F04, TR, 0, 32, 0x04,  2, C, NONE),
    F("ef-5g-prose-ru",    0x4F05, 0x4F05, TR, 0, 29, 0x05,  2, C, NONE),
    F("ef-5g-prose-uir",   0x4F06, 0x4F06, TR, 0, 32, 0x06,  2, C, NONE),
};

/* PE-ISIM */
static const struct saip_file isim_files[] = {
    F("adf-isim",       0,      0, ADF, 0,  0,    0, 14, R,     NONE),
    F("ef-impi",   0x6F02, 0x6F02, TR,  0,  0, 0x02,  2, R | C, NONE),
    F("ef-impu",   0x6F04, 0x6F04, LF,  1,  0, 0x04,  2, R | C, NONE),
    F("ef-domain", 0x6F03, 0x6F03, TR,  0,  0, 0x05,  2, R | C, NONE),
    F("ef-ist",    0x6F07, 0x6F07, TR,  0, 14, 0x07,  2, R | C, NONE),
    F("ef-ad",     0x6FAD, 0x6FAD, TR,  0,  3, 0x03, 10, 0,     PAT("\x00")),
    F("ef-arr",    0x6F06, 0x6F06, LF,  0,  0, 0x06, 10, R | C, NONE),
};

/* PE-OPT-ISIM. Version 1 ends with ef-uicciari. */
static const struct saip_file opt_isim_files[] = {
    F("ef-pcscf",            0x6F09, 0x6F09, LF,  1,   0, 0, 2, C, NONE),
    F("ef-sms",              0x6F3C, 0x6F3C, LF, 10, 176, 0, 5, 0, PAT("\x00\xFF")),
    F("ef-smsp",             0x6F42, 0x6F42, LF,  1,  38, 0, 5, 0, NONE),
    F("ef-smss",             0x6F43, 0x6F43, TR,  0,   2, 0, 5, 0, NONE),
    F("ef-smsr",             0x6F47, 0x6F47, LF, 10,  30, 0, 5, 0, PAT("\x00\xFF")),
    F("ef-gbabp",            0x6FD5, 0x6FD5, TR,  0,   0, 0, 5, 0, NONE),
    F("ef-gbanl",            0x6FD7, 0x6FD7, LF,  0,   0, 0, 2, 0, NONE),
    F("ef-nafkca",           0x6FDD, 0x6FDD, LF,  0,   0, 0, 2, 0, NONE),
    F("ef-uicciari",         0x6FE7, 0x6FE7, LF,  0,   0, 0, 2, C, NONE),
    F("ef-frompreferred",    0x6FF7, 0x6FF7, TR,  0,   1, 0, 2, 0, PAT("\x00")),
    F("ef-imsconfigdata",    0x6FF8, 0x6FF8, BT,  0,   0, 0, 2, C, NONE),
    F("ef-xcapconfigdata",   0x6FFC, 0x6FFC, BT,  0,   0, 0, 2, C, NONE),
    F("ef-webrtcuri",        0x6FFA, 0x6FFA, LF,  0,   0, 0, 2, C, NONE),
    F("ef-mudmidconfigdata", 0x6FFE, 0x6FFE, BT,  0,   0, 0, 2, C, NONE),
};

/* PE-CSIM. Sizes as TS.48 relies on them; access rules and default content are not published. */
static const struct saip_file csim_files[] = {
    F("adf-csim",             0,      0, ADF,  0,  0,    0, 0, R, NONE),
    F("ef-arr",          0x6F06, 0x6F06, LF,   0, 46, 0x17, 0, R, NONE),
    F("ef-call-count",   0x6F21, 0x6F21, CY,  10,  2,    0, 0, R, NONE),
    F("ef-imsi-m",       0x6F22, 0x6F22, TR,   0, 10, 0x04, 0, R, NONE),
    F("ef-imsi-t",       0x6F23, 0x6F23, TR,   0, 10, 0x05, 0, R, NONE),
    F("ef-tmsi",         0x6F24, 0x6F24, TR,   0, 16, 0x06, 0, R, NONE),
    F("ef-ah",           0x6F25, 0x6F25, TR,   0,  2,    0, 0, R, NONE),
    F("ef-aop",          0x6F26, 0x6F26, TR,   0,  1,    0, 0, R, NONE),
    F("ef-aloc",         0x6F27, 0x6F27, TR,   0,  7,    0, 0, R, NONE),
    F("ef-cdmahome",     0x6F28, 0x6F28, LF,   0,  5, 0x0C, 0, R, NONE),
    F("ef-znregi",       0x6F29, 0x6F29, LF,   0,  8,    0, 0, R, NONE),
    F("ef-snregi",       0x6F2A, 0x6F2A, TR,   0,  7, 0x0D, 0, R, NONE),
    F("ef-distregi",     0x6F2B, 0x6F2B, TR,   0,  8,    0, 0, R, NONE),
    F("ef-accolc",       0x6F2C, 0x6F2C, TR,   0,  1, 0x03, 0, R, NONE),
    F("ef-term",         0x6F2D, 0x6F2D, TR,   0,  1,    0, 0, R, NONE),
    F("ef-acp",          0x6F2F, 0x6F2F, TR,   0,  7,    0, 0, R, NONE),
    F("ef-prl",          0x6F30, 0x6F30, TR,   0,  0, 0x07, 0, R, NONE),
    F("ef-ruimid",       0x6F31, 0x6F31, TR,   0,  0,    0, 0, R, NONE),
    F("ef-csim-st",      0x6F32, 0x6F32, TR,   0,  0, 0x02, 0, R, NONE),
    F("ef-spc",          0x6F33, 0x6F33, TR,   0,  3,    0, 0, R, NONE),
    F("ef-otapaspc",     0x6F34, 0x6F34, TR,   0,  1,    0, 0, R, NONE),
    F("ef-namlock",      0x6F35, 0x6F35, TR,   0,  1,    0, 0, R, NONE),
    F("ef-ota",          0x6F36, 0x6F36, TR,   0, 17,    0, 0, R, NONE),
    F("ef-sp",           0x6F37, 0x6F37, TR,   0,  1,    0, 0, R, NONE),
    F("ef-esn-meid-me",  0x6F38, 0x6F38, TR,   0,  8,    0, 0, R, NONE),
    F("ef-li",           0x6F3A, 0x6F3A, TR,   0,  0, 0x0A, 0, R, NONE),
    F("ef-usgind",       0x6F42, 0x6F42, TR,   0,  1,    0, 0, R, NONE),
    F("ef-ad",           0x6F43, 0x6F43, TR,   0,  3, 0x01, 0, R, NONE),
    F("ef-max-prl",      0x6F45, 0x6F45, TR,   0,  4,    0, 0, R, NONE),
    F("ef-spcs",         0x6F46, 0x6F46, TR,   0,  1,    0, 0, R, NONE),
    F("ef-mecrp",        0x6F55, 0x6F55, TR,   0,  3,    0, 0, R, NONE),
    F("ef-home-tag",     0x6F70, 0x6F70, TR,   0,  0,    0, 0, R, NONE),
    F("ef-group-tag",    0x6F71, 0x6F71, TR,   0,  0,    0, 0, R, NONE),
    F("ef-specific-tag", 0x6F72, 0x6F72, TR,   0,  0,    0, 0, R, NONE),
    F("ef-call-prompt",  0x6F73, 0x6F73, TR,   0,  0,    0, 0, R, NONE),
};

/* PE-OPT-CSIM. Rows without a type need a full Fcp; LINK rows are linked into the USIM by TS.48. */
static const struct saip_file opt_csim_files[] = {
    F("ef-ssci",            0x6F2E, 0x6F2E, TR,  0,   1,    0, 0, 0, NONE),
    F("ef-fdn",             0x6F3B, 0x6F3B, LF,  0,   0,    0, 0, 0, LINK(0x6F3B)),
    F("ef-sms",             0x6F3C, 0x6F3C, LF,  0, 192,    0, 0, 0, NONE),
    F("ef-smsp",            0x6F3D, 0x6F3D, LF,  0,  23,    0, 0, 0, NONE),
    F("ef-smss",            0x6F3E, 0x6F3E, TR,  0,   0,    0, 0, 0, NONE),
    F("ef-ssfc",            0x6F3F, 0x6F3F, TR,  0,   0,    0, 0, 0, NONE),
    F("ef-spn",             0x6F41, 0x6F41, TR,  0,  35, 0x08, 0, 0, NONE),
    F("ef-mdn",             0x6F44, 0x6F44, LF,  0,  11,    0, 0, 0, NONE),
    F("ef-ecc",             0x6F47, 0x6F47, TR,  0,   0, 0x09, 0, 0, NONE),
    F("ef-me3gpdopc",       0x6F48, 0x6F48, TR,  0,   1,    0, 0, 0, NONE),
    F("ef-3gpdopm",         0x6F49, 0x6F49, TR,  0,   1,    0, 0, 0, NONE),
    F("ef-sipcap",          0x6F4A, 0x6F4A, TR,  0,   4,    0, 0, 0, NONE),
    F("ef-mipcap",          0x6F4B, 0x6F4B, TR,  0,   5,    0, 0, 0, NONE),
    F("ef-sipupp",          0x6F4C, 0x6F4C, TR,  0,   0,    0, 0, 0, NONE),
    F("ef-mipupp",          0x6F4D, 0x6F4D, TR,  0,   0,    0, 0, 0, NONE),
    F("ef-sipsp",           0x6F4E, 0x6F4E, TR,  0,   1,    0, 0, 0, NONE),
    F("ef-mipsp",           0x6F4F, 0x6F4F, TR,  0,   0,    0, 0, 0, NONE),
    F("ef-sippapss",        0x6F50, 0x6F50, TR,  0,   0,    0, 0, 0, NONE),
    F("ef-puzl",                 0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-maxpuzl",              0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-hrpdcap",         0x6F56, 0x6F56, TR,  0,   3,    0, 0, 0, NONE),
    F("ef-hrpdupp",         0x6F57, 0x6F57, TR,  0,   0,    0, 0, 0, NONE),
    F("ef-csspr",           0x6F58, 0x6F58, TR,  0,   1,    0, 0, 0, NONE),
    F("ef-atc",             0x6F59, 0x6F59, TR,  0,   1,    0, 0, 0, NONE),
    F("ef-eprl",            0x6F5A, 0x6F5A, TR,  0,   0, 0x0E, 0, 0, NONE),
    F("ef-bcsmscfg",             0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-bcsmspref",            0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-bcsmstable",           0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-bcsmsp",          0x6F5E, 0x6F5E, LF,  0,   2,    0, 0, 0, NONE),
    F("ef-bakpara",              0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-upbakpara",            0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-mmsn",            0x6F65, 0x6F65, LF,  0,   8,    0, 0, 0, NONE),
    F("ef-ext8",            0x6F66, 0x6F66, LF,  0,   0,    0, 0, 0, LINK(0x6FCF)),
    F("ef-mmsicp",          0x6F67, 0x6F67, TR,  0,   0,    0, 0, 0, LINK(0x6FD0)),
    F("ef-mmsup",           0x6F68, 0x6F68, LF,  0,   0,    0, 0, 0, LINK(0x6FD1)),
    F("ef-mmsucp",          0x6F69, 0x6F69, TR,  0,   0,    0, 0, 0, LINK(0x6FD2)),
    F("ef-auth-capability",      0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-3gcik",           0x6F6B, 0x6F6B, TR,  0,  32, 0x0B, 0, 0, NONE),
    F("ef-dck",                  0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-gid1",            0x6F6D, 0x6F6D, TR,  0,   0,    0, 0, 0, NONE),
    F("ef-gid2",            0x6F6E, 0x6F6E, TR,  0,   0,    0, 0, 0, NONE),
    F("ef-cdmacnl",              0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-sf-euimid",       0x6F74, 0x6F74, TR,  0,   7,    0, 0, 0, NONE),
    F("ef-est",             0x6F75, 0x6F75, TR,  0,   0, 0x0F, 0, 0, NONE),
    F("ef-hidden-key",      0x6F76, 0x6F76, TR,  0,   0,    0, 0, 0, LINK(0x6FC3)),
    F("ef-lcsver",               0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-lcscp",                0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-sdn",             0x6F79, 0x6F79, LF,  0,   0,    0, 0, 0, LINK(0x6F49)),
    F("ef-ext2",            0x6F7A, 0x6F7A, LF,  0,   0,    0, 0, 0, LINK(0x6F4B)),
    F("ef-ext3",            0x6F7B, 0x6F7B, LF,  0,   0,    0, 0, 0, LINK(0x6F4C)),
    F("ef-ici",             0x6F7C, 0x6F7C, CY,  0,   0, 0x10, 0, 0, LINK(0x6F80)),
    F("ef-oci",             0x6F7D, 0x6F7D, CY,  0,   0, 0x11, 0, 0, LINK(0x6F81)),
    F("ef-ext5",            0x6F7E, 0x6F7E, LF,  0,   0,    0, 0, 0, LINK(0x6F4E)),
    F("ef-ccp2",            0x6F7F, 0x6F7F, LF,  0,   0, 0x12, 0, 0, LINK(0x6F4F)),
    F("ef-applabels",            0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-model",           0x6F81, 0x6F81, TR,  0, 126,    0, 0, 0, NONE),
    F("ef-rc",                   0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-smscap",               0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-mipflags",             0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-3gpduppext",           0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-ipv6cap",              0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-tcpconfig",            0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-dgc",                  0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-wapbrowsercp",         0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-wapbrowserbm",         0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-mmsconfig",            0,      0, ANY, 0,   0,    0, 0, 0, NONE),
    F("ef-jdl",                  0,      0, ANY, 0,   0,    0, 0, 0, NONE),
};

/* PE-EAP. The DF has the FID of its Fcp. */
static const struct saip_file eap_files[] = {
    F("df-eap",            0,      0, DF, 0, 0, 0, 14, R,     NONE),
    F("ef-eapkeys",   0x4F01, 0x4F01, TR, 0, 0, 0,  2, H | C, NONE),
    F("ef-eapstatus", 0x4F02, 0x4F02, TR, 0, 1, 0,  2, R | H, PAT("\x00")),
    F("ef-puid",      0x4F03, 0x4F03, TR, 0, 0, 0,  2, C,     NONE),
    F("ef-ps",        0x4F04, 0x4F04, TR, 0, 0, 0,  5, H,     NONE),
    F("ef-curid",     0x4F20, 0x4F20, TR, 0, 0, 0,  5, H,     NONE),
    F("ef-reid",      0x4F21, 0x4F21, TR, 0, 0, 0,  5, C,     NONE),
    F("ef-realm",     0x4F22, 0x4F22, TR, 0, 0, 0,  5, C,     NONE),
};

/* PE-IoT: MF and USIM in one element. */
static const struct saip_file iot_files[] = {
    F("mf",           0x3F00, 0x3F00, MF,  0,   0,    0, 14, 0,     NONE),
    F("ef-pl",        0x2F05, 0x2F05, TR,  0,   2, 0x05,  1, 0,     NONE),
    F("ef-iccid",     0x2FE2, 0x2FE2, TR,  0,  10,    0, 11, C,     NONE),
    F("ef-dir",       0x2F00, 0x2F00, LF,  0,   0, 0x1E, 10, C,     NONE),
    F("ef-arr",       0x2F06, 0x2F06, LF,  0,   0,    0, 10, C,     NONE),
    F("ef-umpc",      0x2F08, 0x2F08, TR,  0,   5, 0x08, 10, C,     NONE),
    F("adf-usim",          0,      0, ADF, 0,   0,    0, 14, 0,     NONE),
    F("ef-imsi",      0x6F07, 0x6F07, TR,  0,   9, 0x07,  2, R | C, NONE),
    F("ef-arr-usim",  0x6F06, 0x6F06, LF,  0,   0, 0x17, 10, C,     NONE),
    F("ef-keys",      0x6F08, 0x6F08, TR,  0,  33, 0x08,  5, H,     PAT("\x07\xFF")),
    F("ef-keysPS",    0x6F09, 0x6F09, TR,  0,  33, 0x09,  5, H,     PAT("\x07\xFF")),
    F("ef-hpplmn",    0x6F31, 0x6F31, TR,  0,   1, 0x12,  2, 0,     PAT("\x0A")),
    F("ef-ust",       0x6F38, 0x6F38, TR,  0,  14, 0x04,  2, C,     NONE),
    F("ef-start-hfn", 0x6F5B, 0x6F5B, TR,  0,   6, 0x0F,  5, H,
      LIT("\xF0\x00\x00\xF0\x00\x00")),
    F("ef-threshold", 0x6F5C, 0x6F5C, TR,  0,   3, 0x10,  2, 0,     NONE),
    F("ef-psloci",    0x6F73, 0x6F73, TR,  0,  14, 0x0C,  5, H,
      TAIL("\xFF", "\x00\x00\xFF\x01")),
    F("ef-acc",       0x6F78, 0x6F78, TR,  0,   2, 0x06,  2, R | C, NONE),
    F("ef-fplmn",     0x6F7B, 0x6F7B, TR,  0,  12, 0x0D,  5, 0,     NONE),
    F("ef-loci",      0x6F7E, 0x6F7E, TR,  0,  11, 0x0B,  5, H,
      TAIL("\xFF", "\x00\x00\xFF\x01")),
    F("ef-ad",        0x6FAD, 0x6FAD, TR,  0,   4, 0x03, 10, 0,     LIT("\x00\x00\x00\x02")),
    F("ef-ecc",       0x6FB7, 0x6FB7, LF,  1,   4, 0x01, 10, C,     NONE),
    F("ef-netpar",    0x6FC4, 0x6FC4, TR,  0, 128,    0,  5, H,     NONE),
};

/* PE-OPT-IoT */
static const struct saip_file opt_iot_files[] = {
    F("ef-fdn",                 0x6F3B, 0x6F3B, LF, 20,  26,    0,  8, 0,     NONE),
    F("ef-sms",                 0x6F3C, 0x6F3C, LF, 10, 176,    0,  5, 0,     PAT("\x00\xFF")),
    F("ef-smsp",                0x6F42, 0x6F42, LF,  1,  38,    0,  5, 0,     NONE),
    F("ef-smss",                0x6F43, 0x6F43, TR,  0,   2,    0,  5, 0,     NONE),
    F("ef-spn",                 0x6F46, 0x6F46, TR,  0,  17,    0, 10, C,     NONE),
    F("ef-est",                 0x6F56, 0x6F56, TR,  0,   1, 0x05,  8, C,     NONE),
    F("ef-oplmnwact",           0x6F61, 0x6F61, TR,  0,  40, 0x11,  2, 0,
      REP("\xFF\xFF\xFF\x00\x00")),
    F("ef-hplmnwact",           0x6F62, 0x6F62, TR,  0,   5, 0x13,  2, 0,
      LIT("\xFF\xFF\xFF\x00\x00")),
    F("ef-ehplmn",              0x6FD9, 0x6FD9, TR,  0,  15, 0x1D,  2, 0,     NONE),
    F("ef-epsloci",             0x6FE3, 0x6FE3, TR,  0,  18, 0x1E,  5, H,
      TAIL("\xFF", "\x00\x00\x01")),
    F("ef-epsnsc",              0x6FE4, 0x6FE4, LF,  1,  80, 0x18,  5, H,     NONE),
    F("df-df-5gs",              0x5FC0, 0x5FC0, DF,  0,   0,    0, 14, 0,     NONE),
    F("ef-5gs3gpploci",         0x4F01, 0x4F01, TR,  0,  20, 0x01,  5, H,
      TAIL("\xFF", "\x00\x00\x00\x01")),
    F("ef-5gsn3gpploci",        0x4F02, 0x4F02, TR,  0,  20, 0x02,  5, H,
      TAIL("\xFF", "\x00\x00\x00\x01")),
    F("ef-5gs3gppnsc",          0x4F03, 0x4F03, LF,  2,  62, 0x03,  5, H,     NONE),
    F("ef-5gsn3gppnsc",         0x4F04, 0x4F04, LF,  2,  62, 0x04,  5, H,     NONE),
    F("ef-5gauthkeys",          0x4F05, 0x4F05, TR,  0, 110, 0x05,  5, H | C, NONE),
    F("ef-uac-aic",             0x4F06, 0x4F06, TR,  0,   4, 0x06,  2, C,     NONE),
    F("ef-suci-calc-info",      0x4F07, 0x4F07, TR,  0,   0, 0x07,  2, 0,     NONE),
    F("ef-opl5g",               0x4F08, 0x4F08, LF,  0,  10, 0x08, 10, 0,     NONE),
    F("ef-supi-nai",            0x4F09, 0x4F09, TR,  0,   0, 0x09,  2, C,     NONE),
    F("ef-routing-indicator",   0x4F0A, 0x4F0A, TR,  0,   4, 0x0A,  2, 0,
      LIT("\xF0\xFF\x00\x00")),
    F("ef-ursp",                0x4F0B, 0x4F0B, BT,  0,   0,    0,  2, C,     NONE),
    F("ef-tn3gppsnn",           0x4F0C, 0x4F0C, TR,  0,   1, 0x0C,  2, 0,     PAT("\x00")),
    F("df-df-saip",             0x5FD0, 0x5FD0, DF,  0,   0,    0, 14, 0,     NONE),
    F("ef-suci-calc-info-usim", 0x4F01, 0x4F01, TR,  0,   0,    0,  3, 0,     NONE),
};
#define T(n, tag, arc, dflt, b, application, version, rows, table)                                 \
    { .name = (n), .pe_tag = (tag), .oid = arc, .oid_len = sizeof((uint8_t[])arc),                 \
      .by_default = (dflt), .base = BASE_##b, .naa = NAA_##application, .since = (version),        \
      .nfiles = (rows) ? (rows) : COUNT(table), .files = (table) }
#define OID(...) { __VA_ARGS__ }
#define ALL 0

const struct saip_template saip_templates[] = {
    T("mf",         0xB0,   OID(1),     true,  MF,        NONE, 0x10, ALL, mf_files),
    T("cd",         0xB1,   OID(2),     false, UNDER_MF,  NONE, 0x10, ALL, cd_files),
    T("telecom",    0xB2,   OID(3),     false, UNDER_MF,  NONE, 0x10, 38, telecom_files),
    T("telecom",    0xB2,   OID(3, 2),  false, UNDER_MF,  NONE, 0x31, ALL, telecom_files),
    T("usim",       0xB3,   OID(4),     true,  NEW_ADF,   USIM, 0x10, ALL, usim_files),
    T("usim",       0xB3,   OID(4, 2),  true,  NEW_ADF,   USIM, 0x31, ALL, usim_2_files),
    T("opt-usim",   0xB4,   OID(5),     false, LAST_USIM, USIM, 0x10, 74, opt_usim_files),
    T("opt-usim",   0xB4,   OID(5, 2),  false, LAST_USIM, USIM, 0x31, 85, opt_usim_files),
    T("opt-usim",   0xB4,   OID(5, 3),  false, LAST_USIM, USIM, 0x33, ALL, opt_usim_files),
    T("phonebook",  0xB7,   OID(6),     false, LAST_USIM, USIM, 0x10, ALL, phonebook_files),
    T("gsm-access", 0xB8,   OID(7),     false, LAST_USIM, USIM, 0x10, ALL, gsm_access_files),
    T("isim",       0xB5,   OID(8),     true,  NEW_ADF,   ISIM, 0x10, ALL, isim_files),
    T("opt-isim",   0xB6,   OID(9),     false, LAST_ISIM, ISIM, 0x10, 9, opt_isim_files),
    T("opt-isim",   0xB6,   OID(9, 2),  false, LAST_ISIM, ISIM, 0x31, ALL, opt_isim_files),
    T("csim",       0xB9,   OID(10),    true,  NEW_ADF,   CSIM, 0x10, ALL, csim_files),
    T("csim",       0xB9,   OID(10, 2), true,  NEW_ADF,   CSIM, 0x31, ALL, csim_files),
    T("opt-csim",   0xBA,   OID(11),    false, LAST_CSIM, CSIM, 0x10, ALL, opt_csim_files),
    T("opt-csim",   0xBA,   OID(11, 2), false, LAST_CSIM, CSIM, 0x31, ALL, opt_csim_files),
    T("eap",        0xBB,   OID(12),    false, LAST_ADF,  NONE, 0x22, ALL, eap_files),
    T("df-5gs",     0xBC,   OID(13),    false, LAST_USIM, USIM, 0x23, 11, df_5gs_files),
    T("df-5gs",     0xBC,   OID(13, 2), false, LAST_USIM, USIM, 0x31, 13, df_5gs_files),
    T("df-5gs",     0xBC,   OID(13, 3), false, LAST_USIM, USIM, 0x32, 13, df_5gs_3_files),
    T("df-5gs",     0xBC,   OID(13, 4), false, LAST_USIM, USIM, 0x33, ALL, df_5gs_4_files),
    T("df-saip",    0xBD,   OID(14),    false, LAST_USIM, USIM, 0x23, ALL, df_saip_files),
    T("df-snpn",    0xBE,   OID(15),    false, LAST_USIM, USIM, 0x33, ALL, df_snpn_files),
    T("df-5gprose", 0xBF1F, OID(16),    false, LAST_USIM, USIM, 0x33, ALL, df_5gprose_files),
    T("iot",        0xBF20, OID(17),    true,  MF,        USIM, 0x33, ALL, iot_files),
    T("opt-iot",    0xBF21, OID(18),    false, LAST_USIM, USIM, 0x33, ALL, opt_iot_files),
};
/* clang-format on */

const struct saip_template *saip_template_by_oid(slice oid)
{
    slice arc = SLICE_LIT(SAIP_TEMPLATE_ARC), rest = slice_skip(oid, arc.n);

    if (!slice_starts(oid, arc))
        return NULL;
    for (size_t i = 0; i < COUNT(saip_templates); i++)
        if (slice_eq(rest, slice_of(saip_templates[i].oid, saip_templates[i].oid_len)))
            return &saip_templates[i];
    return NULL;
}

const struct saip_template *saip_template_by_pe(uint32_t pe_tag)
{
    const struct saip_template *best = NULL;

    for (size_t i = 0; i < COUNT(saip_templates); i++)
        if (saip_templates[i].pe_tag == pe_tag)
            best = &saip_templates[i];
    return best;
}

slice saip_template_oid(const struct saip_template *t, uint8_t buf[SAIP_TEMPLATE_OID_MAX])
{
    slice arc = SLICE_LIT(SAIP_TEMPLATE_ARC);

    memcpy(buf, arc.p, arc.n);
    memcpy(buf + arc.n, t->oid, t->oid_len);
    return slice_of(buf, arc.n + t->oid_len);
}

/* [n] as a constructed context tag: one octet to 30, two from 31 to 127. */
static uint32_t context_tag(unsigned n)
{
    return n < 31 ? 0xA0u | n : 0xBF00u | n;
}

const struct saip_file *saip_file_by_tag(const struct saip_template *t, uint32_t tag)
{
    unsigned n = tag > 0xFF ? tag & 0x7F : tag & 0x1F;

    if (n < 2 || n - 2 >= t->nfiles || tag != context_tag(n))
        return NULL;
    return &t->files[n - 2];
}

const struct saip_file *saip_file_by_name(const struct saip_template *t, const char *name)
{
    for (unsigned i = 0; i < t->nfiles; i++)
        if (!strcmp(t->files[i].name, name))
            return &t->files[i];
    return NULL;
}

uint32_t saip_file_tag(const struct saip_template *t, const struct saip_file *f)
{
    return context_tag((unsigned)(f - t->files) + 2);
}

const struct saip_file *saip_file_parent(const struct saip_template *t, const struct saip_file *f)
{
    bool sub = f->type == FILE_DF;

    while (f-- > t->files)
        if (saip_type_is_df(f->type) && !(sub && f->type == FILE_DF && f != t->files))
            return f;
    return NULL;
}

void saip_pattern_fill(enum saip_fill kind, slice pattern, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n && pattern.n; i++)
        out[i] = kind == FILL_REP   ? pattern.p[i % pattern.n]
                 : i < pattern.n    ? pattern.p[i]
                 : kind == FILL_PAT ? pattern.p[pattern.n - 1]
                                    : 0xFF;
}

void saip_file_fill(const struct saip_file *f, uint8_t *out, size_t n)
{
    slice body = slice_of(f->fill, (size_t)f->fill_len - f->tail_len);
    size_t tail = f->tail_len < n ? f->tail_len : n;

    memset(out, 0xFF, n);
    if (f->fill_kind == FILL_NONE)
        return;
    saip_pattern_fill(f->fill_kind == FILL_TAIL ? FILL_PAT : (enum saip_fill)f->fill_kind, body,
                      out, n);
    memcpy(out + n - tail, f->fill + f->fill_len - tail, tail);
}
