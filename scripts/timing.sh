#!/usr/bin/env bash
# Measures whether the time of an answer tells who has an account (tools/timing), against the real server in the release profile:
# 10,000 interleaved pairs a case, about twenty minutes. It fails where a difference can be measured.
# make timing ARGS="--pairs 2000 --only forgot"; with --postgres URL on an empty PostgreSQL database instead of an SQLite file.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_rust
cargo build --release --quiet --package postern --package postern-timing --bin postern --bin postern-timing
exec "${CARGO_TARGET_DIR:-target}/release/postern-timing" "$@"
