/* Bound profile package as a stream: see bpp.h. */
#include "euicc/isdr/bpp.h"

#include "base/secret.h"
#include "crypto/kdf.h"
#include "der/der.h"

/* The elements of BF36 in order: the group, what stands in it, and whose command that is. */
static const struct step {
    uint32_t group;   /* 0: the element stands in BF36 itself */
    uint32_t element; /* tag of what is held whole */
    bool optional;
    uint8_t command;
} steps[] = {
    { 0, 0xBF23, false, BPP_COMMAND_INITIALISE_SECURE_CHANNEL },
    { 0xA0, 0x87, false, BPP_COMMAND_CONFIGURE_ISDP },
    { 0xA1, 0x88, false, BPP_COMMAND_STORE_METADATA },
    { 0xA2, 0x87, true, BPP_COMMAND_REPLACE_SESSION_KEYS },
    { 0xA3, 0x86, false, BPP_COMMAND_LOAD_PROFILE_ELEMENTS },
};

static enum err fail(struct bpp *b, int reason)
{
    b->failed = true;
    b->reason = (uint8_t)reason;
    bsp_wipe(&b->bsp);
    return E_REFUSED;
}

void bpp_open(struct bpp *b, const struct crypto *crypto, const struct bpp_session *session,
              const struct bpp_sink *sink, uint8_t *buffer, size_t size)
{
    memset(b, 0, sizeof *b);
    b->crypto = crypto;
    b->session = *session;
    b->sink = *sink;
    b->buffer = buffer;
    b->size = size;
}

void bpp_close(struct bpp *b)
{
    if (b->buffer)
        wipe(b->buffer, b->size);
    wipe(b, sizeof *b);
}

/* ---- InitialiseSecureChannel (SGP.22 5.5.1) ---- */

struct secure_channel {
    slice signed_part; /* 82, 80, A6 and the first 5F49, as received */
    slice remote_op, tid, key_type, key_length, host_id, smdp_otpk, signature;
};

static enum err parse_secure_channel(slice value, struct secure_channel *s)
{
    struct der_reader r = der_reader(value);
    struct der_reader crt;
    enum err err;

    s->remote_op = der_expect(&r, 0x82).value;
    s->tid = der_expect(&r, 0x80).value;
    crt = der_reader(der_expect(&r, 0xA6).value);
    s->key_type = der_expect(&crt, 0x80).value;
    s->key_length = der_expect(&crt, 0x81).value;
    s->host_id = der_expect(&crt, 0x84).value;
    s->smdp_otpk = der_expect(&r, 0x5F49).value;
    s->signed_part = slice_of(value.p, value.n - r.in.n);
    s->signature = der_expect(&r, 0x5F37).value;
    err = der_end(&r);
    if (err)
        return err;
    return der_end(&crt);
}

static bool is_octet(slice s, uint8_t value)
{
    return s.n == 1 && s.p[0] == value;
}

static enum err verify_secure_channel(const struct bpp *b, const struct secure_channel *s)
{
    uint8_t head[DER_HEAD_MAX];
    struct public_key *key;
    enum err err = key_open(b->crypto, b->session.curve, b->session.dppb, &key);
    slice parts[3];

    if (err)
        return err;
    parts[0] = s->signed_part;
    parts[1] = slice_of(head, der_put_head(0x5F49, POINT_LEN, head));
    parts[2] = SLICE_OF(b->session.otpk->b);
    err = key_verify(key, parts, COUNT(parts), s->signature);
    key_drop(key);
    return err;
}

static enum err derive_keys(struct bpp *b, const struct secure_channel *s)
{
    struct ec_point peer;
    uint8_t z[SECRET_LEN];
    enum err err = ec_point_parse(s->smdp_otpk, &peer);

    if (!err)
        err = crypto_agree(b->crypto, b->session.curve, b->session.otsk, &peer, z);
    if (!err)
        err = bsp_derive(&b->bsp, b->crypto, z, s->host_id, SLICE_OF(b->session.eid));
    wipe(z, sizeof z);
    return err;
}

static int initialise(struct bpp *b, slice value)
{
    struct secure_channel s;

    if (parse_secure_channel(value, &s))
        return BPP_ERROR_INCORRECT_INPUT_VALUES;
    if (!slice_eq(s.tid, b->session.tid))
        return BPP_ERROR_INVALID_TRANSACTION_ID;
    if (!is_octet(s.remote_op, 1))
        return BPP_ERROR_UNSUPPORTED_REMOTE_OPERATION_TYPE;
    if (!is_octet(s.key_type, 0x88) || !is_octet(s.key_length, 0x10))
        return BPP_ERROR_UNSUPPORTED_CRT_VALUES;
    if (s.host_id.n < 1 || s.host_id.n > 16)
        return BPP_ERROR_INCORRECT_INPUT_VALUES;
    if (verify_secure_channel(b, &s))
        return BPP_ERROR_INVALID_SIGNATURE;
    if (derive_keys(b, &s))
        return BPP_ERROR_INCORRECT_INPUT_VALUES;
    return b->sink.secured(b->sink.ctx);
}

/* ---- protected commands ---- */

/* ReplaceSessionKeys (SGP.22 5.5.4): a fresh state for the profile elements. */
static int replace_keys(struct bpp *b, slice request)
{
    struct tlv whole;
    struct der_reader r;
    struct aes128_key keys[2];
    slice mcv, enc, mac;

    if (der_one(request, &whole) || whole.tag != 0xBF26)
        return BPP_ERROR_SCP03T_STRUCTURE;
    r = der_reader(whole.value);
    mcv = der_expect(&r, 0x80).value;
    enc = der_expect(&r, 0x81).value;
    mac = der_expect(&r, 0x82).value;
    if (der_end(&r) || mcv.n != 16 || enc.n != 16 || mac.n != 16)
        return BPP_ERROR_INCORRECT_INPUT_VALUES;
    memcpy(keys[0].b, enc.p, sizeof keys[0].b);
    memcpy(keys[1].b, mac.p, sizeof keys[1].b);
    bsp_start(&b->bsp, b->crypto, &keys[0], &keys[1], mcv.p);
    wipe(keys, sizeof keys);
    return BPP_OK;
}

