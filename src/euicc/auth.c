/*
 * AUTHENTICATE (TS 31.102 7.1.2) and GET CHALLENGE. Sequence numbers: TS 33.102 Annex C, with the
 * parameters of the profile (SAIP 8.6).
 */
#include "base/secret.h"
#include "crypto/aka.h"
#include "euicc/aka_object.h"
#include "euicc/card_impl.h"
#include "euicc/files.h"
#include "euicc/gba.h"

#define SEQ_MASK ((UINT64_C(1) << 43) - 1)
#define IND_BITS 5
#define IND_MASK 31u

enum { CONTEXT_GSM = 0x80, CONTEXT_3G = 0x81, CONTEXT_GBA = 0x84 };
enum { GBA_BOOTSTRAPPING = 0xDD, GBA_NAF_DERIVATION = 0xDE };
enum { FID_UST = 0x6F38, SERVICE_GSM_ACCESS = 27, SERVICE_GSM_CONTEXT = 38 };

/* What the current ADF authenticates with. */
struct naa {
    struct aka_params params;
    struct aka_head head; /* options and windows in force */
    uint32_t seq_object, left_object;
};

static uint64_t get48(const uint8_t *p)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 6; i++)
        v = v << 8 | p[i];
    return v;
}

static void put48(uint8_t *p, uint64_t v)
{
    for (unsigned i = 6; i-- > 0; v >>= 8)
        p[i] = (uint8_t)v;
}

static bool load_head(struct card *card, uint8_t adf, struct aka_head *h, slice *rest)
{
    slice s = objects_get(&card->objects, aka_object(card->tree.root, adf));

    if (s.n < sizeof *h)
        return false;
    memcpy(h, s.p, sizeof *h);
    *rest = slice_skip(s, sizeof *h);
    return true;
}

static bool load_params(const struct aka_head *h, slice rest, struct aka_params *p)
{
    size_t need = (size_t)h->key_octets + h->opc_octets + (h->constants ? 85u : 0u);

    if (rest.n != need || h->key_octets > sizeof p->key || h->opc_octets > sizeof p->opc)
        return false;
    *p = (struct aka_params){ .algorithm = h->algorithm,
                              .options = h->options,
                              .key_len = h->key_octets,
                              .iterations = h->iterations };
    memcpy(p->key, rest.p, h->key_octets);
    memcpy(p->opc, rest.p + h->key_octets, h->opc_octets);
    const uint8_t *constants = rest.p + h->key_octets + h->opc_octets;
    memcpy(p->rotation, h->constants ? constants : AKA_DEFAULT_ROTATION, 5);
    memcpy(p->xoring, h->constants ? constants + 5 : AKA_DEFAULT_XORING, 80);
    return true;
}

/* A mapped ADF (SAIP 8.6.2) takes algorithm and keys from its source, the rest as it says. */
static bool load_naa(struct card *card, uint8_t adf, struct naa *naa)
{
    struct aka_head source;
    uint32_t root = card->tree.root;
    uint8_t seq = adf, keys = adf;
    slice rest;

    if (!load_head(card, adf, &naa->head, &rest))
        return false;
    if (naa->head.algorithm == 0) {
        keys = naa->head.source;
        if (!load_head(card, keys, &source, &rest) || source.algorithm == 0)
            return false;
        if (naa->head.mapping & MAP_SHARE_SEQ)
            seq = keys;
        if (naa->head.mapping & MAP_SHARE_OPTIONS) {
            naa->head.sqn_options = source.sqn_options;
            memcpy(naa->head.delta, source.delta, sizeof source.delta);
            memcpy(naa->head.age, source.age, sizeof source.age);
        }
        naa->head.limited = source.limited;
    } else {
        source = naa->head;
    }
    naa->seq_object = aka_seq_object(root, seq);
    naa->left_object = aka_left_object(root, keys);
    return load_params(&source, rest, &naa->params);
}

/* ---- sequence numbers ---- */

struct sequence {
    uint64_t highest; /* SEQ_MS */
    uint8_t highest_at;
    uint64_t at_index; /* of the index in question */
};

