#include "profile/build_files.h"

#include "profile/file.h"

#include <assert.h>

/* ---- the tables ----------------------------------------------------------------------------- */

/* clang-format off */
#define OCTETS(s)  { (const uint8_t *)(s), sizeof(s) - 1 }
#define MEMBER(m)  .varying = 1 + offsetof(struct build_content, m)

#define HERE(name)                { .field = (name) }
#define TEXT(name, octets)        { .field = (name), .fixed = OCTETS(octets) }
#define SIZED(name, n, octets)    { .field = (name), .size = (n), .fixed = OCTETS(octets) }
#define VARY(name, what)          { .field = (name), MEMBER(what) }
#define FITTED(name, what)        { .field = (name), .size = FIT, MEMBER(what) }
#define RECORDS(name, len, what)                                                                   \
    { .field = (name), .size = FIT, .record_len = (len), MEMBER(what) }
#define RECORD(name, len, octets)                                                                  \
    { .field = (name), .size = (len), .record_len = (len), .fixed = OCTETS(octets) }
#define DIRECTORY(name, refs)     { .field = (name), .pins = OCTETS(refs) }
#define ADF(name, temp, aid, refs)                                                                 \
    { .field = (name), .fid = (temp), .df_name = OCTETS(aid), .pins = OCTETS(refs) }
/* clang-format on */

/* The file is as long as its content. */
#define FIT 0xFFFF

/* Key references in the order of the bits of PS_DO. */
#define PINS_MF  "\x01\x0A"
#define PINS_ADF "\x01\x81\x0A"

static const struct build_row mf_rows[] = {
    DIRECTORY("mf", PINS_MF),
    TEXT("ef-pl", "en"),
    VARY("ef-iccid", iccid),
    RECORDS("ef-dir", 32, dir),
    RECORDS("ef-arr", BUILD_RULE_LEN, rules),
    /* TS 102 221 13.6: 60 mA, 60 s, no suspension */
    TEXT("ef-umpc", "\x3C\x3C\x00\x00\x00"),
};

static const struct build_row telecom_rows[] = {
    DIRECTORY("df-telecom", PINS_ADF),
    RECORDS("ef-arr", BUILD_RULE_LEN, rules),
};

static const struct build_row usim_rows[] = {
    ADF("adf-usim", 0x7FD0, BUILD_USIM_AID, PINS_ADF),
    VARY("ef-imsi", imsi),
    RECORDS("ef-arr", BUILD_RULE_LEN, rules),
    FITTED("ef-ust", ust),
    HERE("ef-smsp"),
    VARY("ef-spn", spn),
    TEXT("ef-est", "\x00"),
    VARY("ef-acc", acc),
    VARY("ef-ad", ad),
    TEXT("ef-ecc", "\x11\xF2\xFF\x00"), /* 112 */
};

/* EF.PNN: full network name "Dunlin" in the GSM alphabet (TS 24.008 10.5.3.5a). */
static const struct build_row opt_usim_rows[] = {
    TEXT("ef-li", "en"),
    HERE("ef-msisdn"),
    HERE("ef-plmnwact"),
    HERE("ef-oplmnwact"),
    VARY("ef-hplmnwact", hplmnwact),
    RECORD("ef-pnn", 16, "\x43\x07\x86\xC4\xBA\x9B\x9D\x76\x03"),
    RECORDS("ef-opl", 8, opl),
    VARY("ef-ehplmn", ehplmn),
};

static const struct build_row gsm_access_rows[] = {
    DIRECTORY("df-gsm-access", PINS_ADF),
    HERE("ef-kc"),
    HERE("ef-kcgprs"),
};

/* EF.SUCI_Calc_Info: the null scheme only; the terminal calculates (service 124 without 125). */
static const struct build_row df_5gs_rows[] = {
    DIRECTORY("df-df-5gs", PINS_ADF),
    HERE("ef-5gs3gpploci"),
    HERE("ef-5gsn3gpploci"),
    HERE("ef-5gs3gppnsc"),
    HERE("ef-5gsn3gppnsc"),
    TEXT("ef-5gauthkeys", "\xFF"),
    TEXT("ef-uac-aic", "\x00\x00\x00\x00"),
    SIZED("ef-suci-calc-info", 4, "\xA0\x02\x00\x00"),
    HERE("ef-routing-indicator"),
};

static const struct build_row isim_rows[] = {
    ADF("adf-isim", 0x7FB0, BUILD_ISIM_AID, PINS_ADF),
    FITTED("ef-impi", impi),
    RECORDS("ef-impu", 80, impu),
    FITTED("ef-domain", domain),
    SIZED("ef-ist", 2, "\x00\x00"),
    TEXT("ef-ad", "\x00\x00\x00"),
    RECORDS("ef-arr", BUILD_RULE_LEN, rules),
};

