/* Profile Policy Rules against the Rules Authorisation Table (SGP.22 2.9.2). */
#include "euicc/isdr/isdr_impl.h"

#include "rsp/sgp22.h"

/* TS 24.008 nibbles; E in the row stands for any digit. */
static bool same_network(slice row, slice owner)
{
    if (row.n != 3 || owner.n != 3)
        return false;
    for (size_t n = 0; n < 6; n++) {
        unsigned shift = n % 2 ? 4 : 0;
        unsigned want = row.p[n / 2] >> shift & 0xF;

        if (want != 0xE && want != (unsigned)(owner.p[n / 2] >> shift & 0xF))
            return false;
    }
    return true;
}

/* Empty in the row: any; absent in the row: must be absent. */
static bool same_gid(slice row, slice owner)
{
    if (!row.p)
        return !owner.p;
    return row.n == 0 || slice_eq(row, owner);
}

static bool operator_allowed(slice operators, const struct operator_id *owner)
{
    struct operator_id row;

    while (schema_next(&T_operator_id, &operators, &row))
        if (same_network(row.mcc_mnc, owner->mcc_mnc) && same_gid(row.gid1, owner->gid1) &&
            same_gid(row.gid2, owner->gid2))
            return true;
    return false;
}

/* The first row that has the rule and the owner decides; there need be only one. */
static bool rule_allowed(slice rat, unsigned rule, const struct operator_id *owner)
{
    struct profile_policy_authorisation_rule row;

    while (schema_next(&T_profile_policy_authorisation_rule, &rat, &row))
        if (der_bit(row.ppr_ids, rule) && operator_allowed(row.allowed_operators, owner))
            return true;
    return false;
}

bool ppr_allowed(const struct personality *p, slice pprs, const struct operator_id *owner)
{
    uint64_t rules = der_bits(pprs) & ~(UINT64_C(1) << PPR_UPDATE_CONTROL);

    if (!rules)
        return true;
    /* a rule that the card does not know is one that it cannot keep */
    if (!owner || rules & p->forbidden_pprs || rules & ~(uint64_t)(PPR1 | PPR2))
        return false;
    for (unsigned rule = PPR_1; rule <= PPR_2; rule++)
        if (rules & 1u << rule && !rule_allowed(p->rat, rule, owner))
            return false;
    return true;
}
