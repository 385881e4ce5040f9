/* The words of status codes: apart from the numbers, which the device libraries use alone. */
#include "rsp/status.h"

#include <stdio.h>

/* clang-format off */

/* SGP.22 5.2.6.1 */
#define SUBJECTS(X)                                                                                \
    X("1",      "generic")                                                                         \
    X("1.1",    "function requester")                                                              \
    X("1.2",    "function provider")                                                               \
    X("1.3",    "protocol")                                                                        \
    X("1.3.1",  "protocol format")                                                                 \
    X("1.3.2",  "protocol version")                                                                \
    X("1.6",    "function")                                                                        \
    X("8.1",    "eUICC")                                                                           \
    X("8.1.1",  "EID")                                                                             \
    X("8.1.2",  "EUM certificate")                                                                 \
    X("8.1.3",  "eUICC certificate")                                                               \
    X("8.2",    "profile")                                                                         \
    X("8.2.1",  "ICCID")                                                                           \
    X("8.2.5",  "profile type")                                                                    \
    X("8.2.6",  "matching id")                                                                     \
    X("8.2.7",  "confirmation code")                                                               \
    X("8.2.8",  "profile policy rules")                                                            \
    X("8.2.9",  "profile metadata")                                                                \
    X("8.2.10", "bound profile package")                                                           \
    X("8.8",    "SM-DP+")                                                                          \
    X("8.8.1",  "SM-DP+ address")                                                                  \
    X("8.8.2",  "security configuration of the SM-DP+")                                            \
    X("8.8.3",  "version supported by the SM-DP+")                                                 \
    X("8.8.4",  "SM-DP+ certificate")                                                              \
    X("8.8.5",  "download order")                                                                  \
    X("8.9",    "SM-DS")                                                                           \
    X("8.9.1",  "SM-DS address")                                                                   \
    X("8.9.2",  "security configuration of the SM-DS")                                             \
    X("8.9.3",  "version supported by the SM-DS")                                                  \
    X("8.9.4",  "SM-DS certificate")                                                               \
    X("8.9.5",  "event record")                                                                    \
    X("8.10.1", "transaction id")                                                                  \
    X("8.11",   "CI")                                                                              \
    X("8.11.1", "CI public key")                                                                   \
    X("8.31.2", "eIM transaction id")

/* SGP.22 5.2.6.2 */
#define REASONS(X)                                                                                 \
    X("1.1",  "unknown")                                                                           \
    X("1.2",  "not allowed")                                                                       \
    X("2.1",  "invalid")                                                                           \
    X("2.2",  "mandatory element missing")                                                         \
    X("2.3",  "conditional element missing")                                                       \
    X("3.1",  "unsupported")                                                                       \
    X("3.3",  "already in use")                                                                    \
    X("3.5",  "invalid transition")                                                                \
    X("3.7",  "unavailable")                                                                       \
    X("3.8",  "refused")                                                                           \
    X("3.9",  "unknown")                                                                           \
    X("3.10", "invalid association")                                                               \
    X("3.11", "value has changed")                                                                 \
    X("4.2",  "execution error")                                                                   \
    X("4.3",  "stopped on warning")                                                                \
    X("4.8",  "insufficient memory")                                                               \
    X("4.10", "time to live expired")                                                              \
    X("5.1",  "inaccessible")                                                                      \
    X("6.1",  "verification failed")                                                               \
    X("6.3",  "expired")                                                                           \
    X("6.4",  "maximum number of attempts exceeded")

