/* What the files of this room share. See ota.h for the outside. */
#ifndef DUNLIN_EUICC_OTA_OTA_IMPL_H
#define DUNLIN_EUICC_OTA_OTA_IMPL_H

#include "crypto/crypto.h"
#include "euicc/card_impl.h"
#include "euicc/ota/ota.h"
#include "euicc/registry.h"

/* ---- keys.c: keys of security domains ---- */

enum { KEY_TYPE_DES = 0x80, KEY_TYPE_DES_CBC = 0x82, KEY_TYPE_AES = 0x88 };
/* Identifiers in a set for SCP80 and SCP03. */
enum { KEY_ENC = 1, KEY_MAC = 2, KEY_DEK = 3 };
#define KEY_MAX 32

/* The holder wipes it. */
struct ota_key {
    uint8_t type, version, identifier;
    uint8_t mac; /* octets of a checksum made with it */
    uint8_t n;
    uint8_t octets[KEY_MAX];
};

static inline bool key_is_aes(const struct ota_key *key)
{
    return key->type == KEY_TYPE_AES;
}
static inline uint8_t key_block(const struct ota_key *key)
{
    return key_is_aes(key) ? AES_BLOCK : DES_BLOCK;
}

bool key_find(struct card *card, uint8_t domain, uint8_t version, uint8_t identifier,
              struct ota_key *out);
/* Walks the keys of a domain; *n is the last number seen, start with -1. */
bool key_next(struct card *card, uint8_t domain, int32_t *n, struct ota_key *out);
/* Stores the key instead of the one of its version and identifier, or besides. E_LIMIT, E_MEMORY.
 */
MUST_USE enum err key_put(struct card *card, uint8_t domain, const struct ota_key *key);
/* Keys that match; version or identifier 0: any. *count is how many there were. */
MUST_USE enum err key_delete(struct card *card, uint8_t domain, uint8_t version, uint8_t identifier,
                             unsigned *count);

/* CBC from IV 0, in place, and the checksum over the parts: CMAC, or CBC-MAC with zero padding. */
MUST_USE enum err key_cipher(struct card *card, const struct ota_key *key, enum aes_direction dir,
                             uint8_t *octets, size_t n);
MUST_USE enum err key_checksum(struct card *card, const struct ota_key *key, const slice *parts,
                               size_t count, uint8_t out[AES_BLOCK]);
/* The first three octets of a block under the key: 00 for DES, 01 for AES (GPCS B.6). */
#define KCV_LEN 3
MUST_USE enum err key_check_value(struct card *card, const struct ota_key *key,
                                  uint8_t out[KCV_LEN]);

/* The last counter accepted with a key version of SCP80; at first what the profile says. */
#define COUNTER_LEN 5
uint64_t key_counter(struct card *card, uint8_t domain, uint8_t version);
MUST_USE enum err key_set_counter(struct card *card, uint8_t domain, uint8_t version,
                                  uint64_t value);
/* Sessions begun with a key version of SCP03. */
uint32_t key_sequence(struct card *card, uint8_t domain, uint8_t version);
MUST_USE enum err key_set_sequence(struct card *card, uint8_t domain, uint8_t version,
                                   uint32_t value);
MUST_USE enum err key_forget_domain(struct card *card, uint8_t domain);

/* SPI1 b2 b1: how a packet is checked. */
enum { CHECK_MASK = 0x03, CHECK_RC = 1, CHECK_CC = 2, CHECK_DS = 3 };

/* ---- targets.c: what a TAR names ---- */

struct ota_target {
    enum registry_kind kind; /* RFM instance or security domain */
    uint16_t number;
    uint8_t domain; /* whose keys */
    uint8_t msl;    /* as SPI1 */
};

bool target_find(struct card *card, const uint8_t tar[3], struct ota_target *out);
struct remote_access target_access(struct card *card, const struct ota_target *target);
/* The entry with this number. */
bool registry_get(struct card *card, uint16_t number, struct registry_entry *out);

/* ---- packet.c: command and response packets (TS 102 225) ---- */

/* Response status codes, TS 102 225 table 5. */
enum ota_status {
    OTA_OK = 0x00,
    OTA_CHECKSUM_FAILED = 0x01,
    OTA_COUNTER_LOW = 0x02,
    OTA_COUNTER_HIGH = 0x03,
    OTA_COUNTER_BLOCKED = 0x04,
    OTA_CIPHERING_ERROR = 0x05,
    OTA_SECURITY_ERROR = 0x06, /* the header cannot be interpreted */
    OTA_NO_MEMORY = 0x07,
    OTA_MORE_TIME = 0x08, /* not used: one packet is done in one command */
    OTA_TAR_UNKNOWN = 0x09,
    OTA_LEVEL_TOO_LOW = 0x0A,
    OTA_RESPONSE_BY_SUBMIT = 0x0B, /* not used: the packet itself says where the answer goes */
    OTA_RESPONSE_BY_USSD = 0x0C    /* not used */
};

