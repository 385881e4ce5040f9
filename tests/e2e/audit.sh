#!/bin/bash
# The log of events after a download: shown, verified beside the running server, and what the sqlite3
# of somebody else (Python's) did to it is named.
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

expect 0 "$program" pki init
expect 0 "$program" profile build -o test.der --iccid 8900101000000000019 --imsi 001010000000001
echo 'profile test.der TEST-0001' >orders.txt
"$program" card --tcp 0 >card.out 2>&1 &
"$program" serve --smdp-port 0 --es2-port 0 --eim-port 0 --orders orders.txt >serve.out 2>&1 &
server=$!
for _ in $(seq 100); do
    grep -q 'eIM .* port' serve.out && grep -q ' at ' card.out && break
    sleep 0.1
done
smdp=$(sed -n 's/.*SM-DP+ .* port \([0-9]*\)$/\1/p' serve.out)
card=$(sed -n 's/.* at 127.0.0.1:\([0-9]*\)$/\1/p' card.out)
expect 0 "$program" lpa --card "127.0.0.1:$card" --yes --hosts "testsmdpplus1.example.com=127.0.0.1:$smdp" \
    download '1$testsmdpplus1.example.com$TEST-0001'
expect 0 "$program" audit verify
last '^[0-9]+ events, 0 faults, head [0-9A-F]{64}$'
head=$(sed -n 's/.*head //p' out)
expect 0 "$program" audit show
says 'eid 89049032123451234500000000000186 iccid 8900101000000000019'
event=$(tail -n 1 out | cut -d ' ' -f 1)
expect 0 "$program" audit verify --db var/eim.db
kill $server
wait $server || fail 'the server did not end well'
expect 0 "$program" audit verify --head "$head"
expect 1 "$program" audit verify --head "$(printf '%064d' 0)"
says 'written anew'
expect 2 "$program" audit verify --head 12
expect 2 "$program" audit
expect 1 "$program" audit verify --db none.db
expect 1 "$program" audit verify --db test.der

command -v python3 >/dev/null || exit 0
alter() { python3 -c "import sqlite3,sys; c=sqlite3.connect('var/smdp.db'); c.execute(sys.argv[1]); c.commit()" "$1"; }

# Retention: what is older than a day goes, what is not stays, and the log still verifies.
count() { python3 -c "import sqlite3; print(sqlite3.connect('var/smdp.db').execute('select count(*) from smdp_notification').fetchone()[0])"; }
keep() { # DAYS: the server for two seconds, or until no notification is left
    "$program" serve --smdp-port 0 --es2-port 0 --eim-port 0 --keep-days "$1" >serve.out 2>&1 &
    server=$!
    for _ in $(seq 20); do
        grep -q 'eIM .* port' serve.out && [ "$(count)" = 0 ] && break
        sleep 0.1
    done
    kill $server
    wait $server || fail 'the server did not end well'
}
[ "$(count)" = 1 ] || fail 'no notification to begin with'
keep 1
[ "$(count)" = 1 ] || fail 'a young notification went'
alter 'UPDATE smdp_notification SET received_ms = received_ms - 2 * 86400000'
keep 0
[ "$(count)" = 1 ] || fail 'a notification went that is to be kept for ever'
keep 1
[ "$(count)" = 0 ] || fail 'an old notification stayed'
expect 0 "$program" audit verify --head "$head"
alter "UPDATE event SET detail = 'another' WHERE id = $event"
expect 1 "$program" audit verify
says "event $event is not as it was written"
alter "DELETE FROM event WHERE id = $event"
expect 1 "$program" audit verify
says "event $event was the last, and the end is cut off"
exit 0
