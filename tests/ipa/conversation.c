#include "ipa/conversation.h"

#include "base/text.h"
#include "der/schema_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct world w;

const uint8_t device_info[DEVICE_INFO_LEN] = { 0x30, 0x0D, 0x80, 0x04, 0x53, 0x87, 0x12, 0x34,
                                               0xA1, 0x05, 0x85, 0x03, 0x09, 0x00, 0x00 };
#define DEVICE                                                                                     \
    {                                                                                              \
        device_info, sizeof device_info                                                            \
    }

const struct ipa_options direct = { .poll_ms = 60000,
                                    .features = IPA_FEATURE_DIRECT,
                                    .device_info = DEVICE };
const struct ipa_options direct_asn1 = {
    .poll_ms = 60000, .features = IPA_FEATURE_DIRECT, .asn1_es9plus = true, .device_info = DEVICE
};
const struct ipa_options relayed = { .poll_ms = 60000,
                                     .features = IPA_FEATURE_INDIRECT,
                                     .device_info = DEVICE };

static const uint8_t transaction[16] = { 0xAB, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
const uint8_t challenge[16] = { 0xC1, 0xC1, 0xC1, 0xC1 };

/* ---- parts of the conversation
 * ------------------------------------------------------------------- */

slice tid(void)
{
    return tlv(&w, 0x80, 1, SLICE_OF(transaction));
}

slice server_signed1(const char *address)
{
    return tlv(&w, 0x30, 4, tid(), tlv(&w, 0x81, 1, SLICE_OF(challenge)),
               tlv(&w, 0x83, 1, text(address)), tlv(&w, 0x84, 1, SLICE_OF(challenge)));
}

slice smdp_signed2(void)
{
    return tlv(&w, 0x30, 2, tid(), hex(&w, "010100"));
}

slice key_id(void)
{
    return hex(&w, "0404CAFE0001");
}

/* With PPR1 for the operator 262 01 where rules are asked for. */
slice metadata(bool rules)
{
    slice names = hex(&w, "5A0A98001032547698103214 9103414243 92024F4B");

    return rules ? tlv(&w, 0xBF25, 3, names, hex(&w, "B705800362F210"), hex(&w, "99020640"))
                 : tlv(&w, 0xBF25, 1, names);
}

/* A sample of a CHOICE whose first arm it is. */
slice accepted_sample(const struct type *t)
{
    static uint8_t buf[8192];

    for (uint64_t seed = 0; seed < 64; seed++) {
        slice s;
        struct tlv e;

        if (!schema_sample(t, seed, buf, sizeof buf, &s) && !der_one(s, &e) && e.value.p[0] == 0xA0)
            return arena_copy(&w.arena, s);
    }
    fail_msg("no sample of %s", t->name);
    return SLICE_NONE;
}

slice pir(bool installed)
{
    slice result =
        installed ? hex(&w, "A20BA0094F0512345678900400") : hex(&w, "A208A106800102810109");
    slice data = tlv(&w, 0xBF27, 4, tid(),
                     tlv(&w, 0xBF2F, 3, hex(&w, "800117"), hex(&w, "81020780"),
                         tlv(&w, 0x0C, 1, text("dp.example"))),
                     hex(&w, "0603883710"), result);

    return tlv(&w, 0xBF37, 2, data, signature(&w));
}

slice mac(void)
{
    return hex(&w, "1111111111111111");
}

slice segment(uint8_t tag, size_t n, uint8_t fill)
{
    static uint8_t octets[1100];

    memset(octets, fill, n);
    return tlv(&w, tag, 1, slice_of(octets, n));
}

/* Two 87 in A0, the metadata in one 88, an A2 where wanted, three 86; the last begins with EE. */
slice package(slice announced, bool with_a2)
{
    slice head = hex(&w, "BF2306820101800101");
    slice a0 = tlv(&w, 0xA0, 2, segment(0x87, 26, 1), segment(0x87, 40, 2));
    slice a1 = tlv(&w, 0xA1, 1, tlv(&w, 0x88, 2, announced, mac()));
    slice a2 = with_a2 ? tlv(&w, 0xA2, 1, segment(0x87, 72, 3)) : SLICE_EMPTY;
    slice a3 =
        tlv(&w, 0xA3, 3, segment(0x86, 1016, 4), segment(0x86, 300, 5), segment(0x86, 24, 0xEE));

    return tlv(&w, 0xBF36, 5, head, a0, a1, a2, a3);
}

slice base64(slice s)
{
    char *out = arena_alloc(&w.arena, B64_LEN(s.n) + 1);
    size_t n;

    assert_int_equal(b64_encode(s, out, B64_LEN(s.n), &n), E_OK);
    return slice_of(out, n);
}

/* ---- the card and the servers
 * ---------------------------------------------------------------------- */

void download_card(void)
{
    usual_card(&w);
    card_says(&w, "BF2803", hex(&w, "BF2802A000"), 0, -1);
    card_says(&w, "BF2800", hex(&w, "BF2802A000"), 0, -1);
    card_says(&w, "BF2B04A0028200", hex(&w, "BF2B02A200"), 0, -1);
    card_says(&w, "BF2000", hex(&w, "BF200F8203020202A9030401AAAA030401AA"), 0, -1);
    card_says(&w, "BF2E00", tlv(&w, 0xBF2E, 1, tlv(&w, 0x80, 1, SLICE_OF(challenge))), 0, -1);
    card_says(&w, "BF38", accepted_sample(&T_authenticate_server_response), 0, -1);
    card_says(&w, "BF21", accepted_sample(&T_prepare_download_response), 0, -1);
    card_says(&w, "8618EE", pir(true), 0, -1);
    card_says(&w, "BF5A", hex(&w, "BF5A03800101"), 0, -1);
}

void eim_triggers(slice data)
{
    server_says(&w, "POST eim.example BF4F",
                tlv(&w, 0xBF4F, 1, tlv(&w, 0xBF54, 2, tlv(&w, 0xA0, 1, data), hex(&w, "820155"))),
                0, 1);
    server_says(&w, "POST eim.example BF4F", hex(&w, "BF4F03020101"), 0, -1);
    server_says(&w, "POST eim.example BF50", hex(&w, "BF50023000"), 0, -1);
}

slice by_code(const char *code)
{
    return tlv(&w, 0x80, 1, text(code));
}

slice initiate_json(const char *address)
{
    return arena_printf(&w.arena,
                        "{" HEADER ",\"transactionId\":\"AB0102030405060708090A0B0C0D0E0F\","
                        "\"serverSigned1\":\"%.*s\",\"serverSignature1\":\"%.*s\","
                        "\"euiccCiPKIdTobeUsed\":\"%.*s\",\"serverCertificate\":\"%.*s\"}",
                        S(base64(server_signed1(address))), S(base64(signature(&w))),
                        S(base64(key_id())), S(base64(certificate(&w))));
}

slice authenticate_json(slice announced)
{
    return arena_printf(&w.arena,
                        "{ \"transactionId\" : \"ab0102030405060708090a0b0c0d0e0f\",\n"
                        "\"profileMetadata\":\"%.*s\",\"smdpSigned2\":\"%.*s\","
                        "\"extra\":[1,{\"a\":[null,true]}],"
                        "\"smdpSignature2\":\"%.*s\",\"smdpCertificate\":\"%.*s\"," HEADER "}",
                        S(base64(announced)), S(base64(smdp_signed2())), S(base64(signature(&w))),
                        S(base64(certificate(&w))));
}

slice bpp_json(slice bpp)
{
    return arena_printf(&w.arena,
                        "{" HEADER ",\"transactionId\":\"AB0102030405060708090A0B0C0D0E0F\","
                        "\"boundProfilePackage\":\"%.*s\"}",
                        S(base64(bpp)));
}

void dp_in_json(slice announced, slice bpp)
{
    server_says(&w, "POST dp.example initiateAuthentication", initiate_json("dp.example"), 0, -1);
    server_says(&w, "POST dp.example authenticateClient", authenticate_json(announced), 0, -1);
    server_says(&w, "POST dp.example getBoundProfilePackage", bpp_json(bpp), 0, -1);
    server_says(&w, "POST dp.example handleNotification", SLICE_NONE, 204, -1);
    server_says(&w, "POST dp.example cancelSession", text("{" HEADER "}"), 0, -1);
}

slice initiate_from(const char *address)
{
    return tlv(
        &w, 0xBF39, 1,
        tlv(&w, 0xA0, 5, tid(), server_signed1(address), signature(&w), key_id(), certificate(&w)));
}

slice initiate_ok(void)
{
    return initiate_from("dp.example");
}

slice authenticate_ok(slice announced)
{
    return tlv(&w, 0xBF3B, 1,
               tlv(&w, 0xA0, 5, tid(), announced, smdp_signed2(), signature(&w), certificate(&w)));
}

slice bpp_ok(slice bpp)
{
    return tlv(&w, 0xBF3A, 1, tlv(&w, 0xA0, 2, tid(), bpp));
}

void eim_relays(slice announced, slice bpp)
{
    server_says(&w, "POST eim.example BF39", initiate_ok(), 0, -1);
    server_says(&w, "POST eim.example BF3B", authenticate_ok(announced), 0, -1);
    server_says(&w, "POST eim.example BF3A", bpp_ok(bpp), 0, -1);
    server_says(&w, "POST eim.example BF41", hex(&w, "BF4102A000"), 0, -1);
}

void begin(const struct ipa_options *o)
{
    world_open(&w, o);
    download_card();
}

int end(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

slice trigger_report(slice content)
{
    return tlv(&w, 0xBF50, 2, tlv(&w, 0x5A, 1, SLICE_OF(world_eid)),
               tlv(&w, 0xBF54, 2, hex(&w, "820155"), content));
}

slice report_body(void)
{
    for (unsigned i = w.body_n; i--;)
        if (slice_starts(w.bodies[i], hex(&w, "BF50")))
            return w.bodies[i];
    fail_msg("no report: %s %s", w.log, w.notes);
    return SLICE_NONE;
}
