/* The printouts: complete, well formed, and without secrets unless they are asked for. */
#include "profile/show.h"

#include "profile/build.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint8_t K[16] = "\xC0\xFF\xEE\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D";
static const uint8_t OPC[16] = "\xBE\xEF\xEE\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D";

struct text {
    char p[65536];
    size_t n;
};

static void add(void *ctx, const char *s, size_t n)
{
    struct text *t = ctx;

    assert_true(t->n + n < sizeof t->p);
    memcpy(t->p + t->n, s, n);
    t->n += n;
    t->p[t->n] = '\0';
}

static struct text out;

static void show(struct show_options how)
{
    struct build_input in = { .profile_type = SLICE_LIT("quote \" and \x1B[31m \xC3\xA9\xC2\x9B"),
                              .imsi = SLICE_LIT("001010123456789"),
                              .k = SLICE_OF(K),
                              .opc = SLICE_OF(OPC),
                              .adm1 = SLICE_LIT("13572468"),
                              .isim = true };
    struct text_sink to = { add, &out };
    struct findings f = { 0 };
    struct profile_model *m;
    struct arena a;
    slice package;

    out.n = 0;
    arena_init(&a, MODEL_ARENA_LIMIT);
    assert_int_equal(profile_build(&a, crypto_openssl(), &in, &package, NULL), E_OK);
    assert_int_equal(model_build(&a, package, &f, &m), E_OK);
    profile_show(m, &how, &to);
    arena_free(&a);
}

#define SAYS(s)  assert_non_null(strstr(out.p, s))
#define LACKS(s) assert_null(strstr(out.p, s))

static void text_names_what_is_there(void **state)
{
    (void)state;
    show((struct show_options){ 0 });
    SAYS("profileType: \"quote \\\" and \\u001B[31m \xC3\xA9\\u009B\"");
    SAYS("services: usim isim milenage\n");
    SAYS("- name akaParameter, identification 9, mandated true, octets 55\n");
    SAYS("- path 3F00/7FD0/6F07, name ef-imsi, type transparent, size 9, sfi 07, rule 6F06/2, "
         "imsi 001010123456789, content 080910101032547698\n");
    SAYS("- path 3F00/2F00, name ef-dir, type linear fixed, records 2, length 32, sfi 1E, rule "
         "2F06/10, used 2\n");
    SAYS("- in 3F00/7FD0, algorithm milenage, options 00, key (16 octets), opc (16 octets)\n");
    SAYS("tar B00000, minimumSecurityLevel 16");
}

static void secrets_only_when_asked_for(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        show((struct show_options){ .json = json });
        LACKS("C0FFEE01");
        LACKS("BEEFEE01");
        LACKS("3133353732343638");
        show((struct show_options){ .json = json, .secrets = true });
        SAYS("C0FFEE0102030405060708090A0B0C0D");
        SAYS("BEEFEE0102030405060708090A0B0C0D");
        SAYS("3133353732343638");
    }
}

/* One value of JSON; p moves behind it. */
static bool json_value(const char **p);

static bool json_string(const char **p)
{
    if (*(*p)++ != '"')
        return false;
    for (; **p != '"'; (*p)++)
        if ((unsigned char)**p < 0x20 || (**p == '\\' && !*++*p))
            return false;
    (*p)++;
    return true;
}

static bool json_members(const char **p, char close, bool named)
{
    for ((*p)++; **p != close;) {
        if (named && (!json_string(p) || *(*p)++ != ':'))
            return false;
        if (!json_value(p))
            return false;
        if (**p == ',' && (*p)[1] != close)
            (*p)++;
        else if (**p != close)
            return false;
    }
    (*p)++;
    return true;
}

static bool json_value(const char **p)
{
    size_t n;

    if (**p == '{' || **p == '[')
        return json_members(p, **p == '{' ? '}' : ']', **p == '{');
    if (**p == '"')
        return json_string(p);
    if (!strncmp(*p, "true", 4) || !strncmp(*p, "false", 5)) {
        *p += **p == 't' ? 4 : 5;
        return true;
    }
    n = strspn(*p, "-0123456789");
    *p += n;
    return n > 0;
}

static void json_is_one_object(void **state)
{
    const char *p = out.p;

    (void)state;
    show((struct show_options){ .json = true, .content = true });
    assert_true(json_value(&p));
    assert_string_equal(p, "\n");
    SAYS("\"imsi\":\"001010123456789\"");
    SAYS("{\"in\":\"3F00/7FD0\",\"algorithm\":\"milenage\",\"options\":\"00\","
         "\"key\":\"(16 octets)\"");
    SAYS("\"tar\":[\"B00000\"]");
}

static void findings_as_json(void **state)
{
    struct package_element e = { .index = 6, .name = "usim", .id = 4 };
    struct finding f = { FINDING_ERROR, &e, "ef-imsi", "is \"odd\"" };
    struct text_sink to = { add, &out };
    const char *p = out.p;
    char text[80];

    (void)state;
    out.n = 0;
    finding_show_json(&f, &to);
    assert_true(json_value(&p));
    assert_string_equal(out.p, "{\"level\":\"error\",\"element\":6,\"name\":\"usim\","
                               "\"identification\":4,\"field\":\"ef-imsi\","
                               "\"text\":\"is \\\"odd\\\"\"}");
    assert_string_equal(finding_print(&f, text, sizeof text),
                        "usim (PE 6, identification 4): ef-imsi: is \"odd\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_names_what_is_there),
        cmocka_unit_test(secrets_only_when_asked_for),
        cmocka_unit_test(json_is_one_object),
        cmocka_unit_test(findings_as_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
