#!/bin/bash
# SIGHUP: a TLS certificate takes the place of another while the server runs. openssl s_client sees
# the new one, a connection from before goes on, and what cannot be read leaves the old one in force.
. tests/e2e/lib.sh.inc

program=$(realpath "$DUNLIN")
cd "$work" || exit 1
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

expect 0 "$program" pki init
"$program" serve --smdp-port 0 --es2-port 0 --eim-port 0 >serve.out 2>&1 &
server=$!
for _ in $(seq 100); do
    grep -q 'eIM .* port' serve.out && break
    sleep 0.1
done
smdp=$(sed -n 's/.*SM-DP+ .* port \([0-9]*\)$/\1/p' serve.out)
es2=$(sed -n 's/.*ES2+ on .* port \([0-9]*\)$/\1/p' serve.out)
eim=$(sed -n 's/.*eIM .* port \([0-9]*\)$/\1/p' serve.out)
[ -n "$smdp" ] && [ -n "$es2" ] && [ -n "$eim" ] || { cat serve.out >&2; fail 'no ports'; }

serial() { # PORT
    openssl s_client -connect "127.0.0.1:$1" -CAfile var/pki/ci.pem -verify_return_error </dev/null 2>/dev/null |
        openssl x509 -noout -serial
}
renew() { # STEM SERIAL: a certificate with a key of its own and otherwise the same content
    openssl ecparam -name prime256v1 -genkey -noout -out fresh.key 2>/dev/null
    openssl x509 -in "var/pki/$1.pem" -x509toreq -copy_extensions copyall -key fresh.key -out fresh.req 2>err &&
        openssl x509 -req -in fresh.req -copy_extensions copyall -CA var/pki/ci.pem -CAkey var/pki/ci.key \
            -set_serial "0x$2" -days 30 -out fresh.pem 2>err || { cat err >&2; fail openssl; }
    chmod 600 fresh.key
    mv fresh.key "var/pki/$1.key"
    mv fresh.pem "var/pki/$1.pem"
    openssl x509 -in "var/pki/$1.pem" -outform DER -out "var/pki/$1.der"
}
hup() { # TEXT: what the server says of it
    local before
    before=$(grep -c "$1" serve.out)
    kill -HUP $server
    for _ in $(seq 50); do
        [ "$(grep -c "$1" serve.out)" -gt "$before" ] && return
        sleep 0.1
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

# a key that is not the certificate's, and none: what is in force stays
cp var/pki/dp-tls.key keep
cp var/pki/eim-tls.key var/pki/dp-tls.key
hup 'not reloaded: .*dp-tls'
[ "$(serial "$smdp")" = serial=51AA ] || fail 'the certificate in force is gone'
rm var/pki/dp-tls.key
hup 'not reloaded: .*dp-tls'
[ "$(serial "$smdp")" = serial=51AA ] || fail 'the certificate in force is gone'
cp keep var/pki/dp-tls.key
hup 'certificates and keys reloaded'
kill $server
wait $server || fail 'the server did not end well'
exit 0
