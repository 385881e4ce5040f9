/*
 * Checks that the assistant makes itself: profile policy rules against the Rules Authorisation
 * Table (SGP.22 2.9.2.4), and the identity of a server against the OID of an activation code.
 */
#include "ipa/ipa_impl.h"

#include "rsp/sgp22.h"

static bool read_metadata(slice metadata, struct store_metadata_request *m)
{
    return !schema_decode(&T_store_metadata_request, metadata, m, NULL);
}

#define RULES (1u << PPR_1 | 1u << PPR_2)

bool policy_has_rules(slice metadata)
{
    struct store_metadata_request m;

    return read_metadata(metadata, &m) && m.profile_policy_rules.p &&
           (der_bits(m.profile_policy_rules) & RULES) != 0;
}

/* Nibble E stands for any digit. */
static bool same_network(slice row, slice owner)
{
    for (size_t i = 0; i < 6; i++) {
        unsigned shift = i % 2 * 4;
        uint8_t r = row.p[i / 2] >> shift & 15, o = owner.p[i / 2] >> shift & 15;

        if (r != 0xE && r != o)
            return false;
    }
    return true;
}

/* An absent GID allows only owners without one, an empty one any. */
static bool same_gid(slice row, slice owner)
{
    if (!row.p)
        return !owner.p;
    return !row.n || (owner.p && slice_eq(row, owner));
}

static bool row_allows(const struct profile_policy_authorisation_rule *row, unsigned rule,
                       const struct operator_id *owner)
{
    slice rest = row->allowed_operators;
    struct operator_id id;

    if (!der_bit(row->ppr_ids, rule))
        return false;
    while (schema_next(&T_operator_id, &rest, &id))
        if (same_network(id.mcc_mnc, owner->mcc_mnc) && same_gid(id.gid1, owner->gid1) &&
            same_gid(id.gid2, owner->gid2))
            return true;
    return false;
}

static bool rule_allowed(slice rat, unsigned rule, const struct operator_id *owner)
{
    struct profile_policy_authorisation_rule row;

    while (schema_next(&T_profile_policy_authorisation_rule, &rat, &row))
        if (row_allows(&row, rule, owner))
            return true;
    return false;
}

/* consentRequired needs no answer here: there is no user, and the eIM's order is the consent. */
bool policy_allows(slice metadata, slice rat)
{
    struct store_metadata_request m;
    struct get_rat_response r;

    if (!read_metadata(metadata, &m) || schema_decode(&T_get_rat_response, rat, &r, NULL))
        return false;
    for (unsigned rule = PPR_1; rule <= PPR_2; rule++)
        if (der_bit(m.profile_policy_rules, rule) &&
            (!m.has_profile_owner || !rule_allowed(r.rat, rule, &m.profile_owner)))
            return false;
    return true;
}

/* ---- certificate
 * --------------------------------------------------------------------------------- */

/* GeneralNames in the value of subjectAltName, or absent. */
static slice alternative_names(slice extension)
{
    static const uint8_t subject_alt_name[] = { 0x55, 0x1D, 0x11 };
    struct der_reader r = der_reader(extension);
    slice oid = der_expect(&r, 0x06).value;
    struct tlv names;

    der_maybe(&r, 0x01);
    if (!slice_eq(oid, SLICE_OF(subject_alt_name)) || der_one(der_expect(&r, 0x04).value, &names))
        return SLICE_NONE;
    return names.value;
}

static bool names_have(slice names, slice oid)
{
    for (struct der_reader r = der_reader(names); der_more(&r);) {
        struct tlv e = der_take(&r);

        if (e.tag == 0x88 && slice_eq(e.value, oid))
            return true;
    }
    return false;
}

/* The content of [3] in tbsCertificate: 30 { extensions } */
static slice extensions_of(slice certificate)
{
    struct rsp_certificate c;
    struct tlv tbs, list;

    if (schema_decode(&T_rsp_certificate, certificate, &c, NULL) ||
        der_one(c.tbs_certificate, &tbs))
        return SLICE_NONE;
    for (struct der_reader r = der_reader(tbs.value); der_more(&r);) {
        struct tlv e = der_take(&r);

        if (e.tag == 0xA3 && !der_one(e.value, &list))
            return list.value;
    }
    return SLICE_NONE;
}

bool policy_certificate_is(slice certificate, slice oid_text)
{
    uint8_t oid[32];
    size_t n;

    if (der_oid_from_text(oid_text, oid, sizeof oid, &n))
        return false;
    for (struct der_reader r = der_reader(extensions_of(certificate)); der_more(&r);)
        if (names_have(alternative_names(der_take(&r).value), slice_of(oid, n)))
            return true;
    return false;
}
