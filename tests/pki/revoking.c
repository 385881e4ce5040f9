#include "pki/revoking.h"

#include "base/file.h"
#include "pki/crl_issue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void put(const char *dir, const char *name, slice content)
{
    char path[200];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(file_create(path, content, 0600), E_OK);
}

static void no_note(void *ctx, const char *file, enum revocation_note note)
{
    (void)ctx;
    fail_msg("%s: %s", file, revocation_note_text(note));
}

void revoking(struct revocations *r, const struct trust *trust, const struct cert *issuer,
              const struct signer *signer, slice serial, int64_t now_s)
{
    const struct identity identity = { .cert = *issuer, .signer = *signer };
    const struct crl_revoked revoked = { serial, now_s - 1 };
    const struct crl_template t = { .number = 1,
                                    .this_update_s = now_s - 1,
                                    .next_update_s = now_s + 1000,
                                    .revoked = &revoked,
                                    .count = serial.p ? 1 : 0 };
    char dir[] = "/tmp/dunlin-revoking-XXXXXX", where[300];
    const char *path = mkdtemp(dir);
    const struct revocation_sources s = {
        .paths = &path, .path_count = 1, .trust = trust, .now_s = now_s, .note = no_note
    };
    struct revocations *fresh;
    uint8_t *owned;
    slice der;

    assert_non_null(path);
    assert_int_equal(crl_issue(trust->crypto, &t, &identity, &owned, &der), E_OK);
    put(dir, "a.crl", der);
    put(dir, "issuer.der", issuer->der);
    assert_int_equal(revocations_read(&s, &fresh, where, sizeof where), E_OK);
    revocations_replace(r, fresh);
    assert_int_equal(revocations_count(r), t.count);
    free(owned);
    assert_true(folder_remove(dir));
}