#define SENTENCES(X)                                                                               \
    X("8.8.1",  "3.8",  "This SM-DP+ does not serve the address that the device asked for.")       \
    X("8.8.1",  "3.10", "The SM-DP+ signed another address than the one that was contacted.")      \
    X("8.8",    "3.10", "The SM-DP+ is not the one that the activation code names.")               \
    X("8.8.2",  "3.1",  "The eUICC trusts none of the CIs that certify this SM-DP+.")              \
    X("8.8.3",  "3.1",  "The eUICC speaks a version of SGP.22 that this SM-DP+ does not support.") \
    X("8.8.4",  "3.7",  "The SM-DP+ trusts none of the CIs that certify this eUICC.")              \
    X("8.9.1",  "3.8",  "This SM-DS does not serve the address that the device asked for.")        \
    X("8.9.2",  "3.1",  "The eUICC trusts none of the CIs that certify this SM-DS.")               \
    X("8.9.3",  "3.1",  "The eUICC speaks a version of SGP.22 that this SM-DS does not support.")  \
    X("8.9.4",  "3.7",  "The SM-DS trusts none of the CIs that certify this eUICC.")               \
    X("8.9.5",  "3.9",  "There is no such event.")                                                 \
    X("8.9.5",  "3.3",  "An event with this id is registered already.")                            \
    X("8.1.2",  "6.1",  "The certificate of the eUICC manufacturer is not valid.")                 \
    X("8.1.2",  "6.3",  "The certificate of the eUICC manufacturer has expired.")                  \
    X("8.1.3",  "6.1",  "The certificate of the eUICC is not valid.")                              \
    X("8.1.3",  "6.3",  "The certificate of the eUICC has expired.")                               \
    X("8.1",    "6.1",  "The signature of the eUICC, or what it signed, is wrong.")                \
    X("8.1",    "4.8",  "The eUICC has too little memory for the profile.")                        \
    X("8.11.1", "3.9",  "The CI public key is not known here.")                                    \
    X("8.10.1", "3.9",  "The transaction id is unknown; the session may have ended.")              \
    X("8.2.6",  "3.8",  "The matching id is unknown or was refused.")                              \
    X("8.2.6",  "3.3",  "The matching id belongs to another order.")                               \
    X("8.1.1",  "3.8",  "There is no download order for this EID, or it is for another EID.")      \
    X("8.1.1",  "3.7",  "The eIM has no package for this eUICC.")                                  \
    X("8.1.1",  "3.9",  "The EID is not known here.")                                              \
    X("8.1.1",  "2.1",  "The EID is malformed.")                                                   \
    X("8.1.1",  "2.2",  "The EID is missing.")                                                     \
    X("8.1.1",  "3.10", "The EID differs from the one of the order.")                              \
    X("8.2",    "1.2",  "The profile has not been released for download.")                         \
    X("8.2",    "3.7",  "The bound profile package cannot be made for a second download.")         \
    X("8.2.5",  "4.3",  "No profile is suitable for this device and eUICC.")                       \
    X("8.8.5",  "4.10", "The download order has expired.")                                         \
    X("8.8.5",  "6.4",  "The download was tried too many times.")                                  \
    X("8.2.7",  "2.2",  "The confirmation code is missing.")                                       \
    X("8.2.7",  "3.8",  "The confirmation code is wrong.")                                         \
    X("8.2.7",  "6.4",  "A wrong confirmation code was given too many times.")                     \
    X("8.2.8",  "1.2",  "The policy rules of the profile are not allowed on this eUICC.")          \
    X("8.2.9",  "3.11", "The metadata inside the package differs from what was announced.")        \
    X("8.2.1",  "1.2",  "The caller may not use this ICCID.")                                      \
    X("8.2.1",  "3.9",  "The ICCID is unknown.")                                                   \
    X("8.2.1",  "3.3",  "The ICCID is in use by another order.")                                   \
    X("8.2.1",  "3.5",  "The profile is not in a state that allows this.")                         \
    X("8.2.5",  "1.2",  "The caller may not use this profile type.")                               \
    X("8.2.5",  "3.9",  "The profile type is unknown.")                                            \
    X("8.2.5",  "3.7",  "No profile of this type is left in stock.")                               \
    X("8.2.5",  "3.8",  "The profile type does not fit the ICCID.")                                \
    X("8.9",    "5.1",  "The SM-DS cannot be reached.")                                            \
    X("8.9",    "4.2",  "The SM-DS could not carry out the request.")                              \
    X("8.31.2", "3.10", "The eIM does not know this eIM transaction id.")

#define TEXT_ROW(code, text)                { code, text },
#define SENTENCE_ROW(subject, reason, text) { subject, reason, text },
/* clang-format on */

struct text_row {
    const char *code;
    const char *text;
};

static const struct text_row subjects[] = { SUBJECTS(TEXT_ROW) };
static const struct text_row reasons[] = { REASONS(TEXT_ROW) };

static const struct {
    const char *subject, *reason, *text;
} sentences[] = { SENTENCES(SENTENCE_ROW) };

static const char *text_of(const struct text_row *rows, size_t count, slice code)
{
    for (size_t i = 0; i < count; i++)
        if (slice_eq_str(code, rows[i].code))
            return rows[i].text;
    return NULL;
}

const char *status_subject_text(slice subject)
{
    return text_of(subjects, COUNT(subjects), subject);
}

const char *status_reason_text(slice reason)
{
    return text_of(reasons, COUNT(reasons), reason);
}

const char *status_sentence(slice subject, slice reason, char *buf, size_t size)
{
    const char *s = status_subject_text(subject), *r = status_reason_text(reason);

    for (size_t i = 0; i < COUNT(sentences); i++)
        if (slice_eq_str(subject, sentences[i].subject) &&
            slice_eq_str(reason, sentences[i].reason))
            return sentences[i].text;
    snprintf(buf, size, "%.*s/%.*s (%s: %s)", (int)slice_head(subject, 16).n,
             (const char *)subject.p, (int)slice_head(reason, 16).n, (const char *)reason.p,
             s ? s : "subject not known", r ? r : "reason not known");
    return buf;
}
