#!/bin/bash
# Revocation lists as an operator uses them: `dunlin pki revoke` makes them (and openssl believes
# them), `dunlin serve --crl` refuses cards by them, from SIGHUP on, and every client of TLS refuses
# servers by them: LPA, IPA, ES12 and the reports of ES2+.
# TLS-009: a revoked server gets no octet of HTTP; a list that is badly signed is ignored.
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
eid=89049032123451234500000000000186
smdp=testsmdpplus1.example.com
root=testrootsmds.example.com
eim=testeim.example.com

# ---- lists ----
expect 0 "$program" pki init --dir pki --euiccs 2
mkdir lists
verified() { # LIST CA
    expect 0 openssl crl -inform DER -in "$1" -noout -verify -CAfile "$2"
    says 'verify OK'
}
cp -r pki spare
expect 0 "$program" pki revoke --dir spare spare/dp-tls.pem spare/euicc/$eid.der
says 'spare/ci.crl: list 1, 1 certificate revoked'
says 'spare/eum.crl: list 1, 1 certificate revoked'
verified spare/ci.crl spare/ci.pem
verified spare/eum.crl spare/eum.pem
openssl crl -inform DER -in spare/ci.crl -outform PEM -out list.pem
expect 2 openssl verify -crl_check -CAfile spare/ci.pem -CRLfile list.pem spare/dp-tls.pem
says 'certificate revoked'
expect 0 openssl verify -crl_check -CAfile spare/ci.pem -CRLfile list.pem spare/ds-tls.pem
# it grows; what is there is there; a serial number alone will do
expect 0 "$program" pki revoke --dir spare --serial 12345678 spare/dp-tls.der
says 'spare/ci.crl: list 2, 2 certificates revoked'
expect 0 "$program" pki revoke --dir spare --serial 000085AA --issuer eum
says 'spare/eum.crl: list 2, 2 certificates revoked'
openssl crl -inform DER -in spare/eum.crl -noout -text | grep -q 'Serial Number: 85AA' || fail 'the serial number'
expect 0 "$program" pki revoke --dir spare
says 'spare/ci.crl: list 3, 2 certificates revoked'
expect 1 "$program" pki revoke --dir pki spare/ci.key
[ ! -e pki/ci.crl ] || fail 'a list was made of nothing'
expect 0 "$program" pki init --dir stranger --euiccs 0
expect 1 "$program" pki revoke --dir pki stranger/dp-tls.der
says 'neither the CI nor the EUM there has issued it'
expect 1 "$program" pki revoke --dir pki --serial XY
expect 2 "$program" pki revoke --dir pki --issuer dp
expect 1 "$program" pki revoke --dir none

# ---- servers ----
iccids=()
for i in 0 1 2 3; do
    expect 0 "$program" profile build -o p$i.der
    iccids+=("$(grep -ohP '^iccid \K[0-9]+' out err)")
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=orange \
    -keyout orange.key -out orange.pem 2>/dev/null || fail 'openssl req'
free_ports es2
# the operator's server has the certificate that eim.crl will name
: >heard
"$(dirname "$program")/cutting_proxy" pki/eim-tls.pem pki/eim-tls.key nothing 0 >heard &
until_says heard 'port '
notify=$(sed -n 's/^port //p' heard)
cat >orders <<END
operator orange orange.pem localhost:$notify
profile p0.der FIRST
profile p1.der SECOND
stock p2.der
stock p3.der
rsp-server $smdp pki/dp-tls.pem
device $eid
END
expect 1 "$program" serve --pki pki --crl none.crl --smdp-port 0 --es2-port 0 --eim-port 0
says 'revocation list none.crl: not found'
start_servers() {
    "$program" serve --pki pki --crl lists --roles smdp,smds,eim --orders orders --smdp-port 0 \
        --es2-port "$es2" --smds-port 0 --es12-port 0 --eim-port 0 >served 2>refused &
    server=$!
    until_says served 'revoked certificates: 0'
}
start_servers
es9=$(sed -n 's/.*SM-DP+ .* port \([0-9]*\)$/\1/p' served)
esipa=$(sed -n 's/.*eIM .* port \([0-9]*\)$/\1/p' served)
"$program" card --tcp 0 --dir card --pki pki >inserted 2>&1 &
until_says inserted 127.0.0.1:
card=$(grep -oP '127[0-9.]*:[0-9]+' inserted)

hup() { # TEXT: what the server says of it, last
    : >refused
    : >served
    kill -HUP $server
    for _ in $(seq 100); do
        cat served refused | grep -qF -- "$1" && return
        sleep 0.05
    done
    cat served refused >&2
    fail "the server does not say: $1"
}
lpa() { "$program" lpa --card "$card" --ca pki/ci.der --yes --hosts "$smdp=127.0.0.1:$es9" "$@" </dev/null; }
damaged() { # LIST: with another signature
    head -c -1 "$1"
    printf '\0'
}

