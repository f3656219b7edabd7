//! Mail: what it says, how it looks, and how one message is handed to a mail server.

pub mod dkim;
mod encoded_word;
pub mod job;
mod lease;
pub mod lettre_transport;
pub mod message;
pub mod outbox;
pub mod preview;
pub mod queue;
pub mod relay;
pub mod render;
mod settle;
mod templates;
pub mod test_mail;
pub mod worker;

#[cfg(test)]
mod tests;
