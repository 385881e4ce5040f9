#!/bin/bash
# SIGHUP: certificates, keys and CIs take the place of others while the servers run. Those of TLS:
# openssl s_client sees the new one, a connection from before goes on. Those that sign: downloads go
# on while they change, and an eUICC that asks is shown the new one. What cannot be used leaves all
# of the old in force. Of several curves a client gets that which it knows (TLS-020).
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
name=testsmdpplus1.example.com

expect 0 "$program" pki init
expect 0 "$program" pki init --dir brainpool --curve brainpool
for i in {1..12}; do
    expect 0 "$program" profile build -o "p$i.der"
    echo "profile p$i.der ROTATE-$i"
done >orders
"$program" card --tcp 0 >card.out 2>&1 &
"$program" serve --roles smdp,smds,eim --smdp-port 0 --es2-port 0 --smds-port 0 --es12-port 0 --eim-port 0 \
    --admin-port 0 --credential brainpool --orders orders >serve.out 2>&1 &
server=$!
for _ in $(seq 100); do
    grep -q 'desk .* port' serve.out && grep -q '127.0.0.1:' card.out && break
    sleep 0.1
done
smdp=$(sed -n 's/.*SM-DP+ .* port \([0-9]*\)$/\1/p' serve.out)
es2=$(sed -n 's/.*ES2+ on .* port \([0-9]*\)$/\1/p' serve.out)
smds=$(sed -n 's/.*SM-DS .* port \([0-9]*\)$/\1/p' serve.out)
eim=$(sed -n 's/.*eIM .* port \([0-9]*\)$/\1/p' serve.out)
desk=$(sed -n 's/.*desk on .* port \([0-9]*\)$/\1/p' serve.out)
card=$(sed -n 's/.*127.0.0.1:\([0-9]*\)$/\1/p' card.out)
[ -n "$smdp" ] && [ -n "$es2" ] && [ -n "$smds" ] && [ -n "$eim" ] && [ -n "$desk" ] && [ -n "$card" ] ||
    { cat serve.out card.out >&2; fail 'no ports'; }

serial() { # PORT [OPTION...]
    local port=$1
    shift
    openssl s_client -connect "127.0.0.1:$port" -CAfile var/pki/ci.pem -verify_return_error "$@" </dev/null 2>/dev/null |
        openssl x509 -noout -serial
}
renew() { # STEM SERIAL [DAYS [CA]]: a certificate with a key of its own and otherwise the same content
    local ca=${4:-var/pki/ci}
    openssl ecparam -name prime256v1 -genkey -noout -out fresh.key 2>/dev/null
    openssl x509 -in "var/pki/$1.pem" -x509toreq -copy_extensions copyall -key fresh.key -out fresh.req 2>err &&
        openssl x509 -req -in fresh.req -copy_extensions copyall -CA "$ca.pem" -CAkey "$ca.key" \
            -set_serial "0x$2" -days "${3:-30}" -out fresh.pem 2>err || { cat err >&2; fail openssl; }
    chmod 600 fresh.key
    mv fresh.key "var/pki/$1.key"
    mv fresh.pem "var/pki/$1.pem"
    openssl x509 -in "var/pki/$1.pem" -outform DER -out "var/pki/$1.der"
}
hup() { # TEXT: what the server says of it
    local before
    before=$(grep -c "$1" serve.out)
    kill -HUP $server
    for _ in $(seq 500); do
        [ "$(grep -c "$1" serve.out)" -gt "$before" ] && return
        sleep 0.01
    done
    cat serve.out >&2
    fail "the server does not say: $1"
}

old=$(serial "$smdp")
[ -n "$old" ] && [ "$(serial "$es2")" = "$old" ] || fail 'no certificate'
# a connection that stays: two requests on it, one before and one after
request='POST /gsma/rsp2/es9plus/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}'
mkfifo ask
openssl s_client -quiet -connect "127.0.0.1:$smdp" -CAfile var/pki/ci.pem <ask >kept 2>/dev/null &
exec 3>ask
printf "$request" >&3
answers() { # N: so many answers have come on the connection that stays
    for _ in $(seq 50); do
        [ "$(grep -c '^HTTP/1.1 404' kept)" = "$1" ] && return
        sleep 0.1
    done
    cat kept >&2
    fail "no answer $1 on the old connection"
}
answers 1

