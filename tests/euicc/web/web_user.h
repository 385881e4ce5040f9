/* Who sends requests in the tests of euicc/web, and what it heard. One at a time. */
#ifndef DUNLIN_TESTS_WEB_USER_H
#define DUNLIN_TESTS_WEB_USER_H

#include "euicc/web/web.h"
#include "euicc/web/web_lab.h"

#define OK_5 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: lab\r\n\r\nworld"

struct user_seen {
    unsigned sent, ended, failed, asked;
    int status, error;
    char headers[2000];
    uint8_t body[100000];
    size_t n;
    enum err trust;
    const struct web_request *again; /* from WEB_END or WEB_FAILED */
    enum err answer;                 /* of that web_post */
    bool close_on_status, close_on_data;
    bool store; /* what arrives goes into an object */
};

#define USER_OBJECT (ISDR_OBJECTS + 7)

extern struct lab lab;
extern struct web w;
extern struct user_seen seen;
extern const uint8_t user_psk[16];
extern const struct web_network user_network;
/* "hello" to smdp.example.test, with a certificate that seen.trust speaks about. */
extern const struct web_request user_hello;

web_heard user_hear; /* ctx: &seen */
/* A fresh card and this server, which answers OK_5. */
void user_begin_with(const struct tls_peer_options *o);
int user_fresh(void **state);
int user_done(void **state);
/* web_post, and all that follows. */
void user_post(const struct web_request *r);
void user_forget(void);
/* OK_5 was heard, once. */
void user_expect_world(void);
/* And that nothing is left open. */
void user_expect_failed(enum web_why why, enum err err);

#endif
