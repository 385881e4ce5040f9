#!/bin/bash
# dunlin decode as a person uses it: names for everything, and the offending field when not.
. tests/e2e/lib.sh.inc

eid=89049032123451234512345678901235

# prints HEX TEXT: the message decodes, and TEXT stands in what is printed
prints() {
    expect 0 "$DUNLIN" decode "$1"
    says "$2"
}

# reference encodings of SGP.32
prints BF4F03020101 'eimPackageError: noEimPackageAvailable(1)'
prints BF50023000 'emptyResponse'
prints BF500ABF53078001078002012C '300'
prints BF5003020102 'eidNotFound(2)'
prints BF4F1C5A10${eid}8000810101820362F210 'stateChangeCause: fallback(1)'
prints BF510BA209800465696D31840105 'associationToken: 5'
prints BF5008A006800101020101 'invalidPackageFormat(1)'
prints BF52195C0ABF20BF228384A5A6A8A9A103800105A203800106830101 'tagList: BF20BF228384A5A6A8A9'
prints BF5205A103020101 'incorrectTagList(1)'
prints BF540EA00980073124612E62244D820101 'activationCode: "1$a.b$M"'
prints BF5409A007A2058003612E62 'smdsAddress: "a.b"'
prints BF5404A0028100 'contactDefaultSmdp'
prints BF4102A000 'cancelSessionOk'
prints BF5707A0058401050500 'associationToken: 5'
prints BF6404820201A6 'resetOptions'
prints BF6406800100810100 'ok(0)'
prints BF2B04A0028200 'euiccPackageResults'
prints E104800206C0 'ipaeSupported'

expect 0 "$DUNLIN" decode --json BF4F03020101
says '"noEimPackageAvailable"'
printf 'BF5303800107' >"$work/hex"
expect 0 "$DUNLIN" decode "$work/hex"
says '7'
printf '\xBF\x53\x03\x80\x01\x07' >"$work/der"
expect 0 "$DUNLIN" decode "$work/der"
expect 0 "$DUNLIN" decode - <"$work/der"
expect 0 "$DUNLIN" decode --type EimAcknowledgements BF5303800107

# malformed, truncated, octets left over: exit 1, and the field by its name
expect 1 "$DUNLIN" decode BF30028000
says seqNumber
expect 1 "$DUNLIN" decode BF5309800107
expect 1 "$DUNLIN" decode BF4F0302010100
says 'left over'
expect 1 "$DUNLIN" decode 0000
expect 1 "$DUNLIN" decode "$work/none"

expect 2 "$DUNLIN" decode
expect 2 "$DUNLIN" decode --type NoSuchType BF5303800107
