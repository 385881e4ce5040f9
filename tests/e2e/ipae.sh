#!/bin/bash
# A device that has no IPA but the one in its card: `dunlin terminal` gives the card its sockets, and
# the card fetches its profile, enables it and reports to the eIM, directly and then through the eIM.
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

# port FILE PATTERN: waits for a line of a server's output, prints the number behind the pattern
port() {
    for _ in $(seq 100); do
        sed -n "s/.*$2[ :]\([0-9]*\)$/\1/p" "$1" | head -n 1 | grep . && return 0
        sleep 0.1
    done
    cat "$1" >&2
    fail "no line '$2' in $1"
}

# served LINE EID: waits until the order of this line is done
served() {
    for _ in $(seq 300); do
        grep -q "order of line $1 for $2: done: ok" serve.out && return 0
        grep -q "order of line $1 for $2: failed" serve.out && break
        sleep 0.2
    done
    cat serve.out terminal.out >&2
    fail "order of line $1 for $2"
}

expect 0 "$program" pki init
eid=89049032123451234500000000000186
other=89049032123451234500000000000283
expect 0 "$program" profile build -o 1.der --iccid 8900101000000000019 --imsi 001010000000001
expect 0 "$program" profile build -o 2.der --iccid 8900101000000000027 --imsi 001010000000002
cat >orders.txt <<ORDERS
profile  1.der TEST-0001
profile  2.der TEST-0002
device   $eid
device   $other
download $eid 1\$testsmdpplus1.example.com\$TEST-0001
enable   $eid 8900101000000000019
list     $eid
download $other 1\$testsmdpplus1.example.com\$TEST-0002 indirect
enable   $other 8900101000000000027
list     $other
ORDERS
"$program" serve --smdp-port 0 --eim-port 0 --orders orders.txt >serve.out 2>&1 &
smdp=$(port serve.out 'SM-DP+ .* port')
eim=$(port serve.out 'eIM .* port')

# What the card is; the hosts spare the resolver.
personality() { # personality FEATURES [--indirect]
    expect 0 "$program" ipa --print-eim --eim testeim.example.com ${2:-}
    cat <<PERSONALITY
ipae = active
ipae_features = $1
ipae_poll_s = 2
ipae_initial_eim = $(cat out)
ipae_host = testsmdpplus1.example.com 127.0.0.1:$smdp
ipae_host = testeim.example.com 127.0.0.1:$eim
PERSONALITY
}

# device DIR EID LINES: a terminal with a card of its own, until the orders of these lines are done
device() {
    "$program" terminal --dir "$1" --eid "$2" --personality "$1.txt" >terminal.out 2>&1 &
    for line in $3; do
        served "$line" "$2"
    done
    kill $!
    wait $! 2>/dev/null
    expect 0 "$program" card info --dir "$1"
}

personality direct >direct.txt
device direct $eid '5 6 7'
says 'iccid 8900101000000000019  state enabled'
says 'eimId testeim.example.com'

personality 'direct indirect' --indirect >indirect.txt
device indirect $other '8 9 10'
says 'iccid 8900101000000000027  state enabled'

# One that does not know what it is.
echo 'ipae = perhaps' >bad.txt
expect 2 "$program" card new --dir bad --personality bad.txt
says 'bad.txt:1: ipae takes no, yes or active'
expect 2 "$program" ipa --print-eim
says '--print-eim needs --eim'
