#!/bin/bash
# The SM-DP+ is killed (kill -9) at any moment of orders and downloads, and started again: no order is lost or made twice,
# no profile is given to two eUICCs, wrong confirmation codes stay counted, and the log's chain holds.
# DPP-039: states of orders, and wrong codes, over a restart.
. tests/e2e/lib.sh.inc
rounds=${DUNLIN_CRASH_ROUNDS:-8}
program=$DUNLIN_PLAIN
[ -x "$program" ] || program=$DUNLIN

server=
ended() {
    kill -9 $(jobs -p) $server 2>/dev/null
    wait
    rm -rf "$work"
}
trap ended EXIT

free_ports port desk
smdp=testsmdpplus1.example.com

start() {
    : >"$work/served"
    # no job of this shell, which would tell of each death
    server=$("$program" serve --dir "$work" --pki "$work/pki" --roles smdp --smdp-port "$port" --admin-port "$desk" \
        >"$work/served" 2>&1 & echo $!)
    for _ in $(seq 200); do
        grep -q "operator's desk on" "$work/served" && return
        grep -q 'another process has it open' "$work/served" && break
        sleep 0.02
    done
    # the kernel may still be ending the threads of the one before
    [ "${1:-1}" -lt 20 ] || { cat "$work/served" >&2; fail 'the server does not start'; }
    sleep 0.05
    start $((${1:-1} + 1))
}
killed() { # it may stay a zombie until somebody asks
    while grep -q '^State:.[^ZX]' "/proc/$server/status" 2>/dev/null; do
        sleep 0.01
    done
    kills=$((kills + 1))
}
# under_fire COMMAND...: runs it while the server is killed at some moment, and starts the server again
under_fire() {
    local got=0
    (
        sleep "0.$(printf '%03d' $((RANDOM % 90)))"
        kill -9 "$server" 2>/dev/null
    ) &
    "$@" >"$work/out" 2>"$work/err" || got=$?
    wait $!
    killed
    start
    [ $got = 0 ] || hits=$((hits + 1))
    return $got
}
ctl() { "$program" ctl --dir "$work" --port "$desk" --json "$@"; }
# lpa CARD WORDS...
lpa() {
    local card=$1
    shift
    "$program" lpa --dir "$work/card$card" --ca "$work/pki/ci.der" --hosts "$smdp=127.0.0.1:$port" --yes "$@" </dev/null
}
state_of() { ctl order show "$1" | grep -oP '"state":"\K[A-Za-z]+' | head -n 1; }

kills=0 hits=0 cards=3
expect 0 "$program" pki init --dir "$work/pki" --euiccs $cards
c=0
for certificate in "$work"/pki/euicc/*.der; do
    c=$((c + 1))
    expect 0 "$program" card new --dir "$work/card$c" --pki "$work/pki" --eid "$(basename "$certificate" .der)"
done
start
for ((i = 0; i < rounds; i++)); do
    expect 0 "$program" profile build -o "$work/p.der"
    expect 0 ctl profile add "$work/p.der" profileType=Gold
done

# One order, under its key as often as it takes: the same profile each time.
place() { # ROUND
    under_fire ctl --idempotency-key "order-$1" order add profileType=Gold matchingId="CRASH-$1" confirmationCode=right
    expect 0 ctl --idempotency-key "order-$1" order add profileType=Gold matchingId="CRASH-$1" confirmationCode=right
    iccid=$(grep -oP '"iccid":"\K[0-9]+' "$work/out" | head -n 1)
    [ -n "$iccid" ] || fail "no ICCID: $(cat "$work/out")"
}

# Wrong codes until the order has ended: whatever is killed, it never takes more than three.
guess() { # CARD ROUND
    local told=0
    for try in $(seq 8); do
        if [ $((try % 2)) = 1 ]; then
            under_fire lpa "$1" download "1\$$smdp\$CRASH-$2" --code wrong
        else
            lpa "$1" download "1\$$smdp\$CRASH-$2" --code wrong >"$work/out" 2>"$work/err"
        fi
        grep -qE '8\.2\.7' "$work/err" "$work/out" && told=$((told + 1))
        [ "$(state_of "$iccid")" = Error ] && break
    done
    [ "$told" -le 3 ] || fail "$told wrong codes were judged"
    [ "$(state_of "$iccid")" = Error ] || fail "after eight wrong codes the order is $(state_of "$iccid")"
    lpa "$1" download "1\$$smdp\$CRASH-$2" --code right >"$work/out" 2>&1 && fail 'the right code came too late'
}

# The right code, under fire twice, then in peace: the eUICC has the profile and the SM-DP+ knows.
download() { # CARD ROUND
    for try in 1 2 3 4; do
        if [ $try -le 2 ]; then
            under_fire lpa "$1" download "1\$$smdp\$CRASH-$2" --code right
        else
            lpa "$1" download "1\$$smdp\$CRASH-$2" --code right >"$work/out" 2>"$work/err"
        fi
        lpa "$1" notifications send >"$work/sent" 2>&1
        [ "$(state_of "$iccid")" = Installed ] && break
    done
    [ "$(state_of "$iccid")" = Installed ] || fail "order $2 is $(state_of "$iccid"): $(cat "$work/err")"
}

for ((round = 1; round <= rounds; round++)); do
    card=$((round % cards + 1))
    place $round
    if [ $((round % 4)) = 0 ]; then
        guess $card $round
        continue
    fi
    [ $((round % 2)) = 0 ] && under_fire lpa $card download "1\$$smdp\$CRASH-$round" --code wrong
    download $card $round
    echo "$card $iccid" >>"$work/given"
    # so that the card has room for the next one
    lpa $card list >"$work/list" 2>&1
    [ "$(grep -c "^$iccid" "$work/list")" = 1 ] || fail "profile $iccid on card $card: $(cat "$work/list")"
    for ((c = 1; c <= cards; c++)); do
        [ "$c" = "$card" ] && continue
        lpa "$c" list | grep -q "^$iccid" && fail "profile $iccid is on card $c, too"
    done
    expect 0 lpa $card delete "$iccid"
done

kill -9 "$server"
killed
expect 0 "$program" audit verify --db "$work/smdp.db"
sort -u -k 2 "$work/given" | wc -l | grep -qx "$(wc -l <"$work/given")" || fail 'a profile was given twice'
echo "crash: $rounds orders, $kills kills, $hits of them in the middle, nothing lost, nothing twice"