struct ota_packet {
    uint8_t cpl[2];
    uint8_t chl;
    uint8_t spi1, spi2, kic, kid;
    uint8_t tar[3];
    uint8_t counter[COUNTER_LEN];
    uint8_t padding;
    slice data; /* secured data without padding */
    struct ota_target target;
    struct ota_key cipher_key, mac_key; /* n 0: not used */
    bool proven;                        /* a cryptographic checksum has been verified */
    bool can_submit;                    /* set before packet_open: see submit_can */
};

/*
 * Reads the header. False: the lengths do not fit, nobody can be answered. The octets are what
 * follows the user data header.
 */
bool packet_parse(slice octets, struct ota_packet *p);
/*
 * Target, level, keys, deciphering in place, checksum, counter, in this order. With OTA_OK the
 * counter is stored in the open transaction and p->data is set. octets: as for packet_parse.
 */
enum ota_status packet_open(struct card *card, struct ota_packet *p, uint8_t *octets, size_t n);
/* Stores the counter again after an abort took it back. */
MUST_USE enum err packet_store_counter(struct card *card, const struct ota_packet *p);
bool packet_wants_response(const struct ota_packet *p, enum ota_status status);
/*
 * It goes out as SMS-SUBMIT: asked for by a sender who has shown a key, and who was not told off.
 * What anybody could cause leaves with the answer to ENVELOPE: a message costs its sender money.
 */
bool packet_by_submit(const struct ota_packet *p, enum ota_status status);
/* TP-UD of an answer to ENVELOPE is at most 128 octets (TS 31.111 7.1.1). */
#define REPORT_MAX 128
/* The longest: in SUBMIT_PARTS messages. */
#define RESPONSE_MAX 537
/* Octets of data that a response has room for. */
size_t packet_room(const struct ota_packet *p);
/*
 * The user data of a message: header, response packet. Protected as SPI2 says where
 * the sender has proven itself or asked for no proof; else in clear and without a checksum: the
 * card makes no checksum for a stranger. Returns its length; 0 when cryptography fails.
 */
size_t packet_respond(struct card *card, const struct ota_packet *p, enum ota_status status,
                      slice data, uint8_t out[RESPONSE_MAX]);
void packet_wipe(struct ota_packet *p);

/* crc.c: redundancy checks of TS 102 225 (ISO/IEC 13239), most significant octet first. */
#define CRC_MAX 4
void crc16(const slice *parts, size_t count, uint8_t out[2]);
void crc32(const slice *parts, size_t count, uint8_t out[4]);

/* ---- sms.c: SMS-DELIVER, user data header, concatenation (TS 23.040) ---- */

#define PARTS_MAX  15
#define PART_MAX   140
#define ORIGIN_MAX 12 /* octets of TP-OA, its length included */

struct sms_parts {
    uint8_t *octets; /* scratch, PART_MAX for each; NULL: nothing is being gathered */
    uint8_t lengths[PARTS_MAX];
    uint16_t seen; /* bit i: part i + 1 is there */
    uint8_t count;
    bool command; /* some part announces a command packet */
    uint16_t reference;
    bool wide; /* 16-bit reference */
    uint8_t origin_n, origin[ORIGIN_MAX];
};

enum sms_result {
    SMS_NOT_OURS, /* well formed, but no command packet */
    SMS_MALFORMED,
    SMS_INCOMPLETE,
    SMS_NO_ROOM,
    SMS_PACKET
};

/*
 * The value of SMS-PP DOWNLOAD. SMS_PACKET: *packet is the command packet in scratch that the
 * caller repays; it holds *n octets. *origin lies in tlvs.
 */
enum sms_result sms_take(struct card *card, struct sms_parts *parts, slice tlvs, uint8_t **packet,
                         size_t *n, slice *origin);
void sms_drop(struct card *card, struct sms_parts *parts);

/* ---- submit.c: responses as messages of the card's own ---- */

#define SUBMIT_PARTS 4

/* One response at a time; ends at reset. All zero: none. */
struct submit {
    uint8_t octets[RESPONSE_MAX]; /* the response packet */
    uint16_t n, at;
    uint8_t part, count, reference; /* parts that went to the terminal, and in all */
    uint8_t origin_n, origin[ORIGIN_MAX];
};

