#!/bin/bash
# dunlin terminal with a card in it: behind a socket and of its own; what the card asks for; a packet
# over the air that reads a file, made by OpenSSL's command line, and both ways of its answer.
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
eid=89049032123451234500000000000186

# port FILE PATTERN: waits for a line of a server's output, prints the number behind the pattern
port() {
    for _ in $(seq 100); do
        sed -n "s/.*$2[ :]\([0-9]*\)$/\1/p" "$1" | head -n 1 | grep . && return 0
        sleep 0.1
    done
    cat "$1" >&2
    fail "no line '$2' in $1"
}

# ---- a card of its own

expect 0 "$program" pki init
printf 'poll_interval_s = 7\n' >polls.conf
expect 0 "$program" terminal --dir own --personality polls.conf --once --for 20 --trace
says 'terminal: card started'
says 'terminal: POLL INTERVAL 00: performed (00)'
says 'TERMINAL PROFILE'
says '840201079000' # the command as FETCH brought it
says '840201' # and what was granted
expect 0 "$program" terminal --dir own --once --json
says '{"event":"started"}'
says '{"event":"command","command":"POLL INTERVAL","type":3,"qualifier":0,"result":0}'

expect 2 "$program" terminal --dir own --map 10.0.0.1
expect 2 "$program" terminal --dir own --map 10.0.0.1=host
expect 2 "$program" terminal --dir own --tcp 127.0.0.1:1
expect 2 "$program" terminal --dir own --imei 12
expect 2 "$program" terminal --dir own --location 1-2
expect 2 "$program" terminal --dir own --capability XY
expect 2 "$program" terminal --dir own --sms 4G
expect 1 "$program" terminal --tcp 127.0.0.1:1 --once
expect 1 "$program" terminal --dir own --sms 00 --once
says 'answer to the message: 6A80'

# ---- a profile with keys for packets over the air, downloaded as docs/serve.md says

expect 0 "$program" profile build -o test.der --iccid 8900101000000000019 --imsi 001010000000001
expect 0 "$program" profile show --secrets --json test.der
key() { # key IDENTIFIER: of version 01
    tr -d ' \n' <out | grep -o "\"version\":\"01\",\"identifier\":\"$1\"[^}]*" |
        sed 's/.*"value":"\([0-9A-F]*\)".*/\1/'
}
kic=$(key 01)
kid=$(key 02)
[ ${#kic} = 32 ] && [ ${#kid} = 32 ] || fail "no keys in the profile"
cat >orders.txt <<ORDERS
profile  test.der TEST-0001
device   $eid
download $eid 1\$testsmdpplus1.example.com\$TEST-0001
enable   $eid 8900101000000000019
ORDERS
"$program" card --tcp 0 >card.out 2>&1 &
"$program" serve --smdp-port 0 --es2-port 0 --eim-port 0 --orders orders.txt >serve.out 2>&1 &
card=$(port card.out '127.0.0.1')
smdp=$(port serve.out 'SM-DP+ .* port')
eim=$(port serve.out 'eIM .* port')
expect 0 "$program" ipa --card "127.0.0.1:$card" --once --eim testeim.example.com \
    "testsmdpplus1.example.com=127.0.0.1:$smdp" "testeim.example.com=127.0.0.1:$eim"

# ---- command packets (TS 102 225, TS 31.115): checksum, ciphering, counter

octets() { # octets HEX: as they are
    printf "$(sed 's/../\\x&/g' <<<"$1")"
}
hex() {
    od -An -v -tx1 | tr -d ' \n' | tr a-f A-F
}
packet() { # packet SPI2 COUNTER DATA: an SMS-DELIVER with it, for TAR B00000
    local clear n padding body mac all
    n=$((6 + 8 + ${#3} / 2))
    padding=$(((16 - n % 16) % 16))
    clear=$(printf '%04X1516%s1212B00000' $((n + padding + 8)) "$1")
    body=$3$(printf '%*s' $((padding * 2)) '' | tr ' ' 0)
    counter=$(printf '%010X%02X' "$2" $padding)
    mac=$(octets "$clear$counter$body" |
        openssl mac -cipher AES-128-CBC -macopt hexkey:"$kid" -in /dev/stdin CMAC | head -c 16)
    all=$(octets "$counter$mac$body" |
        openssl enc -aes-128-cbc -K "$kic" -iv 00000000000000000000000000000000 -nopad | hex)
    all=027000$clear$all
    printf '4008812143658 77FF622705200000000%02X%s' $((${#all} / 2)) "$all" | tr -d ' '
}
read_iccid=00A40000022FE200B000000A
iccid=980001010000000010F9

# in the answer to ENVELOPE: header, then in clear the counter, padding, status, and what was read
expect 0 "$program" terminal --tcp "127.0.0.1:$card" --once --for 20 --sms "$(packet 01 1 $read_iccid)"
says 'ENVELOPE (SMS-PP DOWNLOAD) 9000'
says "answer to the message: 9000 02710000180AB0000000000000010000029000$iccid"

# the same packet again is refused, by its counter
expect 0 "$program" terminal --tcp "127.0.0.1:$card" --once --for 20 --json \
    --sms "$(packet 01 1 $read_iccid)"
says '"report":"027100000B0AB0000000000000010002"'

# in a message of the card's own, to the number of the sender
expect 0 "$program" terminal --tcp "127.0.0.1:$card" --once --for 20 --sms "$(packet 21 2 $read_iccid)"
says "message from the card: 4100088121436587""00041D02710000180AB0000000000000020000029000$iccid"
says 'SEND SHORT MESSAGE 00: performed (00)'
grep -q 'answer to the message: 9000 $' out || fail "a report besides the message: $(cat out)"

# ciphered: as OpenSSL opens it
expect 0 "$program" terminal --tcp "127.0.0.1:$card" --once --for 20 --sms "$(packet 19 3 $read_iccid)"
answer=$(sed -n 's/.*answer to the message: 9000 //p' out)
plain=$(octets "${answer:18}" |
    openssl enc -d -aes-128-cbc -K "$kic" -iv 00000000000000000000000000000000 -nopad | hex)
case $plain in
00000000030B00*029000$iccid*) ;;
0000000003??00*029000$iccid*) ;;
*) fail "the answer is $plain" ;;
esac

# two at once, and one whose checksum is wrong
good=$(packet 01 4 $read_iccid)
bad=$(packet 01 5 $read_iccid)
case $bad in *0) bad=${bad%?}1 ;; *) bad=${bad%?}0 ;; esac
expect 0 "$program" terminal --tcp "127.0.0.1:$card" --once --for 20 --sms "$good" --sms "$bad"
says "0000040000029000$iccid"
says 'answer to the message: 9000 027100000B0AB0000000000000000001'
