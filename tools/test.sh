#!/bin/bash
# Every check of the project. Closes with the line "N passed, N failed".
#
#   ./dunlin test             all, under address and undefined-behaviour sanitizers
#   ./dunlin test PATTERN     only the test programs whose name contains PATTERN
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
. tools/packages.sh
install_packages $BUILD_PACKAGES $TEST_PACKAGES

pattern=${1:-}
san=${DUNLIN_BUILD_SANITIZED:-$root/build-sanitized}
fuzz=${DUNLIN_BUILD_FUZZ:-$root/build-fuzz}
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
passed=0 failed=0 skipped=0
export ASAN_OPTIONS=abort_on_error=0:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

build() { # build DIR CMAKE-OPTION...
    local dir=$1
    shift
    cmake -S . -B "$dir" -G Ninja "$@" >"$log/cmake" 2>&1 && ninja -C "$dir" >"$log/ninja" 2>&1 && return 0
    tail -n 60 "$log/cmake" "$log/ninja" 2>/dev/null
    echo "FAILED  build of $dir"
    failed=$((failed + 1))
    return 1
}

pass() { passed=$((passed + 1)); printf 'ok      %s\n' "$1"; }
fail() { failed=$((failed + 1)); printf 'FAILED  %s\n' "$1"; tail -n 60 "$2"; }

# A cmocka program counts as many tests as it has.
run_unit() {
    local name out good bad skip
    name=$(basename "$1")
    out=$log/$name
    timeout 300 "$1" >"$out" 2>&1
    local status=$?
    good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s)\.$/\1/p' "$out" | tail -n 1)
    bad=$(grep -c '^\[  FAILED  \] [^ ]*$' "$out")
    skip=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test(s).*/\1/p' "$out" | tail -n 1)
    passed=$((passed + ${good:-0}))
    skipped=$((skipped + ${skip:-0}))
    if [ "$status" = 0 ] && [ -n "$good" ]; then
        printf 'ok      %-40s %4d%s\n' "$name" "$good" "${skip:+, $skip skipped}"
        grep -h '^skipped:' "$out" | sort -u
    else
        [ "$bad" -gt 0 ] || bad=1
        failed=$((failed + bad))
        printf 'FAILED  %s (exit status %d)\n' "$name" "$status"
        grep -v '^\[ RUN\|^\[       OK' "$out" | tail -n 60
    fi
}

# A short run of a fuzzer, starting from its corpus when there is one.
run_fuzz() {
    local name
    name=$(basename "$1")
    local corpus=()
    local dir
    dir=$(find fuzz -type d -name "$name.corpus" -print -quit)
    [ -n "$dir" ] && corpus=("$log/$name.new" "$dir") && mkdir -p "$log/$name.new"
    if timeout 120 "$1" -max_total_time="${DUNLIN_FUZZ_SECONDS:-10}" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$log/" "${corpus[@]}" >"$log/$name" 2>&1; then
        pass "$name"
    else
        fail "$name" "$log/$name"
    fi
}

run_script() {
    local name
    name=$(basename "$1" .sh)
    if timeout 900 env DUNLIN="$san/dunlin" DUNLIN_PLAIN="${DUNLIN_BUILD:-$root/build}/dunlin" \
        bash "$1" >"$log/$name" 2>&1; then
        pass "$name"
        grep -h '^skipped:' "$log/$name" | sort -u
    else
        fail "$name" "$log/$name"
    fi
}

if build "$san" -DCMAKE_BUILD_TYPE=Debug -DDUNLIN_SANITIZE=ON; then
    for program in "$san"/*_test_*; do
        [ -f "$program" ] && [ -x "$program" ] || continue
        case $program in *"$pattern"*) run_unit "$program" ;; esac
    done
fi
case ipa_library in *"$pattern"*)
    if tools/check-ipa.sh "$log/ipa" >"$log/ipa_library" 2>&1; then
        pass ipa_library
        sed 's/^/          /' "$log/ipa_library"
    else
        fail ipa_library "$log/ipa_library"
    fi
    ;;
esac
for script in tests/e2e/*.sh; do
    [ -f "$script" ] || continue
    case $script in *"$pattern"*) run_script "$script" ;; esac
done
if build "$fuzz" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang -DDUNLIN_SANITIZE=ON -DDUNLIN_FUZZ=ON; then
    for program in "$fuzz"/fuzz_*; do
        [ -f "$program" ] && [ -x "$program" ] || continue
        case $program in *"$pattern"*) run_fuzz "$program" ;; esac
    done
fi

echo
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" = 0 ]
