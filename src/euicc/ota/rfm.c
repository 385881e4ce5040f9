/*
 * Remote file management (TS 102 226 6): the commands of the file system, on a channel of its own
 * that the terminal does not see, with the access domains of the instance and a PIN status that
 * begins empty and ends with the packet.
 */
#include "euicc/ota/ota_impl.h"

enum { CLASS_ISO = 0, CLASS_GP = 1 };
enum { INS_SELECT = 0xA4, INS_READ_BINARY = 0xB0, INS_READ_RECORD = 0xB2, INS_STATUS = 0xF2 };
enum { SELECT_BY_AID = 0x04 };

static const struct {
    uint8_t ins;
    uint8_t class;
    card_command *run;
} commands[] = {
    { INS_SELECT, CLASS_ISO, command_select },
    { INS_STATUS, CLASS_GP, command_status },
    { INS_READ_BINARY, CLASS_ISO, command_read_binary },
    { 0xD6, CLASS_ISO, command_update_binary },
    { INS_READ_RECORD, CLASS_ISO, command_read_record },
    { 0xDC, CLASS_ISO, command_update_record },
    { 0xA2, CLASS_ISO, command_search_record },
    { 0x32, CLASS_GP, command_increase },
    { 0x20, CLASS_ISO, command_verify },
    { 0x24, CLASS_ISO, command_change_pin },
    { 0x26, CLASS_ISO, command_disable_pin },
    { 0x28, CLASS_ISO, command_enable_pin },
    { 0x2C, CLASS_ISO, command_unblock_pin },
    { 0x04, CLASS_ISO, command_deactivate },
    { 0x44, CLASS_ISO, command_activate },
    { 0xE0, CLASS_ISO, command_create_file },
    { 0xE4, CLASS_ISO, command_delete_file },
    { 0xD4, CLASS_GP, command_resize_file },
    { 0xCB, CLASS_GP, command_retrieve_data },
    { 0xDB, CLASS_GP, command_set_data },
};

bool rfm_outgoing(uint8_t ins)
{
    return ins == INS_READ_BINARY || ins == INS_READ_RECORD || ins == INS_STATUS;
}

void rfm_command(struct ota_session *s, const struct apdu *apdu, struct reply *out)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (commands[i].ins != apdu->ins)
            continue;
        if ((commands[i].class == CLASS_GP) != apdu->gp) {
            out->sw = SW_CLA;
        } else if (apdu->ins == INS_SELECT && apdu->p1 == SELECT_BY_AID) {
            out->sw = SW_P1P2; /* the instance's files are its own */
        } else {
            s->card->remote = &s->access;
            commands[i].run(s->card, &s->channel, apdu, out);
            s->card->remote = NULL;
            s->card->remote_domain = NULL;
        }
        return;
    }
    out->sw = SW_INS;
}

void ota_files_begin(struct card *card, struct ota_files *f)
{
    *f = (struct ota_files){ .changes = card->changes, .set = card->set_data };
    card->set_data.octets = NULL;
    card->changes_count = true;
}

void ota_files_end(struct card *card, const struct ota_files *f, bool done)
{
    const struct set_data *set = &f->set;

    card->changes_count = false;
    if (!done)
        card->changes = f->changes;
    tlv_file_reset(card);
    card->set_data = *set;
    if (set->octets && set->channel < CARD_CHANNELS && card->channels[set->channel].ef != set->ef)
        tlv_file_reset(card);
}
