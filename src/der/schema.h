/*
 * Messages are data: one table per ASN.1 type, one engine that decodes, encodes, checks and prints.
 *
 * The rows of a type are written once, as an X-macro; the C struct and the table both grow from it:
 *
 *     #define EUICC_PACKAGE_SIGNED(F, S)                                                   \
 *         F(S, UTF8,   0x80, M,  1,     128, eim_id,        "eimId",        0)             \
 *         F(S, OCTETS, 0x5A, M, 16,      16, eid_value,     "eidValue",     0)             \
 *         F(S, INT,    0x81, M,  0, INT_MAX, counter_value, "counterValue", 0)             \
 *         F(S, CHOICE,    0, M,  0,       0, euicc_package, "euiccPackage", euicc_package)
 *
 * Columns: kind, tag, presence, lower limit, upper limit, member of the C struct, name in the
 * specification, and what else the kind needs (see below). A header lists its types once,
 *
 *     #define SGP32_TYPES(SEQ, CHOICE, LIST, PRIM)                                             \
 *         CHOICE(euicc_package,       EUICC_PACKAGE,        "EuiccPackage", 0, "2.11.1.1")     \
 *         SEQ(euicc_package_signed,   EUICC_PACKAGE_SIGNED, "EuiccPackageSigned", 0x30, "2.11.1.1")
 *     SGP32_TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)
 *
 * and one C file says SGP32_TYPES(SCHEMA_SEQ_C, SCHEMA_CHOICE_C, SCHEMA_LIST_C, SCHEMA_PRIM_C).
 * This gives `struct euicc_package_signed` and `T_euicc_package_signed`. A CHOICE c has a member
 * `which`, 0 or one of `enum c_is { c_is_<arm>... }`, and the arms in an anonymous union.
 *
 *     LIST(eim_id_info_list, eim_id_info, "EimIdInfoList", 0xA0, 0, 0, "2.11.2.1")   element type
 *     PRIM(version_type, OCTETS, "VersionType", 0x04, 3, 3, 0, "4.1")        kind, limits, names
 *
 * define a named SEQUENCE OF and a named primitive, for use as an element, inside RAW, or alone.
 *
 *   kind    member(s)                 limits           last column
 *   OCTETS  slice                     octets           0
 *   UTF8    slice                     characters       0
 *   INT     int64_t x; bool has_x     value            0 or an array of struct value_name
 *   BOOL    bool x; bool has_x        -                0
 *   NULL    bool x (is it there)      -                0; a constructed tag makes it an empty
 * SEQUENCE BITS    slice: content octets     named bits       0 or an array of struct value_name
 * (bit names) OID     slice: content octets     octets           0 SEQ     struct T x; bool has_x
 * -                type CHOICE  struct T x (x.which)      -                type; a tag here is
 * EXPLICIT LIST    slice: the elements       elements         type of an element; walk it with
 * schema_next RAW     slice: the whole element  octets, or 0, 0  type of what is inside, or `any`
 *
 * RAW is how signed and forwarded parts are kept: checked against their type on decoding, but left
 * as the octets that arrived; on encoding they are written as they are (under the row's tag).
 * A slice that is absent has p == NULL. Presence M is mandatory, O optional, D(n) has a default n
 * (INT, BOOL): set on decoding when absent, left out on encoding when equal. O13 is optional since
 * version 1.3 of SGP.32 and is encoded only in that dialect.
 * A kind with the prefix ALIAS_ (INT and OCTETS only, presence A) gives the row before it a second
 * tag that some peers send; it names the same member and is never encoded.
 *
 * Rows are matched in order. Unknown elements are skipped wherever they stand (the modules say
 * EXTENSIBILITY IMPLIED); a known element that is repeated or out of order is E_REPEATED.
 *
 * After a successful decode every limit of the table holds, every slice lies inside the input, and
 * everything inside RAW and LIST parts has been checked as well. The engine allocates nothing.
 */
