/*
 * What the card knows about its profiles: metadata, policy rules, GetProfilesInfo (SGP.22 5.7.15
 * with the members of SGP.32 2.8).
 */
#include "euicc/isdr/isdr_impl.h"

#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

/* ---- metadata ---- */

static slice find(slice elements, uint32_t tag, slice *whole)
{
    struct der_reader r = der_reader(elements);

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (t.tag != tag)
            continue;
        if (whole)
            *whole = t.whole;
        return t.value;
    }
    if (whole)
        *whole = SLICE_NONE;
    return SLICE_NONE;
}

slice metadata_find(slice metadata, uint32_t tag, slice *whole)
{
    struct der_reader r = der_reader(metadata);

    return find(der_expect(&r, 0xBF25).value, tag, whole);
}

slice metadata_extra(slice metadata, uint32_t tag, slice *whole)
{
    struct der_reader r = der_reader(metadata);

    der_expect(&r, 0xBF25);
    return find(r.in, tag, whole);
}

bool metadata_flag(slice metadata, uint32_t tag)
{
    slice value = metadata_find(metadata, tag, NULL);

    return value.n == 1 && value.p[0] != 0;
}

unsigned profile_pprs(struct isdr *i, uint32_t root)
{
    return (unsigned)der_bits(metadata_find(profile_metadata(i->card, root), 0x99, NULL));
}

int profile_class(struct isdr *i, uint32_t root)
{
    slice value = metadata_find(profile_metadata(i->card, root), 0x95, NULL);

    return value.n == 1 ? value.p[0] : PROFILE_CLASS_OPERATIONAL;
}

unsigned profile_ci(struct isdr *i, uint32_t root)
{
    slice value = metadata_extra(profile_metadata(i->card, root), 0xC1, NULL);

    return value.n == 1 && value.p[0] < i->p->ci_count ? value.p[0] : ci_default(i->p);
}

/* ---- the members of ProfileInfo ---- */

enum source {
    FROM_CARD,     /* computed */
    FROM_METADATA, /* copied from BF25 */
    FROM_EXTRA     /* copied from behind it */
};

/*
 * An eUICC that an eIM manages tells what SGP.32 5.9.14 lists, one that is an LPA's what SGP.22
 * 5.7.15 does: LPAs show nickname and icon.
 */
enum { FOR_LPA = 1, FOR_EIM = 2, FOR_BOTH = 3 };

/* In the order of the type. */
static const struct member {
    uint32_t tag;
    enum source source;
    unsigned by_default; /* without a tagList: FOR_LPA, FOR_EIM */
} members[] = {
    { 0x5A, FROM_CARD, FOR_BOTH },      { 0x4F, FROM_CARD, FOR_BOTH },
    { 0x9F70, FROM_CARD, FOR_BOTH },    { 0x90, FROM_EXTRA, FOR_LPA },
    { 0x91, FROM_METADATA, FOR_BOTH },  { 0x92, FROM_METADATA, FOR_BOTH },
    { 0x93, FROM_METADATA, FOR_LPA },   { 0x94, FROM_METADATA, FOR_LPA },
    { 0x95, FROM_CARD, FOR_BOTH },      { 0xB6, FROM_METADATA, 0 },
    { 0xB7, FROM_METADATA, 0 },         { 0xB8, FROM_EXTRA, 0 },
    { 0x99, FROM_METADATA, 0 },         { 0xBF22, FROM_METADATA, 0 },
    { 0x9F7B, FROM_METADATA, FOR_EIM }, { 0x9F26, FROM_CARD, FOR_EIM },
    { 0x9F67, FROM_METADATA, FOR_EIM }, { 0xBF76, FROM_METADATA, 0 },
};

#define PROFILE_ROOM 96 /* octets of ProfileInfo that are not in the metadata */

static void put_computed(struct isdr *i, const struct card_profile *p, uint32_t tag,
                         struct der_writer *w)
{
    switch (tag) {
    case 0x5A:
        der_put_tlv(w, tag, SLICE_OF(p->iccid));
        break;
    case 0x4F:
        der_put_tlv(w, tag, SLICE_OF(p->isdp_aid));
        break;
    case 0x9F70:
        der_put_int(w, tag, p->state == PROFILE_ENABLED);
        break;
    case 0x95:
        der_put_int(w, tag, profile_class(i, p->root));
        break;
    default: /* 9F26, absent when FALSE */
        if (isdr_store_get(i).fallback == p->root)
            der_put_bool(w, tag, true);
        break;
    }
}

static void put_profile(struct isdr *i, const struct card_profile *p, uint32_t wanted,
                        struct der_writer *w)
{
    slice metadata = profile_metadata(i->card, p->root);
    size_t mark = der_mark(w);