static bool load_sequence(struct card *card, const struct naa *naa, uint8_t index,
                          struct sequence *out)
{
    slice s = objects_get(&card->objects, naa->seq_object);

    *out = (struct sequence){ 0 };
    if (s.n != AKA_SEQ_COUNT * AKA_SEQ_OCTETS)
        return false;
    for (uint8_t i = 0; i < AKA_SEQ_COUNT; i++) {
        uint64_t seq = get48(s.p + i * AKA_SEQ_OCTETS);

        if (i == index)
            out->at_index = seq;
        if (seq > out->highest) {
            out->highest = seq;
            out->highest_at = i;
        }
    }
    return true;
}

/* TS 33.102 C.2.2: fresh for its index, not too far ahead, not too old. */
static bool fresh(const struct naa *naa, const struct sequence *s, uint64_t seq)
{
    uint8_t options = naa->head.sqn_options;

    if (seq <= s->at_index)
        return false;
    if (!(options & SQN_NO_DELTA_CHECK) && seq > s->highest &&
        seq - s->highest > get48(naa->head.delta))
        return false;
    if (!(options & SQN_NO_AGE_CHECK) && seq < s->highest &&
        s->highest - seq > get48(naa->head.age))
        return false;
    return true;
}

/* Durable before the response that uses it leaves. */
static enum err store_sequence(struct card *card, const struct naa *naa, uint8_t index,
                               uint64_t seq)
{
    uint8_t octets[AKA_SEQ_OCTETS];
    enum err err;

    put48(octets, seq);
    err = objects_write(&card->objects, naa->seq_object, (uint32_t)index * AKA_SEQ_OCTETS,
                        SLICE_OF(octets));
    return err ? err : objects_commit(&card->objects);
}

/* authCounterMax: one less for each authentication; none left is the end. */
static uint16_t count_down(struct card *card, const struct naa *naa)
{
    slice s = objects_get(&card->objects, naa->left_object);
    uint8_t octets[AKA_LEFT_OCTETS];

    if (!naa->head.limited)
        return SW_OK;
    if (s.n != sizeof octets)
        return SW_MEMORY;
    uint32_t left = (uint32_t)(s.p[0] << 16 | s.p[1] << 8 | s.p[2]);
    if (left == 0)
        return SW_CONDITIONS;
    left--;
    octets[0] = (uint8_t)(left >> 16);
    octets[1] = (uint8_t)(left >> 8);
    octets[2] = (uint8_t)left;
    if (objects_write(&card->objects, naa->left_object, 0, SLICE_OF(octets)) ||
        objects_commit(&card->objects))
        return SW_MEMORY;
    return SW_OK;
}

/* ---- services ---- */

static bool is_usim(const struct node *adf)
{
    static const uint8_t usim[] = { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02 };

    return slice_starts(adf->aid, SLICE_OF(usim));
}

/* Service n of EF_UST; an ADF that is no USIM has none. */
bool usim_service(struct card *card, const struct node *adf, unsigned n)
{
    struct node ust;

    if (!is_usim(adf) || !tree_child(&card->tree, dir_of_node(adf->n), FID_UST, &ust) ||
        !tree_target(&card->tree, &ust, &ust))
        return false;
    return (n - 1) / 8 < ust.body.n && ust.body.p[(n - 1) / 8] >> (n - 1) % 8 & 1;
}

/* ---- contexts ---- */

static void put_field(struct reply *out, const uint8_t *octets, uint8_t n)
{
    reply_put_octet(out, n);
    reply_put(out, slice_of(octets, n));
}

static enum err answer_3g(struct aka_keys *keys, bool with_kc, struct reply *out)
{
    uint8_t kc[8];
    enum err err = with_kc ? aka_kc(keys, kc) : E_OK;

    if (err)
        return err;
    reply_put_octet(out, 0xDB);
    put_field(out, keys->res, keys->res_n);
    put_field(out, keys->ck, keys->ck_n);
    put_field(out, keys->ik, keys->ik_n);
    if (with_kc)
        put_field(out, kc, sizeof kc);
    wipe(kc, sizeof kc);
    return E_OK;
}

