/*
 * eUICC packages (SGP.32 2.11, 3.3.1, 5.9.1). The order of the checks decides between an unsigned
 * and a signed error; from acceptance on, all is one transaction: counter, what the operations do,
 * result. The switch that it asks for is part of it as a switch that is due, and takes place after
 * it.
 */
#include "euicc/isdr/package.h"

#include "base/secret.h"
#include "rsp/sgp32.h"

/* ---- results list ---- */

struct der_writer result_writer(struct package *p)
{
    return der_writer(p->results + p->used, p->size - p->used);
}

enum op_end result_written(struct package *p, struct der_writer *w, enum op_end end)
{
    slice out;

    if (der_written(w, &out))
        return result_terminated(p, TERMINATED_RESULT_OVERFLOW);
    memmove(p->results + p->used, out.p, out.n);
    p->used += out.n;
    return end;
}

enum op_end result_code(struct package *p, uint32_t tag, int code)
{
    struct der_writer w = result_writer(p);

    der_put_int(&w, tag, code);
    return result_written(p, &w, code ? OP_STOP : OP_NEXT);
}

/* execute() keeps RESULT_SMALL octets behind the list for it. */
enum op_end result_terminated(struct package *p, int code)
{
    struct der_writer w = der_writer(p->results + p->used, RESULT_SMALL);
    slice out;

    der_put_int(&w, 0x02, code);
    if (der_written(&w, &out))
        return OP_FAILED;
    memmove(p->results + p->used, out.p, out.n);
    p->used += out.n;
    return OP_STOP;
}

/* ---- signed answers ---- */

static void put_origin(struct der_writer *w, slice eim_id, int64_t counter, slice eim_tx)
{
    if (eim_tx.p)
        der_put_tlv(w, 0x82, eim_tx);
    der_put_int(w, 0x81, counter);
    der_put_tlv(w, 0x80, eim_id);
}

/* By which key, and what is signed behind the data without standing in the answer. */
struct signed_with {
    unsigned ci;
    int64_t token;
    slice eim_signature;
};

/* Signs what was written since the mark, and closes BF51 { arm }. */
static enum err seal(struct isdr *i, const struct signed_with *with, size_t mark,
                     uint8_t *signature, uint32_t arm, struct der_writer *w)
{
    static const uint8_t head[] = { 0x5F, 0x37, SIG_LEN };
    uint8_t buf[TOKEN_DO_MAX];
    slice parts[3];
    enum err err;

    der_wrap(w, 0x30, mark);
    parts[0] = slice_of(w->at, der_mark(w) - mark);
    parts[1] = is_v10(i) ? SLICE_OF(head) : token_do(with->token, buf);
    parts[2] = is_v10(i) ? with->eim_signature : SLICE_EMPTY;
    err = w->err ? w->err : isdr_sign(i, with->ci, parts, COUNT(parts), signature);
    der_wrap(w, arm, 0);
    der_wrap(w, 0xBF51, 0);
    return err;
}

enum err put_package_result(struct isdr *i, const struct package_result *r, struct der_writer *w)
{
    const struct signed_with with = { r->ci, r->token, r->eim_signature };
    uint8_t *signature = put_signature(w);
    size_t mark = der_mark(w);

    der_put(w, r->results);
    der_wrap(w, 0x30, mark);
    der_put_int(w, 0x83, r->sequence);
    put_origin(w, r->eim_id, r->counter, r->eim_tx);
    return seal(i, &with, mark, signature, 0xA0, w);
}

static void answer_signed_error(struct package *p, int code, struct reply *out)
{
    const struct signed_with with = { p->eim.head.ci, p->eim.head.token, p->eim_signature };
    struct answer a;
    uint8_t *signature;
    size_t mark;
    enum err err;

    if (!answer_begin(&a, p->isdr, PACKAGE_RESULT_ROOM, out))
        return;
    signature = put_signature(&a.w);
    mark = der_mark(&a.w);
    der_put_int(&a.w, 0x02, code);
    put_origin(&a.w, p->eim_id, p->counter, p->eim_tx);
    err = seal(p->isdr, &with, mark, signature, 0xA1, &a.w);
    if (err)
        answer_drop(&a, sw_of(err));
    else
        answer_end(&a);
}

