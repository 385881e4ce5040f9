#!/bin/bash
# The parts as processes of their own, as docs/serve.md says: servers, a card, an IPA; and curl as a
# client that we did not write.
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
eid=89049032123451234500000000000186

# port FILE PATTERN: waits for a line of a server's output, prints the number behind the pattern
port() {
    for _ in $(seq 100); do
        sed -n "s/.*$2[ :]\([0-9]*\).*$/\1/p" "$1" | head -n 1 | grep . && return 0
        sleep 0.1
    done
    cat "$1" >&2
    fail "no line '$2' in $1"
}

expect 0 "$program" pki init
expect 0 "$program" profile build -o test.der --iccid 8900101000000000019 --imsi 001010000000001
cat >orders.txt <<ORDERS
profile  test.der TEST-0001
device   $eid                 # the card of the walk-through
download $eid 1\$testsmdpplus1.example.com\$TEST-0001
enable   $eid 8900101000000000019
list     $eid
ORDERS
"$program" card --tcp 0 >card.out 2>&1 &
"$program" serve --smdp-port 0 --eim-port 0 --es2-port 0 --orders orders.txt >serve.out 2>&1 &
card=$(port card.out '127.0.0.1')
smdp=$(port serve.out 'SM-DP+ [^ ]* on [^ ]* port')
eim=$(port serve.out 'eIM .* port')

for way in '' --indirect; do
    expect 0 "$program" ipa --card "127.0.0.1:$card" --once --eim testeim.example.com $way \
        "testsmdpplus1.example.com=127.0.0.1:$smdp" "testeim.example.com=127.0.0.1:$eim"
done
sleep 1
for line in 3 4 5; do
    grep -q "order of line $line for $eid: done: ok" serve.out || { cat serve.out >&2; fail "order of line $line"; }
done

# a client of somebody else: bad input gets a clear answer
if command -v curl >/dev/null; then
    ask() { # ask PATH BODY HEADER...: the status goes to $work/status, the body to $work/out
        local path=$1 body=$2
        shift 2
        curl -sS --cacert var/pki/ci.pem --resolve "testsmdpplus1.example.com:$smdp:127.0.0.1" \
            -H 'Content-Type: application/json' "$@" -d "$body" -o out -w '%{http_code}' \
            "https://testsmdpplus1.example.com:$smdp$path" >status 2>err || { cat err >&2; fail curl; }
    }
    v='X-Admin-Protocol: gsma/rsp/v2.2.2'
    ask /gsma/rsp2/es9plus/initiateAuthentication '{"euiccChallenge":"%"}' -H "$v"
    [ "$(cat status)" = 400 ] && grep -q euiccChallenge out || { cat status out >&2; fail 'bad base64'; }
    ask /gsma/rsp2/es9plus/initiateAuthentication '{' -H "$v"
    [ "$(cat status)" = 400 ] || fail 'no JSON'
    ask /gsma/rsp2/es9plus/nothing '{}' -H "$v"
    [ "$(cat status)" = 404 ] || fail 'unknown path'
    ask /gsma/rsp2/es9plus/initiateAuthentication '{}'
    [ "$(cat status)" = 400 ] || fail 'no X-Admin-Protocol'
fi

# The card's directory afterwards, and the card behind a modem: the profile's numbers; DisableProfile
# with refreshFlag makes the modem perform REFRESH, which it tells unsolicited.
kill %1
wait %1 2>/dev/null
expect 0 "$program" card info
says 'iccid 8900101000000000019  state enabled'
says 'eimId testeim.example.com'
"$program" card --at modem >modem.out 2>&1 &
for _ in $(seq 100); do
    grep -q ' at modem' modem.out && break
    sleep 0.1
done
exec 4<>modem
at() { # at COMMAND LAST: prints what is answered up to the line LAST
    local line
    printf '%s\r' "$1" >&4
    while IFS= read -r -t 20 line <&4; do
        line=${line//$'\r'/}
        [ -z "$line" ] || echo "$line"
        [ "$line" = "$2" ] && return 0
    done
    echo "no line $2"
}
at ATE0 OK >modem.log
{
    at 'AT+CIMI;+CCID' OK
    at 'AT+CCHO="A0000005591010FFFFFFFF8900000100"' OK
    at 'AT+CGLA=1,52,"80E2910014BF3211A00C5A0A980001010000000010F98101FF00"' '+CPIN: READY'
    at 'AT+CMEE=2;+CIMI' '+CME ERROR: not found'
} >>modem.log
exec 4>&-
tr '\n' '|' <modem.log >"$work/out"
says '|001010000000001|+CCID: 8900101000000000019|OK|'
says '|+CCHO: 1|OK|+CGLA: 16,"BF32038001009000"|OK|+CUSATP: "D009810301010482028182"|+CPIN: READY|'
says '|+CME ERROR: not found|'
kill %?modem
wait %?modem 2>/dev/null
expect 0 "$program" card info
says 'iccid 8900101000000000019  state disabled'

expect 2 "$program" serve --roles nobody
expect 1 "$program" serve --dir var2 --pki none
says none/ci.der
echo 'enable 123 8900101000000000019' >bad.txt
expect 1 "$program" serve --dir var3 --pki var/pki --smdp-port 0 --eim-port 0 --orders bad.txt
says 'bad.txt:1: EID'
