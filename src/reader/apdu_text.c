#include "reader/apdu_text.h"

#include "profile/templates.h"

#include <stdio.h>

/* ---- commands ---- */

enum { ISO = 1, PROPRIETARY = 2, ANY = ISO | PROPRIETARY }; /* CLA 0X and 4X; 8X and CX */

static const struct {
    uint8_t ins, class;
    const char *name;
} commands[] = {
    { 0x04, ISO, "DEACTIVATE FILE" },
    { 0x10, PROPRIETARY, "TERMINAL PROFILE" },
    { 0x12, PROPRIETARY, "FETCH" },
    { 0x14, PROPRIETARY, "TERMINAL RESPONSE" },
    { 0x20, ISO, "VERIFY PIN" },
    { 0x24, ISO, "CHANGE PIN" },
    { 0x26, ISO, "DISABLE PIN" },
    { 0x28, ISO, "ENABLE PIN" },
    { 0x2C, ISO, "UNBLOCK PIN" },
    { 0x32, PROPRIETARY, "INCREASE" },
    { 0x44, ISO, "ACTIVATE FILE" },
    { 0x50, PROPRIETARY, "INITIALIZE UPDATE" },
    { 0x70, ISO, "MANAGE CHANNEL" },
    { 0x73, ISO, "MANAGE SECURE CHANNEL" },
    { 0x75, ISO, "TRANSACT DATA" },
    { 0x76, PROPRIETARY, "SUSPEND UICC" },
    { 0x78, PROPRIETARY, "GET IDENTITY" },
    { 0x82, ANY, "EXTERNAL AUTHENTICATE" },
    { 0x84, ISO, "GET CHALLENGE" },
    { 0x88, ISO, "AUTHENTICATE" },
    { 0x89, ISO, "AUTHENTICATE" },
    { 0xA2, ISO, "SEARCH RECORD" },
    { 0xA4, ISO, "SELECT" },
    { 0xAA, PROPRIETARY, "TERMINAL CAPABILITY" },
    { 0xB0, ISO, "READ BINARY" },
    { 0xB2, ISO, "READ RECORD" },
    { 0xC0, ANY, "GET RESPONSE" },
    { 0xC2, PROPRIETARY, "ENVELOPE" },
    { 0xCA, ANY, "GET DATA" },
    { 0xCB, PROPRIETARY, "RETRIEVE DATA" },
    { 0xD4, PROPRIETARY, "RESIZE FILE" },
    { 0xD6, ISO, "UPDATE BINARY" },
    { 0xD8, PROPRIETARY, "PUT KEY" },
    { 0xDB, PROPRIETARY, "SET DATA" },
    { 0xDC, ISO, "UPDATE RECORD" },
    { 0xE0, ISO, "CREATE FILE" },
    { 0xE2, PROPRIETARY, "STORE DATA" },
    { 0xE4, ISO, "DELETE FILE" },
    { 0xE4, PROPRIETARY, "DELETE" },
    { 0xE6, ISO, "TERMINATE DF" },
    { 0xE6, PROPRIETARY, "INSTALL" },
    { 0xE8, ISO, "TERMINATE EF" },
    { 0xE8, PROPRIETARY, "LOAD" },
    { 0xF0, PROPRIETARY, "SET STATUS" },
    { 0xF2, PROPRIETARY, "STATUS" },
};

const char *apdu_command_name(uint8_t cla, uint8_t ins)
{
    uint8_t class = cla & 0x80 ? PROPRIETARY : ISO;

    for (size_t i = 0; i < COUNT(commands); i++)
        if (commands[i].ins == ins && commands[i].class & class)
            return commands[i].name;
    return NULL;
}

bool apdu_data_secret(uint8_t ins)
{
    return ins == 0x20 || ins == 0x24 || ins == 0x26 || ins == 0x28 || ins == 0x2C || ins == 0xD8;
}

/* RES, CK and IK. */
bool apdu_answer_secret(uint8_t ins)
{
    return ins == 0x88 || ins == 0x89;
}

/* ---- status words (TS 102 221 10.2.1) ---- */

