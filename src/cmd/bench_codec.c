/*
 * The codec: every message of the tables decoded and encoded again. The reference is SHA-256 over
 * the same octets, for nearly every message is hashed at least once to be signed or verified.
 */
#include "cmd/bench.h"
#include "cmd/cmd.h"
#include "der/schema_sample.h"
#include "rsp/registry.h"

#include <stdio.h>
#include <stdlib.h>

#define SEEDS       4
#define MESSAGE_MAX 4096

struct corpus {
    struct message {
        const struct type *type;
        slice der;
    } * messages;
    size_t count, octets, largest; /* largest C struct */
    uint8_t *memory;
};

static bool corpus_open(struct corpus *c)
{
    size_t room = registry_count * SEEDS;

    *c = (struct corpus){ 0 };
    c->messages = calloc(room, sizeof *c->messages);
    c->memory = malloc(room * MESSAGE_MAX);
    if (!c->messages || !c->memory)
        return false;
    for (size_t i = 0; i < room; i++) {
        struct message *m = &c->messages[c->count];

        m->type = registry[i / SEEDS].type;
        if (schema_sample(m->type, i, c->memory + i * MESSAGE_MAX, MESSAGE_MAX, &m->der))
            continue;
        c->octets += m->der.n;
        if (m->type->size > c->largest)
            c->largest = m->type->size;
        c->count++;
    }
    return true;
}

static void corpus_close(struct corpus *c)
{
    free(c->messages);
    free(c->memory);
}

/* One pass; false when a message does not come back as it was. */
static bool pass(const struct corpus *c, void *value, bool encode)
{
    uint8_t out[MESSAGE_MAX];
    slice der;

    for (size_t i = 0; i < c->count; i++) {
        const struct message *m = &c->messages[i];

        if (schema_decode(m->type, m->der, value, NULL))
            return false;
        if (encode &&
            (schema_encode(m->type, value, out, sizeof out, &der, NULL) || !slice_eq(der, m->der)))
            return false;
    }
    return true;
}

/* Microseconds of processor time of one pass; negative on failure. */
static double timed_pass(const struct corpus *c, void *value, bool encode, double seconds)
{
    double start = cpu_thread_us(), spent;
    unsigned passes = 0;

    do {
        if (!pass(c, value, encode))
            return -1;
        passes++;
        spent = cpu_thread_us() - start;
    } while (spent < seconds * 1e6);
    return spent / passes;
}

static double timed_hash(const struct corpus *c, double seconds)
{
    const struct crypto *crypto = crypto_openssl();
    double start = cpu_thread_us(), spent;
    unsigned passes = 0;

    do {
        uint8_t digest[DIGEST_LEN];

        for (size_t i = 0; i < c->count; i++)
            if (crypto_sha256(crypto, &c->messages[i].der, 1, digest))
                return -1;
        passes++;
        spent = cpu_thread_us() - start;
    } while (spent < seconds * 1e6);
    return spent / passes;
}

static void report(const struct bench_args *args, const struct corpus *c, const char *what,
                   double us, double hash_us)
{
    char detail[160];

    snprintf(detail, sizeof detail,
             "%zu messages of %zu octets on average, %.0f MB/s; bound: SHA-256 of the same octets",
             c->count, c->octets / c->count, (double)c->octets / us);
    bench_line(args, what, (double)c->count * 1e6 / us, (double)c->count * 1e6 / hash_us, detail);
}

int bench_codec(const struct bench_args *args)
{
    double seconds = (double)args->seconds / 3, hash, decode, both;
    struct corpus c;
    void *value = NULL;
    int status = EXIT_FAILED;

    if (corpus_open(&c) && c.count && (value = calloc(1, c.largest))) {
        hash = timed_hash(&c, seconds);
        decode = timed_pass(&c, value, false, seconds);
        both = timed_pass(&c, value, true, seconds);
        if (hash > 0 && decode > 0 && both > 0) {
            report(args, &c, "codec decode", decode, hash);
            report(args, &c, "codec decode and encode", both, hash);
            status = EXIT_DONE;
        } else {
            fprintf(stderr, "bench codec: a message did not come back as it was\n");
        }
    }
    free(value);
    corpus_close(&c);
    return status;
}
