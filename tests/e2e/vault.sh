#!/bin/bash
# Secrets at rest: the subscriber's keys are in no file of the servers when a master key is given,
# also after the database was filled without one; and nobody opens it with another key, or with none.
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

expect 0 "$program" pki init
expect 0 "$program" profile build -o test.der --show-keys --iccid 8900101000000000019 --imsi 001010000000001
k=$(sed -n 's/^k //Ip' out err | head -n 1 | tr -d ' ')
opc=$(sed -n 's/^opc //Ip' out err | head -n 1 | tr -d ' ')
[ ${#k} = 32 ] && [ ${#opc} = 32 ] || { cat out err >&2; fail 'no K and OPc'; }
echo 'profile test.der TEST-0001' >orders.txt
code='1$testsmdpplus1.example.com$TEST-0001'

holds() { # DIR HEX: the octets stand in a file of the databases
    cat "$1"/*.db* | od -An -v -tx1 | tr -d ' \n' | grep -qi "$2"
}
start() { # DIR OPTION...
    local dir=$1
    shift
    "$program" serve --dir "$dir" --pki var/pki --smdp-port 0 --es2-port 0 --eim-port 0 "$@" >serve.out 2>&1 &
    server=$!
    for _ in $(seq 100); do
        grep -q 'eIM .* port' serve.out && break
        sleep 0.1
    done
    smdp=$(sed -n 's/.*SM-DP+ .* port \([0-9]*\)$/\1/p' serve.out)
    [ -n "$smdp" ] || { cat serve.out >&2; fail 'the server does not start'; }
}
stop() {
    kill $server
    wait $server || fail 'the server did not end well'
}
refused() { # TEXT OPTION...
    local text=$1
    shift
    expect 1 "$program" serve --dir sealed --pki var/pki --smdp-port 0 --es2-port 0 --eim-port 0 "$@"
    says "$text"
}

expect 0 "$program" vault init master
expect 1 "$program" vault init master
says 'exists already'
expect 0 "$program" vault init second
expect 2 "$program" vault rotate sealed/smdp.db

# in the clear, so that the search is known to find
start clear --orders orders.txt
holds clear "$k" && holds clear "$opc" || fail 'K and OPc are not where they were sought'
stop
# what lies in the clear is sealed when the key comes
start clear --master-key master
if holds clear "$k" || holds clear "$opc"; then fail 'K or OPc left behind'; fi
stop
if holds clear "$k"; then fail 'K left behind at the end'; fi

start sealed --master-key master --orders orders.txt
if holds sealed "$k" || holds sealed "$opc"; then fail 'K or OPc in the clear'; fi
stop
refused 'it is sealed, and no --master-key is given'
refused 'it is sealed with another master key' --master-key second
refused 'master key none' --master-key none
chmod 644 second
refused 'refused' --master-key second
chmod 600 second

# another master key: only with the old one, only when the server has gone; then a whole download
expect 1 "$program" vault rotate --old second --new master sealed/smdp.db
says 'another master key'
expect 0 "$program" vault rotate --old master --new second sealed/smdp.db sealed/eim.db
refused 'it is sealed with another master key' --master-key master
start sealed --master-key second
expect 1 "$program" vault rotate --old second --new master sealed/smdp.db
says 'another process has it open'
"$program" card --tcp 0 >card.out 2>&1 &
for _ in $(seq 100); do
    grep -q ' at ' card.out && break
    sleep 0.1
done
card=$(sed -n 's/.* at 127.0.0.1:\([0-9]*\)$/\1/p' card.out)
expect 0 "$program" lpa --card "127.0.0.1:$card" --yes --hosts "testsmdpplus1.example.com=127.0.0.1:$smdp" \
    download "$code"
expect 0 "$program" lpa --card "127.0.0.1:$card" list
says 8900101000000000019
stop
if holds sealed "$k" || holds sealed "$opc"; then fail 'K or OPc in the clear after the download'; fi
exit 0
