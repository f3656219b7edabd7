#!/usr/bin/env bash
# The browser tests alone; arguments go to Playwright.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/setup-lib.sh
. scripts/setup-lib.sh

need_rust
need_node
scripts/wasm-target.sh
setup_npm
setup_browser
say "site and server: building what changed"
scripts/site.sh
cargo build --bin postern
cd end2end
exec npx playwright test "$@"
