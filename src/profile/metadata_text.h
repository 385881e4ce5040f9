/*
 * Metadata as people write it: the values of a metadata file (docs/profile.md) and of the members
 * that the operator's desk takes. Each reader returns NULL, or what is wrong with the value, for
 * people. What comes out points into the value or, where it had to be coded, into the arena.
 */
#ifndef DUNLIN_PROFILE_METADATA_TEXT_H
#define DUNLIN_PROFILE_METADATA_TEXT_H

#include "profile/metadata.h"

#define METADATA_NOTIFICATIONS 16
#define METADATA_ICON_MAX      1024

/* "26201" or "262-01" */
const char *metadata_read_owner(struct arena *arena, slice text, slice *mcc_mnc);
/* Hexadecimal, 1 to 20 octets. */
const char *metadata_read_gid(struct arena *arena, slice text, slice *gid);
/* "ppr1", "ppr2", "update-control", with commas between */
const char *metadata_read_rules(slice text, uint64_t *rules);
/* "install,enable,disable,delete@rsp.example.com" */
const char *metadata_read_notification(slice text, struct metadata_notification *n);
/* The octets of an image. */
const char *metadata_check_icon(slice icon);

#endif