static enum err synchronise(struct card *card, const struct naa *naa, const struct sequence *s,
                            const uint8_t *rand, struct reply *out)
{
    uint8_t sqn_ms[AKA_SQN_LEN], auts[AKA_AUTS_LEN];
    enum err err;

    put48(sqn_ms, s->highest << IND_BITS | s->highest_at);
    err = aka_auts(card->crypto, &naa->params, rand, sqn_ms, auts);
    if (err)
        return err;
    if (naa->head.sqn_options & SQN_NO_AK) /* the sequence number is not concealed */
        memcpy(auts, sqn_ms, sizeof sqn_ms);
    reply_put_octet(out, 0xDC);
    put_field(out, auts, sizeof auts);
    return E_OK;
}

/* AUTN = SQN ^ AK || AMF || MAC; under GBA || MAC*. */
static enum err check_autn(struct card *card, const struct naa *naa, const uint8_t *rand,
                           const uint8_t *autn, bool gba, const struct aka_keys *keys,
                           uint64_t *sqn)
{
    uint8_t octets[AKA_SQN_LEN], given[8];
    struct aka_mac mac;
    enum err err;

    for (unsigned i = 0; i < AKA_SQN_LEN; i++)
        octets[i] = naa->head.sqn_options & SQN_NO_AK ? autn[i] : autn[i] ^ keys->ak[i];
    memcpy(given, autn + 8, sizeof given);
    err = aka_f1(card->crypto, &naa->params, rand, octets, autn + 6, &mac);
    if (!err && gba)
        err = gba_mac(card, keys, given);
    if (err)
        return err;
    *sqn = get48(octets);
    return mac.n == sizeof given && ct_equal(mac.b, given, sizeof given) ? E_OK : E_BADMAC;
}

static enum err bootstrapped(struct card *card, const struct node *adf, const uint8_t *rand,
                             const struct aka_keys *keys, struct reply *out)
{
    enum err err = gba_store(card, adf, rand, keys);

    if (err)
        return err;
    reply_put_octet(out, 0xDB);
    put_field(out, keys->res, keys->res_n);
    return E_OK;
}

static enum err authenticate_3g(struct card *card, const struct naa *naa, const struct node *adf,
                                bool gba, const uint8_t *rand, const uint8_t *autn,
                                struct aka_keys *keys, struct reply *out)
{
    struct sequence s;
    uint64_t sqn;
    enum err err = aka_f2345(card->crypto, &naa->params, rand, keys);

    if (!err)
        err = check_autn(card, naa, rand, autn, gba, keys, &sqn);
    if (err)
        return err;
    uint8_t index = sqn & IND_MASK;
    uint64_t seq = sqn >> IND_BITS & SEQ_MASK;
    if (!load_sequence(card, naa, index, &s))
        return E_STORAGE;
    if (!fresh(naa, &s, seq))
        return synchronise(card, naa, &s, rand, out);
    err = store_sequence(card, naa, index, seq);
    if (err)
        return err;
    return gba ? bootstrapped(card, adf, rand, keys, out)
               : answer_3g(keys, usim_service(card, adf, SERVICE_GSM_ACCESS), out);
}

static enum err authenticate_gsm(struct card *card, const struct naa *naa, const uint8_t *rand,
                                 struct aka_keys *keys, struct reply *out)
{
    uint8_t sres[4], kc[8];
    enum err err = aka_f2345(card->crypto, &naa->params, rand, keys);

    if (!err)
        err = aka_kc(keys, kc);
    if (err)
        return err;
    aka_sres(keys, sres);
    put_field(out, sres, sizeof sres);
    put_field(out, kc, sizeof kc);
    wipe(kc, sizeof kc);
    return E_OK;
}

