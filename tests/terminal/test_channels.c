/* The bearer independent protocol: channels against hosts that accept, refuse, stall and leave. */
#include "terminal/fake.h"

#include "euicc/cat.h"

#define HOST_V4 "3E05217F000001"
#define HOST_V6 "3E11572001 0DB8000000000000000000000001"
/* bearer, buffer of 512 octets, level, address */
#define TCP    "350103 39020200 3C0302115C " HOST_V4
#define UDP    "350103 39020200 3C0301115C " HOST_V4
#define OPENED "830100B8028100B50103B9020200"

static const struct mobile_map maps[] = {
    { { 4, { 10, 0, 0, 1 }, 443 }, { 4, { 127, 0, 0, 1 }, 8443 } },
    { { 4, { 10, 0, 0, 1 }, 0 }, { 4, { 127, 0, 0, 2 }, 0 } },
    { { 16, { 0x20, 0x01 }, 80 }, { 4, { 127, 0, 0, 3 }, 1 } },
};

static int start(void **state)
{
    fake_setup(state);
    fake.o.maps = maps;
    fake.o.map_count = COUNT(maps);
    fake_open(&fake);
    fake_ask(CAT_SET_UP_EVENT_LIST, 0, 0x82, "9902090A");
    fake_envelope();
    return 0;
}

static void arrive(struct fake_host *h, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h->in[h->in_n++] = (uint8_t)i;
}

/* ---- open ---- */

static void immediate_link(void **state)
{
    (void)state;
    fake.hosts[0].linked = E_AGAIN;
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP), ""); /* it waits */
    assert_false(mobile_idle(fake.m));
    fake_later(29000);
    assert_int_equal(fake.responses, 1);
    fake.hosts[0].linked = E_OK;
    fake_step();
    assert_int_equal(fake.responses, 2);
    assert_string_equal(fake.response, "81030240018202828183"
                                       "0100B8028100B50103B9020200");
    assert_string_equal(fake_envelope(), ""); /* the answer told of the link */
    assert_true(fake.hosts[0].tcp);
    assert_int_equal(fake.hosts[0].to.port, 4444);
    assert_memory_equal(fake.hosts[0].to.octets, "\x7F\x00\x00\x01", 4);
    assert_int_equal(fake.last.channel, 1);
    assert_int_equal(fake.asked.port, 4444);
}

static void hosts_that_are_not_there(void **state)
{
    (void)state;
    fake.open = E_NETWORK;
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP), "83023A07");
    fake.open = E_OK;
    fake.hosts[0].linked = E_NETWORK;
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP), "83023A07");
    assert_true(fake.hosts[0].closed);
    fake.hosts[1].linked = E_AGAIN;
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP), "");
    fake_later(30000);
    assert_int_equal(fake.responses, 4);
    assert_non_null(strstr(fake.response, "83023A07"));
    assert_true(fake.hosts[1].closed);
    assert_true(mobile_idle(fake.m));
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP), OPENED); /* number 1 again */
}

static void background_and_on_demand(void **state)
{
    (void)state;
    fake.hosts[0].linked = E_AGAIN;
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x05, 0x82, TCP),
                        "830100B8020100B50103B9020200");
    fake_step();
    assert_string_equal(fake_envelope(), "");
    fake.hosts[0].linked = E_OK;
    fake_step();
    assert_string_equal(fake_envelope(), "D60B99010A82028281B8028100");
    /* on demand: the first octets make the link */
    fake.hosts[1].linked = E_AGAIN;
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x00, 0x82, TCP),
                        "830100B8020200B50103B9020200");
    assert_int_equal(fake.host_count, 1);
    assert_string_equal(fake_ask(CAT_SEND_DATA, 0x00, 0x22,
                                 "3602"
                                 "4142"),
                        "830100B701FF");
    assert_int_equal(fake.host_count, 1);
    assert_string_equal(fake_ask(CAT_SEND_DATA, 0x01, 0x22,
                                 "3601"
                                 "43"),
                        "830100B701FF");
    assert_int_equal(fake.host_count, 2);
    assert_int_equal(fake.hosts[1].out_n, 0);
    fake.hosts[1].linked = E_OK;
    fake_step();
    assert_string_equal(fake_envelope(), "D60B99010A82028281B8028200");
    assert_int_equal(fake.hosts[1].out_n, 3);
    assert_memory_equal(fake.hosts[1].out, "ABC", 3);
    /* nobody there in the background: the event says it, the channel stays until it is closed */
    fake.hosts[2].linked = E_AGAIN;
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x05, 0x82, TCP),
                        "830100B8020300B50103B9020200");
    fake_later(30000);
    assert_string_equal(fake_envelope(), "D60B99010A82028281B8020305");
    assert_string_equal(fake_ask(CAT_GET_CHANNEL_STATUS, 0, 0x82, ""),
                        "830100B8028100B8028200B8020305");
    assert_string_equal(fake_ask(CAT_CLOSE_CHANNEL, 0, 0x23, ""), "830100");
}

