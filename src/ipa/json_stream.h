/*
 * A JSON reader for text that arrives in pieces and is never held: it knows the name of the present
 * member and hands the octets of its value on, text as it is or base64 decoded, one by one. The
 * sink may stop it behind any octet. No heap, about 100 octets of state.
 */
#ifndef DUNLIN_IPA_JSON_STREAM_H
#define DUNLIN_IPA_JSON_STREAM_H

#include "base/err.h"
#include "base/slice.h"

#define JSON_STREAM_KEY   32 /* longer names are cut, and so match nothing */
#define JSON_STREAM_DEPTH 16

enum json_take { JSON_SKIP, JSON_TEXT, JSON_BASE64 };

struct json_sink {
    /*
     * A string, number, true, false or null begins; depth 1 is the outermost object. An element of
     * an array has the name of the array.
     */
    enum json_take (*begin)(void *ctx, unsigned depth, const char *name);
    /* E_OK; E_AGAIN: taken, but no more for now; anything else ends the reading. */
    enum err (*octet)(void *ctx, uint8_t octet);
    enum err (*end)(void *ctx);
};

struct json_stream {
    const struct json_sink *sink;
    void *ctx;
    uint8_t state;
    uint8_t depth;
    uint32_t is_object; /* bit d: the container at depth d is an object */
    char key[JSON_STREAM_KEY + 1];
    uint8_t key_n;
    bool in_key;
    uint8_t take;
    uint8_t hex_left;
    uint16_t hex;
    uint32_t bits; /* of base64 not yet handed on */
    uint8_t bit_count;
    bool padded;
};

void json_stream_init(struct json_stream *s, const struct json_sink *sink, void *ctx);
/*
 * E_OK: all of `in` used. E_AGAIN: the sink asked to stop behind *used octets. E_SYNTAX, E_LIMIT
 * (nesting), or what the sink returned: the reading is over.
 */
MUST_USE enum err json_stream_feed(struct json_stream *s, slice in, size_t *used);
/* Was that one whole object? */
bool json_stream_complete(const struct json_stream *s);

/* Names compare without regard to case (SGP.22 6.5: seen in several spellings). */
bool json_stream_is(const char *name, const char *wanted);

#endif