/* clang-format off */
#define ELEMENT(oid, rows) { (oid), (rows), COUNT(rows) }
const struct build_element build_mf         = ELEMENT("\x01", mf_rows);
const struct build_element build_telecom    = ELEMENT("\x03", telecom_rows);
const struct build_element build_usim       = ELEMENT("\x04", usim_rows);
const struct build_element build_opt_usim   = ELEMENT("\x05", opt_usim_rows);
const struct build_element build_gsm_access = ELEMENT("\x07", gsm_access_rows);
const struct build_element build_df_5gs     = ELEMENT("\x0D", df_5gs_rows);
const struct build_element build_isim       = ELEMENT("\x08", isim_rows);
/* clang-format on */

/*
 * FDN, SMS, SMS parameters, SPN, user PLMN selector, MSISDN, GSM access, (33 is always 1), enabled
 * services, GSM security context, operator and home PLMN selector, PNN, OPL, EHPLMN, EPS mobility
 * management, 5GS mobility management, 5G security parameters, SUPI privacy, UAC access identities.
 */
const uint8_t build_services[] = { 2,  10, 12, 19, 20, 21,  27,  33,  34,  38, 42,
                                   43, 45, 46, 71, 85, 122, 123, 124, 126, 0 };

/* ---- access rules --------------------------------------------------------------------------- */

/* Access mode and security condition in expanded format (TS 102 221 9.2.4, 9.5). */
#define AM(bits) "\x80\x01" bits
#define ALW      "\x90\x00"
#define NEV      "\x97\x00"
#define KEY(ref) "\xA4\x06\x83\x01" ref "\x95\x01\x08"
#define PIN      KEY("\x01")
#define PIN2     KEY("\x81")
#define ADM      KEY("\x0A")

/* Records 1 to 14 of SAIP Annex A. Bits: 01 read, 02 update, 08 deactivate, 10 activate, 40 delete;
 * in 14, which is for directories, 02 and 04 create. */
static const slice rules[BUILD_RULES] = {
    SLICE_LIT(AM("\x01") ALW AM("\x02") PIN AM("\x58") ADM),
    SLICE_LIT(AM("\x01") PIN AM("\x5A") ADM),
    SLICE_LIT(AM("\x5B") ADM),
    SLICE_LIT(AM("\x01") ALW AM("\x1A") NEV AM("\x40") ADM),
    SLICE_LIT(AM("\x03") PIN AM("\x58") ADM),
    SLICE_LIT(AM("\x11") PIN AM("\x4A") ADM),
    SLICE_LIT(AM("\x03") PIN "\x84\x01\x32" PIN AM("\x58") ADM),
    SLICE_LIT(AM("\x01") PIN AM("\x02") PIN2 AM("\x58") ADM),
    SLICE_LIT(AM("\x01") ALW AM("\x1A") PIN AM("\x40") ADM),
    SLICE_LIT(AM("\x01") ALW AM("\x5A") ADM),
    SLICE_LIT(AM("\x01") ALW AM("\x18") ADM AM("\x42") NEV),
    SLICE_LIT(AM("\x01") PIN AM("\x5A") NEV),
    SLICE_LIT(AM("\x13") PIN AM("\x48") ADM),
    SLICE_LIT(AM("\x5E") ADM),
};

void build_access_rules(uint8_t out[BUILD_RULES * BUILD_RULE_LEN])
{
    memset(out, 0xFF, (size_t)BUILD_RULES * BUILD_RULE_LEN);
    for (size_t i = 0; i < BUILD_RULES; i++)
        memcpy(out + i * BUILD_RULE_LEN, rules[i].p, rules[i].n);
}

/* ---- from a row to a File ------------------------------------------------------------------- */

static slice content_of(const struct build_row *row, const struct build_content *c)
{
    slice s = row->fixed;

    if (row->varying)
        memcpy(&s, (const uint8_t *)c + row->varying - 1, sizeof s);
    return s;
}

/* The octets that an Fcp points to while it is encoded. */
struct fcp_octets {
    uint8_t descriptor[4], fid[2], size[2];
};

static bool make_fcp(const struct build_row *row, slice content, struct fcp_octets *o,
                     struct saip_fcp *fcp)
{
    size_t size = row->size == FIT ? content.n : row->size;

