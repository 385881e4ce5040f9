#!/bin/bash
# TLS-020: everything on brainpoolP256r1, as on P-256: certificates, signatures, key agreement and
# TLS. The consumer's way (LPA: SM-DS, download, enabling, notifications) and the IoT way (eIM and
# IPA, direct and indirect), with one script for both curves.
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
smdp=testsmdpplus1.example.com
root=testrootsmds.example.com
eim=testeim.example.com
eids=(89049032123451234500000000000186 89049032123451234500000000000283 89049032123451234500000000000380)

port() { # PATTERN: of a server
    sed -n "s/.*$1 .* port \([0-9]*\)$/\1/p" served
}

# Every server in one process, a card for each agent; $at has where the cards are.
start() {
    cat >orders <<END
operator orange ../orange.pem
rsp-server $smdp pki/dp-tls.pem
profile ../p0.der CONSUMER
profile ../p1.der DIRECT
profile ../p2.der INDIRECT
stock ../p3.der
device ${eids[1]}
download ${eids[1]} 1\$$smdp\$DIRECT
enable ${eids[1]} ${iccids[1]}
list ${eids[1]}
device ${eids[2]}
download ${eids[2]} 1\$$smdp\$INDIRECT
enable ${eids[2]} ${iccids[2]}
END
    "$program" serve --dir . --roles smdp,smds,eim --smdp-port 0 --es2-port 0 --smds-port 0 \
        --es12-port 0 --eim-port 0 --orders orders >served 2>&1 &
    until_says served 'eIM '
    for i in 0 1 2; do
        "$program" card --tcp 0 --dir card$i --pki pki --eid "${eids[i]}" >inserted$i 2>&1 &
    done
    for i in 0 1 2; do
        until_says inserted$i 127.0.0.1:
        at[i]=$(grep -oP '127[0-9.]*:[0-9]+' inserted$i)
    done
}

# What TLS is made of, as openssl sees it.
tls_speaks() { # CURVE VERSION
    openssl s_client -connect "127.0.0.1:$(port SM-DP+)" -CAfile pki/ci.pem -verify_return_error \
        -groups brainpoolP256r1:P-256 </dev/null >"$work/out" 2>"$work/err"
    says 'Verify return code: 0 (ok)'
    says "$2"
    sed -n '/BEGIN/,/END/p' "$work/out" | openssl x509 -noout -text >"$work/err"
    says "ASN1 OID: $1"
}

rsp_curl=(--curves brainpoolP256r1:P-256)
consumer() {
    lpa() {
        "$program" lpa --card "${at[0]}" --ca pki/ci.der --yes \
            --hosts "$smdp=127.0.0.1:$(port SM-DP+),$root=127.0.0.1:$(port SM-DS)" "$@" </dev/null
    }
    order() { # FUNCTION MEMBERS
        rsp_post pki/ci.pem ../orange orange "$(port 'ES2+')" "es2plus/$1" "\"iccid\":\"${iccids[3]}\",\"eid\":\"${eids[0]}\"${2:-}"
        says Executed-Success
    }
    expect 0 lpa download "1\$$smdp\$CONSUMER"
    says "installed ${iccids[0]}"
    order downloadOrder
    order confirmOrder ",\"matchingId\":\"EVENT\",\"smdsAddress\":\"$root\",\"releaseFlag\":true"
    expect 0 lpa discover $root
    says "installed ${iccids[3]}"
    expect 0 lpa enable "${iccids[0]}"
    expect 0 lpa notifications send
    says ', 0 left'
    expect 0 lpa list
    says "${iccids[0]}   enabled"
}

iot() {
    ipa() { # CARD
        "$program" ipa --card "${at[$1]}" --pki pki --once --eim $eim ${2:-} \
            "$smdp=127.0.0.1:$(port SM-DP+)" "$eim=127.0.0.1:$(port eIM)"
    }
    for _ in 1 2; do # what enabling makes the card notify goes the second time
        expect 0 ipa 1
        expect 0 ipa 2 --indirect
    done
    says 'no package waits'
    for line in 8 9 10; do
        until_says served "order of line $line for ${eids[1]}: done: ok"
    done
    for line in 12 13; do
        until_says served "order of line $line for ${eids[2]}: done: ok"
    done
}

iccids=()
for i in 0 1 2 3; do
    expect 0 "$program" profile build -o p$i.der
    iccids+=("$(grep -ohP '^iccid \K[0-9]+' out err)")
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=orange \
    -keyout orange.key -out orange.pem 2>/dev/null || fail 'openssl req'
for curve in p256 brainpool; do
    mkdir $curve
    cd $curve || exit 1
    expect 0 "$program" pki init --dir pki --euiccs 3 --curve $curve
    start
    if [ $curve = p256 ]; then
        tls_speaks prime256v1 TLSv1.3
    else
        tls_speaks brainpoolP256r1 TLSv1.2
    fi
    consumer
    iot
    kill $(jobs -p)
    wait
    cd ..
    echo "$curve: as it should"
done
echo passed
