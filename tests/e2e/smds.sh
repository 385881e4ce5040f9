#!/bin/bash
# A device finds its profile through an SM-DS. SM-DP+, SM-DSs, eIM and card are processes of their
# own, each killed with kill -9 on the way: an operator orders with curl (ES2+), the SM-DP+ registers
# the event (ES12), also at an alternative SM-DS that tells the root (ES15), the device asks the
# SM-DS (ES11), and afterwards no event is left.
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
declare -A pid
ended() {
    kill "${pid[@]}" 2>/dev/null
    wait
    rm -rf "$work"
}
trap ended EXIT
cd "$work" || exit 1
eid=89049032123451234500000000000186
root=testrootsmds.example.com
dp=testsmdpplus1.example.com

# start NAME COMMAND...: waits for a line that says it listens
start() {
    local name=$1
    shift
    : >"$name.out"
    "$program" "$@" >"$name.out" 2>"$name.err" &
    pid[$name]=$!
    for _ in $(seq 100); do
        grep -qE 'port [0-9]+$|127\.0\.0\.1:[0-9]+$' "$name.out" && return
        sleep 0.1
    done
    cat "$name.out" "$name.err" >&2
    fail "$name does not start"
}
die() { # NAME
    kill -9 "${pid[$1]}"
    wait "${pid[$1]}" 2>/dev/null
}

start_smdp() {
    start smdp serve --dir . --pki pki --roles smdp --smdp-port "$es9" --es2-port "$es2" \
        --root-smds $root --orders smdp.orders --admin-port "$desk" \
        --hosts "$root=127.0.0.1:$es12,localhost=127.0.0.1:$alt12"
}
start_root() {
    start root serve --dir root --pki pki --roles smds --smds-port "$es11" --es12-port "$es12" \
        --orders root.orders --admin-port "$rootdesk"
}
start_alternative() {
    start alternative serve --dir alternative --pki pki --roles smds --smds-name localhost \
        --smds-port "$alt11" --es12-port "$alt12" --root-smds $root --orders alternative.orders \
        --hosts "$root=127.0.0.1:$es12" --event-days 2 --admin-port "$altdesk"
}
start_eim() {
    start eim serve --dir . --pki pki --roles eim --eim-port "$esipa" --orders eim.orders \
        --hosts "$root=127.0.0.1:$es11,localhost=127.0.0.1:$alt11,$dp=127.0.0.1:$es9"
}
start_card() {
    start card card --tcp "$iso" --dir card --pki pki
}

expect 0 "$program" pki init --dir pki --euiccs 1
iccids=()
for i in 0 1 2 3 4 5; do
    expect 0 "$program" profile build -o "p$i.der"
    iccids+=("$(grep -ohP '^iccid \K[0-9]+' out err)")
done
for name in orange stranger; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj "/CN=$name" -keyout "$name.key" -out "$name.pem" 2>/dev/null || fail 'openssl req'
done
mkdir root alternative
cat >smdp.orders <<END
operator orange orange.pem
stock p0.der
stock p1.der
stock p2.der
stock p3.der
stock p4.der Gold
stock p5.der
END
echo "rsp-server $dp pki/dp-tls.pem" | tee root.orders >alternative.orders
echo "rsp-server localhost pki/ds-tls.pem" >>root.orders
cat >eim.orders <<END
device $eid
download $eid smds
END
free_ports es9 es2 es11 es12 alt11 alt12 esipa iso desk rootdesk altdesk

# post WHO PORT PATH MEMBERS REQUESTER: the answer is in $work/out
post() { rsp_post pki/ci.pem "$1" "$5" "$2" "$3" "$4"; }
# An event whose removal is under way keeps its name until the SM-DS has answered: asked again.
operator() { # FUNCTION MEMBERS
    for _ in $(seq 200); do
        post orange "$es2" "es2plus/$1" "$2" orange
        grep -q 'an earlier event of this name is not gone yet' out || return 0
        sleep 0.1
    done
    fail 'the earlier event does not go'
}
server() { # PORT FUNCTION MEMBERS: as the SM-DP+
    post pki/dp-tls "$1" "es12/$2" "$3" $dp
}
succeeds() {
    says '"status":"Executed-Success"'
    says 'HTTP 200'
}
refused() { # SUBJECT REASON
    says "\"status\":\"Failed\",\"statusCodeData\":{\"subjectCode\":\"$1\",\"reasonCode\":\"$2\""
}
# gone PORT EVENT: the SM-DS comes to say so within ten seconds. An event that is there is made
# visible by registering it again, which is refused as long as it is.
gone() {
    for _ in $(seq 100); do
        server "$1" registerEvent "\"eid\":\"$eid\",\"rspServerAddress\":\"$dp\",\"eventId\":\"$2\",\"forwardingIndicator\":false"
        if grep -q Executed-Success out; then
            # the SM-DP+ may be about to delete that name as well: then it is gone already
            server "$1" deleteEvent "\"eid\":\"$eid\",\"eventId\":\"$2\""
            grep -q Executed-Success out || refused 8.9.5 3.9
            return
        fi
        refused 8.9.5 3.3
        sleep 0.1
    done
    fail "event $2 is still there"
}
there() { # PORT EVENT
    server "$1" registerEvent "\"eid\":\"$eid\",\"rspServerAddress\":\"$dp\",\"eventId\":\"$2\",\"forwardingIndicator\":false"
    refused 8.9.5 3.3
}

