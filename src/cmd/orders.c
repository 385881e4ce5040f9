#include "cmd/orders.h"

#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/metadata_file.h"
#include "cmd/pack_file.h"
#include "cmd/place.h"
#include "pki/keystore.h"
#include "profile/elements.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS_MAX 8

struct line {
    struct servers *s;
    const char *path;
    unsigned number;
    char *words[WORDS_MAX];
    size_t count;
    struct placed placed;
    struct orders_watch *watch;
};

static bool watch(struct line *l, int64_t id)
{
    struct orders_watch *w = l->watch;

    if (w->count < ORDERS_WATCHED) {
        w->order[w->count].id = id;
        w->order[w->count].line = l->number;
        w->order[w->count++].told = -1;
    }
    return true;
}

static bool complain(const struct line *l, const char *field, const char *what)
{
    fprintf(stderr, "%s:%u: %s: %s\n", l->path, l->number, field, what);
    return false;
}

static bool read_eid(const struct line *l, uint8_t eid[EID_LEN])
{
    if (l->count < 2 || eid_from_digits(slice_str(l->words[1]), eid) || !eid_valid(eid))
        return complain(l, "EID", "32 digits with good check digits are needed");
    return true;
}

/* A word that may be left out: absent, or a dash. */
static slice word(const struct line *l, size_t i)
{
    return l->count > i && strcmp(l->words[i], "-") != 0 ? slice_str(l->words[i]) : SLICE_NONE;
}

/* The ICCID of a package's header, as in EF.ICCID. */
static bool iccid_of(slice package, uint8_t iccid[ICCID_LEN])
{
    struct der_reader r = der_reader(package);
    struct saip_header h;

    if (schema_decode(&T_saip_header, der_expect(&r, PE_HEADER).whole, &h, NULL))
        return false;
    for (size_t i = 0; i < ICCID_LEN; i++)
        iccid[i] = (uint8_t)(h.iccid.p[i] << 4 | h.iccid.p[i] >> 4);
    return true;
}

/* What a metadata file says of the package; absent when word i names none. */
static bool read_metadata(const struct line *l, size_t i, slice package, struct arena *a,
                          slice *out)
{
    uint8_t iccid[ICCID_LEN];

    *out = SLICE_NONE;
    if (!word(l, i).p)
        return true;
    if (!iccid_of(package, iccid))
        return complain(l, "FILE", "has no header of a profile package");
    return metadata_file("serve", l->words[i], iccid, a, out) == EXIT_DONE ||
           complain(l, "METADATA", "cannot be used");
}

/* profile FILE [MATCHING-ID [METADATA]] */
static bool order_profile(struct line *l)
{
    slice matching_id = word(l, 2);
    char activation[ACTIVATION_MAX];
    uint8_t iccid[10], *owned = NULL;
    slice package, metadata;
    struct arena a;
    bool ok;

    if (!l->s->smdp)
        return complain(l, "profile", "no SM-DP+ runs here");
    if (l->count < 2 || file_read(l->words[1], &owned, &package))
        return complain(l, "FILE", "cannot be read");
    arena_init(&a, (size_t)1 << 20);
    ok = read_metadata(l, 3, package, &a, &metadata) &&
         place_profile(l->s, package, matching_id, metadata, iccid, activation, &l->placed);
    if (ok)
        printf("serve: profile %s: activation code %s\n", l->words[1], activation);
    arena_free(&a);
    free(owned);
    return ok;
}

/* stock FILE [TYPE [OWNER [METADATA]]]; a dash stands for what is left out */
static bool order_stock(struct line *l)
{
    uint8_t iccid[10], *owned = NULL;
    slice package, metadata;
    struct arena a;
    bool ok;

    if (!l->s->smdp)
        return complain(l, "stock", "no SM-DP+ runs here");
    if (l->count < 2 || file_read(l->words[1], &owned, &package))
        return complain(l, "FILE", "cannot be read");
    arena_init(&a, (size_t)1 << 20);
    ok = read_metadata(l, 4, package, &a, &metadata) &&
         place_stock(l->s, package, word(l, 2), word(l, 3), metadata, iccid, &l->placed);
    arena_free(&a);
    free(owned);
    return ok;
}

/* "KEY=VALUE": the value, or NULL. */
static const char *value_of(const char *word, const char *key)
{
    size_t n = strlen(key);

    return !strncmp(word, key, n) && word[n] == '=' ? word + n + 1 : NULL;
}

/* "2027-12-31": the beginning of that day, UTC. 0 is not a day. */
static int64_t day_ms(const char *text)
{
    struct tm day = { 0 };
    int end = 0;

    if (strspn(text, "0123456789-") != 10 || text[10] ||
        sscanf(text, "%4d-%2d-%2d%n", &day.tm_year, &day.tm_mon, &day.tm_mday, &end) != 3 ||
        end != 10 || day.tm_year < 1971 || day.tm_mon < 1 || day.tm_mon > 12 || day.tm_mday < 1 ||
        day.tm_mday > 31)
        return 0;
    day.tm_year -= 1900;
    day.tm_mon -= 1;
    return (int64_t)timegm(&day) * 1000;
}

