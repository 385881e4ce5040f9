/* Inside of the room: the items of a File that give it a whole new body. */
#ifndef DUNLIN_PROFILE_REFILL_H
#define DUNLIN_PROFILE_REFILL_H

#include "profile/edit.h"
#include "profile/model.h"

/*
 * fileDescriptor as it is and one fillFileContent with all of `body`; a transparent file that is
 * too small for it grows. *items is in the arena: what takes the place of f->items. Only files of a
 * template's element can be changed (E_NOTFOUND). E_SIZE: the file cannot hold so much.
 */
MUST_USE enum err file_refill(struct arena *arena, const struct model_file *f, slice body,
                              slice *items);

#endif
