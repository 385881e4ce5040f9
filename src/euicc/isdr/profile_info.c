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

/* ---- lists of tags: a bare concatenation, of one or two octets each ---- */

/* False at the end, or where a tag is cut: then octets are left. */
static bool next_tag(slice *list, uint32_t *tag)
{
    size_t n = list->n && (list->p[0] & 0x1F) == 0x1F ? 2 : 1;

    if (n > list->n)
        return false;
    *tag = n == 2 ? (uint32_t)list->p[0] << 8 | list->p[1] : list->p[0];
    *list = slice_skip(*list, n);
    return true;
}

static bool tag_listed(slice list, uint32_t wanted)
{
    uint32_t tag;

    while (next_tag(&list, &tag))
        if (tag == wanted)
            return true;
    return false;
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

#define IOT_SPECIFIC 0xBF64u /* iotSpecificProfileInfo, since SGP.32 v1.3 */

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
    { 0x9F67, FROM_METADATA, FOR_EIM }, { IOT_SPECIFIC, FROM_METADATA, 0 },
    { 0xBF76, FROM_METADATA, 0 },
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

/* What a request asks for. */
struct query {
    struct profile_search_criteria criteria;
    uint32_t wanted; /* bit n: members[n] */
    slice iot_tags;  /* of the members of iotSpecificProfileInfo; absent: all of them */
};

static bool known(const struct isdr *i, const struct member *m)
{
    return m->tag == IOT_SPECIFIC ? is_v13(i) : m->by_default != FOR_EIM || !is_v10(i);
}

/* iotSpecificProfileInfo with those members that the list of tags names. */
static void put_iot_specific(slice whole, slice tags, struct der_writer *w)
{
    struct der_reader r = der_reader(whole);
    slice all = der_expect(&r, IOT_SPECIFIC).value;
    size_t mark = der_mark(w);

    if (!whole.p)
        return;
    for (size_t end = all.n; end > 0;) { /* written back to front */
        struct tlv last = { 0 };

        r = der_reader(slice_head(all, end));
        while (der_more(&r))
            last = der_take(&r);
        if (r.err)
            break;
        if (tag_listed(tags, last.tag))
            der_put(w, last.whole);
        end -= last.whole.n;
    }
    der_wrap(w, IOT_SPECIFIC, mark);
}

static void put_profile(struct isdr *i, const struct card_profile *p, const struct query *q,
                        struct der_writer *w)
{
    slice metadata = profile_metadata(i->card, p->root);
    size_t mark = der_mark(w);

    for (size_t n = COUNT(members); n-- > 0;) {
        const struct member *m = &members[n];
        slice whole = SLICE_NONE;

        if (!(q->wanted & 1u << n) || !known(i, m))
            continue;
        if (m->source == FROM_CARD)
            put_computed(i, p, m->tag, w);
        else if (m->source == FROM_METADATA)
            metadata_find(metadata, m->tag, &whole);
        else
            metadata_extra(metadata, m->tag, &whole);
        if (m->tag == IOT_SPECIFIC && q->iot_tags.p)
            put_iot_specific(whole, q->iot_tags, w);
        else
            der_put(w, whole);
    }
    der_wrap(w, 0xE3, mark);
}

/* ---- the request ---- */

/* Tags that ProfileInfo does not have are ignored. */
static bool read_tag_list(slice list, uint32_t *wanted)
{
    uint32_t tag;

    *wanted = 0;
    while (next_tag(&list, &tag))
        for (size_t m = 0; m < COUNT(members); m++)
            if (members[m].tag == tag)
                *wanted |= 1u << m;
    return list.n == 0;
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

/* iotSpecificTagList asks for iotSpecificProfileInfo by itself. */
static bool read_iot_tags(struct isdr *i, slice tags, struct query *q)
{
    uint32_t tag;

    if (!tags.p || !is_v13(i))
        return true;
    for (size_t m = 0; m < COUNT(members); m++)
        if (members[m].tag == IOT_SPECIFIC)
            q->wanted |= 1u << m;
    q->iot_tags = tags;
    while (next_tag(&tags, &tag))
        ;
    return tags.n == 0;
}

static bool read_request(struct isdr *i, slice request, struct query *out)
{
    struct profile_info_list_request q;
    struct tlv whole;

    if (schema_decode(&T_profile_info_list_request, request, &q, NULL) || der_one(request, &whole))
        return false;
    out->criteria = q.search_criteria;
    out->iot_tags = SLICE_NONE;
    if (!out->criteria.which && !read_bare_criterion(whole.value, &out->criteria))
        return false;
    out->wanted = wanted_by_default(i);
    return (!q.tag_list.p || read_tag_list(q.tag_list, &out->wanted)) &&
           read_iot_tags(i, q.iot_specific_tag_list, out);
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
    struct query q = { 0 };
    struct card_profile profile;
    uint16_t roots[PROFILES_MAX];
    uint32_t root = 0;
    size_t mark = der_mark(w), n = 0;
    int code = read_request(i, request, &q) ? 0 : PROFILE_LIST_BAD_INPUT;

    if (!code && ongoing)
        code = PROFILE_LIST_CHANGE_ONGOING;
    if (code) {
        der_put_int(w, 0x81, code);
        der_wrap(w, 0xBF2D, mark);
        return code;
    }
    while (n < PROFILES_MAX && profile_next(i->card, &root, &profile))
        if (matches(i, &profile, &q.criteria))
            roots[n++] = (uint16_t)root;
    while (n-- > 0)
        if (!profile_get(i->card, roots[n], &profile))
            put_profile(i, &profile, &q, w);
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