    for (size_t n = COUNT(members); n-- > 0;) {
        const struct member *m = &members[n];
        slice whole = SLICE_NONE;

        if (!(wanted & 1u << n) || (m->by_default == FOR_EIM && is_v10(i)))
            continue;
        if (m->source == FROM_CARD)
            put_computed(i, p, m->tag, w);
        else if (m->source == FROM_METADATA)
            metadata_find(metadata, m->tag, &whole);
        else
            metadata_extra(metadata, m->tag, &whole);
        der_put(w, whole);
    }
    der_wrap(w, 0xE3, mark);
}

/* ---- the request ---- */

/* A bare concatenation of tags; those that ProfileInfo does not have are ignored. */
static bool read_tag_list(slice list, uint32_t *wanted)
{
    *wanted = 0;
    while (list.n > 0) {
        uint32_t tag = list.p[0];
        size_t n = (tag & 0x1F) == 0x1F ? 2 : 1;

        if (n > list.n)
            return false;
        if (n == 2)
            tag = tag << 8 | list.p[1];
        list = slice_skip(list, n);
        for (size_t m = 0; m < COUNT(members); m++)
            if (members[m].tag == tag)
                *wanted |= 1u << m;
    }
    return true;
}

static uint32_t wanted_by_default(struct isdr *i)
{
    unsigned whose = eim_count(i) ? FOR_EIM : FOR_LPA;
    uint32_t wanted = 0;

    for (size_t m = 0; m < COUNT(members); m++)
        if (members[m].by_default & whose)
            wanted |= 1u << m;
    return wanted;
}

/* Some terminals leave out the A0 around the criterion (the tagged CHOICE is explicit). */
static bool read_bare_criterion(slice content, struct profile_search_criteria *c)
{
    struct der_reader r = der_reader(content);

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (schema_starts(&T_profile_search_criteria, t.tag))
            return !schema_decode(&T_profile_search_criteria, t.whole, c, NULL);
    }
    return true;
}

static bool read_request(struct isdr *i, slice request, struct profile_search_criteria *c,
                         uint32_t *wanted)
{
    struct profile_info_list_request q;
    struct tlv whole;

    if (schema_decode(&T_profile_info_list_request, request, &q, NULL) || der_one(request, &whole))
        return false;
    *c = q.search_criteria;
    if (!c->which && !read_bare_criterion(whole.value, c))
        return false;
    *wanted = wanted_by_default(i);
    return !q.tag_list.p || read_tag_list(q.tag_list, wanted);
}

static bool matches(struct isdr *i, const struct card_profile *p,
                    const struct profile_search_criteria *c)
{
    switch (c->which) {
    case profile_search_criteria_is_isdp_aid:
        return slice_eq(c->isdp_aid, SLICE_OF(p->isdp_aid));
    case profile_search_criteria_is_iccid:
        return slice_eq(c->iccid, SLICE_OF(p->iccid));
    case profile_search_criteria_is_profile_class:
        return c->profile_class == profile_class(i, p->root);
    default:
        return true;
    }
}

int put_profiles_info(struct isdr *i, slice request, bool ongoing, struct der_writer *w)
{
    struct profile_search_criteria c = { 0 };
    struct card_profile profile;
    uint16_t roots[PROFILES_MAX];
    uint32_t root = 0, wanted;
    size_t mark = der_mark(w), n = 0;
    int code = read_request(i, request, &c, &wanted) ? 0 : PROFILE_LIST_BAD_INPUT;

    if (!code && ongoing)
        code = PROFILE_LIST_CHANGE_ONGOING;
    if (code) {
        der_put_int(w, 0x81, code);
        der_wrap(w, 0xBF2D, mark);
        return code;
    }
    while (n < PROFILES_MAX && profile_next(i->card, &root, &profile))
        if (matches(i, &profile, &c))
            roots[n++] = (uint16_t)root;
    while (n-- > 0)
        if (!profile_get(i->card, roots[n], &profile))
            put_profile(i, &profile, wanted, w);
    der_wrap(w, 0xA0, mark);
    der_wrap(w, 0xBF2D, mark);
    return 0;
}

/* Octets that put_profiles_info may need. */
static size_t profiles_info_room(struct isdr *i)
{
    struct card_profile profile;
    uint32_t root = 0;
    size_t room = 32;

    while (profile_next(i->card, &root, &profile))
        room += profile_metadata(i->card, root).n + PROFILE_ROOM;
    return room;
}

void es10_profiles_info(struct isdr *i, slice request, struct reply *out)
{
    struct answer a;

    if (!answer_begin(&a, i, profiles_info_room(i), out))
        return;
    (void)put_profiles_info(i, request, false, &a.w); /* the answer says it */
    answer_end(&a);
}
