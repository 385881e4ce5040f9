/*
 * dunlin pki revoke: the CI of a laboratory, and its EUM, say which of their certificates are not
 * to be believed any more. DIR/ci.crl and DIR/eum.crl grow with each call.
 */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/pki_parts.h"

#include "base/file.h"
#include "pki/crl.h"
#include "pki/crl_issue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS_MAX 1024 /* certificates, and serial numbers, of one call */
#define DAY       ((int64_t)86400)

/* SGP.26: every certificate under the CI of the laboratory names this point. */
static const slice point_of_ci = SLICE_LIT("http://ci.test.example.com/CRL-B.crl");

struct revoking {
    const struct crypto *c;
    const char *dir;
    enum cert_role role; /* of the issuer */
    int64_t now_s, days;
    struct identity issuer;
    char path[KEYSTORE_PATH_MAX];
    uint8_t *before; /* the list as it was */
    int64_t number;  /* of that */
    struct crl_revoked *revoked;
    size_t count;
    bool asked; /* to make this list */
};

/* Twice revoked is revoked once. */
static void revoke(struct revoking *r, slice serial, int64_t when_s)
{
    for (size_t i = 0; i < r->count; i++)
        if (slice_eq(r->revoked[i].serial, serial))
            return;
    r->revoked[r->count++] = (struct crl_revoked){ serial, when_s };
}

static enum err number_of(const struct crl *crl, int64_t *out)
{
    *out = 0;
    if (crl->number.n >= sizeof *out)
        return E_RANGE;
    for (size_t i = 0; i < crl->number.n; i++)
        *out = *out << 8 | crl->number.p[i];
    return E_OK;
}

/* Room for what an earlier call revoked, and for all that this one can. */
static enum err take_over(struct revoking *r, const struct crl *crl)
{
    struct crl_entry e;
    size_t n = 2 * WORDS_MAX;

    for (slice rest = crl ? crl->revoked : SLICE_NONE; crl_next(&rest, &e);)
        n++;
    r->revoked = calloc(n, sizeof *r->revoked);
    if (!r->revoked)
        return E_MEMORY;
    for (slice rest = crl ? crl->revoked : SLICE_NONE; crl_next(&rest, &e);)
        revoke(r, e.serial, e.when_s);
    return E_OK;
}

static enum err read_before(struct revoking *r)
{
    struct public_key *key;
    struct crl crl;
    struct tlv whole;
    slice der;
    enum err err = file_read(r->path, &r->before, &der);

    if (err == E_NOTFOUND)
        return take_over(r, NULL);
    if (!err)
        err = der_one(der, &whole);
    if (!err)
        err = crl_parse(whole.value, &crl);
    if (err)
        return err;
    err = key_open(r->c, r->issuer.cert.curve, &r->issuer.cert.point, &key);
    if (err)
        return err;
    err = crl_verify_signature(&crl, key);
    key_drop(key);
    if (!err)
        err = number_of(&crl, &r->number);
    return err ? err : take_over(r, &crl);
}

static int open_issuer(struct revoking *r)
{
    const char *stem = role_facts(r->role)->file;
    enum err err = identity_open_role(r->c, r->dir, r->role, &r->issuer);

    if (err)
        return pki_fail(r->dir,
                        err == E_NOTFOUND
                            ? "no CI and EUM with their keys there; dunlin pki init makes them"
                            : err_text(err));
    err = keystore_path(r->dir, stem, "crl", r->path, sizeof r->path);
    if (!err)
        err = read_before(r);
    return err ? pki_fail(r->path, err_text(err)) : EXIT_DONE;
}

static int write_list(struct revoking *r)
{
    struct crl_template t = {
        .number = r->number + 1,
        .this_update_s = r->now_s,
        .next_update_s = r->now_s + r->days * DAY,
        .point = r->role == ROLE_CI ? point_of_ci : SLICE_NONE,
        .revoked = r->revoked,
        .count = r->count,
    };
    uint8_t *owned;
    slice der;
    enum err err = crl_issue(r->c, &t, &r->issuer, &owned, &der);

    if (!err)
        err = file_replace(r->path, der, 0644);
    free(owned);
    if (err)
        return pki_fail(r->path, err_text(err));
    printf("%s: list %lld, %zu certificate%s revoked\n", r->path, (long long)t.number, r->count,
           r->count == 1 ? "" : "s");
    return EXIT_DONE;
}

static bool issued(const struct revoking *r, const struct cert *cert)
{
    struct public_key *key;
    bool by_it;

    if (!r->issuer.cert.ski.p || !slice_eq(cert->aki, r->issuer.cert.ski) ||
        key_open(r->c, r->issuer.cert.curve, &r->issuer.cert.point, &key))
        return false;
    by_it = !cert_verify_signature(cert, key);
    key_drop(key);
    return by_it;
}

