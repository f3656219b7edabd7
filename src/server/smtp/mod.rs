//! The wire: everything that speaks SMTP.

pub mod client;
pub mod dns;
pub mod relay;
pub mod sandbox;