static void maps_and_addresses(void **state)
{
    (void)state;
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, "350103 39020200 3C030201BB 3E05210A000001");
    assert_int_equal(fake.hosts[0].to.port, 8443);
    assert_memory_equal(fake.hosts[0].to.octets, "\x7F\x00\x00\x01", 4);
    assert_int_equal(fake.asked.port, 443);
    assert_int_equal(fake.to.port, 8443);
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, "350103 39020200 3C030201BC 3E05210A000001");
    assert_int_equal(fake.hosts[1].to.port, 444);
    assert_memory_equal(fake.hosts[1].to.octets, "\x7F\x00\x00\x02", 4);
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82,
             "350103 39020200 3C03020050 3E115720010000000000000000000000000000");
    assert_int_equal(fake.hosts[2].to.n, 4);
    assert_int_equal(fake.hosts[2].to.octets[3], 3);
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, "350103 39020200 3C03020051 " HOST_V6);
    assert_int_equal(fake.hosts[3].to.n, 16);
    assert_int_equal(fake.hosts[3].to.port, 0x51);
    assert_memory_equal(fake.hosts[3].to.octets, "\x20\x01\x0D\xB8", 4);
    /* the terminal's own address stands before the level and is not where it goes to */
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, "350103 39020200 3E0521C0000201 3C0302115C " HOST_V4);
    assert_int_equal(fake.hosts[4].to.octets[0], 127);
}

static void only_what_is_mapped(void **state)
{
    fake_setup(state);
    fake.o.maps = maps;
    fake.o.map_count = 1;
    fake.o.mapped_only = true;
    fake_open(&fake);
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP), "83023A07");
    assert_string_equal(
        fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, "350103 39020200 3C030201BC 3E05210A000001"),
        "83023A07");
    assert_int_equal(fake.host_count, 0);
    assert_string_equal(
        fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, "350103 39020200 3C030201BB 3E05210A000001"),
        OPENED);
}

