#include "euicc/web/http_answer.h"

enum { STATUS_LINE_MIN = 12 }; /* "HTTP/1.1 200" */

static bool fail(struct http_answer *a, enum err err)
{
    a->state = HTTP_FAILED;
    a->fault = err;
    return false;
}

/* ---- lines ---- */

static bool in_lines(const struct http_answer *a)
{
    return a->state == HTTP_IN_STATUS || a->state == HTTP_IN_HEAD || a->state == HTTP_IN_SIZE ||
           a->state == HTTP_IN_CHUNK_END || a->state == HTTP_IN_TRAILER;
}

/* CR comes before LF and nowhere else; no other control character but HT. */
static bool take_octet(struct http_answer *a, uint8_t c)
{
    bool behind_cr = a->n && a->line[a->n - 1] == '\r';

    if (behind_cr != (c == '\n') || (c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7F)
        return fail(a, E_SYNTAX);
    if (a->n == sizeof a->line)
        return fail(a, E_LIMIT);
    if (a->state != HTTP_IN_SIZE && a->state != HTTP_IN_CHUNK_END && ++a->head > HTTP_HEAD_MAX)
        return fail(a, E_LIMIT);
    a->line[a->n++] = c;
    return true;
}

/* True: *out is a whole line, without its end; false: there is none yet, or never. */
static bool take_line(struct http_answer *a, slice *in, slice *out)
{
    while (in->n && a->state != HTTP_FAILED) {
        uint8_t c = in->p[0];

        if (!take_octet(a, c))
            return false;
        *in = slice_skip(*in, 1);
        if (c == '\n') {
            *out = slice_of(a->line, a->n - 2u);
            a->n = 0;
            return true;
        }
    }
    return false;
}

static bool digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* ---- the head ---- */

static bool read_status(struct http_answer *a, slice line)
{
    const uint8_t *p = line.p;

    if (line.n < STATUS_LINE_MIN || memcmp(p, "HTTP/1.", 7) != 0 || !digit(p[7]) || p[8] != ' ' ||
        !digit(p[9]) || !digit(p[10]) || !digit(p[11]) || p[9] == '0' ||
        (line.n > STATUS_LINE_MIN && p[12] != ' '))
        return fail(a, E_SYNTAX);
    a->status = (uint16_t)((p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0'));
    if (a->status == 101) /* nobody asked for another protocol */
        return fail(a, E_SYNTAX);
    a->keeps = p[7] != '0';
    a->state = HTTP_IN_HEAD;
    return true;
}

static bool token(uint8_t c)
{
    return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && memchr("!#$%&'*+-.^_`|~", c, 15));
}

static bool split(slice line, slice *name, slice *value)
{
    size_t n = 0;

    while (n < line.n && token(line.p[n]))
        n++;
    if (n == 0 || n == line.n || line.p[n] != ':')
        return false;
    *name = slice_head(line, n);
    *value = slice_skip(line, n + 1);
    while (value->n && (value->p[0] == ' ' || value->p[0] == '\t'))
        *value = slice_skip(*value, 1);
    while (value->n && (value->p[value->n - 1] == ' ' || value->p[value->n - 1] == '\t'))
        value->n--;
    return true;
}

static bool read_length(struct http_answer *a, slice value)
{
    uint64_t n = 0;

    for (size_t i = 0; i < value.n && n <= UINT32_MAX; i++) {
        if (!digit(value.p[i]))
            return fail(a, E_SYNTAX);
        n = n * 10 + (value.p[i] - '0');
    }
    if (value.n == 0)
        return fail(a, E_SYNTAX);
    if (n > UINT32_MAX)
        return fail(a, E_LIMIT);
    if (a->sized && a->left != n)
        return fail(a, E_CONFLICT);
    a->sized = true;
    a->left = (uint32_t)n;
    return true;
}

static bool read_coding(struct http_answer *a, slice value)
{
    if (a->chunked)
        return fail(a, E_CONFLICT);
    if (!slice_eq_nocase(value, slice_str("chunked")))
        return fail(a, E_UNSUPPORTED);
    a->chunked = true;
    return true;
}

/* One of the words between commas is "close". */
static bool says_close(slice value)
{
    while (value.n) {
        size_t n = 0;

        while (n < value.n && value.p[n] != ',' && value.p[n] != ' ' && value.p[n] != '\t')
            n++;
        if (slice_eq_nocase(slice_head(value, n), slice_str("close")))
            return true;
        value = slice_skip(value, n + 1);
    }
    return false;
}

static bool passed_over(const struct http_answer *a)
{
    return a->status < 200;
}

static bool read_field(struct http_answer *a, slice line)
{
    slice name, value;

    if (!split(line, &name, &value))
        return fail(a, E_SYNTAX);
    if (passed_over(a))
        return true;
    if (slice_eq_nocase(name, slice_str("content-length")))
        return read_length(a, value);
    if (slice_eq_nocase(name, slice_str("transfer-encoding")))
        return read_coding(a, value);
    if (slice_eq_nocase(name, slice_str("connection")) && says_close(value))
        a->keeps = false;
    return true;
}

/* RFC 9112 6.3 */
static void end_head(struct http_answer *a)
{
    if (passed_over(a)) {
        a->state = HTTP_IN_STATUS;
        return;
    }
    if (a->chunked && a->sized) {
        fail(a, E_CONFLICT);
        return;
    }
    if (a->status == 204 || a->status == 304 || (a->sized && a->left == 0)) {
        a->state = HTTP_COMPLETE;
    } else if (a->chunked) {
        a->state = HTTP_IN_SIZE;
    } else if (a->sized) {
        a->state = HTTP_IN_BODY;
    } else {
        a->keeps = false;
        a->state = HTTP_TO_CLOSE;
    }
}

/* ---- chunks (RFC 9112 7.1) ---- */

static int hex_digit(uint8_t c)
{
    if (digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Extensions are passed over. */
static void read_size(struct http_answer *a, slice line)
{
    uint32_t size = 0;
    size_t n = 0;

    for (; n < line.n && hex_digit(line.p[n]) >= 0; n++) {
        if (size >> 28) {
            fail(a, E_LIMIT);
            return;
        }
        size = size << 4 | (uint32_t)hex_digit(line.p[n]);
    }
    slice rest = slice_skip(line, n);
    while (rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t'))
        rest = slice_skip(rest, 1);
    if (n == 0 || (rest.n && rest.p[0] != ';')) {
        fail(a, E_SYNTAX);
        return;
    }
    a->left = size;
    a->state = size ? HTTP_IN_CHUNK : HTTP_IN_TRAILER;
}

static void read_trailer(struct http_answer *a, slice line)
{
    slice name, value;

    if (line.n == 0)
        a->state = HTTP_COMPLETE;
    else if (!split(line, &name, &value))
        fail(a, E_SYNTAX);
}

/* ---- the whole ---- */

/* HTTP_MORE: nothing that anybody wants to hear of. */
static enum http_part read_line(struct http_answer *a, slice line, slice *data)
{
    switch (a->state) {
    case HTTP_IN_STATUS:
        return read_status(a, line) && !passed_over(a) ? HTTP_STATUS : HTTP_MORE;
    case HTTP_IN_HEAD:
        if (line.n == 0) {
            end_head(a);
            return HTTP_MORE;
        }
        if (!read_field(a, line) || passed_over(a))
            return HTTP_MORE;
        *data = line;
        return HTTP_HEADER;
    case HTTP_IN_SIZE:
        read_size(a, line);
        return HTTP_MORE;
    case HTTP_IN_CHUNK_END:
        a->state = HTTP_IN_SIZE;
        if (line.n)
            fail(a, E_SYNTAX);
        return HTTP_MORE;
    default:
        read_trailer(a, line);
        return HTTP_MORE;
    }
}

static enum http_part take_body(struct http_answer *a, slice *in, slice *data)
{
    *data = a->state == HTTP_TO_CLOSE ? *in : slice_head(*in, a->left);
    *in = slice_skip(*in, data->n);
    if (a->state == HTTP_TO_CLOSE)
        return HTTP_BODY;
    a->left -= (uint32_t)data->n;
    if (a->left == 0)
        a->state = a->state == HTTP_IN_CHUNK ? HTTP_IN_CHUNK_END : HTTP_COMPLETE;
    return HTTP_BODY;
}

void http_answer_init(struct http_answer *a)
{
    *a = (struct http_answer){ .state = HTTP_IN_STATUS };
}

enum http_part http_answer_next(struct http_answer *a, slice *in, slice *data)
{
    enum http_part part = HTTP_MORE;
    slice line;

    *data = SLICE_NONE;
    while (part == HTTP_MORE && in_lines(a) && take_line(a, in, &line))
        part = read_line(a, line, data);
    if (part != HTTP_MORE)
        return part;
    if (a->state == HTTP_FAILED)
        return HTTP_BAD;
    if (a->state == HTTP_COMPLETE)
        return HTTP_END;
    return in->n && !in_lines(a) ? take_body(a, in, data) : HTTP_MORE;
}

bool http_answer_closed(struct http_answer *a)
{
    if (a->state != HTTP_TO_CLOSE)
        return false;
    a->state = HTTP_COMPLETE;
    return true;
}
