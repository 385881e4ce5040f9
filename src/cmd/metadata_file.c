#include "cmd/metadata_file.h"

#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/lines.h"
#include "profile/metadata_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct arena *arena;
    struct metadata_input in;
    struct metadata_notification notifications[METADATA_NOTIFICATIONS];
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
    const char *fault =
        file_read(path, &owned, &icon) ? "the file cannot be read" : metadata_check_icon(icon);

    if (!fault)
        r->in.icon = arena_copy(r->arena, icon);
    free(owned);
    return fault ? fault : r->in.icon.p ? NULL : "out of memory";
}

/* The line does not outlive its reading. */
static const char *read_notification(struct reading *r, const char *value)
{
    slice text = arena_copy(r->arena, slice_str(value));

    if (r->in.notification_count == METADATA_NOTIFICATIONS)
        return "there are 16 already";
    return text.p ? metadata_read_notification(text, &r->notifications[r->in.notification_count++])
                  : "out of memory";
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
        return metadata_read_owner(r->arena, slice_str(value), &r->in.mcc_mnc);
    if (!strcmp(name, "gid1"))
        return metadata_read_gid(r->arena, slice_str(value), &r->in.gid1);
    if (!strcmp(name, "gid2"))
        return metadata_read_gid(r->arena, slice_str(value), &r->in.gid2);
    if (!strcmp(name, "notification"))
        return read_notification(r, value);
    if (!strcmp(name, "ppr"))
        return metadata_read_rules(slice_str(value), &r->in.policy_rules);
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