static void requests_that_cannot_be_met(void **state)
{
    static const struct {
        const char *tlvs, *result;
    } cases[] = {
        { "39020200 3C0302115C " HOST_V4, "830136" },              /* no bearer */
        { "3500 39020200 3C0302115C " HOST_V4, "830136" },         /* */
        { "350103 3C0302115C " HOST_V4, "830136" },                /* no buffer */
        { "350101 39020200 3C0302115C " HOST_V4, "830130" },       /* circuit switched */
        { "350103 39020200 " HOST_V4, "83023A06" },                /* no level */
        { "350103 39020200 3C0303115C " HOST_V4, "83023A06" },     /* a server */
        { "350103 39020200 3C0202115C " HOST_V4, "83023A06" },     /* */
        { "350103 39020200 3C0302115C", "830136" },                /* no address */
        { "350103 39020200 3E05217F000001 3C0302115C", "830136" }, /* only its own */
        { "350103 39020200 3C0302115C 3E00", "830136" },           /* */
        { "350103 39020200 3C0302115C 3E04217F0000", "830132" },   /* too short */
        { "350103 39020200 3C0302115C 3E05577F000001", "830132" }, /* length of IPv4 */
        { "350103 39020200 3C0302115C 3E05227F000001", "830132" }, /* unknown kind */
        { "350103 390102 3C0302115C " HOST_V4, "830132" },         /* */
        { "350103 39020200 3C03020000 " HOST_V4, "830132" },       /* port 0 */
    };

    (void)state;
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP), OPENED); /* what is right */
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, cases[i].tlvs), cases[i].result);
    assert_int_equal(fake.host_count, 1);
    for (unsigned i = 2; i <= MOBILE_CHANNELS; i++)
        assert_memory_equal(fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP), "830100", 6);
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP), "83023A01");
    assert_string_equal(fake_ask(CAT_GET_CHANNEL_STATUS, 0, 0x82, ""),
                        "830100B8028100B8028200B8028300B8028400B8028500B8028600B8028700");
    assert_string_equal(fake_ask(CAT_CLOSE_CHANNEL, 0, 0x25, ""), "830100");
    assert_string_equal(fake_ask(CAT_CLOSE_CHANNEL, 0, 0x25, ""), "83023A03");
    assert_memory_equal(fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP), "830100B8028500", 14);
}

static void buffers_have_a_limit(void **state)
{
    (void)state;
    assert_string_equal(
        fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, "350103 3902FFFF 3C0302115C " HOST_V4),
        "830107B8028100B50103B9022000");
}

/* ---- send ---- */

static void store_and_send(void **state)
{
    (void)state;
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, "350103 39020008 3C0302115C " HOST_V4);
    assert_string_equal(fake_ask(CAT_SEND_DATA, 0, 0x21,
                                 "3603"
                                 "414243"),
                        "830100B70105");
    assert_int_equal(fake.hosts[0].out_n, 0);
    assert_string_equal(fake_ask(CAT_SEND_DATA, 0, 0x21,
                                 "3606"
                                 "414243444546"),
                        "83023A04");
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21,
                                 "3602"
                                 "4445"),
                        "830100B70108");
    assert_int_equal(fake.hosts[0].out_n, 5);
    assert_memory_equal(fake.hosts[0].out, "ABCDE", 5);
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21, ""), "830136");
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x22, "360141"), "83023A03");
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x20, "360141"), "83023A03");
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x82, "360141"), "83023A03");
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21, "3600"), "830100B70108");
}

/* The answer to SEND DATA waits until there is room; an impatient end comes too. */
static void a_host_that_does_not_read(void **state)
{
    struct fake_host *h = &fake.hosts[0];

    (void)state;
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, "350103 39020008 3C0302115C " HOST_V4);
    h->takes = 2;
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21,
                                 "3606"
                                 "414243444546"),
                        "830100B70104");
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21,
                                 "3606"
                                 "4748494A4B4C"),
                        "");
    h->takes = 2;
    fake_step();
    assert_int_equal(h->out_n, 4); /* six fit now, one moment later */
    assert_non_null(strstr(fake.response, "830100B70100"));
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21, "360141"), "");
    size_t before = fake.responses;
    fake_later(29999);
    assert_int_equal(fake.responses, before);
    fake_later(1);
    assert_non_null(strstr(fake.response, "83022100"));
    h->takes = 100;
    fake_step();
    assert_int_equal(h->out_n, 12);
    assert_memory_equal(h->out, "ABCDEFGHIJKL", 12);
    h->takes = 0;
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21,
                                 "3608"
                                 "4142434445464748"),
                        "830100B70100");
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21, "360141"), "");
    h->broken = E_NETWORK; /* and the link goes while it waits */
    fake_step();
    assert_non_null(strstr(fake.response, "83023A02"));
    assert_string_equal(fake_envelope(), "D60B99010A82028281B8020105");
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21, "360141"), "83023A02");
}

/* More than the buffer ever holds; a link that goes at the first octet; a host that is not there
 * when it is wanted. */
