/* GET STATUS and GET DATA of a security domain (GPCS 11.4, 11.3; TS 102 226 8.2.1.7). */
#include "base/secret.h"
#include "der/der.h"
#include "euicc/ota/ota_impl.h"

enum { OF_ISD = 0x80, OF_APPLICATIONS = 0x40, OF_LOAD_FILES = 0x20, OF_MODULES = 0x10 };
enum { NEXT = 0x01, TLV_FORM = 0x02, ONE_REPLY = 240, MORE_OCCURRENCES = 0x6310 };
enum { TAG_AID = 0x4F, TAG_STATE = 0x9F70, TAG_PRIVILEGES = 0xC5, TAG_ENTRY = 0xE3 };
enum { DGI_DOMAIN = 0x0070, PRIVILEGES_MAX = 3 };

/* ---- GET STATUS ---- */

static bool asked(const struct registry_entry *e, uint8_t p1, slice aid)
{
    bool kind = false;

    switch (p1) {
    case OF_ISD:
        kind = ram_is_root(e);
        break;
    case OF_APPLICATIONS:
        kind = !ram_is_root(e) && e->kind != REGISTRY_LOAD_FILE;
        break;
    default:
        kind = e->kind == REGISTRY_LOAD_FILE;
    }
    return kind && slice_starts(e->aid, aid);
}

/* applicationPrivileges of the instance; an RFM instance has none. */
static void privileges(const struct registry_entry *e, uint8_t out[PRIVILEGES_MAX])
{
    struct der_reader r = der_reader(e->element);

    memset(out, 0, PRIVILEGES_MAX);
    if (e->kind != REGISTRY_SECURITY_DOMAIN)
        return;
    for (struct der_reader in = der_reader(der_take(&r).value); der_more(&in);) {
        struct tlv t = der_take(&in);

        if (t.tag == 0x82 && t.value.n)
            memcpy(out, t.value.p, t.value.n < PRIVILEGES_MAX ? t.value.n : PRIVILEGES_MAX);
    }
}

static slice entry(const struct registry_entry *e, bool tlv, uint8_t *buf, size_t size)
{
    struct der_writer w = der_writer(buf, size);
    uint8_t bits[PRIVILEGES_MAX], plain[1 + CARD_AID_MAX + 2];
    bool file = e->kind == REGISTRY_LOAD_FILE;
    size_t n = 0;
    slice out;

    privileges(e, bits);
    if (tlv) {
        if (!file)
            der_put_tlv(&w, TAG_PRIVILEGES, SLICE_OF(bits));
        der_put_tlv(&w, TAG_STATE, slice_of(&e->life_cycle, 1));
        der_put_tlv(&w, TAG_AID, e->aid);
        der_wrap(&w, TAG_ENTRY, 0);
    } else {
        plain[n++] = (uint8_t)e->aid.n;
        memcpy(plain + n, e->aid.p, e->aid.n);
        n += e->aid.n;
        plain[n++] = e->life_cycle;
        plain[n++] = bits[0];
        der_put(&w, slice_of(plain, n));
    }
    return der_written(&w, &out) ? SLICE_NONE : out;
}

void ram_get_status(struct ota_session *s, const struct apdu *apdu, struct reply *out)
{
    struct der_reader r = der_reader(apdu->data);
    struct tlv aid = der_expect(&r, TAG_AID);
    uint8_t p1 = apdu->p1, buf[64];
    bool some = false;
    struct registry_entry e;

    if ((p1 != OF_ISD && p1 != OF_APPLICATIONS && p1 != OF_LOAD_FILES && p1 != OF_MODULES) ||
        apdu->p2 & ~(NEXT | TLV_FORM)) {
        out->sw = SW_P1P2;
        return;
    }
    if (r.err || aid.value.n > CARD_AID_MAX) { /* a tag list (5C) may follow: all is told anyway */
        out->sw = SW_DATA;
        return;
    }
    if (!(apdu->p2 & NEXT))
        s->ram->status_at = 0;
    for (int32_t n = s->ram->status_at - 1;
         registry_next(&s->card->objects, s->card->tree.root, &n, &e);) {
        if (!asked(&e, p1, aid.value))
            continue;
        slice one = entry(&e, (apdu->p2 & TLV_FORM) != 0, buf, sizeof buf);
        if (out->n + one.n > ONE_REPLY) {
            out->sw = MORE_OCCURRENCES;
            return;
        }
        reply_put(out, one);
        s->ram->status_at = (uint16_t)(n + 1);
        some = true;
    }
    if (!some)
        out->sw = SW_REFERENCE;
}

