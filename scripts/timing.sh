#!/usr/bin/env bash
# Measures whether the time of an answer tells who has an account (tools/timing), against the real server in the release profile:
# 10,000 interleaved pairs a case, about twenty minutes. It fails where a difference can be measured.
#   make timing ARGS="--pairs 2000 --only forgot"
#   make timing ARGS="--postgres URL"           on an empty PostgreSQL database instead of an SQLite file
#   make timing ARGS="--throw-away-postgres"    on a PostgreSQL of its own, which is gone afterwards; before other arguments
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_rust
cargo build --release --quiet --package postern --package postern-timing --bin postern --bin postern-timing
program="${CARGO_TARGET_DIR:-target}/release/postern-timing"
if [ "${1:-}" = --throw-away-postgres ]; then
    shift
    # shellcheck disable=SC2016 # It is the inner shell that knows where the database is.
    exec scripts/with-postgres.sh bash -c 'exec "$0" --postgres "${POSTERN_TEST_POSTGRES}postgres" "$@"' "$program" "$@"
fi
exec "$program" "$@"
