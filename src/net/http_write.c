/* Heads and bodies as one run of octets, so that they leave in one write. */
#include "net/http.h"

#include "base/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } rows[] = {
        { 100, "Continue" },
        { 200, "OK" },
        { 201, "Created" },
        { 202, "Accepted" },
        { 204, "No Content" },
        { 302, "Found" },
        { 303, "See Other" },
        { 304, "Not Modified" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 413, "Content Too Large" },
        { 415, "Unsupported Media Type" },
        { 417, "Expectation Failed" },
        { 422, "Unprocessable Content" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Unsupported Transfer Coding" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
        { 505, "HTTP Version Not Supported" },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].status == status)
            return rows[i].text;
    return "Status";
}

/* Two passes over the same calls: the first counts, the second writes. */
struct pen {
    uint8_t *p; /* NULL while counting */
    size_t n;
};

static void put(struct pen *w, slice s)
{
    if (w->p && s.n)
        memcpy(w->p + w->n, s.p, s.n);
    w->n += s.n;
}

static void put_number(struct pen *w, uint64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)v);

    put(w, slice_of(text, (size_t)n));
}

static void put_field(struct pen *w, slice name, slice value)
{
    put(w, name);
    put(w, SLICE_LIT(": "));
    put(w, value);
    put(w, SLICE_LIT("\r\n"));
}

static void put_fields(struct pen *w, slice content_type, const struct http_field *fields,
                       size_t count)
{
    if (content_type.p)
        put_field(w, SLICE_LIT("Content-Type"), content_type);
    for (size_t i = 0; i < count; i++)
        put_field(w, fields[i].name, fields[i].value);
}

static bool fits_on_line(slice s)
{
    return !s.n || (!memchr(s.p, '\r', s.n) && !memchr(s.p, '\n', s.n) && !memchr(s.p, 0, s.n));
}

static bool fields_usable(slice content_type, const struct http_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!fields[i].name.n || !fits_on_line(fields[i].name) || !fits_on_line(fields[i].value))
            return false;
    return fits_on_line(content_type);
}

/* RFC 9110 5.6.7, made anew once a second on each thread. */
static slice date_now(void)
{
    static _Thread_local time_t made;
    static _Thread_local char text[64];
    static _Thread_local size_t length;
    time_t now = time(NULL);
    struct tm tm;

    if (now != made && gmtime_r(&now, &tm)) {
        static const char days[] = "SunMonTueWedThuFriSat";
        static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        int n = snprintf(text, sizeof text, "%.3s, %02d %.3s %d %02d:%02d:%02d GMT",
                         days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
                         tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);

        length = n > 0 ? (size_t)n : 0;
        made = now;
    }
    return slice_of(text, length);
}

static bool has_no_body(int status)
{
    return status < 200 || status == 204 || status == 304;
}

static void put_response(struct pen *w, const struct http_response *r, bool head_only, bool close,
                         slice date)
{
    put(w, SLICE_LIT("HTTP/1.1 "));
    put_number(w, (uint64_t)r->status);
    put(w, SLICE_LIT(" "));
    put(w, slice_str(http_status_text(r->status)));
    put(w, SLICE_LIT("\r\n"));
    put_fields(w, r->content_type, r->fields, r->field_count);
    put_field(w, SLICE_LIT("Date"), date);
    if (!has_no_body(r->status)) {
        put(w, SLICE_LIT("Content-Length: "));
        put_number(w, r->body.n);
        put(w, SLICE_LIT("\r\n"));
    }
    if (close)
        put(w, SLICE_LIT("Connection: close\r\n"));
    put(w, SLICE_LIT("\r\n"));
    if (!head_only && !has_no_body(r->status))
        put(w, r->body);
}

enum err http_write_response(const struct http_response *r, bool head_only, bool close,
                             struct http_out *out)
{
    slice date = date_now();
    struct pen w = { 0 };

    *out = (struct http_out){ 0 };
    if (r->status < 100 || r->status > 999 ||
        !fields_usable(r->content_type, r->fields, r->field_count))
        return E_ARGUMENT;
    put_response(&w, r, head_only, close, date);
    out->p = malloc(w.n);
    if (!out->p)
        return E_MEMORY;
    w = (struct pen){ .p = out->p };
    put_response(&w, r, head_only, close, date);
    out->n = w.n;
    return E_OK;
}

/* A numeric IPv6 address stands in brackets (RFC 3986 3.2.2). */
static void put_host(struct pen *w, slice host)
{
    bool v6 = memchr(host.p, ':', host.n) != NULL;

    put(w, v6 ? SLICE_LIT("[") : SLICE_EMPTY);
    put(w, host);
    put(w, v6 ? SLICE_LIT("]") : SLICE_EMPTY);
}

static void put_request(struct pen *w, const struct http_request_line *r)
{
    put(w, r->method);
    put(w, SLICE_LIT(" "));
    put(w, r->path);
    put(w, SLICE_LIT(" HTTP/1.1\r\nHost: "));
    put_host(w, r->host);
    if (r->port != r->default_port) {
        put(w, SLICE_LIT(":"));
        put_number(w, r->port);
    }
    put(w, SLICE_LIT("\r\n"));
    put_fields(w, r->content_type, r->fields, r->field_count);
    if (r->body.p || slice_eq_str(r->method, "POST") || slice_eq_str(r->method, "PUT")) {
        put(w, SLICE_LIT("Content-Length: "));
        put_number(w, r->body.n);
        put(w, SLICE_LIT("\r\n"));
    }
    put(w, SLICE_LIT("\r\n"));
    put(w, r->body);
}

static bool target_usable(slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= 0x20 || s.p[i] >= 0x7F)
            return false;
    return s.n > 0;
}

enum err http_write_request(const struct http_request_line *r, struct http_out *out)
{
    struct pen w = { 0 };

    *out = (struct http_out){ 0 };
    if (!target_usable(r->method) || !target_usable(r->host) || !target_usable(r->path) ||
        r->path.p[0] != '/' || !fields_usable(r->content_type, r->fields, r->field_count))
        return E_ARGUMENT;
    put_request(&w, r);
    out->p = malloc(w.n);
    if (!out->p)
        return E_MEMORY;
    w = (struct pen){ .p = out->p };
    put_request(&w, r);
    out->n = w.n;
    return E_OK;
}

void http_out_free(struct http_out *out)
{
    if (out->p)
        wipe(out->p, out->n);
    free(out->p);
    *out = (struct http_out){ 0 };
}
