/* Which command is performed by which function, and the plain ones. */
#include "terminal/mobile_impl.h"

static mobile_perform perform_poll_interval, perform_polling_off, perform_event_list,
    perform_short_message, perform_display_text, perform_refresh, perform_nothing;

static const struct {
    uint8_t type;
    const char *name;
    mobile_perform *perform;
} commands[] = {
    { CAT_REFRESH, "REFRESH", perform_refresh },
    { CAT_MORE_TIME, "MORE TIME", perform_nothing },
    { CAT_POLL_INTERVAL, "POLL INTERVAL", perform_poll_interval },
    { CAT_POLLING_OFF, "POLLING OFF", perform_polling_off },
    { CAT_SET_UP_EVENT_LIST, "SET UP EVENT LIST", perform_event_list },
    { CAT_SEND_SHORT_MESSAGE, "SEND SHORT MESSAGE", perform_short_message },
    { CAT_DISPLAY_TEXT, "DISPLAY TEXT", perform_display_text },
    { CAT_PROVIDE_LOCAL_INFORMATION, "PROVIDE LOCAL INFORMATION", perform_local_information },
    { CAT_TIMER_MANAGEMENT, "TIMER MANAGEMENT", perform_timer },
    { CAT_OPEN_CHANNEL, "OPEN CHANNEL", perform_open_channel },
    { CAT_CLOSE_CHANNEL, "CLOSE CHANNEL", perform_close_channel },
    { CAT_RECEIVE_DATA, "RECEIVE DATA", perform_receive_data },
    { CAT_SEND_DATA, "SEND DATA", perform_send_data },
    { CAT_GET_CHANNEL_STATUS, "GET CHANNEL STATUS", perform_channel_status },
};

void answer_command(struct mobile *m, const struct proactive *c, struct proactive_answer *a)
{
    for (size_t i = 0; i < COUNT(commands); i++)
        if (commands[i].type == c->type) {
            commands[i].perform(m, c, a);
            return;
        }
    proactive_answer(a, c, PROACTIVE_BEYOND_CAPABILITIES, -1);
}

const char *mobile_command_name(uint8_t type)
{
    for (size_t i = 0; i < COUNT(commands); i++)
        if (commands[i].type == type)
            return commands[i].name;
    return "command not known";
}

/* TS 102 223 8.12: those that this terminal gives. */
const char *mobile_result_name(uint8_t result)
{
    static const struct {
        uint8_t result;
        const char *name;
    } names[] = {
        { PROACTIVE_PERFORMED, "performed" },
        { PROACTIVE_MISSING_INFORMATION, "performed, with missing information" },
        { PROACTIVE_MODIFIED, "performed with modification" },
        { PROACTIVE_TERMINAL_UNABLE, "terminal currently unable" },
        { PROACTIVE_NETWORK_UNABLE, "network currently unable" },
        { PROACTIVE_TIMER_STATE, "in contradiction with the timer's state" },
        { PROACTIVE_BEYOND_CAPABILITIES, "beyond the terminal's capabilities" },
        { PROACTIVE_NOT_UNDERSTOOD, "data not understood" },
        { PROACTIVE_VALUES_MISSING, "required values are missing" },
        { PROACTIVE_BIP_ERROR, "bearer independent protocol error" },
    };

    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i].result == result)
            return names[i].name;
    return "result not known";
}

/* ---- commands ---- */

static void perform_nothing(struct mobile *m, const struct proactive *c, struct proactive_answer *a)
{
    (void)m;
    proactive_answer(a, c, PROACTIVE_PERFORMED, -1);
}

/* What it does comes after the answer. Steering (07, 08) needs a network. */
static void perform_refresh(struct mobile *m, const struct proactive *c, struct proactive_answer *a)
{
    bool known = c->qualifier <= CAT_REFRESH_SESSION_RESET ||
                 c->qualifier == CAT_REFRESH_PROFILE_STATE_CHANGE;

    (void)m;
    proactive_answer(a, c, known ? PROACTIVE_PERFORMED : PROACTIVE_BEYOND_CAPABILITIES, -1);
}

