#!/bin/bash
# dunlin card --at: a program opens a device and talks AT commands to the card behind it.
. tests/e2e/lib.sh.inc

eid=89049032123451234500000000000186
isdr=A0000005591010FFFFFFFF8900000100
expect 0 "$DUNLIN" pki init --dir "$work/pki" --euiccs 1

start() {
    "$DUNLIN" card --at "$work/modem" --dir "$work/card" --pki "$work/pki" >"$work/served" 2>&1 &
    server=$!
    for i in $(seq 100); do
        grep -q ' at ' "$work/served" && break
        sleep 0.1
    done
    exec 4<>"$work/modem" || fail "$(cat "$work/served")"
}
stop() {
    exec 4>&-
    kill "$server"
    wait "$server" 2>/dev/null
}
# at COMMAND LINE...: the lines that are answered, without empty ones; the last is the result code
at() {
    local got want line
    printf '%s\r' "$1" >&4
    shift
    got=
    while IFS= read -r -t 20 line <&4; do
        line=${line//$'\r'/}
        [ -n "$line" ] || continue
        got="$got|$line"
        case $line in OK | ERROR | "+CME ERROR"*) break ;; esac
    done
    want=$(printf '|%s' "$@")
    [ "$got" = "$want" ] || fail "answered $got instead of $want"
}

start
grep -q "card $eid at $work/modem" "$work/served" || fail "$(cat "$work/served")"
at ATE0 ATE0 OK
at AT OK
at AT+CMEE=1 OK
at AT+CPIN? '+CPIN: READY' OK
at AT+CIMI '+CME ERROR: 22'
at "AT+CCHO=\"$isdr\"" '+CCHO: 1' OK
at 'AT+CGLA=1,22,"80E2910006BF3E035C015A"' '+CGLA: 4,"6115"' OK
at 'AT+CGLA=1,10,"80C0000015"' "+CGLA: 46,\"BF3E125A10${eid}9000\"" OK
at 'AT+CCHC=1' '+CCHC' OK
at 'AT+CSIM=14,"00A40004022FE2"' '+CSIM: 4,"6A82"' OK
at 'AT+CRSM=176,12258,0,0,10' '+CRSM: 106,130' OK
at 'AT+CSIM=14,"00A4"' '+CME ERROR: 50'
at 'AT+COPS?' ERROR
# SetDefaultDpAddress reaches the card's memory
at "AT+CCHO=\"$isdr\"" '+CCHO: 1' OK
at 'AT+CGLA=1,38,"80E291000EBF3F0B8009736D64702E74657374"' '+CGLA: 4,"6106"' OK
stop
expect 0 "$DUNLIN" card info --dir "$work/card"
says 'defaultSmdp      smdp.test'

# a second start takes the place of the link that the first one left, and of nothing else
start
at ATE0 ATE0 OK
at ATI Dunlin 'software eUICC behind a modem' OK
stop
rm "$work/modem"
echo mine >"$work/modem"
expect 1 "$DUNLIN" card --at "$work/modem" --dir "$work/card"
says 'is there, and no link'
grep -q mine "$work/modem" || fail 'a file was overwritten'
expect 2 "$DUNLIN" card --at "$work/modem" --stdio --dir "$work/card"
