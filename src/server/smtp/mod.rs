//! The wire: everything that speaks SMTP.

pub mod sandbox;
