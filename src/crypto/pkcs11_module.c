#include "crypto/pkcs11_module.h"

#include "base/secret.h"
#include "crypto/pkcs11.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SLOTS_MAX 64
#define PIN_MAX   256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the list and its counts */
static struct pkcs11_module *modules;

/* ---- what went wrong ---- */

static _Thread_local char fault[200 + PKCS11_PATH_MAX];

enum err pkcs11_fail(enum err e, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(fault, sizeof fault, fmt, ap);
    va_end(ap);
    return e;
}

void pkcs11_no_fault(void)
{
    fault[0] = 0;
}

const char *pkcs11_fault(void)
{
    return fault;
}

/* ---- modules ---- */

static struct pkcs11_module *find_module(const char *path)
{
    struct pkcs11_module *m = modules;

    while (m && strcmp(m->path, path) != 0)
        m = m->next;
    return m;
}

/*
 * A module stays loaded when it is closed: what it has registered with the libraries that it shares
 * with us (OpenSSL's handlers at exit, its own threads) may still point into it.
 */
static enum err load(const char *path, CK_FUNCTION_LIST **out)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = NULL;
    void *symbol = library ? dlsym(library, "C_GetFunctionList") : NULL;

    if (!library)
        return pkcs11_fail(E_NOTFOUND, "%s", dlerror());
    memcpy(&get, &symbol, sizeof get); /* C has no cast from object to function pointers */
    if (!get || get(out) != CKR_OK || !*out || (*out)->version.major != 2) {
        dlclose(library);
        return pkcs11_fail(E_UNSUPPORTED, "%s is not a module of PKCS#11 version 2", path);
    }
    return E_OK;
}

static enum err start(struct pkcs11_module *m)
{
    CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
    CK_RV rv = m->f->C_Initialize(&args);

    m->started = rv == CKR_OK;
    return rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED
               ? E_OK
               : pkcs11_fail(E_CRYPTO, "%s: C_Initialize answers 0x%lX", m->path, rv);
}

static enum err add_module(const char *path, struct pkcs11_module **out)
{
    struct pkcs11_module *m = calloc(1, sizeof *m);
    enum err err;

    if (m)
        m->path = strdup(path);
    if (!m || !m->path) {
        free(m);
        return E_MEMORY;
    }
    err = load(path, &m->f);
    if (!err)
        err = start(m);
    if (err) {
        free(m->path);
        free(m);
        return err;
    }
    m->next = modules;
    modules = m;
    *out = m;
    return E_OK;
}

enum err pkcs11_module_open(const char *path, struct pkcs11_module **out)
{
    enum err err = E_OK;

    pthread_mutex_lock(&lock);
    *out = find_module(path);
    if (!*out)
        err = add_module(path, out);
    if (!err)
        (*out)->uses++;
    pthread_mutex_unlock(&lock);
    return err;
}

void pkcs11_module_close(struct pkcs11_module *m)
{
    struct pkcs11_module **at = &modules;

    if (!m)
        return;
    pthread_mutex_lock(&lock);
    if (--m->uses == 0) {
        while (*at != m)
            at = &(*at)->next;
        *at = m->next;
        if (m->started)
            m->f->C_Finalize(NULL);
        free(m->path);
        free(m);
    }
    pthread_mutex_unlock(&lock);
}

/* ---- tokens ---- */

/* Fields of CK_TOKEN_INFO are padded with blanks. */
static bool fits(const char *wanted, const CK_UTF8CHAR *field, size_t n)
{
    while (n && field[n - 1] == ' ')
        n--;
    return !wanted[0] || slice_eq_str(slice_of(field, n), wanted);
}

static bool token_fits(const struct pkcs11_uri *u, const CK_TOKEN_INFO *t)
{
    return (t->flags & CKF_TOKEN_INITIALIZED) && fits(u->token, t->label, sizeof t->label) &&
           fits(u->manufacturer, t->manufacturerID, sizeof t->manufacturerID) &&
           fits(u->model, t->model, sizeof t->model) &&
           fits(u->serial, t->serialNumber, sizeof t->serialNumber);
}

static enum err find_token(struct pkcs11_module *m, const struct pkcs11_uri *u, CK_SLOT_ID *slot,
                           CK_TOKEN_INFO *info)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_RV rv = m->f->C_GetSlotList(CK_TRUE, slots, &count);
    CK_TOKEN_INFO one;
    size_t found = 0;

    if (rv != CKR_OK)
        return pkcs11_fail(E_CRYPTO, "%s: C_GetSlotList answers 0x%lX", m->path, rv);
    for (CK_ULONG i = 0; i < count; i++) {
        if (m->f->C_GetTokenInfo(slots[i], &one) != CKR_OK || !token_fits(u, &one))
            continue;
        *slot = slots[i];
        *info = one;
        found++;
    }
    if (found == 1)
        return E_OK;
    return found ? pkcs11_fail(E_REPEATED, "more than one token fits '%s'", u->token)
                 : pkcs11_fail(E_NOTFOUND, "no token '%s' at %s", u->token, m->path);
}