static bool order_option(const struct line *l, const char *word, uint8_t eid[EID_LEN],
                         struct smdp_confirm_order *o)
{
    const char *value = NULL;

    if (!strcmp(word, "held"))
        o->release = false;
    else if ((value = value_of(word, "matching-id")))
        o->matching_id = *value ? slice_str(value) : SLICE_EMPTY;
    else if ((value = value_of(word, "code")) && *value)
        o->confirmation_code = slice_str(value);
    else if ((value = value_of(word, "smds")) && *value)
        o->smds_address = slice_str(value);
    else if ((value = value_of(word, "expires")) && (o->expires_ms = day_ms(value)))
        return true;
    else if ((value = value_of(word, "eid")) && !eid_from_digits(slice_str(value), eid) &&
             eid_valid(eid))
        o->eid = slice_of(eid, EID_LEN);
    else
        return complain(
            l, word, "matching-id=ID, eid=EID, code=CODE, smds=NAME, expires=YYYY-MM-DD or held");
    return true;
}

/* order ICCID [matching-id=ID] [eid=EID] [code=CODE] [smds=NAME] [expires=YYYY-MM-DD] [held] */
static bool order_order(struct line *l)
{
    uint8_t iccid[ICCID_LEN], eid[EID_LEN];
    struct smdp_confirm_order o = { .iccid = SLICE_OF(iccid), .release = true };
    char activation[ACTIVATION_MAX];

    if (!l->s->smdp)
        return complain(l, "order", "no SM-DP+ runs here");
    if (l->count < 2 || iccid_from_digits(slice_str(l->words[1]), iccid))
        return complain(l, "ICCID", "18 to 20 digits are needed");
    for (size_t i = 2; i < l->count; i++)
        if (!order_option(l, l->words[i], eid, &o))
            return false;
    if (!place_smdp_order(l->s, &o, activation, &l->placed))
        return false;
    printf("serve: order %s: activation code %s\n", l->words[1], activation);
    if (l->placed.why[0])
        printf("serve: order %s: %s\n", l->words[1], l->placed.why);
    return true;
}

/* pool PACK [TYPE [OWNER]] */
static bool order_pool(struct line *l)
{
    struct pack_file pack;
    const char *fault;
    uint64_t added;
    bool ok;

    if (!l->s->smdp)
        return complain(l, "pool", "no SM-DP+ runs here");
    fault = l->count < 2 ? "is missing" : pack_file_open(l->words[1], &pack);
    if (fault)
        return complain(l, "PACK", fault);
    ok = place_pool(l->s, &pack.pack, word(l, 2), word(l, 3), &added, &l->placed);
    if (ok)
        printf("serve: pool %s: %llu profiles, %llu of them new\n", l->words[1],
               (unsigned long long)pack.pack.count, (unsigned long long)added);
    pack_file_close(&pack);
    return ok;
}

/* operator NAME CERTIFICATE [HOST[:PORT]] */
static bool order_operator(struct line *l)
{
    slice notify = l->count > 3 ? slice_str(l->words[3]) : SLICE_NONE, der;
    uint8_t *owned = NULL;
    bool ok;

    if (!l->s->smdp)
        return complain(l, "operator", "no SM-DP+ runs here");
    if (l->count < 2)
        return complain(l, "NAME", "is missing");
    if (l->count < 3 || cert_read_file(l->words[2], &owned, &der))
        return complain(l, "CERTIFICATE", "cannot be read (PEM or DER)");
    ok = place_operator(l->s, slice_str(l->words[1]), der, notify, &l->placed);
    free(owned);
    return ok;
}

/* rsp-server NAME CERTIFICATE */
static bool order_rsp_server(struct line *l)
{
    uint8_t *owned = NULL;
    slice der;
    bool ok;

    if (!l->s->smds)
        return complain(l, "rsp-server", "no SM-DS runs here");
    if (l->count < 2)
        return complain(l, "NAME", "is missing");
    if (l->count < 3 || cert_read_file(l->words[2], &owned, &der))
        return complain(l, "CERTIFICATE", "cannot be read (PEM or DER)");
    ok = place_rsp_server(l->s, slice_str(l->words[1]), der, &l->placed);
    free(owned);
    return ok;
}

static bool order_device(struct line *l)
{
    uint8_t eid[EID_LEN];
    long token = l->count > 2 ? strtol(l->words[2], NULL, 10) : -1;

    return read_eid(l, eid) && place_device(l->s, eid, token, &l->placed);
}

/* "smds" or "smds:ADDRESS" in the place of an activation code */
static bool is_smds(const char *word, slice *address)
{
    *address = SLICE_NONE;
    if (strncmp(word, "smds", 4) != 0 || (word[4] && word[4] != ':'))
        return false;
    if (word[4])
        *address = slice_str(word + 5);
    return true;
}

