/* Files that must be there, that services promise, and that nobody else should write. */
#include "profile/lint.h"

#include <stdio.h>

#define DF_5GS  0x5FC0
#define DF_SAIP 0x5FD0
#define DF_GSM  0x5F3B

static void at_file(const struct profile_model *m, int file, enum finding_level level,
                    struct findings *to, const char *text)
{
    char field[80], path[48];
    const struct model_file *f = &m->files[file];

    snprintf(field, sizeof field, "%s (%s)", f->field ? f->field : "file",
             model_path(m, file, path, sizeof path));
    finding_add(to, level, f->element, field, "%s", text);
}

/* ---- mandatory files, and services ---------------------------------------------------------- */

/* TS 31.102 4.2, files that are Mandatory. */
static const struct {
    uint16_t fid;
    const char *name;
} mandatory[] = {
    { 0x6F07, "EF.IMSI" },      { 0x6F08, "EF.Keys" },   { 0x6F09, "EF.KeysPS" },
    { 0x6F31, "EF.HPPLMN" },    { 0x6F38, "EF.UST" },    { 0x6F5B, "EF.START-HFN" },
    { 0x6F5C, "EF.THRESHOLD" }, { 0x6F73, "EF.PSLOCI" }, { 0x6F78, "EF.ACC" },
    { 0x6F7B, "EF.FPLMN" },     { 0x6F7E, "EF.LOCI" },   { 0x6FAD, "EF.AD" },
    { 0x6FB7, "EF.ECC" },       { 0x6F06, "EF.ARR" },    { 0x6FC4, "EF.NETPAR" },
};

/* Services of EF.UST (TS 31.102 4.2.8) and a file that each needs. */
static const struct {
    uint8_t service;
    uint16_t df, fid; /* df 0: in the ADF */
    const char *name;
} promised[] = {
    { 2, 0, 0x6F3B, "EF.FDN" },
    { 4, 0, 0x6F49, "EF.SDN" },
    { 10, 0, 0x6F3C, "EF.SMS" },
    { 12, 0, 0x6F42, "EF.SMSP" },
    { 17, 0, 0x6F3E, "EF.GID1" },
    { 18, 0, 0x6F3F, "EF.GID2" },
    { 19, 0, 0x6F46, "EF.SPN" },
    { 20, 0, 0x6F60, "EF.PLMNwAcT" },
    { 21, 0, 0x6F40, "EF.MSISDN" },
    { 27, DF_GSM, 0x4F20, "EF.Kc" },
    { 34, 0, 0x6F56, "EF.EST" },
    { 42, 0, 0x6F61, "EF.OPLMNwAcT" },
    { 43, 0, 0x6F62, "EF.HPLMNwAcT" },
    { 45, 0, 0x6FC5, "EF.PNN" },
    { 46, 0, 0x6FC6, "EF.OPL" },
    { 51, 0, 0x6FCD, "EF.SPDI" },
    { 71, 0, 0x6FD9, "EF.EHPLMN" },
    { 85, 0, 0x6FE3, "EF.EPSLOCI" },
    { 122, DF_5GS, 0x4F01, "DF.5GS/EF.5GS3GPPLOCI" },
    { 123, DF_5GS, 0x4F05, "DF.5GS/EF.5GAUTHKEYS" },
    { 126, DF_5GS, 0x4F06, "DF.5GS/EF.UAC_AIC" },
};

static bool service(slice ust, unsigned n)
{
    return (n - 1) / 8 < ust.n && ust.p[(n - 1) / 8] >> (n - 1) % 8 & 1;
}

static int in_df(const struct profile_model *m, int adf, uint16_t df, uint16_t fid)
{
    int directory = df ? model_child(m, adf, df) : adf;

    return directory < 0 ? -1 : model_child(m, directory, fid);
}

/* Has the list of schemes (A0) one that conceals? */
static bool conceals(slice info)
{
    struct der_reader r = der_reader(info);
    struct tlv list = der_maybe(&r, 0xA0);

    for (size_t i = 0; i + 1 < list.value.n; i += 2)
        if (list.value.p[i])
            return true;
    return false;
}

/* TS 33.501 Annex C.4: home network keys whose private halves are printed there. */
static bool published_key(slice info)
{
    static const slice keys[] = {
        SLICE_LIT("\x5A\x8D\x38\x86\x48\x20\x19\x7C\x33\x94\xB9\x26\x13\xB2\x0B\x91"
                  "\x63\x3C\xBD\x89\x71\x19\x27\x3B\xF8\xE4\xA6\xF4\xEE\xC0\xA6\x50"),
        SLICE_LIT("\x72\xDA\x71\x97\x62\x34\xCE\x83\x3A\x69\x07\x42\x58\x67\xB8\x2E"
                  "\x07\x4D\x44\xEF\x90\x7D\xFB\x4B\x3E\x21\xC1\xC2\x25\x6E\xBC\xD1"),
    };

    for (size_t k = 0; k < COUNT(keys); k++)
        for (size_t at = 0; at + keys[k].n <= info.n; at++)
            if (!memcmp(info.p + at, keys[k].p, keys[k].n))
                return true;
    return false;
}