renew dp-tls 51AA
[ "$(serial "$smdp")" = "$old" ] || fail 'a certificate was taken without being asked'
hup 'certificates and keys reloaded'
[ "$(serial "$smdp")" = serial=51AA ] || fail 'ES9+ has the old certificate'
[ "$(serial "$es2")" = serial=51AA ] || fail 'ES2+ has the old certificate'
printf "$request" >&3
answers 2
exec 3>&-

renew eim-tls 51BB
hup 'certificates and keys reloaded'
[ "$(serial "$eim")" = serial=51BB ] || fail 'ESipa has the old certificate'

# the key of a certificate that signs, in the same breath as one of TLS
shown() { # PORT: serial of the certificate that an eUICC of this CI is shown
    local id info
    id=$(openssl x509 -in var/pki/ci.pem -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' :')
    info="BF20358203020203A9160414${id}AA160414$id"
    curl -sS --cacert var/pki/ci.pem --connect-to "::127.0.0.1:$1" -H 'Content-Type: application/json' \
        -H 'X-Admin-Protocol: gsma/rsp/v2.2.2' \
        -d "{\"euiccChallenge\":\"AAECAwQFBgcICQoLDA0ODw==\",\"euiccInfo1\":\"$(printf "$(sed 's/../\\x&/g' <<<"$info")" | base64 -w 0)\",
            \"smdpAddress\":\"${2:-$name}\"}" \
        "https://localhost/gsma/rsp2/es9plus/initiateAuthentication" >answer || fail "initiateAuthentication"
    sed -n 's/.*"serverCertificate":"\([^"]*\)".*/\1/p' answer | base64 -d | openssl x509 -inform DER -noout -serial
}
renew dp-auth 51CA
renew dp-pb 51CB
renew ds-auth 51CC
hup 'certificates and keys reloaded'
[ "$(shown "$smdp")" = serial=51CA ] || fail 'eUICCs are shown the old CERT.DPauth'
[ "$(shown "$smds" testrootsmds.example.com)" = serial=51CC ] || fail 'eUICCs are shown the old CERT.DSauth'

# downloads while the keys change again and again
for set in 0 1; do
    renew dp-auth "52A$set"
    renew dp-pb "52B$set"
    mkdir "set$set"
    cp -a var/pki/dp-auth.* var/pki/dp-pb.* "set$set"
done
(
    for i in {1..12}; do
        "$program" lpa --card "127.0.0.1:$card" --yes --hosts "$name=127.0.0.1:$smdp" \
            download "1\$$name\$ROTATE-$i" >"lpa.$i" 2>&1 || { cat "lpa.$i" >&2; exit 1; }
    done
    touch downloaded
) &
downloads=$!
for round in $(seq 200); do
    cp -a "set$((round % 2))"/. var/pki
    hup 'certificates and keys reloaded'
    kill -0 $downloads 2>/dev/null || break
done
wait $downloads || fail 'a download failed while the keys changed'
[ -e downloaded ] || fail 'the downloads did not end'
[ "$round" -gt 3 ] || fail "only $round changes during the downloads"
now=$(shown "$smdp")
expect 0 "$program" audit show --db var/smdp.db
says 'keys.reloaded'
grep -qi "dp-auth ${now#serial=}, dp-pb 52B" "$work/out" || { cat "$work/out" >&2; fail 'the log does not name the certificates'; }

