#include "euicc/web/web_user.h"

struct lab lab;
struct web w;

const uint8_t user_psk[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static const struct tls_peer_options server = { .curve = CURVE_P256 };

const struct web_network user_network = { .dns = SLICE_LIT("\xC0\x00\x02\x35") };

struct user_seen seen;

void user_hear(struct card *card, void *ctx, enum web_event event, int number, slice data)
{
    assert_ptr_equal(ctx, &seen);
    switch (event) {
    case WEB_STATUS:
        seen.status = number;
        if (seen.close_on_status)
            web_close(card, &w);
        break;
    case WEB_HEADER:
        snprintf(seen.headers + strlen(seen.headers), sizeof seen.headers - strlen(seen.headers),
                 "%.*s\n", (int)data.n, (const char *)data.p);
        break;
    case WEB_DATA:
        assert_true(data.n > 0 && data.n <= sizeof seen.body - seen.n);
        memcpy(seen.body + seen.n, data.p, data.n);
        seen.n += data.n;
        if (seen.store)
            assert_int_equal(objects_put(card_objects(card), USER_OBJECT, data), E_OK);
        if (seen.close_on_data)
            web_close(card, &w);
        break;
    case WEB_SENT:
        seen.sent++;
        break;
    case WEB_END:
    case WEB_FAILED:
        seen.ended += event == WEB_END;
        seen.failed += event == WEB_FAILED;
        seen.error = number;
        assert_false(web_busy(&w));
        if (seen.again) {
            const struct web_request *r = seen.again;

            seen.again = NULL;
            seen.answer = web_post(card, &w, r);
        }
        break;
    }
}

static enum err believe(void *ctx, const slice *chain, size_t count)
{
    assert_ptr_equal(ctx, &seen);
    assert_int_equal(count, 1);
    assert_true(!lab.server.tls.leaf_n ||
                slice_eq(chain[0], slice_of(lab.server.tls.leaf, lab.server.tls.leaf_n)));
    seen.asked++;
    return seen.trust;
}

const struct web_request user_hello = { .host = SLICE_LIT("smdp.example.test"),
                                        .path = SLICE_LIT("/gsma/rsp2/asn1"),
                                        .headers = SLICE_LIT("X-Admin-Protocol: gsma/rsp/v2\r\n"),
                                        .body = SLICE_LIT("hello"),
                                        .tls = { .believe = believe, .ctx = &seen } };

void user_begin_with(const struct tls_peer_options *o)
{
    memset(&seen, 0, sizeof seen);
    lab_open(&lab, o);
    lab.dns.a = SLICE_LIT("\xC0\x00\x02\x01");
    lab.server.answer = SLICE_LIT(OK_5);
    assert_int_equal(web_init(lab.u.card, &w, &user_network, user_hear, &seen), E_OK);
    uicc_expect(&lab.u, 0x9000, "", TERMINAL_ALL);
}

int user_fresh(void **state)
{
    (void)state;
    user_begin_with(&server);
    return 0;
}

int user_done(void **state)
{
    (void)state;
    web_close(lab.u.card, &w);
    lab_close(&lab);
    return 0;
}

void user_post(const struct web_request *r)
{
    assert_int_equal(web_post(lab.u.card, &w, r), E_OK);
    lab_run(&lab);
}

void user_forget(void)
{
    memset(&seen, 0, sizeof seen);
}

void user_expect_world(void)
{
    assert_int_equal(seen.failed, 0);
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.sent, 1);
    assert_int_equal(seen.status, 200);
    assert_int_equal(seen.n, 5);
    assert_memory_equal(seen.body, "world", 5);
}

void user_expect_failed(enum web_why why, enum err err)
{
    assert_int_equal(seen.ended, 0);
    assert_int_equal(seen.failed, 1);
    assert_int_equal(w.why, why);
    assert_int_equal(seen.error, err);
    lab_run(&lab);
    assert_null(w.tls);
    assert_int_equal(w.bip.state, BIP_IDLE);
}
