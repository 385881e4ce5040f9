/*
 * dunlin demo: servers and a small fleet of virtual devices in one process, over real TLS, with
 * state in one folder. Every step is found done or is done again, so that a killed demo completes
 * when it is started anew in the same folder.
 *
 *   demo.c          options, the whole course, the table at the end
 *   demo_setup.c    the folder: hierarchy, seed, one profile package for each device
 *   demo_card.c     a device's card: personality, NVM file, bootstrap profile
 *   demo_device.c   a device's course, from association to authentication
 *   demo_show.c     what a person sees while it runs
 */
#ifndef DUNLIN_CMD_DEMO_H
#define DUNLIN_CMD_DEMO_H

#include "agent/agent.h"
#include "cmd/place.h"
#include "cmd/servers.h"
#include "euicc/isdr/isdr.h"
#include "euicc/isdr/personality_files.h"
#include "euicc/ota/ota.h"
#include "profile/identity.h"

#include <pthread.h>

#define DEMO_SMDP "smdp.example"
#define DEMO_EIM  "eim.example"
#define DEMO_PATH 1024

#define DEMO_STEPS(X)                                                                              \
    X(WAITING, "waiting")                                                                          \
    X(ASSOCIATED, "associated")       /* card and eIM know each other */                           \
    X(ORDERED, "ordered")             /* profile released, download order placed */                \
    X(DOWNLOADED, "downloaded")       /* installed, result verified by the eIM */                  \
    X(ENABLED, "enabled")             /* signed package executed, result verified by the eIM */    \
    X(AUTHENTICATED, "authenticated") /* the new profile's files and keys answer */

enum demo_step {
#define X(name, text) DEMO_##name,
    DEMO_STEPS(X)
#undef X
};

/* Who a device is to become. Holds keys; wiped at the end. */
struct demo_subscriber {
    slice package; /* as put in stock; in demo.arena */
    char iccid[ICCID_DIGITS + 1];
    uint8_t iccid_ef[ICCID_LEN];
    char imsi[IMSI_DIGITS + 1];
    struct aka_params aka;
};

struct demo_device {
    struct demo *demo;
    unsigned number; /* from 1 */
    uint8_t eid[EID_LEN];
    char eid_text[EID_DIGITS + 1];
    struct demo_subscriber subscriber;

    /* guarded by demo.lock */
    enum demo_step step;
    bool failed;
    char note[160]; /* what it does, or why it failed */
};

struct demo_args {
    long devices;
    const char *profile; /* NULL: the project's own */
    bool direct, indirect, as_is, json;
    const char *dir; /* NULL: a temporary folder, removed at the end */
};

struct demo {
    struct demo_args args;
    const struct crypto *crypto;
    char dir[DEMO_PATH], pki[DEMO_PATH + 8];
    uint8_t seed[32];
    struct arena arena;
    struct servers servers;
    struct hosts *hosts; /* where devices find the servers */
    slice initial_eim;   /* AddInitialEimRequest, in the arena */
    struct demo_device *devices;
    double started; /* seconds, monotonic */

    pthread_mutex_t lock;
    unsigned next; /* device that a thread takes next */
    unsigned finished;
};

/* All return false after a sentence on stderr (setup) or in device->note. */
bool demo_setup(struct demo *d);
/* When the servers run: where devices find them, and how cards learn of the eIM. */
bool demo_setup_network(struct demo *d);

/* The card of a device. Its memory is its own; one thread at a time. */
struct demo_card {
    struct personality personality;
    struct personality_files files;
    struct card_app_entry apps[3];
    struct card_personality card_personality;
    struct nvm_file file;
    struct nvm nvm;
    void *memory;
    size_t size;
    struct card *card;
    struct card_link link;
};
/* Opens the card's file, or makes a new card that holds an enabled bootstrap profile. */
bool demo_card_open(struct demo_card *c, struct demo_device *v);
void demo_card_close(struct demo_card *c);

/* The whole course of one device. */
void demo_device_run(struct demo_device *v);
/* Sets step and note. */
void demo_device_say(struct demo_device *v, enum demo_step step, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool demo_device_fail(struct demo_device *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Shows progress until all devices have finished; on the calling thread. */
void demo_show(struct demo *d);
void demo_table(struct demo *d);

#endif
