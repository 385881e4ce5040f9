#include "euicc/registry.h"

#define HEAD_MAX (1 + CARD_AID_MAX + 3)

static bool decode(uint16_t number, slice s, struct registry_entry *out)
{
    size_t aid = s.n ? s.p[0] : 0;

    if (s.n < 1 + aid + 3)
        return false;
    const uint8_t *p = s.p + 1 + aid;
    *out = (struct registry_entry){ .number = number,
                                    .kind = p[0],
                                    .life_cycle = p[1],
                                    .domain = p[2],
                                    .aid = slice_of(s.p + 1, aid),
                                    .element = slice_skip(s, 1 + aid + 3) };
    return true;
}

bool registry_next(const struct objects *o, uint32_t root, int32_t *number,
                   struct registry_entry *out)
{
    uint32_t id = profile_object(root, PROFILE_APP, (uint32_t)(*number + 1));
    slice s;

    if (*number >= 0xFFFF)
        return false;
    while (objects_next(o, &id, profile_object(root, PROFILE_APP, 0xFFFF), &s)) {
        *number = (int32_t)(id & 0xFFFF);
        if (decode((uint16_t)*number, s, out))
            return true;
        id++;
    }
    return false;
}

bool registry_by_aid(const struct objects *o, uint32_t root, slice aid, struct registry_entry *out)
{
    for (int32_t n = -1; registry_next(o, root, &n, out);)
        if (slice_eq(out->aid, aid))
            return true;
    return false;
}

enum err registry_add(struct objects *o, uint32_t root, const struct registry_entry *entry)
{
    uint32_t id = profile_object(root, PROFILE_APP, entry->number);
    uint8_t head[HEAD_MAX];
    size_t n = 0;
    struct registry_entry other;
    enum err err;

    if (entry->aid.n > CARD_AID_MAX)
        return E_SIZE;
    if (registry_by_aid(o, root, entry->aid, &other))
        return E_EXISTS;
    head[n++] = (uint8_t)entry->aid.n;
    memcpy(head + n, entry->aid.p, entry->aid.n);
    n += entry->aid.n;
    head[n++] = (uint8_t)entry->kind;
    head[n++] = entry->life_cycle;
    head[n++] = entry->domain;
    err = objects_make(o, id, (uint32_t)(n + entry->element.n), 0);
    if (!err)
        err = objects_write(o, id, 0, slice_of(head, n));
    return err ? err : objects_write(o, id, (uint32_t)n, entry->element);
}
