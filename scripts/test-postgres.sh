#!/usr/bin/env bash
# The Rust tests that touch a database, on a PostgreSQL of their own. Those that are about SQLite alone are left out by their names
# (tests/support_db). Arguments go to cargo nextest.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_rust
tests=(--test flow --test cli --test model --test timing)
if cargo nextest --version >/dev/null 2>&1; then
    # Before the server starts, which need not wait for a compiler.
    cargo nextest run --no-run "${tests[@]}"
    # Many of these wait, for leases and signs of life: more at once than there are processors.
    exec scripts/with-postgres.sh cargo nextest run "${tests[@]}" --test-threads 4 --no-fail-fast -E 'not test(/(^|::)sqlite_|_sqlite$/)' "$@"
fi
cargo test --no-run "${tests[@]}"
exec scripts/with-postgres.sh cargo test "${tests[@]}" --no-fail-fast -- --skip sqlite_ --skip _sqlite "$@"
