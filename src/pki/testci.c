#include "pki/testci.h"

#include "base/secret.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY   ((int64_t)86400)
#define SLACK ((int64_t)3600) /* clocks of the laboratory may be behind ours */

#define RID(last) SLICE_LIT("\x88\x37" last) /* 2.999.x */

/* What differs between the certificates of the hierarchy (SGP.26 2.3 to 4.6). */
struct row {
    enum cert_role role;
    int32_t days;
    slice serial, country, org, org_unit, common_name, rid, host;
    int path_len;
    uint8_t crls; /* how many of the list, from its end */
};

/* clang-format off */
static const struct row rows[] = {
    { ROLE_CI, 35 * 365, SLICE_LIT("\x00\xB8\x74\xF3\xAB\xFA\x6C\x44\xD3"), SLICE_LIT("IT"),
      SLICE_LIT("RSPTEST"), SLICE_LIT("TESTCERT"), SLICE_LIT("Test CI"), RID("\x01"), SLICE_NONE, -1, 2 },
    { ROLE_EUM, 34 * 365, SLICE_LIT("\x12\x34\x56\x78"), SLICE_LIT("ES"),
      SLICE_LIT("RSP Test EUM"), SLICE_NONE, SLICE_LIT("EUM Test"), RID("\x05"), SLICE_NONE, 0, 1 },
    { ROLE_DP_AUTH, 10 * 365, SLICE_LIT("\x01\x00"), SLICE_NONE,
      SLICE_LIT("ACME"), SLICE_NONE, SLICE_LIT("TEST SM-DP+"), RID("\x0A"), SLICE_NONE, -1, 2 },
    { ROLE_DP_PB, 10 * 365, SLICE_LIT("\x01\x01"), SLICE_NONE,
      SLICE_LIT("ACME"), SLICE_NONE, SLICE_LIT("TEST SM-DP+"), RID("\x0A"), SLICE_NONE, -1, 2 },
    { ROLE_DP_TLS, 398, SLICE_NONE, SLICE_NONE,
      SLICE_LIT("ACME"), SLICE_NONE, SLICE_NONE, RID("\x0A"), SLICE_LIT("testsmdpplus1.example.com"), -1, 2 },
    { ROLE_DS_AUTH, 3 * 365, SLICE_LIT("\x01\x03"), SLICE_NONE,
      SLICE_LIT("ACME"), SLICE_NONE, SLICE_LIT("TEST SM-DS 1"), RID("\x0F"), SLICE_NONE, -1, 2 },
    { ROLE_DS_TLS, 398, SLICE_NONE, SLICE_NONE,
      SLICE_LIT("ACME"), SLICE_NONE, SLICE_NONE, RID("\x0F"), SLICE_LIT("testrootsmds.example.com"), -1, 2 },
    { ROLE_EIM_SIGN, 10 * 365, SLICE_LIT("\x01\x04"), SLICE_NONE,
      SLICE_LIT("ACME"), SLICE_NONE, SLICE_NONE, RID("\x14"), SLICE_LIT("testeim.example.com"), -1, 0 },
    { ROLE_EIM_TLS, 398, SLICE_NONE, SLICE_NONE,
      SLICE_LIT("ACME"), SLICE_NONE, SLICE_NONE, RID("\x14"), SLICE_LIT("testeim.example.com"), -1, 0 },
};

static const slice crls[] = { SLICE_LIT("http://ci.test.example.com/CRL-A.crl"),
                              SLICE_LIT("http://ci.test.example.com/CRL-B.crl") };
/* clang-format on */

static const slice iin = SLICE_LIT("89049032");

#define EUICC_DAYS 2000000 /* until about the year 7500, as the SGP.26 one */

void testci_eid(uint64_t n, uint8_t eid[EID_LEN])
{
    char digits[EID_DIGITS + 1];
    unsigned rest = 0;

    snprintf(digits, sizeof digits, "890490321234512345%012llu00",
             (unsigned long long)(n % 1000000000000u));
    for (int i = 0; i < EID_DIGITS; i++)
        rest = (rest * 10 + (unsigned)(digits[i] - '0')) % 97;
    digits[30] = (char)('0' + (98 - rest) / 10);
    digits[31] = (char)('0' + (98 - rest) % 10);
    /* 32 digits by construction: this cannot fail */
    if (eid_from_digits(slice_str(digits), eid))
        memset(eid, 0, EID_LEN);
}