/* 124: the subscription identifier is concealed; 125: by the card, else by the terminal. */
static void lint_suci(const struct profile_model *m, int adf, slice ust, struct findings *to)
{
    bool by_card = service(ust, 125);
    int file = in_df(m, adf, by_card ? DF_SAIP : DF_5GS, by_card ? 0x4F01 : 0x4F07);
    slice info = file < 0 ? SLICE_NONE : model_body(m, file);

    if (!service(ust, 124))
        return;
    if (file < 0) {
        at_file(m, adf, FINDING_WARNING, to,
                "service 124 is on, but there is no EF.SUCI_Calc_Info where it would be read");
        return;
    }
    if (!conceals(info))
        at_file(m, file, FINDING_WARNING, to, "the null scheme only: the IMSI goes in the clear");
    if (published_key(info))
        at_file(m, file, FINDING_ERROR, to, "the private key is published in TS 33.501");
    if (by_card && m->header && !m->header->services.get_identity)
        at_file(m, file, FINDING_WARNING, to,
                "service 125 needs get-identity in the header's services");
}

static void lint_usim(const struct profile_model *m, int adf, struct findings *to)
{
    slice ust = model_body(m, model_child(m, adf, 0x6F38));
    char text[120];

    for (size_t i = 0; i < COUNT(mandatory); i++) {
        if (model_child(m, adf, mandatory[i].fid) >= 0)
            continue;
        snprintf(text, sizeof text, "%s is mandatory and missing (TS 31.102 4.2)",
                 mandatory[i].name);
        at_file(m, adf, FINDING_ERROR, to, text);
    }
    for (size_t i = 0; i < COUNT(promised); i++) {
        if (!service(ust, promised[i].service) ||
            in_df(m, adf, promised[i].df, promised[i].fid) >= 0)
            continue;
        snprintf(text, sizeof text, "service %u of EF.UST is on, but there is no %s",
                 promised[i].service, promised[i].name);
        at_file(m, adf, FINDING_WARNING, to, text);
    }
    lint_suci(m, adf, ust, to);
}

/* ---- who may write -------------------------------------------------------------------------- */

/* Says the record of EF.ARR that everybody may update? (TS 102 221 9.2.4, 9.3) */
static bool update_always(slice record)
{
    struct der_reader r = der_reader(record);
    bool update = false;

    while (der_more(&r) && r.in.p[0] != 0xFF) {
        struct tlv t = der_take(&r);

        if (t.tag == 0x80)
            update = t.value.n == 1 && t.value.p[0] & 0x02;
        else if (t.tag > 0x80 && t.tag <= 0x8F)
            update = false;
        else if (!r.err && update && t.tag == 0x90)
            return true;
    }
    return false;
}

static bool writable_by_all(const struct profile_model *m, const struct model_file *f)
{
    int arr =
        f->facts.arr_fid && f->parent >= 0 ? model_find_above(m, f->parent, f->facts.arr_fid) : -1;
    const struct model_file *rules = arr < 0 ? NULL : &m->files[arr];
    size_t n = rules ? rules->facts.record_len : 0;
    slice body = rules ? model_body(m, arr) : SLICE_NONE;

    if (!n || !f->facts.arr_record || (size_t)f->facts.arr_record * n > body.n)
        return false;
    return update_always(slice_of(body.p + (size_t)(f->facts.arr_record - 1) * n, n));
}

/* Identities, lists of services, and the rules themselves. */
static bool precious(const struct profile_model *m, const struct model_file *f)
{
    static const uint16_t usim[] = { 0x6F07, 0x6F78, 0x6F38, 0x6F56, 0x6FAD, 0x6F06 };
    static const uint16_t isim[] = { 0x6F02, 0x6F03, 0x6F04, 0x6F07, 0x6F06 };
    enum saip_naa naa = f->parent >= 0 ? m->files[f->parent].naa : NAA_NONE;
    const uint16_t *list = naa == NAA_USIM ? usim : naa == NAA_ISIM ? isim : NULL;
    size_t count = naa == NAA_USIM ? COUNT(usim) : COUNT(isim);

    if (f->facts.fid == 0x2FE2 || f->facts.fid == FID_ARR_MF)
        return f->parent >= 0 && m->files[f->parent].facts.type == FILE_MF;
    for (size_t i = 0; list && i < count; i++)
        if (list[i] == f->facts.fid)
            return true;
    return false;
}

void lint_files(const struct profile_model *m, struct findings *to)
{
    for (int i = 0; i < (int)m->nfiles; i++) {
        const struct model_file *f = &m->files[i];

        if (f->facts.type == FILE_ADF && f->naa == NAA_USIM)
            lint_usim(m, i, to);
        if (!saip_type_is_df(f->facts.type) && precious(m, f) && writable_by_all(m, f))
            at_file(m, i, FINDING_ERROR, to, "anybody may write it: its access rule says ALWAYS");
    }
}
