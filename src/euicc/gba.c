#include "euicc/gba.h"

#include "base/secret.h"
#include "euicc/aka_object.h"

enum { TAG_NAF_ID = 0x80, TAG_BTID = 0x81 };
enum { PROTOCOL_OCTETS = 5 }; /* Ua security protocol identifier behind the server's name */
enum { KDF_FC = 0x01 };

#define KS_MAX 64

/* The object: RAND, then Ks. */
#define GBA_OBJECT_MAX (AKA_RAND_LEN + KS_MAX)

/* Where the applications have it: AID, service table and its bit, files. */
static const struct gba_place {
    uint8_t aid[7];
    uint16_t services;
    uint8_t service;
    uint16_t parameters, list; /* EF_GBABP, EF_GBANL */
} places[] = {
    { { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02 }, 0x6F38, 68, 0x6FD6, 0x6FDA },
    { { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x04 }, 0x6F07, 2, 0x6FD5, 0x6FD7 },
};

static const struct gba_place *place_of(const struct node *adf)
{
    for (size_t i = 0; i < COUNT(places); i++)
        if (slice_starts(adf->aid, SLICE_OF(places[i].aid)))
            return &places[i];
    return NULL;
}

static bool file(struct card *card, const struct node *adf, uint16_t fid, enum node_type type,
                 struct node *own, struct node *data)
{
    return tree_child(&card->tree, dir_of_node(adf->n), fid, own) &&
           tree_target(&card->tree, own, data) && data->type == type;
}

bool gba_available(struct card *card, const struct node *adf)
{
    const struct gba_place *p = place_of(adf);
    struct node own, data;

    if (!p || !file(card, adf, p->services, NODE_TRANSPARENT, &own, &data))
        return false;
    unsigned at = (p->service - 1u) / 8, bit = (p->service - 1u) % 8;
    return at < data.body.n && data.body.p[at] >> bit & 1 &&
           file(card, adf, p->parameters, NODE_TRANSPARENT, &own, &data) &&
           data.body.n >= 1 + AKA_RAND_LEN;
}

/* ---- bootstrapping ---- */

/* TS 33.220 5.3.2: MAC* = MAC ^ Trunc(SHA-1(IK)). */
enum err gba_mac(struct card *card, const struct aka_keys *keys, uint8_t mac[8])
{
    uint8_t digest[SHA1_LEN];
    enum err err = crypto_sha1(card->crypto, slice_of(keys->ik, keys->ik_n), digest);

    for (unsigned i = 0; i < 8 && !err; i++)
        mac[i] ^= digest[i];
    wipe(digest, sizeof digest);
    return err;
}

enum err gba_store(struct card *card, const struct node *adf, const uint8_t *rand,
                   const struct aka_keys *keys)
{
    uint8_t octets[GBA_OBJECT_MAX], parameters[1 + AKA_RAND_LEN] = { AKA_RAND_LEN };
    const struct gba_place *p = place_of(adf);
    size_t n = AKA_RAND_LEN;
    struct node own, data;
    enum err err;

    if (!p || !file(card, adf, p->parameters, NODE_TRANSPARENT, &own, &data))
        return E_NOTFOUND;
    memcpy(octets, rand, AKA_RAND_LEN);
    memcpy(octets + n, keys->ck, keys->ck_n);
    n += keys->ck_n;
    memcpy(octets + n, keys->ik, keys->ik_n);
    n += keys->ik_n;
    err = objects_put(&card->objects, aka_gba_object(card->tree.root, dir_of_node(adf->n)),
                      slice_of(octets, n));
    wipe(octets, sizeof octets);
    memcpy(parameters + 1, rand, AKA_RAND_LEN);
    return err ? err : tree_write(&card->tree, &own, 0, SLICE_OF(parameters));
}

/* ---- NAF derivation ---- */

static slice length16(size_t n, uint8_t out[2])
{
    out[0] = (uint8_t)(n >> 8);
    out[1] = (uint8_t)n;
    return slice_of(out, 2);
}

/* TS 33.220 B.2, B.3: Ks_ext_NAF = KDF(Ks, "gba-me", RAND, IMPI, NAF_Id). */
static enum err derive(struct card *card, slice ks, slice rand, slice impi, slice naf_id,
                       uint8_t out[DIGEST_LEN])
{
    static const uint8_t fc = KDF_FC;
    const slice label = SLICE_LIT("gba-me");
    uint8_t l[4][2];
    const slice parts[] = { slice_of(&fc, 1),        label, length16(label.n, l[0]), rand,
                            length16(rand.n, l[1]),  impi,  length16(impi.n, l[2]),  naf_id,
                            length16(naf_id.n, l[3]) };

    return crypto_hmac_sha256(card->crypto, ks, parts, COUNT(parts), out);
}