#ifndef DUNLIN_DER_SCHEMA_H
#define DUNLIN_DER_SCHEMA_H

#include "der/der.h"

#include <limits.h>

enum kind {
    K_OCTETS,
    K_UTF8,
    K_INT,
    K_BOOL,
    K_NULL,
    K_BITS,
    K_OID,
    K_SEQ,
    K_CHOICE,
    K_LIST,
    K_RAW
};

struct value_name {
    int32_t value;
    const char *name;
};
/* Closes an array of names. */
#define VALUE_NAMES_END                                                                            \
    {                                                                                              \
        0, NULL                                                                                    \
    }
/* The name of a value, or NULL. names may be NULL. */
const char *value_name(const struct value_name *names, int64_t value);

enum field_flag { FIELD_OPTIONAL = 1, FIELD_DEFAULT = 2, FIELD_ALIAS = 4 };

/* Versions of SGP.32 that an encoder may be told to speak. */
enum dialect { DIALECT_BASE = 0, DIALECT_V13 = 13 };

struct type;

struct field {
    const char *name;
    const struct type *type;
    const struct value_name *names;
    uint32_t tag;
    int32_t min, max;
    int32_t dflt;
    uint16_t offset; /* of the value in the C struct */
    uint16_t has;    /* of its has_ flag; 0 where the kind has none */
    uint8_t kind, flags, since;
};

struct type {
    const char *name;   /* "EuiccPackageSigned" */
    const char *clause; /* "SGP.32 2.11.1.1" */
    const struct field *fields;
    const struct type *element;     /* LIST */
    const struct value_name *names; /* of a primitive */
    uint32_t tag;                   /* 0: an untagged CHOICE, or anything (T_any) */
    int32_t min, max;               /* of a primitive, or elements of a LIST; 0, 0: no limit */
    uint16_t count;                 /* of fields */
    uint16_t size;                  /* of the C struct */
    uint8_t kind;
};

/* Any element, unchecked inside. */
extern const struct type T_any;

/*
 * Decodes exactly one element of type t. out is the type's C struct (for a primitive: slice,
 * int64_t or bool), or NULL to check only. Slices point into `in`. On failure *f (may be NULL) says
 * where, and *out is undefined.
 */
MUST_USE enum err schema_decode(const struct type *t, slice in, void *out, struct fault *f);
/*
 * Decodes the first element of *rest and moves *rest behind it. Returns false at the end of *rest.
 * For the slices of LIST rows, which have been checked: no failure is possible there.
 */
bool schema_next(const struct type *element, slice *rest, void *out);
static inline enum err schema_check(const struct type *t, slice in, struct fault *f)
{
    return schema_decode(t, in, NULL, f);
}

/* Writes one element in front of what *w holds. On failure *f (may be NULL) says which field. */
MUST_USE enum err schema_write(const struct type *t, const void *value, enum dialect dialect,
                               struct der_writer *w, struct fault *f);
/* Encodes into the end of buf; *out is the result inside buf. */
MUST_USE enum err schema_encode(const struct type *t, const void *value, void *buf, size_t size,
                                slice *out, struct fault *f);

/* Does an element with this tag begin a value of type t? */
bool schema_starts(const struct type *t, uint32_t tag);

/* ---- what the X-macros expand to ------------------------------------------------------------ */
/* clang-format off */

#ifdef DUNLIN_NO_NAMES
#define SCHEMA_NAME(s) NULL
#else
#define SCHEMA_NAME(s) (s)
#endif

