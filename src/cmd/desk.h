/*
 * The operator's desk: the listener behind which serve/admin.h stands, and who may use it.
 *
 * With certificates, whoever shows one of these (this very one; who issued it and its dates do not
 * count). Without, whoever knows the token: 64 digits in DIR/admin.token, made at the first start,
 * readable by its owner only. Compared in constant time.
 */
#ifndef DUNLIN_CMD_DESK_H
#define DUNLIN_CMD_DESK_H

#include "cmd/servers.h"

#define DESK_CERTIFICATES 16
#define DESK_TOKEN_FILE   "admin.token"

struct desk {
    const struct crypto *crypto;
    struct engine_site *smdp, *smds, *eim; /* NULL: not here */
    uint8_t token[32];                     /* SHA-256 of it */
    uint8_t certificates[DESK_CERTIFICATES][32];
    size_t certificate_count;
    struct listener listener;
};

struct desk_options {
    const char *dir, *pki, *bind;
    long port;
    const char *const *certificates; /* files, PEM or DER */
    size_t certificate_count;
};

/* Behind servers_open; d stays where it is. On failure it is closed, and why is a sentence. */
MUST_USE enum err desk_open(struct desk *d, struct servers *s, const struct desk_options *o,
                            char *why, size_t why_size);
/* Before servers_close. */
void desk_close(struct desk *d);

#endif
