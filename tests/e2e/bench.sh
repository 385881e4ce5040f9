#!/bin/bash
# dunlin bench as a person uses it: every line of the card is there, and many cards and sessions at the same time are
# what they should be.
. tests/e2e/lib.sh.inc

expect 0 "$DUNLIN" bench card --seconds 1 --json
for line in 'card: whole download' 'card: SELECT by AID' 'card: READ BINARY' 'card: READ RECORD' 'card: STATUS' \
    'card: GetEID and GET RESPONSE' 'card: AUTHENTICATE'; do
    says "{\"bench\":\"$line\",\"perSecondPerCore\":"
done
# one record of the journal each
for what in enable disable AUTHENTICATE; do
    says "{\"bench\":\"card: NVM: $what\",\"writes\":1,\"erases\":0,"
done
for profiles in 0 1 8; do
    says "{\"bench\":\"card: memory\",\"profiles\":$profiles,"
done

expect 0 "$DUNLIN" bench card --cards 20
last 'after each has authenticated: 20 cards'
if [ -f "$data/ts48/ts48-v7-nobertlv.der" ]; then
    expect 0 "$DUNLIN" bench card --cards 3 --profile "$data/ts48/ts48-v7-nobertlv.der"
    last 'after each has authenticated: 3 cards'
else
    echo "skipped: bench with a TS.48 profile, $data/ts48 is not there"
fi

# what cannot be measured
echo nothing >"$work/none.der"
expect 1 "$DUNLIN" bench card --profile "$work/none.der" --cards 2
says 'profile'
expect 1 "$DUNLIN" bench card --profile "$work/absent.der"
says 'absent.der'
expect 2 "$DUNLIN" bench cards
says "no benchmark 'cards'"
expect 2 "$DUNLIN" bench card --cards 0

# a handshake for each download; sessions that stay open, and downloads among them
expect 0 "$DUNLIN" bench smdp --tls --fresh --seconds 1 --clients 8 --json
says '{"bench":"smdp download over fresh TLS","perSecondPerCore":'
says ' + handshake by OpenSSL in memory '
says 'ratio with these alone'
expect 0 "$DUNLIN" bench smdp --sessions 300 --clients 8 --json
says '{"bench":"smdp: sessions","sessions":300,"residentPerSession":'
says '"wentOn":64,"downloads":16,'
# sanitizers take memory of their own
expect 0 "${DUNLIN_PLAIN:-$DUNLIN}" bench smdp --sessions 2000 --json
each=$(sed -n 's/.*"residentPerSession":\([0-9]*\),.*/\1/p' "$work/out")
[ "${each:-0}" -gt 0 ] && [ "$each" -lt 16384 ] || fail "a session takes '$each' octets"
expect 0 "$DUNLIN" bench smdp --sessions 5
last 'sessions: 5 open, .* 5 of them, from the oldest on, went on .* 16 downloads succeeded'
expect 2 "$DUNLIN" bench smdp --fresh
says 'goes with --tls'
expect 2 "$DUNLIN" bench smdp --sessions 16001

# beside another SM-DP+: none answers here
expect 2 "$DUNLIN" bench smdp --tls --beside 127.0.0.1:1
says '--beside goes with'
expect 0 "$DUNLIN" pki init --dir "$work/pki" --host testsmdpplus1.example.com
expect 1 "$DUNLIN" bench smdp --tls --seconds 1 --clients 2 --beside 127.0.0.1:1 --process $$ --pki "$work/pki" \
    --matching-id any
says "bench: client"