/* EF_GBABP: RAND, B-TID, key lifetime, each behind its length. Absent: none that makes sense. */
static slice current_btid(struct card *card, const struct node *adf, const struct gba_place *p)
{
    struct node own, data;

    if (!file(card, adf, p->parameters, NODE_TRANSPARENT, &own, &data) || data.body.n < 1)
        return SLICE_EMPTY;
    slice rest = slice_skip(data.body, 1u + data.body.p[0]);
    if (rest.n < 1 || rest.p[0] > rest.n - 1)
        return SLICE_EMPTY;
    return slice_head(slice_skip(rest, 1), rest.p[0]);
}

/* A record's NAF_ID; absent in an empty one. */
static slice naf_of(slice record)
{
    if (record.n < 2 || record.p[0] != TAG_NAF_ID || record.p[1] > record.n - 2)
        return SLICE_NONE;
    return slice_of(record.p + 2, record.p[1]);
}

/* TS 31.102 7.1.1: the record of this NAF_ID, else an empty one, else the first. */
static uint8_t record_for(const struct node *list, slice naf_id)
{
    uint8_t empty = 0;

    for (uint8_t i = 1; i <= node_records(list); i++) {
        slice naf = naf_of(slice_of(list->body.p + node_record_at(list, i), list->record_octets));

        if (naf.p && slice_eq(naf, naf_id))
            return i;
        if (!naf.p && empty == 0)
            empty = i;
    }
    return empty ? empty : 1;
}

/* False when a record has not the room. */
static bool list_naf(struct card *card, const struct node *adf, const struct gba_place *p,
                     slice naf_id, struct reply *out)
{
    uint8_t record[255];
    struct node own, list;

    if (!file(card, adf, p->list, NODE_LINEAR, &own, &list) || node_records(&list) == 0)
        return true; /* a profile without the list */
    slice btid = current_btid(card, adf, p);
    if (4 + naf_id.n + btid.n > list.record_octets) {
        out->sw = SW_NO_SPACE;
        return false;
    }
    memset(record, 0xFF, sizeof record);
    record[0] = TAG_NAF_ID;
    record[1] = (uint8_t)naf_id.n;
    memcpy(record + 2, naf_id.p, naf_id.n);
    record[2 + naf_id.n] = TAG_BTID;
    record[3 + naf_id.n] = (uint8_t)btid.n;
    if (btid.n)
        memcpy(record + 4 + naf_id.n, btid.p, btid.n);
    if (tree_write(&card->tree, &own, node_record_at(&list, record_for(&list, naf_id)),
                   slice_of(record, list.record_octets)))
        out->sw = SW_MEMORY;
    return out->sw == SW_OK;
}

/* Length, octets. */
static bool take(slice *in, slice *out)
{
    if (in->n < 1 || in->p[0] > in->n - 1)
        return false;
    *out = slice_of(in->p + 1, in->p[0]);
    *in = slice_skip(*in, 1u + out->n);
    return true;
}

/*
 * Ks_int_NAF, the other key, is not kept: nothing in the card uses it, and with Ks it can be made
 * at any time.
 */
void gba_derive(struct card *card, const struct node *adf, slice data, struct reply *out)
{
    uint32_t id = aka_gba_object(card->tree.root, dir_of_node(adf->n));
    slice rest = slice_skip(data, 1), naf_id, impi, kept;
    uint8_t key[DIGEST_LEN];

    if (!take(&rest, &naf_id) || !take(&rest, &impi) || rest.n || naf_id.n <= PROTOCOL_OCTETS ||
        impi.n == 0) {
        out->sw = SW_DATA;
        return;
    }
    kept = objects_get(&card->objects, id);
    if (kept.n <= AKA_RAND_LEN) {
        out->sw = SW_CONDITIONS; /* no bootstrapping before */
        return;
    }
    if (derive(card, slice_skip(kept, AKA_RAND_LEN), slice_head(kept, AKA_RAND_LEN), impi, naf_id,
               key))
        out->sw = SW_UNKNOWN;
    else if (list_naf(card, adf, place_of(adf), naf_id, out)) {
        reply_put_octet(out, 0xDB);
        reply_put_octet(out, sizeof key);
        reply_put(out, SLICE_OF(key));
    }
    wipe(key, sizeof key);
}
