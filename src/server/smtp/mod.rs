//! The wire: everything that speaks SMTP.

pub mod client;
pub mod dns;
pub mod domain;
pub mod relay;
pub mod sandbox;
