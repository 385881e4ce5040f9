/*
 * ENVELOPE (TS 102 223 7): events and timers go to who waits for them. What nobody waits for is
 * accepted and forgotten.
 */
#include "euicc/card_impl.h"

enum {
    ENVELOPE_SMS_PP_DOWNLOAD = 0xD1,
    ENVELOPE_EVENT_DOWNLOAD = 0xD6,
    ENVELOPE_TIMER_EXPIRATION = 0xD7
};

/*
 * TS 31.111 7.1.1: a short message to the card, its TPDU under CAT_TAG_SMS_TPDU. Who reads secured
 * packets (TS 31.115) stands above the UICC; without him it is accepted and forgotten.
 */
static void sms_pp_download(struct card *card, slice body, struct reply *out)
{
    if (!cat_tlv(body, CAT_TAG_SMS_TPDU).p)
        out->sw = SW_DATA;
    else
        card_sms_pp(card, body, out);
}

/* 7.5: one event in the list. */
static void event_download(struct card *card, slice body, struct reply *out)
{
    slice event = cat_tlv(body, CAT_TAG_EVENT_LIST);

    if (event.n != 1)
        out->sw = SW_DATA;
    else if (event.p[0] < 32 && (card->cat.events & CAT_EVENT_BIT(event.p[0])))
        cat_tell(card, CAT_NEWS_EVENT, event.p[0], body);
}

/* 7.4 */
static void timer_expiration(struct card *card, slice body, struct reply *out)
{
    slice id = cat_tlv(body, CAT_TAG_TIMER_ID);

    if (id.n != 1)
        out->sw = SW_DATA;
    else
        cat_timer_expired(card, id.p[0]);
}

void cat_envelope(struct card *card, uint32_t tag, slice body, struct reply *out)
{
    if (tag == ENVELOPE_SMS_PP_DOWNLOAD)
        sms_pp_download(card, body, out);
    else if (tag == ENVELOPE_EVENT_DOWNLOAD)
        event_download(card, body, out);
    else if (tag == ENVELOPE_TIMER_EXPIRATION)
        timer_expiration(card, body, out);
}
