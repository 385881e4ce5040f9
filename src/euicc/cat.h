/*
 * The card application toolkit (TS 102 223): proactive commands to the terminal, and what comes
 * back in TERMINAL RESPONSE and ENVELOPE.
 *
 * A command is queued from inside a handler. The terminal hears of the first one by 91XX, takes it
 * by FETCH and answers by TERMINAL RESPONSE; then its owner's function runs, inside that APDU's
 * transaction, and may queue the next. Queue, timers and event list are volatile: a reset ends
 * them, and who waits for a command is told so.
 *
 * The terminal decides when anything happens. It may refuse every command, and may never answer:
 * a command that was fetched stays outstanding until the answer, a reset, or the next TERMINAL
 * PROFILE, which takes it back.
 */
#ifndef DUNLIN_EUICC_CAT_H
#define DUNLIN_EUICC_CAT_H

#include "euicc/card.h"

#define CAT_COMMAND_MAX 255 /* octets of one command, D0 and length included: what 91XX can say */
#define CAT_QUEUE       6
#define CAT_WATCHES     8
#define CAT_TIMERS      8
#define CAT_SEND_MAX    240 /* octets that one SEND DATA takes */
#define CAT_RECEIVE_MAX 237 /* octets that fit into the TERMINAL RESPONSE to RECEIVE DATA */

/* Types of command, TS 102 223 9.4. */
enum cat_type {
    CAT_REFRESH = 0x01,
    CAT_MORE_TIME = 0x02,
    CAT_POLL_INTERVAL = 0x03,
    CAT_POLLING_OFF = 0x04,
    CAT_SET_UP_EVENT_LIST = 0x05,
    CAT_SEND_SHORT_MESSAGE = 0x13,
    CAT_DISPLAY_TEXT = 0x21,
    CAT_PROVIDE_LOCAL_INFORMATION = 0x26,
    CAT_TIMER_MANAGEMENT = 0x27,
    CAT_OPEN_CHANNEL = 0x40,
    CAT_CLOSE_CHANNEL = 0x41,
    CAT_RECEIVE_DATA = 0x42,
    CAT_SEND_DATA = 0x43,
    CAT_GET_CHANNEL_STATUS = 0x44
};

/* Modes of REFRESH, TS 102 223 8.6. */
enum {
    CAT_REFRESH_INIT_ALL_FILES = 0x00,
    CAT_REFRESH_FILES = 0x01,
    CAT_REFRESH_INIT_FILES = 0x02,
    CAT_REFRESH_INIT = 0x03,
    CAT_REFRESH_UICC_RESET = 0x04,
    CAT_REFRESH_APPLICATION_RESET = 0x05,
    CAT_REFRESH_SESSION_RESET = 0x06,
    CAT_REFRESH_PROFILE_STATE_CHANGE = 0x09
};

/* Device identities, TS 102 223 8.7. Channel n is CAT_CHANNEL + n, n = 1 .. 7. */
enum {
    CAT_DISPLAY = 0x02,
    CAT_CHANNEL = 0x20,
    CAT_UICC = 0x81,
    CAT_TERMINAL = 0x82,
    CAT_NETWORK = 0x83
};

/* Tags of comprehension TLVs without the comprehension bit, TS 102 223 9.3. */
enum cat_tag {
    CAT_TAG_DETAILS = 0x01,
    CAT_TAG_DEVICES = 0x02,
    CAT_TAG_RESULT = 0x03,
    CAT_TAG_DURATION = 0x04,
    CAT_TAG_ALPHA = 0x05,
    CAT_TAG_ADDRESS = 0x06,
    CAT_TAG_SMS_TPDU = 0x0B,
    CAT_TAG_TEXT = 0x0D,
    CAT_TAG_FILE_LIST = 0x12,
    CAT_TAG_IMEI = 0x14,
    CAT_TAG_EVENT_LIST = 0x19,
    CAT_TAG_LOCATION_STATUS = 0x1B,
    CAT_TAG_TIMER_ID = 0x24,
    CAT_TAG_TIMER_VALUE = 0x25,
    CAT_TAG_BEARER = 0x35,
    CAT_TAG_CHANNEL_DATA = 0x36,
    CAT_TAG_CHANNEL_DATA_LENGTH = 0x37,
    CAT_TAG_CHANNEL_STATUS = 0x38,
    CAT_TAG_BUFFER_SIZE = 0x39,
    CAT_TAG_TRANSPORT = 0x3C,
    CAT_TAG_OTHER_ADDRESS = 0x3E,
    CAT_TAG_ACCESS_NAME = 0x47
};