start_smdp
start_eim
start_card
for i in 0 1 2 3; do
    operator downloadOrder "\"iccid\":\"${iccids[$i]}\",\"eid\":\"$eid\""
    succeeds
done

# nobody answers at the SM-DS: the order is not released; then it is
confirm() { # ICCID MATCHING-ID SM-DS RELEASE
    operator confirmOrder "\"iccid\":\"$1\",\"matchingId\":\"$2\",\"smdsAddress\":\"$3\",\"releaseFlag\":$4"
}
confirm "${iccids[0]}" EVENT-0 'no host name' true
refused 8.9 5.1
confirm "${iccids[0]}" EVENT-0 $root true
refused 8.9 5.1
confirm "${iccids[0]}" EVENT-0 $dp true # it has no certificate of an SM-DS (TLS-006)
refused 8.9 5.1
start_root
start_alternative
post stranger "$es12" es12/registerEvent "\"eid\":\"$eid\",\"rspServerAddress\":\"$dp\",\"eventId\":\"X\",\"forwardingIndicator\":false" $dp
says 'HTTP 403'
expect 56 curl --silent --cacert pki/ci.pem --resolve "localhost:$es12:127.0.0.1" --data '{}' \
    "https://localhost:$es12/gsma/rsp2/es12/deleteEvent"
confirm "${iccids[0]}" EVENT-0 $root true
succeeds
says '"matchingId":"EVENT-0"'
there "$es12" EVENT-0

# every process dies; the device finds its profile all the same
for name in smdp root eim card; do
    die $name
    start_$name
done
there "$es12" EVENT-0
expect 0 "$program" ipa --card "127.0.0.1:$iso" --pki pki --once --eim testeim.example.com \
    "$dp=127.0.0.1:$es9" "testeim.example.com=127.0.0.1:$esipa" "$root=127.0.0.1:$es11"
says 'profile installed'
gone "$es12" EVENT-0

# an alternative SM-DS tells the root: without the root nothing is registered, and nothing is left
die root
confirm "${iccids[1]}" EVENT-1 localhost true
refused 8.9 4.2
gone "$alt12" EVENT-1
start_root
confirm "${iccids[1]}" EVENT-1 localhost true
succeeds
there "$alt12" EVENT-1
for name in alternative root smdp; do
    die $name
    start_$name
done
there "$alt12" EVENT-1
operator cancelOrder "\"iccid\":\"${iccids[1]}\",\"eid\":\"$eid\",\"finalProfileStatusIndicator\":\"Available\""
succeeds
gone "$alt12" EVENT-1

# an LPA asks the root, which leads it to the alternative, which leads it to the SM-DP+ (LPA-015)
lpa() {
    "$program" lpa --card "127.0.0.1:$iso" --ca pki/ci.der \
        --hosts "$dp=127.0.0.1:$es9,$root=127.0.0.1:$es11,localhost=127.0.0.1:$alt11" "$@" </dev/null
}
confirm "${iccids[3]}" EVENT-3 localhost true
succeeds
expect 0 lpa discover
says 'localhost  '
expect 0 lpa --json discover localhost
says '"eventId": "EVENT-3"'
says "\"address\": \"$dp\""
expect 0 lpa --yes discover
says "installed ${iccids[3]}"
gone "$alt12" EVENT-3
for _ in $(seq 50); do # the alternative tells the root when it has the time
    lpa --yes discover >out 2>err && break
    says '8.9.5/3.9'
    sleep 0.2
done
says 'no profile waits'