expect 0 lpa download "1\$$smdp\$FIRST"
# the eUICC, by its EUM; then the EUM, by the CI: a chain that the server knows already
cp pki/eum.der lists
"$program" pki revoke --dir pki pki/euicc/$eid.der >out || fail revoke
mv pki/eum.crl lists
hup 'revoked certificates: 1'
expect 1 lpa download "1\$$smdp\$SECOND"
until_says refused '8.1.3/6.1'
"$program" pki revoke --dir pki pki/eum.der >out || fail revoke
mv pki/ci.crl lists
hup 'revoked certificates: 2'
expect 1 lpa download "1\$$smdp\$SECOND"
until_says refused '8.1.2/6.1'

# what cannot be read leaves what is in force
echo nothing >lists/x.pem
hup 'not reloaded: revocation list lists/x.pem'
expect 1 lpa download "1\$$smdp\$SECOND"
until_says refused '8.1.2/6.1'
rm lists/x.pem lists/eum.crl

# a list that is badly signed is said and ignored, and the order is what it was
damaged lists/ci.crl >lists/bad.crl
rm lists/ci.crl
hup 'revoked certificates: 0'
until_says refused 'revocation list lists/bad.crl: not used: its signature does not verify'
expect 0 lpa download "1\$$smdp\$SECOND"
says "installed ${iccids[1]}"

# a list that is overdue goes on; another CI's is none
rm lists/*
"$program" pki revoke --dir pki --days 0 pki/eum.der >out || fail revoke
mv pki/ci.crl lists
sleep 1.1
hup 'revoked certificates: 1'
until_says refused 'revocation list lists/ci.crl: in force, but its next update is overdue'
"$program" pki revoke --dir stranger pki/eum.der >out 2>&1 && fail 'the stranger revoked it'
"$program" pki revoke --dir stranger --serial 12345678 >out || fail revoke
mv stranger/ci.crl lists
hup 'revoked certificates: 0'
until_says refused 'revocation list lists/ci.crl: not used: its issuer is none that is trusted'
rm lists/*

# ---- clients ----
"$program" pki revoke --dir pki pki/dp-tls.der >out || fail revoke
mv pki/ci.crl dp.crl
"$program" pki revoke --dir pki pki/eim-tls.der >out || fail revoke
mv pki/ci.crl eim.crl
"$program" pki revoke --dir pki pki/ds-tls.der >out || fail revoke
mv pki/ci.crl ds.crl

: >refused
expect 0 lpa enable "${iccids[1]}"
expect 0 lpa notifications
[ -s out ] || fail 'no notification waits'
expect 1 lpa --crl dp.crl notifications send
says '0 delivered'
expect 1 lpa --crl dp.crl download "1\$$smdp\$THIRD"
says 'certificate is revoked by its issuer'
[ ! -s refused ] || fail "the SM-DP+ was asked: $(cat refused)"
damaged dp.crl >bad.crl
expect 1 lpa --crl bad.crl download "1\$$smdp\$THIRD"
says 'bad.crl: not used: its signature does not verify'
says '8.2.6'
expect 0 lpa --crl ds.crl notifications send
says ', 0 left'
expect 1 lpa --crl orders list
says 'orders: '

ipa() {
    "$program" ipa --card "$card" --pki pki --once --eim $eim "$smdp=127.0.0.1:$es9" "$eim=127.0.0.1:$esipa" "$@"
}
expect 1 ipa --crl eim.crl
says 'a server was not reached'
expect 0 ipa --crl dp.crl

# ES12 and ES2+ of the SM-DP+: the SM-DS is refused, then it is not; likewise the operator's server
order() { rsp_post pki/ci.pem orange orange "$es2" "es2plus/$1" "$2"; } # FUNCTION MEMBERS
confirm() {
    order confirmOrder "\"iccid\":\"${iccids[2]}\",\"matchingId\":\"EVENT\",\"smdsAddress\":\"$root\",\"releaseFlag\":true"
}
order downloadOrder "\"iccid\":\"${iccids[2]}\",\"eid\":\"$eid\""
says Executed-Success
cp ds.crl lists
hup 'revoked certificates: 1'
confirm
says '"subjectCode":"8.9","reasonCode":"5.1"'
cp eim.crl lists/ds.crl
hup 'revoked certificates: 1'
confirm
says Executed-Success

# the operator's server has that certificate
order downloadOrder "\"iccid\":\"${iccids[3]}\""
order confirmOrder "\"iccid\":\"${iccids[3]}\",\"matchingId\":\"TOLD\",\"releaseFlag\":true"
says Executed-Success
expect 0 lpa download "1\$$smdp\$TOLD"
until_says heard 'alert certificate revoked'
grep -q ^whole heard && fail "the operator's server heard: $(cat heard)"
rm lists/*
kill $server
wait $server || fail 'the server did not end well'
start_servers # what was not delivered is due at once
until_says heard 'whole /gsma/rsp2/es2plus/handleDownloadProgressInfo'
kill $server
wait $server || fail 'the server did not end well'
echo passed
