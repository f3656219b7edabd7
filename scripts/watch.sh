#!/usr/bin/env bash
# `cargo leptos watch`: rebuilds what changed and reloads the browser. Its tools go into target/tools; nothing outside is touched.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# 0.3.11's lock file needs Rust 1.96.
cargo_leptos=0.3.10
tools="$PWD/target/tools"

# install_cargo_leptos OPTION…: compiled to be ready soon, not to be fast; it waits for cargo most of its life. Its build folder stays
# until it is done, so that an interrupted installation goes on where it was.
install_cargo_leptos() {
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
        CARGO_PROFILE_RELEASE_DEBUG=false CARGO_TARGET_DIR="$tools/build" \
        cargo install "$@" --root "$tools" --version "=$cargo_leptos" --features no_downloads cargo-leptos
}

need_rust
scripts/wasm-target.sh
if [ "$("$tools/bin/cargo-leptos" --version 2>/dev/null)" = "cargo-leptos $cargo_leptos" ]; then
    say "cargo-leptos $cargo_leptos: already done"
else
    say "cargo-leptos $cargo_leptos: compiling it, once (about ten minutes)"
    install_cargo_leptos --locked || install_cargo_leptos || die "cargo-leptos $cargo_leptos does not install (see above)"
    rm -rf "$tools/build"
fi

say "assets: what cargo-leptos does not make itself"
scripts/site.sh --watch-assets target/watch-assets
# cargo-leptos looks for a wasm-bindgen of the crate's version on the path: the site tool has it inside.
cp "${CARGO_TARGET_DIR:-target}/debug/postern-site" "$tools/bin/postern-site"
printf '#!/bin/sh\nexec "%s" bindgen "$@"\n' "$tools/bin/postern-site" >"$tools/bin/wasm-bindgen"
chmod +x "$tools/bin/wasm-bindgen"

say "watching; Ctrl-C stops it"
# The server of the watch serves the watch's site, not the one that `make run` built.
export PATH="$tools/bin:$PATH" POSTERN_SITE__ROOT="$PWD/target/watch-site"
exec cargo leptos watch "$@"
