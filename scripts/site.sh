#!/usr/bin/env bash
# Builds what browsers download, by the project's own tool (tools/site); arguments go to it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

exec cargo run --config tools/site/profile.toml --package postern-site -- "$@"
