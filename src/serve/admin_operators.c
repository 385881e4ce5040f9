/* Who may call ES2+. */
#include "pki/cert.h"
#include "serve/admin_lists.h"
#include "smdp/operator.h"

#define DIGEST_OCTETS 32

enum err admin_operators(struct admin_call *c)
{
    const struct store_query q = { .limit = STORE_LIST_MAX };
    struct smdp_operator *rows;
    size_t count = 0;
    json_t *items;
    enum err err = store_list(c->t->store, &smdp_operator_table, &q, c->t->arena, &rows, &count);

    if (err)
        return err;
    items = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *v = json_object();

        admin_put_hex(v, "id", rows[i].certificate);
        admin_put_text(v, "name", rows[i].name);
        admin_put_text(v, "notify", rows[i].notify);
        admin_put_time(v, "added", rows[i].added_ms);
        json_array_append_new(items, v);
    }
    c->reply = admin_page(c, items, SLICE_NONE);
    return E_OK;
}

enum err admin_operator_add(struct admin_call *c)
{
    const struct smdp_new_operator o = {
        .name = admin_text(c, "name", 255),
        .certificate = admin_base64(c, "certificate"),
        .notify = admin_text(c, "notify", 255),
    };
    struct cert cert;
    uint8_t *digest;
    enum err err;

    admin_need(c, "name");
    admin_need(c, "certificate");
    if (!c->problem && cert_parse(o.certificate, &cert))
        admin_problem(c, 400, "certificate", "is no certificate in DER");
    err = admin_checked(c);
    if (!err)
        err = smdp_operator_add(c->admin->o.smdp, &o, c->t);
    if (err == E_ARGUMENT)
        return admin_problem(c, 400, o.name.n ? "notify" : "name",
                             o.name.n ? "host[:port] is needed" : "is empty");
    if ((err && err != E_EXISTS) || c->t->status.subject)
        return err;
    digest = arena_alloc(c->t->arena, DIGEST_OCTETS);
    if (!digest)
        return E_MEMORY;
    turn_about_operator(c->t, o.name);
    c->status = err ? 200 : 201;
    err = crypto_sha256(c->admin->o.crypto, &o.certificate, 1, digest);
    c->reply = json_object();
    admin_put_hex(c->reply, "id", slice_of(digest, DIGEST_OCTETS));
    admin_put_text(c->reply, "name", o.name);
    admin_put_text(c->reply, "notify", o.notify);
    return err;
}

enum err admin_operator_remove(struct admin_call *c)
{
    slice digest = admin_path_hex(c, 3, DIGEST_OCTETS);
    enum err err = admin_checked(c);

    if (!err)
        err = smdp_operator_forget(digest, c->t);
    return err == E_NOTFOUND ? admin_problem(c, 404, "id", "no such certificate") : err;
}
