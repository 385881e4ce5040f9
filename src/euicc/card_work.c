/* What applications do by themselves, behind the terminal's commands. */
#include "euicc/card_impl.h"

void card_work(struct card *card)
{
    for (size_t i = 0; i < card->personality->app_count; i++) {
        struct reply r = { .card = card, .sw = SW_OK };

        if (!card->personality->apps[i].app->work)
            continue;
        card->personality->apps[i].app->work(card, card->app_state[i]);
        card_settle(card, &r);
    }
}

enum err card_select_app(struct card *card, const struct card_app *app, struct reply *out)
{
    static const struct apdu select = { .ins = 0xA4, .p1 = 0x04, .channel = CARD_PRIVATE };
    void *state = card_app_state(card, app);

    if (!state || !app->select)
        return E_NOTFOUND;
    app->select(card, state, &select, out);
    card_settle(card, out);
    return E_OK;
}

enum err card_command_app(struct card *card, const struct card_app *app, const struct apdu *apdu,
                          struct reply *out)
{
    struct apdu private = *apdu;
    void *state = card_app_state(card, app);

    if (!state || !app->command)
        return E_NOTFOUND;
    private.channel = CARD_PRIVATE;
    app->command(card, state, &private, out);
    card_settle(card, out);
    return E_OK;
}
