/* A file that a data command works on (binary.c, record.c, tlv_file.c). */
#ifndef DUNLIN_EUICC_FILES_H
#define DUNLIN_EUICC_FILES_H

#include "euicc/card_impl.h"

struct open_file {
    struct node own;  /* as selected: access rules, life cycle */
    struct node data; /* what it stands for when it is a link: body, type, records */
};

/* The current EF, or the one with this SFI, which becomes current. False: sw is set. */
bool file_current(struct card *card, struct channel *ch, uint8_t sfi, struct open_file *f,
                  struct reply *out);
/* Access rule and life cycle. False: sw is set. */
bool file_usable(struct card *card, const struct open_file *f, uint8_t bit, uint8_t ins,
                 struct reply *out);
/* The status word for what the store said. */
void file_stored(enum err err, struct reply *out);
/* The same behind a change of the file's content. */
void file_written(struct card *card, const struct open_file *f, enum err err, struct reply *out);
/* Transfers of its data that are under way end. */
void file_forgotten(struct card *card, uint16_t n);

#endif
