/*
 * Loading a bound profile package (SGP.22 5.7.6): the stream of bpp.c on one side, the card's
 * profile installer on the other, a Profile Installation Result at every end.
 *
 *   BF23 accepted    OBJ_DOWNLOAD says durably that a load is running, with all that its result
 * needs last element     ONE transaction: profile live and Disabled, PIR and notifications stored,
 *                    OBJ_DOWNLOAD and the one-time key gone
 *   any failure      the same with an error result and nothing of the profile
 *   power cut, reset, end of the session in the middle: OBJ_DOWNLOAD is still there, and the result
 *                    with errorReason 11 is made from it
 */
#include "euicc/isdr/isdr_impl.h"

#include "base/secret.h"
#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

#define METADATA_MAX 4096
#define DP_DATA_MAX  128  /* the whole B8 (SGP.22 5.5.2) */
#define PIR_ROOM     480  /* with address and simaResponse on top */
#define PIR_RESERVE  1536 /* a result in the making, and as an object */

/* OBJ_DOWNLOAD */
struct download_record {
    uint8_t tid[TRANSACTION_ID], tid_n;
    uint8_t oid[OID_MAX], oid_n;
    uint8_t iccid[PROFILE_ICCID];
    bool has_iccid;
    uint8_t ci;
    uint8_t command; /* enum bpp_command_id last begun */
    uint8_t address_n, address[ADDRESS_MAX];
};

static bool record_get(struct isdr *i, struct download_record *r)
{
    slice object = objects_get(isdr_objects(i), OBJ_DOWNLOAD);

    if (object.n != sizeof *r)
        return false;
    memcpy(r, object.p, sizeof *r);
    return true;
}

static enum err record_put(struct isdr *i, const struct download_record *r)
{
    return objects_put(isdr_objects(i), OBJ_DOWNLOAD, slice_of(r, sizeof *r));
}

static void record_of_session(const struct session *s, struct download_record *r)
{
    memset(r, 0, sizeof *r);
    memcpy(r->tid, s->tid, s->tid_n);
    r->tid_n = s->tid_n;
    memcpy(r->oid, s->oid, s->oid_n);
    r->oid_n = s->oid_n;
    memcpy(r->address, s->address, s->address_n);
    r->address_n = s->address_n;
    r->ci = s->ci;
}

/* ---- the result ---- */

struct outcome {
    int command, reason; /* reason 0: success */
    uint32_t root;
    slice sima; /* absent: none */
};

static void put_final_result(struct der_writer *w, const struct outcome *o, slice aid)
{
    size_t mark = der_mark(w), inner = mark;

    if (o->reason == BPP_OK) {
        der_put_tlv(w, 0x04, o->sima);
        der_put_tlv(w, 0x4F, aid);
    } else {
        if (o->sima.p)
            der_put_tlv(w, 0x82, o->sima);
        der_put_int(w, 0x81, o->reason);
        der_put_int(w, 0x80, o->command);
    }
    der_wrap(w, o->reason == BPP_OK ? 0xA0 : 0xA1, inner);
    der_wrap(w, 0xA2, mark);
}

/* BF37 into w; signed. */
static enum err put_result(struct isdr *i, const struct download_record *r, const struct outcome *o,
                           uint32_t sequence, struct der_writer *w)
{
    struct card_profile profile = { 0 };
    uint8_t *signature = put_signature(w);
    size_t mark = der_mark(w);
    slice data;
    enum err err = E_OK;

    if (o->reason == BPP_OK)
        err = profile_get(i->card, o->root, &profile);
    put_final_result(w, o, SLICE_OF(profile.isdp_aid));
    der_put_tlv(w, 0x06, slice_of(r->oid, r->oid_n));
    put_note_metadata(w, sequence, NOTIFICATION_INSTALL, slice_of(r->address, r->address_n),
                      r->has_iccid ? SLICE_OF(r->iccid) : SLICE_NONE);
    der_put_tlv(w, 0x80, slice_of(r->tid, r->tid_n));
    der_wrap(w, 0xBF27, mark);
    data = slice_of(w->at, der_mark(w) - mark);
    if (!err)
        err = w->err ? w->err : isdr_sign(i, r->ci, &data, 1, signature);
    der_wrap(w, 0xBF37, 0);
    return err;
}

