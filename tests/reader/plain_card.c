#include "reader/plain_card.h"

#define MEMORY 65536
#define HALF   65536

static _Alignas(8) uint8_t memory[MEMORY];
static uint8_t octets[HALF * NVM_HALVES];
static struct nvm nvm;
static struct nvm_ram ram;
static struct personality personality;
static const struct card_app_entry apps[] = { { &isdr_app, &personality },
                                              { &ecasd_app, &personality } };
static const struct card_personality shape = { .apps = apps, .app_count = COUNT(apps) };

struct card *plain_card(bool fresh)
{
    enum err why;

    personality_defaults(&personality);
    assert_int_equal(eid_from_digits(SLICE_LIT(PLAIN_EID), personality.eid), E_OK);
    if (fresh)
        nvm_ram_init(&ram, octets, HALF, &nvm);
    struct card *card = card_boot(memory, sizeof memory, &nvm, crypto_openssl(), &shape, &why);
    assert_non_null(card);
    return card;
}

void script_add(struct script *s, const char *command, const char *response)
{
    assert_true(s->count < SCRIPT_MAX);
    s->step[s->count].command = command;
    s->step[s->count++].response = response;
}

static enum err transmit(void *ctx, slice command, uint8_t *response, size_t size, size_t *n)
{
    struct script *s = ctx;
    static char hex[200000];

    assert_true(s->at < s->count);
    assert_int_equal(hex_encode(command, hex, sizeof hex), E_OK);
    assert_string_equal(hex, s->step[s->at].command);
    const char *answer = s->step[s->at++].response;
    if (!answer)
        return E_CLOSED;
    assert_int_equal(hex_decode(slice_str(answer), response, size, n), E_OK);
    return E_OK;
}

static enum err reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    struct script *s = ctx;

    assert_true(size >= 2);
    memcpy(atr, "\x3B\0", 2);
    *n = 2;
    s->resets++;
    return E_OK;
}

static void close_link(void *ctx)
{
    (void)ctx;
}

struct card_link script_link(struct script *s)
{
    return (struct card_link){ s, transmit, reset, close_link };
}

void exchange(const struct card_link *link, const char *command, const char *response)
{
    static uint8_t octets_in[70000], octets_out[70000];
    static char hex[140002];
    size_t n;

    assert_int_equal(hex_decode(slice_str(command), octets_in, sizeof octets_in, &n), E_OK);
    enum err e =
        card_link_transmit(link, slice_of(octets_in, n), octets_out, sizeof octets_out, &n);
    if (!response) {
        assert_int_not_equal(e, E_OK);
        return;
    }
    assert_int_equal(e, E_OK);
    assert_int_equal(hex_encode(slice_of(octets_out, n), hex, sizeof hex), E_OK);
    assert_string_equal(hex, response);
}
