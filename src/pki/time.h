/* Dates of the Gregorian calendar and seconds since 1970, for every year that a certificate names.
 */
#ifndef DUNLIN_PKI_TIME_H
#define DUNLIN_PKI_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct date {
    int year, month, day; /* 1..12, 1..31 */
    int hour, minute, second;
};

/* False for a date that does not exist, or a leap second. */
bool date_to_seconds(const struct date *d, int64_t *out);
/* False outside the years 1 to 9999. */
bool date_from_seconds(int64_t seconds, struct date *out);

#endif
