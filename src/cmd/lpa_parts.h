/* The files of `dunlin lpa`; as cmd.h says of the others. */
#ifndef DUNLIN_CMD_LPA_PARTS_H
#define DUNLIN_CMD_LPA_PARTS_H

#include "lpa/lpa.h"

#include <stdio.h>

/* lpa_show.c: to standard output, as text or as one JSON document. 0, or an exit status. */
int lpa_show_info(struct lpa *l, bool json);
int lpa_show_profiles(struct lpa *l, bool json, bool all);
int lpa_show_notifications(struct lpa *l, bool json);
int lpa_show_events(const struct lpa_event *events, size_t count, bool json);
void lpa_show_offer(FILE *to, const struct store_metadata_request *m);
/* Says on standard error why the last call failed; returns EXIT_FAILED. */
int lpa_failed(const struct lpa *l);

/* lpa_qr.c */
/* Two modules a sign, for a terminal of any colour. */
int lpa_qr_print(const char *text);
/* The text of the first QR code in a PNG or JPEG file, with the program zbarimg; NULL: said why. */
char *lpa_qr_read(const char *path);

#endif
