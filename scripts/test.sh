#!/usr/bin/env bash
# Everything that can be checked: set-up, format, lints, the site's size gate, the Rust tests (on SQLite, and what touches a database
# on PostgreSQL too), the browser tests. It goes on after a failure, ends with a summary, and fails when anything did. The last line
# counts tests.
set -uo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/steps.sh
. scripts/steps.sh
# shellcheck source=scripts/setup-lib.sh
. scripts/setup-lib.sh

rust_tests() {
    local status=0
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --no-fail-fast -E 'not test(/(^|::)postgres_|_postgres$/)' || status=1
        cargo nextest run "${site_tool[@]}" --no-fail-fast || status=1
        # nextest leaves out the examples in the documentation.
        cargo test --doc --quiet || status=1
    else
        cargo test --no-fail-fast -- --skip postgres_ --skip _postgres || status=1
        cargo test "${site_tool[@]}" || status=1
    fi
    return "$status"
}

browser_tests() { (cd end2end && npx playwright test); }

# In here a missing swaks fails the mailbox tests; a plain `cargo test` on a machine without it only says that it left them out.
export POSTERN_TEST_REQUIRE_SWAKS=1
# The same for Postfix, Exim and the others that scripts/setup-peers.sh brings.
export POSTERN_TEST_REQUIRE_PEERS=1
# Nobody watches the HTML report of a run that ends by itself.
export PLAYWRIGHT_HTML_OPEN=never

need_rust
need_node
rm -f "$logs"/*.log
step "set-up: wasm target" scripts/wasm-target.sh
step "set-up: rustfmt, clippy" setup_lints
step "set-up: swaks, python3, openssl" setup_mail_tools
step "set-up: mail servers to talk with" scripts/setup-peers.sh
step "set-up: PostgreSQL's server" scripts/setup-postgres.sh
browser_ready=true
step "set-up: npm packages" setup_npm || browser_ready=false
step "set-up: Chromium" setup_browser || browser_ready=false

lint_steps
step "crates: licences, bans, sources" scripts/audit.sh here
site_ready=true
step "site and size gate" scripts/site.sh || site_ready=false
step "server" cargo build --bin postern || site_ready=false
step "Rust tests" rust_tests
step "Rust tests on PostgreSQL" scripts/test-postgres.sh
if ! $site_ready; then
    skip "browser tests" "the site or the server is not built"
elif ! $browser_ready; then
    skip "browser tests" "no npm packages or no Chromium"
else
    step "browser tests" browser_tests
fi

status=0
summary || status=1
read -r passed failed < <(cat "$logs"/Rust-tests.log "$logs"/Rust-tests-on-PostgreSQL.log "$logs"/browser-tests.log 2>/dev/null | awk -f scripts/count.awk)
# No test at all, or a failed step without a failed test (it did not compile, say), must not read like success.
[ "$status" = 0 ] || [ "$failed" -gt 0 ] || printf 'A step failed outside the tests, see above.\n'
[ "$passed" -gt 0 ] || status=1
printf '%s passed, %s failed\n' "$passed" "$failed"
exit "$status"
