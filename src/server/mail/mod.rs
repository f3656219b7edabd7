//! Mail: what it says, how it looks, and how one message is handed to a mail server.

pub mod message;
pub mod preview;
pub mod render;
mod templates;
pub mod transport;

#[cfg(test)]
mod tests;