/* eimId as received; the token only where there is one. */
static void answer_unsigned_error(struct package *p, size_t size, struct reply *out)
{
    bool too_large = size > p->isdr->p->package_max;
    struct answer a;

    if (!answer_begin(&a, p->isdr, PACKAGE_RESULT_ROOM, out))
        return;
    if (is_v13(p->isdr))
        der_put_int(&a.w, 0x8F, too_large ? PACKAGE_SIZE_OVERFLOW : PACKAGE_UNDEFINED_ERROR);
    if (p->eim.object && p->eim.head.token)
        der_put_int(&a.w, 0x84, p->eim.head.token);
    if (p->eim_tx.p && !is_v10(p->isdr))
        der_put_tlv(&a.w, 0x82, p->eim_tx);
    der_put_tlv(&a.w, 0x80, p->eim_id);
    der_wrap(&a.w, 0xA2, 0);
    der_wrap(&a.w, 0xBF51, 0);
    answer_end(&a);
}

/* ---- execution ---- */

static enum op_end execute(struct package *p, slice operations, package_op *op)
{
    struct der_reader r = der_reader(operations);
    enum op_end end = OP_NEXT;

    p->used = 0;
    p->size = p->isdr->p->result_max;
    p->results = objects_lend(isdr_objects(p->isdr), p->size + RESULT_SMALL);
    if (!p->results)
        return OP_FAILED;
    while (end == OP_NEXT && der_more(&r)) {
        struct tlv t = der_take(&r);

        if (r.err)
            end = result_terminated(p, TERMINATED_BAD_COMMAND);
        else if (!result_fits(p, RESULT_SMALL))
            end = result_terminated(p, TERMINATED_RESULT_OVERFLOW);
        else
            end = op(p, t.whole);
    }
    return end;
}

static enum err grant_rollback(const struct package *p, uint32_t sequence)
{
    struct rollback b = { .root = profile_enabled(p->isdr->card),
                          .epr_sequence = sequence,
                          .counter = p->counter,
                          .token = p->eim.head.token,
                          .ci = p->eim.head.ci };

    b.eim_id_n = (uint8_t)slice_head(p->eim_id, EIM_ID_MAX).n;
    memcpy(b.eim_id, p->eim_id.p, b.eim_id_n);
    b.eim_tx_n = (uint8_t)slice_head(p->eim_tx, TRANSACTION_ID).n;
    if (b.eim_tx_n)
        memcpy(b.eim_tx, p->eim_tx.p, b.eim_tx_n);
    memcpy(b.eim_signature, p->eim_signature.p, sizeof b.eim_signature);
    return objects_put(isdr_objects(p->isdr), OBJ_ROLLBACK, slice_of(&b, sizeof b));
}

/* What the operations marked (SGP.32 3.3.1): stored as due with the result. */
static enum err make_changes(struct package *p, uint32_t sequence)
{
    struct isdr *i = p->isdr;
    struct isdr_store s;
    enum err err = E_OK;

    if (!p->changing)
        return E_OK;
    if (p->rollback)
        err = grant_rollback(p, sequence);
    s = isdr_store_get(i);
    s.delete_after = p->delete_after;
    if (p->to)
        s.fallback_return = 0;
    if (!err)
        err = store_put(i, &s);
    return err ? err : switch_profile(i, p->to, true, SWITCH_PLAIN);
}

static enum err finish(struct package *p, struct answer *a)
{
    const struct note_head head = { NOTE_EPR, 0, p->eim.head.ci, 0 };
    struct package_result r = {
        p->eim_id, p->eim_tx,      p->counter,       p->eim.head.token,
        0,         p->eim.head.ci, p->eim_signature, slice_of(p->results, p->used)
    };
    slice epr;
    enum err err = sequence_next(p->isdr, &r.sequence);

    if (!err)
        err = put_package_result(p->isdr, &r, &a->w);
    if (!err)
        err = der_written(&a->w, &epr);
    if (!err)
        err = note_put(p->isdr, r.sequence, &head, epr);
    return err ? err : make_changes(p, r.sequence);
}

