/* PROVIDE LOCAL INFORMATION (TS 102 223 6.4.15): who and where the terminal is. */
#include "terminal/mobile_impl.h"

#include <stdio.h>
#include <time.h>

enum { LOCATION = 0x00, IMEI = 0x01, DATE = 0x03, LANGUAGE = 0x04, ACCESS = 0x06, IMEISV = 0x08 };
enum { TAG_LOCATION = 0x13, TAG_IMEI = 0x14, TAG_DATE = 0x26, TAG_LANGUAGE = 0x2D };
enum { TAG_ACCESS = 0x3F, TAG_IMEISV = 0x62 };

static const struct mobile_location home = { .mcc = "001", .mnc = "01", .lac = 1, .cell = 1 };

static bool digits(const char *s, size_t n)
{
    return strlen(s) == n && strspn(s, "0123456789") == n;
}

/* TS 24.008 10.5.1.4: mobile identity, type 2 with an odd number of digits or 3 with an even one.
 */
static void identity(const char *text, size_t n, uint8_t *out)
{
    out[0] = (uint8_t)((text[0] - '0') << 4 | (n % 2 ? 0x08 | 0x02 : 0x03));
    for (size_t i = 1; i < n; i += 2)
        out[(i + 1) / 2] = (uint8_t)((i + 1 < n ? text[i + 1] - '0' : 0x0F) << 4 | (text[i] - '0'));
}

/* TS 24.008 10.5.1.3: MCC and MNC, LAC, cell. */
enum err location_octets(const struct mobile_location *l, uint8_t out[7])
{
    size_t n = strnlen(l->mnc, sizeof l->mnc);

    if (strnlen(l->mcc, sizeof l->mcc) != 3 || n < 2 || n > 3 || !digits(l->mcc, 3) ||
        !digits(l->mnc, n))
        return E_ARGUMENT;
    out[0] = (uint8_t)((l->mcc[1] - '0') << 4 | (l->mcc[0] - '0'));
    out[1] = (uint8_t)((n == 3 ? l->mnc[2] - '0' : 0x0F) << 4 | (l->mcc[2] - '0'));
    out[2] = (uint8_t)((l->mnc[1] - '0') << 4 | (l->mnc[0] - '0'));
    out[3] = (uint8_t)(l->lac >> 8);
    out[4] = (uint8_t)l->lac;
    out[5] = (uint8_t)(l->cell >> 8);
    out[6] = (uint8_t)l->cell;
    return E_OK;
}

/* The numbers that stand in for those of the options are of the kind that is for tests. */
enum err identities(struct mobile *m)
{
    const char *imei = m->o.imei ? m->o.imei : "004999010640000";
    const char *imeisv = m->o.imeisv ? m->o.imeisv : "0049990106400001";
    uint8_t octets[7];

    if (!digits(imei, 15) || !digits(imeisv, 16) || (m->o.language && strlen(m->o.language) != 2))
        return E_ARGUMENT;
    identity(imei, 15, m->imei);
    identity(imeisv, 16, m->imeisv);
    m->location = m->o.location.mcc[0] ? m->o.location : home;
    return location_octets(&m->location, octets);
}

static uint8_t swapped(int n)
{
    return (uint8_t)(n % 10 << 4 | n / 10 % 10);
}

/* 8.39: in UTC. */
static void put_date(const struct mobile *m, struct proactive_answer *a)
{
    time_t now = m->o.date_s ? (time_t)m->o.date_s(m->o.ctx) : time(NULL);
    struct tm t = { .tm_mday = 1 };

    (void)!gmtime_r(&now, &t);
    const uint8_t octets[7] = { swapped(t.tm_year % 100),
                                swapped(t.tm_mon + 1),
                                swapped(t.tm_mday),
                                swapped(t.tm_hour),
                                swapped(t.tm_min),
                                swapped(t.tm_sec),
                                0x00 };
    proactive_answer_put(a, TAG_DATE, SLICE_OF(octets));
}

void perform_local_information(struct mobile *m, const struct proactive *c,
                               struct proactive_answer *a)
{
    uint8_t location[7];

    proactive_answer(a, c, PROACTIVE_PERFORMED, -1);
    switch (c->qualifier) {
    case LOCATION:
        if (!m->registered || location_octets(&m->location, location))
            proactive_answer(a, c, PROACTIVE_TERMINAL_UNABLE, NO_SERVICE);
        else
            proactive_answer_put(a, TAG_LOCATION, SLICE_OF(location));
        break;
    case IMEI:
        proactive_answer_put(a, TAG_IMEI, SLICE_OF(m->imei));
        break;
    case DATE:
        put_date(m, a);
        break;
    case LANGUAGE:
        proactive_answer_put(a, TAG_LANGUAGE, slice_str(m->o.language ? m->o.language : "en"));
        break;
    case ACCESS:
        proactive_answer_put(a, TAG_ACCESS, slice_of(&m->o.access_technology, 1));
        break;
    case IMEISV:
        proactive_answer_put(a, TAG_IMEISV, SLICE_OF(m->imeisv));
        break;
    default:
        proactive_answer(a, c, PROACTIVE_BEYOND_CAPABILITIES, -1);
    }
}
