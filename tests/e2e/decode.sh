#!/bin/bash
# dunlin decode as a person uses it: names for everything, and the offending field when not.
. tests/e2e/lib.sh.inc

expect 0 "$DUNLIN" decode BF4F03020101
says 'eimPackageError: noEimPackageAvailable(1)'
expect 0 "$DUNLIN" decode --json BF4F03020101
says '"noEimPackageAvailable"'
echo BF5309800107 | tr -d '\n' >"$work/hex"
expect 1 "$DUNLIN" decode "$work/hex"
expect 1 "$DUNLIN" decode BF4F0302010100
says 'left over'
expect 1 "$DUNLIN" decode BF4F1C5A0F89049032123451234512345678901280008101018203 
expect 1 "$DUNLIN" decode BF4F115A0F890490321234512345123456789012
says 'eidValue'
expect 2 "$DUNLIN" decode
expect 0 "$DUNLIN" decode --type EimAcknowledgements BF5303800107
says '7'
expect 2 "$DUNLIN" decode --type NoSuchType BF5303800107
