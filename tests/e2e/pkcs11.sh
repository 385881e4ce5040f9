#!/bin/bash
# All keys of the servers in a token (SoftHSM 2), none in files: a whole download by the IPA of a
# device, with packages signed by the eIM, and one by the LPA. Then what must be refused.
. tests/e2e/lib.sh.inc

module=/usr/lib/softhsm/libsofthsm2.so
command -v softhsm2-util >/dev/null && [ -r $module ] || {
    echo 'skipped: no SoftHSM (softhsm2)'
    exit 0
}
program=$(realpath "$DUNLIN")
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
eid=89049032123451234500000000000186
keys='dp-auth dp-pb dp-tls ds-auth ds-tls eim-sign eim-tls'

port() { # port FILE PATTERN: the number behind the pattern
    for _ in $(seq 100); do
        sed -n "s/.*$2[ :]\([0-9]*\)\(,.*\)\?$/\1/p" "$1" | head -n 1 | grep . && return 0
        sleep 0.1
    done
    cat "$1" >&2
    fail "no line '$2' in $1"
}

mkdir tokens
printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$work/tokens" >softhsm2.conf
export SOFTHSM2_CONF=$work/softhsm2.conf
expect 0 softhsm2-util --init-token --free --label servers --pin 24681357 --so-pin 87654321
(umask 077 && echo 24681357 >pin)
expect 0 "$program" pki init --curve "${1:-p256}"
id=0
for key in $keys; do
    expect 0 softhsm2-util --import var/pki/$key.key --token servers --label $key \
        --id "$((++id + 10))" --pin 24681357
    rm var/pki/$key.key
    echo "pkcs11:token=servers;object=$key;type=private?module-path=$module&pin-source=file:$work/pin" \
        >var/pki/$key.uri
done

expect 0 "$program" profile build -o test1.der --iccid 8900101000000000019 --imsi 001010000000001
expect 0 "$program" profile build -o test2.der --iccid 8900101000000000027 --imsi 001010000000002
cat >orders.txt <<ORDERS
profile  test1.der TEST-0001
profile  test2.der TEST-0002
device   $eid
download $eid 1\$testsmdpplus1.example.com\$TEST-0001
enable   $eid 8900101000000000019
ORDERS
"$program" card --tcp 0 >card.out 2>&1 &
"$program" serve --roles smdp,smds,eim --smdp-port 0 --es2-port 0 --smds-port 0 --es12-port 0 --eim-port 0 --orders orders.txt >serve.out 2>&1 &
server=$!
card=$(port card.out '127.0.0.1')
smdp=$(port serve.out 'SM-DP+ .* port')
eim=$(port serve.out 'eIM .* port')
expect 0 "$program" ipa --card "127.0.0.1:$card" --once --eim testeim.example.com \
    "testsmdpplus1.example.com=127.0.0.1:$smdp" "testeim.example.com=127.0.0.1:$eim"
sleep 1
for line in 4 5; do
    grep -q "order of line $line for $eid: done: ok" serve.out || { cat serve.out >&2; fail "line $line"; }
done
# SIGHUP opens the keys in the token anew, those that sign too
kill -HUP $server
for _ in $(seq 50); do
    grep -q 'certificates and keys reloaded' serve.out && break
    sleep 0.1
done
grep -q 'certificates and keys reloaded' serve.out || { cat serve.out >&2; fail reload; }
expect 0 "$program" lpa --card "127.0.0.1:$card" --yes --hosts "testsmdpplus1.example.com=127.0.0.1:$smdp" \
    download "1\$testsmdpplus1.example.com\$TEST-0002"
expect 0 "$program" lpa --card "127.0.0.1:$card" list
says 8900101000000000019
says 8900101000000000027
kill $server
wait $server || fail 'the server did not end well'

# refused, each with its sentence; the PIN stands in no message
try() { # TEXT: the server does not start, and says why
    expect 1 "$program" serve --roles smdp,smds,eim --smdp-port 0 --es2-port 0 --smds-port 0 --es12-port 0 --eim-port 0
    says "$1"
    ! grep -q 24681357 out err || fail 'the PIN is told'
}
cp var/pki/dp-pb.uri keep
openssl ecparam -name prime256v1 -genkey -noout -out var/pki/dp-pb.key 2>/dev/null
try 'dp-pb.der and its key: exists already'
rm var/pki/dp-pb.key
sed 's/object=dp-pb/object=dp-auth/' keep >var/pki/dp-pb.uri
try 'not that of the certificate'
sed 's/object=dp-pb/object=other/' keep >var/pki/dp-pb.uri
try "no private key 'other' in token 'servers'"
sed 's/token=servers/token=elsewhere/' keep >var/pki/dp-pb.uri
try "no token 'elsewhere'"
sed "s|pin-source=.*|pin-value=24681357|" keep >var/pki/dp-pb.uri
try 'PKCS#11 URI cannot be used: refused'
cp keep var/pki/dp-pb.uri
echo 00000000 >pin
try "token 'servers' refuses the PIN"
rm pin
try "the PIN's file"
