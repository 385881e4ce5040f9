#!/bin/bash
# From a CSV file to an installed profile: batch, the SM-DP+'s pool, an operator's order over ES2+, a
# card, and AUTHENTICATE beside the unsealed row of the HLR file. And: batches that stop go on.
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
eid=89049032123451234500000000000186

# ---- a template and its variables

expect 0 "$program" profile build -o base.der --isim --imsi 001010000000000
expect 0 "$program" profile template base.der
says 'imsi               must be given          3F00/7FD0/6F07, 3F00/7FB0/6F02'
says 'kic-01             generated              securityDomain'
cat >about.txt <<END
# metadata
service_provider_name = Acme
profile_name = Acme IoT
class = operational
icon = icon.png
owner = 00101
notification = enable,disable,delete@testsmdpplus1.example.com
END
printf '\x89PNG\r\n\x1a\n and no more than eight octets of it' >icon.png
cat >acme.template <<END
package = base.der
spn = Acme
smsc = +882100000
op = CDC202D5123E20F62B6D676AC72CB318
service-125 = no
metadata = about.txt
END
expect 0 "$program" profile template acme.template
says "spn                the template's         3F00/7FD0/6F46"

# ---- a batch

head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >seal.key
cat >in.csv <<END
iccid,imsi,msisdn,k,pin1
890010100000000001,001010000000001,+88210001,,1111
890010100000000002,001010000000002,+88210002,465B5CE8B199B49FAA5F0A2EE238A6BC,
890010100000000003,001010000000003,+88210003,,
END
batch=("$program" profile batch acme.template --csv in.csv --out acme.pack --hlr hlr.csv --seal-key seal.key)
expect 0 "${batch[@]}"
says '3 profiles in acme.pack, rows in hlr.csv'
[ ! -e acme.pack.state ] && [ ! -e acme.pack.part ] && [ ! -e hlr.csv.part ] || fail "$(ls)"
[ "$(stat -c %a acme.pack hlr.csv | tr '\n' ' ')" = '600 600 ' ] || fail 'modes'
expect 1 "${batch[@]}"
says 'acme.pack: is there already'
expect 0 "${batch[@]}" --resume
says 'is done already'
grep -q 465B5CE8B199B49FAA5F0A2EE238A6BC hlr.csv && fail 'a key stands in the HLR file'
expect 0 "$program" profile unseal hlr.csv --seal-key seal.key
cp out rows.csv
column() { # column NAME ROW
    awk -F, -v name="$1" -v row="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
        NR == row + 1 { print $at }' rows.csv
}
[ "$(column k 2)" = 465B5CE8B199B49FAA5F0A2EE238A6BC ] || fail "k: $(cat rows.csv)"
# TS 35.208 test set 1
[ "$(column opc 2)" = CD63CB71954A9F4E48A5994E37A02BAF ] || fail "opc: $(cat rows.csv)"
[ "$(column pin1 1)" = 1111 ] && [ "$(column smsc 3)" = +882100000 ] || fail "$(cat rows.csv)"
[ "$(cut -d, -f5 rows.csv | sort -u | wc -l)" = 4 ] || fail 'keys are not fresh'
iccid=$(column iccid 2)
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >other.key
expect 1 "$program" profile unseal hlr.csv --seal-key other.key
says 'hlr.csv:2: k: does not open'
expect 0 "$program" profile unpack acme.pack
says "$(column iccid 3)"
expect 0 "$program" profile unpack acme.pack --iccid "$(column iccid 1)" --out one.der
expect 0 "$program" profile check one.der
expect 0 "$program" profile show one.der --secrets
says "key $(column k 1), opc $(column opc 1)"
says 'begins 0041636D65FF'

# ---- lint and diff

