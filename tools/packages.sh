# Debian packages, and how to install those that are missing. Sourced by the launcher and the tests.

BUILD_PACKAGES="gcc libc6-dev cmake ninja-build pkg-config libssl-dev libsqlite3-dev libevent-dev
    libjansson-dev libcmocka-dev libpcsclite-dev
    libqrencode-dev libp11-kit-dev"
TEST_PACKAGES="clang libclang-rt-14-dev openssl curl pcscd vsmartcard-vpcd opensc softhsm2
    zbar-tools"

# install_packages NAME...: says what it installs; uses sudo when not root
install_packages() {
    missing=
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -q '^installed$' ||
            missing="$missing $name"
    done
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" != 0 ]; then
        as_root=sudo
        command -v sudo >/dev/null || {
            echo "dunlin: please install (as root: apt-get install):$missing" >&2
            exit 1
        }
    fi
    echo "dunlin: installing Debian packages:$missing" >&2
    log=$(mktemp)
    { $as_root apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
    } >"$log" 2>&1 </dev/null || {
        cat "$log" >&2
        echo "dunlin: could not install the packages" >&2
        exit 1
    }
    rm -f "$log"
}
