//! Our side of SMTP against servers on real sockets: scripted ones that behave badly, with good and bad certificates, and programs that
//! no one here wrote.

mod auth;
mod dialogue;
mod dns;
mod hostile;
#[path = "../cli/nameserver.rs"]
mod nameserver;
#[path = "../flow/support/peer.rs"]
mod peer;
mod policy;
mod redaction;
mod relay;
mod support;
mod tls;
mod typed;
mod verdicts;
