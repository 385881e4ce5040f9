#include "pki/time.h"

#define DAY_S 86400

/* Days since 1970-01-01. Years begin in March here, so that the leap day is the last. */
static int64_t days(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400, of_era = y % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int month_days(int year, int month)
{
    static const uint8_t table[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return table[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool date_to_seconds(const struct date *d, int64_t *out)
{
    if (d->year < 1 || d->year > 9999 || d->month < 1 || d->month > 12 || d->day < 1 ||
        d->day > month_days(d->year, d->month) || d->hour < 0 || d->hour > 23 || d->minute < 0 ||
        d->minute > 59 || d->second < 0 || d->second > 59)
        return false;
    *out = days(d->year, d->month, d->day) * DAY_S + d->hour * 3600 + d->minute * 60 + d->second;
    return true;
}

bool date_from_seconds(int64_t seconds, struct date *out)
{
    static const struct date first = { .year = 1, .month = 1, .day = 1 };
    static const struct date last = { 9999, 12, 31, 23, 59, 59 };
    int64_t from = 0, to = 0;

    if (!date_to_seconds(&first, &from) || !date_to_seconds(&last, &to) || seconds < from ||
        seconds > to)
        return false;
    /* days counted from 0000-03-01 */
    int64_t z = (seconds - from) / DAY_S + 306, of_day = (seconds - from) % DAY_S;
    int64_t era = z / 146097, of_era = z % 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153; /* 0 is March */

    out->day = (int)(of_year - (153 * m + 2) / 5 + 1);
    out->month = (int)(m < 10 ? m + 3 : m - 9);
    out->year = (int)(y + era * 400 + (out->month <= 2));
    out->hour = (int)(of_day / 3600);
    out->minute = (int)(of_day / 60 % 60);
    out->second = (int)(of_day % 60);
    return true;
}