/* Results below this mean that the command was done, TS 102 223 8.12. */
#define CAT_NOT_PERFORMED 0x10
enum { CAT_RESULT_BIP_ERROR = 0x3A };

/*
 * Called when the terminal answered: result is the general result octet of the TERMINAL RESPONSE,
 * body the whole response. With result -1 the command is lost: reset, or a new TERMINAL PROFILE.
 */
typedef void cat_done(struct card *card, void *ctx, int result, slice body);

/*
 * Takes the next comprehension TLV from the front: a tag of one octet, whose high bit asks for
 * comprehension and is not told, or of three that begin with 7F; a length of up to four octets.
 * False at the end, or when it goes past it.
 */
bool cat_next(slice *in, uint32_t *tag, slice *value);
/* The value of the first comprehension TLV with this tag; absent when there is none. */
slice cat_tlv(slice body, enum cat_tag tag);
/* Additional information on the result: its second octet, 0 when there is none. */
uint8_t cat_result_info(slice body);

/*
 * Queues a command to the terminal: command details and device identities are put in front of the
 * TLVs. E_STATE: no TERMINAL PROFILE yet. E_UNSUPPORTED: it says that the terminal cannot do this.
 * E_LIMIT: the queue is full (see CAT_NEWS_ROOM), or the command too long. REFRESH goes out
 * whatever the TERMINAL PROFILE says: profile switches depend on it.
 */
MUST_USE enum err cat_queue(struct card *card, uint8_t type, uint8_t qualifier, slice tlvs,
                            cat_done *done, void *ctx);
/* The same to another device. */
MUST_USE enum err cat_queue_to(struct card *card, uint8_t device, uint8_t type, uint8_t qualifier,
                               slice tlvs, cat_done *done, void *ctx);
/* What cat_queue would look up in the TERMINAL PROFILE. */
bool cat_terminal_can(const struct card *card, uint8_t type, uint8_t qualifier);
/* Bits of one octet, from 1, of the TERMINAL PROFILE (TS 102 223 5.2): all of them are set. */
bool cat_terminal_has(const struct card *card, unsigned octet, uint8_t bits);

/* ---- news for who cares ---- */

enum cat_news {
    CAT_NEWS_READY, /* TERMINAL PROFILE came */
    CAT_NEWS_ENDED, /* reset: timers, event list and channels are gone */
    CAT_NEWS_EVENT, /* ENVELOPE (EVENT DOWNLOAD) of an event that somebody wanted */
    CAT_NEWS_ROOM   /* a command left the queue */
};

enum cat_event {
    CAT_EVENT_LOCATION_STATUS = 0x03,
    CAT_EVENT_DATA_AVAILABLE = 0x09,
    CAT_EVENT_CHANNEL_STATUS = 0x0A,
    CAT_EVENT_PROFILE_CONTAINER = 0x19
};
#define CAT_EVENT_BIT(event) (UINT32_C(1) << (event))

/* event and body (the comprehension TLVs) belong to CAT_NEWS_EVENT. */
typedef void cat_heard(struct card *card, void *ctx, enum cat_news news, uint8_t event, slice body);

/* From an application's boot, once; holds for the life of the card. E_LIMIT. */
MUST_USE enum err cat_watch(struct card *card, cat_heard *heard, void *ctx);

