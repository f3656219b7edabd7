//! The sandbox mailbox: an SMTP listener on loopback that keeps what it is sent and sends nothing on.

mod address;
mod command;
mod connection;
mod data;
mod lines;
mod listener;
mod message;
mod mime;
mod reply;
mod session;
mod store;

pub use listener::{bind, serve};
pub use message::{Attachment, Envelope, Message, Received};
pub use store::{Event, Mailbox};
