#include "reader/pcsc.h"

#include <stdlib.h>
#include <string.h>
#include <winscard.h>

#define READERS_MAX 4096 /* octets of the list of names */

struct pcsc {
    SCARDCONTEXT context;
    SCARDHANDLE card;
    char readers[READERS_MAX]; /* names, each with its NUL, and one more at the end */
};

static enum err error_of(LONG rc)
{
    switch (rc) {
    case SCARD_S_SUCCESS:
        return E_OK;
    case SCARD_E_NO_SERVICE:
    case SCARD_E_SERVICE_STOPPED:
        return E_NETWORK;
    case SCARD_E_NO_READERS_AVAILABLE:
    case SCARD_E_UNKNOWN_READER:
    case SCARD_E_NO_SMARTCARD:
    case SCARD_W_UNPOWERED_CARD:
        return E_NOTFOUND;
    case SCARD_E_INSUFFICIENT_BUFFER:
        return E_NOSPACE;
    case SCARD_E_NO_MEMORY:
        return E_MEMORY;
    case SCARD_E_TIMEOUT:
        return E_TIMEOUT;
    case SCARD_E_SHARING_VIOLATION: /* another program has the card */
        return E_STATE;
    default: /* the card or the reader is gone */
        return E_CLOSED;
    }
}

static enum err connect_to(struct pcsc *p, const char *reader)
{
    DWORD protocol;

    return error_of(SCardConnect(p->context, reader, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0,
                                 &p->card, &protocol));
}

static enum err list(struct pcsc *p)
{
    DWORD n = sizeof p->readers - 1;
    enum err e = error_of(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &p->context));

    if (!e)
        e = error_of(SCardListReaders(p->context, NULL, p->readers, &n));
    if (e)
        p->readers[0] = '\0';
    p->readers[sizeof p->readers - 1] = '\0';
    return e;
}

/* Is it this reader? number: of the reader in the list. */
static bool is_meant(const char *reader, const char *name, unsigned number)
{
    char *end;
    unsigned long wanted = strtoul(name, &end, 10);

    return *name && !*end ? wanted == number : strstr(reader, name) != NULL;
}

static enum err find(struct pcsc *p, const char *name)
{
    enum err e = E_NOTFOUND;
    unsigned number = 0;

    for (const char *r = p->readers; *r && e; r += strlen(r) + 1, number++)
        if (!name || is_meant(r, name, number))
            e = connect_to(p, r);
    return e;
}

static void shut(struct pcsc *p)
{
    if (p->card)
        SCardDisconnect(p->card, SCARD_RESET_CARD);
    if (p->context)
        SCardReleaseContext(p->context);
    free(p);
}

static enum err pcsc_transmit(void *ctx, slice command, uint8_t *response, size_t size, size_t *n)
{
    struct pcsc *p = ctx;
    DWORD got = size;
    enum err e =
        error_of(SCardTransmit(p->card, SCARD_PCI_T0, command.p, command.n, NULL, response, &got));

    *n = e ? 0 : got;
    return e;
}

static enum err pcsc_reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    struct pcsc *p = ctx;
    DWORD protocol, state, atr_n = size, name_n = 0;
    enum err e = error_of(SCardReconnect(p->card, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0,
                                         SCARD_RESET_CARD, &protocol));

    if (!e)
        e = error_of(SCardStatus(p->card, NULL, &name_n, &state, &protocol, atr, &atr_n));
    *n = e ? 0 : atr_n;
    return e;
}

static void pcsc_close(void *ctx)
{
    shut(ctx);
}

enum err pcsc_open(const char *name, struct pcsc **out, struct card_link *link)
{
    struct pcsc *p = calloc(1, sizeof *p);
    enum err e = p ? list(p) : E_MEMORY;

    *out = NULL;
    if (!e)
        e = find(p, name);
    if (e) {
        if (p)
            shut(p);
        return e;
    }
    *out = p;
    *link = (struct card_link){ p, pcsc_transmit, pcsc_reset, pcsc_close };
    return E_OK;
}

enum err pcsc_list(char *buf, size_t size, size_t *n)
{
    struct pcsc *p = calloc(1, sizeof *p);
    enum err e = p ? list(p) : E_MEMORY;

    *n = 0;
    for (const char *r = p ? p->readers : ""; !e && *r; r += strlen(r) + 1) {
        size_t len = strlen(r);

        if (size - *n < len + 1) {
            e = E_NOSPACE;
            break;
        }
        memcpy(buf + *n, r, len);
        buf[*n + len] = '\n';
        *n += len + 1;
    }
    if (p)
        shut(p);
    return e == E_NOTFOUND ? E_OK : e;
}
