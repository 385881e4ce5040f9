#!/bin/bash
# Line coverage of a room by its unit tests, file by file.
#
#   tools/coverage.sh [ROOM...]     default: euicc euicc/isdr
#
# Builds without optimisation into build-coverage (or $DUNLIN_BUILD_COVERAGE). Needs gcov, which comes with gcc.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
build=${DUNLIN_BUILD_COVERAGE:-$root/build-coverage}
[ $# -gt 0 ] || set -- euicc euicc/isdr

cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DDUNLIN_COVERAGE=ON >/dev/null
targets=$(ninja -C "$build" -t targets all | sed -n 's/^\([a-z0-9_]*_test_[a-z0-9_]*\): .*EXECUTABLE.*/\1/p' | sort -u)
wanted=()
for room in "$@"; do
    name=${room//\//_}
    for target in $targets; do
        case $target in "$name"_test_*) wanted+=("$target") ;; esac
    done
done
[ ${#wanted[@]} -gt 0 ] || { echo "no unit tests of: $*" >&2; exit 2; }
ninja -C "$build" "${wanted[@]}" >/dev/null
find "$build" -name '*.gcda' -delete
for target in "${wanted[@]}"; do
    "$build/$target" >"$build/$target.log" 2>&1 || { tail -n 20 "$build/$target.log"; exit 1; }
done

for room in "$@"; do
    objects="$build/CMakeFiles/${room//\//_}.dir/src/$room"
    gcov -n -r -s "$root" "$objects"/*.gcda 2>/dev/null
done | awk -v rooms="$*" '
    /^File / { gsub(/'\''/, "", $2); file = $2 }
    /^Lines executed/ && file ~ /^src\/.*\.c$/ {
        split($0, part, /[:% ]+/)
        percent = part[3]; lines = part[5]
        of[file] = lines; hit[file] = percent * lines / 100
        file = ""
    }
    END {
        for (f in of) {
            printf "%6.1f %%  %5d lines  %s\n", 100 * hit[f] / of[f], of[f], f | "sort -n"
            all += of[f]; done += hit[f]
        }
        close("sort -n")
        if (all) printf "%6.1f %%  %5d lines  in all\n", 100 * done / all, all
    }'
