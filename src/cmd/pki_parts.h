/* What the files of `dunlin pki` share. */
#ifndef DUNLIN_CMD_PKI_PARTS_H
#define DUNLIN_CMD_PKI_PARTS_H

#include "crypto/crypto.h"

/* A complaint on stderr; EXIT_FAILED. */
int pki_fail(const char *what, const char *why);

int pki_revoke(const struct crypto *c, int argc, char **argv);

#endif
