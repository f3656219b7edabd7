#!/usr/bin/env bash
# Looks for inputs that break what fuzz/src asserts: each target for a while with cargo-fuzz (libFuzzer).
#   make fuzz                                one minute a target
#   make fuzz ARGS="token 600"               one target for ten minutes
# What it finds lies in fuzz/artifacts; mend the fault and put the file into fuzz/corpus/TARGET, with a name that says what it is: from
# then on `cargo test --test fuzz` holds it. What it only learnt goes into fuzz/target/learnt, and stays out of the repository.
#
# The coverage that guides it is an unstable option of the compiler; RUSTC_BOOTSTRAP lets the stable one have it. The address sanitizer
# needs a nightly toolchain and is left out: the code under test is safe Rust.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cargo_fuzz=0.13.2
tools="$PWD/target/tools"

need_rust
if [ "$("$tools/bin/cargo-fuzz" --version 2>/dev/null)" != "cargo-fuzz $cargo_fuzz" ]; then
    say "cargo-fuzz $cargo_fuzz: compiling it, once"
    CARGO_TARGET_DIR="$tools/build-fuzz" cargo install --quiet --locked --root "$tools" --version "=$cargo_fuzz" cargo-fuzz
    rm -rf "$tools/build-fuzz"
fi

seconds="${2:-60}"
targets="${1:-$(ls fuzz/fuzz_targets | sed 's/\.rs$//')}"
export RUSTC_BOOTSTRAP=1
status=0
for target in $targets; do
    [ -f "fuzz/fuzz_targets/$target.rs" ] || die "$target is no target; they are: $(ls fuzz/fuzz_targets | sed 's/\.rs$//' | tr '\n' ' ')"
    say "$target, $seconds seconds"
    learnt="fuzz/target/learnt/$target"
    mkdir -p "$learnt"
    "$tools/bin/cargo-fuzz" run --sanitizer none "$target" "$learnt" "fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -max_len=8192 -timeout=30 -print_final_stats=1 || status=1
done
exit "$status"
