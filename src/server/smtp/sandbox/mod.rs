//! The sandbox mailbox: an SMTP listener on loopback that keeps what it is sent and sends nothing on.

mod address;
mod command;
mod connection;
mod data;
mod faults;
mod lines;
mod listener;
mod message;
mod mime;
mod record;
mod reply;
mod session;
mod store;
mod tls;
mod wire;

pub use faults::{FaultReport, Faults, RuleReport};
pub use listener::{bind, bind_tls, serve, serve_tls};
pub use message::{Attachment, Envelope, Message, Received};
pub use record::{Ending, Entry, Record, Who};
pub use store::{Event, Mailbox};