/* members of a SEQUENCE */
#define SCHEMA_MEMBER(S, kind, tag, opt, lo, hi, c, name, x) SCHEMA_MEMBER_##kind(c, x)
#define SCHEMA_MEMBER_OCTETS(c, x) slice c;
#define SCHEMA_MEMBER_UTF8(c, x)   slice c;
#define SCHEMA_MEMBER_INT(c, x)    int64_t c; bool has_##c;
#define SCHEMA_MEMBER_BOOL(c, x)   bool c; bool has_##c;
#define SCHEMA_MEMBER_NULL(c, x)   bool c;
#define SCHEMA_MEMBER_BITS(c, x)   slice c;
#define SCHEMA_MEMBER_OID(c, x)    slice c;
#define SCHEMA_MEMBER_SEQ(c, x)    struct x c; bool has_##c;
#define SCHEMA_MEMBER_CHOICE(c, x) struct x c;
#define SCHEMA_MEMBER_LIST(c, x)   slice c;
#define SCHEMA_MEMBER_RAW(c, x)    slice c;
#define SCHEMA_MEMBER_ALIAS_INT(c, x)
#define SCHEMA_MEMBER_ALIAS_OCTETS(c, x)

/* arms of a CHOICE, and their numbers */
#define SCHEMA_ARM(S, kind, tag, opt, lo, hi, c, name, x) SCHEMA_ARM_##kind(c, x)
#define SCHEMA_ARM_OCTETS(c, x) slice c;
#define SCHEMA_ARM_UTF8(c, x)   slice c;
#define SCHEMA_ARM_INT(c, x)    int64_t c;
#define SCHEMA_ARM_BOOL(c, x)   bool c;
#define SCHEMA_ARM_NULL(c, x)   bool c;
#define SCHEMA_ARM_BITS(c, x)   slice c;
#define SCHEMA_ARM_OID(c, x)    slice c;
#define SCHEMA_ARM_SEQ(c, x)    struct x c;
#define SCHEMA_ARM_CHOICE(c, x) struct x c;
#define SCHEMA_ARM_LIST(c, x)   slice c;
#define SCHEMA_ARM_RAW(c, x)    slice c;
#define SCHEMA_ARM_ALIAS_INT(c, x)
#define SCHEMA_ARM_ALIAS_OCTETS(c, x)

#define SCHEMA_NUMBER(S, kind, tag, opt, lo, hi, c, name, x) SCHEMA_NUMBER_##opt(S, c)
#define SCHEMA_NUMBER_M(S, c) S##_is_##c,
#define SCHEMA_NUMBER_A(S, c) S##_alias_##c,

/* presence */
#define SCHEMA_OPT_M    .flags = 0
#define SCHEMA_OPT_O    .flags = FIELD_OPTIONAL
#define SCHEMA_OPT_D(n) .flags = FIELD_OPTIONAL | FIELD_DEFAULT, .dflt = (n)
#define SCHEMA_OPT_O13  .flags = FIELD_OPTIONAL, .since = DIALECT_V13
#define SCHEMA_OPT_A    .flags = FIELD_OPTIONAL | FIELD_ALIAS

