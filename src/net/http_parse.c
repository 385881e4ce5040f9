/* Heads of requests and responses. */
#include "net/http.h"

#include <stdint.h>

slice http_fields_find(const struct http_field *fields, size_t count, const char *name)
{
    slice wanted = slice_str(name);

    for (size_t i = 0; i < count; i++)
        if (slice_eq_nocase(fields[i].name, wanted))
            return fields[i].value;
    return SLICE_NONE;
}

slice http_request_field(const struct http_request *r, const char *name)
{
    return http_fields_find(r->fields, r->field_count, name);
}

size_t http_head_length(slice in, size_t *seen)
{
    size_t i = *seen < 3 ? 0 : *seen - 3; /* the end may have been cut in two */

    while (i + 4 <= in.n) {
        const uint8_t *lf = memchr(in.p + i + 3, '\n', in.n - i - 3);

        if (!lf)
            break;
        i = (size_t)(lf - in.p) - 3;
        if (memcmp(in.p + i, "\r\n\r\n", 4) == 0)
            return i + 4;
        i++;
    }
    *seen = in.n;
    return 0;
}

/* RFC 9110 5.6.2: tchar */
static bool is_token_char(uint8_t c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    return c && memchr("!#$%&'*+-.^_`|~", c, 15);
}

static bool is_token(slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_token_char(s.p[i]))
            return false;
    return s.n > 0;
}

/* RFC 9110 5.5: no control characters but HTAB; 0x80 and above pass as obs-text. */
static bool is_field_value(slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7F)
            return false;
    return true;
}

/* Takes one line off *in. False when it does not end in CRLF. */
static bool take_line(slice *in, slice *line)
{
    const uint8_t *lf = in->n ? memchr(in->p, '\n', in->n) : NULL;
    size_t n;

    if (!lf || lf == in->p || lf[-1] != '\r')
        return false;
    n = (size_t)(lf - in->p);
    *line = slice_of(in->p, n - 1);
    *in = slice_of(lf + 1, in->n - n - 1);
    return true;
}

/* Takes what stands before the first `stop`. False when there is none. */
static bool take_until(slice *in, uint8_t stop, slice *got)
{
    const uint8_t *at = in->n ? memchr(in->p, stop, in->n) : NULL;

    if (!at)
        return false;
    *got = slice_of(in->p, (size_t)(at - in->p));
    *in = slice_of(at + 1, in->n - got->n - 1);
    return true;
}

static slice trim(slice s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = slice_skip(s, 1);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* A folded line begins with white space, which is no token: refused with the rest. */
static bool parse_field(slice line, struct http_field *out)
{
    if (!take_until(&line, ':', &out->name) || !is_token(out->name))
        return false;
    out->value = trim(line);
    return is_field_value(out->value);
}

/* 0, 400 or 431 */
static int parse_fields(slice in, struct http_head *h)
{
    slice line;

    for (;;) {
        if (!take_line(&in, &line))
            return 400;
        if (line.n == 0)
            return in.n == 0 ? 0 : 400;
        if (h->field_count == HTTP_FIELDS_MAX)
            return 431;
        if (!parse_field(line, &h->fields[h->field_count]))
            return 400;
        h->field_count++;
    }
}

static size_t count_fields(const struct http_head *h, const char *name, slice *value)
{
    slice wanted = slice_str(name);
    size_t count = 0;

    *value = SLICE_NONE;
    for (size_t i = 0; i < h->field_count; i++)
        if (slice_eq_nocase(h->fields[i].name, wanted)) {
            if (!count)
                *value = h->fields[i].value;
            count++;
        }
    return count;
}

static bool parse_decimal(slice s, uint64_t *out)
{
    uint64_t v = 0;

    if (s.n == 0 || s.n > 18) /* 18 digits cannot overflow */
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    }
    *out = v;
    return true;
}

/*
 * RFC 9112 6.3. The length must be said exactly once: a repeated Content-Length, even of the same
 * value, and Content-Length beside Transfer-Encoding are what smuggling is made of.
 */
static int find_framing(struct http_head *h, bool http10)
{
    slice length, coding;
    size_t lengths = count_fields(h, "Content-Length", &length);
    size_t codings = count_fields(h, "Transfer-Encoding", &coding);

    if (lengths > 1 || codings > 1 || (lengths && codings) || (codings && http10))
        return 400;
    if (codings) {
        h->framing = HTTP_CHUNKED;
        return slice_eq_nocase(coding, SLICE_LIT("chunked")) ? 0 : 501;
    }
    if (lengths) {
        h->framing = HTTP_LENGTH;
        return parse_decimal(length, &h->length) ? 0 : 400;
    }
    h->framing = HTTP_NO_BODY;
    return 0;
}

/* True when the comma-separated list holds the word. */
static bool list_has(slice list, slice word)
{
    while (list.p && list.n) {
        slice item;

        if (!take_until(&list, ',', &item)) {
            item = list;
            list = SLICE_NONE;
        }
        if (slice_eq_nocase(trim(item), word))
            return true;
    }
    return false;
}

