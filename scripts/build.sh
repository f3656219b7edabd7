#!/usr/bin/env bash
# Builds the release into dist/: a folder that runs wherever it is put.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_rust
scripts/wasm-target.sh
say "site: building what browsers download"
mkdir -p dist
scripts/site.sh --out dist/site
say "server: building the release"
cargo build --release --bin postern
# Beside and renamed: a program that runs cannot be overwritten, but it can be replaced.
cp "${CARGO_TARGET_DIR:-target}/release/postern" dist/postern.part
strip dist/postern.part 2>/dev/null || true
mv dist/postern.part dist/postern
cp Leptos.toml dist/Leptos.toml
say "dist/ is ready ($(du -sh dist | cut -f 1)): copy the folder and run its postern"
