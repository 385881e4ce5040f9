/*
 * What the eIMs are to know of the device around the card: its IMEI (TS 102 223 6.4.15, 8.20), of
 * which DeviceInfo is made (SGP.22 4.2). The last one that the eIMs know of is kept; another one is
 * reported to them as deviceChange (SGP.32 5.6, 6.3.2.6), and so are changes of the enabled profile
 * that the device makes by itself.
 */
#include "euicc/ipae/ipae_impl.h"

#include "der/der.h"
#include "rsp/sgp32.h"

enum {
    OBJ_IMEI = IPAE_OBJECTS + 1,  /* IMEI_LEN octets, TBCD */
    OBJ_CHANGE = IPAE_OBJECTS + 2 /* a stateChangeCause that was not reported yet, one octet */
};
enum { QUALIFIER_IMEI = 0x01, IMEI_DIGITS = 15, IDENTITY_IMEI = 0x02, IDENTITY_TYPE = 0x07 };

/*
 * From the Mobile Identity of TS 24.008 10.5.1.4, whose first digit stands beside the type, to
 * TBCD, where the check digit ends it above a filler.
 */
static bool imei_read(slice identity, uint8_t imei[IMEI_LEN])
{
    uint8_t digits[IMEI_DIGITS + 1];

    if (identity.n != IMEI_LEN || (identity.p[0] & IDENTITY_TYPE) != IDENTITY_IMEI)
        return false;
    for (size_t i = 0; i < IMEI_DIGITS; i++) {
        uint8_t octet = identity.p[(i + 1) / 2];

        digits[i] = i % 2 ? octet & 0x0F : octet >> 4;
        if (digits[i] > 9)
            return false;
    }
    for (size_t i = 0; i < IMEI_LEN - 1; i++)
        imei[i] = (uint8_t)(digits[2 * i] | digits[2 * i + 1] << 4);
    imei[IMEI_LEN - 1] = (uint8_t)(digits[IMEI_DIGITS - 1] << 4 | 0x0F);
    return true;
}

static bool told(const struct device *d)
{
    static const uint8_t nothing[IMEI_LEN];

    return memcmp(d->imei, nothing, IMEI_LEN) != 0;
}

/* 30 { 80 tac, A1 { 85 LTE, release 9 }, [82 imei] } */
static void make_info(struct device *d)
{
    static const uint8_t capabilities[] = { 0xA1, 0x05, 0x85, 0x03, 0x09, 0x00, 0x00 };
    struct der_writer w = der_writer(d->info, sizeof d->info);
    slice out;

    if (told(d))
        der_put_tlv(&w, 0x82, SLICE_OF(d->imei));
    der_put(&w, SLICE_OF(capabilities));
    der_put_tlv(&w, 0x80, slice_of(d->imei, 4));
    der_wrap(&w, 0x30, 0);
    if (der_written(&w, &out))
        out = SLICE_EMPTY;
    memmove(d->info, out.p, out.n);
    d->info_n = (uint8_t)out.n;
}

static void known(struct ipae *e)
{
    struct device *d = &e->device;
    slice last = objects_get(card_objects(e->card), OBJ_IMEI);

    make_info(d);
    d->changed = told(d) && last.p && !slice_eq(last, SLICE_OF(d->imei));
    d->state = DEVICE_KNOWN;
}

static void answered(struct card *card, void *ctx, int result, slice body)
{
    struct ipae *e = ctx;

    (void)card;
    if (result < 0) {
        e->device.state = DEVICE_UNKNOWN;
        return;
    }
    if (result >= CAT_NOT_PERFORMED || !imei_read(cat_tlv(body, CAT_TAG_IMEI), e->device.imei))
        memset(e->device.imei, 0, IMEI_LEN);
    known(e);
}

bool device_known(struct ipae *e)
{
    enum err err;

    if (e->device.state != DEVICE_UNKNOWN)
        return e->device.state == DEVICE_KNOWN;
    memset(e->device.imei, 0, IMEI_LEN);
    err = cat_provide_local_information(e->card, QUALIFIER_IMEI, answered, e);
    if (!err)
        e->device.state = DEVICE_ASKED;
    else if (err != E_LIMIT)
        known(e); /* the terminal does not have the command */
    return e->device.state == DEVICE_KNOWN;
}

/* Without the room for it the eIMs are not told. */
void change_happened(struct ipae *e, int cause)
{
    uint8_t octet = (uint8_t)cause;

    (void)!objects_put(card_objects(e->card), OBJ_CHANGE, slice_of(&octet, 1));
}

int change_to_report(struct ipae *e)
{
    slice cause = objects_get(card_objects(e->card), OBJ_CHANGE);

    return e->device.changed ? STATE_CHANGE_DEVICE : cause.n == 1 ? cause.p[0] : -1;
}

static void keep_imei(struct ipae *e)
{
    struct objects *o = card_objects(e->card);
    struct device *d = &e->device;

    if (!told(d) || slice_eq(objects_get(o, OBJ_IMEI), SLICE_OF(d->imei)))
        return;
    if (!objects_put(o, OBJ_IMEI, SLICE_OF(d->imei))) /* else it is reported once more */
        d->changed = false;
}

void change_reported(struct ipae *e)
{
    struct objects *o = card_objects(e->card);

    keep_imei(e);
    if (objects_get(o, OBJ_CHANGE).p)
        (void)!objects_delete(o, OBJ_CHANGE);
}