/* ---- GET DATA ---- */

/* E0 { C0 { identifier, version, type, length }.. } */
static void key_information(struct ota_session *s, struct reply *out)
{
    uint8_t head[DER_HEAD_MAX];
    struct ota_key key;
    unsigned count = 0;

    for (int32_t n = -1; key_next(s->card, (uint8_t)s->number, &n, &key);)
        count++;
    reply_put(out, slice_of(head, der_put_head(0xE0, count * 6, head)));
    for (int32_t n = -1; key_next(s->card, (uint8_t)s->number, &n, &key);) {
        const uint8_t one[] = { 0xC0, 4, key.identifier, key.version, key.type, key.n };

        reply_put(out, SLICE_OF(one));
    }
    wipe(&key, sizeof key);
}

/* FF21 { 81 installed applications, 82 free NVM, 83 free volatile memory } (TS 102 226 8.2.1.7.2)
 */
static void resources(struct ota_session *s, struct reply *out)
{
    uint32_t free = objects_free(&s->card->objects);
    uint8_t buf[32], count = 0;
    struct der_writer w = der_writer(buf, sizeof buf);
    struct registry_entry e;
    slice written;

    for (int32_t n = -1; registry_next(&s->card->objects, s->card->tree.root, &n, &e);)
        count = (uint8_t)(count + (e.kind == REGISTRY_INSTANCE));
    const uint8_t octets[] = { (uint8_t)(free >> 24), (uint8_t)(free >> 16), (uint8_t)(free >> 8),
                               (uint8_t)free };
    der_put_tlv(&w, 0x83, SLICE_OF(octets));
    der_put_tlv(&w, 0x82, SLICE_OF(octets));
    der_put_tlv(&w, 0x81, slice_of(&count, 1));
    der_wrap(&w, 0xFF21, 0);
    if (der_written(&w, &written))
        out->sw = SW_UNKNOWN;
    else
        reply_put(out, written);
}

/* A data grouping: identifier, length in one octet or FF and two, content. */
static bool grouping(slice *rest, unsigned *id, slice *content)
{
    size_t head = 3, n;

    if (rest->n < 3)
        return false;
    *id = (unsigned)(rest->p[0] << 8 | rest->p[1]);
    n = rest->p[2];
    if (n == 0xFF) {
        if (rest->n < 5)
            return false;
        n = (size_t)(rest->p[3] << 8 | rest->p[4]);
        head = 5;
    }
    if (n > rest->n - head)
        return false;
    *content = slice_of(rest->p + head, n);
    *rest = slice_skip(*rest, head + n);
    return true;
}

static slice stored_since(struct card *card, uint16_t domain)
{
    return objects_get(&card->objects,
                       profile_object(card->tree.root, PROFILE_MISC, REGISTRY_ADMIN + domain));
}

slice ram_personal(struct card *card, uint16_t domain, uint32_t tag)
{
    uint32_t id = profile_object(card->tree.root, PROFILE_MISC, REGISTRY_PERSO + domain);
    slice since = stored_since(card, domain);

    if (since.n && (tag == TAG_ADMIN || tag == TAG_ADMIN_CONSTRUCTED))
        return since.p[0] == tag ? since : SLICE_NONE;
    for (struct der_reader r = der_reader(objects_get(&card->objects, id)); der_more(&r);) {
        slice payload = der_take(&r).value, content;
        unsigned dgi;

        while (grouping(&payload, &dgi, &content)) {
            if (dgi != DGI_DOMAIN)
                continue;
            for (struct der_reader in = der_reader(content); der_more(&in);) {
                struct tlv t = der_take(&in);

                if (t.tag == tag)
                    return t.whole;
            }
        }
    }
    return SLICE_NONE;
}

void ram_get_data(struct ota_session *s, const struct apdu *apdu, struct reply *out)
{
    uint32_t tag = (uint32_t)(apdu->p1 << 8 | apdu->p2);
    slice whole = ram_personal(s->card, s->number, tag);

    if (tag == 0x00E0)
        key_information(s, out);
    else if (tag == 0xFF21)
        resources(s, out);
    else if (tag && whole.p)
        reply_put(out, whole);
    else
        out->sw = SW_REFERENCE;
}
