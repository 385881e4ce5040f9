/*
 * Tag-length-value reading and writing (ITU-T X.690 DER, as the RSP specifications use it).
 *
 * The reader does all bounds arithmetic of this project. It latches its first failure: after it,
 * every take gives an absent element, so that a parser reads like the message and checks once.
 * Lengths may be non-minimal (seen in the field); indefinite lengths, length fields of more than
 * four octets and elements that end outside their parent are refused. Nothing is copied.
 *
 * Tags are kept as their octets read as a big-endian number: 0x30, 0x5F37, 0xBF51.
 */
#ifndef DUNLIN_DER_DER_H
#define DUNLIN_DER_DER_H

#include "base/err.h"
#include "base/slice.h"

struct tlv {
    uint32_t tag; /* 0: none (after a failure, or at the end) */
    slice value;  /* content octets */
    slice whole;  /* tag, length and content as received */
};

struct der_reader {
    slice in; /* what is left */
    enum err err;
};

static inline struct der_reader der_reader(slice in)
{
    return (struct der_reader){ in, E_OK };
}

/* The next element. At the end of input: E_TRUNCATED. */
struct tlv der_take(struct der_reader *r);
/* The next element, which must have this tag (else E_TAG; E_MISSING at the end of input). */
struct tlv der_expect(struct der_reader *r, uint32_t tag);
/* The next element if it has this tag, else none, without a failure. */
struct tlv der_maybe(struct der_reader *r, uint32_t tag);
/* The tag of the next element without taking it; 0 at the end or after a failure. */
uint32_t der_peek(const struct der_reader *r);
/* Latches E_TRAILING when something is left; returns the first failure. */
MUST_USE enum err der_end(struct der_reader *r);

static inline bool der_more(const struct der_reader *r)
{
    return !r->err && r->in.n > 0;
}

/* Exactly one element and nothing behind it. */
MUST_USE enum err der_one(slice in, struct tlv *out);
/*
 * The head of an element whose content may not have arrived yet: tag, octets of the head, octets of
 * the content. E_AGAIN when the head itself is incomplete.
 */
MUST_USE enum err der_head(slice in, uint32_t *tag, size_t *head, size_t *content);

static inline bool tag_constructed(uint32_t tag)
{
    while (tag > 0xFF)
        tag >>= 8;
    return (tag & 0x20) != 0;
}

/* Content of an INTEGER (two's complement, 1..8 octets). E_SIZE. */
MUST_USE enum err der_int(slice value, int64_t *out);
/* Named bit i (0 = first) of the content of a BIT STRING; absent bits are 0. */
bool der_bit(slice bits, unsigned i);
/* The first 64 named bits, bit i of the string as bit i of the number. */
uint64_t der_bits(slice bits);
/*
 * Content of a named BIT STRING for a mask (bit i as bit i), without trailing zero bits. buf needs
 * DER_BITS_MAX octets and holds the result.
 */
#define DER_BITS_MAX 9
slice der_bits_make(uint64_t mask, uint8_t buf[DER_BITS_MAX]);
/* "1.2.840.10045.2.1" of the content of an OBJECT IDENTIFIER. E_SYNTAX, E_NOSPACE. */
MUST_USE enum err der_oid_to_text(slice oid, char *out, size_t size);
/* The reverse. E_SYNTAX, E_NOSPACE. */
MUST_USE enum err der_oid_from_text(slice text, uint8_t *out, size_t size, size_t *n);

/*
 * The writer fills a buffer from its end to its start, so that every length is known when its turn
 * comes: children first, in reverse order, then der_wrap around them. It latches E_NOSPACE.
 */
struct der_writer {
    uint8_t *start;
    uint8_t *at; /* the first octet written */
    uint8_t *end;
    enum err err;
};

static inline struct der_writer der_writer(void *buf, size_t size)
{
    uint8_t *b = buf;

    return (struct der_writer){ b, b + size, b + size, E_OK };
}

/* Octets written so far: remember it before the children, hand it to der_wrap after them. */
static inline size_t der_mark(const struct der_writer *w)
{
    return (size_t)(w->end - w->at);
}

void der_put(struct der_writer *w, slice octets);
/* Length and tag in front of everything written since the mark. */
void der_wrap(struct der_writer *w, uint32_t tag, size_t mark);
void der_put_tlv(struct der_writer *w, uint32_t tag, slice value);
void der_put_int(struct der_writer *w, uint32_t tag, int64_t value);
void der_put_bool(struct der_writer *w, uint32_t tag, bool value);
void der_put_bits(struct der_writer *w, uint32_t tag, uint64_t mask);
/* An element under another tag (IMPLICIT tagging); in must be one element. */
void der_put_rehead(struct der_writer *w, uint32_t tag, slice element);

/* What stands in the buffer now, or the latched failure. */
MUST_USE enum err der_written(const struct der_writer *w, slice *out);

/* Octets of the head (tag and minimal length) of an element; writes it when out is not NULL. */
size_t der_put_head(uint32_t tag, size_t content, uint8_t *out);
#define DER_HEAD_MAX 9

#endif
