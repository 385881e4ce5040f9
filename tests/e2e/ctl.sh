#!/bin/bash
# A fleet run through the operator's desk: a profile comes in, is ordered, a device downloads it,
# dunlin ctl enables it, events and metrics tell. Strangers are turned away, what was done under a
# key is not done again, not even after kill -9, and the log says who it was without any secret.
. tests/e2e/lib.sh.inc

servers= card=
ended() {
    kill $servers $card 2>/dev/null
    wait
    rm -rf "$work"
}
trap ended EXIT

expect 0 "$DUNLIN" pki init --dir "$work/pki" --euiccs 1
expect 0 "$DUNLIN" profile build -o "$work/p.der"
iccid=$(grep -ohP '^iccid \K[0-9]+' "$work/out" "$work/err")
free_ports desk

start() { # OPTIONS...
    : >"$work/served" # what an earlier one said does not count
    "$DUNLIN" serve --dir "$work" --pki "$work/pki" --smdp-port 0 --es2-port 0 --eim-port 0 \
        --admin-port "$desk" --log-json "$@" >"$work/served" 2>>"$work/log" &
    servers=$!
    for i in $(seq 100); do
        grep -q "operator's desk on" "$work/served" && return
        sleep 0.1
    done
    cat "$work/log" >&2
    fail 'the servers do not start'
}
stop() { # SIGNAL
    kill "-$1" "$servers"
    wait "$servers" 2>/dev/null
    servers=
}
ctl() { # STATUS WORDS...
    local want=$1
    shift
    expect "$want" "$DUNLIN" ctl --dir "$work" --port "$desk" "$@"
}
# desk METHOD PATH [CURL-OPTIONS]: with the token, the answer and "HTTP status" in $work/out
desk() {
    local method=$1 path=$2
    shift 2
    expect 0 curl --silent --show-error --cacert "$work/pki/ci.pem" --request "$method" \
        --header "Authorization: Bearer $(cat "$work/admin.token")" \
        --write-out '\nHTTP %{http_code} %{content_type}\n' "$@" "https://localhost:$desk$path"
}
start
[ "$(stat -c %a "$work/admin.token")" = 600 ] || fail 'others can read the token'
ctl 0 health
says ok

# a profile in stock, and its order; a key makes one of two
ctl 1 profile add "$work/p.der" owner=
says 'ctl: 400: owner: is empty or too long'
printf '\x89PNG\r\n\x1a\n some picture' >"$work/icon.png"
ctl 1 profile add "$work/p.der" icon@"$work/p.der"
says 'ctl: 400: icon: the icon has more than 1,024 octets'
ctl 1 profile add "$work/p.der" icon@"$work/none.png"
says 'cannot be read'
ctl 0 profile add "$work/p.der" profileType=Gold icon@"$work/icon.png" mccMnc=00101 \
    'notification:=["enable,disable@testsmdpplus1.example.com","delete@testsmdpplus1.example.com"]'
says "$iccid"
ctl 1 profile add "$work/p.der"
says '8.2.1/3.3'
ctl 0 profile show "$iccid"
says "$(base64 -w0 "$work/icon.png")"
says '"events":["notificationEnable","notificationDisable"]'
ctl 0 profiles state=Available
says "$iccid  Available  Gold"
ctl 0 --json --idempotency-key first order add profileType=Gold matchingId=M-1
says '"activationCode":"1$testsmdpplus1.example.com$M-1"'
cp "$work/out" "$work/first"
ctl 1 order add profileType=Gold
says '8.2.5/3.7'

# kill -9: the order is there, and asked for again it is told again
stop KILL
start
ctl 0 --json --idempotency-key first order add profileType=Gold matchingId=M-1
cmp -s "$work/out" "$work/first" || fail 'the same request under its key has another answer'
ctl 1 --idempotency-key first order add profileType=Gold matchingId=M-2
says 'ctl: 422: Idempotency-Key: was used for another request'
ctl 0 orders
says "$iccid  Released"

# a device downloads
"$DUNLIN" card --tcp 0 --pki "$work/pki" --dir "$work/card" >"$work/card.out" 2>&1 &
card=$!
for i in $(seq 100); do
    at=$(grep -oP 'card [0-9]+ at \K\S+' "$work/card.out") && break
    sleep 0.1
