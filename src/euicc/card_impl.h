/* Inside of the card, shared by the files that implement it. */
#ifndef DUNLIN_EUICC_CARD_IMPL_H
#define DUNLIN_EUICC_CARD_IMPL_H

#include "euicc/card.h"
#include "euicc/cat.h"
#include "euicc/profiles.h"
#include "euicc/tree.h"

#define NO_APP               0xFF
#define CARD_IO              512 /* replies up to this size need no scratch */
#define CARD_VERIFIED        48
#define CARD_SIZES           32
#define CAPABILITY_MAX       32
#define TERMINAL_PROFILE_MAX 40

/* The card-wide state: CARD_OBJECTS. */
enum {
    OBJECT_SWITCH = CARD_OBJECTS, /* enabled root, switch due, its target */
    OBJECT_SUSPENDED,             /* the session that SUSPEND UICC left; see suspend.c */
};

struct channel {
    bool open;
    uint8_t app;    /* index in the personality's list, or NO_APP: the file system */
    uint8_t dir;    /* current directory */
    uint8_t adf;    /* directory of the current ADF, TREE_MF when there is none */
    uint16_t ef;    /* node of the current EF, 0: none */
    uint8_t record; /* current record, 0: none */
    uint16_t sd;    /* 1 + number of the selected security domain (registry.h), 0: none */
    /* RETRIEVE DATA in progress */
    uint32_t tlv_tag, tlv_at;
    uint16_t tlv_ef;
    bool tlv_open;
};

/* A data object that SET DATA brings in several blocks. */
struct set_data {
    uint8_t *octets; /* scratch; NULL: none */
    uint32_t n, size;
    uint16_t ef;
    uint8_t channel;
};

struct cat_command {
    uint8_t octets[CAT_COMMAND_MAX];
    uint8_t n;
    cat_done *done;
    void *ctx;
};

struct cat_running {
    bool used;
    cat_timer *fn; /* NULL: nobody waits for it any more */
    void *ctx;
};

struct cat {
    struct cat_command queue[CAT_QUEUE]; /* [0] is the one outstanding */
    uint8_t count;
    bool fetched; /* queue[0] is with the terminal */
    uint8_t number;
    uint8_t profile[TERMINAL_PROFILE_MAX];
    uint8_t profile_n;
    bool profile_given;
    uint16_t polled_every_s;
    uint32_t events, events_asked; /* in force; in the command under way, 0: none is */
    cat_done *events_done;
    void *events_ctx;
    struct cat_running timers[CAT_TIMERS]; /* timer n + 1 */
};

struct cat_watcher {
    cat_heard *heard;
    void *ctx;
};

struct install; /* install.h */

#define ACCESS_DOMAIN 4 /* octets of an access domain that count (TS 102 226 8.2.1.3.2.5) */

/*
 * What a remote file management session may do besides what its PINs allow, while one of its
 * commands runs: the access domains of its application for the UICC's files and for one ADF.
 */
struct remote_access {
    uint8_t adf; /* TREE_MF: none */
    uint8_t uicc[ACCESS_DOMAIN], uicc_admin[ACCESS_DOMAIN];
    uint8_t in_adf[ACCESS_DOMAIN], in_adf_admin[ACCESS_DOMAIN];
};

#define FILE_CHANGES 16

/* What a remote session changed, for the REFRESH behind it. */
struct file_changes {
    uint16_t efs[FILE_CHANGES]; /* their nodes */
    uint8_t count;
    bool all; /* files came or went, or more of them changed than there is room for */
};

struct card {
    struct objects objects;
    const struct crypto *crypto;
    const struct card_personality *personality;
    size_t size;
    void *app_state[CARD_APPS];

    struct tree tree; /* of the root in force: enabled, or 0 */
    uint32_t enabled;
    int32_t due;        /* target of the switch that waits, or -1 */
    bool channels_void; /* the tree changed under the channels: settle after this APDU */

    struct channel channels[CARD_CHANNELS];
    uint16_t verified[CARD_VERIFIED]; /* directory << 8 | key reference */
    uint8_t verified_count;
    uint32_t sizes[CARD_SIZES]; /* tree_octets of the first directories; UINT32_MAX: not known */

    struct cat cat;
    struct cat_watcher watchers[CAT_WATCHES];
    uint8_t watcher_count;
    uint8_t capability[CAPABILITY_MAX];
    uint8_t capability_n;

    const struct remote_access *remote; /* NULL: the terminal's command runs */
    const uint8_t *remote_domain;       /* of it, for the file that rules_allow looks at */
    struct file_changes changes;        /* of the APDU that runs */
    bool changes_count;                 /* a remote session makes them */

    bool suspended; /* since SUSPEND UICC no command came */
    bool resumable; /* and the power was away */

    struct set_data set_data;
    struct install *install;
    uint8_t sima[256];
    size_t sima_n;
    bool swept;
    uint8_t swept_iccid[PROFILE_ICCID];

    struct reply pending; /* waits for GET RESPONSE */
    size_t pending_at;
    uint8_t pending_channel;
    uint8_t io[CARD_IO];
};

