/* dunlin vault: the master key that seals secrets in the servers' databases. */
#include "cmd/cmd.h"

#include "base/secret.h"
#include "cmd/options.h"
#include "store/sqlite.h"
#include "store/vault.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DATABASES_MAX 16

struct vault_args {
    const char *old_key, *new_key;
    const char *words[DATABASES_MAX + 1];
};

static int read_key(const char *path, uint8_t key[VAULT_KEY_LEN])
{
    enum err e = vault_read_master(path, key);

    if (!e)
        return EXIT_DONE;
    fprintf(stderr, "vault: %s: %s\n", path,
            e == E_REFUSED  ? "others may read it (chmod 600)"
            : e == E_SYNTAX ? "not 64 hexadecimal digits"
                            : err_text(e));
    return EXIT_FAILED;
}

static int make_key(const char *path)
{
    const struct crypto *c = crypto_openssl();
    enum err e = c ? vault_create_master(c, path) : E_CRYPTO;

    if (e) {
        fprintf(stderr, "vault: %s: %s\n", path, err_text(e));
        return EXIT_FAILED;
    }
    printf("master key in %s: without it nobody reads what it seals, keep a copy elsewhere\n",
           path);
    return EXIT_DONE;
}

static int rotate_one(const char *path, slice old_key, slice new_key)
{
    const struct store_sqlite_options o = {
        .path = path, .master = old_key, .new_master = new_key, .crypto = crypto_openssl()
    };
    struct store *s = NULL;
    enum err e = access(path, F_OK) == 0 ? store_sqlite_open(&o, &s) : E_NOTFOUND;

    if (!e)
        printf("%s: sealed with the new key\n", path);
    else
        fprintf(stderr, "vault: %s: %s\n", path,
                e == E_EXISTS   ? "another process has it open"
                : e == E_BADMAC ? "it is sealed with another master key than --old"
                : e == E_STATE  ? "nothing is sealed in it"
                                : err_text(e));
    store_close(s);
    return e ? EXIT_FAILED : EXIT_DONE;
}

static int rotate(const struct vault_args *a, size_t count)
{
    uint8_t old_key[VAULT_KEY_LEN], new_key[VAULT_KEY_LEN];
    int status = read_key(a->old_key, old_key);

    if (status == EXIT_DONE)
        status = read_key(a->new_key, new_key);
    for (size_t i = 0; i < count && status == EXIT_DONE; i++)
        status = rotate_one(a->words[i + 1], SLICE_OF(old_key), SLICE_OF(new_key));
    wipe(old_key, sizeof old_key);
    wipe(new_key, sizeof new_key);
    return status;
}

int cmd_vault(int argc, char **argv)
{
    struct vault_args a = { 0 };
    const struct option rows[] = {
        { "old", OPTION_TEXT, &a.old_key, 0, 0, "FILE", "rotate: the master key so far" },
        { "new", OPTION_TEXT, &a.new_key, 0, 0, "FILE", "rotate: the one from now on" },
    };
    struct options o = {
        .usage = "dunlin vault init FILE | rotate --old FILE --new FILE DATABASE...",
        .about = "init makes a master key, for dunlin serve --master-key. rotate seals the data\n"
                 "keys of databases with another one; their servers must not run meanwhile.",
        .rows = rows,
        .count = COUNT(rows),
        .words = a.words,
        .words_max = COUNT(a.words),
    };
    int status = options_parse(&o, argc, argv);

    if (status >= 0)
        return status;
    if (o.words_count == 2 && !strcmp(a.words[0], "init") && !a.old_key && !a.new_key)
        return make_key(a.words[1]);
    if (o.words_count >= 2 && !strcmp(a.words[0], "rotate") && a.old_key && a.new_key)
        return rotate(&a, o.words_count - 1);
    fprintf(stderr, "usage: %s\n", o.usage);
    return EXIT_USAGE;
}
