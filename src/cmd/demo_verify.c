#include "cmd/demo_verify.h"

#include "base/secret.h"
#include "base/text.h"
#include "profile/identity.h"

#include <stdio.h>

#define EF_ICCID 0x2FE2
#define EF_IMSI  0x6F07

struct verify {
    struct terminal t;
    const struct demo_expected *x;
    char *what;
    size_t what_size;
};

static bool no(struct verify *v, const char *what, enum err e)
{
    snprintf(v->what, v->what_size, "%s: %s (status word %04X)", what, err_text(e), v->t.sw);
    return false;
}

static bool iccid_is_right(struct verify *v)
{
    enum err e = terminal_select_file(&v->t, 0x3F00);

    if (!e)
        e = terminal_select_file(&v->t, EF_ICCID);
    if (!e)
        e = terminal_read_binary(&v->t, ICCID_LEN);
    if (e)
        return no(v, "EF_ICCID", e);
    return slice_eq(slice_of(v->t.data, v->t.n), slice_of(v->x->iccid_ef, ICCID_LEN)) ||
           no(v, "EF_ICCID is that of another profile", E_CONFLICT);
}

static bool imsi_is_right(struct verify *v)
{
    char imsi[IMSI_DIGITS + 1];
    /* The USIM application, whatever follows in its AID. */
    enum err e = terminal_select_aid(&v->t, SLICE_LIT("\xA0\x00\x00\x00\x87\x10\x02"));

    if (!e)
        e = terminal_select_file(&v->t, EF_IMSI);
    if (!e)
        e = terminal_read_binary(&v->t, IMSI_LEN);
    if (!e)
        e = imsi_decode(slice_of(v->t.data, v->t.n), imsi);
    if (e)
        return no(v, "EF_IMSI", e);
    return slice_eq_str(slice_str(imsi), v->x->imsi) ||
           no(v, "EF_IMSI is that of another profile", E_CONFLICT);
}

/* One challenge; *auts is set when the card asks for another sequence number. */
static enum err challenge(struct verify *v, const uint8_t sqn[AKA_SQN_LEN],
                          const uint8_t rand[AKA_RAND_LEN], bool *stale)
{
    static const uint8_t amf[AKA_AMF_LEN] = { 0x80, 0x00 };
    uint8_t autn[AKA_AUTN_LEN];
    enum err e = aka_autn(v->x->crypto, v->x->aka, rand, sqn, amf, autn);

    if (!e)
        e = terminal_authenticate(&v->t, rand, autn);
    *stale = !e && v->t.n > 1 + AKA_AUTS_LEN && v->t.data[0] == 0xDC;
    return e;
}

/* What a home network does with AUTS: the card's SQN, one step on. */
static enum err resynchronise(struct verify *v, const uint8_t rand[AKA_RAND_LEN],
                              uint8_t sqn[AKA_SQN_LEN])
{
    uint8_t ak[AKA_AK_LEN];
    uint64_t number = 0;
    enum err e = aka_f5_star(v->x->crypto, v->x->aka, rand, ak);

    for (size_t i = 0; i < AKA_SQN_LEN; i++)
        number = number << 8 | (uint8_t)(v->t.data[2 + i] ^ ak[i]);
    number += 32; /* SEQ counts above the five bits of IND */
    for (size_t i = 0; i < AKA_SQN_LEN; i++)
        sqn[i] = (uint8_t)(number >> (8 * (AKA_SQN_LEN - 1 - i)));
    return e;
}

/* DB LV(RES) LV(CK) LV(IK) ... */
static bool answer_is(const struct verify *v, const struct aka_keys *k)
{
    const uint8_t *at = v->t.data;
    size_t need = 4 + (size_t)k->res_n + k->ck_n + k->ik_n;

    if (v->t.n < need || at[0] != 0xDB || at[1] != k->res_n || at[2 + k->res_n] != k->ck_n)
        return false;
    return ct_equal(at + 2, k->res, k->res_n) && ct_equal(at + 3 + k->res_n, k->ck, k->ck_n) &&
           ct_equal(at + 4 + k->res_n + k->ck_n, k->ik, k->ik_n);
}

static bool authenticates(struct verify *v)
{
    uint8_t rand[AKA_RAND_LEN], sqn[AKA_SQN_LEN] = { 0, 0, 0, 0, 0, 0x20 };
    struct aka_keys keys;
    bool stale = false, ok;
    enum err e = crypto_random(v->x->crypto, rand, sizeof rand);

    if (!e)
        e = challenge(v, sqn, rand, &stale);
    if (!e && stale) {
        e = resynchronise(v, rand, sqn);
        if (!e)
            e = challenge(v, sqn, rand, &stale);
    }
    if (!e)
        e = aka_f2345(v->x->crypto, v->x->aka, rand, &keys);
    if (e)
        return no(v, "AUTHENTICATE", e);
    ok = answer_is(v, &keys);
    wipe(&keys, sizeof keys);
    wipe(v->t.data, sizeof v->t.data);
    return ok || no(v, "AUTHENTICATE: RES, CK or IK are not those of this K", E_BADMAC);
}

bool demo_verify(const struct card_link *link, const struct demo_expected *x, char *what,
                 size_t what_size)
{
    struct verify v = { .x = x, .what = what, .what_size = what_size };

    terminal_init(&v.t, link, 0);
    return iccid_is_right(&v) && imsi_is_right(&v) && authenticates(&v);
}