/* ---- login ---- */

/* Without its line end. The buffer is the caller's to wipe. */
static enum err read_pin(const struct pkcs11_uri *u, char pin[PIN_MAX], size_t *n)
{
    const char *given = getenv(PKCS11_PIN_ENV);
    FILE *f;

    *n = 0;
    if (!u->pin_source[0]) {
        if (!given)
            return pkcs11_fail(E_NOTFOUND, "no pin-source in the URI, and no " PKCS11_PIN_ENV);
        *n = strlen(given);
        if (*n >= PIN_MAX)
            return pkcs11_fail(E_SIZE, PKCS11_PIN_ENV " is too long");
        memcpy(pin, given, *n);
        return E_OK;
    }
    f = fopen(u->pin_source, "rb");
    if (!f)
        return pkcs11_fail(E_NOTFOUND, "the PIN's file %s cannot be read", u->pin_source);
    setvbuf(f, NULL, _IONBF, 0); /* no copy in a buffer that nobody wipes */
    *n = fread(pin, 1, PIN_MAX, f);
    fclose(f);
    if (*n == PIN_MAX)
        return pkcs11_fail(E_SIZE, "the PIN in %s is too long", u->pin_source);
    while (*n && (pin[*n - 1] == '\n' || pin[*n - 1] == '\r'))
        --*n;
    return E_OK;
}

static enum err try_pin(struct pkcs11_module *m, const struct pkcs11_uri *u, CK_SESSION_HANDLE s,
                        const CK_TOKEN_INFO *info)
{
    char pin[PIN_MAX];
    size_t n = 0;
    CK_RV rv;
    enum err err = E_OK;

    if (info->flags & CKF_PROTECTED_AUTHENTICATION_PATH) {
        rv = m->f->C_Login(s, CKU_USER, NULL, 0); /* at the token's own keys */
    } else {
        err = read_pin(u, pin, &n);
        rv = err ? CKR_CANCEL : m->f->C_Login(s, CKU_USER, (CK_UTF8CHAR *)pin, n);
        wipe(pin, sizeof pin);
    }
    if (err || rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
        return err;
    if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE ||
        rv == CKR_PIN_LOCKED || rv == CKR_PIN_EXPIRED) {
        atomic_store(&m->pin_refused, true);
        return pkcs11_fail(E_REFUSED, "token '%s' refuses the PIN (0x%lX)", u->token, rv);
    }
    return pkcs11_fail(E_CRYPTO, "token '%s': C_Login answers 0x%lX", u->token, rv);
}

static bool logged_in(struct pkcs11_module *m, CK_SESSION_HANDLE s)
{
    CK_SESSION_INFO info;

    return m->f->C_GetSessionInfo(s, &info) == CKR_OK &&
           (info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS);
}

static enum err login(struct pkcs11_module *m, const struct pkcs11_uri *u, bool anew,
                      CK_SESSION_HANDLE s, const CK_TOKEN_INFO *info)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    enum err err = E_OK;

    if (!(info->flags & CKF_LOGIN_REQUIRED))
        return E_OK;
    /* many threads find at once that the login is gone: a wrong PIN must not count for each */
    pthread_mutex_lock(&one_at_a_time);
    if (anew)
        atomic_store(&m->pin_refused, false);
    if (!logged_in(m, s))
        err = atomic_load(&m->pin_refused)
                  ? pkcs11_fail(E_REFUSED, "token '%s' has refused the PIN before", u->token)
                  : try_pin(m, u, s, info);
    pthread_mutex_unlock(&one_at_a_time);
    return err;
}

enum err pkcs11_session(struct pkcs11_module *m, const struct pkcs11_uri *uri, bool anew,
                        CK_SESSION_HANDLE *out)
{
    CK_SLOT_ID slot = 0;
    CK_TOKEN_INFO info = { .flags = 0 };
    CK_RV rv;
    enum err err = find_token(m, uri, &slot, &info);

    if (err)
        return err;
    rv = m->f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, out);
    if (rv != CKR_OK)
        return pkcs11_fail(E_CRYPTO, "token '%s': C_OpenSession answers 0x%lX", uri->token, rv);
    err = login(m, uri, anew, *out, &info);
    if (err)
        m->f->C_CloseSession(*out);
    return err;
}