# released in two steps; the event goes although the SM-DS is away when the order is cancelled
confirm "${iccids[2]}" EVENT-2 $root false
succeeds
gone "$es12" EVENT-2
operator releaseProfile "\"iccid\":\"${iccids[2]}\""
succeeds
there "$es12" EVENT-2
die root
operator cancelOrder "\"iccid\":\"${iccids[2]}\",\"eid\":\"$eid\",\"finalProfileStatusIndicator\":\"Available\""
succeeds
sleep 1
die smdp
start_root
start_smdp
gone "$es12" EVENT-2
# the operators' desks: an order that an alternative SM-DS is told of (DPP-046), its record there
# and at the root, and a record that the operator of the alternative takes away (DSS-010)
ctl() { # STATUS DIR WORDS...
    local want=$1 dir=$2 port=$desk
    shift 2
    case $dir in root) port=$rootdesk ;; alternative) port=$altdesk ;; esac
    expect "$want" "$program" ctl --dir "$dir" --pki pki --port "$port" "$@"
}
no_record() { # DIR EVENT: within ten seconds
    for _ in $(seq 100); do
        ctl 0 "$1" records
        grep -q "$2" out || return 0
        sleep 0.1
    done
    fail "$2 is still at $1"
}
die alternative
order=(order add profileType=Gold "eid=$eid" matchingId=EVENT-4 smdsAddress=localhost)
ctl 1 . --idempotency-key four "${order[@]}"
says '409: SM-DS does not answer (8.9/5.1)'
ctl 0 . orders state=Confirmed
says "${iccids[4]}"
start_alternative
for _ in $(seq 100); do # what was not answered is withdrawn first
    "$program" ctl --dir . --pki pki --port "$desk" --json --idempotency-key four "${order[@]}" \
        >out 2>err && break
    sleep 0.1
done
says "\"iccid\":\"${iccids[4]}\",\"state\":\"Released\""
cp out first
ctl 0 . --json --idempotency-key four "${order[@]}"
cmp -s out first || fail 'the same request under its key has another answer'
ctl 0 alternative --json records "eid=$eid"
says '"eventId":"EVENT-4"'
says '"state":"Live","rootEventId":"'
id=$(grep -oP '"id":\K[0-9]+' out)
[ "$(date -d "$(grep -oP '"expires":"\K[^"]+' out)" +%F)" = "$(date -ud '2 days' +%F)" ] ||
    fail 'an event of --event-days 2 does not expire the day after tomorrow'
ctl 0 root records owner=localhost
says 'localhost  '
ctl 0 alternative record delete "$id"
ctl 1 alternative record delete "$id"
says 'ctl: 404: id: no such event record'
no_record root localhost
ctl 0 alternative events smds kind=smds.deleted
says EVENT-4
ctl 0 alternative metrics
says 'dunlin_event_records{server="smds",state="Live"} '
ctl 0 alternative rsp-servers
id=$(grep -oP "^$dp .* \K[0-9A-F]{64}" out)
ctl 0 alternative rsp-server remove "$id"
server "$alt12" registerEvent "\"eid\":\"$eid\",\"rspServerAddress\":\"$dp\",\"eventId\":\"X\",\"forwardingIndicator\":false"
says 'HTTP 403'
ctl 0 alternative rsp-server add $dp pki/dp-tls.pem
gone "$alt12" X
ctl 0 . order cancel "${iccids[4]}"

# an order of the order file; the SM-DS is away at first, and the next start tries again
die root
die smdp
echo "order ${iccids[5]} matching-id=EVENT-5 eid=$eid smds=$root" >>smdp.orders
start_smdp
says_served() {
    grep -qF -- "$1" smdp.out || { cat smdp.out >&2; fail "serve does not say: $1"; }
}
says_served "order ${iccids[5]}: not released: SM-DS does not answer"
start_root
die smdp
start_smdp
grep -q 'not released' smdp.out && fail 'not released with an SM-DS that answers'
there "$es12" EVENT-5
# an IPA that speaks with its eIM alone: the eIM asks the root, which leads it to the alternative,
# which leads it to the SM-DP+ (ES11', ES9+')
ctl 0 . order add "iccid=${iccids[1]}" "eid=$eid" matchingId=EVENT-6 smdsAddress=localhost
ctl 0 . order cancel "${iccids[5]}"
gone "$es12" EVENT-5
die eim
echo "download $eid smds indirect" >>eim.orders
start_eim
expect 0 "$program" ipa --card "127.0.0.1:$iso" --pki pki --once --indirect "testeim.example.com=127.0.0.1:$esipa"
says 'profile installed'
grep -q "order of line 3 .* done: ok" eim.out || sleep 1
grep -q "order of line 3 .* done: ok" eim.out || fail 'the relayed order by way of the SM-DS is not done'
ctl 0 . order show "${iccids[1]}"
says Installed
gone "$alt12" EVENT-6
die eim
start_eim # what is done is not ordered again
expect 0 "$program" ipa --card "127.0.0.1:$iso" --pki pki --once --indirect "testeim.example.com=127.0.0.1:$esipa"
says 'no package waits'
grep -q 'profile download triggered' out err && fail 'a done order was placed again'
for name in smdp root alternative eim; do
    [ -s "$name.err" ] && grep -i 'sanitizer\|runtime error' "$name.err" && fail "$name"
done
echo passed
