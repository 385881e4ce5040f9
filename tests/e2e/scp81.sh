#!/bin/bash
# SCP81 with a peer that is not ours: a push to a card with an enabled profile, the terminal's
# sockets, openssl s_server with a pre-shared key, and an administration server in shell.
. tests/e2e/lib.sh.inc

# ---- hex ----

hex() { od -An -v -tx1 "$@" | tr -d ' \n'; }
unhex() {
    local text=${1// /}
    printf "$(sed 's/../\\x&/g' <<<"$text")"
}
# tlv TAG VALUE: with its length
tlv() {
    local value=${2// /} n
    n=$((${#value} / 2))
    if ((n < 128)); then
        printf '%s%02x%s' "$1" $n "$value"
    elif ((n < 256)); then
        printf '%s81%02x%s' "$1" $n "$value"
    else
        printf '%s82%04x%s' "$1" $n "$value"
    fi
}

# ---- a profile whose operator's domain knows a pre-shared key ----

enc=a0a1a2a3a4a5a6a7a8a9aaabacadaeaf
mac=b0b1b2b3b4b5b6b7b8b9babbbcbdbebf
psk=505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f

# key VERSION IDENTIFIER USAGE TYPE VALUE
key() {
    tlv 30 "9501$3 8201$2 8301$1 $(tlv 30 "$(tlv 30 "8001$4 $(tlv 86 "$5")")")"
}
terms=$(tlv 84 "3c030220fb 3e0521c0000201")
terms+=$(tlv 85 "06636172642d31 024001")
terms+=86070002a503000010
terms+=$(tlv 89 "8a0a73722e6578616d706c65 8c062f61646d696e")
data=$(tlv 85 "$terms")
instance="4f07a0000001515350 4f08a000000151535041 4f08a000000151000000 820382dc00 83010f"
instance+="c907810280008201f0 ea12 80100100000000020106 06b20100000000 00"
domain=$(tlv a6 "$(tlv a0 "8000 81010c") $(tlv a1 "$instance") $(
    tlv a2 "$(key 01 01 18 88 $enc)$(key 01 02 14 88 $mac)$(key 01 03 48 88 $enc)$(
        key 40 01 3c 85 $psk)"
) $(tlv a3 "$(tlv 04 "$(tlv 0070 "$data")")")")

expect 0 "$DUNLIN" profile build --out "$work/plain.der"
plain=$(hex "$work/plain.der")
rest=${plain#*a681}
before=${plain%"a681$rest"}
after=${rest:$((2 * (1 + 0x${rest:0:2})))}
unhex "$before$domain$after" >"$work/profile.der"
expect 0 "$DUNLIN" profile check "$work/profile.der"
expect 0 "$DUNLIN" demo --devices 1 --as-is --profile "$work/profile.der" --dir "$work/demo"
eid=89049032123451234500000000000186
expect 0 "$DUNLIN" card new --dir "$work/card" --pki "$work/demo/pki" --eid $eid
cp "$work/demo/cards/$eid.nvm" "$work/card/card.nvm"

# ---- the push: 81 00 to the domain, under AES-CMAC and ciphered, without a counter ----

head=0018150600 # lengths, SPI
head+=1212b20100
sum=$(unhex "$head 000000000000 8100" |
    openssl mac -cipher AES-128-CBC -macopt hexkey:$mac CMAC | tr -d '\n')
sealed=$(unhex "000000000000 ${sum:0:16} 8100" |
    openssl enc -aes-128-cbc -nopad -K $enc -iv 00000000000000000000000000000000 | hex)
packet="027000 $head $sealed"
packet=${packet// /}
sms=40088121436587 # SMS-DELIVER with a header, from 12345678
sms+=7ff622705200000000$(printf %02x $((${#packet} / 2)))$packet

# ---- the server ----

mkfifo "$work/to" "$work/from"

# Starts openssl s_server for one connection and connects 5 (to the card) and 6 (from it).
listen() {
    for i in $(seq 20); do
        port=$((20000 + RANDOM % 20000))
        openssl s_server -accept 127.0.0.1:$port -nocert -tls1_2 -psk "$1" -psk_identity card-1 \
            -cipher "$2" -quiet -naccept 1 <"$work/to" >"$work/from" 2>"$work/peer" &
        peer=$!
        exec 5>"$work/to" 6<"$work/from"
        sleep 0.3
        kill -0 $peer 2>/dev/null && return 0
        exec 5>&- 6<&-
    done
    fail "openssl s_server: $(cat "$work/peer")"
}

# request N: one request in $work/request.N, its body in hex in $body
request() {
    local line length=0
    body=
    : >"$work/request.$1"
    while IFS= read -r -t 60 -u 6 line; do
        line=${line%$'\r'}
        [ -n "$line" ] || break
        echo "$line" >>"$work/request.$1"
        case $line in "Content-Length: "*) length=${line#*: } ;; esac
    done
    [ -s "$work/request.$1" ] || return 1
    ((length == 0)) || body=$(head -c "$length" <&6 | hex)
}
# has N LINE
has() {
    grep -qxF -- "$2" "$work/request.$1" || fail "request $1 is without '$2': $(cat "$work/request.$1")"
}
# answer STATUS BODY LINE...
answer() {
    local status=$1 octets=${2// /}
    shift 2
    {
        printf 'HTTP/1.1 %s\r\nX-Admin-Protocol: globalplatform-remote-admin/1.0\r\n' "$status"
        [ $# = 0 ] || printf '%s\r\n' "$@"
        if [ "$status" = '204 No Content' ]; then
            printf '\r\n'
        else # in two chunks
            printf 'Transfer-Encoding: chunked\r\n\r\n1\r\n'
            unhex "${octets:0:2}"
            printf '\r\n%x\r\n' $((${#octets} / 2 - 1))
            unhex "${octets:2}"
            printf '\r\n0\r\n\r\n'
        fi
    } >&5
}

# push OPTION...: the card hears the message
push() {
    expect 0 "$DUNLIN" terminal --dir "$work/card" --sms "$sms" --mapped-only \
        --map "192.0.2.1:8443=127.0.0.1:$port" "$@"
}

for suite in PSK-AES128-GCM-SHA256 PSK-AES128-CBC-SHA256; do
    listen $psk $suite
    (push --once --for 60) &
    terminal=$!
    request 1 || fail 'no request'
    has 1 'POST /admin HTTP/1.1'
    has 1 'Host: sr.example:8443'
    has 1 'X-Admin-Protocol: globalplatform-remote-admin/1.0'
    has 1 "X-Admin-From: //se-id/eid/$eid;//aa-id/aid/A000000151/000000"
    has 1 'Content-Length: 0'
    # EF_PL of the master file: selected, written, read
    answer '200 OK' 'ae80 2207 00a4000c022f05 2207 00d60000026465 2205 00b0000002 0000' \
        'X-Admin-Next-URI: /admin?cmd=2' \
        'X-Admin-Targeted-Application: //aid/A000000559/10100001' \
        'Content-Type: application/vnd.etsi.scp.command-data;version=1.0'
    request 2 || fail 'no answer to the first script'
    has 2 'POST /admin?cmd=2 HTTP/1.1'
    has 2 'X-Admin-Script-Status: ok'
    has 2 'Content-Type: application/vnd.etsi.scp.response-data;version=1.0'
    [ "$body" = af8080010323029000230290002304646590000000 ] || fail "answered $body"
    answer '200 OK' 'ae80 2208 80f28002024f0000 0000' 'X-Admin-Next-URI: /admin?cmd=3' \
        'Content-Type: application/vnd.globalplatform.card-content-mgt;version=1.0'
    request 3 || fail 'no answer to the second script'
    [ "$body" = af808001012317e3134f08a0000001510000009f70010fc50382dc0090000000 ] || fail "answered $body"
    answer '200 OK' 'ae80 0000' 'X-Admin-Next-URI: /admin?cmd=4' \
        'X-Admin-Targeted-Application: //aid/A000000559/1010000F' \
        'Content-Type: application/vnd.etsi.scp.command-data;version=1.0'
    request 4 || fail 'nothing about the third script'
    has 4 'X-Admin-Script-Status: unknown-application'
    [ -z "$body" ] || fail "answered $body"
    answer '204 No Content' ''
    request 5 && fail "asked again: $(cat "$work/request.5")"
    wait $terminal || fail 'the terminal'
    exec 5>&- 6<&-
    wait $peer
    expect 0 "$DUNLIN" card apdu --dir "$work/card" 00A4000C022F05 00B0000002
    says '6465 9000'
done

# a server with another key hears nothing, and the card tries twice more before it gives up
listen ${psk%6f}70 PSK-AES128-GCM-SHA256
push --for 5
[ "$(grep -c -i 'open channel' "$work/out")" = 3 ] || fail "not three connections: $(cat "$work/out")"
request 6 && fail "somebody with another key was asked: $(cat "$work/request.6")"
exec 5>&- 6<&-
wait $peer || true
