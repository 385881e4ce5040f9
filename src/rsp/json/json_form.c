#include "rsp/json/json_form.h"

/* Rows whose JSON form does not follow from their kind, by their name in the ASN.1. */
static const struct {
    const char *spec;
    struct json_member member;
} exceptions[] = {
    { "transactionId", { "transactionId", FORM_HEX } },
    { "eimTransactionId", { "eimTransactionId", FORM_HEX } },
    { "eidValue", { "eidValue", FORM_EID } },
    { "eid", { "eid", FORM_EID } },
    { "iccid", { "iccid", FORM_ICCID } },
    { "header", { "header", FORM_OBJECT } },
    { "notificationPointStatus", { "notificationPointStatus", FORM_OBJECT } },
    { "statusCodeData", { "statusCodeData", FORM_OBJECT } },
    { "finalProfileStatusIndicator", { "finalProfileStatusIndicator", FORM_NAME } },
    { "resultData", { "resultData", FORM_OCTETS } },
    { "euiccChallenge", { "euiccChallenge", FORM_OCTETS } },
    { "rPLMN", { "rPlmn", FORM_OCTETS } },
    { "profileMetaData", { "profileMetadata", FORM_ELEMENT } },
    { "eventEntries", { "eventEntries", FORM_OBJECTS } },
};

static enum json_form form_of_kind(const struct field *row)
{
    switch (row->kind) {
    case K_UTF8:
        return FORM_TEXT;
    case K_INT:
        return FORM_NUMBER;
    case K_BOOL:
        return FORM_BOOLEAN;
    case K_NULL:
        return FORM_FLAG;
    default:
        return FORM_ELEMENT;
    }
}

struct json_member json_member_of(const struct field *row)
{
    for (size_t i = 0; i < COUNT(exceptions); i++)
        if (strcmp(row->name, exceptions[i].spec) == 0)
            return exceptions[i].member;
    return (struct json_member){ row->name, form_of_kind(row) };
}

bool json_is_flat(const struct field *arm)
{
    return arm->kind == K_SEQ && arm->type->tag == 0x30;
}

bool json_is_explicit(const struct field *row)
{
    return (row->kind == K_CHOICE || row->kind == K_RAW) && row->tag && row->type &&
           row->type->kind == K_CHOICE && !row->type->tag;
}
