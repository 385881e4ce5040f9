/* A command line as a request of the desk. */
#include "base/file.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/ctl_parts.h"
#include "pki/keystore.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum body { BODY_NONE, BODY_JSON, BODY_FILE };

/* Words in capitals stand for arguments: in the path where they are named there, else members. */
struct ctl_command {
    const char *words;
    const char *method, *path;
    enum body body;
    const char *columns;
};

static const struct ctl_command commands[] = {
    { "health", "GET", "/v1/health", BODY_NONE, NULL },
    { "metrics", "GET", "/metrics", BODY_NONE, NULL },
    { "openapi", "GET", "/v1/openapi.yaml", BODY_NONE, NULL },
    { "profiles", "GET", "/v1/smdp/profiles", BODY_NONE, "iccid state profileType owner size" },
    { "profile show ICCID", "GET", "/v1/smdp/profiles/ICCID", BODY_NONE, NULL },
    { "profile add FILE", "POST", "/v1/smdp/profiles", BODY_FILE, NULL },
    { "profile withdraw ICCID", "POST", "/v1/smdp/profiles/ICCID/withdraw", BODY_NONE, NULL },
    { "orders", "GET", "/v1/smdp/orders", BODY_NONE, "iccid state eid requester changed" },
    { "order add", "POST", "/v1/smdp/orders", BODY_JSON, NULL },
    { "order show ICCID", "GET", "/v1/smdp/orders/ICCID", BODY_NONE, NULL },
    { "order confirm ICCID", "POST", "/v1/smdp/orders/ICCID/confirm", BODY_JSON, NULL },
    { "order release ICCID", "POST", "/v1/smdp/orders/ICCID/release", BODY_NONE, NULL },
    { "order cancel ICCID", "POST", "/v1/smdp/orders/ICCID/cancel", BODY_JSON, NULL },
    { "states smdp", "GET", "/v1/smdp/states", BODY_NONE, NULL },
    { "states smds", "GET", "/v1/smds/states", BODY_NONE, NULL },
    { "states eim", "GET", "/v1/eim/states", BODY_NONE, NULL },
    { "operators", "GET", "/v1/smdp/operators", BODY_NONE, "name notify added id" },
    { "operator add name certificate", "POST", "/v1/smdp/operators", BODY_JSON, NULL },
    { "operator remove ID", "DELETE", "/v1/smdp/operators/ID", BODY_NONE, NULL },
    { "records", "GET", "/v1/smds/records", BODY_NONE,
      "id eid eventId rspServerAddress owner state expires" },
    { "record show ID", "GET", "/v1/smds/records/ID", BODY_NONE, NULL },
    { "record delete ID", "DELETE", "/v1/smds/records/ID", BODY_NONE, NULL },
    { "rsp-servers", "GET", "/v1/smds/rspServers", BODY_NONE, "name added id" },
    { "rsp-server add name certificate", "POST", "/v1/smds/rspServers", BODY_JSON, NULL },
    { "rsp-server remove ID", "DELETE", "/v1/smds/rspServers/ID", BODY_NONE, NULL },
    { "events smdp", "GET", "/v1/smdp/events", BODY_NONE, "id time kind iccid eid detail" },
    { "events smds", "GET", "/v1/smds/events", BODY_NONE, "id time kind eid detail" },
    { "events eim", "GET", "/v1/eim/events", BODY_NONE, "id time kind iccid eid detail" },
    { "devices", "GET", "/v1/eim/devices", BODY_NONE,
      "eid label associated certificatesKnown iotSpecificVersion" },
    { "device show EID", "GET", "/v1/eim/devices/EID", BODY_NONE, NULL },
    { "device add eid", "POST", "/v1/eim/devices", BODY_JSON, NULL },
    { "device remove EID", "DELETE", "/v1/eim/devices/EID", BODY_NONE, NULL },
    { "eim orders EID", "GET", "/v1/eim/devices/EID/orders", BODY_NONE,
      "id kind state outcome verified created" },
    { "eim order EID kind", "POST", "/v1/eim/devices/EID/orders", BODY_JSON, NULL },
    { "eim show ID", "GET", "/v1/eim/orders/ID", BODY_NONE, NULL },
    { "eim retry ID", "POST", "/v1/eim/orders/ID/retry", BODY_NONE, NULL },
    { "eim cancel ID", "POST", "/v1/eim/orders/ID/cancel", BODY_NONE, NULL },
};

