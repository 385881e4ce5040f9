#!/bin/bash
# dunlin pki as a person uses it: a hierarchy of either curve that verifies, and clear refusals.
. tests/e2e/lib.sh.inc

for curve in p256 brainpool; do
    dir=$work/$curve
    expect 0 "$DUNLIN" pki init --dir "$dir" --euiccs 2 --curve $curve --host smdp.test --host=localhost
    says '2 eUICCs'
    expect 0 "$DUNLIN" pki show "$dir"
    says 'EUICC      ok'
    expect 0 "$DUNLIN" pki show "$dir/dp-tls.der" "$dir/eum.pem"
    says 'DNS smdp.test, DNS localhost'
    says 'serialNumber=89049032}  (critical)'
    expect 1 "$DUNLIN" pki init --dir "$dir"
    says 'exists already'
    expect 0 "$DUNLIN" pki euicc --dir "$dir" 89049032123451234512345678901235
    expect 0 "$DUNLIN" pki show "$dir/euicc/89049032123451234512345678901235.der"
    says 'Test eUICC'
done

# a certificate of another CI does not verify
cp "$work/brainpool/dp-auth.der" "$work/p256/stranger.der"
expect 1 "$DUNLIN" pki show "$work/p256"
says 'BAD'
says 'issuer is not known or not trusted'
expect 1 "$DUNLIN" pki show --json "$work/p256"
says '"valid":false'

expect 1 "$DUNLIN" pki euicc --dir "$work/p256" 12345000000000000000000000000186
says 'may not issue for this EID'
expect 1 "$DUNLIN" pki show "$work/none.der"
says 'not found'
expect 1 "$DUNLIN" pki show "$work/p256/ci.key"
expect 2 "$DUNLIN" pki init --curve p384
expect 2 "$DUNLIN" pki show
expect 2 "$DUNLIN" pki
if [ -d "$data/sgp26" ]; then
    expect 0 "$DUNLIN" pki show $data/sgp26/eUICC/CERT_EUICC_ECDSA_NIST.der
    says '7496-'
else
    echo "skipped: $data/sgp26 is not there"
fi
