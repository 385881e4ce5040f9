/* Lists and certificates out of files and folders. */
#include "pki/revocation_parts.h"

#include "base/file.h"
#include "pki/pem.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PATH_SIZE 1024

void revocation_blobs_free(struct revocation_blobs *b)
{
    for (size_t i = 0; i < b->count; i++) {
        free(b->blobs[i].file);
        free(b->blobs[i].owned);
    }
    free(b->blobs);
    *b = (struct revocation_blobs){ 0 };
}

/* Takes `owned` over, also on an error. */
static enum err add(struct revocation_blobs *b, const char *file, uint8_t *owned, slice der)
{
    char *name = strdup(file);
    enum err err = b->count == REVOCATION_FILES_MAX ? E_LIMIT : name ? E_OK : E_MEMORY;

    if (!err && b->count == b->size) {
        size_t size = b->size ? 2 * b->size : 16;
        struct revocation_blob *grown = realloc(b->blobs, size * sizeof *grown);

        if (grown) {
            b->blobs = grown;
            b->size = size;
        }
        err = grown ? E_OK : E_MEMORY;
    }
    if (err) {
        free(name);
        free(owned);
        return err;
    }
    b->blobs[b->count++] = (struct revocation_blob){ name, owned, der };
    return E_OK;
}

static bool is_ours(slice label)
{
    return slice_eq_str(label, PEM_CRL) || slice_eq_str(label, PEM_CERTIFICATE);
}

static enum err add_pem(struct revocation_blobs *b, const char *file, slice text)
{
    size_t before = b->count, n = 0;
    struct pem_block block;
    enum err err;

    while (!(err = pem_next(&text, &block))) {
        uint8_t *der;

        if (!is_ours(block.label))
            continue;
        der = malloc(block.body.n + 1);
        if (!der)
            return E_MEMORY;
        err = b64_decode(block.body, der, block.body.n + 1, &n);
        if (err)
            free(der);
        else
            err = add(b, file, der, slice_of(der, n));
        if (err)
            return err;
    }
    if (err == E_NOTFOUND && b->count > before)
        return E_OK;
    return E_SYNTAX;
}

static enum err read_file(struct revocation_blobs *b, const char *file)
{
    uint8_t *owned;
    slice content;
    enum err err = file_read(file, &owned, &content);

    if (!err && content.n && content.p[0] == 0x30)
        return add(b, file, owned, content);
    if (!err)
        err = add_pem(b, file, content);
    free(owned);
    return err;
}

static int is_list_file(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return dot && (!strcmp(dot, ".crl") || !strcmp(dot, ".der") || !strcmp(dot, ".pem"));
}

static enum err read_folder(struct revocation_blobs *b, const char *folder, char *where,
                            size_t where_size)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_list_file, alphasort);
    enum err err = n < 0 ? E_STORAGE : E_OK;

    for (int i = 0; i < n; i++) {
        char path[PATH_SIZE];
        int len = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);

        if (!err) {
            snprintf(where, where_size, "%s", path);
            err = len < 0 || (size_t)len >= sizeof path ? E_NOSPACE : read_file(b, path);
        }
        free(entries[i]);
    }
    free(entries);
    return err;
}

enum err revocation_read(struct revocation_blobs *b, const char *path, char *where,
                         size_t where_size)
{
    struct stat st;

    snprintf(where, where_size, "%s", path);
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return read_folder(b, path, where, where_size);
    return read_file(b, path);
}
