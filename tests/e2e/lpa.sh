#!/bin/bash
# dunlin lpa with a card of dunlin card and the SM-DP+ of dunlin serve, as a user sees them: every
# command, its output and its exit status.
# LPA-001, LPA-002: activation codes of every form; what is none is refused before any connection.
# LPA-014: while one process has the card a second one waits for it.
# LPA-016: the default SM-DP+, without a code.
. tests/e2e/lib.sh.inc

processes=
ended() {
    kill $processes 2>/dev/null
    wait
    rm -rf "$work"
}
trap ended EXIT

# a server with five profiles, of which an operator orders one with a confirmation code
expect 0 "$DUNLIN" pki init --dir "$work/pki" --euiccs 1
iccids=()
for i in 0 1 2 3 4; do
    expect 0 "$DUNLIN" profile build -o "$work/p$i.der"
    iccids+=("$(grep -ohP '^iccid \K[0-9]+' "$work/out" "$work/err")")
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=orange \
    -keyout "$work/orange.key" -out "$work/orange.pem" 2>/dev/null || fail 'openssl req'
free_ports es2
cat >"$work/orders" <<END
operator orange $work/orange.pem
profile $work/p0.der FIRST
profile $work/p1.der SECOND
stock $work/p2.der Gold orange
stock $work/p3.der Gold orange
stock $work/p4.der Gold orange
END
"$DUNLIN" serve --dir "$work" --pki "$work/pki" --roles smdp --smdp-port 0 --es2-port "$es2" \
    --orders "$work/orders" >"$work/served" 2>&1 &
processes=$!
until_says "$work/served" 'ES2+ on '
smdp=testsmdpplus1.example.com
port=$(grep -oP 'SM-DP\+ .* port \K[0-9]+' "$work/served")
[ -n "$port" ] || fail "$(cat "$work/served")"

es2() { # FUNCTION MEMBERS
    rsp_post "$work/pki/ci.pem" "$work/orange" orange "$es2" "es2plus/$1" "$2"
    says '"status":"Executed-Success"'
}
order() { # ICCID MEMBERS
    es2 downloadOrder "\"iccid\":\"$1\""
    es2 confirmOrder "\"iccid\":\"$1\",$2,\"releaseFlag\":true"
}
eid=89049032123451234500000000000186
order "${iccids[2]}" '"matchingId":"CODED","confirmationCode":"horse-11"'
es2 downloadOrder "\"iccid\":\"${iccids[3]}\",\"eid\":\"$eid\""
es2 confirmOrder "\"iccid\":\"${iccids[3]}\",\"eid\":\"$eid\",\"matchingId\":\"\",\"releaseFlag\":true"
order "${iccids[4]}" '"matchingId":"LAST"'

"$DUNLIN" card --tcp 0 --dir "$work/card" --pki "$work/pki" >"$work/inserted" 2>&1 &
card=$!
processes="$processes $card"
until_says "$work/inserted" ' at '
at=$(grep -oP ' at \K127[0-9.]*:[0-9]+' "$work/inserted")
believe=(--ca "$work/pki/ci.der" --hosts "$smdp=127.0.0.1:$port")
lpa() { "$DUNLIN" lpa --card "$at" "${believe[@]}" "$@" </dev/null; }

# what is there
expect 0 lpa info
says "eid                      $eid"
says 'svn                      2.'
expect 0 lpa --json info
says "\"eid\": \"$eid\""
expect 0 lpa list
[ -s "$work/out" ] && fail 'a new card has a profile'
expect 1 lpa download
says 'an activation code is needed'

# codes that are none: refused, and no server is asked
for code in '2$a.b$C' '1$a.b' '1$$C' "1\$$smdp\$$(printf 'M%.0s' $(seq 300))" '' 'LPA:1' '1$a.b$C$OID$2'; do
    expect 1 lpa download "$code"
    says 'activation code'
    grep -q contacting "$work/err" && fail "asked a server for $code"
done

expect 1 lpa download $'1$\e[31mred'
says '1$?[31mred: not an activation code'
grep -q $'\e' "$work/err" && fail 'an escape sequence reached the terminal'

# by activation code, with its OID; only once; enabled, renamed, disabled, deleted
expect 1 lpa download "1\$$smdp\$FIRST\$2.999.11"
says 'OID of the activation code'
expect 0 lpa download "LPA:1\$$smdp\$FIRST\$2.999.10"
says "installed ${iccids[0]}"
expect 1 lpa download "1\$$smdp\$FIRST"
says '8.2.6'
expect 0 lpa download --smdp "$smdp" --matching-id SECOND
says "installed ${iccids[1]}"
expect 0 lpa enable "${iccids[0]}"
expect 0 lpa nickname "${iccids[0]}" 'Mine'
expect 0 lpa list
says "${iccids[0]}   enabled   Dunlin, Operational, called Mine"
says "${iccids[1]}   disabled  Dunlin"
expect 1 lpa enable "${iccids[0]}"
says 'profileNotInDisabledState'
expect 1 lpa delete "${iccids[0]}"
says 'profileNotInDisabledState'
expect 0 lpa enable "${iccids[1]}"
expect 0 lpa --json list
says '"state": "disabled"'
says '"nickname": "Mine"'
expect 0 lpa nickname "${iccids[0]}"
expect 0 lpa disable "${iccids[1]}"
expect 0 lpa delete "${iccids[0]}"
expect 1 lpa enable "${iccids[0]}"
says 'iccidOrAidNotFound'
expect 1 lpa enable 12
expect 2 lpa enable
expect 2 lpa flash