/* What is open while the hierarchy is made. */
struct making {
    const struct crypto *c;
    const struct testci_plan *plan;
    struct identity ci;
    char *where;
};

static void fill_template(const struct making *m, const struct row *row, const slice *hosts,
                          size_t host_count, struct cert_template *t)
{
    *t = (struct cert_template){ .role = row->role,
                                 .serial = row->serial,
                                 .country = row->country,
                                 .org = row->org,
                                 .org_unit = row->org_unit,
                                 .common_name = row->common_name,
                                 .not_before_s = m->plan->now_s - SLACK,
                                 .not_after_s = m->plan->now_s - SLACK + row->days * DAY,
                                 .path_len = row->path_len,
                                 .rid = row->rid,
                                 .crls = crls + COUNT(crls) - row->crls,
                                 .crl_count = row->crls };
    if (role_facts(row->role)->tls) {
        t->dns = hosts;
        t->dns_count = host_count;
    }
    if (row->host.p)
        t->common_name = hosts[0];
    if ((row->role == ROLE_EIM_SIGN || row->role == ROLE_EIM_TLS) && m->plan->eim_id.p)
        t->common_name = m->plan->eim_id;
    if (row->role == ROLE_EUM) {
        t->iins = &iin;
        t->iin_count = 1;
    }
}

/* A certificate for `key`, signed by the CI, or by its own signer when the CI is not made yet. */
static enum err issue_row(const struct making *m, const struct row *row, const struct signer *own,
                          uint8_t buf[CERT_ISSUE_MAX], slice *out)
{
    const struct testci_plan *plan = m->plan;
    const slice usual[] = { row->host, SLICE_LIT("localhost") };
    uint8_t random[9] = { 0 };
    struct cert_template t;
    struct cert_issuer issuer = { .signer = own };
    enum err err = crypto_random(m->c, random, sizeof random);

    if (err)
        return err;
    if (plan->host_count)
        fill_template(m, row, plan->hosts, plan->host_count, &t);
    else
        fill_template(m, row, usual, COUNT(usual), &t);
    random[0] = 0x01; /* positive and of full length */
    if (!t.serial.p)
        t.serial = SLICE_OF(random);
    if (row->role != ROLE_CI)
        issuer = (struct cert_issuer){ &m->ci.signer, m->ci.cert.subject, m->ci.cert.ski };
    return cert_issue(m->c, &t, plan->curve, &own->point, &issuer, buf, CERT_ISSUE_MAX, out);
}

/* Makes a key file; the certificate files follow only when it is safe. */
static enum err new_key(const struct crypto *c, const char *dir, const char *stem, enum curve curve,
                        struct signer *out)
{
    char path[KEYSTORE_PATH_MAX];
    struct ec_scalar secret;
    struct ec_point point;
    enum err err = keystore_path(dir, stem, "key", path, sizeof path);

    if (!err)
        err = crypto_key_pair(c, curve, &secret, &point);
    if (err)
        return err;
    err = key_write_file(c, path, curve, &secret);
    if (!err)
        err = signer_open(c, curve, &secret, out);
    wipe(&secret, sizeof secret);
    return err;
}

static enum err make_row(struct making *m, const struct row *row)
{
    const char *dir = m->plan->dir, *stem = role_facts(row->role)->file;
    uint8_t buf[CERT_ISSUE_MAX];
    struct signer own = { .curve = CURVE_NONE };
    slice der;
    enum err err;

    snprintf(m->where, KEYSTORE_PATH_MAX, "%s/%s", dir, stem);
    err = new_key(m->c, dir, stem, m->plan->curve, &own);
    if (!err)
        err = issue_row(m, row, &own, buf, &der);
    if (!err)
        err = cert_write_files(dir, stem, der, true);
    if (!err && row->role == ROLE_CI)
        err = identity_open(m->c, dir, stem, &m->ci);
    signer_close(&own);
    return err;
}

/* Keys lie in it: for its owner alone, like them. One that is there already stays as it is. */
static enum err make_dir(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? E_OK : E_STORAGE;
}

static enum err make_dirs(struct making *m)
{
    const char *dir = m->plan->dir;
    enum err err = E_OK;

