//! The command line through the real binary: what it prints where, and how it ends.

#[path = "cli/accounts.rs"]
mod accounts;
#[path = "cli/audit.rs"]
mod audit;
#[allow(dead_code, reason = "shared with tests/smtp, which uses all of it")]
#[path = "smtp/support/certificates.rs"]
mod certificates;
#[path = "cli/dkim.rs"]
mod dkim;
#[path = "cli/domain.rs"]
mod domain;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/faults/mod.rs"]
mod faults;
#[path = "cli/kill.rs"]
mod kill;
#[path = "cli/load.rs"]
mod load;
#[path = "cli/migrate.rs"]
mod migrate;
#[path = "cli/nameserver.rs"]
mod nameserver;
#[path = "cli/outbox.rs"]
mod outbox;
#[path = "flow/support/peer.rs"]
mod peer;
#[path = "cli/place.rs"]
mod place;
#[allow(dead_code, reason = "shared with tests/smtp, which uses all of it")]
#[path = "smtp/support/server.rs"]
mod scripted;
#[path = "cli/serve.rs"]
mod serve;
#[path = "cli/smtp.rs"]
mod smtp;
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with tests/flow, which looks into it"
)]
#[path = "support_db/mod.rs"]
mod support_db;
#[path = "cli/usage.rs"]
mod usage;
