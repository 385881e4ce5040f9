/* ISD-R and ECASD as applications of the card: selection, commands, power and reset. */
#include "euicc/isdr/isdr.h"

#include "base/secret.h"
#include "euicc/isdr/isdr_impl.h"
#include "rsp/sgp32.h"

/* SGP.22 annex; SGP.02 2.2.3 */
static const uint8_t isdr_aid[] = { 0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                    0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x01, 0x00 };
static const uint8_t ecasd_aid[] = { 0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                     0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x02, 0x00 };

enum { INS_STORE_DATA = 0xE2, INS_GET_DATA = 0xCA, FCI_MAX = 96 };

/*
 * FCI of SGP.22 5.7.1 with the application template E0, and E1 of SGP.32 5.9.1: bit 1 of its bit
 * string says that a profile is enabled, bit 0 that the card has an IPAe.
 */
static void put_fci(struct reply *out, slice aid, const struct personality *p, bool enabled)
{
    uint8_t buf[FCI_MAX];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice fci;
    size_t mark;

    if (p) {
        mark = der_mark(&w);
        der_put_bits(&w, 0x80, (enabled ? 2u : 0u) | (p->ipae != IPAE_NONE ? 1u : 0u));
        der_wrap(&w, 0xE1, mark);
        mark = der_mark(&w);
        der_put_tlv(&w, 0x82, SLICE_OF(p->svn));
        der_wrap(&w, 0xE0, mark);
    }
    mark = der_mark(&w);
    der_put_tlv(&w, 0x9F65, SLICE_LIT("\xFF"));
    der_wrap(&w, 0xA5, mark);
    der_put_tlv(&w, 0x84, aid);
    der_wrap(&w, 0x6F, 0);
    if (der_written(&w, &fci)) {
        reply_sw(out, SW_UNKNOWN);
        return;
    }
    if (reply_put(out, fci))
        out->sw = SW_OK;
}

/* ---- ISD-R ---- */

static enum err isdr_boot(struct card *card, void *state, const void *config)
{
    struct isdr *i = state;

    i->card = card;
    i->p = config;
    /* a result that cannot be made now must not keep the card from starting: see mended() */
    (void)!download_recover(i);
    return E_OK;
}

/*
 * A warm reset in the middle of a download leaves its durable record: the result with reason 11 is
 * made by the first command after it, inside that command's transaction.
 */
static bool mended(struct isdr *i, struct reply *out)
{
    enum err err;

    if (i->session.phase == SESSION_LOADING)
        return true;
    err = download_recover(i);
    if (err)
        reply_sw(out, sw_of(err));
    return !err;
}

static void isdr_select(struct card *card, void *state, const struct apdu *apdu, struct reply *out)
{
    struct isdr *i = state;

    chains_drop(i, apdu->channel);
    download_chain_dropped(i);
    if (mended(i, out))
        put_fci(out, SLICE_OF(isdr_aid), i->p, profile_enabled(card) != 0);
}

static void isdr_command(struct card *card, void *state, const struct apdu *apdu, struct reply *out)
{
    struct isdr *i = state;

    (void)card;
    if (apdu->ins != INS_STORE_DATA || !apdu->gp) {
        reply_sw(out, apdu->ins == INS_STORE_DATA ? SW_CLA : SW_INS);
        return;
    }
    if (mended(i, out))
        store_data(i, apdu, out);
}

static void isdr_deselect(struct card *card, void *state, uint8_t channel)
{
    (void)card;
    chains_drop(state, channel);
}

static void isdr_reset(struct card *card, void *state)
{
    struct isdr *i = state;

    (void)card;
    chains_drop(i, -1);
    download_forget(i);
    wipe(&i->session, sizeof i->session);
    i->fresh_root = 0;
    i->ipae_activated = false;
}

bool isdr_ipae_active(struct card *card)
{
    const struct isdr *i = card_app_state(card, &isdr_app);

    return i && (i->ipae_activated || i->p->ipae == IPAE_ALWAYS);
}

bool isdr_emergency(struct card *card)
{
    struct isdr *i = card_app_state(card, &isdr_app);

    return i && isdr_store_get(i).emergency != 0;
}

int isdr_change_cause(struct card *card, uint32_t from, uint32_t to)
{
    struct isdr *i = card_app_state(card, &isdr_app);
    uint32_t fallback = i ? isdr_store_get(i).fallback : 0;

    if (metadata_flag(profile_metadata(card, from), 0x9F7B) ||
        metadata_flag(profile_metadata(card, to), 0x9F7B))
        return STATE_CHANGE_EMERGENCY;
    return fallback && (from == fallback || to == fallback) ? STATE_CHANGE_FALLBACK
                                                            : STATE_CHANGE_UNDEFINED;
}

slice isdr_eim_tls(struct card *card, slice eim_id)
{
    struct isdr *i = card_app_state(card, &isdr_app);

    return i ? eim_tls(i, eim_id) : SLICE_NONE;
}

bool isdr_revoked(struct card *card, const struct cert *cert)
{
    struct isdr *i = card_app_state(card, &isdr_app);

    return !i || certificate_revoked(i, cert);
}

const struct card_app isdr_app = {
    .aid = { isdr_aid, sizeof isdr_aid },
    .name = "ISD-R",
    .state_octets = sizeof(struct isdr),
    .boot = isdr_boot,
    .select = isdr_select,
    .command = isdr_command,
    .deselect = isdr_deselect,
    .reset = isdr_reset,
    .switched = isdr_switched,
};

/* ---- ECASD (SGP.02 2.2.3): certificates leave it through ISD-R; GET DATA gives the EID ---- */

struct ecasd {
    const struct personality *p;
};

static enum err ecasd_boot(struct card *card, void *state, const void *config)
{
    struct ecasd *e = state;

    (void)card;
    e->p = config;
    return E_OK;
}

static void ecasd_select(struct card *card, void *state, const struct apdu *apdu, struct reply *out)
{
    (void)card;
    (void)state;
    (void)apdu;
    put_fci(out, SLICE_OF(ecasd_aid), NULL, false);
}

static void ecasd_command(struct card *card, void *state, const struct apdu *apdu,
                          struct reply *out)
{
    const struct ecasd *e = state;
    static const uint8_t head[] = { 0x5A, EID_LEN };

    (void)card;
    if (apdu->ins != INS_GET_DATA) {
        reply_sw(out, SW_INS);
        return;
    }
    if (apdu->p1 != 0 || apdu->p2 != 0x5A) {
        reply_sw(out, SW_REFERENCE);
        return;
    }
    if (reply_put(out, SLICE_OF(head)) && reply_put(out, SLICE_OF(e->p->eid)))
        out->sw = SW_OK;
}

const struct card_app ecasd_app = {
    .aid = { ecasd_aid, sizeof ecasd_aid },
    .name = "ECASD",
    .state_octets = sizeof(struct ecasd),
    .boot = ecasd_boot,
    .select = ecasd_select,
    .command = ecasd_command,
};