/* One command of the file system's channels. */
typedef void card_command(struct card *card, struct channel *ch, const struct apdu *apdu,
                          struct reply *out);

card_command command_select, command_status, command_manage_channel;
card_command command_read_binary, command_update_binary, command_read_record, command_update_record,
    command_search_record, command_increase, command_activate, command_deactivate,
    command_retrieve_data, command_set_data;
card_command command_create_file, command_delete_file, command_resize_file, command_terminate_ef,
    command_terminate_df;
card_command command_verify, command_change_pin, command_disable_pin, command_enable_pin,
    command_unblock_pin;
card_command command_authenticate, command_get_challenge, command_get_identity;
card_command command_terminal_profile, command_terminal_capability, command_fetch,
    command_terminal_response, command_envelope;
card_command command_suspend;

/* card.c */
void card_select_mf(struct card *card, struct channel *ch);
void card_leave_app(struct card *card, struct channel *ch);
/* Local PIN status of ADFs that are no channel's current one any more ends. */
void card_end_sessions(struct card *card);
/* CARD_CHANNELS for one that the terminal does not see. */
static inline uint8_t card_channel_number(const struct card *card, const struct channel *ch)
{
    uint8_t n = 0;

    while (n < CARD_CHANNELS && ch != &card->channels[n])
        n++;
    return n;
}
uint8_t card_channel_count(const struct card *card);

/* fcp.c: the FCP template of a node. */
void fcp_put(struct card *card, const struct node *node, struct reply *out);

/* rules.c: access rules (EF_ARR, TS 102 221 9.2). */
enum {
    ACCESS_READ = 0x01,
    ACCESS_UPDATE = 0x02,
    ACCESS_DEACTIVATE = 0x08,
    ACCESS_ACTIVATE = 0x10,
    ACCESS_TERMINATE = 0x20,
    ACCESS_DELETE = 0x40,
    /* of a directory */
    ACCESS_DELETE_CHILD = 0x01,
    ACCESS_CREATE_EF = 0x02,
    ACCESS_CREATE_DF = 0x04
};
/*
 * `ins` is looked for first among rules for command headers; 0: only the bit counts. bit 0: only a
 * rule for the header does.
 */
bool rules_allow(struct card *card, const struct node *node, uint8_t bit, uint8_t ins);

/* auth.c: service n (from 1) of EF_UST; false for an ADF that is no USIM. */
bool usim_service(struct card *card, const struct node *adf, unsigned n);

/* pin.c */
bool pin_satisfied(struct card *card, uint8_t dir, uint8_t reference);
bool pin_application_satisfied(struct card *card, const struct node *adf);
bool pin_enabled(struct card *card, uint8_t dir, uint8_t reference);
void pin_forget_all(struct card *card);

/* tlv_file.c */
void tlv_file_reset(struct card *card);

/* suspend.c: what is left of the session before, and the end of it. */
enum { INS_SUSPEND_UICC = 0x76 };
void suspend_power_on(struct card *card);
bool suspend_resumes(const struct apdu *apdu);
MUST_USE enum err suspend_end(struct card *card);
/* Behind each transaction: what was aborted did not end it. */
void suspend_settle(struct card *card);

/* file_changes.c: a command has changed this EF, or which files there are. */
void card_file_changed(struct card *card, uint16_t ef);
void card_files_exchanged(struct card *card);
/* Behind each transaction: REFRESH for what has changed, or nothing of it holds. */
void card_tell_changes(struct card *card, bool durable);
/* card.c: what the command changed is committed, or dropped as its status word says. */
void card_settle(struct card *card, struct reply *r);
/* card_work.c: every application works. */
void card_work(struct card *card);

/* card.c: the value of an SMS-PP download for whoever serves it; nobody: 9000. */
void card_sms_pp(struct card *card, slice tlvs, struct reply *out);

/* cat.c */
void cat_reset(struct card *card);
/*
 * REFRESH was done and the enabled profile is another: the terminal begins a toolkit session of its
 * own with it, as after a reset. What it said in TERMINAL PROFILE still holds.
 */
void cat_profile_changed(struct card *card);
/* Octets of the proactive command that waits, 0: none. */
uint8_t cat_waiting(const struct card *card);
void cat_tell(struct card *card, enum cat_news news, uint8_t event, slice body);
/* cat_timer.c: all of them are gone. */
void cat_timers_end(struct card *card);
void cat_timer_expired(struct card *card, uint8_t id);
/* cat_envelope.c: the BER-TLV of an ENVELOPE, TS 102 223 7. */
void cat_envelope(struct card *card, uint32_t tag, slice body, struct reply *out);

/* profiles.c */
MUST_USE enum err profiles_boot(struct card *card);
/* After an abort: what the card remembers of the store is read again. */
void profiles_reload(struct card *card);
/* install.c: an abort took objects that the running installation counts on. */
void install_lost(struct card *card);
/* The switch that waits is done now, when there is one. */
MUST_USE enum err profiles_complete_switch(struct card *card);

#endif
