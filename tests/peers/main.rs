//! The engine against programs that nobody here wrote: Postfix, Exim, aiosmtpd, OpenSSL, unbound. The set-up
//! (`scripts/setup-peers.sh`) brings them; each test starts its own on a free port and ends it. `tests/smtp/real_rows.txt` lists which
//! rows of the diagnosis are met on a wire by which test.

mod aiosmtpd;
mod certificates;
mod dns;
mod exim;
#[path = "../flow/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "other tests use the rest")]
mod flow;
mod postfix;
mod rows;
mod server;
mod smtp_sink;
mod support;
#[path = "../support_db/mod.rs"]
#[allow(dead_code, unused_imports, reason = "other tests use the rest")]
mod support_db;