expect 0 "$program" profile unpack acme.pack --iccid "$(column iccid 3)" --out three.der
expect 0 "$program" profile lint one.der three.der
says '0 errors'
expect 1 "$program" profile lint one.der one.der --card-memory 4000 --json
says '"text":"needs about '
expect 1 "$program" profile lint "$PWD/one.der" one.der
says "the same key is K of $PWD/one.der"
expect 0 "$program" profile unpack acme.pack --iccid "$iccid" --out two.der
expect 1 "$program" profile lint two.der
says 'algoConfiguration.key: is published: TS 35.208, set 1'
expect 1 "$program" profile diff one.der two.der
says 'files 3F00/7FD0/6F07.imsi: 001010000000001 -> 001010000000002'
says 'authentication 3F00/7FD0.key: (16 octets) -> (16 others)'
grep -q 465B5CE8 out && fail 'diff prints a key'
expect 1 "$program" profile diff one.der two.der --secrets --json
says '"b":"465B5CE8B199B49FAA5F0A2EE238A6BC"'
expect 1 "$program" profile lint acme.pack # the second subscriber's K is a published one
says "acme.pack $iccid: error: akaParameter"
last '^2 errors, 4 warnings$' # the first one's PIN is 1111, too
printf 'package = base.der\nkeep = kic\n' >kept.template
expect 0 "$program" profile batch kept.template --iccid-from "$iccid" --imsi-from 001010000000002 --count 2 \
    --out kept.pack --hlr kept.csv --plain-keys
expect 1 "$program" profile lint kept.pack
says "keyList.01.01: the same key is an OTA key of kept.pack $iccid"
expect 0 "$program" profile diff one.der one.der
says 'no difference'

# ---- pool, order, download, enabling

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=acme \
    -keyout acme.key -out acme.pem 2>/dev/null || fail 'openssl req'
port() { # port FILE PATTERN: the number behind the pattern, when the line is there
    for _ in $(seq 100); do
        sed -n "s/.*$2[ :]\([0-9]*\).*$/\1/p" "$1" | head -n 1 | grep . && return 0
        sleep 0.1
    done
    cat "$1" >&2
    fail "no line '$2' in $1"
}
expect 0 "$program" pki init
cat >orders.txt <<END
operator acme acme.pem
pool     acme.pack IoT acme
device   $eid
download $eid 1\$testsmdpplus1.example.com\$ACME-1 $iccid
enable   $eid $iccid
END
free_ports es2
serve() {
    "$program" serve --smdp-port 0 --eim-port 0 --es2-port "$es2" --orders orders.txt >serve.out 2>serve.err &
    servers=$!
    smdp=$(port serve.out 'SM-DP+ [^ ]* on [^ ]* port')
    eim=$(port serve.out 'eIM .* port')
}
serve
grep -q 'pool acme.pack: 3 profiles, 3 of them new' serve.out || fail "$(cat serve.out serve.err)"
kill "$servers"
wait "$servers" 2>/dev/null
serve # the same file again: nothing twice
grep -q 'pool acme.pack: 3 profiles, 0 of them new' serve.out || fail "$(cat serve.out serve.err)"
call() { # call FUNCTION MEMBERS
    rsp_post var/pki/ci.pem acme acme "$es2" "es2plus/$1" "$2"
    says '"status":"Executed-Success"'
}
call downloadOrder "\"iccid\":\"$iccid\""
call confirmOrder "\"iccid\":\"$iccid\",\"matchingId\":\"ACME-1\",\"releaseFlag\":true"

"$program" card --tcp 0 >card.out 2>&1 &
device=$!
card=$(port card.out '127.0.0.1')
for _ in 1 2; do
    expect 0 "$program" ipa --card "127.0.0.1:$card" --once --eim testeim.example.com \
        "testsmdpplus1.example.com=127.0.0.1:$smdp" "testeim.example.com=127.0.0.1:$eim"
done
kill "$device"
wait "$device" 2>/dev/null
expect 0 "$program" card info
says "iccid $iccid  state enabled"
says 'Acme IoT'

# ---- the card answers with the keys of the row: Milenage f2 by openssl (TS 35.206), RES as SRES

