//! Accounts: sign-up, sign-in, sessions, and what their owners change. Knows the rules and the store; knows no HTTP.

pub mod address;
pub mod admin;
pub mod demo;
pub mod mailing;
pub mod password;
pub mod sessions;
pub mod sign_in;
pub mod sign_up;
pub mod verify;