/* Stores the result and takes the record back; all in the open transaction. */
static enum err store_result(struct isdr *i, const struct download_record *r,
                             const struct outcome *o, uint32_t *sequence)
{
    const struct note_head head = { NOTE_PIR, EVENT_BIT(NOTIFICATION_INSTALL), r->ci, 0 };
    size_t room = PIR_ROOM + r->address_n + o->sima.n;
    uint8_t *scratch = objects_lend(isdr_objects(i), room);
    struct der_writer w = der_writer(scratch, room);
    slice octets;
    enum err err = scratch ? sequence_next(i, sequence) : E_MEMORY;

    if (!err)
        err = put_result(i, r, o, *sequence, &w);
    if (!err)
        err = der_written(&w, &octets);
    if (!err)
        err = note_put(i, *sequence, &head, octets);
    objects_repay(isdr_objects(i), scratch);
    if (!err)
        err = objects_delete(isdr_objects(i), OBJ_DOWNLOAD);
    return err == E_NOTFOUND ? E_OK : err;
}

/* The stream is not needed any more: its room is the result's. */
static void close_stream(struct isdr *i)
{
    bpp_close(&i->bpp);
    objects_repay(isdr_objects(i), i->segment);
    objects_repay(isdr_objects(i), i->metadata);
    objects_repay(isdr_objects(i), i->reserve);
    i->segment = i->metadata = i->reserve = NULL;
    i->metadata_n = i->metadata_size = 0;
    i->dp_data_n = 0;
}

void download_forget(struct isdr *i)
{
    close_stream(i);
    i->torn = false;
    i->installed = 0;
    i->sima_response = SLICE_NONE;
}

enum err download_recover(struct isdr *i)
{
    struct download_record r;
    struct outcome o = { .reason = BPP_ERROR_INTERRUPTION };
    uint32_t sequence;

    if (!record_get(i, &r))
        return E_OK;
    profile_install_abort(i->card);
    o.command = r.command;
    return store_result(i, &r, &o, &sequence);
}

enum err download_interrupt(struct isdr *i)
{
    struct download_record r;
    struct outcome o = { .command = i->bpp.command, .reason = BPP_ERROR_INTERRUPTION };
    uint32_t sequence;

    if (!record_get(i, &r))
        record_of_session(&i->session, &r);
    profile_install_abort(i->card);
    download_forget(i);
    return store_result(i, &r, &o, &sequence);
}

/* ---- what a success adds ---- */

/* Did the profile come from the SM-DP+ that immediate enabling is configured for? */
static bool from_configured_smdp(struct isdr *i)
{
    const struct session *s = &i->session;
    slice whole = objects_get(isdr_objects(i), OBJ_IMMEDIATE);
    struct configure_immediate_profile_enabling_request c;

    if (schema_decode(&T_configure_immediate_profile_enabling_request, whole, &c, NULL))
        return false;
    if (c.default_smdp_oid.p && !slice_eq(c.default_smdp_oid, slice_of(s->oid, s->oid_n)))
        return false;
    return !c.default_smdp_address.p ||
           slice_eq_nocase(c.default_smdp_address, slice_of(s->address, s->address_n));
}

static enum err succeed(struct isdr *i, uint32_t root)
{
    enum err err = notify(i, root, NOTIFICATION_INSTALL, 1);

    if (!err || err == E_MEMORY) /* notifications may be lost, the result stands */
        err = otsk_forget(i, &i->session.otpk);
    i->fresh_root = root;
    i->fresh_from_default = from_configured_smdp(i);
    return err;
}