static uint16_t sw_of(enum err err)
{
    switch (err) {
    case E_OK:
        return SW_OK;
    case E_BADMAC:
        return SW_AUTH_MAC;
    case E_STORAGE:
    case E_MEMORY:
        return SW_MEMORY;
    default:
        return SW_AUTH_CONTEXT;
    }
}

static void run(struct card *card, const struct node *adf, uint8_t context, slice data,
                struct reply *out)
{
    bool gba = context == CONTEXT_GBA;
    const uint8_t *rand = data.p + (gba ? 2 : 1), *autn = rand + AKA_RAND_LEN + 1;
    struct aka_keys keys;
    struct naa naa;
    enum err err = E_OK;

    if (!load_naa(card, dir_of_node(adf->n), &naa)) {
        out->sw = SW_CONDITIONS;
        return;
    }
    out->sw = count_down(card, &naa);
    if (out->sw == SW_OK) {
        err = context == CONTEXT_GSM
                  ? authenticate_gsm(card, &naa, rand, &keys, out)
                  : authenticate_3g(card, &naa, adf, gba, rand, autn, &keys, out);
        wipe(&keys, sizeof keys);
        if (err)
            reply_sw(out, sw_of(err));
    }
    wipe(&naa, sizeof naa);
}

static bool context_available(struct card *card, const struct node *adf, uint8_t context)
{
    return context == CONTEXT_GSM   ? usim_service(card, adf, SERVICE_GSM_CONTEXT)
           : context == CONTEXT_GBA ? gba_available(card, adf)
                                    : true;
}

/* RAND, and but for GSM AUTN, each behind its length; under GBA behind the tag of the mode. */
static bool well_formed(uint8_t context, slice d, struct reply *out)
{
    size_t n = context == CONTEXT_GSM ? 17 : context == CONTEXT_GBA ? 35 : 34;
    size_t at = context == CONTEXT_GBA;

    if (d.n < n)
        out->sw = SW_LENGTH;
    else if (d.n != n || (at && d.p[0] != GBA_BOOTSTRAPPING) || d.p[at] != AKA_RAND_LEN ||
             (context != CONTEXT_GSM && d.p[at + 17] != AKA_AUTN_LEN))
        out->sw = SW_DATA;
    return out->sw == SW_OK;
}

void command_authenticate(struct card *card, struct channel *ch, const struct apdu *apdu,
                          struct reply *out)
{
    struct node adf;
    slice d = apdu->data;
    uint8_t context = apdu->p2;

    if (apdu->p1 || (context != CONTEXT_GSM && context != CONTEXT_3G && context != CONTEXT_GBA)) {
        out->sw = SW_P1P2;
        return;
    }
    if (ch->adf == TREE_MF || !tree_node(&card->tree, node_of_dir(ch->adf), &adf) ||
        adf.lcs == LCS_TERMINATED ||
        !objects_get(&card->objects, aka_object(card->tree.root, ch->adf)).p) {
        out->sw = SW_CONDITIONS;
        return;
    }
    if (!pin_application_satisfied(card, &adf)) {
        out->sw = SW_SECURITY;
        return;
    }
    if (!context_available(card, &adf, context)) {
        out->sw = SW_AUTH_CONTEXT;
        return;
    }
    if (context == CONTEXT_GBA && d.n && d.p[0] == GBA_NAF_DERIVATION)
        gba_derive(card, &adf, d, out);
    else if (well_formed(context, d, out))
        run(card, &adf, context, d, out);
}

void command_get_challenge(struct card *card, struct channel *ch, const struct apdu *apdu,
                           struct reply *out)
{
    (void)ch;
    if (apdu->p1 || apdu->p2 || apdu->data.p) {
        out->sw = apdu->data.p ? SW_LENGTH : SW_P1P2;
        return;
    }
    if (apdu->ne == 0) {
        out->sw = SW_LENGTH;
        return;
    }
    uint8_t *to = reply_reserve(out, apdu->ne < APDU_SHORT_NE ? apdu->ne : APDU_SHORT_NE);
    if (to && crypto_random(card->crypto, to, out->n))
        reply_sw(out, SW_UNKNOWN);
}
