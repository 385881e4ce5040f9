/* Redundancy checks (ISO/IEC 13239): reflected polynomials, all ones at the start, complemented. */
#include "euicc/ota/ota_impl.h"

static uint32_t crc(const slice *parts, size_t count, uint32_t polynomial, uint32_t start)
{
    uint32_t sum = start;

    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; at < parts[i].n; at++) {
            sum ^= parts[i].p[at];
            for (int bit = 0; bit < 8; bit++)
                sum = sum >> 1 ^ (sum & 1 ? polynomial : 0);
        }
    return sum ^ start;
}

void crc16(const slice *parts, size_t count, uint8_t out[2])
{
    uint32_t sum = crc(parts, count, 0x8408, 0xFFFF);

    out[0] = (uint8_t)(sum >> 8);
    out[1] = (uint8_t)sum;
}

void crc32(const slice *parts, size_t count, uint8_t out[4])
{
    uint32_t sum = crc(parts, count, 0xEDB88320, 0xFFFFFFFF);

    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(sum >> 8 * (3 - i));
}
