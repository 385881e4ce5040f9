#include "cmd/seal_key.h"

#include "base/secret.h"
#include "base/text.h"
#include "cmd/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int seal_key_read(const char *who, const char *path, struct seal_key *out)
{
    FILE *f = fopen(path, "r");
    char text[256] = "";
    size_t n;
    enum err e;

    if (!f) {
        fprintf(stderr, "%s: %s: %s\n", who, path, strerror(errno));
        return EXIT_FAILED;
    }
    setvbuf(f, NULL, _IONBF, 0); /* no copy of the key in a buffer that nobody wipes */
    n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    while (n && strchr(" \t\r\n", text[n - 1]))
        n--;
    e = hex_decode(slice_of(text, n), out->b, sizeof out->b, &out->n);
    wipe(text, sizeof text);
    if (!e && (out->n == 16 || out->n == 32))
        return EXIT_DONE;
    fprintf(stderr, "%s: %s: 32 or 64 hexadecimal digits are needed\n", who, path);
    return EXIT_FAILED;
}