/* The stream is over, one way or the other. */
static enum err end_load(struct isdr *i)
{
    struct outcome o = { i->bpp.command, i->bpp.failed ? i->bpp.reason : BPP_OK, i->installed,
                         i->sima_response };
    struct download_record r;
    enum err err;

    if (!record_get(i, &r))
        record_of_session(&i->session, &r);
    if (o.reason != BPP_OK)
        profile_install_abort(i->card);
    close_stream(i);
    err = store_result(i, &r, &o, &i->result);
    if (err == E_MEMORY && o.reason == BPP_OK) { /* the profile has taken the result's room */
        if (profile_delete(i->card, o.root))
            objects_abort(isdr_objects(i)); /* what stays is swept away at the next boot */
        o = (struct outcome){ .command = BPP_COMMAND_LOAD_PROFILE_ELEMENTS,
                              .reason = BPP_ERROR_INSUFFICIENT_MEMORY };
        err = store_result(i, &r, &o, &i->result);
    }
    if (!err && o.reason == BPP_OK)
        err = succeed(i, o.root);
    download_forget(i);
    i->session.phase = err ? SESSION_NONE : SESSION_LOADED;
    return err;
}

/* ---- the commands of the stream ---- */

static int on_secured(void *ctx)
{
    struct isdr *i = ctx;
    struct download_record r;

    record_of_session(&i->session, &r);
    r.command = BPP_COMMAND_CONFIGURE_ISDP;
    return record_put(i, &r) ? BPP_ERROR_INSUFFICIENT_MEMORY : BPP_OK;
}

static int on_configure(void *ctx, slice request)
{
    struct isdr *i = ctx;
    struct configure_isdp_request q;

    if (schema_decode(&T_configure_isdp_request, request, &q, NULL))
        return BPP_ERROR_INCORRECT_INPUT_VALUES;
    if (q.dp_proprietary_data.n > DP_DATA_MAX)
        return BPP_ERROR_INCORRECT_INPUT_VALUES;
    if (q.dp_proprietary_data.p)
        memcpy(i->dp_data, q.dp_proprietary_data.p, q.dp_proprietary_data.n);
    i->dp_data_n = (uint8_t)q.dp_proprietary_data.n;
    return BPP_OK;
}

/* ISD-P instances are numbered from 0010 in octets 14 and 15 of their AID (SGP.22 annex). */
static bool choose_aid(struct isdr *i, uint8_t aid[CARD_AID_MAX])
{
    static const uint8_t base[CARD_AID_MAX] = { 0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                                0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x00, 0x00 };
    struct card_profile taken;

    memcpy(aid, base, sizeof base);
    for (unsigned n = 0; n < PROFILES_MAX; n++) {
        aid[14] = (uint8_t)(0x10 + n);
        if (profile_by_aid(i->card, slice_of(aid, CARD_AID_MAX), &taken))
            return true;
    }
    return false;
}

static int check_metadata(struct isdr *i, const struct store_metadata_request *m)
{
    struct card_profile existing;

    if (m->profile_class < PROFILE_CLASS_TEST || m->profile_class > PROFILE_CLASS_OPERATIONAL)
        return BPP_ERROR_UNSUPPORTED_PROFILE_CLASS;
    if (m->profile_class == PROFILE_CLASS_TEST && !i->p->test_profiles_supported)
        return BPP_ERROR_UNSUPPORTED_PROFILE_CLASS;
    if (!profile_by_iccid(i->card, m->iccid, &existing))
        return BPP_ERROR_ICCID_ALREADY_EXISTS;
    if (!ppr_allowed(i->p, m->profile_policy_rules,
                     m->has_profile_owner ? &m->profile_owner : NULL))
        return BPP_ERROR_PPR_NOT_ALLOWED;
    return (m->icon.p != NULL) == m->has_icon_type ? BPP_OK : BPP_ERROR_INCORRECT_INPUT_VALUES;
}

