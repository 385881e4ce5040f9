#define _GNU_SOURCE /* syncfs */
#include "cmd/batch_sink.h"

#include "base/file.h"
#include "base/secret.h"
#include "profile/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER ((size_t)1 << 18)

/* ---- the state file ------------------------------------------------------------------------- */

#define STATE_FORM                                                                                 \
    "dunlin-batch 1\ndigest %64[0-9A-F]\nrows %" SCNu64 "\nnumber %" SCNu64 "\ninput %" SCNx64     \
    "\npack %" SCNu64 "\nhlr %" SCNu64 "\nwhole %d"

static bool read_state(const char *path, struct sink_state *out)
{
    FILE *f = fopen(path, "r");
    char hex[65] = "";
    size_t n = 0;
    int whole = 0;
    bool ok = f && fscanf(f, STATE_FORM, hex, &out->rows, &out->number, &out->input, &out->pack,
                          &out->hlr, &whole) == 7;

    if (f)
        fclose(f);
    out->whole = whole == 1;
    return ok && !hex_decode(slice_str(hex), out->digest, sizeof out->digest, &n) &&
           n == sizeof out->digest;
}

static enum err write_state(const struct sink *s)
{
    const struct sink_state *t = &s->state;
    char hex[65], text[400];
    enum err e = hex_encode(SLICE_OF(t->digest), hex, sizeof hex);
    int n = snprintf(text, sizeof text,
                     "dunlin-batch 1\ndigest %s\nrows %" PRIu64 "\nnumber %" PRIu64
                     "\ninput %" PRIx64 "\npack %" PRIu64 "\nhlr %" PRIu64 "\nwhole %d\n",
                     hex, t->rows, t->number, t->input, t->pack, t->hlr, t->whole);

    return e ? e : file_replace(s->state_path, slice_of(text, (size_t)n), 0600);
}

/* ---- opening -------------------------------------------------------------------------------- */

static enum sink_open complain(const struct sink *s, const char *path, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", s->who, path, why);
    return SINK_FAILED;
}

static bool exists(const char *path)
{
    struct stat st;

    return !stat(path, &st);
}

/* A file that grows: made anew, or cut back to where the state is. */
static FILE *open_part(const struct sink *s, const char *path, uint64_t size, bool again)
{
    int fd = open(path, (again ? O_RDWR : O_RDWR | O_CREAT | O_EXCL) | O_CLOEXEC, 0600);
    struct stat st;
    FILE *f;

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
        complain(s, path, "another process is at it");
        close(fd);
        return NULL;
    }
    if (fd < 0 || fstat(fd, &st) || (uint64_t)st.st_size < size || ftruncate(fd, (off_t)size) ||
        !(f = fdopen(fd, "r+b"))) {
        complain(s, path, fd < 0 || errno ? strerror(errno) : "is shorter than the batch was");
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    if (fseeko(f, 0, SEEK_END)) {
        fclose(f);
        return NULL;
    }
    return f;
}

static bool name_paths(struct sink *s, const char *out, const char *hlr)
{
    size_t n = strlen(out);
    struct stat st;

    s->folder = n && (out[n - 1] == '/' || (!stat(out, &st) && S_ISDIR(st.st_mode)));
    while (s->folder && n > 1 && out[n - 1] == '/')
        n--;
    if (!n || n > SINK_PATH - 40 || strlen(hlr) > SINK_PATH - 40)
        return false;
    snprintf(s->out, SINK_PATH, "%.*s", (int)n, out);
    snprintf(s->out_part, SINK_PATH, "%.*s.part", (int)n, out);
    snprintf(s->state_path, SINK_PATH, "%.*s.state", (int)n, out);
    snprintf(s->hlr, SINK_PATH, "%s", hlr);
    snprintf(s->hlr_part, SINK_PATH, "%s.part", hlr);
    return true;
}

static enum sink_open open_new(struct sink *s)
{
    if (exists(s->state_path))
        return complain(s, s->state_path, "a batch was begun here: --resume goes on with it");
    if (!s->folder && exists(s->out))
        return complain(s, s->out, "is there already");
    if (exists(s->hlr))
        return complain(s, s->hlr, "is there already");
    if (s->folder && mkdir(s->out, 0700) && errno != EEXIST)
        return complain(s, s->out, strerror(errno));
    /* a batch that stopped before its first state left nothing that counts */
    unlink(s->hlr_part);
    unlink(s->out_part);
    return SINK_READY;
}

