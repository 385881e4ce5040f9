/*
 * The parts of a download conversation, for tests of the IPA: what the card of the world, an SM-DP+
 * at dp.example and the eIM at eim.example say when all goes well.
 */
#ifndef DUNLIN_TESTS_IPA_CONVERSATION_H
#define DUNLIN_TESTS_IPA_CONVERSATION_H

#include "ipa/world.h"
#include "rsp/sgp22.h"

/* Of the download tests; made by begin, given back by end. */
extern struct world w;
extern const struct ipa_options direct, direct_asn1, relayed;

#define DEVICE_INFO_LEN 15
extern const uint8_t device_info[DEVICE_INFO_LEN], challenge[16];

#define HEADER "\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}}"
#define S(x)   (int)(x).n, (const char *)(x).p

slice tid(void);
slice server_signed1(const char *address);
slice smdp_signed2(void);
slice key_id(void);
slice metadata(bool rules);
slice accepted_sample(const struct type *t);
slice pir(bool installed);
slice mac(void);
slice segment(uint8_t tag, size_t n, uint8_t fill);
slice package(slice announced, bool with_a2);
slice base64(slice s);
void download_card(void);
void eim_triggers(slice data);
slice by_code(const char *code);
slice initiate_json(const char *address);
slice authenticate_json(slice announced);
slice bpp_json(slice bpp);
void dp_in_json(slice announced, slice bpp);
slice initiate_from(const char *address);
slice initiate_ok(void);
slice authenticate_ok(slice announced);
slice bpp_ok(slice bpp);
void eim_relays(slice announced, slice bpp);
void begin(const struct ipa_options *o);
int end(void **state);
slice trigger_report(slice content);
slice report_body(void);

#endif
