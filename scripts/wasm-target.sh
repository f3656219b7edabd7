#!/usr/bin/env bash
# Makes sure that the compiler can build for browsers: the standard library for wasm32-unknown-unknown.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

target=wasm32-unknown-unknown

# Present means: it compiles something. A half-installed folder would not.
present() {
    local probe
    probe="$(mktemp -d)"
    echo '#[unsafe(no_mangle)] pub extern "C" fn probe(n: usize) -> usize { vec![0u8; n].len() }' >"$probe/probe.rs"
    local status=0
    rustc --edition 2024 --target "$target" --crate-type cdylib -o "$probe/probe.wasm" "$probe/probe.rs" >/dev/null 2>&1 || status=1
    rm -rf "$probe"
    return "$status"
}

# The machine's own Debian mirror: an address from its apt sources, whichever of the two formats they have.
debian_mirrors() {
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
        [ -f "$file" ] || continue
        awk '$1 == "URIs:" { for (i = 2; i <= NF; i++) print $i }
             $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $i; break } }' "$file"
    done | sed 's|/*$||' | grep '/debian$' | sort -u
}

# fetch_source WORK VERSION: the compiler's source, unpacked to WORK/source. Debian packages it as `rust-src`; which suite
# has exactly our version changes with time, so the likely ones are asked in turn.
fetch_source() {
    local work="$1" version="$2" codename mirror suite found
    # shellcheck source=/dev/null
    codename="$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")"
    for mirror in $(debian_mirrors); do
        for suite in "$codename-backports" trixie-backports "$codename" trixie forky sid; do
            rm -rf "$work/lists" && mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
            echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/sources.list"
            local apt=(-q -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
                -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root
                -o Acquire::Languages=none -o Acquire::Retries=3)
            timeout 120 apt-get "${apt[@]}" update >"$work/apt.log" 2>&1 || continue
            found="$(apt-cache "${apt[@]}" madison rust-src 2>/dev/null |
                awk -F '|' -v want="$version" '{ gsub(/ /, "", $2); if (index($2, want "+") == 1) { print $2; exit } }')"
            [ -n "$found" ] || continue
            say "wasm target: rust-src $found from the suite $suite"
            (cd "$work" && timeout 600 apt-get "${apt[@]}" download "rust-src=$found" >>"$work/apt.log" 2>&1) || continue
            dpkg -x "$work"/rust-src_*.deb "$work/source" && return 0
        done
    done
    return 1
}

# build_from_source: what `rustup target add` would have fetched, compiled here from the compiler's own source.
build_from_source() {
    local version work library sysroot destination
    have apt-get && have apt-cache && have dpkg || return 1
    version="$(rustc --version | cut -d ' ' -f 2)"
    sysroot="$(rustc --print sysroot)"
    destination="$sysroot/lib/rustlib/$target/lib"
    mkdir -p "$destination" 2>/dev/null || { warn "$destination cannot be written"; return 1; }
    work="$(mktemp -d)"
    # shellcheck disable=SC2064 # the folder of now is meant
    trap "rm -rf '$work'" EXIT
    fetch_source "$work" "$version" || { warn "no Debian suite within reach has rust-src $version"; return 1; }
    library="$(echo "$work"/source/usr/src/rustc-*/library)"
    [ -d "$library/sysroot" ] || { warn "rust-src has no library/sysroot"; return 1; }
    say "wasm target: compiling the standard library (about a minute)"
    # Without force-unstable-if-unmarked, std stops on a const-stability error; a target folder of its own, because leftovers
    # of another build are found twice (E0464).
    env -u CARGO_BUILD_TARGET -u CARGO_ENCODED_RUSTFLAGS RUSTC_BOOTSTRAP=1 \
        RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes" \
        __CARGO_DEFAULT_LIB_METADATA=stable CARGO_TARGET_DIR="$work/target" \
        cargo build --quiet --release --locked --target "$target" --manifest-path "$library/sysroot/Cargo.toml" \
        --features panic-unwind,compiler-builtins-mem || return 1
    cp "$work/target/$target"/release/deps/*.rlib "$destination/"
}

if present; then
    say "wasm target: already done"
    exit 0
fi

if have rustup; then
    say "wasm target: asking rustup for $target"
    timeout 180 rustup target add "$target" >/dev/null 2>&1 && present && exit 0
    say "wasm target: rustup could not bring it, taking Debian's copy of the compiler's source instead"
fi
build_from_source && present && exit 0

die "the target $target could neither be fetched nor built.
Either let rustup reach its server and run: rustup target add $target
or, on Debian, make rust-src $(rustc --version | cut -d ' ' -f 2) available in an apt suite and run this again."
