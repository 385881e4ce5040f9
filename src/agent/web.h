/* The agent's HTTPS: one POST at a time, and whom to believe for which interface. */
#ifndef DUNLIN_AGENT_WEB_H
#define DUNLIN_AGENT_WEB_H

#include "agent/agent.h"

struct agent_web;

/* The answer of the last exchange. The octets live until the next one. */
struct agent_body {
    int status;
    slice left; /* what the machine has not taken */
};

/* The options are borrowed, and so is all they point to. */
MUST_USE enum err agent_web_open(const struct agent_options *o, struct agent_web **out);
void agent_web_close(struct agent_web *w);

/*
 * The TLS trust of eIM `index` from its configuration on the card (SGP.32 2.11.1.1.1): a raw key or
 * a certificate that must be the server's, a CA certificate above it, or nothing.
 */
void agent_web_eim(struct agent_web *w, unsigned index, slice configuration);

/* The exchange that the machine wants. Errors: no whole answer came. */
MUST_USE enum err agent_web_post(struct agent_web *w, const struct ipa_want *want,
                                 struct agent_body *body);

#endif
