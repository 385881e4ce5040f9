/* What a remote session changes (TS 102 226 6): collected for the REFRESH that tells the terminal.
 */
#include "euicc/card_impl.h"

void card_file_changed(struct card *card, uint16_t ef)
{
    struct file_changes *c = card->changes;

    if (!c || c->all)
        return;
    for (unsigned i = 0; i < c->count; i++)
        if (c->efs[i] == ef)
            return;
    if (c->count == FILE_CHANGES)
        c->all = true;
    else
        c->efs[c->count++] = ef;
}

void card_files_exchanged(struct card *card)
{
    if (card->changes)
        card->changes->all = true;
}
