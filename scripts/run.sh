#!/usr/bin/env bash
# Starts Postern from the sources: sets up what is missing, builds what changed, and becomes the server.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_rust
scripts/wasm-target.sh
say "site: building what browsers download (the first time takes minutes)"
scripts/site.sh
say "server: building (the first time takes minutes)"
cargo build --bin postern
say "starting; Ctrl-C stops it"
# exec, so that signals reach the server and nothing else is left to stop.
exec "${CARGO_TARGET_DIR:-target}/debug/postern" serve "$@"
