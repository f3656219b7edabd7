//! The reset flow (DESIGN §1), a file for each step. Knows the rules and the store; knows no HTTP, SQL or SMTP.

pub mod exchange;
pub mod mailing;
pub mod not_me;
pub mod password;
pub mod request;
