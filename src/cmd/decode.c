/*
 * dunlin decode: any message of SGP.22 and SGP.32 for people. It comes as DER, hexadecimal or
 * base64, from the command line, a file or standard input; its type is found by its tag.
 */
#include "cmd/cmd.h"
#include "cmd/options.h"

#include "base/text.h"
#include "der/schema_print.h"
#include "rsp/registry.h"
#include "rsp/sgp22.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)16 << 20)

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "dunlin decode: %s: %s\n", what, why);
    return EXIT_FAILED;
}

/* ---- the octets ----------------------------------------------------------------------------- */

struct input {
    uint8_t *p;
    size_t n;
};

/* The whole of a stream into memory that the caller frees. */
static bool read_all(FILE *from, struct input *in)
{
    size_t size = 0;

    for (;;) {
        if (in->n == size) {
            uint8_t *more = size < INPUT_MAX ? realloc(in->p, size + 65536) : NULL;

            if (!more)
                return false;
            in->p = more;
            size += 65536;
        }
        size_t got = fread(in->p + in->n, 1, size - in->n, from);
        if (!got)
            return !ferror(from);
        in->n += got;
    }
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Text has no other control characters than white space, and nothing beyond ASCII. */
static bool is_text(const struct input *in)
{
    for (size_t i = 0; i < in->n; i++)
        if (!is_space(in->p[i]) && (in->p[i] < 0x20 || in->p[i] > 0x7E))
            return false;
    return in->n > 0;
}

/* Hexadecimal or base64 becomes octets, in place: both only shrink. */
static enum err text_to_octets(struct input *in)
{
    slice text;
    size_t n = 0;

    for (size_t i = 0; i < in->n; i++)
        if (!is_space(in->p[i]))
            in->p[n++] = in->p[i];
    text = slice_of(in->p, n);
    if (!hex_decode(text, in->p, n, &in->n))
        return E_OK;
    return b64_decode(text, in->p, n, &in->n);
}

/* The argument is "-", a file's name, or the text itself. Returns an exit status. */
static int get_input(const char *word, struct input *in)
{
    FILE *file = strcmp(word, "-") ? fopen(word, "rb") : stdin;
    struct tlv e;
    bool read;

    if (file) {
        read = read_all(file, in);
        if (file != stdin)
            fclose(file);
        if (!read)
            return fail(word, "cannot be read, or is larger than 16 MiB");
        if (!der_one(slice_of(in->p, in->n), &e) || !is_text(in))
            return EXIT_DONE;
    } else {
        in->n = strlen(word);
        in->p = malloc(in->n + 1);
        if (!in->p)
            return fail(word, "out of memory");
        memcpy(in->p, word, in->n + 1);
    }
    if (text_to_octets(in))
        return fail(word, file ? "neither DER nor hexadecimal nor base64"
                               : "no such file, and neither hexadecimal nor base64");
    return EXIT_DONE;
}

/* ---- any TLV, without a table --------------------------------------------------------------- */

static void tlv_text(slice in, unsigned depth)
{
    struct der_reader r = der_reader(in);

    while (der_more(&r)) {
        struct tlv e = der_take(&r);

        printf("%*s%" PRIX32 "%s", (int)(2 * depth), "", e.tag, tag_constructed(e.tag) ? "" : " ");
        for (size_t i = 0; !tag_constructed(e.tag) && i < e.value.n; i++)
            printf("%02X", e.value.p[i]);
        printf("\n");
        if (tag_constructed(e.tag))
            tlv_text(e.value, depth + 1);
    }
}

static void tlv_json(slice in)
{
    struct der_reader r = der_reader(in);

    for (bool first = true; der_more(&r); first = false) {
        struct tlv e = der_take(&r);

        printf("%s{\"tag\":\"%" PRIX32 "\",", first ? "" : ",", e.tag);
        printf(tag_constructed(e.tag) ? "\"elements\":[" : "\"value\":\"");
        if (tag_constructed(e.tag))
            tlv_json(e.value);
        for (size_t i = 0; !tag_constructed(e.tag) && i < e.value.n; i++)
            printf("%02X", e.value.p[i]);
        printf(tag_constructed(e.tag) ? "]}" : "\"}");
    }
}

/* Is every constructed element made of elements? Certificates nest far less deeply than this. */
static enum err tlv_check(slice in, unsigned depth)
{
    struct der_reader r = der_reader(in);

    if (depth > 64)
        return E_LIMIT;
    while (der_more(&r)) {
        struct tlv e = der_take(&r);
        enum err err = r.err;

        if (!err && tag_constructed(e.tag))
            err = tlv_check(e.value, depth + 1);
        if (err)
            return err;
    }
    return r.err;
}

static int print_tlv(const char *name, slice in, bool json)
{
    enum err e = tlv_check(in, 0);

    if (e)
        return fail(name, err_text(e));
    if (json) {
        printf("{\"%s\":", name);
        tlv_json(in);
        printf("}\n");
    } else {
        printf("%s\n", name);
        tlv_text(in, 1);
    }
    return EXIT_DONE;
}

/* ---- messages ------------------------------------------------------------------------------- */

static void put_stdout(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    fwrite(text, 1, n, stdout);
}

static int print_message(const struct type *t, slice in, bool json)
{
    const struct text_sink to = { put_stdout, NULL };
    struct fault f;
    char why[400];
    enum err e;

    e = schema_check(t, in, &f);
    if (e) {
        fprintf(stderr, "dunlin decode: %s: %s\n", t->name, fault_print(&f, why, sizeof why));
        return EXIT_FAILED;
    }
    if (t == &T_rsp_certificate || t == &T_any)
        return print_tlv(t->name, in, json);
    if (json)
        printf("{\"%s\":", t->name);
    e = json ? schema_print_json(t, in, &to, &f) : schema_print_text(t, in, &to, &f);
    if (json)
        printf("}\n");
    return e ? fail(t->name, err_text(e)) : EXIT_DONE;
}

static const struct type *choose_type(const char *name, slice in)
{
    if (!name)
        return registry_guess(in);
    if (slice_eq_nocase(slice_str(name), SLICE_LIT("ANY")))
        return &T_any;
    return registry_named(slice_str(name), in);
}

static int decode(const char *word, const char *name, bool json)
{
    struct input in = { 0 };
    int status = get_input(word, &in);

    if (status == EXIT_DONE) {
        slice octets = slice_of(in.p, in.n);
        const struct type *t = choose_type(name, octets);
        struct der_reader r = der_reader(octets);
        char why[80];

        snprintf(why, sizeof why, "no message begins with tag %" PRIX32, der_peek(&r));
        if (t)
            status = print_message(t, octets, json);
        else if (name && fail(name, "no type of this name (--list shows the messages)"))
            status = EXIT_USAGE;
        else
            status = fail(word, der_peek(&r) ? why : err_text(in.n ? E_TAG : E_TRUNCATED));
    }
    free(in.p);
    return status;
}

static int list(void)
{
    for (size_t i = 0; i < registry_count; i++) {
        const struct type *t = registry[i].type;
        char tag[12] = "-";

        if (t->tag)
            snprintf(tag, sizeof tag, "%" PRIX32, t->tag);
        printf("%-6s %-44s %-30s %s\n", tag, t->name, registry[i].where, t->clause);
    }
    return EXIT_DONE;
}

int cmd_decode(int argc, char **argv)
{
    const char *word[1], *type = NULL;
    bool json = false, show = false;
    const struct option rows[] = {
        { "type", OPTION_TEXT, &type, 0, 0, "NAME",
          "take the input as this type of the specification; ANY shows bare TLVs" },
        { "json", OPTION_FLAG, &json, 0, 0, NULL, "print JSON" },
        { "list", OPTION_FLAG, &show, 0, 0, NULL, "list the messages that are known" },
    };
    struct options o = {
        .usage = "dunlin decode HEX|BASE64|FILE|- [OPTIONS]",
        .about =
            "Prints every field of a message under its name in SGP.22 or SGP.32. Input is DER,\n"
            "hexadecimal or base64; the type is found by the tag. Exits 1, naming the field,\n"
            "when the message is malformed, truncated or has octets left over.",
        .rows = rows,
        .count = COUNT(rows),
        .words = word,
        .words_max = 1,
    };
    int status = options_parse(&o, argc, argv);

    if (status >= 0)
        return status;
    if (show)
        return list();
    if (!o.words_count) {
        fprintf(stderr, "dunlin decode: what to decode is missing; usage: %s\n", o.usage);
        return EXIT_USAGE;
    }
    return decode(word[0], type, json);
}
