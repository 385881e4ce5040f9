#!/bin/bash
# dunlin card --vpcd as PC/SC programs see it: two cards in the two slots of a virtual reader. The
# daemon runs on a configuration of its own, with a /run of its own, so that another one is not met.
if [ "${1:-}" != inside ]; then
    for way in 'unshare --mount' 'unshare --map-root-user --mount'; do
        $way true 2>/dev/null && exec $way bash "$0" inside
    done
    echo 'skipped: no mount namespace for a PC/SC daemon of its own'
    exit 0
fi
. tests/e2e/lib.sh.inc
mount -t tmpfs tmpfs /run && mkdir /run/pcscd || fail 'no /run of its own'

isdr='A0 00 00 05 59 10 10 FF FF FF FF 89 00 00 01 00'
expect 0 "$DUNLIN" pki init --dir "$work/pki" --euiccs 2

# a port that nobody has, and the one behind it
for port in $(shuf -i 20000-32000 -n 50); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
    (exec 3<>"/dev/tcp/127.0.0.1/$((port + 1))") 2>/dev/null || break
done
mkdir "$work/readers"
cat >"$work/readers/vpcd" <<END
FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x$(printf %X "$port")
LIBPATH      /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID    0x$(printf %X "$port")
END
pcscd --foreground --config "$work/readers" >"$work/pcscd" 2>&1 &
daemon=$!
cards=
ended() {
    kill "$daemon" $cards 2>/dev/null
    wait
    rm -rf "$work"
}
trap ended EXIT

for i in $(seq 100); do
    "$DUNLIN" card --cards 2 --vpcd "127.0.0.1:$port" --dir "$work/cards" --pki "$work/pki" \
        >"$work/served" 2>"$work/refused" &
    cards=$!
    sleep 0.3
    kill -0 "$cards" 2>/dev/null && break
done
for i in $(seq 100); do
    [ "$(opensc-tool -l 2>/dev/null | grep -c ' Yes ')" = 2 ] && break
    sleep 0.2
done

expect 0 opensc-tool --list-readers
says 'Virtual PCD 00 00'
says 'Virtual PCD 00 01'
for slot in 0 1; do
    expect 0 opensc-tool --reader $slot --atr
    says '3b:9f:96:c0:0a:3f:c7:82:80:31:e0:73:fe:21:1f:67:53:57:45:55:49:43:43:61'
done

# A scripted conversation: files, a channel, ISD-R, its EID. opensc-tool fetches what 61XX tells of
# by itself, and always on the basic channel.
talk() {
    expect 0 opensc-tool --reader "$1" --card-driver default -s '00 A4 00 04 02 2F E2' \
        -s '00 70 00 00 01' -s '01 A4 00 0C 02 3F 00' -s '00 70 80 01' -s '01 A4 00 0C 02 3F 00' \
        -s "00 A4 04 00 10 $isdr 00" -s '80 E2 91 00 06 BF 3E 03 5C 01 5A 00'
    says 'Received (SW1=0x6A, SW2=0x82)'
    says 'Received (SW1=0x68, SW2=0x81)'
    says '6F 24 84 10 A0 00 00 05 59 10 10 FF FF FF FF 89'
    says 'BF 3E 12 5A 10 89 04 90 32 12 34 51 23 45 00 00'
}
talk 0
says '00 00 00 01 86'
talk 1
says '00 00 00 02 83'

# the same cards for our own programs: by number, by a part of the name, the first one
lpa() { "$DUNLIN" lpa --ca "$work/pki/ci.der" "$@"; }
expect 0 lpa readers
says 'Virtual PCD 00 01'
expect 0 lpa --pcsc 0 info
says 'eid                      89049032123451234500000000000186'
expect 0 lpa --pcsc 'PCD 00 01' info
says 'eid                      89049032123451234500000000000283'
expect 0 lpa --pcsc any --json list
says '[]'
expect 0 lpa --pcsc 1 default-smdp smdp.example.org
expect 0 lpa --pcsc 1 info
says 'defaultSmdp              smdp.example.org'
expect 1 lpa --pcsc 7 info
says 'no such reader'
expect 1 lpa --pcsc 'Other Reader' info
says 'no such reader'
expect 1 "$DUNLIN" ipa --pcsc 0 --pki "$work/pki" --once
says 'no eIM'
expect 0 "$DUNLIN" terminal --pcsc 0 --once --for 30
says 'card started'
expect 2 "$DUNLIN" terminal --pcsc 0 --eid 89049032123451234500000000000186

# a card that is taken out is seen to be gone
kill "$cards"
wait "$cards" 2>/dev/null
cards=
for i in $(seq 50); do
    opensc-tool -l 2>/dev/null | grep -q ' Yes ' || break
    sleep 0.2
done
expect 0 opensc-tool --list-readers
grep -q ' Yes ' "$work/out" && fail 'the card is still there'
expect 1 lpa --pcsc any info
says 'no such reader, or no card in it'
kill "$daemon"
wait "$daemon" 2>/dev/null
expect 1 lpa --pcsc any info
says 'no PC/SC service'
expect 0 "$DUNLIN" card info --dir "$work/cards/2"
says 'smdp.example.org'
