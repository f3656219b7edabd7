#!/usr/bin/env bash
# Measures how mail is sent (tools/bench), in the release profile: beside lettre's pooled transport, through the outbox, and the memory
# that hostile servers take. Postfix's smtp-sink is one of the sinks where scripts/setup-peers.sh can bring it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_rust
if scripts/setup-peers.sh; then
    POSTERN_SMTP_SINK="$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools/peers/bin/smtp-sink"
    export POSTERN_SMTP_SINK
else
    warn "without smtp-sink: only the sink in the program itself is measured"
fi
exec cargo run --release --quiet --package postern-bench -- "$@"
