#!/usr/bin/env bash
# Format and lints, warnings denied: the server, the browser's two modules and the site tool. All failures are seen, not the first only.
set -uo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/steps.sh
. scripts/steps.sh
# shellcheck source=scripts/setup-lib.sh
. scripts/setup-lib.sh

need_rust
step "wasm target" scripts/wasm-target.sh
step "rustfmt and clippy" setup_lints
lint_steps
summary