    *fcp = (struct saip_fcp){ .df_name = row->df_name, .pin_status_template = row->pins };
    if (row->fid) {
        o->fid[0] = (uint8_t)(row->fid >> 8);
        o->fid[1] = (uint8_t)row->fid;
        fcp->file_id = SLICE_OF(o->fid);
    }
    if (row->record_len) {
        memcpy(o->descriptor, "\x42\x21\x00", 3);
        o->descriptor[3] = row->record_len;
        fcp->file_descriptor = SLICE_OF(o->descriptor);
    }
    if (size) {
        o->size[0] = (uint8_t)(size >> 8);
        o->size[1] = (uint8_t)size;
        fcp->ef_file_size = size > 255 ? SLICE_OF(o->size) : slice_of(o->size + 1, 1);
    }
    return row->pins.p || row->fid || row->record_len || size;
}

struct run {
    size_t at, n;
};
#define RUNS_MAX 64

/* Where the content differs from the default; short gaps cost less than another run. */
static size_t find_runs(slice content, const uint8_t *dflt, struct run runs[RUNS_MAX])
{
    enum { GAP = 4 };
    size_t count = 0;

    for (size_t i = 0; i < content.n; i++) {
        struct run *last = count ? &runs[count - 1] : NULL;

        if (content.p[i] == dflt[i])
            continue;
        if (last && i - (last->at + last->n) < GAP)
            last->n = i + 1 - last->at;
        else if (count < RUNS_MAX)
            runs[count++] = (struct run){ i, 1 };
        else
            last->n = i + 1 - last->at;
    }
    return count;
}

static enum err put_item(struct der_writer *w, const struct saip_file_item *item)
{
    return schema_write(&T_saip_file_item, item, DIALECT_BASE, w, NULL);
}

/* Runs go backwards into the writer, each behind the offset that leads to it. */
static enum err put_runs(struct der_writer *w, slice content, const struct run *runs, size_t count)
{
    enum err e = E_OK;

    for (size_t i = count; !e && i--;) {
        size_t from = i ? runs[i - 1].at + runs[i - 1].n : 0;

        e = put_item(w, &(struct saip_file_item){
                            .which = saip_file_item_is_content,
                            .content = slice_head(slice_skip(content, runs[i].at), runs[i].n) });
        if (!e && runs[i].at > from)
            e = put_item(w, &(struct saip_file_item){ .which = saip_file_item_is_offset,
                                                      .offset = (int64_t)(runs[i].at - from) });
    }
    return e;
}

static enum err put_file(struct arena *arena, const struct saip_file *tmpl,
                         const struct build_row *row, const struct build_content *c, slice *out)
{
    slice content = content_of(row, c);
    struct saip_file_item item = { .which = saip_file_item_is_fcp };
    struct fcp_octets octets;
    bool with_fcp = make_fcp(row, content, &octets, &item.fcp);
    struct run runs[RUNS_MAX];
    size_t count = 0, room = content.n + RUNS_MAX * 12 + 128;
    uint8_t *buf = arena_alloc(arena, room), *body;
    struct der_writer w = der_writer(buf, room);
    struct file_facts facts;
    enum err e = file_resolve(tmpl, with_fcp ? &item.fcp : NULL, FID_ARR_DF, &facts, NULL);

    if (e)
        return e;
    if (content.n > facts.size)
        return E_SIZE;
    body = arena_alloc(arena, facts.size + 1);
    if (!buf || !body)
        return E_MEMORY;
    if (content.n) {
        file_default_body(&facts, body);
        count = find_runs(content, body, runs);
    }
    if (content.n && !count) { /* equal to the default, but said */
        runs[0] = (struct run){ 0, content.n };
        count = 1;
    }
    e = put_runs(&w, content, runs, count);
    if (!e && with_fcp)
        e = put_item(&w, &item);
    return e ? e : der_written(&w, out);
}

enum err build_file_element(struct arena *arena, const struct build_element *e,
                            const struct build_content *content, unsigned id, slice *out)
{
    uint8_t oid[SAIP_TEMPLATE_OID_MAX] = SAIP_TEMPLATE_ARC;
    const struct saip_template *t;
    struct saip_file_pe_type type;
    struct saip_file_pe pe = { .has_header = true };
    size_t room = 512;
    uint8_t *buf;

    oid[5] = (uint8_t)e->template_oid[0];
    pe.template_id = slice_of(oid, 6);
    pe.header = (struct saip_pe_header){ .mandated = true,
                                         .identification = id,
                                         .has_identification = true };
    t = saip_template_by_oid(pe.template_id);
    assert(t);
    for (size_t i = 0; i < e->count; i++) {
        const struct saip_file *row = saip_file_by_name(t, e->rows[i].field);
        slice *file = &pe.files[row - t->files];
        enum err err = put_file(arena, row, &e->rows[i], content, file);

        if (err)
            return err;
        room += file->n + 8;
    }
    buf = arena_alloc(arena, room);
    if (!buf)
        return E_MEMORY;
    saip_file_pe_type(t, &type);
    return schema_encode(&type.type, &pe, buf, room, out, NULL);
}