static enum sink_open open_old(struct sink *s, const uint8_t digest[DIGEST_LEN])
{
    if (!exists(s->state_path))
        return exists(s->hlr) && exists(s->out) ? SINK_DONE_ALREADY : open_new(s);
    if (!read_state(s->state_path, &s->state))
        return complain(s, s->state_path, "cannot be read");
    if (memcmp(s->state.digest, digest, DIGEST_LEN) != 0)
        return complain(s, s->state_path,
                        "template, metadata, seal key or ranges are not those of the batch that "
                        "was begun");
    return SINK_READY;
}

static enum sink_open open_files(struct sink *s, bool again)
{
    if (s->state.whole && exists(s->hlr))
        s->hlr_file = NULL; /* it has its name already */
    else if (!(s->hlr_file = open_part(s, s->hlr_part, s->state.hlr, again)))
        return SINK_FAILED;
    if (s->folder || (s->state.whole && exists(s->out)))
        s->pack_file = NULL;
    else if (!(s->pack_file = open_part(s, s->out_part, s->state.pack, again)))
        return SINK_FAILED;
    s->buffers = malloc(2 * BUFFER);
    if (!s->buffers)
        return SINK_FAILED;
    if (s->hlr_file)
        setvbuf(s->hlr_file, s->buffers, _IOFBF, BUFFER);
    if (s->pack_file)
        setvbuf(s->pack_file, (char *)s->buffers + BUFFER, _IOFBF, BUFFER);
    return SINK_READY;
}

static enum err put(FILE *f, slice octets)
{
    return fwrite(octets.p, 1, octets.n, f) == octets.n ? E_OK : E_STORAGE;
}

enum sink_open sink_open(const char *who, const struct crypto *c, const char *out, const char *hlr,
                         bool resume, const uint8_t digest[DIGEST_LEN], struct sink *s)
{
    enum sink_open opened;
    bool again;

    *s = (struct sink){ .crypto = c, .who = who };
    if (!name_paths(s, out, hlr))
        return complain(s, out, "is no usable path");
    errno = 0;
    opened = resume ? open_old(s, digest) : open_new(s);
    if (opened != SINK_READY)
        return opened;
    again = exists(s->state_path);
    memcpy(s->state.digest, digest, DIGEST_LEN);
    if (open_files(s, again) != SINK_READY) {
        sink_close(s);
        return SINK_FAILED;
    }
    if (!again && s->pack_file && put(s->pack_file, slice_of(PACK_HEAD, PACK_HEAD_LEN))) {
        complain(s, s->out_part, strerror(errno));
        sink_close(s);
        return SINK_FAILED;
    }
    s->state.pack += !again && s->pack_file ? PACK_HEAD_LEN : 0;
    return SINK_READY;
}

/* ---- writing -------------------------------------------------------------------------------- */

enum err sink_header(struct sink *s, const char *line, size_t n)
{
    s->state.hlr += n;
    return put(s->hlr_file, slice_of(line, n));
}

static enum err put_file(const struct sink *s, const char *digits, const char *end, slice content)
{
    char path[SINK_PATH + 64];
    int fd;
    bool ok;

    snprintf(path, sizeof path, "%s/%s.%s", s->out, digits, end);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return E_STORAGE;
    ok = write(fd, content.p, content.n) == (ssize_t)content.n;
    return !close(fd) && ok ? E_OK : E_STORAGE;
}

static enum err put_files(const struct sink *s, const uint8_t iccid[ICCID_LEN], slice package,
                          slice metadata)
{
    char digits[ICCID_DIGITS + 1];
    enum err e = iccid_to_digits(slice_of(iccid, ICCID_LEN), digits);

    if (!e)
        e = put_file(s, digits, "der", package);
    return e || !metadata.p ? e : put_file(s, digits, "metadata", metadata);
}