aes() { # aes KEY BLOCK
    printf "$(sed 's/../\\x&/g' <<<"$2")" | openssl enc -aes-128-ecb -nopad -K "$1" | od -An -tx1 | tr -d ' \n'
}
xor() { # xor A B: hexadecimal of the same length
    local i
    for ((i = 0; i < ${#1}; i += 2)); do
        printf '%02X' $((0x${1:i:2} ^ 0x${2:i:2}))
    done
}
k=$(column k 2) opc=$(column opc 2) rand=23553CBE9637A89D218AE64DAE47BF35
temp=$(aes "$k" "$(xor "$rand" "$opc")")
out2=$(xor "$(aes "$k" "$(xor "$(xor "$temp" "$opc")" 00000000000000000000000000000001)")" "$opc")
[ "${out2:16}" = A54211D5E3BA50BF ] || fail "f2 of test set 1: $out2" # TS 35.208 4.3.1
sres=$(xor "${out2:16:8}" "${out2:24:8}")
expect 0 "$program" card apdu 00A4040410A0000000871002FFFFFFFF8900000100 00A40000026F07 00B0000009 \
    "008800801110$rand" 00C000000E
says '080910100000000020'
says "04${sres}08"

# ---- faults name line and field; nothing is lost

bad() { # bad LINE WHAT: a batch whose fourth line it is
    head -n 3 in.csv >bad.csv
    echo "$1" >>bad.csv
    rm -f bad.pack* bad.hlr*
    expect 1 "$program" profile batch acme.template --csv bad.csv --out bad.pack --hlr bad.hlr --plain-keys
    says "bad.csv:4: $2"
    says '2 profiles are kept'
    [ ! -e bad.pack ] && [ ! -e bad.hlr ] || fail 'half an output has its name'
}
bad 8900101000000000038,001010000000003,+88210003,, 'iccid: the check digit is 8, it should be'
bad 890010100000000003,00101000000003x,+88210003,, 'imsi: 14 to 15 digits'
bad 890010100000000003,001010000000003,+88210003,465B,'' 'k: 16 octets in hexadecimal'
bad 890010100000000003,001010000000003,+88210003,,12 'pin1: 4 to 8 digits'
bad 890010100000000003,001010000000003,+88210003, '5 fields are needed, here are 4'
bad 890010100000000003,,+88210003,, 'imsi: is missing'
bad 890010100000000001,001010000000003,+88210003,, 'iccid: stands on an earlier line already'
bad 890010100000000003,001010000000001,+88210003,, 'imsi: stands on an earlier line already'
expect 1 "$program" profile batch acme.template --csv bad.csv --check
says '2 subscribers, 1 fault'
# with the line put right, the same batch goes on
cp in.csv bad.csv
expect 0 "$program" profile batch acme.template --csv bad.csv --out bad.pack --hlr bad.hlr --plain-keys --resume
says '3 profiles in bad.pack'
[ "$(cut -d, -f1,2 bad.hlr)" = "$(cut -d, -f1,2 hlr.csv)" ] || fail "$(cat bad.hlr)"
sed 's/iccid/iccidd/' in.csv >bad.csv
expect 1 "$program" profile batch base.der --csv bad.csv --check
says 'bad.csv:1: iccidd: the template has no such variable'
sed 's/^spn.*/spn = A name of more than sixteen letters/' acme.template >bad.template
expect 1 "$program" profile batch bad.template --csv in.csv --check
says 'bad.template: spn: up to 16 characters'
about() { # about SED-EXPRESSION WHAT: a metadata file that is refused
    sed "$1" about.txt >bad.txt
    expect 1 "$program" profile batch base.der --csv in.csv --check --metadata bad.txt
    says "$2"
}
about 's/^class.*/class = gold/' 'bad.txt:4: class: test, provisioning or operational'
about 's/^owner.*/ppr = ppr1/' 'bad.txt: ppr, gid1 and gid2 need an owner'
about 's/^icon.*/icon = in.csv/' 'bad.txt:5: icon: the icon is neither JPEG nor PNG'
about 's/^icon.*/icon = base.der/' 'bad.txt:5: icon: the icon has more than 1,024 octets'
about 's/^profile_name.*//' 'profile_name are needed'
about 's/delete@/removal@/' 'bad.txt:7: notification: EVENTS@ADDRESS'
expect 2 "$program" profile batch base.der --csv in.csv --out x --hlr y

# ---- kill -9 at any moment, then --resume: every subscriber once, and its row is its profile's

long=("$program" profile batch base.der --iccid-from 8900101770000000017 --imsi-from 001010770000000
    --count 10000 --out long.pack --hlr long.csv --plain-keys --checkpoint 100 --quiet)
resume='' halves=0
for round in $(seq 60); do # until four were killed in their middle
    [ "$halves" -lt 4 ] || break
    "${long[@]}" $resume >/dev/null 2>&1 &
    pid=$!
    sleep "0.$(printf '%03d' $((RANDOM % (40 + 10 * round) + 10)))"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    grep -q '^rows [1-9]' long.pack.state 2>/dev/null && halves=$((halves + 1))
    resume=--resume
done
expect 0 "${long[@]}" --resume
[ "$halves" -gt 0 ] || fail 'no batch was killed in its middle'
[ "$(wc -l <long.csv)" = 10001 ] || fail "$(wc -l <long.csv) lines"
[ "$(cut -d, -f1 long.csv | sort -u | wc -l)" = 10001 ] || fail 'an ICCID stands twice'
expect 0 "$program" profile unpack long.pack
cmp -s out <(tail -n +2 long.csv | cut -d, -f1) || fail 'the pack has not the ICCIDs of the rows'
for line in 2 5777 10001; do
    row=$(sed -n "${line}p" long.csv)
    expect 0 "$program" profile unpack long.pack --iccid "${row%%,*}" --out long.der
    expect 0 "$program" profile show long.der --secrets
    says "key $(cut -d, -f4 <<<"$row"), opc $(cut -d, -f5 <<<"$row")"
done
head -c 5000 long.pack >cut.pack
expect 1 "$program" profile unpack cut.pack
says 'the batch that makes it has not ended'

# ---- a disk that is full: what was kept goes on

full=("$program" profile batch base.der --iccid-from 8900101880000000014 --imsi-from 001010880000000
    --count 1000 --out full.pack --hlr full.csv --plain-keys --checkpoint 100 --quiet)
(
    trap '' XFSZ
    ulimit -f 1000
    "${full[@]}" >out 2>err
) && fail 'a full disk is not noticed'
says 'storage failed'
says 'profiles are kept; --resume goes on behind them'
[ ! -e full.pack ] || fail 'a torn pack has its name'
expect 0 "${full[@]}" --resume
expect 0 "$program" profile unpack full.pack
[ "$(wc -l <out)" = 1000 ] && cmp -s out <(tail -n +2 full.csv | cut -d, -f1) || fail 'pack and rows differ'

# ---- a batch that stops while its outputs get their names

head -n 3 in.csv >last.csv
echo 'x' >>last.csv
last=("$program" profile batch base.der --csv last.csv --out last.pack --hlr last.hlr --plain-keys)
expect 1 "${last[@]}"
cp in.csv last.csv
mkdir last.hlr.d
mv last.hlr.part last.hlr.d/ && mkdir last.hlr.part
expect 1 "${last[@]}" --resume
rmdir last.hlr.part && mv last.hlr.d/last.hlr.part .
mkdir -p last.hlr/in-the-way
expect 1 "${last[@]}" --resume
rm -r last.hlr
cp last.pack.state whole.state
grep -q '^whole 1' whole.state || fail "$(cat whole.state)"
expect 0 "${last[@]}" --resume
cp last.pack first.pack
# the rows had their name, the pack had not
mv last.pack last.pack.part
cp whole.state last.pack.state
expect 0 "${last[@]}" --resume
cmp -s last.pack first.pack || fail 'the pack is another one'
expect 0 "$program" profile unpack last.pack
[ "$(wc -l <out)" = 3 ] || fail "$(cat out)"

# ---- orders that cannot be placed

order() { # order LINE WHAT
    echo "$1" >bad.orders
    expect 1 "$program" serve --dir var2 --roles smdp --smdp-port 0 --es2-port 0 --pki var/pki --orders bad.orders
    says "bad.orders:1: $2"
}
order 'pool cut.pack' 'PACK: is no whole pack'
order 'pool in.csv' 'PACK: is no'
order 'pool' 'PACK: is missing'
order 'stock one.der - - none.txt' 'METADATA: cannot be used'
order 'profile in.csv - about.txt' 'FILE: has no header'

# ---- a folder of packages instead of a pack

printf 'ppr = ppr1,ppr2\ngid1 = 0102\n' | cat about.txt - >ruled.txt
expect 0 "$program" profile batch acme.template --csv in.csv --out each/ --hlr each.csv --seal-key seal.key \
    --metadata ruled.txt
[ "$(ls each | wc -l)" = 6 ] || fail "$(ls each)"
expect 0 "$program" profile check "each/$(column iccid 1).der"
expect 0 "$program" decode "each/$(column iccid 1).metadata"
for line in 'profileName: "Acme IoT"' 'iconType: png' 'gid1: 0102' 'ppr2'; do
    says "$line"
done
echo passed
