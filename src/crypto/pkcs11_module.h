/* Modules, tokens and logins. Inside crypto/. */
#ifndef DUNLIN_CRYPTO_PKCS11_MODULE_H
#define DUNLIN_CRYPTO_PKCS11_MODULE_H

#include "crypto/pkcs11_uri.h"

#include <p11-kit/pkcs11.h>
#include <stdatomic.h>
#include <stdbool.h>

struct pkcs11_module {
    struct pkcs11_module *next;
    char *path;
    CK_FUNCTION_LIST *f;
    unsigned uses;
    bool started;            /* by us: then we end it */
    atomic_bool pin_refused; /* no login but by pkcs11_session with `anew` */
};

/* One module a path and process, counted. */
MUST_USE enum err pkcs11_module_open(const char *path, struct pkcs11_module **out);
void pkcs11_module_close(struct pkcs11_module *m);

/* A session with the one token that fits the URI, logged in. */
MUST_USE enum err pkcs11_session(struct pkcs11_module *m, const struct pkcs11_uri *uri, bool anew,
                                 CK_SESSION_HANDLE *out);

/* Notes what happened for pkcs11_fault; returns e. */
__attribute__((format(printf, 2, 3))) enum err pkcs11_fail(enum err e, const char *fmt, ...);
void pkcs11_no_fault(void);

#endif
