/*
 * A card of this process with its state in a directory:
 *
 *   card.nvm          the memory
 *   card.conf         whose card it is: EID and key directories
 *   card.personality  what the card is (reader/card_shape.h), where --personality said so
 *
 * The directory belongs to one process at a time. Functions that return an exit status say what is
 * wrong on standard error; -1 is to go on.
 */
#ifndef DUNLIN_CMD_CARD_HOST_H
#define DUNLIN_CMD_CARD_HOST_H

#include "euicc/isdr/personality_files.h"
#include "reader/card_shape.h"
#include "reader/reader.h"

#include <limits.h>

/* What the command line says. Text is borrowed; NULL: not said. */
struct host_options {
    const char *dir, *eid, *pki, *pki2, *personality;
    bool sync;
};

struct card_host {
    const char *dir;
    int lock;
    struct {
        const char *eid, *pki, *pki2; /* of card.conf, owned */
    } conf;
    char eid[EID_DIGITS + 1];
    char pki[PATH_MAX], pki2[PATH_MAX]; /* "": none */

    uint8_t *shape_text; /* owned */
    size_t shape_n;
    struct card_shape shape;
    struct personality_files files;
    struct card_app_entry apps[CARD_APPS];
    struct card_personality card_personality;

    const struct crypto *crypto;
    struct nvm_file file;
    struct nvm backing, nvm;
    struct nvm_cut cut;
    void *memory;
    size_t memory_octets;
    struct card *card;
};

enum host_way {
    HOST_NEW,     /* makes the directory; a card that is there is left alone, and said */
    HOST_PRESENT, /* the card must be there */
    HOST_EITHER   /* makes one where there is none */
};

/*
 * Opens the directory and powers the card on. Keys that are not in --pki are made where the EUM's
 * key is (HOST_NEW, HOST_EITHER). host_close may follow in any case. h stays where it is.
 */
int host_open(struct card_host *h, const struct host_options *o, enum host_way way);
void host_close(struct card_host *h);

/*
 * The card's end: transmit and reset. When the power goes during a write (power_cut_write) the
 * command has no answer, E_CLOSED; the next reset powers the card on again.
 */
struct card_link host_link(struct card_host *h);

#endif