/* Any result from here on names the profile, and goes where its metadata says. */
static enum err note_metadata_received(struct isdr *i, const struct store_metadata_request *m)
{
    struct download_record r;
    slice address = first_address(m->notification_configuration_info, NOTIFICATION_INSTALL);

    if (!record_get(i, &r))
        return E_INTERNAL;
    memcpy(r.iccid, m->iccid.p, sizeof r.iccid);
    r.has_iccid = true;
    r.command = BPP_COMMAND_LOAD_PROFILE_ELEMENTS;
    if (address.p) {
        r.address_n = (uint8_t)slice_head(address, ADDRESS_MAX).n;
        memcpy(r.address, address.p, r.address_n);
    }
    return record_put(i, &r);
}

/* The metadata as kept: BF25, then what the card adds (isdr_impl.h, profiles). */
static slice complete_metadata(struct isdr *i)
{
    uint8_t *end = i->metadata + i->metadata_n;

    memcpy(end, i->dp_data, i->dp_data_n);
    end += i->dp_data_n;
    *end++ = 0xC1;
    *end++ = 1;
    *end++ = i->session.ci;
    return slice_of(i->metadata, (size_t)(end - i->metadata));
}

static int begin_installation(struct isdr *i)
{
    struct store_metadata_request m;
    struct profile_install what = { 0 };
    uint8_t aid[CARD_AID_MAX];
    enum err err;
    int reason;

    if (schema_decode(&T_store_metadata_request, slice_of(i->metadata, i->metadata_n), &m, NULL))
        return BPP_ERROR_INCORRECT_INPUT_VALUES;
    if (note_metadata_received(i, &m))
        return BPP_ERROR_INSUFFICIENT_MEMORY;
    reason = check_metadata(i, &m);
    if (reason)
        return reason;
    if (!choose_aid(i, aid))
        return BPP_ERROR_INSUFFICIENT_MEMORY;
    what.iccid = m.iccid;
    what.isdp_aid = SLICE_OF(aid);
    what.metadata = complete_metadata(i);
    what.test_profile = m.profile_class == PROFILE_CLASS_TEST;
    err = profile_install_begin(i->card, &what);
    objects_repay(isdr_objects(i), i->metadata);
    i->metadata = NULL;
    if (err == E_EXISTS)
        return BPP_ERROR_ICCID_ALREADY_EXISTS;
    if (err)
        return err == E_MEMORY ? BPP_ERROR_INSUFFICIENT_MEMORY : BPP_ERROR_UNKNOWN;
    return BPP_OK;
}

/* BF25 announces its length in its first segment; it may need several. */
static int on_metadata(void *ctx, slice octets, bool last)
{
    struct isdr *i = ctx;
    uint32_t tag;
    size_t head, content;

    if (!i->metadata) {
        if (der_head(octets, &tag, &head, &content) || tag != 0xBF25 || content > METADATA_MAX)
            return BPP_ERROR_INCORRECT_INPUT_VALUES;
        i->metadata_size = head + content;
        i->metadata_n = 0;
        i->metadata = objects_lend(isdr_objects(i), i->metadata_size + sizeof i->dp_data + 3);
        if (!i->metadata)
            return BPP_ERROR_INSUFFICIENT_MEMORY;
    }
    if (octets.n > i->metadata_size - i->metadata_n)
        return BPP_ERROR_INCORRECT_INPUT_VALUES;
    memcpy(i->metadata + i->metadata_n, octets.p, octets.n);
    i->metadata_n += octets.n;
    if (!last)
        return BPP_OK;
    if (i->metadata_n != i->metadata_size)
        return BPP_ERROR_INCORRECT_INPUT_VALUES;
    return begin_installation(i);
}

