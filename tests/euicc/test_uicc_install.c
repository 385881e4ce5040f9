/* Every TS.48 package through the installer. */
#include "euicc/uicc_card.h"

static struct uicc u;

static const char *const packages[] = {
    "ts48/ts48-v2-saip21-bertlv.der",        "ts48/ts48-v3-saip23-nobertlv.der",
    "ts48/ts48-v7-bertlv-suci-noramrfm.der", "ts48/ts48-v7-bertlv-suci.der",
    "ts48/ts48-v7-nobertlv-noramrfm.der",    "ts48/ts48-v7-nobertlv.der",
};

static void installs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(packages); i++) {
        slice package = uicc_data(packages[i]);
        struct profile_outcome out;

        if (!package.p)
            skip();
        uicc_new(&u);
        out = uicc_install(&u, package, 0);
        if (out.reason != INSTALL_OK) {
            for (size_t k = 0; k < out.sima_response.n; k++)
                print_error("%02X", out.sima_response.p[k]);
            print_error(" %s\n", packages[i]);
        }
        assert_int_equal(out.reason, INSTALL_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(installs) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