done
eid=$(grep -oP 'card \K[0-9]+' "$work/card.out")
smdp=$(grep -oP 'SM-DP\+ \S+ on 127.0.0.1 port \K[0-9]+' "$work/served")
eim=$(grep -oP 'eIM \S+ on 127.0.0.1 port \K[0-9]+' "$work/served")
poll() {
    expect 0 "$DUNLIN" ipa --once --pki "$work/pki" --card "$at" --eim testeim.example.com \
        "testsmdpplus1.example.com=127.0.0.1:$smdp" "testeim.example.com=127.0.0.1:$eim"
}
ctl 0 device add "$eid" label=first
ctl 1 device add "$eid"
says 'ctl: 409: eid: is there already'
ctl 0 eim order "$eid" download 'activationCode=1$testsmdpplus1.example.com$M-1'
poll
poll
ctl 0 order show "$iccid"
says Installed
says '"event":"install"'
ctl 0 --json eim order "$eid" enable iccid="$iccid"
order=$(grep -oP '"id":"\K[0-9A-F]+' "$work/out")
ctl 0 eim order "$eid" listProfileInfo
ctl 0 --json eim order "$eid" package 'operations:=[{"kind":"getRAT"},{"kind":"unsetFallbackAttribute"}]'
package=$(grep -oP '"id":"\K[0-9A-F]+' "$work/out")
ctl 0 --json eim order "$eid" listEim
cancelled=$(grep -oP '"id":"\K[0-9A-F]+' "$work/out")
ctl 0 eim cancel "$cancelled"
ctl 1 eim cancel "$cancelled"
says 'ctl: 409: order: does not wait any more'
ctl 1 device remove "$eid"
says 'ctl: 409: eid: the device has open orders'
poll
poll
ctl 0 --json eim show "$order"
says '"state":"done"'
says '"verified":true'
says '"result":{'
ctl 0 --json eim show "$package"
says '"kind":"package"'
says '"verified":true'
ctl 0 --json device show "$eid"
says "\"iccid\":\"$iccid\",\"enabled\":true"
ctl 0 eim orders "$eid"
says "$order  package   done"
ctl 0 devices
says "$eid  first"

# what happened
ctl 0 events smdp iccid="$iccid"
says smdp.progress.4
says "$eid"
for i in $(seq 50); do # it goes out when its time has come
    ctl 0 events eim
    grep -q eim.notification.delivered "$work/out" && break
    sleep 0.1
done
says eim.notification.delivered
for i in $(seq 100); do # so does the word of the enabling
    ctl 0 orders state=Enabled
    grep -q "$iccid" "$work/out" && break
    sleep 0.1
done
says "$iccid  Enabled"
ctl 1 profile withdraw "$iccid"
says 'ctl: 409'
ctl 0 states smdp
says 'Enabled'
ctl 0 states eim
says 'done'
ctl 0 --json events smdp limit=1
says '"more":true'
ctl 0 metrics
says 'dunlin_requests_total{server="smdp",route="/gsma/rsp2/es9plus/getBoundProfilePackage",code="200"'
says 'dunlin_orders{server="smdp",state="Available"} '
says 'dunlin_request_seconds_bucket{server="eim",route="/gsma/rsp2/asn1",le="+Inf"}'
desk GET /metrics
says 'HTTP 200 text/plain; version=0.0.4'
desk GET /v1/openapi.yaml
says '/v1/eim/devices/{eid}/orders:'

# who is turned away
expect 0 curl --silent --cacert "$work/pki/ci.pem" --write-out 'HTTP %{http_code} %{content_type}' \
    --header "Authorization: Bearer $(tr 0-9 1-90 <"$work/admin.token")" \
    "https://localhost:$desk/v1/smdp/orders"
says 'HTTP 401 application/problem+json'
expect 0 curl --silent --cacert "$work/pki/ci.pem" --write-out 'HTTP %{http_code}' \
    "https://localhost:$desk/metrics"
says 'HTTP 401'
desk GET /v1/smdp/nothing
says 'HTTP 404'
desk PUT /v1/smdp/orders
says 'HTTP 405'
desk POST /v1/smdp/orders --data 'x' --header 'Content-Type: text/plain'
says 'HTTP 415'
desk POST /v1/smdp/orders --data '{"iccid":' --header 'Content-Type: application/json'
says 'the body is no JSON (line 1'

# every line of the log is an object that names its transaction and eUICC, and nothing secret
while read -r line; do
    case $line in
        '{'*'"server":'*'}') ;;
        *) fail "not a line of the log: $line" ;;
    esac
done <"$work/log"
grep -q "\"route\":\"/gsma/rsp2/es9plus/authenticateClient\".*\"transactionId\":\"[0-9A-F]*\".*\"eid\":\"$eid\".*\"iccid\":\"$iccid\"" "$work/log" ||
    fail 'the log does not tell of which eUICC and profile a download was'
grep -q "\"route\":\"/v1/eim/devices/{eid}/orders\",\"method\":\"POST\",\"status\":201.*\"transactionId\":\"$order\",\"eid\":\"$eid\"" "$work/log" ||
    fail 'the log does not tell of the order'
grep -q -e "$(cat "$work/admin.token")" -e 'M-1' "$work/log" && fail 'a secret stands in the log'

# with certificates the token opens nothing
stop TERM
for who in anna stranger; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj "/CN=$who" -keyout "$work/$who.key" -out "$work/$who.pem" 2>/dev/null || fail openssl
done
start --admin-cert "$work/anna.pem"
ctl 0 --cert "$work/anna.pem" --key "$work/anna.key" devices
says "$eid"
ctl 1 --cert "$work/stranger.pem" --key "$work/stranger.key" devices
says "ctl: 403: this certificate is nobody's"
ctl 1 devices
ctl 0 --cert "$work/anna.pem" --key "$work/anna.key" device remove "$eid"
ctl 0 --cert "$work/anna.pem" --key "$work/anna.key" operator add acme "$work/anna.pem" notify=acme.example
id=$(grep -oP '^id +\K[0-9A-F]{64}' "$work/out")
ctl 0 --cert "$work/anna.pem" --key "$work/anna.key" operator remove "$id"
ctl 1 --cert "$work/anna.pem" --key "$work/anna.key" operator remove "$id"
says 'ctl: 404: id: no such certificate'
ctl 2 no such command
echo passed
