# shellcheck shell=bash
# Steps with a name, a duration and an outcome: run on after a failure, tell all of it at the end.

step_lines=()
steps_failed=0
logs="${CARGO_TARGET_DIR:-target}/test-logs"
mkdir -p "$logs"

# step NAME COMMAND…: runs it, shows its output, keeps a copy in $logs (the counts are read from it), remembers how it went.
step() {
    local name="$1" log="$logs/${1//[^a-zA-Z0-9]/-}.log" start=$SECONDS outcome=ok
    shift
    say "$name"
    # No pipe into tee: a step may export what later ones need, so it must run in this very shell.
    local copy tee
    exec {copy}> >(tee "$log")
    tee=$!
    "$@" >&"$copy" 2>&1 || outcome=FAILED
    exec {copy}>&-
    # The copy is read later, so it must be whole.
    wait "$tee" || true
    [ "$outcome" = ok ] || steps_failed=$((steps_failed + 1))
    step_lines+=("$(printf '  %-34s %6s s  %s' "$name" "$((SECONDS - start))" "$outcome")")
    [ "$outcome" = ok ]
}

# skip NAME WHY: a step that cannot run because of an earlier one. It counts as failed: nothing was shown to work.
skip() {
    steps_failed=$((steps_failed + 1))
    step_lines+=("$(printf '  %-34s %6s    %s' "$1" - "NOT RUN: $2")")
    return 1
}

# The site tool is always named by itself: together with the crate, cargo would unite the features that both ask of a library, and
# compile it once more. Its profile is the one that scripts/site.sh uses.
site_tool=(--config tools/site/profile.toml --package postern-site)

# lint_steps: what a reviewer should not have to look for.
lint_steps() {
    local wasm=(--target wasm32-unknown-unknown --package postern --lib --no-default-features)
    step "format" cargo fmt --all -- --check
    step "clippy: server" cargo clippy --all-targets --quiet -- -D warnings
    step "clippy: site tool" cargo clippy "${site_tool[@]}" --all-targets --quiet -- -D warnings
    step "clippy: benchmark" cargo clippy --package postern-bench --quiet -- -D warnings
    step "clippy: timing" cargo clippy --package postern-timing --quiet -- -D warnings
    step "clippy: pages (wasm)" cargo clippy "${wasm[@]}" --features hydrate --quiet -- -D warnings
    step "clippy: strength (wasm)" cargo clippy "${wasm[@]}" --features strength --quiet -- -D warnings
}

# summary: a line a step; false when one failed.
summary() {
    printf '\nSummary\n'
    printf '%s\n' "${step_lines[@]}"
    [ "$steps_failed" = 0 ]
}