static const struct {
    uint16_t sw, mask;
    const char *text;
} words[] = {
    { 0x9000, 0xFFFF, "normal ending of the command" },
    { 0x9100, 0xFF00, "normal ending, proactive command of %u octets waits" },
    { 0x9200, 0xFF00, "normal ending, data transfer session" },
    { 0x9300, 0xFFFF, "SIM Application Toolkit is busy" },
    { 0x6100, 0xFF00, "%u octets more by GET RESPONSE (0: 256 or more)" },
    { 0x6200, 0xFFFF, "warning: no information given, state unchanged" },
    { 0x6281, 0xFFFF, "warning: part of the returned data may be corrupted" },
    { 0x6282, 0xFFFF, "warning: end of file or record before reading Le octets, or no match" },
    { 0x6283, 0xFFFF, "warning: selected file invalidated (deactivated)" },
    { 0x6285, 0xFFFF, "warning: selected file in termination state" },
    { 0x62F1, 0xFFFF, "warning: more data available" },
    { 0x62F2, 0xFFFF, "warning: more data available and proactive command pending" },
    { 0x62F3, 0xFFFF, "warning: response data available" },
    { 0x63F1, 0xFFFF, "warning: more data expected" },
    { 0x63F2, 0xFFFF, "warning: more data expected and proactive command pending" },
    { 0x63C0, 0xFFF0, "verification failed, %u retries remain" },
    { 0x6400, 0xFFFF, "execution error: no information given, state unchanged" },
    { 0x6500, 0xFFFF, "execution error: no information given, state changed" },
    { 0x6581, 0xFFFF, "memory problem" },
    { 0x6700, 0xFFFF, "wrong length" },
    { 0x6800, 0xFFFF, "functions in CLA not supported" },
    { 0x6881, 0xFFFF, "logical channel not supported" },
    { 0x6882, 0xFFFF, "secure messaging not supported" },
    { 0x6900, 0xFFFF, "command not allowed: no information given" },
    { 0x6981, 0xFFFF, "command incompatible with file structure" },
    { 0x6982, 0xFFFF, "security status not satisfied" },
    { 0x6983, 0xFFFF, "authentication or PIN method blocked" },
    { 0x6984, 0xFFFF, "referenced data invalidated" },
    { 0x6985, 0xFFFF, "conditions of use not satisfied" },
    { 0x6986, 0xFFFF, "command not allowed: no EF selected" },
    { 0x6987, 0xFFFF, "expected secure messaging data objects missing" },
    { 0x6988, 0xFFFF, "secure messaging data objects incorrect" },
    { 0x6989, 0xFFFF, "command not allowed: secure channel, security not satisfied" },
    { 0x6A80, 0xFFFF, "incorrect parameters in the data field" },
    { 0x6A81, 0xFFFF, "function not supported" },
    { 0x6A82, 0xFFFF, "file not found" },
    { 0x6A83, 0xFFFF, "record not found" },
    { 0x6A84, 0xFFFF, "not enough memory space" },
    { 0x6A86, 0xFFFF, "incorrect parameters P1 to P2" },
    { 0x6A87, 0xFFFF, "Lc inconsistent with P1 to P2" },
    { 0x6A88, 0xFFFF, "referenced data not found" },
    { 0x6A89, 0xFFFF, "file ID already exists" },
    { 0x6A8A, 0xFFFF, "DF name already exists" },
    { 0x6B00, 0xFFFF, "wrong parameter(s) P1-P2" },
    { 0x6C00, 0xFF00, "wrong Le: %u octets are available (0: 256)" },
    { 0x6D00, 0xFFFF, "instruction code not supported or invalid" },
    { 0x6E00, 0xFFFF, "class not supported" },
    { 0x6F00, 0xFFFF, "technical problem, no precise diagnosis" },
    { 0x9850, 0xFFFF, "INCREASE cannot be performed, max value reached" },
    { 0x9862, 0xFFFF, "authentication error, incorrect MAC" },
    { 0x9863, 0xFFFF, "security session or association expired" },
    { 0x9864, 0xFFFF, "authentication error, security context not supported" },
    { 0x9865, 0xFFFF, "key freshness failure" },
};

const char *sw_text(uint16_t sw, char buf[SW_TEXT_MAX])
{
    const char *text = "status word not known", *at = NULL;
    unsigned n = 0;

    for (size_t i = 0; i < COUNT(words) && !n; i++)
        if ((sw & words[i].mask) == words[i].sw) {
            text = words[i].text;
            at = strstr(text, "%u");
            n = (unsigned)(sw & ~words[i].mask);
            break;
        }
    if (at)
        snprintf(buf, SW_TEXT_MAX, "%.*s%u%s", (int)(at - text), text, n, at + 2);
    else
        snprintf(buf, SW_TEXT_MAX, "%s", text);
    return buf;
}

