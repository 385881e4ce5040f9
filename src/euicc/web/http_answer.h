/*
 * An HTTP/1.1 answer to a POST, taken apart while it arrives, in pieces of any size (RFC 9110,
 * RFC 9112). Strict where two readers could differ: lines end in CR LF, nothing is folded, lengths
 * do not contradict each other.
 */
#ifndef DUNLIN_EUICC_WEB_HTTP_ANSWER_H
#define DUNLIN_EUICC_WEB_HTTP_ANSWER_H

#include "base/err.h"
#include "base/slice.h"

#define HTTP_LINE_MAX 1024 /* octets of one line */
#define HTTP_HEAD_MAX                                                                              \
    8192 /* of all lines of an answer, with those of passed over ones; sizes of                    \
            chunks do not count */

enum http_part {
    HTTP_MORE,   /* all input is taken, and the answer goes on */
    HTTP_STATUS, /* the number is in `status` */
    HTTP_HEADER, /* data: "Name: value"; borrowed until the next call */
    HTTP_BODY,   /* data: points into the input */
    HTTP_END,    /* the answer is complete; what is left of the input is not of it */
    HTTP_BAD     /* `fault` says why; so will every further call */
};

enum http_state {
    HTTP_IN_STATUS,
    HTTP_IN_HEAD,
    HTTP_IN_BODY,  /* `left` octets of it */
    HTTP_TO_CLOSE, /* all that comes is body */
    HTTP_IN_SIZE,
    HTTP_IN_CHUNK, /* `left` octets of it */
    HTTP_IN_CHUNK_END,
    HTTP_IN_TRAILER,
    HTTP_COMPLETE,
    HTTP_FAILED
};

struct http_answer {
    uint16_t status; /* from HTTP_STATUS on */
    enum err fault;
    bool keeps; /* the connection can carry another exchange; valid from HTTP_END on */

    /* the rest is its own */
    enum http_state state;
    bool chunked, sized;
    uint32_t left;
    uint16_t head; /* octets of lines */
    uint16_t n;
    uint8_t line[HTTP_LINE_MAX];
};

void http_answer_init(struct http_answer *a);
/* The next part; takes from the front of *in what belongs to it. */
enum http_part http_answer_next(struct http_answer *a, slice *in, slice *data);
/* The server ended the connection in good order: true if this ends the answer. */
bool http_answer_closed(struct http_answer *a);

#endif
