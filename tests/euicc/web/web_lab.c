#include "euicc/web/web_lab.h"

#include "../../crypto/tls_peer.c"
#include "../uicc_card.c"
#include "../uicc_package.c"
#include "../uicc_terminal.c"

#include "euicc/card_impl.h"
#include "euicc/web/dns.h"

/* ---- the network's side ---- */

static void arrive(struct lab *lab, const uint8_t *p, size_t n)
{
    assert_true(n <= sizeof lab->rx - lab->rx_n);
    memcpy(lab->rx + lab->rx_n, p, n);
    lab->rx_n += n;
    if (lab->udp) {
        assert_true(lab->datagram_count < COUNT(lab->datagrams));
        lab->datagrams[lab->datagram_count++] = n;
    }
}

static size_t put_record(uint8_t *out, const uint8_t *owner, size_t owner_n, unsigned type, slice d)
{
    uint8_t fixed[] = { 0, (uint8_t)type, 0, 1, 0, 0, 0, 60, 0, (uint8_t)d.n };

    memcpy(out, owner, owner_n);
    memcpy(out + owner_n, fixed, sizeof fixed);
    memcpy(out + owner_n + sizeof fixed, d.p, d.n);
    return owner_n + sizeof fixed + d.n;
}

static size_t wire_name(const char *name, uint8_t *out)
{
    uint8_t query[DNS_QUERY_MAX];
    size_t n;

    assert_int_equal(dns_put_query(0, slice_str(name), DNS_A, query, &n), E_OK);
    memcpy(out, query + 12, n - 16);
    return n - 16;
}

static void keep_name_asked(struct lab_dns *dns, slice query)
{
    size_t at = 12, n = 0;

    while (query.p[at]) {
        memcpy(dns->name + n, query.p + at + 1, query.p[at]);
        n += query.p[at];
        dns->name[n++] = '.';
        at += 1u + query.p[at];
    }
    dns->name[n - 1] = 0;
}

static void resolve(struct lab *lab, slice query)
{
    static const uint8_t asked_name[] = { 0xC0, 12 };
    struct lab_dns *dns = &lab->dns;
    uint8_t out[600], alias[256];
    unsigned type = query.p[query.n - 3];
    slice address = type == DNS_A ? dns->a : dns->aaaa;
    size_t n = query.n, alias_n = 0;

    assert_true(query.n >= 17 && query.p[5] == 1);
    dns->asked++;
    keep_name_asked(dns, query);
    if (dns->silent) {
        dns->silent--;
        return;
    }
    memcpy(out, query.p, query.n);
    out[2] = (uint8_t)(0x81 | (dns->cut ? 0x02 : 0));
    out[3] = (uint8_t)(0x80 | dns->rcode);
    if (dns->alias) {
        alias_n = wire_name(dns->alias, alias);
        n += put_record(out + n, asked_name, 2, 5, slice_of(alias, alias_n));
        out[7]++;
    }
    if (address.p) {
        n +=
            put_record(out + n, alias_n ? alias : asked_name, alias_n ? alias_n : 2, type, address);
        out[7]++;
    }
    if (dns->wrong_id) {
        out[1] ^= 1;
        for (unsigned i = 0; i < (dns->garbage ? 16 : 1); i++)
            arrive(lab, out, n);
        out[1] ^= 1;
    }
    if (!dns->garbage)
        arrive(lab, out, n);
}

/* A whole request: its head, and as much as Content-Length says. */
static bool request_whole(struct lab_server *s)
{
    uint8_t *end;
    char *length;
    size_t head;

    s->request[s->n] = 0;
    end = (uint8_t *)strstr((char *)s->request, "\r\n\r\n");
    if (!end)
        return false;
    head = (size_t)(end - s->request) + 4;
    length = strstr((char *)s->request, "Content-Length: ");
    assert_non_null(length);
    return s->early || s->n == head + strtoul(length + 16, NULL, 10);
}

