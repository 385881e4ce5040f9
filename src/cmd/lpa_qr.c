/* QR codes of activation codes (SGP.22 4.1): to the terminal or a picture, and from a picture. */
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/lpa_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUIET  2 /* modules of margin on a terminal, */
#define MARGIN 4 /* and in a picture (ISO/IEC 18004) */

static bool dark(const QRcode *code, int x, int y)
{
    if (x < 0 || y < 0 || x >= code->width || y >= code->width)
        return false;
    return code->data[y * code->width + x] & 1;
}

static QRcode *make_code(const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

    if (!code)
        fprintf(stderr, "dunlin lpa: no QR code can be made of this\n");
    return code;
}

int lpa_qr_print(const char *text)
{
    QRcode *code = make_code(text);

    if (!code)
        return EXIT_FAILED;
    for (int y = -QUIET; y < code->width + QUIET; y += 2) {
        fputs("\033[97;40m", stdout); /* white on black, whatever the terminal has */
        for (int x = -QUIET; x < code->width + QUIET; x++) {
            bool upper = dark(code, x, y), lower = dark(code, x, y + 1);

            fputs(upper   ? lower ? " " : "\xE2\x96\x84"
                  : lower ? "\xE2\x96\x80"
                          : "\xE2\x96\x88",
                  stdout);
        }
        fputs("\033[0m\n", stdout);
    }
    QRcode_free(code);
    return EXIT_DONE;
}

/* PBM, a bit a pixel: a module is eight of them, an octet, in each of eight rows. */
static enum err write_picture(const QRcode *code, const char *path)
{
    size_t side = (size_t)code->width + 2 * MARGIN, n, room = 40 + 8 * side * side;
    uint8_t *picture = malloc(room);
    enum err e;

    if (!picture)
        return E_MEMORY;
    n = (size_t)snprintf((char *)picture, room, "P4\n%zu %zu\n", 8 * side, 8 * side);
    for (size_t row = 0; row < 8 * side; row++)
        for (size_t x = 0; x < side; x++)
            picture[n++] = dark(code, (int)x - MARGIN, (int)(row / 8) - MARGIN) ? 0xFF : 0;
    e = file_replace(path, slice_of(picture, n), 0600);
    free(picture);
    return e;
}

int lpa_qr_draw(const char *text, const char *path)
{
    QRcode *code = make_code(text);
    enum err e;

    if (!code)
        return EXIT_FAILED;
    e = write_picture(code, path);
    QRcode_free(code);
    return e ? lpa_say(path, err_text(e)) : EXIT_DONE;
}

/* zbarimg in a process of its own, so that a hostile picture meets nothing of ours. */
static pid_t start_zbarimg(const char *path, int *from)
{
    int ends[2];
    pid_t pid;

    if (pipe(ends))
        return -1;
    pid = fork();
    if (pid == 0) {
        int nowhere = open("/dev/null", O_RDWR);

        dup2(nowhere, 0);
        dup2(ends[1], 1);
        dup2(nowhere, 2);
        close(ends[0]);
        close(ends[1]);
        execlp("zbarimg", "zbarimg", "--quiet", "--raw", "--set", "disable", "--set",
               "qrcode.enable", "--", path, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    *from = ends[0];
    if (pid < 0)
        close(ends[0]);
    return pid;
}

char *lpa_qr_read(const char *path)
{
    char *text = calloc(1, 4096);
    int from, status = -1;
    size_t n = 0;
    pid_t pid;

    if (access(path, R_OK)) {
        fprintf(stderr, "dunlin lpa: %s: %s\n", path, strerror(errno));
        free(text);
        return NULL;
    }
    pid = text ? start_zbarimg(path, &from) : -1;
    while (pid > 0 && n < 4095) {
        ssize_t got = read(from, text + n, 4095 - n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    if (pid > 0) {
        close(from);
        waitpid(pid, &status, 0);
    }
    if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && n) {
        text[strcspn(text, "\r\n")] = '\0';
        return text;
    }
    fprintf(stderr, "dunlin lpa: %s: %s\n", path,
            pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127
                ? "reading QR codes needs the program zbarimg (Debian package zbar-tools)"
                : "no QR code is found in it");
    free(text);
    return NULL;
}
