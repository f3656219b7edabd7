#!/usr/bin/env bash
# What the tree is made of: licences, banned crates and sources by cargo-deny (deny.toml), then known advisories of crates and of npm
# packages, where their databases can be reached. One that cannot is said plainly; it is not a failure, and not a pass.
# `scripts/audit.sh here` leaves out what asks others: that is the step of `make test`.
set -uo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cargo_deny=0.20.2
tools="$PWD/target/tools"
deny="$tools/bin/cargo-deny"
advisories=https://github.com/RustSec/advisory-db

# Compiled to be ready soon, not to be fast: it runs for two seconds.
install_cargo_deny() {
    [ "$("$deny" --version 2>/dev/null)" = "cargo-deny $cargo_deny" ] && return 0
    say "cargo-deny $cargo_deny: compiling it, once (about a minute)"
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
        CARGO_PROFILE_RELEASE_DEBUG=false CARGO_TARGET_DIR="$tools/build-deny" \
        cargo install --quiet --locked --root "$tools" --version "=$cargo_deny" --no-default-features cargo-deny || return 1
    rm -rf "$tools/build-deny"
}

# check WHAT…: a workspace's crates. cargo metadata fetches what is missing; Cargo.lock stays as it is.
check() { "$deny" --locked --manifest-path "$1" check --hide-inclusion-graph "${@:2}"; }

need_rust
install_cargo_deny || die "cargo-deny $cargo_deny does not install (see above)"
status=0
say "licences, bans, sources"
for manifest in Cargo.toml fuzz/Cargo.toml; do
    [ -f "$manifest" ] || continue
    check "$manifest" licenses bans sources || status=1
done
[ "${1:-}" != here ] || exit "$status"

say "advisories of crates"
if ! have git || ! GIT_TERMINAL_PROMPT=0 timeout 30 git ls-remote "$advisories" HEAD >/dev/null 2>&1; then
    warn "advisories: $advisories is not reachable, not checked"
else
    check Cargo.toml advisories || status=1
fi

say "advisories of npm packages (the browser tests; nothing of them is delivered)"
if ! have npm; then
    warn "npm is missing, not checked"
else
    answer="$(cd end2end && npm audit 2>&1)" && printf '%s\n' "$answer" || {
        if grep -q 'audit endpoint returned an error\|ENOTFOUND\|ECONNREFUSED\|EAI_AGAIN\|ETIMEDOUT' <<<"$answer"; then
            warn "npm audit: the registry answers no audits, not checked"
        else
            printf '%s\n' "$answer"
            status=1
        fi
    }
fi
exit "$status"
