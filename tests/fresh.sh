#!/bin/bash
# Proves the README's two commands in a minimal Debian 12 with nothing but git: by hand, as root.
#
#   tests/fresh.sh [FOLDER]     where the system is made (default: a new temporary folder)
#
# The packages come from where this machine's own apt gets them.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ "$(id -u)" = 0 ] || { echo "fresh.sh: must run as root (debootstrap, chroot)" >&2; exit 2; }
command -v debootstrap >/dev/null || apt-get install -y -qq debootstrap

where=${1:-$(mktemp -d)}
mirror=$(grep -hoE '^(URIs:|deb ) *[^ ]+' /etc/apt/sources.list /etc/apt/sources.list.d/*.sources \
    /etc/apt/sources.list.d/*.list 2>/dev/null | grep -v security | sed -E 's/^(URIs:|deb) *//' | head -n 1)

debootstrap --variant=minbase --include=git,ca-certificates bookworm "$where" "$mirror" >"$where.log" 2>&1 || {
    tail -n 20 "$where.log" >&2
    exit 1
}
rm -f "$where/etc/apt/sources.list"
cp -r /etc/apt/. "$where/etc/apt/"
cp /etc/resolv.conf /etc/hosts "$where/etc/"
mount -t proc proc "$where/proc"
mount --rbind /dev "$where/dev"
trap 'umount -l "$where/dev" "$where/proc"' EXIT

git clone -q "$root" "$where/root/dunlin"
if [ -d "$root/../shared/data" ]; then
    mkdir -p "$where/root/shared"
    cp -r "$root/../shared/data" "$where/root/shared/"
fi

run() {
    local start end status=0
    start=$(date +%s%N)
    chroot "$where" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        bash -c "cd /root/dunlin && $1" >"$where/out" 2>&1 || status=$?
    end=$(date +%s%N)
    grep "^FAILED" "$where/out"
    tail -n "${2:-3}" "$where/out"
    printf -- '--- %s: exit %d after %d.%03d s\n' "$1" "$status" $(((end - start) / 1000000000)) \
        $(((end - start) / 1000000 % 1000))
    return "$status"
}

run './dunlin demo'
run './dunlin demo --help' 1
run './dunlin test' 5
echo "fresh.sh: both commands of the README hold in $where"
