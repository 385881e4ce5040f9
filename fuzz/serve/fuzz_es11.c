/*
 * Bodies of ES11 and ES12 requests into a whole SM-DS, an alternative one whose root does not
 * answer; the input is that of bodies.h. ES12 knows the caller of the samples.
 */
#include "serve/es11.h"
#include "serve/es12.h"

#define NAME "smds.example.com"
#include "bodies.h"

#define ES11 "/gsma/rsp2/es9plus/"
#define ES12 "/gsma/rsp2/es12/"
#define ES15 "/gsma/rsp2/es15/"

static const struct target targets[] = {
    { "initiateAuthentication", ES11, JSON_ES11 }, { "authenticateClient", ES11, JSON_ES11 },
    { "registerEvent", ES12, JSON_ES12 },          { "deleteEvent", ES12, JSON_ES12 },
    { "registerEvent", ES15, JSON_ES12 },          { "deleteEvent", ES15, JSON_ES12 },
};

static struct identity own[1];
static struct route routes[ES11_ROUTES + ES12_ROUTES];

static void add_caller(struct smds *s, struct store *store)
{
    struct arena a;
    struct turn t;

    arena_init(&a, (size_t)1 << 20);
    turn_init(&t, &a, store, (int64_t)time(NULL) * 1000);
    MUST(smds_caller_add(s, SLICE_LIT(CALLER), SLICE_LIT(CALLER), &t) == E_OK);
    MUST(turn_commit(&t) == E_OK);
    arena_free(&a);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const enum cert_role roles[] = { ROLE_DS_AUTH };
    const struct store_schema *schemas[] = { &store_event_schema, &smds_schema };
    struct store_sqlite_options store = { .schemas = schemas, .schema_count = COUNT(schemas) };
    struct smds_options o = { .crypto = crypto_openssl(),
                              .address = SLICE_LIT(NAME),
                              .root = SLICE_LIT("root.example.com"),
                              .keys = &keys };
    struct engine_options engine = { .workers = 1 };
    struct smds *smds;

    (void)argc;
    (void)argv;
    make_hierarchy(o.crypto, roles, own, COUNT(roles));
    make_euicc(o.crypto);
    lend_ds(keys.now, lent(&own[0].cert, &own[0].signer));
    MUST(store_sqlite_open(&store, &engine.store) == E_OK);
    MUST(smds_open(&o, &smds) == E_OK);
    add_caller(smds, engine.store);
    MUST(engine_open(&engine, &site.engine) == E_OK);
    es11_routes(smds, routes);
    es12_routes(smds, routes + ES11_ROUTES);
    site.routes = routes;
    site.count = COUNT(routes);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run_one(slice_of(data, size), targets, COUNT(targets), &targets[1]);
    return 0;
}