/* 6.4.6: at least one second; what is granted goes into the answer. */
static void perform_poll_interval(struct mobile *m, const struct proactive *c,
                                  struct proactive_answer *a)
{
    enum { MINUTES = 0x00, SECONDS = 0x01, TENTHS = 0x02 };
    slice d = cat_tlv(c->tlvs, CAT_TAG_DURATION);
    uint8_t granted[2] = { SECONDS, 1 };
    uint32_t ms;

    if (!d.p) {
        proactive_answer(a, c, PROACTIVE_VALUES_MISSING, -1);
        return;
    }
    if (d.n != 2 || d.p[0] > TENTHS || d.p[1] == 0) {
        proactive_answer(a, c, PROACTIVE_NOT_UNDERSTOOD, -1);
        return;
    }
    ms = d.p[1] * (d.p[0] == MINUTES ? 60000u : d.p[0] == SECONDS ? 1000u : 100u);
    m->poll_ms = ms < 1000 ? 1000 : ms;
    m->poll_at_ms = mobile_now(m) + m->poll_ms;
    if (ms >= 1000)
        memcpy(granted, d.p, 2);
    proactive_answer(a, c, PROACTIVE_PERFORMED, -1);
    proactive_answer_put(a, CAT_TAG_DURATION, SLICE_OF(granted));
}

static void perform_polling_off(struct mobile *m, const struct proactive *c,
                                struct proactive_answer *a)
{
    m->poll_ms = 0;
    proactive_answer(a, c, PROACTIVE_PERFORMED, -1);
}

/* 6.4.16: the list takes the place of the one before; with an unknown event that one stays. */
static void perform_event_list(struct mobile *m, const struct proactive *c,
                               struct proactive_answer *a)
{
    const uint32_t known = CAT_EVENT_BIT(CAT_EVENT_LOCATION_STATUS) |
                           CAT_EVENT_BIT(CAT_EVENT_DATA_AVAILABLE) |
                           CAT_EVENT_BIT(CAT_EVENT_CHANNEL_STATUS);
    slice list = cat_tlv(c->tlvs, CAT_TAG_EVENT_LIST);
    uint32_t events = 0;
    bool unknown = false;

    for (size_t i = 0; i < list.n; i++) {
        uint32_t bit = list.p[i] < 32 ? CAT_EVENT_BIT(list.p[i]) : 0;

        events |= bit;
        unknown = unknown || !(bit & known);
    }
    if (!list.p || unknown) {
        proactive_answer(a, c, list.p ? PROACTIVE_BEYOND_CAPABILITIES : PROACTIVE_VALUES_MISSING,
                         -1);
        return;
    }
    m->events = events;
    proactive_answer(a, c, PROACTIVE_PERFORMED, -1);
}

static void perform_short_message(struct mobile *m, const struct proactive *c,
                                  struct proactive_answer *a)
{
    slice tpdu = cat_tlv(c->tlvs, CAT_TAG_SMS_TPDU);
    const struct mobile_event e = { .news = MOBILE_SHORT_MESSAGE,
                                    .type = c->type,
                                    .qualifier = c->qualifier,
                                    .info = -1,
                                    .data = tpdu };

    if (!tpdu.n) {
        proactive_answer(a, c, PROACTIVE_VALUES_MISSING, -1);
        return;
    }
    if (!m->registered) {
        proactive_answer(a, c, PROACTIVE_TERMINAL_UNABLE, NO_SERVICE);
        return;
    }
    mobile_tell(m, &e);
    proactive_answer(a, c, PROACTIVE_PERFORMED, -1);
}

static void perform_display_text(struct mobile *m, const struct proactive *c,
                                 struct proactive_answer *a)
{
    slice text = cat_tlv(c->tlvs, CAT_TAG_TEXT);
    struct mobile_event e = { .news = MOBILE_TEXT, .type = c->type, .qualifier = c->qualifier };

    if (!text.n) {
        proactive_answer(a, c, PROACTIVE_VALUES_MISSING, -1);
        return;
    }
    e.info = text.p[0];
    e.data = slice_skip(text, 1);
    mobile_tell(m, &e);
    proactive_answer(a, c, PROACTIVE_PERFORMED, -1);
}
