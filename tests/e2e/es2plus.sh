#!/bin/bash
# ES2+ of dunlin serve as operators see it: curl with a client certificate orders, confirms,
# releases and cancels; a stranger's certificate is turned away; another operator sees nothing; and
# openssl s_server, as the operator's end, hears what became of the order.
. tests/e2e/lib.sh.inc

servers= listener=
ended() {
    kill $servers $listener 2>/dev/null
    wait
    rm -rf "$work"
}
trap ended EXIT

client() { # NAME: a self-signed client certificate in $work/NAME.{pem,key}
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.pem" 2>/dev/null ||
        fail "openssl req"
}

expect 0 "$DUNLIN" pki init --dir "$work/pki" --euiccs 1
iccids=()
for i in 0 1 2; do
    expect 0 "$DUNLIN" profile build -o "$work/p$i.der"
    iccids+=("$(grep -ohP '^iccid \K[0-9]+' "$work/out" "$work/err")")
done
client orange
client violet
client stranger
free_ports es2 notify
cat >"$work/orders" <<END
operator orange $work/orange.pem localhost:$notify
operator violet $work/violet.pem
stock $work/p0.der Gold
stock $work/p1.der Gold orange
stock $work/p2.der Silver violet
END

start() {
    "$DUNLIN" serve --dir "$work" --pki "$work/pki" --roles smdp --smdp-port 0 --es2-port "$es2" \
        --orders "$work/orders" >"$work/served" 2>"$work/refused" &
    servers=$!
    for i in $(seq 100); do
        grep -q 'ES2+ on .* port' "$work/served" && return
        sleep 0.1
    done
    cat "$work/refused" >&2
    fail 'the server does not start'
}
start

# call WHO FUNCTION MEMBERS [REQUESTER [CALL]]: the answer is in $work/out
call() { rsp_post "$work/pki/ci.pem" "$work/$1" "${4:-$1}" "$es2" "es2plus/$2" "${3:-}" "${5:-}"; }
succeeds() {
    says '"status":"Executed-Success"'
    says 'HTTP 200'
}
refused() { # SUBJECT REASON
    says "\"status\":\"Failed\",\"statusCodeData\":{\"subjectCode\":\"$1\",\"reasonCode\":\"$2\""
}

# the way of an order
eid=89049032123451234500000000000186
call orange downloadOrder "\"iccid\":\"${iccids[0]}\",\"eid\":\"$eid\""
succeeds
says "\"iccid\":\"${iccids[0]}\""
call orange confirmOrder "\"iccid\":\"${iccids[0]}\",\"matchingId\":\"M-1\",\"releaseFlag\":false"
succeeds
says "\"eid\":\"$eid\",\"matchingId\":\"M-1\",\"smdpAddress\":\"testsmdpplus1.example.com\""
call orange releaseProfile "\"iccid\":\"${iccids[0]}\""
succeeds

# what it costs not to be one of us, or somebody else
call stranger downloadOrder "\"iccid\":\"${iccids[0]}\""
says 'HTTP 403'
call orange downloadOrder '"profileType":"Gold"' violet
refused 1.1 1.2
call violet cancelOrder "\"iccid\":\"${iccids[0]}\",\"finalProfileStatusIndicator\":\"Available\""
refused 8.2.1 1.2
call violet releaseProfile "\"iccid\":\"${iccids[0]}\""
refused 8.2.1 1.2
call violet downloadOrder "\"iccid\":\"${iccids[1]}\""
refused 8.2.1 1.2
call violet downloadOrder ''
refused 8.2.5 2.2
call violet downloadOrder '"profileType":"Bronze"'
refused 8.2.5 3.9
call violet confirmOrder "\"releaseFlag\":true"
says 'HTTP 400'
says 'iccid'
expect 56 curl --silent --cacert "$work/pki/ci.pem" --resolve "localhost:$es2:127.0.0.1" --data '{}' \
    "https://localhost:$es2/gsma/rsp2/es2plus/downloadOrder"

# a repetition has the same answer; a cancelled order can be had again
call violet downloadOrder '"profileType":"Silver"' violet once
says "\"iccid\":\"${iccids[2]}\""
call violet downloadOrder '"profileType":"Silver"' violet once
succeeds
says "\"iccid\":\"${iccids[2]}\""
call violet downloadOrder "\"iccid\":\"${iccids[2]}\"" violet once
refused 1.6 3.3
call violet downloadOrder "\"iccid\":\"${iccids[2]}\""
succeeds
call violet downloadOrder '"profileType":"Silver"'
refused 8.2.5 3.7
call violet cancelOrder "\"iccid\":\"${iccids[2]}\",\"finalProfileStatusIndicator\":\"Available\""
succeeds
call violet cancelOrder "\"iccid\":\"${iccids[2]}\",\"finalProfileStatusIndicator\":\"Available\""
refused 8.2.1 3.5

call orange downloadOrder '"profileType":"Gold"' orange kept
says "\"iccid\":\"${iccids[1]}\""

# orders outlive the process, and so does who placed them under which call
kill -9 "$servers"
wait "$servers" 2>/dev/null
start
call orange downloadOrder '"profileType":"Gold"' orange kept
succeeds
says "\"iccid\":\"${iccids[1]}\""
call orange downloadOrder '"profileType":"Gold"'
refused 8.2.5 3.7
call violet releaseProfile "\"iccid\":\"${iccids[0]}\""
refused 8.2.1 1.2
call orange cancelOrder "\"iccid\":\"${iccids[0]}\",\"eid\":\"$eid\",\"matchingId\":\"M-1\",\"finalProfileStatusIndicator\":\"Unavailable\""
succeeds
call orange downloadOrder "\"iccid\":\"${iccids[0]}\""
refused 8.2.1 3.3
echo passed