const char *ctl_columns(const struct ctl_command *c)
{
    return c->columns;
}

const char *ctl_about(void)
{
    static char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "Asks the operator's desk of `dunlin serve "
                                "--admin-port PORT`. Commands:\n\n");

    for (size_t i = 0; i < COUNT(commands) && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "  %s%s\n", commands[i].words,
                              commands[i].body == BODY_JSON ? " [MEMBER=...]" : "");
    if (n < sizeof text)
        snprintf(
            text + n, sizeof text - n,
            "\nMembers are those of docs/openapi.yaml; of a list they select: state=Released.");
    return text;
}

/* ---- words ---- */

static bool is_argument(const char *word, size_t n)
{
    return n && ((word[0] >= 'A' && word[0] <= 'Z') || !strncmp(word, "eid", n) ||
                 !strncmp(word, "name", n) || !strncmp(word, "certificate", n) ||
                 !strncmp(word, "kind", n));
}

/* Literal words count from the front; an argument takes whatever stands there. */
static bool fits(const struct ctl_command *c, const char **words, size_t count, size_t *used)
{
    const char *at = c->words;

    for (*used = 0; *at; ++*used) {
        size_t n = strcspn(at, " ");

        if (*used == count)
            return false;
        if (!is_argument(at, n) && (strlen(words[*used]) != n || memcmp(at, words[*used], n) != 0))
            return false;
        at += n + (at[n] == ' ');
    }
    return true;
}

static bool is_plain(const char *s)
{
    return *s && strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._") ==
                     strlen(s);
}

static int usage(const char *what, const char *word)
{
    fprintf(stderr, "ctl: %s '%s' (dunlin ctl --help lists the commands)\n", what, word);
    return EXIT_USAGE;
}

static json_t *base64_of(slice octets)
{
    char *text = malloc(B64_LEN(octets.n));
    json_t *v = NULL;
    size_t n;

    if (text && !b64_encode(octets, text, B64_LEN(octets.n), &n))
        v = json_stringn(text, n);
    free(text);
    return v;
}

/* A certificate file as base64 of its DER, another file as base64 of its octets. */
static json_t *read_file(const char *path, bool certificate)
{
    uint8_t *owned = NULL;
    slice content;
    enum err e =
        certificate ? cert_read_file(path, &owned, &content) : file_read(path, &owned, &content);
    json_t *v = e ? NULL : base64_of(content);

    free(owned);
    if (!v)
        fprintf(stderr, "ctl: %s: %s\n", path,
                certificate ? "no certificate can be read there" : "cannot be read");
    return v;
}

/* Arguments of the command: into the path, the body, or the file that is sent. */
static int take_arguments(struct ctl_request *r, const char **words, json_t *members)
{
    const char *at = r->command->words;
    slice file;

    for (size_t i = 0; *at; i++) {
        size_t n = strcspn(at, " ");
        char name[16];
        char *place;

        snprintf(name, sizeof name, "%.*s", (int)n, at);
        place = n >= 2 && at[0] < 'a' ? strstr(r->path, name) : NULL;
        at += n + (at[n] == ' ');
        if (!strcmp(name, "FILE")) {
            if (file_read(words[i], &r->owned, &file))
                return usage("cannot read", words[i]);
            r->body = file;
        } else if (place) {
            char rest[256];

            if (!is_plain(words[i]))
                return usage("not a number or id:", words[i]);
            snprintf(rest, sizeof rest, "%s", place + n);
            snprintf(place, sizeof r->path - (size_t)(place - r->path), "%s%s", words[i], rest);
        } else if (!strcmp(name, "certificate")) {
            json_t *v = read_file(words[i], true);

            if (!v)
                return EXIT_FAILED;
            json_object_set_new(members, name, v);
        } else if (is_argument(name, n)) {
            json_object_set_new(members, name, json_string(words[i]));
        }
    }
    return EXIT_DONE;
}

