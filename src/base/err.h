/*
 * The one error type. Each error says who can act on it:
 *
 *   PEER   what arrived is malformed or out of place; the sender must change it
 *   AUTH   a proof does not verify; nothing that depends on it may happen
 *   NO     the question was understood and the answer is no (not found, refused, out of turn)
 *   CALLER our own caller passed something unusable (buffer too small, bad argument)
 *   SYSTEM the machine failed us (memory, disk, network)
 *
 * Functions that can fail return `enum err` and are MUST_USE. What a remote party can cause is an
 * error value; assert() is for our own broken promises.
 */
#ifndef DUNLIN_BASE_ERR_H
#define DUNLIN_BASE_ERR_H

#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))

enum err_class { ERR_NONE, ERR_PEER, ERR_AUTH, ERR_NO, ERR_CALLER, ERR_SYSTEM };

/* clang-format off */
#define ERRORS(X)                                                                  \
    X(OK,           NONE,   "ok")                                                  \
    X(TRUNCATED,    PEER,   "input ends inside an element")                        \
    X(TRAILING,     PEER,   "octets left over after the element")                  \
    X(LENGTH,       PEER,   "length field is not usable")                          \
    X(TAG,          PEER,   "element has an unexpected tag")                       \
    X(MISSING,      PEER,   "mandatory element is missing")                        \
    X(REPEATED,     PEER,   "element is repeated or out of order")                 \
    X(SIZE,         PEER,   "size is outside its limits")                          \
    X(RANGE,        PEER,   "value is outside its range")                          \
    X(SYNTAX,       PEER,   "value is malformed")                                  \
    X(CHOICE,       PEER,   "none of the alternatives matches")                    \
    X(UNSUPPORTED,  PEER,   "well formed, but not supported here")                 \
    X(LIMIT,        PEER,   "a limit of ours is exceeded")                         \
    X(BADSIG,       AUTH,   "signature does not verify")                           \
    X(BADMAC,       AUTH,   "MAC does not verify")                                 \
    X(BADCERT,      AUTH,   "certificate is not acceptable for this use")          \
    X(EXPIRED,      AUTH,   "outside its period of validity")                      \
    X(UNTRUSTED,    AUTH,   "issuer is not known or not trusted")                  \
    X(REVOKED,      AUTH,   "certificate is revoked by its issuer")                \
    X(BADKEY,       AUTH,   "key or point is not on the curve")                    \
    X(NOTFOUND,     NO,     "not found")                                           \
    X(EXISTS,       NO,     "exists already")                                      \
    X(CONFLICT,     NO,     "changed meanwhile by another")                        \
    X(REFUSED,      NO,     "refused")                                             \
    X(STATE,        NO,     "not possible in this state")                          \
    X(AGAIN,        NO,     "more input is needed")                                \
    X(CLOSED,       NO,     "the other side closed")                               \
    X(TIMEOUT,      SYSTEM, "time ran out")                                        \
    X(NOSPACE,      CALLER, "buffer is too small")                                 \
    X(ARGUMENT,     CALLER, "argument is not usable")                              \
    X(MEMORY,       SYSTEM, "out of memory")                                       \
    X(STORAGE,      SYSTEM, "storage failed")                                      \
    X(NETWORK,      SYSTEM, "network failed")                                      \
    X(CRYPTO,       SYSTEM, "cryptographic provider failed")                       \
    X(RANDOM,       SYSTEM, "no random numbers available")                         \
    X(INTERNAL,     SYSTEM, "a promise of our own code was broken")
/* clang-format on */

enum err {
#define X(name, who, text) E_##name,
    ERRORS(X)
#undef X
        E__COUNT
};

/* "E_TRUNCATED"; never NULL. */
const char *err_name(enum err e);
/* The sentence of the table; never NULL. */
const char *err_text(enum err e);
enum err_class err_class(enum err e);

/*
 * Where in a message a fault lies. The path is made of names from the schema tables (static
 * storage), outermost first; an element of a list carries its index. Only the first fault is kept.
 */
#define FAULT_DEPTH 12

struct fault {
    enum err err;
    uint8_t depth;
    struct {
        const char *name; /* NULL: only the index counts */
        int32_t index;    /* -1: not an element of a list */
    } path[FAULT_DEPTH];
    size_t at; /* octets from the start of the outermost input to the offending element */
};

/*
 * Writes "euiccPackageSigned.counterValue: value is outside its range (octet 27)" with a closing
 * NUL; cuts what does not fit. Returns buf.
 */
const char *fault_print(const struct fault *f, char *buf, size_t size);
/* Only the dotted path, "" for the message itself. */
const char *fault_path(const struct fault *f, char *buf, size_t size);

#endif
