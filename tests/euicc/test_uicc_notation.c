/*
 * File by file: what the card made of a TS.48 v7 package against the same package in ASN.1 value
 * notation. The notation is read here line by line, without any of the code that installs.
 */
#include "base/text.h"
#include "euicc/card_impl.h"
#include "euicc/uicc_card.h"

static struct uicc u;

struct octets {
    uint8_t b[2600];
    size_t n;
    bool is;
};

/* A file of the notation: what was said of it, and what was written into it. */
struct said {
    char name[40];
    bool open;
    struct octets descriptor, fid, arr, size, sfi, fill, repeat, special, link, aid, pins, lcs;
    struct octets content;
    uint8_t written[2600]; /* which octets of content were given */
    size_t at;
};

struct reader {
    struct tree tree;
    char element[40];
    uint8_t base[4], dir[8];
    size_t base_n, dir_n;
    struct said file;
    unsigned files, dirs, links, octets;
};

static bool value(const char *line, const char *key, struct octets *out)
{
    size_t n = strlen(key);
    const char *p = line;

    if (strncmp(p, key, n) != 0 || p[n] != ' ')
        return false;
    p = strchr(p, '\'');
    if (!p)
        return false;
    const char *end = strchr(p + 1, '\'');
    assert_non_null(end);
    assert_int_equal(
        hex_decode(slice_of(p + 1, (size_t)(end - p - 1)), out->b, sizeof out->b, &out->n), E_OK);
    out->is = true;
    return true;
}

static uint32_t number(const struct octets *o)
{
    uint32_t v = 0;

    for (size_t i = 0; i < o->n; i++)
        v = v << 8 | o->b[i];
    return v;
}

static bool lookup(const struct reader *r, const uint8_t *dir, size_t dir_n,
                   const struct octets *fid, struct node *out)
{
    uint8_t path[12];
    size_t n = 0;

    memcpy(path, dir, dir_n);
    n = dir_n;
    if (fid) {
        memcpy(path + n, fid->b, 2);
        n += 2;
    }
    return tree_path(&r->tree, slice_of(path, n), out);
}

static void check_type(const struct said *s, const struct node *node)
{
    static const struct {
        uint8_t descriptor;
        enum node_type type;
    } types[] = { { 0x41, NODE_TRANSPARENT },
                  { 0x42, NODE_LINEAR },
                  { 0x46, NODE_CYCLIC },
                  { 0x79, NODE_BER_TLV } };

    for (size_t i = 0; i < COUNT(types); i++)
        if (types[i].descriptor == s->descriptor.b[0])
            assert_int_equal(node->type, types[i].type);
    if (s->descriptor.n == 4)
        assert_int_equal(node->record_octets, s->descriptor.b[3]);
}

static void check_common(const struct said *s, const struct node *node)
{
    assert_int_equal(node->arr_fid, s->arr.b[0] << 8 | s->arr.b[1]);
    assert_int_equal(node->arr_record, s->arr.b[2]);
    assert_int_equal(node->lcs, s->lcs.is ? s->lcs.b[0] : LCS_ACTIVATED);
    if (s->sfi.is && !node_is_dir(node))
        assert_int_equal(node->sfi, s->sfi.n ? s->sfi.b[0] >> 3 : 0);
}

/* Content that was written; where a pattern is given, everything else too. */
static void check_body(struct reader *r, const struct said *s, const struct node *node)
{
    size_t record = node->record_octets ? node->record_octets : node->body.n;
    const struct octets *pattern = s->fill.is ? &s->fill : &s->repeat;

    for (size_t i = 0; i < node->body.n; i++) {
        size_t k = record ? i % record : 0;

        if (s->written[i]) {
            assert_int_equal(node->body.p[i], s->content.b[i]);
        } else if (pattern->is) {
            if (s->fill.is && k >= pattern->n)
                k = pattern->n - 1;
            assert_int_equal(node->body.p[i], pattern->b[k % pattern->n]);
        }
        r->octets++;
    }
    assert_true(s->at <= node->body.n || s->content.n == 0);
}

