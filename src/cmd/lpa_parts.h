/* The files of `dunlin lpa`; as cmd.h says of the others. */
#ifndef DUNLIN_CMD_LPA_PARTS_H
#define DUNLIN_CMD_LPA_PARTS_H

#include "cmd/card_host.h"
#include "cmd/card_way.h"
#include "cmd/crl_lists.h"
#include "cmd/options.h"
#include "lpa/lpa.h"

#include <stdio.h>

#define LPA_WORDS 4 /* at most one less */

struct lpa_args {
    const char *dir, *ca, *server_cert, *hosts, *code, *smdp, *matching_id, *qr, *imei;
    bool stdio, system_ca, json, yes, keep, all, no_refresh;
    long block;
    const char *words[LPA_WORDS];
    size_t count;
    struct option_list crls;
};

struct assistant {
    struct lpa_args a;
    struct card_way way;
    struct host_options what;
    struct card_host host;
    bool hosted;
    struct hosts *hosts;
    struct crl_lists crls;
    struct tls_trust *tls;
    uint8_t *ca_owned, *server_owned;
    slice ca, server;
    char rows[1024];
    uint8_t imei[8];
    struct lpa *lpa;
};

/* lpa_open.c: says what is wrong; an exit status. assistant_close may follow in any case. */
int assistant_open(struct assistant *s);
void assistant_close(struct assistant *s);
bool assistant_at_terminal(void);
/* A line from standard input, perhaps unseen; false at its end, and where it is the card's. */
bool assistant_ask(const struct assistant *s, const char *question, bool secret, char *buf,
                   size_t size);

/* lpa.c: on standard error; EXIT_FAILED, EXIT_USAGE */
int lpa_say(const char *what, const char *why);
int lpa_misused(const char *what);

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
/* To a file, which only its owner can read: an activation code is a secret. */
int lpa_qr_draw(const char *text, const char *path);
/* The text of the first QR code in a PNG, JPEG or PBM file, with the program zbarimg; NULL: said
 * why. */
char *lpa_qr_read(const char *path);

#endif
