#!/bin/bash
# dunlin card as a person uses it: made, asked, traced, given a character, spoken to over a pipe.
. tests/e2e/lib.sh.inc

eid=89049032123451234500000000000186
isdr=A0000005591010FFFFFFFF8900000100
card=$work/card
expect 0 "$DUNLIN" pki init --dir "$work/pki" --euiccs 1

# ---- new, info, apdu

expect 1 "$DUNLIN" card info --dir "$card"
expect 0 "$DUNLIN" card new --dir "$card" --pki "$work/pki"
says "made card $eid"
expect 1 "$DUNLIN" card new --dir "$card" --pki "$work/pki"
says 'a card exists already'
expect 2 "$DUNLIN" card renew
expect 2 "$DUNLIN" card new --eid 123 --dir "$work/none" --pki "$work/pki"
# an EID that the hierarchy does not know: its key is made, and kept
expect 0 "$DUNLIN" card new --json --dir "$work/other" --pki "$work/pki" \
    --eid 89049032123451234512345678901235
says '"eid":"89049032123451234512345678901235"'
expect 0 test -f "$work/pki/euicc/89049032123451234512345678901235.der"

expect 0 "$DUNLIN" card info --dir "$card"
for line in "$eid" 'svn 2.5.0' 'iot 1.2.0' 'octets 262144' 'profiles         0' 'eims             0'; do
    says "$line"
done
expect 0 "$DUNLIN" card info --json --dir "$card"
says '"notifications":[]'

expect 0 "$DUNLIN" card apdu --dir "$card" 00A40004022FE2 "00A4040010${isdr}" 00C0000026
says '6A82  file not found'
says '6126  38 octets more by GET RESPONSE'
says '9000  normal ending of the command'
expect 0 "$DUNLIN" card apdu --json --trace --dir "$card" "00A4040010${isdr}" 80E2910006BF3E035C015A
says '"sw":"6115"'
says 'GetEuiccDataRequest'
expect 2 "$DUNLIN" card apdu --dir "$card" 00A4000
expect 2 "$DUNLIN" card apdu --dir "$card"

# what a function changed is there after the power was gone: SetDefaultDpAddress
expect 0 "$DUNLIN" card apdu --dir "$card" "00A4040010${isdr}" 80E291000EBF3F0B8009736D64702E74657374
expect 0 "$DUNLIN" card info --dir "$card"
says 'defaultSmdp      smdp.test'

# ---- serving, traced; the directory belongs to one process

"$DUNLIN" card trace --tcp 0 --json --dir "$card" >"$work/served" 2>&1 &
server=$!
for i in $(seq 100); do
    grep -q '"port"' "$work/served" && break
    sleep 0.1
done
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$work/served")
expect 1 "$DUNLIN" card info --dir "$card"
says 'runs in another process'
exec 3<>"/dev/tcp/127.0.0.1/$port"
printf '\0\1\1\0\7\0\xA4\0\4\2\x2F\xE2' >&3
answer=$(head -c 4 <&3 | od -An -tx1 | tr -d ' ')
exec 3>&-
[ "$answer" = 00026a82 ] || fail "the socket answered $answer"
kill "$server"
wait "$server" 2>/dev/null
cp "$work/served" "$work/out"
says '> 00A40004022FE2'
says 'SELECT EF_ICCID (2FE2)'
says 'file not found'

# ---- the pipe of lpac's stdio driver: the other side speaks first, one line at a time

coproc LPAC { "$DUNLIN" card --stdio --dir "$card" 2>"$work/others"; }
asks() { # asks FUNC PARAM ANSWER
    local got
    echo "{\"type\":\"apdu\",\"payload\":{\"func\":\"$1\",\"param\":$2}}" >&"${LPAC[1]}"
    read -r -t 20 got <&"${LPAC[0]}" || fail "no answer to $1"
    [ "$got" = "{\"type\":\"apdu\",\"payload\":{$3}}" ] || fail "$1 $2: $got"
}
asks connect null '"ecode":0'
asks logic_channel_open "\"$isdr\"" '"ecode":1'
echo '{"type":"progress","payload":{"code":0}}' >&"${LPAC[1]}"
asks transmit '"81E2910006BF3E035C015A"' '"ecode":0,"data":"6115"'
asks transmit '"81C0000015"' "\"ecode\":0,\"data\":\"BF3E125A10${eid}9000\""
asks transmit '"81E2910003BF3C00"' '"ecode":0,"data":"6128"'
asks logic_channel_close '"01"' '"ecode":0'
asks transmit '"81E2910003BF3C00"' '"ecode":0,"data":"6881"'
asks disconnect null '"ecode":0'
lpac=$LPAC_PID
eval "exec ${LPAC[1]}>&-"
wait "$lpac" || fail "the card at the pipe ended with $?"
expect 0 cat "$work/others"
says '"progress"'

