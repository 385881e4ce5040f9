/* eIM Configuration Operations (SGP.32 2.11.1.1.2, 3.5.1): the packages' side of eim_config.c. */
#include "euicc/isdr/package.h"

#include "rsp/sgp32.h"

/* addEimResult is explicit: the token that was generated, or a code. */
static enum op_end add(struct package *p, const struct eim_configuration_data *d, slice members)
{
    struct der_writer w;
    int64_t token = 0;
    int code = d ? eim_add(p->isdr, d, members, &token) : ADD_EIM_COMMAND_ERROR;

    w = result_writer(p);
    if (token)
        der_put_int(&w, 0x84, token);
    else
        der_put_int(&w, 0x02, code);
    der_wrap(&w, 0xA8, 0);
    return result_written(p, &w, code ? OP_STOP : OP_NEXT);
}

static enum op_end update(struct package *p, const struct eim_configuration_data *d, slice members)
{
    int code = d ? eim_update(p->isdr, d, members, &p->eim) : UPDATE_EIM_COMMAND_ERROR;

    return result_code(p, 0x8A, code);
}

/* lastEimDeleted is a success. */
static enum op_end delete_eim(struct package *p, slice eim_id)
{
    int code = eim_id.p ? eim_delete(p->isdr, eim_id) : DELETE_EIM_COMMAND_ERROR;
    enum op_end end = result_code(p, 0x89, code);

    return code == DELETE_EIM_LAST && end == OP_STOP ? OP_NEXT : end;
}

static enum op_end list(struct package *p)
{
    struct der_writer w = result_writer(p);

    put_eim_list(p->isdr, &w);
    return result_written(p, &w, OP_NEXT);
}

/* Configuration data that is not as the type wants it is a command error of its operation. */
static enum op_end damaged(struct package *p, uint32_t tag)
{
    if (tag == 0xA8)
        return add(p, NULL, SLICE_NONE);
    if (tag == 0xAA)
        return update(p, NULL, SLICE_NONE);
    return result_terminated(p, TERMINATED_BAD_COMMAND);
}

enum op_end eco_execute(struct package *p, slice element)
{
    struct tlv whole;
    struct eco op;

    if (der_one(element, &whole))
        return result_terminated(p, TERMINATED_BAD_COMMAND);
    if (schema_decode(&T_eco, element, &op, NULL))
        return damaged(p, whole.tag);
    switch (op.which) {
    case eco_is_add_eim:
        return add(p, &op.add_eim, whole.value);
    case eco_is_update_eim:
        return update(p, &op.update_eim, whole.value);
    case eco_is_delete_eim:
        return delete_eim(p, op.delete_eim.eim_id);
    case eco_is_list_eim:
        return list(p);
    default:
        return result_terminated(p, TERMINATED_BAD_COMMAND);
    }
}
