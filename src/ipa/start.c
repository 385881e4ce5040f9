/*
 * Start (SGP.32 3.8, SGP.22 5.7.1): the terminal says that it has an IPAd, opens a channel, selects
 * the ISD-R, reads the EID and the eIMs. After a profile switch the first three alone.
 */
#include "ipa/ipa_impl.h"

#include "rsp/sgp32.h"

static const uint8_t isdr_aid[] = { 0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                    0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x01, 0x00 };

enum err enter_no_card(struct ipa *ipa)
{
    ipa->need = NEED_A_CARD;
    return E_OK;
}

enum phase done_no_card(struct ipa *ipa, const struct outcome *o)
{
    (void)ipa, (void)o;
    return PH_TERMINAL_CAPABILITY;
}

static enum err command(struct ipa *ipa, slice apdu)
{
    es10_command(&ipa->es, apdu);
    ipa->need = NEED_CARD;
    return E_OK;
}

/* TS 102 221 11.1.19: A9 { 81 extended logical channels, 83 eUICC: local profile assistant, IPAd }
 */
enum err enter_terminal_capability(struct ipa *ipa)
{
    static const uint8_t apdu[] = { 0x80, 0xAA, 0x00, 0x00, 0x0A, 0xA9, 0x08, 0x81,
                                    0x00, 0x82, 0x01, 0x01, 0x83, 0x01, 0x07 };

    ipa->es.channel = 0;
    return command(ipa, SLICE_OF(apdu));
}

/* Older cards do not know the command; that is no reason to stop. */
enum phase done_terminal_capability(struct ipa *ipa, const struct outcome *o)
{
    (void)ipa, (void)o;
    return PH_OPEN_CHANNEL;
}

enum err enter_open_channel(struct ipa *ipa)
{
    return command(ipa, SLICE_LIT("\x00\x70\x00\x00\x01"));
}

/* Without a channel the basic one has to do. */
enum phase done_open_channel(struct ipa *ipa, const struct outcome *o)
{
    if (!o->err && o->data.n == 1 && o->data.p[0] < 20)
        ipa->es.channel = o->data.p[0];
    return PH_SELECT;
}

enum err enter_select(struct ipa *ipa)
{
    uint8_t apdu[5 + sizeof isdr_aid + 1] = { es10_cla(&ipa->es, false), 0xA4, 0x04, 0x00,
                                              sizeof isdr_aid };

    memcpy(apdu + 5, isdr_aid, sizeof isdr_aid);
    return command(ipa, SLICE_OF(apdu));
}

static enum phase no_euicc(struct ipa *ipa)
{
    note(ipa, IPA_NOTE_NO_EUICC, ipa->es.sw);
    return PH_NO_CARD;
}

enum phase done_select(struct ipa *ipa, const struct outcome *o)
{
    return o->err ? no_euicc(ipa) : ipa->after_select;
}

enum err enter_eid(struct ipa *ipa)
{
    return ask_simple(ipa, SLICE_LIT("\xBF\x3E\x03\x5C\x01\x5A"));
}

enum phase done_eid(struct ipa *ipa, const struct outcome *o)
{
    struct get_euicc_data_response r;

    if (o->err || schema_decode(&T_get_euicc_data_response, o->data, &r, NULL))
        return no_euicc(ipa);
    memcpy(ipa->eid, r.eid_value.p, sizeof ipa->eid);
    ipa->has_eid = true;
    return PH_EIMS;
}

enum err enter_eims(struct ipa *ipa)
{
    return ask_simple(ipa, SLICE_LIT("\xBF\x55\x00"));
}

static void keep_name(uint8_t *to, uint8_t *n, slice name)
{
    *n = (uint8_t)name.n;
    if (name.n)
        memcpy(to, name.p, name.n);
}

/* Retrieving is the default of an eIM that says nothing about its protocols. */
static bool retrieves(slice protocols)
{
    return !protocols.p || der_bit(protocols, EIM_RETRIEVE_HTTPS);
}

static void keep_eim(struct ipa *ipa, const struct eim_configuration_data *c, slice whole)
{
    struct eim *e = &ipa->eims[ipa->eim_count];
    int16_t change =
        ipa->eims_read && slice_eq(slice_of(e->id, e->id_n), c->eim_id) ? e->state_change : -1;

    if (c->eim_id.n > IPA_NAME_MAX || c->eim_fqdn.n > IPA_NAME_MAX || !c->eim_fqdn.n ||
        !activation_is_host(c->eim_fqdn))
        return;
    *e = (struct eim){ .state_change = change };
    keep_name(e->id, &e->id_n, c->eim_id);
    keep_name(e->host, &e->host_n, c->eim_fqdn);
    e->token = c->association_token;
    e->has_token = c->has_association_token;
    e->retrieves = retrieves(c->eim_supported_protocol);
    e->indirect = c->indirect_profile_download;
    if (ipa->o.eim)
        ipa->o.eim(ipa->o.ctx, ipa->eim_count, (struct ipa_bytes){ whole.p, whole.n });
    ipa->eim_count++;
}

static void read_eims(struct ipa *ipa, slice answer)
{
    ipa->eim_count = 0;
    for (struct der_reader r = der_reader(whole_elements(answer, 0xBF55, 0xA0));
         der_more(&r) && ipa->eim_count < IPA_EIMS;) {
        struct tlv e = der_take(&r);
        struct eim_configuration_data c;

        if (!schema_decode(&T_eim_configuration_data, e.whole, &c, NULL))
            keep_eim(ipa, &c, e.whole);
    }
    ipa->eims_read = true;
}

enum phase done_eims(struct ipa *ipa, const struct outcome *o)
{
    if (o->err && o->err != E_REFUSED)
        return no_euicc(ipa);
    if (!o->err)
        read_eims(ipa, o->data);
    note(ipa, IPA_NOTE_STARTED, ipa->eim_count);
    poll_begin(ipa);
    if (ipa->eim_count)
        return PH_NOTIFY_LIST;
    if (ipa->o.add_initial_eim.n && !ipa->initial_eim_tried)
        return PH_ADD_EIM;
    note(ipa, IPA_NOTE_NO_EIM, 0);
    return PH_SLEEP;
}

enum err enter_add_eim(struct ipa *ipa)
{
    ipa->initial_eim_tried = true;
    es10_begin(&ipa->es);
    es10_add(&ipa->es, slice_of(ipa->o.add_initial_eim.p, ipa->o.add_initial_eim.n));
    return ask_card(ipa);
}

enum phase done_add_eim(struct ipa *ipa, const struct outcome *o)
{
    (void)ipa, (void)o; /* the list that is read next tells what came of it */
    return PH_EIMS;
}
