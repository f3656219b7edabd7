//! The wire: everything that speaks SMTP.

pub mod client;
pub mod sandbox;