static void what_cannot_be_sent(void **state)
{
    (void)state;
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, "350103 39020004 3C0302115C " HOST_V4);
    fake.hosts[0].takes = 0;
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21, "360141"), "830100B70103");
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21, "3605 4142434445"), "");
    fake.hosts[0].takes = 100;
    fake_step();
    assert_non_null(strstr(fake.response, "83023A04"));
    assert_int_equal(fake.hosts[0].out_n, 1);
    fake.hosts[0].broken = E_NETWORK;
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21, "360141"), "83023A02");
    assert_string_equal(fake_ask(CAT_CLOSE_CHANNEL, 0, 0x21, ""), "830100");
    fake_ask(CAT_OPEN_CHANNEL, 0x00, 0x82, TCP);
    fake.open = E_NETWORK;
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21, "360141"), "83023A07");
    assert_string_equal(fake_ask(CAT_CLOSE_CHANNEL, 0, 0x21, ""), "83023A03");
}

static void datagrams(void **state)
{
    struct fake_host *h = &fake.hosts[0];

    (void)state;
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, UDP), OPENED);
    assert_false(h->tcp);
    fake_ask(CAT_SEND_DATA, 0, 0x21,
             "3603"
             "414243");
    fake_ask(CAT_SEND_DATA, 1, 0x21,
             "3602"
             "4445");
    assert_int_equal(h->datagrams, 1);
    assert_int_equal(h->out_n, 5);
    h->broken = E_NETWORK; /* nobody listens there: that is no end of the channel */
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21, "360146"), "830100B701FF");
    fake_step();
    h->broken = E_OK;
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21, "360147"), "830100B701FF");
    assert_int_equal(h->datagrams, 2);
    assert_string_equal(fake_envelope(), "");
    /* one datagram at a time */
    arrive(h, 3);
    fake_step();
    assert_string_equal(fake_envelope(), "D60E99010982028281B8028100B70103");
    arrive(h, 2);
    fake_step();
    assert_string_equal(fake_ask(CAT_RECEIVE_DATA, 0, 0x21, "370103"), "830100B603000102B70100");
    assert_string_equal(fake_envelope(), "D60E99010982028281B8028100B70102");
}

/* ---- receive ---- */

static void octets_arrive(void **state)
{
    struct fake_host *h = &fake.hosts[0];
    const char *got;

    (void)state;
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP);
    assert_string_equal(fake_ask(CAT_RECEIVE_DATA, 0, 0x21, "370110"), "830102B600B70100");
    arrive(h, 4);
    fake_step();
    assert_string_equal(fake_envelope(), "D60E99010982028281B8028100B70104");
    arrive(h, 2); /* behind those that it was told of */
    fake_step();
    assert_string_equal(fake_envelope(), "");
    assert_string_equal(fake_ask(CAT_RECEIVE_DATA, 0, 0x21, "370104"), "830100B60400010203B70102");
    assert_string_equal(fake_ask(CAT_RECEIVE_DATA, 0, 0x21, "370104"), "830102B6020001B70100");
    assert_string_equal(fake_envelope(), "");
    /* more than the buffer holds: the rest stays with the host */
    arrive(h, 600);
    fake_step();
    assert_string_equal(fake_envelope(), "D60E99010982028281B8028100B701FF");
    assert_int_equal(h->in_n, 88);
    got = fake_ask(CAT_RECEIVE_DATA, 0, 0x21, "3701FF"); /* 237 fit into one answer */
    assert_memory_equal(got, "830102B681ED000102", 18);
    assert_string_equal(got + strlen(got) - 6, "B701FF");
    assert_int_equal(strlen(fake.response), 2 * 255);
    fake_step();
    assert_int_equal(h->in_n, 0);
    fake_ask(CAT_RECEIVE_DATA, 0, 0x21, "3701C8");
    got = fake_ask(CAT_RECEIVE_DATA, 0, 0x21, "3701A0");
    assert_string_equal(got + strlen(got) - 6, "B70103");
    assert_string_equal(fake_ask(CAT_RECEIVE_DATA, 0, 0x21, ""), "830136");
    assert_string_equal(fake_ask(CAT_RECEIVE_DATA, 0, 0x21, "37020001"), "830132");
    assert_string_equal(fake_ask(CAT_RECEIVE_DATA, 0, 0x22, "370101"), "83023A03");
}