/* ---- applications ---- */

static const struct {
    enum known_app app;
    const char *name;
    slice aid; /* its beginning */
} apps[] = {
    { APP_ISDR, "ISD-R", SLICE_LIT("\xA0\0\0\x05\x59\x10\x10\xFF\xFF\xFF\xFF\x89\0\0\x01\0") },
    { APP_ECASD, "ECASD", SLICE_LIT("\xA0\0\0\x05\x59\x10\x10\xFF\xFF\xFF\xFF\x89\0\0\x02\0") },
    { APP_ISDP, "ISD-P", SLICE_LIT("\xA0\0\0\x05\x59\x10\x10\xFF\xFF\xFF\xFF\x89\0\0") },
    { APP_USIM, "ADF_USIM", SLICE_LIT("\xA0\0\0\0\x87\x10\x02") },
    { APP_ISIM, "ADF_ISIM", SLICE_LIT("\xA0\0\0\0\x87\x10\x04") },
};

enum known_app app_by_aid(slice aid)
{
    for (size_t i = 0; i < COUNT(apps); i++)
        if (slice_starts(aid, apps[i].aid))
            return apps[i].app;
    return APP_NONE;
}

const char *app_name(enum known_app app)
{
    for (size_t i = 0; i < COUNT(apps); i++)
        if (apps[i].app == app)
            return apps[i].name;
    return NULL;
}

/* ---- files ---- */

enum { FID_MF = 0x3F00, FID_ADF = 0x7FFF };

/* "ef-imsi" as the specifications write it: "EF_IMSI". */
static void spell(const char *name, char out[FILE_NAME_MAX])
{
    bool first = true;
    size_t n = 0;

    for (; name[n] && n < FILE_NAME_MAX - 1; n++) {
        char c = name[n];

        if (c == '-' && first) {
            c = '_';
            first = false;
        } else if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        }
        out[n] = c;
    }
    out[n] = 0;
}

/* The FID of the directory that a row's file lies in. */
static uint16_t home(const struct saip_template *t, const struct saip_file *f)
{
    const struct saip_file *up = saip_file_parent(t, f);

    if (up)
        return up->type == FILE_ADF ? FID_ADF : up->fid;
    return t->base == BASE_MF || t->base == BASE_UNDER_MF || t->base == BASE_NEW_ADF ? FID_MF
                                                                                     : FID_ADF;
}

static bool application_fits(const struct saip_template *t, enum known_app app)
{
    switch (t->base) {
    case BASE_LAST_USIM:
        return app == APP_USIM;
    case BASE_LAST_ISIM:
        return app == APP_ISIM;
    case BASE_NEW_ADF:
        return (app == APP_USIM && t->naa == NAA_USIM) || (app == APP_ISIM && t->naa == NAA_ISIM);
    default:
        return true;
    }
}

/* How sure it is that this row is meant: 0 not at all, 2 it lies in the directory. */
static int fits(const struct saip_template *t, const struct saip_file *f, uint16_t fid,
                uint16_t dir, enum known_app app)
{
    uint16_t last = f->fid_last > f->fid ? f->fid_last : f->fid;

    if (!f->fid || fid < f->fid || fid > last)
        return 0;
    if (home(t, f) == dir && (dir != FID_ADF || application_fits(t, app)))
        return 2;
    return saip_type_is_df(f->type); /* a directory may also be above or beside */
}

bool file_name(uint16_t fid, uint16_t dir, enum known_app app, char out[FILE_NAME_MAX],
               bool *is_dir)
{
    const struct saip_file *best = NULL;
    int most = 0;

    if (fid == FID_ADF && app_name(app)) {
        snprintf(out, FILE_NAME_MAX, "%s", app_name(app));
        *is_dir = true;
        return true;
    }
    for (size_t i = 0; i < SAIP_TEMPLATES; i++)
        for (size_t n = 0; n < saip_templates[i].nfiles; n++) {
            const struct saip_file *f = &saip_templates[i].files[n];
            int fit = fits(&saip_templates[i], f, fid, dir, app);

            if (fit > most) {
                most = fit;
                best = f;
            }
        }
    if (!best)
        return false;
    spell(best->name, out);
    *is_dir = saip_type_is_df(best->type);
    return true;
}
