/* Bodies of ES9+ requests into a whole SM-DP+; the input is that of bodies.h. */
#include "serve/es9plus.h"

#define NAME "testsmdpplus1.example.com"
#include "bodies.h"

#define ES9 "/gsma/rsp2/es9plus/"

static const struct target targets[] = {
    { "initiateAuthentication", ES9, JSON_ES9PLUS }, { "authenticateClient", ES9, JSON_ES9PLUS },
    { "getBoundProfilePackage", ES9, JSON_ES9PLUS }, { "cancelSession", ES9, JSON_ES9PLUS },
    { "handleNotification", ES9, JSON_ES9PLUS },
};

static struct identity own[2];
static struct route routes[ES9PLUS_ROUTES];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const enum cert_role roles[] = { ROLE_DP_AUTH, ROLE_DP_PB };
    const struct store_schema *schemas[] = { &store_event_schema, &smdp_schema };
    struct store_sqlite_options store = { .schemas = schemas, .schema_count = COUNT(schemas) };
    struct smdp_options o = { .crypto = crypto_openssl(),
                              .address = SLICE_LIT(NAME),
                              .keys = &keys };
    struct engine_options engine = { .workers = 1 };
    struct smdp *smdp;

    (void)argc;
    (void)argv;
    make_hierarchy(o.crypto, roles, own, COUNT(roles));
    make_euicc(o.crypto);
    lend_dp(keys.now, lent(&own[0].cert, &own[0].signer), lent(&own[1].cert, &own[1].signer));
    MUST(store_sqlite_open(&store, &engine.store) == E_OK);
    MUST(smdp_open(&o, &smdp) == E_OK);
    MUST(engine_open(&engine, &site.engine) == E_OK);
    es9plus_routes(smdp, routes);
    site.routes = routes;
    site.count = ES9PLUS_ROUTES;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run_one(slice_of(data, size), targets, COUNT(targets), &targets[1]);
    return 0;
}