static void pass_on(struct lab *lab)
{
    uint8_t octets[4096];
    size_t n;

    while ((n = tls_peer_drain(&lab->server.tls, octets, sizeof octets)) > 0) {
        if (lab->break_at >= lab->from_server && lab->break_at < lab->from_server + n)
            octets[lab->break_at - lab->from_server] ^= 0x40;
        lab->from_server += n;
        arrive(lab, octets, n);
    }
}

static void serve(struct lab *lab, slice octets)
{
    struct lab_server *s = &lab->server;
    size_t n;

    if (!tls_peer_feed(&s->tls, octets))
        lab->dropped = true;
    while (!(SSL_get_shutdown(s->tls.ssl) & SSL_SENT_SHUTDOWN) && tls_peer_is_open(&s->tls) &&
           (n = tls_peer_read(&s->tls, s->request + s->n, sizeof s->request - s->n - 1)) > 0) {
        s->n += n;
        if (!request_whole(s))
            continue;
        s->requests++;
        s->n = 0;
        if (s->answer.n)
            tls_peer_write(&s->tls, s->answer);
        if (s->ends)
            tls_peer_end(&s->tls);
        lab->dropped = lab->dropped || s->drops;
    }
    pass_on(lab);
}

/* ---- the terminal's side ---- */

static void respond(struct lab *lab, const struct fetched *f, const char *result, const char *tlvs)
{
    uint16_t sw = terminal_respond(&lab->u, f, result, tlvs);

    assert_true(lab->may_fail || sw == 0x9000 || sw >> 8 == 0x91);
}

static void open_channel(struct lab *lab, const struct fetched *f)
{
    slice transport = cat_tlv(f->tlvs, CAT_TAG_TRANSPORT);
    slice address = cat_tlv(f->tlvs, CAT_TAG_OTHER_ADDRESS);
    const char *refuse = lab->refuse;

    assert_false(lab->open);
    assert_int_equal(transport.n, 3);
    assert_true(address.n == 5 || address.n == 17);
    lab->opened++;
    lab->refuse = NULL;
    if (refuse) {
        respond(lab, f, refuse, "");
        return;
    }
    lab->open = true;
    lab->udp = transport.p[0] == CAT_UDP_CLIENT;
    lab->port = (uint16_t)(transport.p[1] << 8 | transport.p[2]);
    lab->address_n = address.n - 1;
    memcpy(lab->address, address.p + 1, address.n - 1);
    lab->rx_n = lab->datagram_n = 0;
    lab->signalled = lab->dropped = lab->gone = false;
    lab->datagram_count = 0;
    if (!lab->udp) {
        lab->server.connections++;
        lab->server.n = 0;
        lab->from_server = 0;
        tls_peer_restart(&lab->server.tls);
    }
    respond(lab, f, "00", "B8028100 B50103 B90205DC");
}

static void send_data(struct lab *lab, const struct fetched *f)
{
    slice data = cat_tlv(f->tlvs, CAT_TAG_CHANNEL_DATA);
    uint8_t octets[256];

    assert_true(lab->open && data.n > 0);
    lab->sent++;
    memcpy(octets, data.p, data.n); /* f lies in the reply */
    respond(lab, f, "00", "B701FF");
    if (!lab->udp) {
        if (!lab->dropped && !lab->gone)
            serve(lab, slice_of(octets, data.n));
        return;
    }
    assert_true(data.n <= sizeof lab->datagram - lab->datagram_n);
    memcpy(lab->datagram + lab->datagram_n, octets, data.n);
    lab->datagram_n += data.n;
    if (f->qualifier != 1)
        return;
    resolve(lab, slice_of(lab->datagram, lab->datagram_n));
    lab->datagram_n = 0;
}

/* What can be received at once: datagrams stay apart. */
static size_t at_hand(const struct lab *lab)
{
    if (!lab->udp)
        return lab->rx_n;
    return lab->datagram_count ? lab->datagrams[0] : 0;
}

