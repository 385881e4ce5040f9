#!/bin/bash
# TLS-019: the connection is cut in the middle of a response. To each client that moves something
# this is no answer: it asks again, and the server does it once.
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
cutter=$(dirname "$program")/cutting_proxy
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
eid=89049032123451234500000000000186
smdp=testsmdpplus1.example.com
root=testrootsmds.example.com
eim=testeim.example.com

# cutting NAME STEM OCTETS CUTS [SERVER...]: $NAME is its port, NAME.log tells of the requests
cutting() {
    local name=$1 stem=$2
    shift 2
    : >"$name.log"
    "$cutter" "var/pki/$stem.pem" "var/pki/$stem.key" "$@" >"$name.log" &
    until_says "$name.log" port
    declare -g "$name=$(sed -n 's/^port //p' "$name.log")"
}
# went NAME TEXT CUT WHOLE: so many requests with the text were cut, and answered
went() {
    [ "$(grep -a -c "^cut .*$2" "$1.log")" = "$3" ] && [ "$(grep -a -c "^whole .*$2" "$1.log")" = "$4" ] && return
    cat "$1.log" >&2
    fail "not $3 and $4 requests of $1 with $2"
}

expect 0 "$program" pki init --euiccs 1
iccids=()
for i in 0 1 2; do
    expect 0 "$program" profile build -o p$i.der
    iccids+=("$(grep -ohP '^iccid \K[0-9]+' out err)")
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=orange \
    -keyout orange.key -out orange.pem 2>/dev/null || fail 'openssl req'
free_ports es9 es2 es11 es12 esipa desk other_desk
mkdir others
ln -s ../var/pki others/pki

cutting lpa_es9 dp-tls handleNotification 1 "$es9"
cutting ipa_es9 dp-tls handleNotification 1 "$es9"
cutting by_esipa eim-tls $'\xbf\x51' 1 "$esipa"
cutting by_es12 ds-tls es12/registerEvent 1 "$es12" var/pki/dp-tls.pem var/pki/dp-tls.key
cutting operator eim-tls handleDownloadProgressInfo 1
cat >smdp.orders <<END
operator orange orange.pem localhost:$operator
profile p0.der FIRST
stock p1.der
stock p2.der orange
END
cat >others.orders <<END
rsp-server $smdp var/pki/dp-tls.pem
device $eid
enable $eid ${iccids[0]}
END
start_smdp() {
    "$program" serve --roles smdp --smdp-port "$es9" --es2-port "$es2" --orders smdp.orders \
        --hosts "$root=127.0.0.1:$by_es12" --admin-port "$desk" >smdp.out 2>&1 &
    server=$!
    until_says smdp.out "operator's desk on"
}
start_smdp
"$program" serve --dir others --roles smds,eim --admin-port "$other_desk" --smds-port "$es11" --es12-port "$es12" \
    --eim-port "$esipa" --orders others.orders >others.out 2>&1 &
"$program" card --tcp 0 --dir card >inserted 2>&1 &
until_says others.out "operator's desk on"
until_says inserted 127.0.0.1:
card=$(grep -oP '127[0-9.]*:[0-9]+' inserted)

lpa() {
    "$program" lpa --card "$card" --ca var/pki/ci.der \
        --hosts "$smdp=127.0.0.1:$lpa_es9,$root=127.0.0.1:$es11" "$@" </dev/null
}
heard() { # KIND COUNT: events of the SM-DP+
    expect 0 "$program" ctl --port "$desk" --json events smdp
    [ "$(grep -o "\"kind\":\"$1\"" out | wc -l)" = "$2" ] && return
    cat out >&2
    fail "not $2 events $1"
}

# LPA, HandleNotification: the installation result waits on the card, and is recorded once
expect 0 lpa --yes download "1\$$smdp\$FIRST"
went lpa_es9 handleNotification 1 0
heard smdp.progress.4 1
expect 0 lpa notifications
says "${iccids[0]}"
expect 0 lpa notifications send
says '1 delivered, 0 left'
went lpa_es9 handleNotification 1 1
heard smdp.progress.4 1

# IPA, ProvideEimPackageResult: what the eIM did the first time is all that it does
ipa() {
    "$program" ipa --card "$card" --once --eim $eim "$smdp=127.0.0.1:$ipa_es9" "$eim=127.0.0.1:$by_esipa"
}
orders() { # FILE
    expect 0 "$program" ctl --dir others --port "$other_desk" --json eim orders $eid
    cp out "$1"
}
expect 1 ipa
says 'a server was not reached'
orders before
grep -q '"kind":"package","state":"done","outcome":"ok","verified":true.*"counter":1,"deliveries":1' before ||
    fail "$(cat before)"
# IPA, HandleNotification: of the profile that was enabled
expect 1 ipa
went ipa_es9 handleNotification 1 0
orders after
cmp before after || fail 'the second result changed something'
heard smdp.notification 1
expect 0 ipa
says 'notification delivered'
went ipa_es9 handleNotification 1 1
heard smdp.notification 1

# ES12, RegisterEvent: the order is not released, for nobody knows what the SM-DS has; then it is
order() { rsp_post var/pki/ci.pem orange orange "$es2" "es2plus/$1" "$2"; } # FUNCTION MEMBERS
confirm() {
    order confirmOrder "\"iccid\":\"${iccids[1]}\",\"matchingId\":\"EVENT\",\"smdsAddress\":\"$root\",\"releaseFlag\":true"
}
order downloadOrder "\"iccid\":\"${iccids[1]}\",\"eid\":\"$eid\""
confirm
says '"subjectCode":"8.9","reasonCode":"5.1"'
for _ in $(seq 100); do # it may be about to be withdrawn
    confirm
    grep -q 'an earlier event of this name is not gone yet' out || break
    sleep 0.1
done
says Executed-Success
went by_es12 registerEvent 1 1
expect 0 lpa --json discover $root
[ "$(grep -o '"eventId"' out | wc -l)" = 1 ] || fail 'not one event'

# ES2+, HandleDownloadProgressInfo: every report comes until it is answered, under one name
order downloadOrder "\"iccid\":\"${iccids[2]}\""
order confirmOrder "\"iccid\":\"${iccids[2]}\",\"matchingId\":\"TOLD\",\"releaseFlag\":true"
expect 0 lpa --yes download "1\$$smdp\$TOLD"
for point in 1 3 4; do
    until_says operator.log "\"notificationPointId\":$point,"
done
name=$(sed -n 's/^cut .*"functionCallIdentifier":"\([0-9]*\)".*/\1/p' operator.log)
[ -n "$name" ] || fail 'no report was cut'
kill $server # it would come again after ten seconds; after a start it comes at once
wait $server || fail 'the SM-DP+ did not end well'
start_smdp
for _ in $(seq 100); do
    grep -q "^whole .*\"functionCallIdentifier\":\"$name\"" operator.log && break
    sleep 0.1
done
went operator "\"functionCallIdentifier\":\"$name\"" 1 1
for point in 1 3 4; do
    [ "$(grep -c "^whole .*\"notificationPointId\":$point," operator.log)" = 1 ] ||
        fail "a report that was answered came again: $(cat operator.log)"
done
echo passed
