#!/bin/bash
# What an order file can say of an order at the SM-DP+, and one SM-DP+ under two CIs of different
# curves: dunlin serve, cards of either hierarchy, and dunlin lpa, each as a process of its own.
. tests/e2e/lib.sh.inc

servers= cards=()
ended() {
    kill $servers "${cards[@]}" 2>/dev/null
    wait
    rm -rf "$work"
}
trap ended EXIT
smdp=testsmdpplus1.example.com

# port FILE PATTERN: waits for a line of a process's output, prints the number behind the pattern
port() {
    for _ in $(seq 100); do
        sed -n "s/.*$2[ :]\([0-9]*\)\(,.*\)\?$/\1/p" "$1" | head -n 1 | grep . && return 0
        sleep 0.1
    done
    cat "$1" >&2
    return 1
}

expect 0 "$DUNLIN" pki init --dir "$work/pki" --euiccs 1
expect 0 "$DUNLIN" pki init --dir "$work/brainpool" --euiccs 1 --curve brainpool
for i in 0 1 2 3 4 5; do
    expect 0 "$DUNLIN" profile build -o "$work/p$i.der"
    iccids[i]=$(grep -ohP '^iccid \K[0-9]+' "$work/out" "$work/err")
    echo "stock $work/p$i.der" >>"$work/orders"
done
eid=89049032123451234500000000000186
cat >>"$work/orders" <<END
order ${iccids[0]} matching-id=CODED code=4711
order ${iccids[1]} matching-id= eid=$eid
order ${iccids[2]} matching-id=LATE expires=2024-02-29
order ${iccids[3]} matching-id=HELD held
order ${iccids[4]} matching-id=OTHER eid=89049032123451234500000000000283
order ${iccids[5]} matching-id=LATER expires=2999-12-31
END

# serve [OPTION...]: the port of ES9+ is $es9
serve() {
    "$DUNLIN" serve --dir "$work/var" --pki "$work/pki" --roles smdp --smdp-port 0 --es2-port 0 \
        --orders "$work/orders" "$@" >"$work/served" 2>>"$work/refused" &
    servers=$!
    es9=$(port "$work/served" 'SM-DP+ [^ ]* on [^ ]* port') || fail 'the server does not start'
}
again() {
    kill "$servers"
    wait "$servers"
    serve "$@"
}
# card NAME HIERARCHY: its port is $reader
card() {
    "$DUNLIN" card --tcp 0 --dir "$work/$1" --pki "$work/$2" --eid "$eid" >"$work/$1.out" 2>&1 &
    cards+=($!)
    reader=$(port "$work/$1.out" '127.0.0.1') || fail "the card $1 does not start"
}
# download STATUS CARD-PORT ARGUMENT...
download() {
    local want=$1 at=$2
    shift 2
    expect "$want" "$DUNLIN" lpa --card "127.0.0.1:$at" --ca "$work/pki/ci.der" --yes \
        --hosts "$smdp=127.0.0.1:$es9" download "$@"
}

# refused CODES: the server's log says so; the log begins anew
refused() {
    grep -qF -- "$1" "$work/refused" || { cat "$work/refused" "$work/err" >&2; fail "not refused with $1"; }
    : >"$work/refused"
}

serve
card one pki
one=$reader
card two brainpool
two=$reader
for line in CODED\$\$1 '' LATE HELD OTHER LATER; do
    grep -qF "activation code 1\$$smdp\$$line" "$work/served" || fail "no activation code $line"
done

download 0 "$one" --code 4711 "1\$$smdp\$CODED\$\$1"
# found by the EID, with no matching id
download 0 "$one" --smdp "$smdp"
# past its end; not released; for another EID
download 1 "$one" "1\$$smdp\$LATE"
refused 8.8.5/4.10
download 1 "$one" "1\$$smdp\$HELD"
refused 8.2/1.2
download 1 "$one" "1\$$smdp\$OTHER"
refused 8.1.1/3.8

# a card of another CI: unknown, then served beside the first, by the same file of orders
download 1 "$two" "1\$$smdp\$LATER"
refused 8.8.2/3.1
again --credential "$work/brainpool" --download-attempts 1
download 0 "$two" "1\$$smdp\$LATER"
expect 0 "$DUNLIN" lpa --card "127.0.0.1:$two" --ca "$work/pki/ci.der" list
says "${iccids[5]}"
expect 0 "$DUNLIN" lpa --card "127.0.0.1:$one" --ca "$work/pki/ci.der" list
says "${iccids[0]}"
says "${iccids[1]}"

# one download begun is all that there is now
expect 0 "$DUNLIN" profile build -o "$work/p6.der"
iccids[6]=$(grep -ohP '^iccid \K[0-9]+' "$work/out" "$work/err")
cat >>"$work/orders" <<END
stock $work/p6.der
order ${iccids[6]} matching-id=ONCE code=1
END
again --credential "$work/brainpool" --download-attempts 1
download 1 "$one" --code 2 "1\$$smdp\$ONCE\$\$1"
refused 8.2.7/3.8
download 1 "$one" --code 1 "1\$$smdp\$ONCE\$\$1"
refused 8.8.5/6.4

# what cannot be understood is named with its line
for bad in "order" "order 12" "order ${iccids[0]} expires=2024-13-01" "order ${iccids[0]} expires=" \
    "order ${iccids[0]} code=" "order ${iccids[0]} eid=8904" "order ${iccids[0]} eid=89049032123451234500000000000187" "order ${iccids[0]} hold" \
    "order 8999999999999999999 matching-id=X"; do
    echo "$bad" >"$work/bad"
    expect 1 "$DUNLIN" serve --dir "$work/bad.d" --pki "$work/pki" --roles smdp --smdp-port 0 \
        --es2-port 0 --orders "$work/bad"
    says "$work/bad:1: "
done
expect 1 "$DUNLIN" serve --dir "$work/bad.d" --pki "$work/pki" --roles smdp --smdp-port 0 \
    --es2-port 0 --credential "$work/nothing"
says "$work/nothing"
expect 1 "$DUNLIN" serve --dir "$work/bad.d" --pki "$work/pki" --roles smdp --smdp-port 0 \
    --es2-port 0 --credential "$work/pki"
echo passed