# notifications wait on the card until their server has them
expect 0 lpa notifications
[ "$(wc -l <"$work/out")" -ge 1 ] || fail 'no notification of what was done'
says "${iccids[0]}"
expect 1 "$DUNLIN" lpa --card "$at" --ca "$work/pki/ci.der" --hosts "$smdp=127.0.0.1:1" notifications send
says '0 delivered'
expect 0 lpa notifications send
says ', 0 left'
expect 0 lpa notifications
[ -s "$work/out" ] && fail 'delivered notifications are still there'
expect 1 lpa notifications remove 1
says 'nothingToDelete'

# a confirmation code: wrong, then right; the order waits for the right one
expect 1 lpa download --code horse-12 "1\$$smdp\$CODED\$\$1"
says '8.2.7/3.8'
expect 1 lpa download "1\$$smdp\$CODED\$\$1"
says 'needs a confirmation code'
printf 'horse-10\nhorse-11\n' >"$work/typed"
coded() { "$DUNLIN" lpa --card "$at" "${believe[@]}" download "1\$$smdp\$CODED\$\$1" <"$work/typed"; }
expect 0 coded
says 'the confirmation code is wrong'
says "installed ${iccids[2]}"
grep -q horse- "$work/out" "$work/err" && fail 'the code was printed'

# by the default SM-DP+, which finds the order by the EID
expect 0 lpa default-smdp "$smdp"
expect 0 lpa info
says "defaultSmdp              $smdp"
expect 0 lpa download
says "installed ${iccids[3]}"
expect 0 lpa default-smdp
expect 1 lpa download

# two at once: the second waits for the card
lpa download "1\$$smdp\$LAST" >"$work/first" 2>&1 &
first=$!
expect 0 lpa list
wait "$first" || fail "$(cat "$work/first")"
grep -q "installed ${iccids[4]}" "$work/first" || fail "$(cat "$work/first")"

# through a pair of pipes, and with the card in the same process
kill "$card"
wait "$card" 2>/dev/null
mkfifo "$work/to" "$work/from"
"$DUNLIN" card --stdio --dir "$work/card" <"$work/to" >"$work/from" 2>/dev/null &
card=$!
processes="$processes $card"
piped() { "$DUNLIN" lpa --stdio "${believe[@]}" "$@" >"$work/to" <"$work/from"; }
expect 0 piped list
says "${iccids[4]}"
wait "$card" 2>/dev/null
expect 0 "$DUNLIN" lpa --dir "$work/card" "${believe[@]}" --json list
says "\"iccid\": \"${iccids[4]}\""
expect 2 "$DUNLIN" lpa --dir "$work/card" --pcsc any "${believe[@]}" list
expect 2 "$DUNLIN" lpa --at "$work/none" --pcsc any "${believe[@]}" list
expect 1 "$DUNLIN" lpa --at "$work/none" "${believe[@]}" list
expect 1 "$DUNLIN" lpa --dir "$work/card" "${believe[@]}" reset
says '--yes'
expect 0 "$DUNLIN" lpa --dir "$work/card" "${believe[@]}" --yes reset
expect 0 "$DUNLIN" lpa --dir "$work/card" "${believe[@]}" list
[ -s "$work/out" ] && fail 'a profile outlived the reset'

# behind a modem
rm "$work/inserted" # what an earlier card said does not count
"$DUNLIN" card --at "$work/modem" --dir "$work/card" >"$work/inserted" 2>&1 &
processes="$processes $!"
until_says "$work/inserted" ' at '
expect 0 "$DUNLIN" lpa --at "$work/modem" "${believe[@]}" info
says "eid                      $eid"
expect 1 "$DUNLIN" lpa --at "$work/modem" "${believe[@]}" download "1\$$smdp\$LAST"
says '8.2.6'

# QR codes
expect 0 "$DUNLIN" lpa qr "LPA:1\$$smdp\$FIRST"
grep -q $'\xe2\x96\x88' "$work/out" || fail 'no QR code'
expect 1 "$DUNLIN" lpa --at "$work/modem" "${believe[@]}" --qr "$work/none.png" download
says 'No such file'
# and back: what is drawn here is read by a program that others wrote
expect 0 "$DUNLIN" lpa qr "LPA:1\$$smdp\$FIRST" "$work/code.pbm"
expect 0 zbarimg --quiet --raw "$work/code.pbm"
[ "$(cat "$work/out")" = "LPA:1\$$smdp\$FIRST" ] || fail 'the picture does not say what was drawn'
expect 1 "$DUNLIN" lpa --at "$work/modem" "${believe[@]}" --qr "$work/code.pbm" download
says '8.2.6' # the SM-DP+ knows that code no more
expect 1 "$DUNLIN" lpa qr LPA:1 "$work/nowhere/code.pbm"
printf 'P4\n64 64\n' >"$work/empty.pbm"
head -c 512 /dev/zero >>"$work/empty.pbm"
expect 1 "$DUNLIN" lpa --at "$work/modem" "${believe[@]}" --qr "$work/empty.pbm" download
says 'no QR code is found in it'
echo passed
