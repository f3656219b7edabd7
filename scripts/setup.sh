#!/usr/bin/env bash
# Installs what building and testing need. Every step is skipped where it is done already.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/setup-lib.sh
. scripts/setup-lib.sh

need_rust
need_node
scripts/wasm-target.sh
setup_lints
setup_mail_tools
scripts/setup-peers.sh
scripts/setup-postgres.sh
setup_npm
setup_browser
say "set-up: complete"
