/* A bare TCP client that says exactly what it is told, and a handler to say it to. */
#ifndef TESTS_NET_WIRE_H
#define TESTS_NET_WIRE_H

#include "net/http_server.h"

/* A blocking socket to 127.0.0.1:port; reads give up after 5 s. */
int wire_connect(uint16_t port);
void wire_send(int fd, const char *text);
/* Reads until the peer closes; NUL-terminated; returns the octets, -1 on a reset or time out. */
long wire_read_all(int fd, char *buf, size_t size);
/* Reads one response with Content-Length (or none); its status, 0 when the connection ended. */
int wire_read_response(int fd, char *body, size_t size);
/* Connects, sends, reads one response, closes. */
int wire_ask(uint16_t port, const char *text, char *body, size_t size);

/* /echo: the body; /none: 204; /later: the body from another thread after 50 ms; /cert: the
 * client's certificate; else 404. */
void wire_handler(void *ctx, const struct http_request *request, struct http_exchange *x);

struct http_server *wire_server(const struct http_limits *limits, struct tls_server *tls);
uint64_t wire_now_ms(void);
void wire_sleep_ms(unsigned ms);

#endif