static bool order_download(struct line *l)
{
    slice smds;
    uint8_t eid[EID_LEN], iccid[ICCID_LEN];
    bool indirect = false, meant = false;
    int64_t id;

    if (!read_eid(l, eid))
        return false;
    if (l->count < 3)
        return complain(l, "ACTIVATION-CODE", "is missing");
    if (is_smds(l->words[2], &smds)) {
        indirect = l->count > 3 && !strcmp(l->words[3], "indirect");
        if (l->count > 3u + indirect)
            return complain(l, l->words[3 + indirect], "with an SM-DS 'indirect' alone is said");
        return place_smds_download(l->s, eid, smds, indirect, &id, &l->placed) && watch(l, id);
    }
    for (unsigned i = 3; i < l->count; i++) {
        if (!strcmp(l->words[i], "indirect"))
            indirect = true;
        else if (!iccid_from_digits(slice_str(l->words[i]), iccid))
            meant = true;
        else
            return complain(l, l->words[i], "neither 'indirect' nor an ICCID of 18 to 20 digits");
    }
    return place_download(l->s, eid, slice_str(l->words[2]), indirect,
                          meant ? SLICE_OF(iccid) : SLICE_NONE, &id, &l->placed) &&
           watch(l, id);
}

static bool order_psmo(struct line *l, enum place_psmo what)
{
    uint8_t eid[EID_LEN], iccid[ICCID_LEN];
    bool rollback = l->count > 3 && !strcmp(l->words[3], "rollback");
    int64_t id;

    if (!read_eid(l, eid))
        return false;
    if (what != PLACE_LIST && (l->count < 3 || iccid_from_digits(slice_str(l->words[2]), iccid)))
        return complain(l, "ICCID", "18 to 20 digits are needed");
    return place_psmo(l->s, eid, what, SLICE_OF(iccid), rollback, &id, &l->placed) && watch(l, id);
}

static bool place_line(struct line *l)
{
    static const char *const psmos[] = { "enable", "disable", "delete", "list" };
    const char *verb = l->words[0];

    if (!strcmp(verb, "profile"))
        return order_profile(l);
    if (!strcmp(verb, "stock"))
        return order_stock(l);
    if (!strcmp(verb, "pool"))
        return order_pool(l);
    if (!strcmp(verb, "order"))
        return order_order(l);
    if (!strcmp(verb, "operator"))
        return order_operator(l);
    if (!strcmp(verb, "rsp-server"))
        return order_rsp_server(l);
    if (!l->s->eim)
        return complain(l, verb, "no eIM runs here");
    if (!strcmp(verb, "device"))
        return order_device(l);
    if (!strcmp(verb, "download"))
        return order_download(l);
    for (size_t i = 0; i < COUNT(psmos); i++)
        if (!strcmp(verb, psmos[i]))
            return order_psmo(l, (enum place_psmo)i);
    return complain(l, verb,
                    "no such order (profile, stock, pool, order, operator, rsp-server, device, "
                    "download, enable, "
                    "disable, delete, list)");
}

void orders_tell(struct servers *s, struct orders_watch *w)
{
    struct arena a;

    arena_init(&a, (size_t)1 << 20);
    for (size_t i = 0; i < w->count; i++) {
        char eid[EID_DIGITS + 1] = "";
        struct eim_order o;

        arena_reset(&a);
        if (!placed_order(s, w->order[i].id, &a, &o) || o.state == w->order[i].told)
            continue;
        w->order[i].told = o.state;
        if (o.eid.n == EID_LEN)
            eid_to_digits(o.eid.p, eid);
        printf("serve: order of line %u for %s: %s%s%.*s\n", w->order[i].line, eid,
               eim_order_state_name(o.state), o.outcome.n ? ": " : "", (int)o.outcome.n,
               o.outcome.n ? (const char *)o.outcome.p : "");
        fflush(stdout);
    }
    arena_free(&a);
}

int orders_place(struct servers *s, const char *path, struct orders_watch *w)
{
    FILE *f = fopen(path, "r");
    char text[2048];
    bool ok = true;

    if (!f) {
        fprintf(stderr, "serve: %s: %s\n", path, strerror(errno));
        return EXIT_FAILED;
    }
    for (unsigned number = 1; ok && fgets(text, sizeof text, f); number++) {
        struct line l = { .s = s, .path = path, .number = number, .watch = w };
        char *rest = text;

        text[strcspn(text, "#\r\n")] = '\0';
        for (char *word; l.count < WORDS_MAX && (word = strtok_r(rest, " \t", &rest));)
            l.words[l.count++] = word;
        if (!l.count)
            continue;
        ok = place_line(&l);
        if (!ok && l.placed.why[0])
            complain(&l, l.words[0], l.placed.why);
    }
    fclose(f);
    return ok ? EXIT_DONE : EXIT_FAILED;
}
