#!/bin/sh
# libdunlin-ipa as a device maker links it: built for size from src/ipa and what it needs of rsp, der
# and base, then checked: no heap, no I/O, memory and stack within their limits.
#
#   tools/check-ipa.sh [build directory]        CC and CFLAGS_IPA may be set
#
# Leaves libdunlin-ipa.a and ipa_sizes.txt in the directory (default build/ipa); exit 1 when a check
# fails.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$root/build/ipa}
cc=${CC:-cc}
flags=${CFLAGS_IPA:--std=c11 -Os -g0 -fno-pie -ffunction-sections -fdata-sections -DNDEBUG -DDUNLIN_NO_NAMES}
stack_limit=8192 # octets of the deepest call path

# gcc writes who calls whom; another compiler's build goes without the sum.
graph=
if $cc -fcallgraph-info=su -E -x c /dev/null > /dev/null 2>&1; then
    graph=-fcallgraph-info=su
fi

# What leaves the library: only these of libc may be needed.
allowed='^(memcpy|memmove|memset|memcmp|strlen|strchr|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)$'

mkdir -p "$out"
rm -f "$out"/*.o "$out"/*.su "$out"/*.ci "$out"/libdunlin-ipa.a
sources="$root/src/ipa/*.c $root/src/rsp/sgp22.c $root/src/rsp/sgp32.c $root/src/rsp/status.c
         $root/src/der/der.c $root/src/der/schema.c
         $root/src/base/slice.c $root/src/base/text.c $root/src/base/secret.c"
for source in $sources; do
    object=$(basename "$(dirname "$source")")_$(basename "$source" .c)
    # shellcheck disable=SC2086 # flags are words
    $cc $flags -fstack-usage $graph -I"$root/src" -I"$root/include" -c "$source" -o "$out/$object.o"
done
ar rcs "$out/libdunlin-ipa.a" "$out"/*.o

cat > "$out/sizes.c" <<'C'
#include "ipa/ipa_impl.h"
#include <stdio.h>
int main(void)
{
    printf("context %zu of %u octets (net %u, card %u)\n", sizeof(struct ipa), IPA_MEMORY,
           IPA_NET_MAX, IPA_CARD_MAX);
    return sizeof(struct ipa) > IPA_MEMORY;
}
C
$cc -std=c11 -I"$root/src" -I"$root/include" "$out/sizes.c" -o "$out/sizes"
failed=0
"$out/sizes" | tee "$out/ipa_sizes.txt"

# Linked as a program would: what the public functions do not reach is dropped.
entries='ipa_init ipa_step ipa_phase ipa_eid ipa_note_text ipa_state_changed ipa_emergency'
keep=
for entry in $entries; do
    keep="$keep -u $entry"
done
# shellcheck disable=SC2086 # words
needed=$(ld -static --gc-sections --warn-unresolved-symbols -e ipa_step $keep -o "$out/whole" \
    "$out/libdunlin-ipa.a" 2>&1 |
    sed -n "s/.*undefined reference to .\([A-Za-z_0-9]*\).*/\1/p" | sort -u |
    grep -Ev "$allowed" || true)
if [ -n "$needed" ]; then
    echo "needs more than memory functions:" $needed
    failed=1
else
    echo "no heap and no I/O: nothing is needed but memcpy and its kind" | tee -a "$out/ipa_sizes.txt"
fi
size "$out/whole" | tail -1 |
    awk '{ printf "code and tables %d octets, writable data %d\n", $1, $2 + $3 }' |
    tee -a "$out/ipa_sizes.txt"
cat "$out"/*.su | sort -k2 -n -r -t '	' | head -1 |
    awk -F '\t' '{ n = split($1, at, ":"); printf "largest stack frame %d octets (%s)\n", $2, at[n] }' |
    tee -a "$out/ipa_sizes.txt"

# How deep the message tables that are linked nest: that is how deep the schema engine recurses.
types=$(nm "$out/whole" | sed -n 's/.* [Rr] \(T_[a-z_0-9]*\)$/\1/p' | sort -u)
{
    cat <<'C'
#include "rsp/sgp22.h"
#include "rsp/sgp32.h"
#include <stdio.h>
#include <stdlib.h>
/* Activations of decode_type (der/schema.c) one inside the other for a value of this type. */
static int depth(const struct type *t, int above)
{
    int most = 0;

    if (above > 32)
        exit(1); /* a table that contains itself */
    for (unsigned i = 0; t->kind == K_LIST ? i < 1 : t->fields && i < t->count; i++) {
        const struct type *inner = t->kind == K_LIST ? t->element : t->fields[i].type;
        int d = inner && inner != t ? depth(inner, above + 1) : 0;

        most = d > most ? d : most;
    }
    return 1 + most;
}
int main(void)
{
    int most = 0, d;
C
    for type in $types; do
        echo "    extern const struct type $type; d = depth(&$type, 0); most = d > most ? d : most;"
    done
    cat <<'C'
    return printf("%d\n", most) < 0;
}
C
} > "$out/depth.c"
# shellcheck disable=SC2086 # flags are words
$cc $flags -I"$root/src" -I"$root/include" "$out/depth.c" "$out/libdunlin-ipa.a" -no-pie -o "$out/depth"
levels=$("$out/depth")
echo "message tables nest $levels deep" | tee -a "$out/ipa_sizes.txt"
if [ -n "$graph" ]; then
    perl "$root/tools/worst-stack.pl" "$levels" $stack_limit "$(echo $entries | tr ' ' ,)" \
        "$out"/*.ci > "$out/stack.txt" || failed=1
    tee -a "$out/ipa_sizes.txt" < "$out/stack.txt"
else
    echo "worst stack not computed: $cc writes no call graph"
fi
# Frames whose size is not known before running would defeat the sum.
if grep -q 'dynamic$' "$out"/*.su; then
    echo "a frame has no bounded size:"
    grep -h 'dynamic$' "$out"/*.su
    failed=1
fi
exit $failed