static void check_ef(struct reader *r, const struct said *s, const struct node *own)
{
    struct node node, target;

    assert_true(tree_target(&r->tree, own, &node));
    if (s->descriptor.is)
        check_type(s, &node);
    assert_int_equal(own->link, s->link.n > 0);
    if (own->link) {
        assert_true(tree_path(&r->tree, slice_of(s->link.b, s->link.n), &target));
        assert_int_equal(own->body.p[0] << 8 | own->body.p[1], target.n);
        r->links++;
        return;
    }
    if (s->special.is)
        assert_int_equal(node.special, s->special.b[0]);
    if (node.type == NODE_BER_TLV)
        assert_int_equal(node.max_octets, number(&s->size));
    else if (s->size.is)
        assert_int_equal(node.body.n, number(&s->size));
    if (node.type != NODE_BER_TLV)
        check_body(r, s, &node);
}

static void enter(struct reader *r, const struct said *s)
{
    bool telecom = strcmp(r->element, "telecom") == 0 && strcmp(s->name, "df-telecom") != 0;
    static const uint8_t telecom_fid[] = { 0x7F, 0x10 };

    memcpy(r->dir, r->base, r->base_n);
    r->dir_n = r->base_n;
    if (telecom) {
        memcpy(r->dir, telecom_fid, 2);
        r->dir_n = 2;
    }
    if (strncmp(s->name, "mf", 2) == 0)
        return;
    memcpy(r->dir + r->dir_n, s->fid.b, 2);
    r->dir_n += 2;
}

static void finish(struct reader *r)
{
    struct said *s = &r->file;
    struct node node;
    bool dir = strncmp(s->name, "df-", 3) == 0 || strncmp(s->name, "adf-", 4) == 0 ||
               strcmp(s->name, "mf") == 0;
    bool gfm_dir = s->descriptor.n == 2 && s->descriptor.b[0] == 0x78;

    if (!s->open)
        return;
    s->open = false;
    if (dir)
        enter(r, s);
    if (!s->fid.is && strcmp(s->name, "mf") != 0)
        return;
    bool found = dir ? lookup(r, r->dir, r->dir_n, NULL, &node)
                     : lookup(r, r->dir, r->dir_n, &s->fid, &node);
    if (!found)
        print_error("%s %02X%02X is not there\n", s->name, s->fid.b[0], s->fid.b[1]);
    assert_true(found);
    check_common(s, &node);
    if (dir || gfm_dir) {
        assert_true(node_is_dir(&node));
        assert_true(slice_eq(node.pins, slice_of(s->pins.b, s->pins.n)));
        assert_true(slice_eq(node.aid, slice_of(s->aid.b, s->aid.n)));
        r->dirs++;
    } else {
        check_ef(r, s, &node);
        r->files++;
    }
}

static void begin_element(struct reader *r, const char *line)
{
    static const struct {
        const char *name;
        uint8_t base[2];
    } bases[] = { { "usim", { 0 } },
                  { "opt-usim", { 0x7F, 0xD0 } },
                  { "gsm-access", { 0x7F, 0xD0 } },
                  { "df-5gs", { 0x7F, 0xD0 } },
                  { "df-saip", { 0x7F, 0xD0 } },
                  { "opt-csim", { 0x7F, 0xC0 } },
                  { "opt-isim", { 0x7F, 0xB0 } } };

    assert_int_equal(sscanf(line, "value%*d ProfileElement ::= %39[a-zA-Z0-9-]", r->element), 1);
    r->base_n = r->dir_n = 0;
    for (size_t i = 0; i < COUNT(bases); i++)
        if (strcmp(bases[i].name, r->element) == 0 && bases[i].base[0]) {
            memcpy(r->base, bases[i].base, 2);
            memcpy(r->dir, bases[i].base, 2);
            r->base_n = r->dir_n = 2;
        }
}