static enum err put_entry(struct sink *s, const uint8_t iccid[ICCID_LEN], slice package,
                          slice metadata)
{
    uint8_t front[PACK_ENTRY_LEN], digest[PACK_DIGEST_LEN];
    enum err e = pack_entry(s->crypto, iccid, package, metadata, front, digest);

    if (!e)
        e = put(s->pack_file, SLICE_OF(front));
    if (!e)
        e = put(s->pack_file, package);
    if (!e && metadata.n)
        e = put(s->pack_file, metadata);
    if (!e)
        e = put(s->pack_file, SLICE_OF(digest));
    s->state.pack += sizeof front + package.n + metadata.n + sizeof digest;
    return e;
}

enum err sink_put(struct sink *s, const uint8_t iccid[ICCID_LEN], slice package, slice metadata,
                  const char *row, size_t n)
{
    enum err e =
        s->folder ? put_files(s, iccid, package, metadata) : put_entry(s, iccid, package, metadata);

    s->state.hlr += n;
    if (!e)
        e = put(s->hlr_file, slice_of(row, n));
    s->torn |= e != E_OK;
    return e;
}

static enum err to_disk(FILE *f)
{
    return !f || (!fflush(f) && !fdatasync(fileno(f))) ? E_OK : E_STORAGE;
}

static enum err folder_to_disk(const struct sink *s)
{
    int fd = open(s->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && !syncfs(fd);

    if (fd >= 0)
        close(fd);
    return ok ? E_OK : E_STORAGE;
}

enum err sink_checkpoint(struct sink *s, uint64_t rows, uint64_t number, uint64_t input)
{
    enum err e = s->torn ? E_STORAGE : to_disk(s->hlr_file);

    if (!e)
        e = s->folder ? folder_to_disk(s) : to_disk(s->pack_file);
    if (e)
        return e;
    s->state.rows = rows;
    s->state.number = number;
    s->state.input = input;
    return write_state(s);
}

/* ---- the end -------------------------------------------------------------------------------- */

/* Reads the fronts of all entries and writes what the index says of them; no list is in memory. */
static enum err put_index(struct sink *s)
{
    uint8_t front[PACK_ENTRY_LEN], entry[PACK_INDEX_LEN], chain[DIGEST_LEN] = { 0 };
    uint8_t foot[PACK_FOOT_LEN];
    struct pack_front f;
    uint64_t at = PACK_HEAD_LEN, count = 0;
    int fd = fileno(s->pack_file);
    enum err e = E_OK;

    while (!e && at < s->state.pack) {
        if (pread(fd, front, sizeof front, (off_t)at) != (ssize_t)sizeof front)
            return E_STORAGE;
        e = pack_front(front, &f);
        if (e)
            return e;
        pack_index(f.iccid, at, entry);
        e = pack_index_digest(s->crypto, chain, entry);
        if (!e)
            e = put(s->pack_file, SLICE_OF(entry));
        at += PACK_ENTRY_LEN + (uint64_t)f.package + f.metadata + PACK_DIGEST_LEN;
        count++;
    }
    if (!e && (at != s->state.pack || count != s->state.rows))
        e = E_INTERNAL;
    pack_foot(s->state.pack, count, chain, foot);
    if (!e)
        e = put(s->pack_file, SLICE_OF(foot));
    return e ? e : to_disk(s->pack_file);
}

static enum err give_name(FILE *f, const char *part, const char *name)
{
    return !f || !rename(part, name) ? E_OK : E_STORAGE;
}

/* Entries of the folder in which a path lies. */
static void names_to_disk(const char *path)
{
    char folder[SINK_PATH];
    char *slash;
    int fd;

    snprintf(folder, sizeof folder, "%s", path);
    slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

enum err sink_finish(struct sink *s)
{
    enum err e;

    s->state.whole = true;
    e = write_state(s);
    if (!e && s->pack_file)
        e = put_index(s);
    if (!e)
        e = give_name(s->hlr_file, s->hlr_part, s->hlr);
    if (!e)
        e = give_name(s->pack_file, s->out_part, s->out);
    if (e)
        return e;
    names_to_disk(s->hlr);
    names_to_disk(s->out);
    return unlink(s->state_path) ? E_STORAGE : E_OK;
}

void sink_close(struct sink *s)
{
    if (s->hlr_file)
        fclose(s->hlr_file);
    if (s->pack_file)
        fclose(s->pack_file);
    if (s->buffers)
        wipe(s->buffers, 2 * BUFFER);
    free(s->buffers);
    s->hlr_file = s->pack_file = NULL;
    s->buffers = NULL;
}
