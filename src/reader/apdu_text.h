/*
 * Commands, files, applications and status words by the names that their specifications give them
 * (TS 102 221, TS 31.102, TS 31.103, GlobalPlatform Card Specification). Static data; nothing
 * allocates.
 */
#ifndef DUNLIN_READER_APDU_TEXT_H
#define DUNLIN_READER_APDU_TEXT_H

#include "base/slice.h"

/* "READ BINARY"; NULL when no command has this class and instruction. */
const char *apdu_command_name(uint8_t cla, uint8_t ins);

/* Does the command, or do its answers, carry PINs or keys? Such octets are not printed. */
bool apdu_data_secret(uint8_t ins);
bool apdu_answer_secret(uint8_t ins);

#define SW_TEXT_MAX 96

/* "normal ending of the command"; "status word not known" for others. Returns buf. */
const char *sw_text(uint16_t sw, char buf[SW_TEXT_MAX]);

/* Applications that are known by their AID, also a shortened one. */
enum known_app { APP_NONE, APP_ISDR, APP_ECASD, APP_ISDP, APP_USIM, APP_ISIM };

enum known_app app_by_aid(slice aid);
/* "ISD-R"; NULL for APP_NONE. */
const char *app_name(enum known_app app);

#define FILE_NAME_MAX 32

/*
 * The name of the file `fid` as seen from the directory `dir` (3F00, the FID of a DF, 7FFF inside
 * an application) of `app`: "EF_IMSI". False when no template has it there; *is_dir says whether it
 * is a directory.
 */
bool file_name(uint16_t fid, uint16_t dir, enum known_app app, char out[FILE_NAME_MAX],
               bool *is_dir);

#endif