# ---- personality

cat >"$work/old.conf" <<END
# an older card: SGP.22 v2.2, four channels, slow to speak
svn = 2.2.0
channels = 2
default_smdp = old.example.com
response_max = 16
END
expect 0 "$DUNLIN" card new --dir "$work/old" --pki "$work/pki" --personality "$work/old.conf"
expect 0 "$DUNLIN" card info --dir "$work/old"
says 'svn 2.2.0'
says 'defaultSmdp      old.example.com'
expect 0 "$DUNLIN" card apdu --dir "$work/old" 0070000001 0070000001 "00A4040010${isdr}" 00C0000026 00C0000016
says '01 9000'
says '6A81  function not supported'
says '6F248410A0000005591010FFFFFFFF89 6116'
says '00000100A5049F6501FFE00582030202 6106'

printf 'svn = 2.2.0\neim_max = 900\n' >"$work/bad.conf"
expect 2 "$DUNLIN" card new --dir "$work/bad" --pki "$work/pki" --personality "$work/bad.conf"
says 'bad.conf:2: eim_max takes 1 to 16'
printf 'eid = %s\n' "$eid" >"$work/eid.conf"
expect 2 "$DUNLIN" card --personality "$work/eid.conf" --dir "$work/other" --pki "$work/pki"
says 'the personality names another EID'
expect 0 "$DUNLIN" card info --dir "$work/other" # what was refused is not kept

# the power goes during a write: no answer, and the state is the one before; then all is well
printf 'power_cut_write = 1\npower_cut_octets = 10\n' >"$work/cut.conf"
cp -r "$card" "$work/cut"
expect 0 "$DUNLIN" card info --dir "$work/cut"
"$DUNLIN" card --stdio --dir "$work/cut" --personality "$work/cut.conf" >"$work/out" 2>"$work/err" <<END
{"type":"apdu","payload":{"func":"connect","param":null}}
{"type":"apdu","payload":{"func":"logic_channel_open","param":"$isdr"}}
{"type":"apdu","payload":{"func":"transmit","param":"81E291000EBF3F0B800977696C6C2E6C6F7374"}}
{"type":"apdu","payload":{"func":"connect","param":null}}
{"type":"apdu","payload":{"func":"logic_channel_open","param":"$isdr"}}
{"type":"apdu","payload":{"func":"transmit","param":"81E291000EBF3F0B80096B6570742E74657374"}}
END
[ "$(tr -d '\n' <"$work/out" | grep -o '"ecode":[-0-9]*' | tr -d '\n')" = \
    '"ecode":0"ecode":1"ecode":-1"ecode":0"ecode":1"ecode":0' ] || fail "$(cat "$work/out")"
rm "$work/cut/card.personality"
expect 0 "$DUNLIN" card info --dir "$work/cut"
says 'defaultSmdp      kept.test'

# ---- several cards of one process: consecutive EIDs, a directory and a port each

expect 2 "$DUNLIN" card --cards 2 --eid "$eid" --dir "$work/many" --pki "$work/pki"
"$DUNLIN" card --cards 3 --tcp 0 --json --trace --dir "$work/many" --pki "$work/pki" >"$work/served" 2>&1 &
server=$!
for i in $(seq 100); do
    [ "$(grep -c '"port"' "$work/served")" = 3 ] && break
    sleep 0.1
done
n=0
for port in $(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$work/served"); do
    n=$((n + 1))
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf '\0\1\1\0\x15\0\xA4\4\0\x10\xA0\0\0\5\x59\x10\x10\xFF\xFF\xFF\xFF\x89\0\0\1\0' >&3
    printf '\0\xB\x80\xE2\x91\0\6\xBF\x3E\3\x5C\1\x5A\0\5\0\xC0\0\0\x15' >&3
    answer=$(head -c 33 <&3 | od -An -v -tx1 | tr -d ' \n')
    exec 3>&-
    want=$(grep -m $n -o '"eid":"[0-9]*"' "$work/served" | tail -n 1 | tr -dc 0-9)
    case $answer in *"5a10${want}9000") ;; *) fail "card $n answered $answer" ;; esac
done
[ $n = 3 ] || fail "$n cards instead of 3"
kill "$server"
wait "$server" 2>/dev/null
cp "$work/served" "$work/out"
says '"eid":"89049032123451234500000000000283"'
says '[2]     eidValue: 89049032123451234500000000000283'
expect 0 "$DUNLIN" card info --dir "$work/many/3"
says 89049032123451234500000000000380