/* The terminal can send messages, and this origin can be written to. */
bool submit_can(const struct card *card, slice origin);
bool submit_busy(const struct submit *s);
/* response: as packet_respond made it. Nothing is borrowed. E_LIMIT: the queue is full. */
MUST_USE enum err submit_begin(struct card *card, struct submit *s, slice origin, slice response);
void submit_drop(struct submit *s);

/* ---- script.c: command sequences (TS 102 226 5) ---- */

/* What RAM keeps between commands, also of different packets; ends at reset. */
struct ram_state {
    uint16_t target; /* of INSTALL [for personalization]: PERSONALIZE_PROFILE or 0 */
    uint16_t by;     /* the domain that asked for it */
    uint8_t *blocks; /* scratch: what STORE DATA brought so far; NULL: nothing */
    size_t n;
    uint8_t next;       /* block number */
    uint16_t status_at; /* 1 + the last entry that GET STATUS told */
};

struct ota_session;
/* One command of a target; out as for card_app.command. */
typedef void session_command(struct ota_session *s, const struct apdu *apdu, struct reply *out);

struct ota_session {
    struct card *card;
    uint16_t number; /* registry entry that is addressed */
    uint8_t domain;  /* whose keys protect the session */
    uint8_t version; /* of these keys */
    session_command *run;
    bool (*outgoing)(uint8_t ins); /* a command without data whose P3 is Le */
    struct channel channel;        /* of the file system: RFM */
    struct remote_access access;
    struct ram_state *ram;
    uint8_t kept[256]; /* waits for GET RESPONSE */
    size_t kept_n;
    bool failed; /* memory: nothing of the packet holds */
};

#define PERSONALIZE_PROFILE 0xFFFF

/* Runs all commands; the octets of the response, at most `room`, go to out. */
size_t script_run(struct ota_session *s, slice data, uint8_t *out, size_t room);

/* ---- rfm.c, ram.c ---- */

session_command rfm_command, ram_command;
bool rfm_outgoing(uint8_t ins), ram_outgoing(uint8_t ins);
void ram_drop(struct card *card, struct ram_state *ram);
/* The MNO-SD, root of the profile's domains, has itself for its domain. */
bool ram_is_root(const struct registry_entry *e);
/* ram_data.c: GET STATUS and GET DATA. */
session_command ram_get_status, ram_get_data;
/* ram_keys.c: PUT KEY and the deletion of keys. */
session_command ram_put_key;
void ram_delete_keys(struct ota_session *s, slice data, struct reply *out);

/* scp03.c: secure channel protocol 03 (GlobalPlatform Amendment D) */
#define SCP03_LONG 16 /* octets of challenges, cryptograms and MACs in S16 mode, half in S8 */

enum { SCP03_C_MAC = 0x01, SCP03_C_DEC = 0x02, SCP03_R_MAC = 0x10, SCP03_R_ENC = 0x20 };

/* Its holder wipes it. */
struct scp03 {
    enum { SCP03_CLOSED, SCP03_INITIALIZED, SCP03_OPEN } phase;
    uint8_t channel;
    uint16_t domain; /* registry number */
    uint8_t version; /* of the static keys */
    uint8_t level;
    uint8_t size; /* 8 (S8) or 16 (S16) */
    uint8_t key_n;
    uint8_t enc[KEY_MAX], mac[KEY_MAX], rmac[KEY_MAX];
    uint8_t host_cryptogram[SCP03_LONG]; /* that is expected */
    uint8_t chain[AES_BLOCK];
    uint32_t counter; /* of the last command */
};

/* Session keys and cryptograms; the challenges have s->size octets. */
MUST_USE enum err scp03_derive(struct card *card, struct scp03 *s, const struct ota_key *enc,
                               const struct ota_key *mac, slice host, slice challenge,
                               uint8_t card_cryptogram[SCP03_LONG]);
/* EXTERNAL AUTHENTICATE. Returns the status word; anything but 9000 closes the session. */
uint16_t scp03_authenticate(struct card *card, struct scp03 *s, const struct apdu *apdu);
/*
 * Verifies and deciphers a command; *plain is it without protection, its data in buf (255 octets).
 * Returns the status word; anything but 9000 closes the session.
 */
uint16_t scp03_open(struct card *card, struct scp03 *s, const struct apdu *apdu, uint8_t *buf,
                    struct apdu *plain);
/* Protects the answer as the level asks; errors leave as they are. */
void scp03_close(struct card *card, struct scp03 *s, struct reply *out);
/* INITIALIZE UPDATE: begins a session in *s. */
void scp03_initialize(struct card *card, struct scp03 *s, uint16_t domain, const struct apdu *apdu,
                      struct reply *out);

/* update_metadata.c: ES6 (SGP.22 5.4.1) on the enabled profile. Returns a status word. */
uint16_t update_metadata(struct card *card, slice request);

#endif
