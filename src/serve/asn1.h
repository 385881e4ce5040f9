/* What the ASN.1 bindings of ES9+ and ES11 share (SGP.22 6.6.1). */
#ifndef DUNLIN_SERVE_ASN1_H
#define DUNLIN_SERVE_ASN1_H

#include "store/turn.h"

/*
 * The turn's reply, when it has one, as an arm of RemoteProfileProvisioningResponse (A2). On
 * E_MEMORY the turn is settled: its handler has failed.
 */
MUST_USE enum err asn1_wrap_reply(struct turn *t);

#endif