static void run(struct package *p, const struct euicc_package_signed_closed *s, struct reply *out)
{
    struct isdr *i = p->isdr;
    bool psmo = s->euicc_package.which == euicc_package_closed_is_psmo_list;
    struct answer a;
    enum op_end end;
    enum err err = rollback_revoke(i);

    if (!err)
        err = eim_put_counter(i, &p->eim, p->counter);
    if (err) {
        reply_sw(out, sw_of(err));
        return;
    }
    if (psmo)
        end = execute(p, s->euicc_package.psmo_list, psmo_execute);
    else
        end = execute(p, s->euicc_package.eco_list, eco_execute);
    if (end == OP_FAILED) {
        reply_sw(out, SW_NO_SPACE);
    } else if (answer_begin(&a, i, p->used + PACKAGE_RESULT_ROOM, out)) {
        err = finish(p, &a);
        if (err)
            answer_drop(&a, sw_of(err));
        else
            answer_end(&a);
    }
    objects_repay(isdr_objects(i), p->results);
}

/* ---- acceptance ---- */

/* What an unsigned error names, where the package is readable that far. */
static void read_origin(struct package *p, slice request)
{
    struct der_reader r = der_reader(request);

    r = der_reader(der_expect(&r, 0xBF51).value);
    r = der_reader(der_expect(&r, 0x30).value);
    p->eim_id = der_expect(&r, 0x80).value;
    der_maybe(&r, 0x5A);
    der_maybe(&r, 0x81);
    p->eim_tx = der_maybe(&r, 0x82).value;
    if (p->eim_id.n < 1 || p->eim_id.n > EIM_ID_MAX)
        p->eim_id = SLICE_NONE;
    if (p->eim_tx.n < 1 || p->eim_tx.n > TRANSACTION_ID)
        p->eim_tx = SLICE_NONE;
}

static enum err verify(struct package *p, const struct euicc_package_request_closed *q)
{
    uint8_t buf[TOKEN_DO_MAX];
    slice parts[2] = { q->euicc_package_signed, token_do(p->eim.head.token, buf) };
    struct public_key *key;
    enum err err =
        key_open(isdr_crypto(p->isdr), (enum curve)p->eim.head.curve, &p->eim.head.key, &key);

    if (err)
        return err;
    err = key_verify(key, parts, COUNT(parts), q->eim_signature);
    key_drop(key);
    return err;
}

/* The checks behind a good signature: their failures are signed, and nothing is stored. */
static int check_signed(const struct package *p, const struct euicc_package_signed_closed *s,
                        size_t size)
{
    if (isdr_store_get(p->isdr).emergency)
        return PACKAGE_ECALL_ACTIVE;
    if (!slice_eq(s->eid_value, SLICE_OF(p->isdr->p->eid)))
        return PACKAGE_INVALID_EID;
    if (s->counter_value <= p->eim.head.counter)
        return PACKAGE_REPLAY;
    if (s->counter_value > COUNTER_MAX)
        return PACKAGE_COUNTER_RANGE;
    return size > p->isdr->p->package_max ? PACKAGE_SIZE_OVERFLOW : 0;
}

void es10_load_package(struct isdr *i, slice request, struct reply *out)
{
    struct package p = { .isdr = i };
    struct euicc_package_request_closed q;
    struct euicc_package_signed_closed s;
    int code;

    read_origin(&p, request);
    if (!p.eim_id.p) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (!eim_find(i, p.eim_id, &p.eim) ||
        schema_decode(&T_euicc_package_request_closed, request, &q, NULL) ||
        schema_decode(&T_euicc_package_signed_closed, q.euicc_package_signed, &s, NULL) ||
        verify(&p, &q)) {
        answer_unsigned_error(&p, request.n, out);
        return;
    }
    p.counter = s.counter_value;
    p.eim_signature = q.eim_signature;
    code = check_signed(&p, &s, request.n);
    if (code)
        answer_signed_error(&p, code, out);
    else
        run(&p, &s, out);
}
