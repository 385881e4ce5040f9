/* ES9+ and ES11 in their JSON binding (SGP.22 6.5). */
#include "base/text.h"
#include "lpa/lpa_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 255

/* "name" or "name:port"; false when it is neither. */
static bool split_host(slice host, char name[HOST_MAX + 1], uint16_t *port)
{
    char *colon;

    if (!host_valid(host) || host.n > HOST_MAX)
        return false;
    memcpy(name, host.p, host.n);
    name[host.n] = '\0';
    colon = strchr(name, ':');
    *port = 0;
    if (colon) {
        *port = (uint16_t)strtoul(colon + 1, NULL, 10);
        *colon = '\0';
    }
    return true;
}

static enum err post(struct lpa *l, const char *function, slice host, slice body,
                     struct http_answer *answer)
{
    char name[HOST_MAX + 1], path[80];
    struct http_field fields[] = {
        { SLICE_LIT("User-Agent"), SLICE_LIT("gsma-rsp-lpad") },
        { SLICE_LIT("X-Admin-Protocol"), SLICE_LIT("gsma/rsp/v2.5.0") },
    };
    struct http_call call = {
        .host = name,
        .tls = l->o.tls,
        .path = path,
        .content_type = SLICE_LIT("application/json"),
        .fields = fields,
        .field_count = COUNT(fields),
        .body = body,
    };
    enum err e;

    snprintf(path, sizeof path, "/gsma/rsp2/es9plus/%s", function);
    if (!split_host(host, name, &call.port))
        return E_ARGUMENT;
    e = http_client_fetch(l->http, &call, &l->arena, answer);
    if (!l->trouble.err)
        l->trouble.http = e ? 0 : answer->status;
    return e;
}

static enum err refused(struct lpa *l, const struct json_status *status)
{
    if (!l->trouble.err) {
        text_printable(status->subject, l->trouble.subject, sizeof l->trouble.subject);
        text_printable(status->reason, l->trouble.reason, sizeof l->trouble.reason);
        text_printable(status->message, l->trouble.message, sizeof l->trouble.message);
    }
    return lpa_fail(l, E_REFUSED);
}

enum err lpa_es9(struct lpa *l, enum json_interface interface, const char *function, slice host,
                 const void *request, void *response)
{
    const struct json_function *f = json_function_find(interface, slice_str(function));
    struct json_status status = { .failed = false };
    struct http_answer answer = { 0 };
    bool delivered;
    slice body;
    enum err e = f ? json_write_request(f, request, &l->arena, &body, NULL) : E_ARGUMENT;

    if (!e)
        e = post(l, function, host, body, &answer);
    if (e)
        return lpa_fail(l, e);
    delivered = answer.status >= 200 && answer.status <= 299;
    /* 204 is meant (SGP.22 6.5.1.4); servers in the field say 200, with an empty body or a header
     */
    if (!f->response)
        return delivered ? E_OK : lpa_fail_because(l, E_REFUSED, "it is not acknowledged");
    if (!delivered)
        return lpa_fail(l, E_REFUSED);
    e = json_read_response(f, answer.body, &l->arena, response, &status, NULL);
    if (status.failed)
        return refused(l, &status);
    return e ? lpa_fail_because(l, e, "the server's answer cannot be read") : E_OK;
}