static int finish_installation(struct isdr *i)
{
    struct profile_outcome outcome;

    if (profile_install_finish(i->card, &outcome))
        return BPP_ERROR_UNKNOWN;
    i->sima_response = outcome.sima_response;
    if (outcome.reason != INSTALL_OK)
        return outcome.reason;
    if (!profile_agrees(i, outcome.root))
        return profile_delete(i->card, outcome.root) ? BPP_ERROR_UNKNOWN : BPP_ERROR_DATA_MISMATCH;
    i->installed = outcome.root;
    return BPP_OK;
}

static int on_elements(void *ctx, slice octets, bool last)
{
    struct isdr *i = ctx;
    enum err err = profile_install_feed(i->card, octets);

    if (err == E_MEMORY)
        return BPP_ERROR_INSUFFICIENT_MEMORY;
    if (err && err != E_REFUSED)
        return BPP_ERROR_UNKNOWN;
    if (err || last) {
        int reason = finish_installation(i);

        return err && reason == BPP_OK ? BPP_ERROR_PE_PROCESSING : reason;
    }
    return BPP_OK;
}

/* ---- the stream, block by block ---- */

bool download_wants(const struct isdr *i, slice octets)
{
    bool loading = i->session.phase == SESSION_LOADING && !i->torn;

    if (slice_starts(octets, SLICE_LIT("\xBF\x36")))
        return true;
    if (!loading)
        return false;
    return !bpp_between(&i->bpp) || octets.p[0] != 0xBF ||
           slice_starts(octets, SLICE_LIT("\xBF\x23"));
}

void download_chain_dropped(struct isdr *i)
{
    i->result = 0; /* it stays stored; nobody waits for it here */
    if (i->session.phase == SESSION_LOADING && !bpp_between(&i->bpp))
        i->torn = true;
}

static bool start_load(struct isdr *i)
{
    const struct bpp_sink sink = { i, on_secured, on_configure, on_metadata, on_elements };
    struct bpp_session session = { .curve = i->session.curve,
                                   .dppb = &i->session.dppb,
                                   .otsk = &i->session.otsk,
                                   .otpk = &i->session.otpk };

    i->segment = objects_lend(isdr_objects(i), i->p->segment_max);
    i->reserve = objects_lend(isdr_objects(i), PIR_RESERVE);
    if (!i->segment || !i->reserve) {
        close_stream(i);
        return false;
    }
    session.tid = slice_of(i->session.tid, i->session.tid_n);
    memcpy(session.eid, i->p->eid, EID_LEN);
    bpp_open(&i->bpp, isdr_crypto(i), &session, &sink, i->segment, i->p->segment_max);
    i->result = 0;
    i->session.phase = SESSION_LOADING;
    return true;
}

static void answer_result(struct isdr *i, struct reply *out)
{
    uint32_t id = OBJ_NOTE + i->result;
    struct answer a;

    i->result = 0;
    if (!answer_begin(&a, i, objects_get(isdr_objects(i), id).n, out))
        return;
    der_put(&a.w, slice_skip(objects_get(isdr_objects(i), id), sizeof(struct note_head)));
    answer_end(&a);
}

void download_block(struct isdr *i, slice octets, bool last, struct reply *out)
{
    enum err err = E_OK;

    if (i->session.phase == SESSION_PREPARED && !start_load(i)) {
        reply_sw(out, SW_NO_SPACE);
        return;
    }
    if (i->session.phase != SESSION_LOADING && !i->result) {
        reply_sw(out, SW_CONDITIONS);
        return;
    }
    if (i->session.phase == SESSION_LOADING) {
        /* failure and end show in the stream's own state */
        (void)!bpp_feed(&i->bpp, octets);
        if (i->bpp.failed || i->bpp.ended)
            err = end_load(i);
    }
    if (err)
        reply_sw(out, sw_of(err));
    else if (last && i->result)
        answer_result(i, out);
    else
        reply_sw(out, SW_OK);
}
