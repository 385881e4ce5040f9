/*
 * One relayed download: what the card, its IPA and the SM-DP+ say in it. The SM-DP+ is played by
 * the test, in the JSON binding; the card signs with its key where the function says so.
 */
#ifndef DUNLIN_TESTS_EIM_SESSION_H
#define DUNLIN_TESTS_EIM_SESSION_H

#include "eim/world.h"

#define CODE "1$" SMDP "$MATCHING-1"

struct session {
    struct world *world;
    struct card card;
    int64_t order;
    uint8_t tid[16];
    slice address; /* in serverSigned1 */
    slice signed1; /* as the SM-DP+ sent it */
};

slice encode(struct world *w, const struct type *t, const void *value);
slice filled(struct world *w, size_t n, uint8_t with);
slice info1(struct world *w);
void say_initiate(struct session *s, slice transaction);
struct initiate_authentication_response_es9 hello(struct session *s);
void begin_with(struct session *s, struct world *w, unsigned number, const char *code);
slice transaction_of(struct session *s);
void initiate(struct session *s);
slice error_response(struct session *s, uint32_t tag);
void say_client(struct session *s, slice tid);
slice smdp_signature2(struct world *w);
struct authenticate_client_response_es9 profile(struct session *s);
void say_package(struct session *s, slice tid);
struct get_bound_profile_package_response_es9 package(struct session *s);
slice cancel_message(struct session *s, slice tid);
bool contains(slice reply, slice part);
slice signed_response(struct session *s, const struct card *card);
slice prepare_response(struct session *s, const struct card *card);

#endif
