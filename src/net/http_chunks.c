/* Chunked transfer coding (RFC 9112 7.1), decoded in place. */
#include "net/http.h"

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static void begin_size(struct http_chunks *c)
{
    *c = (struct http_chunks){ .state = CHUNK_SIZE };
}

static enum err end_of_size_line(struct http_chunks *c)
{
    if (!c->digits)
        return E_SYNTAX;
    c->cr = false;
    c->line = 0;
    c->state = c->left ? CHUNK_DATA : CHUNK_TRAILER;
    return E_OK;
}

/* One octet of "1A;ext=val CR LF". Extensions are skipped; no white space before them is taken. */
static enum err size_octet(struct http_chunks *c, uint8_t o)
{
    int digit = hex_value(o);

    if (++c->line > HTTP_CHUNK_LINE_MAX)
        return E_LIMIT;
    if (c->cr)
        return o == '\n' ? end_of_size_line(c) : E_SYNTAX;
    if (o == '\r') {
        c->cr = true;
        return E_OK;
    }
    if (c->extension)
        return (o >= 0x20 && o != 0x7F) || o == '\t' ? E_OK : E_SYNTAX;
    if (o == ';' && c->digits) {
        c->extension = true;
        return E_OK;
    }
    if (digit < 0)
        return E_SYNTAX;
    if (c->left >> 56)
        return E_LIMIT;
    c->left = c->left * 16 + (uint64_t)digit;
    c->digits = true;
    return E_OK;
}

static enum err data_end_octet(struct http_chunks *c, uint8_t o)
{
    if (!c->cr) {
        c->cr = true;
        return o == '\r' ? E_OK : E_SYNTAX;
    }
    if (o != '\n')
        return E_SYNTAX;
    begin_size(c);
    return E_OK;
}

/* Trailer fields are dropped: nothing of ours depends on one, and merging them would be a risk. */
static enum err trailer_octet(struct http_chunks *c, uint8_t o)
{
    if (++c->line > HTTP_CHUNK_TRAILER_MAX)
        return E_LIMIT;
    if (c->cr) {
        if (o != '\n')
            return E_SYNTAX;
        if (c->trailer_line == 0)
            c->state = CHUNK_DONE;
        c->cr = false;
        c->trailer_line = 0;
        return E_OK;
    }
    if (o == '\r')
        c->cr = true;
    else if ((o < 0x20 && o != '\t') || o == 0x7F)
        return E_SYNTAX;
    else
        c->trailer_line++;
    return E_OK;
}

static void copy_data(struct http_chunks *c, uint8_t *buf, size_t n, size_t *raw, size_t *plain)
{
    size_t take = n - *raw;

    if (take > c->left)
        take = (size_t)c->left;
    memmove(buf + *plain, buf + *raw, take);
    *plain += take;
    *raw += take;
    c->left -= take;
    if (c->left == 0) {
        c->state = CHUNK_DATA_END;
        c->cr = false;
    }
}

enum err http_chunks_decode(struct http_chunks *c, uint8_t *buf, size_t n, size_t start,
                            size_t *raw, size_t *plain, size_t max)
{
    enum err err = E_OK;

    while (!err && c->state != CHUNK_DONE && *raw < n) {
        switch (c->state) {
        case CHUNK_SIZE:
            err = size_octet(c, buf[(*raw)++]);
            /* refuse by the announced size, before its octets are taken in */
            if (!err && c->left > max - (*plain - start))
                err = E_LIMIT;
            break;
        case CHUNK_DATA:
            copy_data(c, buf, n, raw, plain);
            break;
        case CHUNK_DATA_END:
            err = data_end_octet(c, buf[(*raw)++]);
            break;
        case CHUNK_TRAILER:
            err = trailer_octet(c, buf[(*raw)++]);
            break;
        case CHUNK_DONE:
            break;
        }
    }
    if (err)
        return err;
    return c->state == CHUNK_DONE ? E_OK : E_AGAIN;
}
