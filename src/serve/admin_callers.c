/* Who may call: operators ES2+, RSP servers ES12. A certificate each, named by its SHA-256. */
#include "pki/cert.h"
#include "serve/admin_lists.h"
#include "smdp/operator.h"

#define DIGEST_OCTETS 32

static json_t *caller(slice certificate, slice name, slice notify, int64_t added_ms)
{
    json_t *v = json_object();

    admin_put_hex(v, "id", certificate);
    admin_put_text(v, "name", name);
    admin_put_text(v, "notify", notify);
    admin_put_time(v, "added", added_ms);
    return v;
}

static void read_certificate(struct admin_call *c, slice der)
{
    struct cert cert;

    admin_need(c, "name");
    admin_need(c, "certificate");
    if (!c->problem && cert_parse(der, &cert))
        admin_problem(c, 400, "certificate", "is no certificate in DER");
}

/* err: what adding ended with; E_EXISTS is a success too. */
static enum err said(struct admin_call *c, enum err err, slice certificate, slice name,
                     slice notify)
{
    uint8_t digest[DIGEST_OCTETS];

    if (err == E_ARGUMENT)
        return admin_problem(c, 400, name.n ? "notify" : "name",
                             name.n ? "host[:port] is needed" : "is empty");
    if ((err && err != E_EXISTS) || c->t->status.subject)
        return err;
    turn_about_operator(c->t, name);
    c->status = err ? 200 : 201;
    err = crypto_sha256(c->admin->o.crypto, &certificate, 1, digest);
    c->reply = caller(SLICE_OF(digest), name, notify, 0);
    return err;
}

static enum err forget(struct admin_call *c, enum err (*call)(slice, struct turn *))
{
    slice digest = admin_path_hex(c, 3, DIGEST_OCTETS);
    enum err err = admin_checked(c);

    if (!err)
        err = call(digest, c->t);
    return err == E_NOTFOUND ? admin_problem(c, 404, "id", "no such certificate") : err;
}

/* ---- operators ---- */

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
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            items, caller(rows[i].certificate, rows[i].name, rows[i].notify, rows[i].added_ms));
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
    enum err err;

    read_certificate(c, o.certificate);
    err = admin_checked(c);
    if (!err)
        err = smdp_operator_add(c->admin->o.smdp, &o, c->t);
    return said(c, err, o.certificate, o.name, o.notify);
}

enum err admin_operator_remove(struct admin_call *c)
{
    return forget(c, smdp_operator_forget);
}

/* ---- RSP servers ---- */

enum err admin_rsp_servers(struct admin_call *c)
{
    const struct store_query q = { .limit = STORE_LIST_MAX };
    struct smds_caller *rows;
    size_t count = 0;
    json_t *items;
    enum err err = store_list(c->t->store, &smds_caller_table, &q, c->t->arena, &rows, &count);

    if (err)
        return err;
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            items, caller(rows[i].certificate, rows[i].name, SLICE_NONE, rows[i].added_ms));
    c->reply = admin_page(c, items, SLICE_NONE);
    return E_OK;
}

enum err admin_rsp_server_add(struct admin_call *c)
{
    slice name = admin_text(c, "name", 255), certificate = admin_base64(c, "certificate");
    enum err err;

    read_certificate(c, certificate);
    err = admin_checked(c);
    if (!err)
        err = smds_caller_add(c->admin->o.smds, name, certificate, c->t);
    return said(c, err, certificate, name, SLICE_NONE);
}

enum err admin_rsp_server_remove(struct admin_call *c)
{
    return forget(c, smds_caller_forget);
}
