#!/bin/bash
# The main job: profile ordered, downloaded, enabled by signed package, verified by authentication;
# with the project's own profile and with every TS.48 package, direct and indirect.
. tests/e2e/lib.sh.inc

for way in --direct --indirect; do
    expect 0 "$DUNLIN" demo --devices 5 $way --dir "$work/own$way"
    last '^demo: 5 devices, 5 downloaded, 5 enabled, 5 authenticated, 0 failed, [0-9.]+ s$'
done

# once more in the same folder: everything is done already, and nothing is done twice
expect 0 "$DUNLIN" demo --devices 5 --direct --dir "$work/own--direct"
last '^demo: 5 devices, 5 downloaded, 5 enabled, 5 authenticated, 0 failed, [0-9.]+ s$'

expect 0 "$DUNLIN" demo --devices 1 --json --dir "$work/json"
last '"failed":0'

expect 2 "$DUNLIN" demo --devices 0
says '--devices'
expect 1 "$DUNLIN" demo --devices 1 --profile /dev/null --dir "$work/none"

if [ -d "$data/ts48" ]; then
    for profile in "$data"/ts48/*.der; do
        for way in --direct --indirect; do
            expect 0 "$DUNLIN" demo --devices 2 $way --profile "$profile" --dir "$work/ts48"
            last '^demo: 2 devices, 2 downloaded, 2 enabled, 2 authenticated, 0 failed, [0-9.]+ s$'
            rm -rf "$work/ts48"
        done
    done
    expect 0 "$DUNLIN" demo --devices 1 --as-is --profile "$profile" --dir "$work/asis"
    last '^demo: 1 devices, 1 downloaded, 1 enabled, 1 authenticated, 0 failed, [0-9.]+ s$'
else
    echo "skipped: TS.48 packages are not there ($data/ts48)"
fi
