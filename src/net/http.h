/*
 * HTTP/1.1 messages (RFC 9110, RFC 9112) as bytes in, structures out: no sockets here.
 *
 * The parser is strict on purpose, for a message that two parsers read differently is how requests
 * are smuggled: lines end in CRLF, fields are never folded, lengths are said once, and anything
 * else is refused. All slices borrow from the buffer that was parsed.
 */
#ifndef DUNLIN_NET_HTTP_H
#define DUNLIN_NET_HTTP_H

#include "base/err.h"
#include "base/slice.h"

#define HTTP_FIELDS_MAX 64

struct http_field {
    slice name, value;
};

/* What TLS says of the other side. Empty on plain connections. */
struct http_tls {
    const char *version; /* "TLSv1.3"; NULL: plain */
    const char *cipher;  /* OpenSSL's name */
    const char *sni;     /* the name that the client asked for, or NULL */
    slice peer_cert;     /* DER, verified; absent when the client showed none */
    bool resumed;
};

/* A whole request. Can be built by hand: tests, fuzzers and benches need no socket. */
struct http_request {
    slice method;
    slice path;  /* as sent, not percent-decoded, starts with '/' */
    slice query; /* behind the '?'; absent without one */
    const struct http_field *fields;
    size_t field_count;
    slice body; /* present, possibly empty; chunked transfer coding is removed */
    slice peer; /* numeric address of the client, for logs and limits */
    struct http_tls tls;
};

/* The first field of that name (any case), absent if there is none. */
slice http_request_field(const struct http_request *r, const char *name);
slice http_fields_find(const struct http_field *fields, size_t count, const char *name);

struct http_response {
    int status;
    slice content_type; /* absent: no such field */
    const struct http_field *fields;
    size_t field_count; /* Content-Length, Date and Connection are not the caller's */
    slice body;
    bool close; /* end the connection behind this response */
};

/* "Not Found"; never NULL. */
const char *http_status_text(int status);

/* ---- parsing ---- */

/* How the body behind a head is delimited. */
enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED, HTTP_UNTIL_CLOSE };

struct http_head {
    slice method, path, query; /* of a request */
    int status;                /* of a response */
    struct http_field fields[HTTP_FIELDS_MAX];
    size_t field_count;
    enum http_framing framing;
    uint64_t length; /* with HTTP_LENGTH */
    bool keep_alive;
    bool expects_continue;
};

/*
 * The octets of the head in `in` with its closing empty line, or 0 while that line has not come.
 * Looks again only from *seen, which the caller keeps (0 at first).
 */
size_t http_head_length(slice in, size_t *seen);

/*
 * Parses a complete request head. Returns 0, or the status that tells the client what is wrong:
 * 400, 417 (Expect), 431 (too many fields), 501 (transfer coding), 505.
 */
MUST_USE int http_parse_request(slice head, struct http_head *out);
/* Parses a complete response head; E_SYNTAX, E_LIMIT or E_UNSUPPORTED. */
MUST_USE enum err http_parse_response(slice head, struct http_head *out);

/* Moves all slices of a parsed head after its buffer moved. */
void http_head_rebase(struct http_head *h, const uint8_t *from, const uint8_t *to);

/* A chunked body is decoded in place: raw octets behind, plain octets in front. */
struct http_chunks {
    enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER, CHUNK_DONE } state;
    uint64_t left;       /* octets missing of this chunk */
    size_t line;         /* octets of the current size line, or of all trailers */
    bool digits;         /* a digit of the size was seen */
    bool extension;      /* behind ';' on the size line */
    bool cr;             /* a CR was seen; only LF may follow */
    size_t trailer_line; /* octets of the current trailer line */
};

#define HTTP_CHUNK_LINE_MAX    256
#define HTTP_CHUNK_TRAILER_MAX 4096

/*
 * Decodes raw octets buf[*raw .. n) to buf[*plain ..), moving both marks. E_OK when the body is
 * complete (octets from *raw on belong to the next message), E_AGAIN when more is needed, E_LIMIT
 * past `max` plain octets counted from `start`, E_SYNTAX.
 */
MUST_USE enum err http_chunks_decode(struct http_chunks *c, uint8_t *buf, size_t n, size_t start,
                                     size_t *raw, size_t *plain, size_t max);

/* ---- writing ---- */

struct http_out {
    uint8_t *p; /* malloc */
    size_t n;
};

/*
 * The response as one run of octets. Without a body for HEAD, 1xx, 204 and 304. E_MEMORY;
 * E_ARGUMENT when a field holds CR, LF or NUL. *out is owned by the caller.
 */
MUST_USE enum err http_write_response(const struct http_response *r, bool head_only, bool close,
                                      struct http_out *out);

struct http_request_line {
    slice method, host, path; /* path with its query */
    uint16_t port;
    uint16_t default_port; /* is not repeated in Host */
    slice content_type;
    const struct http_field *fields;
    size_t field_count;
    slice body; /* absent: no Content-Length unless the method is POST or PUT */
};
MUST_USE enum err http_write_request(const struct http_request_line *r, struct http_out *out);
/* Wipes and frees. */
void http_out_free(struct http_out *out);

#endif
