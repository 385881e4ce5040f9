#!/bin/bash
# kill -9 at any moment of the demo, then again in the same folder: it completes, nothing doubled,
# nothing lost.
. tests/e2e/lib.sh.inc
rounds=${DUNLIN_KILL_ROUNDS:-12}
program=$DUNLIN_PLAIN
[ -x "$program" ] || program=$DUNLIN

for way in --direct --indirect; do
    dir=$work/kill$way
    for round in $(seq "$rounds"); do
        "$program" demo --devices 6 $way --dir "$dir" >"$work/out" 2>&1 &
        pid=$!
        # from a few milliseconds up to beyond the whole run
        sleep "0.$(printf '%03d' $((RANDOM % (100 + round * 60))))"
        kill -9 $pid 2>/dev/null
        wait $pid 2>/dev/null
    done
    expect 0 "$program" demo --devices 6 $way --dir "$dir"
    last '^demo: 6 devices, 6 downloaded, 6 enabled, 6 authenticated, 0 failed, [0-9.]+ s$'
done
