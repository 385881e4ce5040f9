#include "profile/metadata_text.h"

#include "base/text.h"

#define GID_MAX     20
#define ADDRESS_MAX 255

const char *metadata_read_owner(struct arena *arena, slice text, slice *mcc_mnc)
{
    char digits[7];
    uint8_t coded[3];
    size_t n = 0;

    for (size_t i = 0; i < text.n && n < sizeof digits; i++)
        if (text.p[i] != '-' || n != 3 || i != 3)
            digits[n++] = (char)text.p[i];
    if (n != 5 && n != 6)
        return "MCC and MNC are needed: 5 or 6 digits";
    digits[n] = '\0';
    if (strspn(digits, "0123456789") != n || mcc_mnc_of_imsi(digits, (unsigned)n - 3, coded))
        return "MCC and MNC are needed: 5 or 6 digits";
    *mcc_mnc = arena_copy(arena, SLICE_OF(coded));
    return mcc_mnc->p ? NULL : "out of memory";
}

const char *metadata_read_gid(struct arena *arena, slice text, slice *gid)
{
    uint8_t octets[GID_MAX];
    size_t n;

    if (hex_decode(text, octets, sizeof octets, &n) || !n)
        return "1 to 20 octets in hexadecimal are needed";
    *gid = arena_copy(arena, slice_of(octets, n));
    return gid->p ? NULL : "out of memory";
}

/* "a,b,c": bit i for words[i]; false when one is none of them, or there is none. */
static bool bits_of(slice text, const char *const *words, size_t count, uint64_t *out)
{
    for (*out = 0; text.n;) {
        const uint8_t *comma = memchr(text.p, ',', text.n);
        slice word = comma ? slice_of(text.p, (size_t)(comma - text.p)) : text;
        size_t i = 0;

        while (i < count && !slice_eq_str(word, words[i]))
            i++;
        if (i == count)
            return false;
        *out |= 1ull << i;
        text = slice_skip(text, word.n + (comma ? 1 : 0));
    }
    return *out != 0;
}

const char *metadata_read_rules(slice text, uint64_t *rules)
{
    /* pprIds: bit 0 is pprUpdateControl (SGP.22 2.4.5.2) */
    static const char *const words[] = { "update-control", "ppr1", "ppr2" };

    return bits_of(text, words, COUNT(words), rules)
               ? NULL
               : "ppr1 (no disabling) or ppr2 (no deletion) is needed, or both with a comma";
}

const char *metadata_read_notification(slice text, struct metadata_notification *n)
{
    static const char *const events[] = { "install", "enable", "disable", "delete" };
    const uint8_t *at = text.n ? memchr(text.p, '@', text.n) : NULL;
    size_t head = at ? (size_t)(at - text.p) : 0;

    n->address = slice_skip(text, head + 1);
    if (!at || !n->address.n || n->address.n > ADDRESS_MAX ||
        !bits_of(slice_head(text, head), events, COUNT(events), &n->events))
        return "EVENTS@ADDRESS is needed, with install, enable, disable, delete between commas";
    return NULL;
}

const char *metadata_check_icon(slice icon)
{
    return icon.n > METADATA_ICON_MAX     ? "the icon has more than 1,024 octets"
           : metadata_icon_type(icon) < 0 ? "the icon is neither JPEG nor PNG"
                                          : NULL;
}