/* *owned holds the serial number: for free() after the list is made. */
static int revoke_file(struct revoking *lists, size_t count, const char *path, uint8_t **owned)
{
    struct cert cert;
    slice der;
    enum err err = cert_read_file(path, owned, &der);

    if (!err)
        err = cert_parse(der, &cert);
    if (err)
        return pki_fail(path, err_text(err));
    for (size_t i = 0; i < count; i++)
        if (issued(&lists[i], &cert)) {
            lists[i].asked = true;
            revoke(&lists[i], cert.serial, lists[i].now_s);
            return EXIT_DONE;
        }
    return pki_fail(path, "neither the CI nor the EUM there has issued it");
}

/* As openssl and `dunlin pki show` print it, with any zeros in front. */
static int revoke_serial(struct revoking *r, const char *text, uint8_t **owned)
{
    slice serial;
    size_t n;

    *owned = malloc(CRL_SERIAL_MAX + 1);
    if (!*owned)
        return pki_fail(text, err_text(E_MEMORY));
    **owned = 0;
    if (hex_decode(slice_str(text), *owned + 1, CRL_SERIAL_MAX, &n) || !n)
        return pki_fail(text, "is no serial number in hexadecimal digits");
    serial = slice_of(*owned, n + 1); /* DER: one zero stays, before a high bit */
    while (serial.n > 1 && !serial.p[0] && !(serial.p[1] & 0x80))
        serial = slice_skip(serial, 1);
    if (serial.n > CRL_SERIAL_MAX)
        return pki_fail(text, "is too long for a serial number");
    r->asked = true;
    revoke(r, serial, r->now_s);
    return EXIT_DONE;
}

static int revoke_all(struct revoking *lists, size_t count, const struct options *o,
                      const struct option_list *serials, size_t by, uint8_t **owned)
{
    int status = EXIT_DONE;

    for (size_t i = 0; status == EXIT_DONE && i < count; i++)
        status = open_issuer(&lists[i]);
    for (size_t i = 0; status == EXIT_DONE && i < o->words_count; i++)
        status = revoke_file(lists, count, o->words[i], owned++);
    for (size_t i = 0; status == EXIT_DONE && i < serials->count; i++)
        status = revoke_serial(&lists[by], serials->values[i], owned++);
    if (!o->words_count && !serials->count)
        lists[by].asked = true;
    for (size_t i = 0; status == EXIT_DONE && i < count; i++)
        if (lists[i].asked)
            status = write_list(&lists[i]);
    return status;
}

int pki_revoke(const struct crypto *c, int argc, char **argv)
{
    static const char *words[WORDS_MAX], *numbers[WORDS_MAX];
    static uint8_t *owned[2 * WORDS_MAX];
    const char *dir = "var/pki", *issuer = "ci";
    struct option_list serials = { numbers, WORDS_MAX, 0 };
    long days = 3 * 365;
    const struct option rows[] = {
        { "dir", OPTION_TEXT, &dir, 0, 0, "DIR", "the hierarchy that issued them (var/pki)" },
        { "serial", OPTION_LIST, &serials, 0, 0, "HEX",
          "serial number of a certificate; may be given again" },
        { "issuer", OPTION_TEXT, &issuer, 0, 0, "ci|eum", "of what --serial says (ci)" },
        { "days", OPTION_INT, &days, 0, 36500, "N", "until the next update (1095)" },
    };
    struct options o = { .usage = "dunlin pki revoke [OPTIONS] [CERTIFICATE...]",
                         .about = "Adds certificates to the revocation lists DIR/ci.crl and "
                                  "DIR/eum.crl, each signed by its\nissuer. Without any, the list "
                                  "of the issuer is made anew with what it says.",
                         .rows = rows,
                         .count = COUNT(rows),
                         .words = words,
                         .words_max = WORDS_MAX };
    struct revoking lists[] = { { .role = ROLE_CI }, { .role = ROLE_EUM } };
    size_t by;
    int status = options_parse(&o, argc, argv);

    if (status >= 0)
        return status;
    by = !strcmp(issuer, "eum");
    if (!by && strcmp(issuer, "ci") != 0) {
        fprintf(stderr, "dunlin pki revoke: --issuer is ci or eum, not '%s'\n", issuer);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < COUNT(lists); i++) {
        lists[i].c = c;
        lists[i].dir = dir;
        lists[i].days = days;
        lists[i].now_s = (int64_t)time(NULL);
    }
    status = revoke_all(lists, COUNT(lists), &o, &serials, by, owned);
    for (size_t i = 0; i < COUNT(lists); i++) {
        identity_close(&lists[i].issuer);
        free(lists[i].before);
        free(lists[i].revoked);
    }
    for (size_t i = 0; i < COUNT(owned); i++)
        free(owned[i]);
    return status;
}