# what cannot be used: each time something good stands beside it, which must not be taken either
mkdir good
cp -a var/pki brainpool good
tls=$(serial "$smdp")
refused() { # FILE: named; nothing has changed
    renew dp-tls 51DD
    hup "not reloaded: .*$1"
    [ "$(serial "$smdp")" = "$tls" ] || fail "TLS changed although $1 cannot be used"
    [ "$(shown "$smdp")" = "$now" ] || fail "CERT.DPauth changed although $1 cannot be used"
    rm -rf var/pki brainpool
    cp -a good/pki var
    cp -a good/brainpool .
}
cp var/pki/dp-auth.key var/pki/dp-pb.key
refused 'dp-pb.der and its key'
rm var/pki/dp-auth.key
refused 'dp-auth.der and its key'
renew dp-auth 51DA -1
refused 'dp-auth.der'
renew dp-pb 51DB 30 brainpool/ci
refused 'dp-pb.der'
for what in der pem key; do cp "var/pki/dp-pb.$what" "var/pki/dp-auth.$what"; done
refused 'dp-auth.der'
echo nonsense >var/pki/ci.der
refused 'ci.der'
cp brainpool/ci.der var/pki/ci.der
refused 'dp-auth.der: none of the CIs'
renew ds-auth 51DC -1
refused 'ds-auth.der'
renew eim-tls 51DE -1
refused 'eim-tls.pem'
rm brainpool/dp-auth.key
refused 'brainpool/dp-auth.der'
for at in {var/pki,brainpool}/{dp-auth,dp-pb}; do # another SM-DP+: eUICCs would not find this one again
    policy=$([ "${at##*/}" = dp-auth ] && echo 4 || echo 5)
    printf '%s\n' 'authorityKeyIdentifier=keyid' 'subjectKeyIdentifier=hash' 'keyUsage=critical,digitalSignature' \
        "certificatePolicies=critical,2.23.146.1.2.1.$policy" 'subjectAltName=RID:2.999.99' >extensions
    openssl req -new -key "$at.key" -subj '/O=ACME/CN=Other' -out fresh.req 2>err &&
        openssl x509 -req -in fresh.req -days 30 -CA "${at%/*}/ci.pem" -CAkey "${at%/*}/ci.key" \
            -extfile extensions -outform DER -out "$at.der" 2>err || { cat err >&2; fail openssl; }
done
refused 'var/pki/dp-auth.der: registered ID of another SM-DP+'
expect 0 "$program" audit show --db var/eim.db
says 'keys.refused'
expect 0 "$program" audit verify --db var/smdp.db
curl -sS --cacert var/pki/ci.pem --connect-to "::127.0.0.1:$desk" -H "Authorization: Bearer $(cat var/admin.token)" \
    https://localhost/metrics >metrics || fail metrics
grep -q '^dunlin_reloads_total{outcome="refused"} 11$' metrics || { grep reloads metrics >&2; fail 'the refusals are not counted'; }
hup 'certificates and keys reloaded'

# a certificate of each curve under one name, and one for ES2+ alone
curve() { # OPTION...: of the key that the SM-DP+ shows
    openssl s_client -connect "127.0.0.1:$smdp" -servername $name "$@" </dev/null 2>/dev/null |
        openssl x509 -noout -text | sed -n 's/.*ASN1 OID: //p'
}
[ "$(curve -groups P-256)" = prime256v1 ] || fail 'a client that knows NIST alone'
[ "$(curve -groups brainpoolP256r1 -tls1_2)" = brainpoolP256r1 ] || fail 'a client that knows brainpool alone'
[ "$(curve -groups brainpoolP256r1:P-256)" = prime256v1 ] || fail 'a client that knows both'
cp var/pki/dp-tls.key var/pki/es2-tls.key
cp var/pki/dp-tls.pem var/pki/es2-tls.pem
renew es2-tls 51EE
hup 'certificates and keys reloaded'
[ "$(serial "$es2")" = serial=51EE ] || fail 'ES2+ has no certificate of its own'
[ "$(serial "$smdp")" = "$tls" ] || fail "ES9+ has that of ES2+"
[ "$(serial "$desk")" = "$tls" ] || fail 'the desk has another certificate'
renew dp-tls 51EF
hup 'certificates and keys reloaded'
[ "$(serial "$desk")" = serial=51EF ] || fail 'the desk has the old certificate'
kill $server
wait $server || fail 'the server did not end well'
exit 0
