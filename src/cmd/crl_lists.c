#include "cmd/crl_lists.h"

#include <stdio.h>
#include <time.h>

static uint64_t edition(void *ctx)
{
    return revocations_edition(ctx);
}

static void say(void *ctx, const char *file, enum revocation_note note)
{
    const struct crl_lists *l = ctx;

    fprintf(stderr, "%s: revocation list %s: %s\n", l->options.who, file,
            revocation_note_text(note));
}

enum err crl_lists_open(const struct crl_lists_options *o, struct crl_lists *out, struct reason *r)
{
    *out = (struct crl_lists){ .options = *o };
    if (!o->path_count)
        return E_OK;
    out->now = revocations_open();
    if (!out->now)
        return because(r, E_MEMORY, "revocation lists");
    out->tls = (struct tls_revocation){ revocations_name_der, edition, out->now };
    return E_OK;
}

enum err crl_lists_prepare(struct crl_lists *l, const struct trust *trust, struct reason *r)
{
    const struct crl_lists_options *o = &l->options;
    const struct revocation_sources s = {
        .paths = o->paths,
        .path_count = o->path_count,
        .trust = trust,
        .issuers = o->ca,
        .issuer_count = o->ca ? 1 : 0,
        .issuer_file = o->ca_file,
        .now_s = (int64_t)time(NULL),
        .note = say,
        .ctx = l,
    };
    char where[600];
    enum err e = l->now ? revocations_read(&s, &l->fresh, where, sizeof where) : E_OK;

    return e ? because(r, e, "revocation list %s", where) : E_OK;
}

void crl_lists_settle(struct crl_lists *l, bool take)
{
    if (take && l->fresh)
        revocations_replace(l->now, l->fresh);
    else
        revocations_close(l->fresh);
    l->fresh = NULL;
}

enum err crl_lists_reload(struct crl_lists *l, struct reason *r)
{
    struct trust trust;
    enum err e;

    trust_open(&trust, crypto_openssl());
    /* one that is no CI of the GSMA's is an issuer all the same, without SubCAs */
    if (l->options.ca && trust_add_cert(&trust, *l->options.ca))
        trust.count = 0;
    e = crl_lists_prepare(l, &trust, r);
    crl_lists_settle(l, !e);
    trust_close(&trust);
    return e;
}

void crl_lists_close(struct crl_lists *l)
{
    revocations_close(l->now);
    revocations_close(l->fresh);
    l->now = l->fresh = NULL;
}

const struct tls_revocation *crl_lists_tls(const struct crl_lists *l)
{
    return l->now ? &l->tls : NULL;
}
