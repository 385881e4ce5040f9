/*
 * How a row of a schema table looks as a member of a JSON object. Internal to rsp/json.
 */
#ifndef DUNLIN_RSP_JSON_JSON_FORM_H
#define DUNLIN_RSP_JSON_JSON_FORM_H

#include "der/schema.h"

enum json_form {
    FORM_ELEMENT, /* base64 of a whole element */
    FORM_OCTETS,  /* base64 of the content */
    FORM_HEX,
    FORM_EID,
    FORM_ICCID, /* its digits */
    FORM_TEXT,
    FORM_NUMBER,
    FORM_NAME, /* of a value, from the table's names */
    FORM_FLAG, /* NULL: true when there */
    FORM_BOOLEAN,
    FORM_OBJECT,
    FORM_OBJECTS, /* SEQUENCE OF: array of objects */
};

struct json_member {
    const char *name;
    enum json_form form;
};

struct json_member json_member_of(const struct field *row);

/* An arm that is an anonymous SEQUENCE: its members stand in the object of the message itself. */
bool json_is_flat(const struct field *arm);

/* A tag before an untagged CHOICE: in JSON the element inside stands alone. */
bool json_is_explicit(const struct field *row);

#endif