/* BF24 and BF26 are short: they are gathered, whatever the number of TLVs they come in. */
static int gather(struct bpp *b, slice plain, bool last)
{
    slice request;
    int reason;

    if (plain.n > sizeof b->request - b->request_n)
        return BPP_ERROR_INCORRECT_INPUT_VALUES;
    memcpy(b->request + b->request_n, plain.p, plain.n);
    b->request_n += plain.n;
    if (!last)
        return BPP_OK;
    request = slice_of(b->request, b->request_n);
    if (b->command == BPP_COMMAND_CONFIGURE_ISDP)
        reason = b->sink.configure_isdp(b->sink.ctx, request);
    else
        reason = replace_keys(b, request);
    wipe(b->request, sizeof b->request);
    b->request_n = 0;
    return reason;
}

static int protected_tlv(struct bpp *b, size_t tlv_n, bool last)
{
    slice plain;
    enum err err = bsp_open(&b->bsp, (uint8_t)steps[b->step].element, b->buffer, tlv_n, &plain);

    if (err)
        return err == E_BADMAC || err == E_SYNTAX ? BPP_ERROR_SCP03T_SECURITY
                                                  : BPP_ERROR_SCP03T_STRUCTURE;
    switch (b->command) {
    case BPP_COMMAND_STORE_METADATA:
        return b->sink.metadata(b->sink.ctx, plain, last);
    case BPP_COMMAND_LOAD_PROFILE_ELEMENTS:
        return b->sink.elements(b->sink.ctx, plain, last);
    default:
        return gather(b, plain, last);
    }
}

/* ---- the stream ---- */

static void step_done(struct bpp *b)
{
    b->inside = false;
    b->step++;
    if (b->step < COUNT(steps))
        b->command = steps[b->step].command;
    else
        b->ended = true;
}

/* A whole element lies in the buffer. */
static enum err element(struct bpp *b, size_t head)
{
    slice tlv = slice_of(b->buffer, b->have);
    int reason;

    b->have = 0;
    if (b->step == 0) {
        b->package_left -= tlv.n;
        reason = initialise(b, slice_skip(tlv, head));
        if (!reason)
            step_done(b);
    } else {
        b->group_left -= tlv.n;
        reason = protected_tlv(b, tlv.n, b->group_left == 0);
        if (!reason && b->group_left == 0)
            step_done(b);
    }
    if (reason)
        return fail(b, reason);
    if (!b->ended && !b->inside && b->package_left == 0)
        return fail(b, BPP_ERROR_SCP03T_STRUCTURE);
    return b->ended && b->package_left > 0 ? fail(b, BPP_ERROR_SCP03T_STRUCTURE) : E_OK;
}

/* A head that opens BF36 or a group: nothing but its length is kept. */
static enum err group(struct bpp *b, uint32_t tag, size_t head, size_t content)
{
    b->have = 0;
    if (tag == 0xBF36) {
        b->package_left = content;
        b->inside = true;
        return content ? E_OK : fail(b, BPP_ERROR_SCP03T_STRUCTURE);
    }
    if (content == 0 || head + content > b->package_left)
        return fail(b, BPP_ERROR_SCP03T_STRUCTURE);
    b->package_left -= head + content;
    b->group_left = content;
    b->inside = true;
    return E_OK;
}

/* Which tag may come now? Leaves out an optional step when the next one's group begins. */
static bool expected(struct bpp *b, uint32_t tag)
{
    const struct step *s = &steps[b->step];

    if (b->step == 0)
        return tag == (b->inside ? s->element : 0xBF36u);
    if (b->inside)
        return tag == s->element;
    if (tag != s->group && s->optional) {
        step_done(b);
        s = &steps[b->step];
    }
    return tag == s->group;
}

static enum err take(struct bpp *b, slice *in)
{
    uint32_t tag;
    size_t head, content, n, limit;
    enum err err = der_head(slice_of(b->buffer, b->have), &tag, &head, &content);

    if (err == E_AGAIN) {
        b->buffer[b->have++] = in->p[0];
        *in = slice_skip(*in, 1);
        err = der_head(slice_of(b->buffer, b->have), &tag, &head, &content);
        if (err == E_AGAIN)
            return b->have < DER_HEAD_MAX ? E_OK : fail(b, BPP_ERROR_SCP03T_STRUCTURE);
    }
    if (err || (b->have == head && !expected(b, tag)))
        return fail(b, BPP_ERROR_SCP03T_STRUCTURE);
    if (tag == 0xBF36 || (tag >= 0xA0 && tag <= 0xA3))
        return group(b, tag, head, content);
    limit = b->step == 0 ? b->package_left : b->group_left;
    if (content > b->size || head + content > b->size || head + content > limit)
        return fail(b, BPP_ERROR_SCP03T_STRUCTURE);
    n = head + content - b->have;
    if (n > in->n)
        n = in->n;
    if (n)
        memcpy(b->buffer + b->have, in->p, n);
    b->have += n;
    *in = slice_skip(*in, n);
    return b->have == head + content ? element(b, head) : E_OK;
}

enum err bpp_feed(struct bpp *b, slice octets)
{
    enum err err = E_OK;

    if (b->failed)
        return E_REFUSED;
    while (octets.n > 0 && !err)
        err = b->ended ? E_TRAILING : take(b, &octets);
    return err;
}
