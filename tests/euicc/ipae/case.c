#include "euicc/ipae/case.h"

#include "euicc/ipae/ipae_impl.h"

static struct ipae_host host(const char *name, uint16_t port)
{
    return (struct ipae_host){
        .name = slice_str(name), .address = { 127, 0, 0, 1 }, .address_n = 4, .port = port
    };
}

static bool ipa_busy(struct card *card)
{
    struct ipae *e = card_app_state(card, &ipae_app);

    return web_busy(&e->web);
}

static void open_case(struct card_case *c, struct house *h, enum house_trust trust, size_t objects)
{
    *c = (struct card_case){ .house = h };
    personality_defaults(&c->personality);
    c->personality.ipae = IPAE_ALWAYS;
    house_device(h, c->personality.eid);
    assert_int_equal(personality_load(&c->personality, &c->files, h->crypto, h->pki), E_OK);
    c->ipae = (struct ipae_personality){
        .euicc = &c->personality,
        .hosts = { host(HOUSE_SMDP, h->smdp_port), host(HOUSE_EIM, h->eim_port) },
        .host_count = 2,
        .features = IPA_FEATURE_DIRECT,
        .poll_s = 3600,
        .initial_eim = house_initial_eim(h, trust),
    };
    c->apps[0] = (struct card_app_entry){ &isdr_app, &c->personality };
    c->apps[1] = (struct card_app_entry){ &ecasd_app, &c->personality };
    c->apps[2] = (struct card_app_entry){ &ipae_app, &c->ipae };
    c->card_personality = (struct card_personality){ .apps = c->apps, .app_count = 3 };
    c->memory_size = card_size(&c->card_personality, objects);
    c->memory = malloc(c->memory_size);
    c->octets = malloc((size_t)NVM_HALVES * CARD_HALF);
    assert_true(c->memory && c->octets);
    nvm_ram_init(&c->ram, c->octets, CARD_HALF, &c->nvm);
    phone_init(&c->phone);
    c->phone.power_off = &c->ram.off;
    c->phone.busy = ipa_busy;
}

void case_open(struct card_case *c, struct house *h, enum house_trust trust)
{
    open_case(c, h, trust, CARD_OBJECTS_MOST);
}

void case_open_small(struct card_case *c, struct house *h, size_t object_octets)
{
    open_case(c, h, TRUST_CA, object_octets);
}

void case_close(struct card_case *c)
{
    phone_close(&c->phone);
    if (c->card)
        card_close(c->card);
    free(c->memory);
    free(c->octets);
    personality_unload(&c->files);
}

bool case_power(struct card_case *c)
{
    enum err why;

    if (c->card)
        card_close(c->card);
    if (c->ram.off)
        nvm_ram_power_on(&c->ram);
    c->card =
        card_boot(c->memory, c->memory_size, &c->nvm, c->house->crypto, &c->card_personality, &why);
    if (!c->card) {
        assert_true(c->ram.off);
        return false;
    }
    phone_reset(&c->phone, c->card);
    return true;
}

void case_run(struct card_case *c, unsigned sleeps)
{
    for (unsigned i = 0;; i++) {
        for (unsigned steps = 0; phone_work(&c->phone); steps++)
            assert_true(steps < 20000);
        if (i == sleeps || !phone_sleep(&c->phone))
            return;
    }
}

enum house_outcome case_order(struct card_case *c, int64_t id, unsigned sleeps)
{
    for (unsigned i = 0;; i++) {
        enum house_outcome outcome;

        case_run(c, 0);
        outcome = house_outcome(c->house, id);
        if (outcome != ORDER_OPEN || i == sleeps || c->ram.off)
            return outcome;
        phone_sleep(&c->phone);
    }
}

uint16_t case_es10(struct card_case *c, slice request)
{
    static const uint8_t select[] = { 0x00, 0xA4, 4,    0,    16,   0xA0, 0, 0, 5, 0x59, 0x10,
                                      0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0, 0, 1, 0 };
    uint16_t sw = phone_apdu(&c->phone, SLICE_OF(select));

    assert_int_equal(sw >> 8, 0x61);
    for (uint8_t number = 0; request.n; number++) {
        slice part = slice_head(request, 255);
        uint8_t apdu[5 + 255] = { 0x80, 0xE2, 0x11, number, (uint8_t)part.n };

        request = slice_skip(request, part.n);
        if (!request.n)
            apdu[2] = 0x91;
        memcpy(apdu + 5, part.p, part.n);
        sw = phone_apdu(&c->phone, slice_of(apdu, 5 + part.n));
    }
    assert_int_equal(sw >> 8, 0x61);
    return phone_apdu(&c->phone, SLICE_LIT("\x00\xC0\0\0\0"));
}

int case_profile(struct card_case *c, const struct stock *s)
{
    struct card_profile p;

    return profile_by_iccid(c->card, SLICE_OF(s->iccid), &p) ? -1 : (int)p.state;
}