static void take_out(struct lab *lab, size_t n)
{
    lab->rx_n -= n;
    memmove(lab->rx, lab->rx + n, lab->rx_n);
    if (lab->udp && (lab->datagrams[0] -= n) == 0)
        memmove(lab->datagrams, lab->datagrams + 1, --lab->datagram_count * sizeof(size_t));
}

static void receive_data(struct lab *lab, const struct fetched *f)
{
    slice wanted = cat_tlv(f->tlvs, CAT_TAG_CHANNEL_DATA_LENGTH);
    size_t n = wanted.p[0], left;
    char text[700], hex[600] = "";

    assert_true(lab->open);
    if (lab->pieces && n > lab->pieces)
        n = lab->pieces;
    if (n > at_hand(lab))
        n = at_hand(lab);
    assert_int_equal(hex_encode(slice_of(lab->rx, n), hex, sizeof hex), E_OK);
    left = at_hand(lab) - n < 255 ? at_hand(lab) - n : 255;
    take_out(lab, n);
    snprintf(text, sizeof text, "B6%s%02zX%s B701%02zX", n > 127 ? "81" : "", n, hex, left);
    lab->received++;
    lab->signalled = left > 0;
    respond(lab, f, "00", text);
}

static void answer_command(struct lab *lab)
{
    struct fetched f = terminal_fetch(&lab->u);

    switch (f.type) {
    case CAT_OPEN_CHANNEL:
        open_channel(lab, &f);
        break;
    case CAT_SEND_DATA:
        send_data(lab, &f);
        break;
    case CAT_RECEIVE_DATA:
        receive_data(lab, &f);
        break;
    case CAT_CLOSE_CHANNEL:
        assert_true(lab->open);
        lab->open = false;
        lab->closed++;
        respond(lab, &f, "00", "");
        break;
    case CAT_TIMER_MANAGEMENT:
        lab->timers++;
        respond(lab, &f, "00", "");
        break;
    default:
        respond(lab, &f, "00", "");
    }
}

static void event(struct lab *lab, const char *tlvs)
{
    uint16_t sw = terminal_envelope(&lab->u, 0xD6, tlvs);

    assert_true(sw == 0x9000 || sw >> 8 == 0x91);
}

bool lab_step(struct lab *lab)
{
    char text[80];

    if (lab->open && lab->rx_n && !lab->signalled && !lab->gone) {
        lab->signalled = true;
        snprintf(text, sizeof text, "990109 82028281 B8028100 B701%02zX",
                 at_hand(lab) < 255 ? at_hand(lab) : 255);
        event(lab, text);
    } else if (cat_waiting(lab->u.card)) {
        answer_command(lab);
    } else if (lab->open && lab->dropped && !lab->rx_n) {
        lab_drop(lab);
    } else {
        return false;
    }
    return true;
}

void lab_run(struct lab *lab)
{
    unsigned steps = 0;

    while (lab_step(lab))
        assert_true(++steps < 20000);
}

void lab_drop(struct lab *lab)
{
    lab->dropped = false;
    lab->gone = true;
    event(lab, "99010A 82028281 B8020105");
}

void lab_expire(struct lab *lab, uint8_t id)
{
    char text[80];
    uint16_t sw;

    snprintf(text, sizeof text, "82028281 A401%02X A503000000", id);
    sw = terminal_envelope(&lab->u, 0xD7, text);
    assert_true(sw == 0x9000 || sw >> 8 == 0x91);
}

void lab_open(struct lab *lab, const struct tls_peer_options *server)
{
    memset(lab, 0, sizeof *lab);
    lab->break_at = SIZE_MAX;
    uicc_new(&lab->u);
    tls_peer_open(&lab->server.tls, server);
}

void lab_close(struct lab *lab)
{
    tls_peer_close(&lab->server.tls);
}
