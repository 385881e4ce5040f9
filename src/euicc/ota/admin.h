/*
 * Remote administration over HTTP (SCP81: GlobalPlatform Amendment B, TS 102 226 annex B): a
 * security domain asks its server over TLS with a pre-shared key what is to be done, does it, and
 * posts what came of it, until the server has nothing more.
 *
 * One session at a time. It begins with a command packet of SCP80 to the domain, "administration
 * session triggering"; what the packet leaves open stands in the domain's data (tag 85 of its
 * sdPersoData). A session is volatile: reset and profile switch end it.
 *
 * A script is gathered, and runs when it is complete, inside the transaction of the TERMINAL
 * RESPONSE that brought its last octet: it is done whole or, at a cut of power, not at all.
 *
 * admin.c is the dialogue, admin_head.c its header fields, admin_terms.c what a session is opened
 * with.
 */
#ifndef DUNLIN_EUICC_OTA_ADMIN_H
#define DUNLIN_EUICC_OTA_ADMIN_H

#include "euicc/ota/ota_impl.h"
#include "euicc/web/web.h"

#define ADMIN_SCRIPT_MAX 4096 /* octets of one command script */
#define ADMIN_ANSWER_MAX 2048 /* of the answer to it */

#define ADMIN_HOST_MAX     (200 + 6) /* with :port */
#define ADMIN_AGENT_MAX    200
#define ADMIN_URI_MAX      255
#define ADMIN_IDENTITY_MAX 128
#define ADMIN_ACCESS_MAX   100
#define ADMIN_LOGIN_MAX    64
#define ADMIN_HEADERS_MAX  460

/* Text without a closing NUL, or octets. */
#define ADMIN_FIELD(name, size)                                                                    \
    struct {                                                                                       \
        uint8_t p[size];                                                                           \
        uint16_t n; /* 0: none */                                                                  \
    } name

/* ---- admin_terms.c: administration session parameters (Amendment B 3.8, 3.11) ---- */

/* Those of one session. */
struct admin_terms {
    ADMIN_FIELD(address, 16);
    ADMIN_FIELD(dns, 16);
    ADMIN_FIELD(access_name, ADMIN_ACCESS_MAX);
    ADMIN_FIELD(user, ADMIN_LOGIN_MAX);
    ADMIN_FIELD(password, ADMIN_LOGIN_MAX);
    ADMIN_FIELD(host, ADMIN_HOST_MAX);
    ADMIN_FIELD(agent, ADMIN_AGENT_MAX);
    ADMIN_FIELD(uri, ADMIN_URI_MAX);
    ADMIN_FIELD(identity, ADMIN_IDENTITY_MAX);
    uint16_t port; /* 0: none was given */
    uint16_t retries;
    uint32_t delay_s;
    uint8_t version, identifier; /* of the pre-shared key */
};

/*
 * What the domain's data and the message (the value of tag 81) say together, with what both leave
 * open filled in. Returns a status word: 6A80 where they are malformed or not to be followed, 6A88
 * where there is no pre-shared key.
 */
uint16_t admin_terms(struct card *card, uint16_t domain, slice message, struct admin_terms *out);
/* The content of 83, or of 85 in a domain's data, could be followed. */
bool admin_terms_sound(slice session);
/* The domain's pre-shared key; version 0: the first one. False: there is none. */
bool admin_key(struct card *card, uint16_t domain, uint8_t version, uint8_t identifier,
               struct ota_key *out);

/* ---- admin_head.c: header fields ---- */

enum admin_content {
    ADMIN_NO_CONTENT,
    ADMIN_CARD_CONTENT, /* application/vnd.globalplatform.card-content-mgt: to a domain */
    ADMIN_COMMAND_DATA, /* application/vnd.etsi.scp.command-data: to any application */
    ADMIN_OTHER_CONTENT
};

/* X-Admin-Script-Status of a script that was received; ADMIN_NO_SCRIPT: none was. */
enum admin_verdict {
    ADMIN_NO_SCRIPT,
    ADMIN_SCRIPT_OK,
    ADMIN_UNKNOWN_APPLICATION,
    ADMIN_NOT_A_DOMAIN,
    ADMIN_SECURITY_ERROR
};

/* What the header of one answer says. */
struct admin_head {
    int status;
    bool protocol;               /* ours */
    bool fault;                  /* something cannot be followed */
    bool targeted, target_known; /* an application is named; its name is well formed */
    enum admin_content content;
    ADMIN_FIELD(next, ADMIN_URI_MAX);
    ADMIN_FIELD(target, CARD_AID_MAX);
};

/* "Name: value". host: as in admin_terms, for a next URI that is absolute. */
void admin_head_take(struct admin_head *h, slice host, slice field);
/* The path of a URI on this host: "/" .. of printable characters; absent: it is none. */
slice admin_path(slice uri, slice host);

/* What the header of one request says; its lines go to out. */
struct admin_request {
    slice agent;
    bool resume;
    enum admin_verdict verdict;
    enum admin_content content; /* of the script that is answered, where something is */
};
size_t admin_head_put(const struct admin_request *r, uint8_t out[ADMIN_HEADERS_MAX]);

/* ---- admin.c ---- */

struct admin_session; /* in scratch */

struct admin {
    struct web web;
    struct web_network network;      /* of the session */
    const struct web_network *given; /* config of ota_app; may be NULL */
    struct ram_state *ram;
    struct admin_session *session; /* NULL: none */
};

MUST_USE enum err admin_init(struct card *card, struct admin *a, const struct web_network *given,
                             struct ram_state *ram);
/* Secured data of a packet that is a trigger, not a script. */
bool admin_is_trigger(slice data);
/*
 * Begins a session of this domain. Returns a status word: 9000 where it is under way or will be
 * tried again; 9300 where one is under way already; those of admin_terms; 6985 where the terminal
 * cannot be asked, 6A84 without memory.
 */
uint16_t admin_trigger(struct card *card, struct admin *a, uint16_t domain, slice data);
/* Ends the session. */
void admin_drop(struct card *card, struct admin *a);
/* What web.h tells; ctx is the struct admin. */
web_heard admin_heard;

#endif