static void find_persistence(struct http_head *h, bool http10)
{
    h->keep_alive = !http10;
    for (size_t i = 0; i < h->field_count; i++) {
        if (!slice_eq_nocase(h->fields[i].name, SLICE_LIT("Connection")))
            continue;
        if (list_has(h->fields[i].value, SLICE_LIT("close")))
            h->keep_alive = false;
        else if (http10 && list_has(h->fields[i].value, SLICE_LIT("keep-alive")))
            h->keep_alive = true;
    }
}

/* 0, 400 or 505 */
static int parse_version(slice s, bool *http10)
{
    if (s.n != 8 || memcmp(s.p, "HTTP/", 5) != 0 || s.p[6] != '.')
        return 400;
    if (s.p[5] != '1' || (s.p[7] != '0' && s.p[7] != '1'))
        return s.p[5] >= '0' && s.p[5] <= '9' && s.p[7] >= '0' && s.p[7] <= '9' ? 505 : 400;
    *http10 = s.p[7] == '0';
    return 0;
}

/* Origin form only: these servers are no proxies. */
static bool parse_target(slice target, struct http_head *h)
{
    if (target.n == 0 || target.p[0] != '/')
        return false;
    for (size_t i = 0; i < target.n; i++)
        if (target.p[i] <= 0x20 || target.p[i] >= 0x7F || target.p[i] == '#')
            return false;
    h->path = target;
    h->query = SLICE_NONE;
    if (take_until(&target, '?', &h->path))
        h->query = target.p ? target : SLICE_EMPTY;
    return true;
}

static int parse_request_line(slice line, struct http_head *h, bool *http10)
{
    slice target;

    if (!take_until(&line, ' ', &h->method) || !is_token(h->method))
        return 400;
    if (!take_until(&line, ' ', &target) || !parse_target(target, h))
        return 400;
    return parse_version(line, http10);
}

static int check_expect(struct http_head *h, bool http10)
{
    slice value;
    size_t count = count_fields(h, "Expect", &value);

    if (!count || http10)
        return 0;
    if (count > 1 || !slice_eq_nocase(value, SLICE_LIT("100-continue")))
        return 417;
    h->expects_continue = h->framing == HTTP_CHUNKED || (h->framing == HTTP_LENGTH && h->length);
    return 0;
}

static void reset_head(struct http_head *h)
{
    h->method = h->path = h->query = SLICE_NONE;
    h->status = 0;
    h->field_count = 0;
    h->framing = HTTP_NO_BODY;
    h->length = 0;
    h->keep_alive = h->expects_continue = false;
}

int http_parse_request(slice head, struct http_head *out)
{
    bool http10 = false;
    slice line, host;
    int status;

    reset_head(out);
    if (!take_line(&head, &line))
        return 400;
    status = parse_request_line(line, out, &http10);
    if (!status)
        status = parse_fields(head, out);
    if (!status)
        status = find_framing(out, http10);
    if (status)
        return status;
    /* RFC 9112 3.2: exactly one Host with HTTP/1.1 */
    if (count_fields(out, "Host", &host) != 1 && !(http10 && !host.p))
        return 400;
    find_persistence(out, http10);
    return check_expect(out, http10);
}

static bool parse_status_line(slice line, struct http_head *h, bool *http10)
{
    uint64_t status;
    slice version;

    if (!take_until(&line, ' ', &version) || parse_version(version, http10))
        return false;
    if (line.n < 3 || !parse_decimal(slice_head(line, 3), &status))
        return false;
    if (status < 100 || (line.n > 3 && line.p[3] != ' '))
        return false;
    h->status = (int)status;
    return is_field_value(slice_skip(line, 3));
}

enum err http_parse_response(slice head, struct http_head *out)
{
    bool http10 = false;
    slice line;
    int fault;

    reset_head(out);
    if (!take_line(&head, &line) || !parse_status_line(line, out, &http10))
        return E_SYNTAX;
    fault = parse_fields(head, out);
    if (fault)
        return fault == 431 ? E_LIMIT : E_SYNTAX;
    fault = find_framing(out, http10);
    if (fault)
        return fault == 501 ? E_UNSUPPORTED : E_SYNTAX;
    find_persistence(out, http10);
    /* RFC 9112 6.3: these never have a body, whatever their fields say */
    if (out->status < 200 || out->status == 204 || out->status == 304)
        out->framing = HTTP_NO_BODY;
    else if (out->framing == HTTP_NO_BODY)
        out->framing = HTTP_UNTIL_CLOSE;
    if (out->framing == HTTP_UNTIL_CLOSE)
        out->keep_alive = false;
    return E_OK;
}

static void rebase(slice *s, const uint8_t *from, const uint8_t *to)
{
    if (s->p)
        s->p = to + (s->p - from);
}

void http_head_rebase(struct http_head *h, const uint8_t *from, const uint8_t *to)
{
    rebase(&h->method, from, to);
    rebase(&h->path, from, to);
    /* an empty query may be the static empty slice, which does not move */
    if (h->query.n)
        rebase(&h->query, from, to);
    for (size_t i = 0; i < h->field_count; i++) {
        rebase(&h->fields[i].name, from, to);
        rebase(&h->fields[i].value, from, to);
    }
}