/*
 * SET UP EVENT LIST with these events and those that were wanted before. E_CONFLICT: such a command
 * is under way. E_UNSUPPORTED: the terminal has not all of these events. If the terminal refuses,
 * the list is the one before.
 */
MUST_USE enum err cat_want_events(struct card *card, uint32_t events, cat_done *done, void *ctx);
/* The events that the terminal has accepted. */
uint32_t cat_events(const struct card *card);

/* ---- timers of the terminal ---- */

/* expired: false when the terminal refused the timer, or a reset took it. */
typedef void cat_timer(struct card *card, void *ctx, bool expired);

/* 1 .. 86399 s, else E_RANGE. *id (1 .. 8) is valid until `fn` was called. E_LIMIT: none is free.
 */
MUST_USE enum err cat_timer_start(struct card *card, uint32_t seconds, cat_timer *fn, void *ctx,
                                  uint8_t *id);
/* fn will not be called any more. */
void cat_timer_stop(struct card *card, uint8_t id);

/* ---- commands ---- */

/*
 * Files of the enabled profile changed. paths: `count` of them, each from 3F00 (of files in the
 * current ADF: 3F007FFF), one after another; none for modes without a list. Profile switches send
 * their own.
 */
MUST_USE enum err cat_refresh(struct card *card, uint8_t mode, uint8_t count, slice paths,
                              cat_done *done, void *ctx);
MUST_USE enum err cat_more_time(struct card *card, cat_done *done, void *ctx);
/* Up to 255 s in seconds, else in minutes; at most 255 of them. */
MUST_USE enum err cat_poll_interval(struct card *card, uint16_t seconds);
/* What the terminal last granted; 0: nothing yet, or polling is off. */
uint16_t cat_polled_every_s(const struct card *card);
MUST_USE enum err cat_polling_off(struct card *card);
/* what: the qualifier, TS 102 223 8.6 (00 location, 01 IMEI, 03 date and time ...). */
MUST_USE enum err cat_provide_local_information(struct card *card, uint8_t what, cat_done *done,
                                                void *ctx);
/* dcs: 04 octets of the default alphabet, 08 UCS2; 00 packed. qualifier: TS 102 223 8.6. */
MUST_USE enum err cat_display_text(struct card *card, uint8_t qualifier, uint8_t dcs, slice text,
                                   cat_done *done, void *ctx);
/* Silently, without packing. address: TON/NPI and digits; absent: that of EF_SMSP. */
MUST_USE enum err cat_send_short_message(struct card *card, slice address, slice tpdu,
                                         cat_done *done, void *ctx);

enum cat_transport { CAT_UDP_CLIENT = 0x01, CAT_TCP_CLIENT = 0x02 };

/* A packet data channel of the default bearer to a remote host. */
struct cat_channel {
    enum cat_transport transport;
    slice address; /* 4 or 16 octets */
    uint16_t port;
    uint16_t buffer;      /* octets that the terminal is to hold each way */
    slice access_name;    /* labels with their lengths; absent: the default one */
    slice user, password; /* both, or both absent */
};

MUST_USE enum err cat_open_channel(struct card *card, const struct cat_channel *c, cat_done *done,
                                   void *ctx);
MUST_USE enum err cat_close_channel(struct card *card, uint8_t channel, cat_done *done, void *ctx);
/* At once; at most CAT_SEND_MAX octets, else E_LIMIT. */
MUST_USE enum err cat_send_data(struct card *card, uint8_t channel, slice data, cat_done *done,
                                void *ctx);
/* The same, but the terminal keeps it until the next cat_send_data. */
MUST_USE enum err cat_store_data(struct card *card, uint8_t channel, slice data, cat_done *done,
                                 void *ctx);
MUST_USE enum err cat_receive_data(struct card *card, uint8_t channel, uint8_t octets,
                                   cat_done *done, void *ctx);
MUST_USE enum err cat_get_channel_status(struct card *card, cat_done *done, void *ctx);

#endif