/* What had arrived is told first, then that the link is gone, and it can still be fetched. */
static void a_host_that_leaves(void **state)
{
    struct fake_host *h = &fake.hosts[0];

    (void)state;
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP);
    arrive(h, 2);
    h->broken = E_CLOSED;
    assert_int_equal(mobile_step(fake.m), E_OK);
    assert_int_equal(fake.envelopes, 2);
    assert_string_equal(fake_envelope(), "D60B99010A82028281B8020105");
    assert_true(h->closed);
    assert_int_equal(fake.links, 2);
    assert_string_equal(fake_ask(CAT_GET_CHANNEL_STATUS, 0, 0x82, ""), "830100B8020105");
    assert_string_equal(fake_ask(CAT_RECEIVE_DATA, 0, 0x21, "370102"), "830100B6020001B70100");
    assert_string_equal(fake_ask(CAT_SEND_DATA, 1, 0x21, "360141"), "83023A02");
    assert_string_equal(fake_ask(CAT_CLOSE_CHANNEL, 0, 0x21, ""), "830100");
    assert_string_equal(fake_ask(CAT_GET_CHANNEL_STATUS, 0, 0x82, ""), "830100B8020000");
    assert_true(mobile_idle(fake.m));
}

/* Without the events nothing is told; what waits is told when they are wanted. */
static void nobody_listens(void **state)
{
    (void)state;
    fake_ask(CAT_SET_UP_EVENT_LIST, 0, 0x82, "9900");
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP);
    arrive(&fake.hosts[0], 2);
    fake_step();
    assert_string_equal(fake_envelope(), "");
    fake_ask(CAT_SET_UP_EVENT_LIST, 0, 0x82, "990109");
    assert_string_equal(fake_envelope(), "D60E99010982028281B8028100B70102");
}

static void a_reset_ends_channels(void **state)
{
    (void)state;
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP);
    fake.hosts[1].linked = E_AGAIN;
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP);
    fake.count = 0; /* the reset takes the command that was not answered */
    assert_int_equal(mobile_restart(fake.m), E_OK);
    assert_true(fake.hosts[0].closed && fake.hosts[1].closed);
    fake_step();
    assert_true(mobile_idle(fake.m));
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP);
    fake_ask(CAT_REFRESH, CAT_REFRESH_PROFILE_STATE_CHANGE, 0x82, "");
    assert_true(fake.hosts[2].closed);
}

static void it_waits_no_longer_than_needed(void **state)
{
    (void)state;
    fake_step();
    assert_int_equal(mobile_run(fake.m, 20000), E_OK);
    assert_int_equal(fake.waited_ms, 20000);
    assert_int_equal(mobile_run(fake.m, 20000), E_OK); /* a poll in between */
    assert_int_equal(fake.waited_ms, 10000);
    assert_int_equal(fake.polls, 1);
    fake.hosts[0].linked = E_AGAIN;
    fake_ask(CAT_OPEN_CHANNEL, 0x01, 0x82, TCP);
    assert_int_equal(mobile_run(fake.m, 100000), E_OK);
    assert_non_null(strstr(fake.response, "83023A07"));
}

int main(void)
{
#define T(name, setup) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        T(immediate_link, start),
        T(hosts_that_are_not_there, start),
        T(background_and_on_demand, start),
        T(maps_and_addresses, start),
        T(only_what_is_mapped, NULL),
        T(requests_that_cannot_be_met, start),
        T(buffers_have_a_limit, start),
        T(store_and_send, start),
        T(a_host_that_does_not_read, start),
        T(what_cannot_be_sent, start),
        T(datagrams, start),
        T(octets_arrive, start),
        T(a_host_that_leaves, start),
        T(nobody_listens, start),
        T(a_reset_ends_channels, start),
        T(it_waits_no_longer_than_needed, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
