#include "cmd/metadata_file.h"

#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/lines.h"
#include "profile/metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTIFICATIONS 16

struct reading {
    struct arena *arena;
    struct metadata_input in;
    struct metadata_notification notifications[NOTIFICATIONS];
    char why[200];
};

static const char *keep(struct reading *r, const char *value, size_t max, slice *out)
{
    if (strlen(value) > max) {
        snprintf(r->why, sizeof r->why, "up to %zu octets are allowed", max);
        return r->why;
    }
    *out = arena_copy(r->arena, slice_str(value));
    return out->p ? NULL : "out of memory";
}

static const char *read_class(struct reading *r, const char *value)
{
    static const char *const classes[] = { "test", "provisioning", "operational" };

    for (unsigned i = 0; i < COUNT(classes); i++)
        if (!strcmp(value, classes[i])) {
            r->in.profile_class = (int)i;
            return NULL;
        }
    return "test, provisioning or operational is needed";
}

static const char *read_icon(struct reading *r, const char *path)
{
    uint8_t *owned = NULL;
    slice icon;
    enum err e = file_read(path, &owned, &icon);
    const char *fault = e                              ? "the file cannot be read"
                        : icon.n > 1024                ? "the file has more than 1,024 octets"
                        : metadata_icon_type(icon) < 0 ? "the file is neither JPEG nor PNG"
                                                       : NULL;

    if (!fault)
        r->in.icon = arena_copy(r->arena, icon);
    free(owned);
    return fault ? fault : r->in.icon.p ? NULL : "out of memory";
}

/* "26201" or "262-01": MCC and MNC. */
static const char *read_owner(struct reading *r, const char *value)
{
    char digits[8];
    uint8_t coded[3];
    size_t n = 0;

    for (; *value && n < sizeof digits - 1; value++)
        if (*value != '-' || n != 3)
            digits[n++] = *value;
    digits[n] = '\0';
    if (*value || strspn(digits, "0123456789") != n || (n != 5 && n != 6) ||
        mcc_mnc_of_imsi(digits, (unsigned)n - 3, coded))
        return "MCC and MNC are needed: 5 or 6 digits";
    r->in.mcc_mnc = arena_copy(r->arena, SLICE_OF(coded));
    return r->in.mcc_mnc.p ? NULL : "out of memory";
}

static const char *read_gid(struct reading *r, const char *value, slice *out)
{
    uint8_t octets[20];
    size_t n;

    if (hex_decode(slice_str(value), octets, sizeof octets, &n) || !n)
        return "1 to 20 octets in hexadecimal are needed";
    *out = arena_copy(r->arena, slice_of(octets, n));
    return out->p ? NULL : "out of memory";
}

/* The bit of one of the words; -1. */
static int bit_of(const char *word, size_t n, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == n && !memcmp(words[i], word, n))
            return (int)i;
    return -1;
}

/* "a,b,c" up to `end`. */
static bool bits_of(const char *text, const char *end, const char *const *words, size_t count,
                    uint64_t *out)
{
    for (*out = 0; text < end;) {
        const char *comma = memchr(text, ',', (size_t)(end - text)), *stop = comma ? comma : end;
        int bit = bit_of(text, (size_t)(stop - text), words, count);

        if (bit < 0)
            return false;
        *out |= 1ull << bit;
        text = comma ? comma + 1 : end;
    }
    return *out != 0;
}

/* "install,enable,disable,delete@rsp.example.com" */
static const char *read_notification(struct reading *r, const char *value)
{
    static const char *const events[] = { "install", "enable", "disable", "delete" };
    struct metadata_notification *n = &r->notifications[r->in.notification_count];
    const char *at = strchr(value, '@');

    if (r->in.notification_count == NOTIFICATIONS)
        return "there are 16 already";
    if (!at || !at[1] || strlen(at + 1) > 255 ||
        !bits_of(value, at, events, COUNT(events), &n->events))
        return "EVENTS@ADDRESS is needed, with install, enable, disable, delete between commas";
    r->in.notification_count++;
    return keep(r, at + 1, 255, &n->address);
}

static const char *read_rules(struct reading *r, const char *value)
{
    /* pprIds: bit 0 is pprUpdateControl (SGP.22 2.4.5.2) */
    static const char *const rules[] = { "update-control", "ppr1", "ppr2" };

    return bits_of(value, value + strlen(value), rules, COUNT(rules), &r->in.policy_rules)
               ? NULL
               : "ppr1 (no disabling) or ppr2 (no deletion) is needed, or both with a comma";
}

static const char *take(void *ctx, const char *name, const char *value)
{
    struct reading *r = ctx;

    if (!strcmp(name, "service_provider_name"))
        return keep(r, value, 32, &r->in.service_provider);
    if (!strcmp(name, "profile_name"))
        return keep(r, value, 64, &r->in.profile_name);
    if (!strcmp(name, "class"))
        return read_class(r, value);
    if (!strcmp(name, "icon"))
        return read_icon(r, value);
    if (!strcmp(name, "owner"))
        return read_owner(r, value);
    if (!strcmp(name, "gid1"))
        return read_gid(r, value, &r->in.gid1);
    if (!strcmp(name, "gid2"))
        return read_gid(r, value, &r->in.gid2);
    if (!strcmp(name, "notification"))
        return read_notification(r, value);
    if (!strcmp(name, "ppr"))
        return read_rules(r, value);
    return "no such name (service_provider_name, profile_name, class, icon, owner, gid1, gid2, "
           "notification, ppr)";
}

int metadata_file(const char *who, const char *path, const uint8_t iccid[ICCID_LEN],
                  struct arena *arena, slice *out)
{
    struct reading r = { .arena = arena, .in = { .profile_class = 2 } };
    int status;
    enum err e;

    r.in.notifications = r.notifications;
    status = lines_read(who, path, take, &r);
    if (status != EXIT_DONE)
        return status;
    if (!r.in.service_provider.p || !r.in.profile_name.p) {
        fprintf(stderr, "%s: %s: service_provider_name and profile_name are needed\n", who, path);
        return EXIT_FAILED;
    }
    e = metadata_build(arena, iccid, &r.in, out);
    if (e)
        fprintf(stderr, "%s: %s: %s\n", who, path,
                e == E_ARGUMENT ? "ppr, gid1 and gid2 need an owner" : err_text(e));
    return e ? EXIT_FAILED : EXIT_DONE;
}