    if (strlen(dir) + EUICC_STEM_MAX + 8 > KEYSTORE_PATH_MAX)
        return E_ARGUMENT;
    /* each parent in turn */
    for (const char *slash = strchr(dir + (*dir == '/'), '/'); !err && slash;
         slash = strchr(slash + 1, '/')) {
        snprintf(m->where, KEYSTORE_PATH_MAX, "%.*s", (int)(slash - dir), dir);
        err = make_dir(m->where);
    }
    snprintf(m->where, KEYSTORE_PATH_MAX, "%s", dir);
    if (!err)
        err = make_dir(m->where);
    snprintf(m->where, KEYSTORE_PATH_MAX, "%s/%s", dir, role_facts(ROLE_EUICC)->file);
    return err ? err : make_dir(m->where);
}

static enum err make_euiccs(struct making *m)
{
    const struct testci_plan *plan = m->plan;
    struct identity eum;
    enum err err;

    if (!plan->euiccs)
        return E_OK;
    err = identity_open_role(m->c, plan->dir, ROLE_EUM, &eum);
    for (size_t i = 1; !err && i <= plan->euiccs; i++) {
        uint8_t eid[EID_LEN];
        char stem[EUICC_STEM_MAX];

        testci_eid(i, eid);
        euicc_stem(eid, stem);
        snprintf(m->where, KEYSTORE_PATH_MAX, "%s/%s", plan->dir, stem);
        err = testci_add_euicc(m->c, &eum, plan->dir, eid, plan->now_s);
    }
    identity_close(&eum);
    return err;
}

static enum err check_plan(const struct testci_plan *plan)
{
    if (!curve_order(plan->curve) || plan->host_count > TESTCI_HOSTS_MAX || plan->eim_id.n > 64 ||
        !plan->dir[0])
        return E_ARGUMENT;
    for (size_t i = 0; i < plan->host_count; i++)
        if (!plan->hosts[i].n || plan->hosts[i].n > 64) /* it also becomes a common name */
            return E_ARGUMENT;
    return E_OK;
}

enum err testci_init(const struct crypto *c, const struct testci_plan *plan,
                     char where[KEYSTORE_PATH_MAX])
{
    char unread[KEYSTORE_PATH_MAX];
    struct making m = { .c = c, .plan = plan, .where = where ? where : unread };
    enum err err = check_plan(plan);

    snprintf(m.where, KEYSTORE_PATH_MAX, "%s", plan->dir);
    if (!err)
        err = make_dirs(&m);
    for (size_t i = 0; !err && i < COUNT(rows); i++)
        err = make_row(&m, &rows[i]);
    if (!err)
        err = make_euiccs(&m);
    identity_close(&m.ci);
    return err;
}

enum err testci_issue_euicc(const struct crypto *c, const struct identity *eum,
                            const uint8_t eid[EID_LEN], const struct ec_point *key, int64_t now_s,
                            void *buf, size_t size, slice *out)
{
    /* Serial number: 02 and eight octets, here the EID's last digits so that it is unique. */
    uint8_t serial[9] = { 0x02 };
    char digits[EID_DIGITS + 1];
    struct cert made;
    struct cert_issuer issuer = { &eum->signer, eum->cert.subject, eum->cert.ski };
    struct cert_template t = { .role = ROLE_EUICC,
                               .serial = SLICE_OF(serial),
                               .country = eum->cert.country,
                               .org = eum->cert.org,
                               .common_name = SLICE_LIT("Test eUICC"),
                               .serial_number = { (uint8_t *)digits, EID_DIGITS },
                               .not_before_s = now_s - SLACK,
                               .not_after_s = now_s - SLACK + EUICC_DAYS * DAY,
                               .path_len = -1 };
    enum err err;

    memcpy(serial + 1, eid + EID_LEN - 8, 8);
    eid_to_digits(eid, digits);
    if (!eid_valid(eid))
        return E_BADCERT;
    err = cert_issue(c, &t, eum->signer.curve, key, &issuer, buf, size, out);
    if (!err)
        err = cert_parse(*out, &made);
    return err ? err : cert_within_eum(&eum->cert, &made);
}

enum err testci_add_euicc(const struct crypto *c, const struct identity *eum, const char *dir,
                          const uint8_t eid[EID_LEN], int64_t now_s)
{
    uint8_t buf[CERT_ISSUE_MAX];
    char stem[EUICC_STEM_MAX];
    struct signer own = { .curve = CURVE_NONE };
    slice der;
    enum err err;

    euicc_stem(eid, stem);
    err = new_key(c, dir, stem, eum->signer.curve, &own);
    if (!err)
        err = testci_issue_euicc(c, eum, eid, &own.point, now_s, buf, sizeof buf, &der);
    if (!err)
        err = cert_write_files(dir, stem, der, false);
    signer_close(&own);
    return err;
}