/* rows of the table; has_ flags exist in sequences only */
#define SCHEMA_SEQ_ROW(S, kind_, t, opt, lo, hi, c, n, x)                                          \
    { .kind = K_##kind_, .tag = (t), SCHEMA_OPT_##opt, .min = (lo), .max = (hi),                   \
      .name = SCHEMA_NAME(n), .offset = offsetof(struct S, c), SCHEMA_X_##kind_(x)                 \
      SCHEMA_HAS_##kind_(S, c) },
#define SCHEMA_ARM_ROW(S, kind_, t, opt, lo, hi, c, n, x)                                          \
    { .kind = K_##kind_, .tag = (t), SCHEMA_OPT_##opt, .min = (lo), .max = (hi),                   \
      .name = SCHEMA_NAME(n), .offset = offsetof(struct S, c), SCHEMA_X_##kind_(x) },
#define SCHEMA_X_OCTETS(x)
#define SCHEMA_X_UTF8(x)
#define SCHEMA_X_INT(x)          .names = x,
#define SCHEMA_X_BOOL(x)
#define SCHEMA_X_NULL(x)
#define SCHEMA_X_BITS(x)         .names = x,
#define SCHEMA_X_OID(x)
#define SCHEMA_X_SEQ(x)          .type = &T_##x,
#define SCHEMA_X_CHOICE(x)       .type = &T_##x,
#define SCHEMA_X_LIST(x)         .type = &T_##x,
#define SCHEMA_X_RAW(x)          .type = &T_##x,
#define SCHEMA_X_ALIAS_INT(x)    .names = x,
#define SCHEMA_X_ALIAS_OCTETS(x)
#define SCHEMA_HAS_OCTETS(S, c)
#define SCHEMA_HAS_UTF8(S, c)
#define SCHEMA_HAS_INT(S, c)       .has = offsetof(struct S, has_##c),
#define SCHEMA_HAS_BOOL(S, c)      .has = offsetof(struct S, has_##c),
#define SCHEMA_HAS_NULL(S, c)
#define SCHEMA_HAS_BITS(S, c)
#define SCHEMA_HAS_OID(S, c)
#define SCHEMA_HAS_SEQ(S, c)       .has = offsetof(struct S, has_##c),
#define SCHEMA_HAS_CHOICE(S, c)
#define SCHEMA_HAS_LIST(S, c)
#define SCHEMA_HAS_RAW(S, c)
#define SCHEMA_HAS_ALIAS_INT(S, c) .has = offsetof(struct S, has_##c),
#define SCHEMA_HAS_ALIAS_OCTETS(S, c)
#define K_ALIAS_INT    K_INT
#define K_ALIAS_OCTETS K_OCTETS

#define SCHEMA_SEQ_H(c, FIELDS, n, t, ref)                                                         \
    struct c { FIELDS(SCHEMA_MEMBER, c) };                                                         \
    extern const struct type T_##c;
#define SCHEMA_CHOICE_H(c, ARMS, n, t, ref)                                                        \
    enum c##_is { c##_is_none, ARMS(SCHEMA_NUMBER, c) };                                           \
    struct c { int which; union { ARMS(SCHEMA_ARM, c) }; };                                        \
    extern const struct type T_##c;
#define SCHEMA_LIST_H(c, elem, n, t, lo, hi, ref)         extern const struct type T_##c;
#define SCHEMA_PRIM_H(c, kind_, n, t, lo, hi, names_, ref) extern const struct type T_##c;

#define SCHEMA_SEQ_C(c, FIELDS, n, t, ref)                                                         \
    static const struct field F_##c[] = { FIELDS(SCHEMA_SEQ_ROW, c) };                             \
    const struct type T_##c = { .name = SCHEMA_NAME(n), .clause = SCHEMA_NAME(ref), .kind = K_SEQ, \
        .tag = (t), .fields = F_##c, .count = COUNT(F_##c), .size = sizeof(struct c) };
#define SCHEMA_CHOICE_C(c, ARMS, n, t, ref)                                                        \
    static const struct field F_##c[] = { ARMS(SCHEMA_ARM_ROW, c) };                               \
    const struct type T_##c = { .name = SCHEMA_NAME(n), .clause = SCHEMA_NAME(ref),                \
        .kind = K_CHOICE, .tag = (t), .fields = F_##c, .count = COUNT(F_##c),                      \
        .size = sizeof(struct c) };
#define SCHEMA_LIST_C(c, elem, n, t, lo, hi, ref)                                                  \
    const struct type T_##c = { .name = SCHEMA_NAME(n), .clause = SCHEMA_NAME(ref),                \
        .kind = K_LIST, .tag = (t), .element = &T_##elem, .min = (lo), .max = (hi),                \
        .size = sizeof(slice) };
#define SCHEMA_PRIM_C(c, kind_, n, t, lo, hi, names_, ref)                                         \
    const struct type T_##c = { .name = SCHEMA_NAME(n), .clause = SCHEMA_NAME(ref),                \
        .kind = K_##kind_, .tag = (t), .min = (lo), .max = (hi), .names = names_ };
/* clang-format on */

#endif