/* name=text, name:=JSON, name@FILE for its octets in base64, or name alone for true. */
static int take_member(const char *word, json_t *members)
{
    size_t n = strcspn(word, "=@");
    bool json = n && word[n] == '=' && word[n - 1] == ':';
    char name[64];
    json_t *v;

    snprintf(name, sizeof name, "%.*s", (int)(n - json), word);
    if (!word[n])
        v = json_true();
    else if (word[n] == '@')
        v = read_file(word + n + 1, false);
    else if (json)
        v = json_loads(word + n + 1, JSON_DECODE_ANY, NULL);
    else
        v = json_string(word + n + 1);
    if (!v)
        return word[n] == '@' ? EXIT_FAILED : usage("not JSON, or not UTF-8:", word);
    json_object_set_new(members, name, v);
    return EXIT_DONE;
}

/* False: the path is full. */
static bool put_text(struct ctl_request *r, const char *name, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = strlen(r->path), room = sizeof r->path;

    n += (size_t)snprintf(r->path + n, room - n, "%c%s=", strchr(r->path, '?') ? '&' : '?', name);
    for (const char *c = text; *c && n + 4 < room; c++) {
        if (is_plain((char[]){ *c, 0 })) {
            r->path[n++] = *c;
        } else {
            r->path[n++] = '%';
            r->path[n++] = digits[(uint8_t)*c >> 4];
            r->path[n++] = digits[(uint8_t)*c & 15];
        }
    }
    if (n + 4 >= room)
        return false;
    r->path[n] = '\0';
    return true;
}

/* A list becomes a member each. */
static bool put_query(struct ctl_request *r, const char *name, json_t *value)
{
    char *text;
    bool fits = true;
    json_t *one;
    size_t i;

    if (json_is_array(value)) {
        json_array_foreach(value, i, one) fits = fits && put_query(r, name, one);
        return fits;
    }
    text = json_is_string(value) ? strdup(json_string_value(value))
                                 : json_dumps(value, JSON_ENCODE_ANY);
    fits = text && put_text(r, name, text);
    free(text);
    return fits;
}

/* Members become the body where there is one of JSON, else the query. */
static int finish(struct ctl_request *r, json_t *members, struct arena *a)
{
    const char *name;
    json_t *value;
    char *text;

    if (r->command->body == BODY_FILE)
        r->content_type = "application/octet-stream";
    if (r->command->body == BODY_JSON) {
        text = json_dumps(members, JSON_COMPACT);
        r->content_type = "application/json";
        r->body = arena_copy(a, slice_str(text));
        free(text);
        return r->body.p ? EXIT_DONE : EXIT_FAILED;
    }
    json_object_foreach(members, name, value)
    {
        if (!put_query(r, name, value))
            return usage("too much for one request:", name);
    }
    return EXIT_DONE;
}

int ctl_read(const char **words, size_t count, struct arena *a, struct ctl_request *r)
{
    json_t *members = json_object();
    size_t used = 0;
    int status = EXIT_DONE;

    for (size_t i = 0; i < COUNT(commands) && !r->command; i++)
        if (fits(&commands[i], words, count, &used))
            r->command = &commands[i];
    if (!r->command) {
        json_decref(members);
        return usage("no such command, or an argument is missing:", count ? words[0] : "");
    }
    r->method = r->command->method;
    snprintf(r->path, sizeof r->path, "%s", r->command->path);
    status = take_arguments(r, words, members);
    for (size_t i = used; !status && i < count; i++)
        status = take_member(words[i], members);
    if (!status)
        status = finish(r, members, a);
    json_decref(members);
    return status;
}
