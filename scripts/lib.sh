# shellcheck shell=bash
# What every script here shares: where the project is, how a step speaks, and what is asked of the machine.

# Every script works from the project's folder, wherever it was called from.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# `make -j` would hand its job server down, to a cargo that cannot use it and says so at every call.
unset MAKEFLAGS MFLAGS MAKELEVEL

# Cargo's own downloads are retried a little more patiently than by default: a set-up should survive a hiccup.
export CARGO_NET_RETRY="${CARGO_NET_RETRY:-5}"

say() { printf '==> %s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# version_at_least HAVE WANT: compares dotted versions.
version_at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# as_root COMMAND…: by sudo where we are somebody else; fails where neither is to be had.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        return 1
    fi
}

# apt_install PACKAGE…: Debian's packages, with a fresh list of them only when the one at hand does not do.
apt_install() {
    have apt-get || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1 && return 0
    as_root apt-get update -q >/dev/null || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null
}

# need_rust: cargo, new enough, and a C compiler for SQLite and the TLS library.
need_rust() {
    have cargo || die "cargo is missing: install Rust's stable toolchain with rustup (Debian: apt-get install rustup && rustup default stable)"
    local version
    version="$(cargo --version 2>/dev/null | cut -d ' ' -f 2)" || true
    [ -n "$version" ] || die "cargo is there but does not run: rustup default stable"
    version_at_least "${version%%-*}" 1.95.0 ||
        die "cargo $version is too old, 1.95 or newer is needed: rustup update stable"
    have cc || have gcc || have clang || die "a C compiler is missing (SQLite is compiled from C): apt-get install build-essential"
}

# need_node: what the browser tests run on. Starting the product does not need it.
need_node() {
    have node || die "node is missing, version 20 or newer runs the browser tests: apt-get install nodejs npm, or from nodejs.org"
    have npm || die "npm is missing: apt-get install npm"
    local version
    version="$(node --version)"
    version_at_least "${version#v}" 20.0.0 || die "node $version is too old, 20 or newer is needed (the tests run on it)"
}