static void begin_file(struct reader *r, const char *name)
{
    finish(r);
    memset(&r->file, 0, sizeof r->file);
    snprintf(r->file.name, sizeof r->file.name, "%s", name);
    r->file.open = true;
}

static void content(struct said *s, const char *line)
{
    struct octets piece;
    unsigned skip;

    if (sscanf(line, "fillFileOffset : %u", &skip) == 1)
        s->at += skip;
    if (!value(line, "fillFileContent", &piece))
        return;
    assert_true(s->at + piece.n <= sizeof s->content.b);
    memcpy(s->content.b + s->at, piece.b, piece.n);
    memset(s->written + s->at, 1, piece.n);
    s->at += piece.n;
    s->content.n = s->at;
}

static void field(struct said *s, const char *line)
{
    (void)(value(line, "fileDescriptor", &s->descriptor) || value(line, "fileID", &s->fid) ||
           value(line, "securityAttributesReferenced", &s->arr) ||
           value(line, "efFileSize", &s->size) || value(line, "shortEFID", &s->sfi) ||
           value(line, "fillPattern", &s->fill) || value(line, "repeatPattern", &s->repeat) ||
           value(line, "specialFileInformation", &s->special) ||
           value(line, "linkPath", &s->link) || value(line, "dfName", &s->aid) ||
           value(line, "pinStatusTemplateDO", &s->pins) || value(line, "lcsi", &s->lcs));
    content(s, line);
}

static void take_line(struct reader *r, const char *line)
{
    size_t indent = strspn(line, " ");
    const char *text = line + indent;
    char name[40];
    struct octets path;

    if (indent == 0 && strncmp(text, "value", 5) == 0) {
        finish(r);
        begin_element(r, text);
    } else if (strcmp(r->element, "genericFileManagement") == 0) {
        if (value(text, "filePath", &path)) {
            finish(r);
            memcpy(r->dir, path.b, path.n);
            r->dir_n = path.n;
        } else if (strncmp(text, "createFCP", 9) == 0) {
            begin_file(r, "createFCP");
        } else {
            field(&r->file, text);
        }
    } else if (indent == 2 && sscanf(text, "%39[a-zA-Z0-9-] {", name) == 1 && strstr(text, " {") &&
               !strstr(name, "header") && strcmp(name, "templateID") != 0) {
        begin_file(r, name);
    } else {
        field(&r->file, text);
    }
}

static void compare(const char *der, const char *notation)
{
    static char line[8192];
    struct reader r = { 0 };
    struct profile_outcome out;
    char path[200];
    slice package = uicc_data(der);

    snprintf(path, sizeof path, "../shared/data/%s", notation);
    FILE *f = fopen(path, "r");
    if (!package.p || !f)
        skip();
    uicc_new(&u);
    out = uicc_install(&u, package, 0);
    assert_int_equal(out.reason, INSTALL_OK);
    r.tree = (struct tree){ card_objects(u.card), out.root, NULL };
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = '\0';
        take_line(&r, line);
    }
    finish(&r);
    fclose(f);
    print_message("%s: %u EFs (%u links), %u DFs, %u octets\n", der, r.files, r.links, r.dirs,
                  r.octets);
    assert_true(r.files >= 237);
    assert_int_equal(r.links, 29);
    assert_int_equal(r.dirs, 18);
}

static void files_are_what_the_notation_says(void **state)
{
    (void)state;
    compare("ts48/ts48-v7-bertlv-suci.der", "ts48/ts48-v7-bertlv-suci.txt");
    compare("ts48/ts48-v7-nobertlv.der", "ts48/ts48-v7-nobertlv.txt");
    compare("ts48/ts48-v7-bertlv-suci-noramrfm.der", "ts48/ts48-v7-bertlv-suci-noramrfm.txt");
    compare("ts48/ts48-v7-nobertlv-noramrfm.der", "ts48/ts48-v7-nobertlv-noramrfm.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(files_are_what_the_notation_says) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
